//! How a session ended, told: the result on stdout, the way on, the exit code.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use tokio::time::Instant;

use super::args::OutputForm;
use super::command_line::{self, CommandLine};
use super::context::Context;
use super::failure::{
    Failure, backup, checkpoint_failure, input_stopped, session_stopped, stop_hint,
};
use super::report::{self, ReportFile};
use super::screen::{error_width, width};
use crate::checkpoint::{Ledger, Writer};
use crate::driver;
use crate::import::End;
use crate::report::document::{ImportReport, SessionNumbers};
use crate::report::validation::left_text;
use crate::report::{
    ImportResult, Page, Pauses, StopReason, Summary, count, explained, import_text, meaning,
    sanitised,
};
use crate::source::Changed;
use crate::stop_reason;

/// A session that is over.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) end: Result<End, driver::Error>,
    pub(super) ledger: Ledger,
    pub(super) summary: Summary,
    pub(super) pauses: Pauses,
    pub(super) finished: Instant,
}

impl Ended {
    /// Where the calls went, as the log names it.
    fn endpoint(&self) -> &str {
        &self.ledger.header().target.endpoint
    }
}

/// To whom and how it is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) command: &'static str,
    pub(super) checkpoint: &'a Path,
    pub(super) form: OutputForm,
    pub(super) context: Context<'a>,
    pub(super) reports: &'a [ReportFile],
    /// How to go on.
    pub(super) resume: &'a CommandLine,
    /// Rows that the input has beyond the plan, if it has grown and they can be counted.
    pub(super) came: Option<u64>,
}

impl Ended {
    /// Whether the input has grown since it was planned.
    pub(super) fn has_grown(&self) -> bool {
        let Err(driver::Error::Input(error)) = &self.end else {
            return false;
        };
        matches!(error.changed(), Some(Changed::Grown { .. }))
    }
}

/// Tells the result and gives the exit code.
pub(super) fn tell(
    ended: &Ended,
    told: Told<'_>,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let path = told.checkpoint.display().to_string();
    let (word, reason) = why(ended, told);
    let tally = &ended.ledger.header().tally;
    let result = ImportResult::new(
        told.command,
        &ended.summary,
        (word, reason),
        path.clone(),
        ended.finished,
    )
    .with(tally);
    let written = match told.form {
        OutputForm::Json => serde_json::to_writer(&mut *out, &result)
            .map_err(std::io::Error::from)
            .and_then(|()| writeln!(out)),
        OutputForm::Text => writeln!(out, "{} {word}", told.command).and_then(|()| {
            let mut page = Page::new(out, width());
            import_text(&mut page, &ended.summary, &meaning, ended.finished)?;
            page.list("left out", left_text(&tally.left_out))?;
            page.list("remarks", left_text(&tally.remarks))?;
            page.field("checkpoint", &sanitised(&path))
        }),
    };
    written.map_err(|error| Failure::from_output(&error))?;
    if !told.reports.is_empty()
        && let Err(failure) = write_reports(ended, told)
    {
        // The calls were made all the same, and the exit code is about them.
        failure
            .print(&mut anstream::stderr(), error_width(), told.context.given)
            .map_err(|error| Failure::from_output(&error))?;
    }
    exit_code(ended, told)
}

/// How the session ended in a word, and why.
fn why(ended: &Ended, told: Told<'_>) -> (&'static str, Option<StopReason>) {
    let (kind, code, message, hint) = match &ended.end {
        Ok(End::Completed) => return ("completed", None),
        Ok(End::Interrupted(signal)) => {
            let message = signal.name().to_owned();
            ("signal", None, message, told.resume.to_string())
        }
        Ok(End::Stopped(stop)) => {
            let message = stop.message("the target");
            (stop.kind(), stop.code(), message, stop_hint(stop))
        }
        Err(error) => {
            let (message, way) = match error {
                driver::Error::Input(input) => {
                    let words = input_stopped::words(input, told.came);
                    (words, input_stopped::way(input, told.resume))
                }
                driver::Error::Checkpoint(_) | driver::Error::BeyondPlan(_) => {
                    (error.to_string(), told.resume.clone())
                }
            };
            (error.word(), None, message, way.to_string())
        }
    };
    let reason = StopReason {
        kind: kind.to_owned(),
        code,
        message,
        hint,
    };
    let word = match &ended.end {
        Ok(End::Interrupted(_)) => "interrupted",
        Ok(End::Completed | End::Stopped(_)) | Err(_) => "stopped",
    };
    (word, Some(reason))
}

/// Writes the reports: the log's history, and what only this session observed.
fn write_reports(ended: &Ended, told: Told<'_>) -> Result<(), Failure> {
    let mut history = report::history(told.checkpoint, u64::MAX)?;
    history.timeline_mut().explain(ended.pauses.clone());
    let mut facts = report::facts(
        told.checkpoint,
        &ended.ledger,
        (Writer::Absent, told.resume),
    );
    if let (Some(reason), Ok(End::Stopped(stop))) = (&mut facts.reason, &ended.end) {
        reason.hint = stop_hint(stop);
    }
    let elapsed = ended.summary.elapsed(ended.finished);
    let session = SessionNumbers::new(&ended.summary, elapsed);
    let told_of = ImportReport::new(facts, &history, Some(session), &explained);
    report::write_import(told.reports, &told_of)
}

fn exit_code(ended: &Ended, told: Told<'_>) -> Result<ExitCode, Failure> {
    let counts = ended.ledger.counts();
    match &ended.end {
        Ok(End::Completed) => {
            let flawed = counts.failed + counts.exhausted + counts.rejected > 0;
            if flawed {
                let failures = command_line::failures(told.checkpoint);
                told.context
                    .screen
                    .say_command("see what failed", &failures)?;
            }
            Ok(ExitCode::from(u8::from(flawed)))
        }
        Ok(End::Interrupted(signal)) => {
            let doubt = match counts.in_doubt {
                0 => "nothing is in flight".to_owned(),
                calls => format!("{} calls have no answer and go again", count(calls)),
            };
            let screen = told.context.screen;
            screen.say_command(&format!("interrupted; {doubt}. Continue with"), told.resume)?;
            Ok(ExitCode::from(signal.exit_code()))
        }
        Ok(End::Stopped(stop)) => Err(ways_on(stop, ended, told)),
        Err(driver::Error::Checkpoint(error)) => Err(checkpoint_failure(error)),
        Err(driver::Error::BeyondPlan(misplaced)) => Err(Failure::bug(format!(
            "the input has another number of rows than the plan: {misplaced}"
        ))
        .command(
            "continue with",
            &told.resume.clone().flag("--changed-input"),
        )),
        Err(driver::Error::Input(error)) => {
            Err(input_stopped::failure(error, told.resume, told.came))
        }
    }
}

/// The failure of a session that the target ended, with the commands that help now. Where the
/// same command could not help, the text says what to change.
fn ways_on(stop: &stop_reason::StopReason, ended: &Ended, told: Told<'_>) -> Failure {
    let failure = session_stopped(stop).hint(stop_hint(stop));
    let resume = told.resume;
    let unbound = !ended.ledger.has_accepted();
    match stop {
        stop_reason::StopReason::Refused(_) | stop_reason::StopReason::Credential(_) | stop_reason::StopReason::Misunderstood(_) if unbound => failure
            .hint("if the app, its region, the endpoint or the administrator is wrong, give `import` again with the right one: no call was accepted, so the checkpoint is begun anew and this one is kept beside it")
            .command("if something else was wrong and is mended now (the key in its file, the administrator's rights), continue with", resume),
        stop_reason::StopReason::Refused(_) | stop_reason::StopReason::Credential(_) | stop_reason::StopReason::Misunderstood(_) => {
            failure.command("when that is mended, continue with", resume)
        }
        stop_reason::StopReason::Outage { .. } => {
            let failure = failure.command("then continue with", resume);
            match backup(ended.endpoint()) {
                None => failure,
                Some(backup) => failure.command(
                    "if only the name resolution is in trouble, use the region's second host",
                    &resume.clone().replacing("--endpoint", backup),
                ),
            }
        }
        stop_reason::StopReason::FirstContact { .. }
        | stop_reason::StopReason::RateLimited { .. } => failure.command("then continue with", resume),
        stop_reason::StopReason::TooManyFailures { .. } => failure
            .command("see what failed", &command_line::failures(told.checkpoint))
            .command("continue with the rows that are left", &resume.clone().without("--retry-failed")),
        stop_reason::StopReason::AllRefused { .. } => {
            let failure = failure.command(
                "those rows count as failed; send them again once that is mended",
                &resume.clone().flag("--retry-failed"),
            );
            let failure = if unbound {
                failure.hint("if the app is the wrong one, give `import` again with the right --sdk-app-id: no call was accepted, so the checkpoint is begun anew and this one is kept beside it")
            } else {
                failure
            };
            failure.command(
                "or go on with the other rows, however many are refused",
                &resume.clone().without("--early-stop").flag("--no-early-stop"),
            )
        }
    }
}

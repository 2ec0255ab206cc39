//! How a session ended, told: the result on stdout, the way on, the exit code.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use tokio::time::Instant;

use super::args::OutputForm;
use super::failure::Failure;
use super::page::{self, ReportFile};
use super::screen::Screen;
use super::validate;
use super::words::{advice, checkpoint_failure, meaning, shell_word};
use crate::checkpoint::{Header, Ledger};
use crate::report::page::{ImportPage, SessionNumbers};
use crate::report::{ImportResult, Pauses, StopReason, Summary, count, import_text, sanitised};
use crate::run::{self, End, Stop};

/// A session that is over.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) end: Result<End, run::Error>,
    pub(super) ledger: Ledger,
    pub(super) summary: Summary,
    pub(super) pauses: Pauses,
    pub(super) finished: Instant,
}

/// To whom and how it is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) command: &'static str,
    pub(super) checkpoint: &'a Path,
    pub(super) form: OutputForm,
    pub(super) screen: Screen,
    pub(super) reports: &'a [ReportFile],
}

/// Refuses a checkpoint of another import, and names what differs.
pub(super) fn same_import(
    recorded: &Header,
    present: &Header,
    checkpoint: &Path,
) -> Result<(), Failure> {
    let mut differences = Vec::new();
    let (was, is) = (&recorded.target, &present.target);
    if was != is {
        differences.push(format!(
            "the target was app {} at {} as {}, now it is app {} at {} as {}",
            was.sdk_app_id, was.endpoint, was.identifier, is.sdk_app_id, is.endpoint, is.identifier
        ));
    }
    if recorded.options != present.options {
        differences.push(format!(
            "the options were {}, now they are {}",
            options(recorded),
            options(present)
        ));
    }
    differences.extend(input_differences(recorded, present));
    if differences.is_empty() {
        return Ok(());
    }
    Err(Failure::checkpoint(format!(
        "the checkpoint `{}` belongs to another import:\n{}",
        checkpoint.display(),
        differences.join("\n")
    ))
    .hint("continue with the input, the target and the options it was begun with (`im-unread resume` takes them from the checkpoint)")
    .hint("or begin another import with another --checkpoint"))
}

fn input_differences(recorded: &Header, present: &Header) -> Vec<String> {
    let mut differences = Vec::new();
    let content = |header: &Header| -> Vec<(u64, String)> {
        header
            .inputs
            .iter()
            .map(|input| (input.bytes, input.hash.clone()))
            .collect()
    };
    if content(recorded) == content(present) {
        return differences;
    }
    if recorded.inputs.len() != present.inputs.len() {
        differences.push(format!(
            "the input was {} files, now it is {}",
            recorded.inputs.len(),
            present.inputs.len()
        ));
    }
    for (was, is) in recorded.inputs.iter().zip(&present.inputs) {
        if was.bytes != is.bytes {
            differences.push(format!(
                "`{}` had {} bytes, `{}` has {}",
                was.path,
                count(was.bytes),
                is.path,
                count(is.bytes)
            ));
        } else if was.hash != is.hash {
            differences.push(format!(
                "`{}` has the same size but another content",
                is.path
            ));
        }
    }
    if recorded.rows != present.rows {
        differences.push(format!(
            "the input had {} rows, now it has {}",
            count(recorded.rows),
            count(present.rows)
        ));
    }
    differences
}

/// The options in words, for a message.
fn options(header: &Header) -> String {
    let options = &header.options;
    let mut words = vec![
        format!("--format {}", options.format),
        format!("--on-duplicate {}", options.on_duplicate),
        format!("--on-invalid {}", options.on_invalid),
    ];
    words.extend(
        options
            .column
            .iter()
            .map(|column| format!("--column {column}")),
    );
    if !options.delimiter.is_empty() {
        words.push(format!("--delimiter {}", options.delimiter));
    }
    if options.skip_zero {
        words.push("--skip-zero".to_owned());
    }
    words.join(" ")
}

/// Tells the result and gives the exit code.
pub(super) fn tell(
    ended: &Ended,
    told: Told<'_>,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let path = told.checkpoint.display().to_string();
    let go_on = format!("im-unread resume {}", shell_word(&path));
    let (word, reason) = match &ended.end {
        Ok(End::Completed) => ("completed", None),
        Ok(End::Interrupted(signal)) => {
            let message = signal.name().to_owned();
            (
                "interrupted",
                Some(("signal", None, message, go_on.clone())),
            )
        }
        Ok(End::Stopped(stop)) => {
            let (kind, code, message) = stop.words();
            ("stopped", Some((kind, code, message, hint(stop))))
        }
        Err(error) => (
            "stopped",
            Some(("error", None, error.to_string(), go_on.clone())),
        ),
    };
    let reason = reason.map(|(kind, code, message, hint)| StopReason {
        kind: kind.to_owned(),
        code,
        message,
        hint,
    });
    let result = ImportResult::new(
        told.command,
        &ended.summary,
        (word, reason),
        path.clone(),
        ended.finished,
    );
    let written = match told.form {
        OutputForm::Json => serde_json::to_writer(&mut *out, &result)
            .map_err(std::io::Error::from)
            .and_then(|()| writeln!(out)),
        OutputForm::Text => writeln!(out, "{} {word}", told.command).and_then(|()| {
            import_text(out, &ended.summary, &meaning, ended.finished)?;
            writeln!(out, "  checkpoint {}", sanitised(&path))
        }),
    };
    written.map_err(|error| Failure::from_output(&error))?;
    if !told.reports.is_empty()
        && let Err(failure) = report(ended, told)
    {
        // The calls were made all the same, and the exit code is about them.
        failure
            .print(&mut anstream::stderr())
            .map_err(|error| Failure::from_output(&error))?;
    }
    exit_code(ended, told, &go_on)
}

/// Writes the reports: the log's history, and what only this session observed.
fn report(ended: &Ended, told: Told<'_>) -> Result<(), Failure> {
    let mut history = page::history(told.checkpoint, &ended.ledger)?;
    history.timeline_mut().explain(ended.pauses.clone());
    let mut facts = page::facts(told.checkpoint, &ended.ledger);
    if let (Some(reason), Ok(End::Stopped(stop))) = (&mut facts.reason, &ended.end) {
        reason.hint = hint(stop);
    }
    let elapsed = ended.summary.elapsed(ended.finished);
    let session = SessionNumbers::new(&ended.summary, elapsed);
    let report = ImportPage::new(facts, &history, Some(session), &page::explained);
    page::write(told.reports, &report)
}

fn exit_code(ended: &Ended, told: Told<'_>, go_on: &str) -> Result<ExitCode, Failure> {
    let counts = ended.ledger.counts();
    match &ended.end {
        Ok(End::Completed) => {
            let flawed = counts.failed + counts.exhausted + counts.rejected > 0;
            if flawed {
                let path = shell_word(&told.checkpoint.display().to_string());
                told.screen.say(&format!(
                    "see what failed: im-unread failures {path} --output failures.csv"
                ))?;
            }
            Ok(ExitCode::from(u8::from(flawed)))
        }
        Ok(End::Interrupted(signal)) => {
            let doubt = match counts.in_doubt {
                0 => "nothing is in flight".to_owned(),
                calls => format!("{} calls have no answer and go again", count(calls)),
            };
            told.screen
                .say(&format!("interrupted; {doubt}. Go on with: {go_on}"))?;
            Ok(ExitCode::from(signal.exit_code()))
        }
        Ok(End::Stopped(stop)) => Err(stopped(stop)
            .hint(hint(stop))
            .hint(format!("then go on with: {go_on}"))),
        Err(run::Error::Checkpoint(error)) => Err(checkpoint_failure(error)),
        Err(run::Error::Grown(_)) => Err(Failure::checkpoint(
            "the input grew while it was being imported",
        )
        .hint("import a copy that nothing writes to, with a new checkpoint for what is left")),
        Err(run::Error::Input(error)) => {
            Err(validate::calls_failure(error).hint(format!("then go on with: {go_on}")))
        }
    }
}

/// The heading of a session that the target ended.
fn stopped(stop: &Stop) -> Failure {
    let (_, code, message) = stop.words();
    let answer = code.map_or(String::new(), |code| {
        format!(" (the API answered {})", meaning(code))
    });
    let message = if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    };
    Failure::target(match stop {
        Stop::Credential(_) => format!("stopped: the credential is refused{answer}{message}"),
        Stop::Refused(_) => format!("stopped: the app refuses every call{answer}{message}"),
        Stop::Misunderstood(_) => {
            format!("stopped: the API does not understand the calls{answer}{message}")
        }
        Stop::Outage { .. } | Stop::TooManyFailures { .. } => format!("stopped{message}"),
        Stop::RateLimited { .. } | Stop::AllRefused { .. } => format!("stopped{message}{answer}"),
    })
}

/// What to do before going on.
fn hint(stop: &Stop) -> String {
    match stop {
        Stop::Credential(refusal) | Stop::Refused(refusal) => advice(refusal.code),
        Stop::Misunderstood(_) => "check that the endpoint is Tencent's REST API and that nothing in between rewrites requests; otherwise this is a bug worth reporting".to_owned(),
        Stop::Outage { .. } => "wait until the target answers again; nothing was marked failed".to_owned(),
        Stop::RateLimited { .. } => "look for other programs that call the same API of this app; they share its 200 calls a second".to_owned(),
        Stop::TooManyFailures { .. } => "look at the failures with `im-unread failures`, and raise --max-failures if they are expected".to_owned(),
        Stop::AllRefused { refusal, .. } => format!(
            "{}; check that the app, the administrator and the ids are right. Those rows count as failed: resume with --retry-failed sends them again, --no-early-stop goes on regardless",
            advice(refusal.code).trim_end_matches('.')
        ),
    }
}

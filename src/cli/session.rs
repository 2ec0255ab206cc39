//! One session of an import, from the open inputs to the exit code; `import` and `resume` share it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use tokio::time::Instant;

use super::args::{OutputForm, SendingArgs};
use super::failure::Failure;
use super::input::{policy, skips_invalid};
use super::outcome::{self, Ended};
use super::page::ReportFile;
use super::plan::{Outlook, agreed};
use super::screen::{Screen, step_around};
use super::sending::{self, Timing};
use super::target::{Destination, Reached};
use super::words::checkpoint_failure;
use super::{clock, validate};
use crate::checkpoint::{DiskFile, Header, Input, Ledger, Log, PlanOptions, Tail};
use crate::event::Event;
use crate::report::validation::Validation;
use crate::report::{LivePauses, Plan, Progress, Rows, Summary, count};
use crate::run::{Calls, Import, Parts, Settings, Signals, Survey, survey};
use crate::source::Inputs;
use crate::tencent::{Client, HttpTransport, Timeouts};

/// What a session is about.
#[derive(Debug)]
pub(super) struct Job<'a> {
    /// `import` or `resume`.
    pub(super) command: &'static str,
    pub(super) inputs: Inputs,
    pub(super) options: PlanOptions,
    pub(super) destination: Destination,
    pub(super) checkpoint: PathBuf,
    /// The log, opened and locked, if it was there.
    pub(super) existing: Option<Existing>,
    pub(super) sending: &'a SendingArgs,
    pub(super) retry_failed: bool,
    pub(super) output: OutputForm,
    /// Where rejected rows go.
    pub(super) rejects: Option<&'a Path>,
    /// Where reports go.
    pub(super) reports: Vec<ReportFile>,
}

/// A checkpoint that was there.
#[derive(Debug)]
pub(super) struct Existing {
    pub(super) log: Log<DiskFile>,
    pub(super) ledger: Ledger,
    /// When the lock was taken: whoever wrote before is gone since then.
    pub(super) locked_at: Instant,
}

/// Opens and locks a checkpoint that is there.
pub(super) fn open_checkpoint(path: &Path, screen: Screen) -> Result<Existing, Failure> {
    let (log, scanned) = Log::open(path).map_err(|error| checkpoint_failure(&error))?;
    let locked_at = Instant::now();
    if let Tail::Torn(bytes) = scanned.tail {
        let path = path.display();
        screen.say(&format!(
            "the last line of `{path}` was cut off ({bytes} bytes): it is dropped, and its call is sent again"
        ))?;
    }
    Ok(Existing {
        log,
        ledger: scanned.ledger,
        locked_at,
    })
}

impl Job<'_> {
    /// First pass, plan, question, calls, result.
    pub(super) fn run(self, screen: Screen, out: &mut dyn Write) -> Result<ExitCode, Failure> {
        let settings = sending::settings(self.sending, self.retry_failed)?;
        let timing = sending::timing(self.sending)?;
        for note in self.inputs.notes() {
            screen.say(&format!("reading {note}"))?;
        }
        let (survey, validation) = self.first_pass()?;
        let rows = rows(&survey);
        if rows.invalid > 0 && !skips_invalid(&self.options)? {
            return validate::refuse(&validation, screen, self.output, out);
        }
        let header = self.header(&survey, rows);
        if let Some(existing) = &self.existing {
            outcome::same_import(existing.ledger.header(), &header, &self.checkpoint)?;
        }
        self.confirm(&header, rows, &validation, (&settings, screen))?;
        self.send(
            Prepared {
                header,
                rows,
                survey,
                settings,
                timing,
            },
            screen,
            out,
        )
    }

    /// Reads and judges the whole input.
    fn first_pass(&self) -> Result<(Survey, Validation), Failure> {
        let mut validation = Validation::new(&self.inputs);
        let surveyed = survey(
            &self.inputs,
            policy(&self.options)?,
            &std::env::temp_dir(),
            &mut |finding| validation.add(&finding),
        );
        let survey = surveyed.map_err(|error| validate::survey_failure(&error))?;
        if let Some(path) = self.rejects {
            validate::write_rejects(path, &self.inputs, &survey)?;
        }
        Ok((survey, validation))
    }

    fn header(&self, survey: &Survey, rows: Rows) -> Header {
        let inputs = survey.digests.iter().map(|digest| Input {
            path: digest.path.display().to_string(),
            bytes: digest.bytes,
            hash: digest.hash.clone(),
        });
        Header {
            format: crate::checkpoint::FORMAT,
            run: format!("{:016x}", fastrand::u64(..)),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            created: clock(),
            inputs: inputs.collect(),
            target: self.destination.record(),
            options: self.options.clone(),
            rows: rows.read,
            calls: survey.plan.calls,
        }
    }

    /// Calls of the plan that this session leaves alone.
    fn already_done(&self) -> u64 {
        self.existing.as_ref().map_or(0, |existing| {
            let counts = existing.ledger.counts();
            counts.succeeded + if self.retry_failed { 0 } else { counts.failed }
        })
    }

    /// Tells the plan, and asks whether to go on where somebody can answer.
    fn confirm(
        &self,
        header: &Header,
        rows: Rows,
        validation: &Validation,
        (settings, screen): (&Settings, Screen),
    ) -> Result<(), Failure> {
        let outlook = Outlook {
            rows,
            calls: header.calls,
            rejects: validation.rejects(),
            target: &header.target,
            limit: settings.limit,
            checkpoint: &self.checkpoint.display().to_string(),
            earlier: self
                .existing
                .as_ref()
                .map(|existing| (existing.ledger.counts(), self.already_done())),
            credential_ends: self.destination.credential_ends(),
            now: clock(),
        };
        let mut err = screen.err();
        outlook
            .write(&mut err)
            .map_err(|error| Failure::from_output(&error))?;
        if !screen.interactive || self.sending.yes || outlook.to_send() == 0 {
            return Ok(());
        }
        let (calls, app) = (count(outlook.to_send()), header.target.sdk_app_id);
        // The question is asked even with --quiet: an answer is waited for.
        if agreed(
            &format!("Send {calls} calls to app {app}?"),
            &mut anstream::stderr(),
        )? {
            return Ok(());
        }
        Err(Failure::usage("not confirmed: nothing was sent")
            .hint("answer y, or give --yes, to send"))
    }

    /// Sends what is left, and tells the result.
    fn send(
        self,
        prepared: Prepared,
        screen: Screen,
        out: &mut dyn Write,
    ) -> Result<ExitCode, Failure> {
        let already_done = self.already_done();
        let Prepared {
            header,
            rows,
            survey,
            settings,
            timing,
        } = prepared;
        let reached = self.destination.reach(&self.inputs)?;
        let existing = match self.existing {
            Some(existing) => existing,
            None => Existing {
                log: Log::create(&self.checkpoint, header.clone())
                    .map_err(|error| checkpoint_failure(&error))?,
                ledger: Ledger::new(header),
                locked_at: Instant::now(),
            },
        };
        let counts = existing.ledger.counts();
        let plan = Plan {
            rows,
            planned: counts.calls,
            already_done,
            already_failed: if self.retry_failed { 0 } else { counts.failed },
            limit: settings.limit.get(),
        };
        let calls =
            Calls::new(&self.inputs, &survey).map_err(|error| validate::calls_failure(&error))?;
        let session = Session {
            plan,
            settings,
            timing,
            reached,
            existing,
            calls,
        };
        let ended = session.run(screen)?;
        outcome::tell(
            &ended,
            outcome::Told {
                command: self.command,
                checkpoint: &self.checkpoint,
                form: self.output,
                screen,
                reports: &self.reports,
            },
            out,
        )
    }
}

/// The rows of the first pass, for the report.
pub(super) fn rows(survey: &Survey) -> Rows {
    let rows = survey.plan.rows;
    Rows {
        read: rows.read,
        valid: rows.valid,
        invalid: rows.invalid,
        duplicates: rows.duplicates,
        skipped: rows.skipped,
    }
}

/// What is known when the user has agreed.
struct Prepared {
    header: Header,
    rows: Rows,
    survey: Survey,
    settings: Settings,
    timing: Timing,
}

/// All that the loop needs.
struct Session<'a> {
    plan: Plan,
    settings: Settings,
    timing: Timing,
    reached: Reached,
    existing: Existing,
    calls: Calls<'a>,
}

impl Session<'_> {
    /// Runs the loop on this thread until its end.
    fn run(self, screen: Screen) -> Result<Ended, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|source| Failure::bug("no runtime").because(&source))?;
        runtime.block_on(self.run_loop(screen))
    }

    async fn run_loop(self, screen: Screen) -> Result<Ended, Failure> {
        let Self {
            plan,
            settings,
            timing,
            reached,
            existing,
            calls,
        } = self;
        let Reached {
            target,
            credential,
            simulator,
        } = reached;
        let timeouts = Timeouts {
            connect: timing.connect,
            total: timing.total,
        };
        let transport = HttpTransport::new(target.endpoint(), timeouts)
            .map_err(|error| Failure::usage("no HTTP client").because(&error))?;
        let client = Client::new(transport, target, credential, clock);
        let mut signals = Signals::listen()
            .map_err(|source| Failure::bug("signals cannot be heard").because(&source))?;
        let not_before = sending::not_before(&existing, clock(), Instant::now());
        let started = Instant::now();
        let mut summary = Summary::new(plan, started);
        let mut progress = Progress::new(screen.progress, plan.planned, screen.err());
        step_around(progress.bar());
        let mut pauses = LivePauses::new((started, clock()));
        let mut observer = |event: Event<'_>| {
            summary.apply(&event);
            pauses.apply(&event);
            log(&event);
            progress.show(&event, &summary);
        };
        let parts = Parts {
            client: &client,
            calls,
            log: existing.log,
            ledger: existing.ledger,
            settings,
            not_before,
            clock,
        };
        let (end, ledger) = Import::new(parts, &mut observer).run(&mut signals).await;
        progress.finish();
        drop(simulator);
        let finished = Instant::now();
        Ok(Ended {
            end,
            ledger,
            summary,
            pauses: pauses.finish(finished),
            finished,
        })
    }
}

/// What the logs say of an event.
fn log(event: &Event<'_>) {
    match event {
        Event::Settled {
            verdict,
            code,
            info,
            latency,
            ..
        } => {
            tracing::debug!(?verdict, code, info, ms = latency.as_millis(), "settled");
        }
        Event::Retrying { code, info, wait } => {
            tracing::debug!(code, info, wait_ms = wait.as_millis(), "trying again");
        }
        Event::RateLimited { code, hold, .. } => match hold {
            Some(hold) => tracing::info!(code, hold_ms = hold.as_millis(), "asked to slow down"),
            None => tracing::debug!(code, "asked to slow down"),
        },
        Event::Renewed => tracing::info!("the UserSig had expired; signed anew"),
        Event::OutageBegan { info, .. } => {
            tracing::warn!(last = info, "the target is down; probing");
        }
        Event::OutageEnded { lasted, .. } => {
            tracing::warn!(seconds = lasted.as_secs(), "the target is back");
        }
        Event::Draining { in_flight } => {
            tracing::info!(in_flight, "no new calls; waiting for answers");
        }
        Event::Sent { .. } | Event::Rejected | Event::Pulse(_) => {}
    }
}

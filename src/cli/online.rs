//! The online checks of `validate` and `import`: what they cost, their progress, and their file.

use std::path::{Path, PathBuf};

use tokio::time::Instant;

use super::args::{AskingArgs, SendingArgs, TargetArgs};
use super::asking::{self, with_client};
use super::clock;
use super::command_line;
use super::context::Context;
use super::failure::{Failure, Kind, input_failure, journal_failure, stopped};
use super::input::lasting;
use super::resolve::{Given, Secrets};
use super::screen::Screen;
use super::sending::timeouts;
use super::target::Destination;
use crate::checkpoint::Input;
use crate::preflight::{self, Cost, Header, Preflight, Rows};
use crate::reads::{Api, End, JournalError, Pace, Tally, opening};
use crate::report::validation::Validation;
use crate::report::{count, duration};
use crate::run::{Findings, Survey};
use crate::settings::{Reading, SideFile};
use crate::signals::Signals;
use crate::source::{InputPath, Inputs};
use crate::tencent::{HttpTransport, Timeouts};

/// Checks to be made.
#[derive(Debug)]
pub(super) struct Online {
    destination: Destination,
    pace: Pace,
    timeouts: Timeouts,
    file: PathBuf,
}

impl Online {
    /// The checks that `validate` makes.
    pub(super) fn new(
        (target, secrets): (&TargetArgs, &Secrets),
        asking: &AskingArgs,
        file: PathBuf,
    ) -> Result<Self, Failure> {
        Ok(Self {
            destination: Destination::resolve(target, secrets)?,
            pace: asking::pace(asking),
            timeouts: timeouts(asking.timeout),
            file,
        })
    }

    /// The checks that `import` makes, as patient as its calls.
    pub(super) fn before_sending(
        (target, secrets): (&TargetArgs, &Secrets),
        sending: &SendingArgs,
        file: PathBuf,
    ) -> Result<Self, Failure> {
        Ok(Self {
            destination: Destination::resolve(target, secrets)?,
            pace: Pace {
                limit: sending.qps,
                patience: asking::patience(sending.max_attempts, sending.outage_limit),
            },
            timeouts: timeouts(sending.timeout),
            file,
        })
    }

    /// Where the findings go.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Asks about every planned call; breaks off with an exit code at a signal.
    pub(super) fn check(
        self,
        inputs: &Inputs,
        survey: &Survey,
        options: &Reading,
        screen: Screen,
    ) -> Result<Findings, Failure> {
        let directory = std::env::temp_dir();
        let app = self.destination.record().sdk_app_id;
        let rows =
            Rows::gather(inputs, survey, &directory).map_err(|error| input_failure(&error))?;
        let cost = rows.cost().map_err(|error| failure(&error.into()))?;
        let mut checks = Preflight::open(&self.file, header(survey, options, app), &directory)
            .map_err(|error| failure(&error))?;
        announce(cost, self.pace, app, checks.continued, screen)?;
        let reached = self.destination.reach(inputs)?;
        let pace = self.pace;
        let not_before = opening(checks.continued.is_some(), Instant::now());
        let (end, tally) = with_client(&reached, self.timeouts, async |client| {
            let api: Api<'_, HttpTransport> = Api::new(client, pace, not_before);
            let mut signals = Signals::listen()
                .map_err(|source| Failure::bug("signals cannot be heard").because(&source))?;
            let mut progress = screen.read_progress("calls", cost.calls());
            let mut show = |tally: Tally| progress.show(tally.calls, "online checks");
            let end = checks.run(&rows, &api, &mut signals, &mut show).await;
            progress.finish();
            Ok((end.map_err(|error| failure(&error))?, api.tally()))
        })?;
        match end {
            End::Completed => {
                screen.say(&format!(
                    "online checks done: {} calls, busiest second {}; what was found is in {}",
                    count(tally.calls),
                    tally.busiest_second,
                    crate::report::sanitised(&self.file.display().to_string()),
                ))?;
                let findings = checks.findings().map_err(|error| failure(&error))?;
                Ok(findings)
            }
            End::Interrupted(signal) => Err(Failure::interrupted(
                signal,
                "interrupted during the online checks",
            )),
            End::Stopped(stop) => Err(stopped(&stop).again("then continue with")),
        }
    }
}

/// Says what is going to be asked, before the first call.
fn announce(
    cost: Cost,
    pace: Pace,
    app: u64,
    continued: Option<jiff::Timestamp>,
    screen: Screen,
) -> Result<(), Failure> {
    screen.say(&format!(
        "online checks of {} groups and {} accounts in app {app}, read-only: {} calls at most ({} get_group_info, {} account_check, {} get_role_in_group) and one get_topic a community, about {}",
        count(cost.groups),
        count(cost.accounts),
        count(cost.calls()),
        count(cost.group_calls),
        count(cost.account_calls),
        count(cost.role_calls),
        duration(cost.takes(pace)),
    ))?;
    match continued {
        Some(begun) => screen.say(&format!("continuing the checks begun at {begun}")),
        None => Ok(()),
    }
}

/// What the checks of this input and app are known by.
fn header(survey: &Survey, options: &Reading, sdk_app_id: u64) -> Header {
    let inputs = survey.digests.iter().map(|digest| Input {
        path: lasting(&digest.path),
        bytes: digest.content.bytes,
        hash: digest.content.hash.clone(),
    });
    Header {
        journal: "preflight".to_owned(),
        inputs: inputs.collect(),
        options: options.clone(),
        sdk_app_id,
        calls: survey.plan.calls,
        begun: clock(),
    }
}

/// Takes finished checks into account: what is known to fail is not sent.
pub(super) fn apply(
    options: &mut Reading,
    sdk_app_id: u64,
    (survey, validation): (&mut Survey, &mut Validation),
    context: Context<'_>,
) -> Result<(), Failure> {
    let header = header(survey, options, sdk_app_id);
    let Some(SideFile { path, hash }) = &mut options.preflight else {
        return Ok(());
    };
    let loaded = preflight::load(Path::new(path), &header, &std::env::temp_dir());
    let loaded = loaded.map_err(|error| not_loaded(&error, Path::new(path), context.given))?;
    if hash.is_empty() {
        hash.clone_from(&loaded.hash);
    } else if *hash != loaded.hash {
        return Err(Failure::checkpoint(format!(
            "the online checks in `{path}` are not those the import was begun with"
        ))
        .hint("put the earlier file back, or begin another import with another --checkpoint"));
    }
    context.screen.say(&format!(
        "online checks of {}: {} rows are known to fail and are not sent",
        loaded.begun,
        count(loaded.findings.rejected())
    ))?;
    take(loaded.findings, survey, validation)
}

/// Counts what was found, and rejects the rows that fail.
pub(super) fn take(
    findings: Findings,
    survey: &mut Survey,
    validation: &mut Validation,
) -> Result<(), Failure> {
    findings
        .for_each(|finding| validation.apply(finding))
        .map_err(|error| failure(&error.into()))?;
    survey.reject(findings);
    Ok(())
}

/// The file of the checks of `inputs`, if none is named.
pub(super) fn file(named: Option<&Path>, inputs: &[InputPath]) -> PathBuf {
    let default = || super::input::beside_input(inputs, ".preflight.jsonl");
    named.map_or_else(default, Path::to_owned)
}

/// Checks that an import cannot take; with the command that makes them, where it is known.
fn not_loaded(error: &preflight::Error, path: &Path, given: &Given) -> Failure {
    use preflight::Error;
    let make = command_line::online_checks(path, given);
    match (error, &make) {
        (Error::Missing { .. }, Some(make)) => {
            Failure::from_error(Kind::Usage, error).command("make it with", make)
        }
        (Error::Unfinished { .. }, Some(make)) => {
            Failure::from_error(Kind::Checkpoint, error).command("finish it with", make)
        }
        _ => failure(error),
    }
}

fn failure(error: &preflight::Error) -> Failure {
    use preflight::Error;
    match error {
        Error::Journal(JournalError::Damaged { .. }) => Failure::from_error(Kind::Checkpoint, error)
            .hint("name the file that `im-unread validate --online` wrote; if it is that one, delete it and make the checks again, which only read"),
        Error::Journal(error) => journal_failure(error),
        Error::Sort(_) => Failure::from_error(Kind::Checkpoint, error)
            .hint("make room in the directory for temporary files (TMPDIR)"),
        Error::Missing { .. } => Failure::from_error(Kind::Usage, error)
            .hint("put the file back that the import was begun with"),
        Error::Other { .. } => Failure::from_error(Kind::Checkpoint, error).hint(
            "run `im-unread validate --online` with the input, app and options of this import; an import that has begun takes its new file with `import --changed-input --preflight FILE`",
        ),
        Error::Unfinished { .. } => Failure::from_error(Kind::Checkpoint, error)
            .hint("finish the checks with the `im-unread validate --online` that began them"),
    }
}

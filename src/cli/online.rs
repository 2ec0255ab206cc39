//! The online checks of `validate` and `import`: what they cost, their progress, and their file.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::args::{AskingArgs, SendingArgs, TargetArgs};
use super::asking::{self, interrupted, stopped, with_client};
use super::clock;
use super::failure::{Failure, Kind};
use super::input::lasting;
use super::screen::Screen;
use super::target::Destination;
use super::validate::input_failure;
use super::verify::journal_failure;
use crate::checkpoint::Input;
use crate::preflight::{self, Cost, Header, Preflight, Rows};
use crate::reads::{Api, End, JournalError, Pace, Tally};
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
        target: &TargetArgs,
        asking: &AskingArgs,
        file: PathBuf,
    ) -> Result<Self, Failure> {
        Ok(Self {
            destination: Destination::resolve(target)?,
            pace: asking::pace(asking)?,
            timeouts: asking::timeouts(&asking.timeout)?,
            file,
        })
    }

    /// The checks that `import` makes, as patient as its calls.
    pub(super) fn before_sending(
        target: &TargetArgs,
        sending: &SendingArgs,
        file: PathBuf,
    ) -> Result<Self, Failure> {
        Ok(Self {
            destination: Destination::resolve(target)?,
            pace: Pace {
                limit: super::sending::limit(sending.qps)?,
                patience: asking::patience(sending.max_attempts, &sending.outage_limit)?,
            },
            timeouts: asking::timeouts(&sending.timeout)?,
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
    ) -> Result<ControlFlow<ExitCode, Findings>, Failure> {
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
        let (end, tally) = with_client(&reached, self.timeouts, async |client| {
            let api: Api<'_, HttpTransport> = Api::new(client, pace);
            let mut signals = Signals::listen()
                .map_err(|source| Failure::bug("signals cannot be heard").because(&source))?;
            let mut progress = screen.read_progress("calls", cost.calls());
            let mut show = |tally: Tally| progress.show(tally.calls, "online checks");
            let end = checks.run(&rows, &api, &mut signals, &mut show).await;
            progress.finish();
            Ok((end.map_err(|error| failure(&error))?, api.tally()))
        })?;
        let go_on = "the same command goes on from here";
        match end {
            End::Completed => {
                screen.say(&format!(
                    "online checks done: {} calls, busiest second {}; what was found is in {}",
                    count(tally.calls),
                    tally.busiest_second,
                    crate::report::sanitised(&self.file.display().to_string()),
                ))?;
                let findings = checks.findings().map_err(|error| failure(&error))?;
                Ok(ControlFlow::Continue(findings))
            }
            End::Interrupted(signal) => interrupted(signal, screen, go_on).map(ControlFlow::Break),
            End::Stopped(stop) => Err(stopped(&stop).hint(go_on)),
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
    screen: Screen,
) -> Result<(), Failure> {
    let header = header(survey, options, sdk_app_id);
    let Some(SideFile { path, hash }) = &mut options.preflight else {
        return Ok(());
    };
    let loaded = preflight::load(Path::new(path), &header, &std::env::temp_dir())
        .map_err(|error| failure(&error))?;
    if hash.is_empty() {
        hash.clone_from(&loaded.hash);
    } else if *hash != loaded.hash {
        return Err(Failure::checkpoint(format!(
            "the online checks in `{path}` are not those the import was begun with"
        ))
        .hint("put the earlier file back, or begin another import with another --checkpoint"));
    }
    screen.say(&format!(
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

fn failure(error: &preflight::Error) -> Failure {
    use preflight::Error;
    match error {
        Error::Journal(JournalError::Damaged { .. }) => Failure::from_error(Kind::Checkpoint, error)
            .hint("name the file that `im-unread validate --online` wrote; if it is that one, delete it and make the checks again, which only read"),
        Error::Journal(error) => journal_failure(error),
        Error::Sort(_) => Failure::from_error(Kind::Checkpoint, error)
            .hint("make room in the directory for temporary files (TMPDIR)"),
        Error::Missing { .. } => Failure::from_error(Kind::Usage, error)
            .hint("make it with `im-unread validate INPUT --online --preflight FILE`"),
        Error::Other { .. } => Failure::from_error(Kind::Checkpoint, error).hint(
            "run `im-unread validate --online` with the input, app and options of this import; an import that has begun takes its new file with `import --changed-input --preflight FILE`",
        ),
        Error::Unfinished { .. } => Failure::from_error(Kind::Checkpoint, error)
            .hint("give the same `im-unread validate --online` again: it goes on from there"),
    }
}

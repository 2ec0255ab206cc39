//! `verify`: reads counts back and compares them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tokio::time::Instant;

use super::args::{self, By};
use super::asking::{pace, with_client};
use super::clock;
use super::context::Context;
use super::differences::probe;
use super::failure::{Failure, check_failure, checkpoint_failure, read_failure, stopped};
use super::input::{beside_input, input_path};
use super::report::ReportFile;
use super::screen::Screen;
use super::sending::timeouts;
use super::target::{Destination, SIMULATOR};
use super::verified::conclude;
use crate::checkpoint::{Counts, scan};
use crate::reads::{self, Api, End, opening};
use crate::report::{CheckRun, Checked as CheckedCounts, count};
use crate::signals::Signals;
use crate::stop_reason::StopReason;
use crate::tencent::Transport;
use crate::verify::{Check, Cost, Expectations, InOrder, JournalHeader, Tally, Way};

/// Runs the command.
pub(super) fn run(
    args: &args::Verify,
    context: Context<'_>,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    match (&args.checkpoint, &args.c2c) {
        (Some(checkpoint), _) => read_back(args, checkpoint, context, out),
        (None, Some(input)) => super::audit::run(args, input, context, out),
        (None, None) => Err(Failure::usage("nothing to verify")
            .hint("name the CHECKPOINT of an import, or an input with --c2c")),
    }
}

/// What a check of an import works with.
struct ReadBack {
    counts: Counts,
    check: Check,
    expectations: Expectations,
    cost: Cost,
    sampled: bool,
    way: Way,
}

fn read_back(
    args: &args::Verify,
    checkpoint: &Path,
    context: Context<'_>,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let screen = context.screen;
    probe(args)?;
    let (pace, timeouts) = (pace(&args.asking), timeouts(args.asking.timeout));
    let reports = ReportFile::all(&args.report.report)?;
    let scanned = scan(checkpoint).map_err(|error| checkpoint_failure(&error))?;
    let recorded = scanned.ledger.header();
    refuse_other_app(args, recorded)?;
    let credential = (&args.target.credential, context.secrets);
    let endpoint = args.target.endpoint.as_ref();
    let destination = Destination::recorded(&recorded.target, endpoint, credential)?;
    let header = header(args, recorded, scanned.end);
    let read_back = ReadBack::prepare(args, checkpoint, header, scanned.ledger.counts())?;
    read_back.announce(screen)?;
    let target = destination.record();
    let reached = destination.reach_alone()?;
    let (counts, set) = (read_back.counts, read_back.of());
    let ReadBack {
        mut check,
        expectations,
        cost,
        way,
        ..
    } = read_back;
    let order = expectations.into_order(way, &std::env::temp_dir());
    let order = order.map_err(|error| read_failure(&error))?;
    let began = Instant::now();
    let not_before = opening(check.continued.is_some(), Instant::now());
    let (end, asked) = with_client(&reached, timeouts, async |client| {
        let api = Api::new(client, pace, not_before);
        let end = go_through(&mut check, order, &api, (cost.counts, screen)).await?;
        Ok((end, api.tally()))
    })?;
    match end {
        End::Completed => {
            let run = CheckRun {
                subject: checkpoint,
                checked: CheckedCounts::Import {
                    header: recorded,
                    counts,
                    set,
                    sample: args.sample.is_some(),
                    cost,
                },
                target,
                way,
                asked,
                took: began.elapsed(),
                continued: check.continued,
            };
            conclude(check, &run, (args, &reports, context.given), out)
        }
        End::Interrupted(signal) => Err(Failure::interrupted(signal, "interrupted")),
        End::Stopped(stop) => Err(stopped_early(&stop, way, context)),
    }
}

/// What the progress log of this check begins with; `end` is the checkpoint's length in bytes.
fn header(args: &args::Verify, recorded: &crate::checkpoint::Header, end: u64) -> JournalHeader {
    JournalHeader {
        journal: "verify".to_owned(),
        run: recorded.run.clone(),
        bytes: end,
        sample: args.sample.map(|sample| u64::from(sample.get())),
        seed: fastrand::u64(..),
        way: by(args.by),
        begun: clock(),
    }
}

/// The end by the target, and how to go on.
fn stopped_early(stop: &StopReason, way: Way, context: Context<'_>) -> Failure {
    let failure = stopped(stop).again("then continue with");
    match stop {
        StopReason::Misunderstood(_) => {
            let other = match way {
                Way::Group => "member",
                Way::Member | Way::Peer => "group",
            };
            failure.command(
                "an app that lacks one of the commands can be asked the other way",
                &context.again().replacing("--by", other).flag("--restart"),
            )
        }
        StopReason::Credential(_)
        | StopReason::Refused(_)
        | StopReason::FirstContact { .. }
        | StopReason::TooManyFailures { .. }
        | StopReason::Outage { .. }
        | StopReason::RateLimited { .. }
        | StopReason::AllRefused { .. } => failure,
    }
}

/// The app is the checkpoint's.
fn refuse_other_app(
    args: &args::Verify,
    recorded: &crate::checkpoint::Header,
) -> Result<(), Failure> {
    let app = recorded.target.sdk_app_id;
    if recorded.target.endpoint == SIMULATOR {
        return Err(Failure::usage(
            "the import went to a simulator that ended with it: there is nothing to read back",
        )
        .hint("start one with `im-unread simulate`, and import into its --endpoint"));
    }
    match args.target.sdk_app_id {
        Some(other) if other != app => Err(Failure::usage(format!(
            "the checkpoint is of app {app}, not of {other}"
        ))
        .hint("leave --sdk-app-id out; the checkpoint names the app")),
        Some(_) | None => Ok(()),
    }
}

const fn by(by: By) -> Option<Way> {
    match by {
        By::Auto => None,
        By::Group => Some(Way::Group),
        By::Member => Some(Way::Member),
    }
}

impl ReadBack {
    fn prepare(
        args: &args::Verify,
        checkpoint: &Path,
        header: JournalHeader,
        counts: Counts,
    ) -> Result<Self, Failure> {
        let directory = std::env::temp_dir();
        let path = args.progress_log.clone();
        let path = path.unwrap_or_else(|| default_progress_log(args));
        let check = Check::open(&path, header, args.restart, &directory)
            .map_err(|error| check_failure(&error))?;
        let sample = args
            .sample
            .map(|sample| (sample.get() as usize, check.seed()));
        let expectations = Expectations::read(checkpoint, sample, &directory)
            .map_err(|error| read_failure(&error))?;
        let cost = expectations.cost().map_err(|error| read_failure(&error))?;
        let way = check.way().unwrap_or_else(|| cost.cheaper());
        Ok(Self {
            counts,
            check,
            expectations,
            cost,
            sampled: sample.is_some(),
            way,
        })
    }

    /// Counts that were set: without a sample, each group and member once.
    fn of(&self) -> u64 {
        if self.sampled {
            self.expectations.set
        } else {
            self.cost.counts
        }
    }

    /// Says what is going to be asked, before the first call.
    fn announce(&self, screen: Screen) -> Result<(), Failure> {
        let (way, other) = match self.way {
            Way::Group => ("group", ("member", self.cost.member)),
            Way::Member | Way::Peer => ("member", ("group", self.cost.group)),
        };
        screen.say(&format!(
            "reading back {} of {} counts that were set, by {way}: {} calls (by {}: {})",
            count(self.cost.counts),
            count(self.of()),
            count(self.cost.of(self.way)),
            other.0,
            count(other.1),
        ))?;
        announce_continued(&self.check, screen)
    }
}

/// Asks for what is left of a check of about `total` counts.
pub(super) async fn go_through<T: Transport>(
    check: &mut Check,
    order: InOrder,
    api: &Api<'_, T>,
    (total, screen): (u64, Screen),
) -> Result<End, Failure> {
    let mut signals = Signals::listen()
        .map_err(|source| Failure::bug("signals cannot be heard").because(&source))?;
    let mut progress = screen.read_progress("counts", total);
    let mut show = |tally: &Tally, asked: reads::Tally| {
        let words = format!(
            "{} different, {} calls",
            count(tally.different()),
            count(asked.attempts)
        );
        progress.show(tally.checked(), &words);
    };
    let end = check.run(order, api, &mut signals, &mut show).await;
    progress.finish();
    end.map_err(|error| check_failure(&error))
}

/// Says that a check goes on which an earlier command has begun.
pub(super) fn announce_continued(check: &Check, screen: Screen) -> Result<(), Failure> {
    let Some(begun) = check.continued else {
        return Ok(());
    };
    screen.say(&format!(
        "continuing the check begun at {begun}: {} counts are known; --restart begins anew",
        count(check.tally().checked()),
    ))
}

/// Where progress is kept unless `--progress-log` says it.
pub(super) fn default_progress_log(args: &args::Verify) -> PathBuf {
    const ENDING: &str = ".verify.jsonl";
    match (&args.checkpoint, &args.c2c) {
        (Some(checkpoint), _) => beside(checkpoint, ENDING),
        (None, Some(input)) => beside_input(&[input_path(input)], ENDING),
        (None, None) => beside_input(&[], ENDING),
    }
}

/// `path` with `ending` added to its name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

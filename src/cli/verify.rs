//! `verify`: reads counts back and compares them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;

use super::args::{self, By, OutputForm};
use super::asking::{halted, interrupted, pace, timeouts, with_client};
use super::clock;
use super::differences::{Csv, SHOWN, columns, found_text};
use super::failure::{Failure, Kind};
use super::meter::Meter;
use super::screen::Screen;
use super::target::{Destination, SIMULATOR};
use super::words::checkpoint_failure;
use crate::checkpoint::{Counts, scan};
use crate::report::{count, sanitised};
use crate::run::Signals;
use crate::sweep::{self, End};
use crate::verify::{
    Api, Check, Checked, Confidence, Cost, Difference, Expectations, JournalHeader, ReadError,
    Tally, Verdict, Way,
};

/// The columns of `--differences`.
const COLUMNS: [&str; 7] = [
    "row",
    "group_id",
    "member_account",
    "expected",
    "found",
    "verdict",
    "reason",
];

/// Runs the command.
pub(super) fn run(
    args: &args::Verify,
    screen: Screen,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    match &args.checkpoint {
        Some(checkpoint) => read_back(args, checkpoint, screen, out),
        None => super::audit::run(args, screen, out),
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
    screen: Screen,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let scanned = scan(checkpoint).map_err(|error| checkpoint_failure(&error))?;
    let recorded = scanned.ledger.header();
    refuse_other_app(args, recorded)?;
    let destination = Destination::recorded(
        &recorded.target,
        args.target.endpoint.as_deref(),
        &args.target.credential,
    )?;
    let header = JournalHeader {
        journal: "verify".to_owned(),
        run: recorded.run.clone(),
        bytes: scanned.end,
        sample: args.sample.map(|sample| u64::from(sample.get())),
        seed: fastrand::u64(..),
        way: by(args.by),
        begun: clock(),
    };
    let read_back = ReadBack::prepare(args, checkpoint, header, scanned.ledger.counts())?;
    read_back.announce(screen)?;
    let pace = pace(&args.asking)?;
    let timeouts = timeouts(&args.asking.timeout)?;
    let reached = destination.reach_alone()?;
    let (counts, of) = (read_back.counts, read_back.of());
    let (ended, asked) = with_client(&reached, timeouts, async |client| {
        let api = Api::new(client, pace);
        let ended = read_back.run(&api, screen).await?;
        Ok((ended, api.tally()))
    })?;
    let Ended { end, check } = ended;
    match end {
        End::Completed => Told {
            checkpoint,
            counts,
            of,
            sample: args.sample.is_some(),
            asked,
        }
        .tell(check, args, out),
        End::Interrupted(signal) => {
            interrupted(signal, screen, "the same command goes on from here")
        }
        End::Halted(halt) => Err(halted(&halt).hint("the same command then goes on from here")),
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
        let path = path.unwrap_or_else(|| beside(checkpoint, ".verify.jsonl"));
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
            Way::Member => ("member", ("group", self.cost.group)),
        };
        screen.say(&format!(
            "reading back {} of {} counts that were set, by {way}: {} calls (by {}: {})",
            count(self.cost.counts),
            count(self.of()),
            count(self.cost.of(self.way)),
            other.0,
            count(other.1),
        ))?;
        let Some(begun) = self.check.continued else {
            return Ok(());
        };
        screen.say(&format!(
            "continuing the check begun at {begun}: {} counts are known; --restart begins anew",
            count(self.check.tally().checked()),
        ))
    }

    async fn run<T: crate::tencent::Transport>(
        self,
        api: &Api<'_, T>,
        screen: Screen,
    ) -> Result<Ended, Failure> {
        let Self {
            mut check,
            expectations,
            cost,
            way,
            ..
        } = self;
        let mut signals = Signals::listen()
            .map_err(|source| Failure::bug("signals cannot be heard").because(&source))?;
        let mut meter = Meter::new(screen, "counts", cost.counts);
        let mut show = |tally: &Tally, asked: sweep::Tally| {
            let words = format!(
                "{} different, {} calls",
                count(tally.different()),
                count(asked.attempts)
            );
            meter.show(tally.checked(), &words);
        };
        let end = check
            .run((expectations, way), api, &mut signals, &mut show)
            .await;
        meter.finish();
        Ok(Ended {
            end: end.map_err(|error| check_failure(&error))?,
            check,
        })
    }
}

struct Ended {
    end: End,
    check: Check,
}

/// `path` with `ending` added to its name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn check_failure(error: &Checked) -> Failure {
    match error {
        Checked::Journal(error) => journal_failure(error),
        Checked::Read(error) => read_failure(error),
    }
}

/// A failure of a progress log.
pub(super) fn journal_failure(error: &sweep::JournalError) -> Failure {
    let failure = Failure::from_error(Kind::Checkpoint, error);
    failure.hint(match error {
        sweep::JournalError::Open { .. } | sweep::JournalError::Read { .. } => {
            "check the path and the permissions of the file and its directory"
        }
        sweep::JournalError::Write { .. } => {
            "make room on the disk (or mend it), then give the same command again"
        }
        sweep::JournalError::Locked { .. } => "wait until the other command has ended",
        sweep::JournalError::Damaged { .. } => {
            "delete the file to begin anew; only what was read so far is lost"
        }
    })
}

pub(super) fn read_failure(error: &ReadError) -> Failure {
    match error {
        ReadError::Checkpoint(error) => checkpoint_failure(error),
        ReadError::Sort(_) => Failure::from_error(Kind::Checkpoint, error)
            .hint("make room in the directory for temporary files (TMPDIR)"),
    }
}

/// All that is told of a check that reached its end.
struct Told<'a> {
    checkpoint: &'a Path,
    counts: Counts,
    of: u64,
    sample: bool,
    asked: sweep::Tally,
}

/// `--output json`.
#[derive(Serialize)]
struct VerifyResult<'a> {
    command: &'static str,
    outcome: &'static str,
    checkpoint: String,
    calls_planned: u64,
    counts_set: u64,
    checked: u64,
    results: Results,
    sums: Sums,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<Confidence>,
    asked: Asked,
    /// The first differences; the CSV has all.
    differences: &'a [Difference],
}

#[derive(Serialize)]
struct Results {
    matched: u64,
    clamped: u64,
    mismatched: u64,
    not_member: u64,
    unverifiable: u64,
}

#[derive(Serialize)]
struct Sums {
    expected: u64,
    found: u64,
}

#[derive(Serialize)]
struct Asked {
    calls: u64,
    attempts: u64,
    rate_limited: u64,
    busiest_second: usize,
}

impl Told<'_> {
    fn tell(
        self,
        mut check: Check,
        args: &args::Verify,
        out: &mut dyn Write,
    ) -> Result<ExitCode, Failure> {
        let tally = check.tally().told();
        let shown = collect(&mut check, args.differences.as_deref())?;
        let written = match args.result.output {
            OutputForm::Text => self.text(out, &tally, &shown, args.differences.as_deref()),
            OutputForm::Json => self.json(out, &tally, &shown),
        };
        written.map_err(|error| Failure::from_output(&error))?;
        let log = check.remove();
        log.map_err(|source| {
            Failure::checkpoint("the progress log cannot be removed").because(&source)
        })?;
        Ok(ExitCode::from(u8::from(!self.is_well(&tally))))
    }

    /// Everything planned was set, and everything looked at is there.
    fn is_well(&self, tally: &Tally) -> bool {
        tally.different() == 0 && self.counts.succeeded == self.counts.calls
    }

    fn confidence(&self, tally: &Tally) -> Option<Confidence> {
        self.sample
            .then(|| Confidence::new(tally.different(), tally.checked(), self.of))
    }

    fn json(&self, out: &mut dyn Write, tally: &Tally, shown: &[Difference]) -> io::Result<()> {
        let result = VerifyResult {
            command: "verify",
            outcome: if self.is_well(tally) {
                "verified"
            } else {
                "different"
            },
            checkpoint: self.checkpoint.display().to_string(),
            calls_planned: self.counts.calls,
            counts_set: self.of,
            checked: tally.checked(),
            results: Results {
                matched: tally.matched,
                clamped: tally.clamped,
                mismatched: tally.mismatched,
                not_member: tally.not_member,
                unverifiable: tally.unverifiable,
            },
            sums: Sums {
                expected: tally.expected,
                found: tally.found,
            },
            confidence: self.confidence(tally),
            asked: Asked {
                calls: self.asked.calls,
                attempts: self.asked.attempts,
                rate_limited: self.asked.rate_limited,
                busiest_second: self.asked.busiest_second,
            },
            differences: shown,
        };
        serde_json::to_writer(&mut *out, &result)?;
        writeln!(out)
    }

    fn text(
        &self,
        out: &mut dyn Write,
        tally: &Tally,
        shown: &[Difference],
        file: Option<&Path>,
    ) -> io::Result<()> {
        writeln!(
            out,
            "checkpoint  {}",
            sanitised(&self.checkpoint.display().to_string())
        )?;
        writeln!(
            out,
            "checked     {} of {} counts that were set",
            count(tally.checked()),
            count(self.of)
        )?;
        verdicts(out, tally, &IMPORT_VERDICTS)?;
        sums(out, tally)?;
        self.notes(out, tally)?;
        writeln!(
            out,
            "calls       {}, {} attempts, busiest second {}",
            count(self.asked.calls),
            count(self.asked.attempts),
            self.asked.busiest_second
        )?;
        examples(out, shown, tally.different(), file, ["group", "member"])
    }

    fn notes(&self, out: &mut dyn Write, tally: &Tally) -> io::Result<()> {
        if let Some(confidence) = self.confidence(tally) {
            writeln!(
                out,
                "sample      with 95 % confidence at most {:.2} % of all {} counts differ: {} of them",
                confidence.at_most_share * 100.0,
                count(confidence.of),
                count(confidence.at_most)
            )?;
        }
        let not_set = self.counts.calls - self.counts.succeeded;
        if not_set > 0 {
            writeln!(
                out,
                "not set     {} of {} planned calls have not succeeded: see `im-unread status`",
                count(not_set),
                count(self.counts.calls)
            )?;
        }
        if tally.reckoned_wrong > 0 && tally.reckoned_right == 0 {
            writeln!(
                out,
                "note        reckoning counts from message numbers fits no count of this app, so nothing is called wrong for it"
            )?;
        }
        Ok(())
    }
}

/// Goes through all differences once: the CSV gets every one, the result the first few.
fn collect(check: &mut Check, file: Option<&Path>) -> Result<Vec<Difference>, Failure> {
    let mut csv = file.map(|path| Csv::create(path, &COLUMNS)).transpose()?;
    let mut shown = Vec::new();
    let mut written = Ok(());
    let replayed = check.differences(|difference| {
        if let (Some(csv), Ok(())) = (&mut csv, &written) {
            written = csv.difference(&difference);
        }
        if shown.len() < SHOWN {
            shown.push(difference);
        }
    });
    replayed.map_err(|error| check_failure(&error))?;
    written.map_err(|error| Failure::from_output(&error))?;
    csv.map_or(Ok(()), Csv::finish)?;
    Ok(shown)
}

/// The verdicts on an import, with what they mean.
const IMPORT_VERDICTS: [(Verdict, &str); 5] = [
    (Verdict::Matched, ""),
    (
        Verdict::Clamped,
        "set to the group's number of messages, which is smaller",
    ),
    (Verdict::Mismatched, "another count is there"),
    (
        Verdict::NotMember,
        "not in the group any more, or one of both is gone",
    ),
    (Verdict::Unverifiable, "cannot be told"),
];

/// A line for each verdict.
pub(super) fn verdicts(
    out: &mut dyn Write,
    tally: &Tally,
    told: &[(Verdict, &str)],
) -> io::Result<()> {
    for &(verdict, note) in told {
        let number = match verdict {
            Verdict::Matched => tally.matched,
            Verdict::Clamped => tally.clamped,
            Verdict::Mismatched => tally.mismatched,
            Verdict::NotMember => tally.not_member,
            Verdict::Unverifiable => tally.unverifiable,
            Verdict::UnknownAccount => tally.unknown_account,
        };
        let note = if number == 0 { "" } else { note };
        let line = format!("  {:<16} {:>12}  {note}", verdict.name(), count(number));
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// What should be there and what is, added up.
pub(super) fn sums(out: &mut dyn Write, tally: &Tally) -> io::Result<()> {
    writeln!(
        out,
        "unread      {} expected, {} found",
        count(tally.expected),
        count(tally.found)
    )
}

/// The first differences as a table.
pub(super) fn examples(
    out: &mut dyn Write,
    shown: &[Difference],
    all: u64,
    file: Option<&Path>,
    titles: [&str; 2],
) -> io::Result<()> {
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let rows: Vec<Vec<String>> = shown
        .iter()
        .map(|difference| {
            vec![
                difference.group.clone(),
                difference.member.clone(),
                difference.expected.to_string(),
                found_text(difference.found, "-"),
                difference.verdict.name().to_owned(),
                difference.reason.clone(),
            ]
        })
        .collect();
    let [group, member] = titles;
    let header = [group, member, "expected", "found", "verdict", ""];
    columns(out, &header, &rows)?;
    match (all - shown.len() as u64, file) {
        (0, _) => Ok(()),
        (more, Some(file)) => writeln!(
            out,
            "and {} more: all are in {}",
            count(more),
            sanitised(&file.display().to_string())
        ),
        (more, None) => writeln!(
            out,
            "and {} more: --differences FILE.csv lists all",
            count(more)
        ),
    }
}

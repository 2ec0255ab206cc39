//! `verify --c2c`: the audit of one-to-one counts.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

use super::args::{self, OutputForm};
use super::asking::{halted, interrupted, pace, timeouts, with_client};
use super::clock;
use super::failure::Failure;
use super::found::{Found, Kind, collect, finish, probe};
use super::input::{beside_input, input_path};
use super::peers;
use super::report::{ReportFile, write_verification};
use super::screen::Screen;
use super::target::Destination;
use super::verdict::{asked, examples, results, sums, verdicts};
use super::verify::{announce_continued, check_failure, go_through};
use crate::checkpoint::Target;
use crate::report::document::{ComparedRows, Findings, SumsPart, TargetPart, VerificationReport};
use crate::report::{count, sanitised};
use crate::sweep::{self, Api, End};
use crate::verify::{C2cRows, Check, Difference, JournalHeader, Tally, Verdict, Way};

/// Runs the command.
pub(super) fn run(
    args: &args::Verify,
    path: &Path,
    screen: Screen,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    probe(args.differences.as_deref())?;
    let pace = pace(&args.asking)?;
    let timeouts = timeouts(&args.asking.timeout)?;
    let reports = ReportFile::all(&args.report.report)?;
    let destination = Destination::resolve(&args.target)?;
    let rows = peers::read(path, &args.column, screen)?;
    let (read, invalid, comparable) = (rows.read, rows.invalid, rows.count());
    screen.say(&format!(
        "comparing {} one-to-one counts",
        count(comparable)
    ))?;
    let target = destination.record();
    let mut check = begin(args, path, &rows, target.sdk_app_id)?;
    announce_continued(&check, screen)?;
    let reached = destination.reach_alone()?;
    let order = rows.into_order();
    let began = Instant::now();
    let (end, asked) = with_client(&reached, timeouts, async |client| {
        let api = Api::new(client, pace);
        let end = go_through(&mut check, order, &api, (comparable, screen)).await?;
        Ok((end, api.tally()))
    })?;
    match end {
        End::Completed => Told {
            path,
            read,
            invalid,
            target,
            asked,
            took: began.elapsed(),
        }
        .tell(check, (args, &reports), out),
        End::Interrupted(signal) => {
            interrupted(signal, screen, "the same command goes on from here")
        }
        End::Halted(halt) => Err(halted(&halt).hint("the same command then goes on from here")),
    }
}

/// The check of these rows in this app, begun or continued.
fn begin(
    args: &args::Verify,
    path: &Path,
    rows: &C2cRows,
    sdk_app_id: u64,
) -> Result<Check, Failure> {
    let header = JournalHeader {
        journal: "verify --c2c".to_owned(),
        run: format!("{sdk_app_id}-{}", rows.digest()),
        bytes: rows.count(),
        sample: None,
        seed: 0,
        way: None,
        begun: clock(),
    };
    let default = || beside_input(&[input_path(path)], ".verify.jsonl");
    let progress = args.progress_log.clone().unwrap_or_else(default);
    Check::open(&progress, header, args.restart, &std::env::temp_dir())
        .map_err(|error| check_failure(&error))
}

/// `--output json`.
#[derive(Serialize)]
struct AuditResult<'a> {
    command: &'static str,
    outcome: &'static str,
    rows: AuditRows,
    checked: u64,
    results: Results,
    sums: Sums,
    calls: u64,
    attempts: u64,
    busiest_second: usize,
    differences: Vec<AuditDifference<'a>>,
}

#[derive(Serialize)]
struct AuditRows {
    read: u64,
    invalid: u64,
    /// Of an account and a peer that a later row has too; that one counts.
    repeated: u64,
}

#[derive(Serialize)]
struct Results {
    matched: u64,
    mismatched: u64,
    unknown_account: u64,
    unverifiable: u64,
}

#[derive(Serialize)]
struct Sums {
    expected: u64,
    found: u64,
}

#[derive(Serialize)]
struct AuditDifference<'a> {
    row: u64,
    account: &'a str,
    peer: &'a str,
    expected: u32,
    found: Option<u64>,
    verdict: Verdict,
    reason: &'a str,
}

/// The verdicts of an audit, with what they mean.
const VERDICTS: [(Verdict, &str); 4] = [
    (Verdict::Matched, ""),
    (Verdict::Mismatched, "another count is there"),
    (
        Verdict::UnknownAccount,
        "the app does not know the account or the peer",
    ),
    (Verdict::Unverifiable, "cannot be told"),
];

/// All that is told of an audit that reached its end.
struct Told<'a> {
    path: &'a Path,
    read: u64,
    invalid: u64,
    target: Target,
    asked: sweep::Tally,
    took: Duration,
}

impl Told<'_> {
    fn tell(
        self,
        mut check: Check,
        (args, reports): (&args::Verify, &[ReportFile]),
        out: &mut dyn Write,
    ) -> Result<ExitCode, Failure> {
        let tally = check.tally().told();
        let file = args.differences.as_deref();
        let found = collect(&mut check, Kind::Conversations, file)?;
        let continued = check.continued;
        write_verification(reports, &self.report(&tally, &found, continued))?;
        finish(check)?;
        let written = match args.result.output {
            OutputForm::Json => self.json(out, &tally, &found.shown),
            OutputForm::Text => self.text(out, &tally, &found.shown, file),
        };
        written.map_err(|error| Failure::from_output(&error))?;
        Ok(ExitCode::from(u8::from(!self.is_well(&tally))))
    }

    fn report(
        &self,
        tally: &Tally,
        found: &Found,
        continued: Option<Timestamp>,
    ) -> VerificationReport {
        let findings = Findings {
            subject: self.path.display().to_string(),
            inputs: Vec::new(),
            target: TargetPart::of(&self.target),
            import: None,
            rows: Some(ComparedRows {
                read: self.read,
                invalid: self.invalid,
                repeated: self.repeated(tally),
            }),
            checked: tally.checked(),
            results: results(tally, &VERDICTS),
            sums: SumsPart {
                expected: tally.expected,
                found: tally.found,
            },
            confidence: None,
            differences: found.differences(),
            gaps: found.gaps(),
            affected: found.affected(),
            asked: asked(self.asked, Way::Peer, self.took, continued),
            next: Vec::new(),
        };
        VerificationReport::new(env!("CARGO_PKG_VERSION").to_owned(), clock(), findings)
    }

    /// Every row could be compared, and every count is there.
    const fn is_well(&self, tally: &Tally) -> bool {
        tally.different() == 0 && self.invalid == 0
    }

    /// Rows whose account and peer another row has too; the last one counts.
    const fn repeated(&self, tally: &Tally) -> u64 {
        self.read - self.invalid - tally.checked()
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
            "input       {}",
            sanitised(&self.path.display().to_string())
        )?;
        writeln!(
            out,
            "rows        {} read, {} invalid, {} repeated",
            count(self.read),
            count(self.invalid),
            count(self.repeated(tally))
        )?;
        writeln!(
            out,
            "checked     {} one-to-one counts",
            count(tally.checked())
        )?;
        verdicts(out, tally, &VERDICTS)?;
        sums(out, tally)?;
        writeln!(
            out,
            "calls       {}, {} attempts, busiest second {}",
            count(self.asked.calls),
            count(self.asked.attempts),
            self.asked.busiest_second
        )?;
        examples(out, shown, tally.different(), file, ["peer", "account"])
    }

    fn json(&self, out: &mut dyn Write, tally: &Tally, shown: &[Difference]) -> io::Result<()> {
        let result = AuditResult {
            command: "verify --c2c",
            outcome: if self.is_well(tally) {
                "verified"
            } else {
                "different"
            },
            rows: AuditRows {
                read: self.read,
                invalid: self.invalid,
                repeated: self.repeated(tally),
            },
            checked: tally.checked(),
            results: Results {
                matched: tally.matched,
                mismatched: tally.mismatched,
                unknown_account: tally.unknown_account,
                unverifiable: tally.unverifiable,
            },
            sums: Sums {
                expected: tally.expected,
                found: tally.found,
            },
            calls: self.asked.calls,
            attempts: self.asked.attempts,
            busiest_second: self.asked.busiest_second,
            differences: shown.iter().map(AuditDifference::new).collect(),
        };
        serde_json::to_writer(&mut *out, &result)?;
        writeln!(out)
    }
}

impl<'a> AuditDifference<'a> {
    fn new(difference: &'a Difference) -> Self {
        Self {
            row: difference.row,
            account: &difference.member,
            peer: &difference.group,
            expected: difference.expected,
            found: difference.found,
            verdict: difference.verdict,
            reason: &difference.reason,
        }
    }
}

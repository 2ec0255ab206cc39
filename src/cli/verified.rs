//! A check that reached its end, told: text, JSON, and every difference as CSV.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use super::args::{self, OutputForm};
use super::differences::{Csv, SHOWN, columns, found_text};
use super::failure::Failure;
use super::verify::check_failure;
use crate::checkpoint::Counts;
use crate::report::{count, sanitised};
use crate::sweep;
use crate::verify::{Check, Confidence, Difference, Tally, Verdict};

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

/// All that is told of a check that reached its end.
pub(super) struct Told<'a> {
    pub(super) checkpoint: &'a Path,
    /// What the checkpoint says.
    pub(super) counts: Counts,
    /// Counts that were set.
    pub(super) of: u64,
    /// Whether only a sample was looked at.
    pub(super) sample: bool,
    pub(super) asked: sweep::Tally,
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
    /// Tells the result, takes the progress log away, and gives the exit code.
    pub(super) fn tell(
        self,
        mut check: Check,
        args: &args::Verify,
        out: &mut dyn Write,
    ) -> Result<ExitCode, Failure> {
        let tally = check.tally().told();
        let shown = collect(&mut check, &COLUMNS, args.differences.as_deref())?;
        finish(check)?;
        let written = match args.result.output {
            OutputForm::Text => self.text(out, &tally, &shown, args.differences.as_deref()),
            OutputForm::Json => self.json(out, &tally, &shown),
        };
        written.map_err(|error| Failure::from_output(&error))?;
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

/// Ends a check: from here on the next one begins anew, whoever reads this one's result or does not.
pub(super) fn finish(check: Check) -> Result<(), Failure> {
    check.remove().map_err(|source| {
        Failure::checkpoint("the progress log cannot be removed").because(&source)
    })
}

/// Goes through all differences once: the CSV gets every one, the result the first few.
pub(super) fn collect(
    check: &mut Check,
    header: &[&str],
    file: Option<&Path>,
) -> Result<Vec<Difference>, Failure> {
    let mut csv = file.map(|path| Csv::create(path, header)).transpose()?;
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

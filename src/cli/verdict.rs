//! What the results of a check of an import and of an audit have in common: verdicts, sums and
//! examples, as text and for a report.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use crate::report::document::{AskedPart, ResultPart};
use crate::report::{columns, count, found_text, sanitised};
use crate::sweep;
use crate::verify::{Difference, Tally, Verdict, Way};

/// The results of a report.
pub(super) fn results(tally: &Tally, told: &[(Verdict, &'static str)]) -> Vec<ResultPart> {
    let parts = told.iter().map(|&(verdict, meaning)| ResultPart {
        result: verdict.name(),
        counts: tally.of(verdict),
        meaning: if verdict == Verdict::Matched {
            "there as it should be"
        } else {
            meaning
        },
    });
    parts.collect()
}

/// What asking took.
pub(super) fn asked(
    tally: sweep::Tally,
    way: Way,
    took: Duration,
    continued: Option<Timestamp>,
) -> AskedPart {
    AskedPart {
        by: match way {
            Way::Group => "group",
            Way::Member => "member",
            Way::Peer => "peer",
        },
        calls: tally.calls,
        attempts: tally.attempts,
        rate_limited: tally.rate_limited,
        busiest_second: tally.busiest_second as u64,
        seconds: (took.as_secs_f64() * 100.0).round() / 100.0,
        continued,
        calls_by_group: None,
        calls_by_member: None,
    }
}

/// A line for each verdict.
pub(super) fn verdicts(
    out: &mut dyn Write,
    tally: &Tally,
    told: &[(Verdict, &str)],
) -> io::Result<()> {
    for &(verdict, note) in told {
        let number = tally.of(verdict);
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

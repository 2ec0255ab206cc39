//! The result of `verify`, of an import and of one-to-one counts: what was read back, and how it
//! differs from what should be there.
//!
//! All numbers are those of its report, so that text, JSON and page agree.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::difference_summary::{CheckKind, DifferenceSummary};
use super::document::{
    AskedPart, CheckedImport, ComparedRows, ConfidencePart, Findings, InputPart, NextStep,
    ResultPart, SumsPart, TargetPart, VerificationReport,
};
use super::frame::{CommandResult, field};
use super::table::{columns, found_text};
use super::{count, plural, sanitised};
use crate::checkpoint::{Counts, Header, Target};
use crate::reads;
use crate::verify::{Confidence, Cost, Difference, Tally, Verdict, Way};

/// What was checked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Checked<'a> {
    /// The counts that an import has set.
    Import {
        header: &'a Header,
        counts: Counts,
        /// Counts that were set.
        set: u64,
        /// Whether only a sample of them was looked at.
        sample: bool,
        cost: Cost,
    },
    /// Rows of one-to-one conversations.
    Conversations { read: u64, invalid: u64 },
}

/// How it was checked.
#[derive(Debug)]
pub(crate) struct CheckRun<'a> {
    /// The checkpoint, or the input.
    pub(crate) subject: &'a Path,
    pub(crate) checked: Checked<'a>,
    /// The app that was asked.
    pub(crate) target: Target,
    pub(crate) way: Way,
    pub(crate) asked: reads::Tally,
    pub(crate) took: Duration,
    /// When it was begun, if an earlier command did a part of it.
    pub(crate) continued: Option<Timestamp>,
}

/// The result of a check that reached its end.
#[derive(Debug)]
pub(crate) struct VerifyReport {
    /// The report, which has all numbers.
    pub(crate) report: VerificationReport,
    kind: CheckKind,
    /// The first differences, in the order in which they were found.
    first: Vec<Difference>,
    /// Whether counts that were computed from message numbers fit no count of the app.
    computing_fails: bool,
}

impl VerifyReport {
    /// The result of `run`, which came to `tally`; `next` is what to type after it.
    pub(crate) fn new(
        run: &CheckRun<'_>,
        tally: &Tally,
        differences: DifferenceSummary,
        next: Vec<NextStep>,
        now: Timestamp,
    ) -> Self {
        let findings = findings(run, tally, &differences, next);
        Self {
            report: VerificationReport::new(env!("CARGO_PKG_VERSION").to_owned(), now, findings),
            kind: differences.kind,
            first: differences.shown,
            computing_fails: tally.reckoning_fails(),
        }
    }

    /// Whether all is as it should be.
    pub(crate) fn is_well(&self) -> bool {
        self.report.found.is_well()
    }
}

fn findings(
    run: &CheckRun<'_>,
    tally: &Tally,
    differences: &DifferenceSummary,
    next: Vec<NextStep>,
) -> Findings {
    let (inputs, import, rows, confidence) = match run.checked {
        Checked::Import {
            header,
            counts,
            set,
            sample,
            ..
        } => {
            let import = CheckedImport {
                run: header.run.clone(),
                calls_planned: counts.calls,
                calls_succeeded: counts.succeeded,
                counts_set: set,
            };
            let confidence =
                sample.then(|| Confidence::new(tally.different(), tally.checked(), set));
            (InputPart::of(header), Some(import), None, confidence)
        }
        Checked::Conversations { read, invalid } => {
            let rows = ComparedRows {
                read,
                invalid,
                // The last row of an account and a peer counts.
                repeated: read - invalid - tally.checked(),
            };
            (Vec::new(), None, Some(rows), None)
        }
    };
    Findings {
        subject: run.subject.display().to_string(),
        inputs,
        target: TargetPart::of(&run.target),
        import,
        rows,
        checked: tally.checked(),
        results: results(tally, differences.kind),
        sums: SumsPart {
            expected: tally.expected,
            found: tally.found,
        },
        confidence: confidence.map(ConfidencePart::from),
        differences: differences.differences(),
        gaps: differences.gaps(),
        affected: differences.affected(),
        asked: asked(run),
        next,
    }
}

/// The verdicts on an import, with what they mean.
const OF_IMPORT: &[(Verdict, &str)] = &[
    (Verdict::Matched, "there as it should be"),
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

/// The verdicts on one-to-one counts, with what they mean.
const OF_CONVERSATIONS: &[(Verdict, &str)] = &[
    (Verdict::Matched, "there as it should be"),
    (
        Verdict::Capped,
        "above what the service keeps, and as high as it gets",
    ),
    (Verdict::Mismatched, "another count is there"),
    (
        Verdict::UnknownAccount,
        "the app does not know the account or the peer",
    ),
    (Verdict::Unverifiable, "cannot be told"),
];

fn results(tally: &Tally, kind: CheckKind) -> Vec<ResultPart> {
    let verdicts = match kind {
        CheckKind::Groups => OF_IMPORT,
        CheckKind::Conversations => OF_CONVERSATIONS,
    };
    let parts = verdicts.iter().map(|&(verdict, meaning)| ResultPart {
        result: verdict.name(),
        counts: tally.of(verdict),
        meaning,
    });
    parts.collect()
}

fn asked(run: &CheckRun<'_>) -> AskedPart {
    let cost = match run.checked {
        Checked::Import { cost, .. } => Some(cost),
        Checked::Conversations { .. } => None,
    };
    AskedPart {
        by: match run.way {
            Way::Group => "group",
            Way::Member => "member",
            Way::Peer => "peer",
        },
        calls: run.asked.calls,
        attempts: run.asked.attempts,
        rate_limited: run.asked.rate_limited,
        busiest_second: run.asked.busiest_second as u64,
        seconds: (run.took.as_secs_f64() * 100.0).round() / 100.0,
        continued: run.continued,
        calls_by_group: cost.map(|cost| cost.group),
        calls_by_member: cost.map(|cost| cost.member),
    }
}

impl From<Confidence> for ConfidencePart {
    fn from(statement: Confidence) -> Self {
        Self {
            sample: statement.sample,
            of: statement.of,
            level: statement.level,
            at_most_share: statement.at_most_share,
            at_most: statement.at_most,
        }
    }
}

impl CommandResult for VerifyReport {
    fn text(&self, out: &mut dyn Write, _width: usize) -> io::Result<()> {
        let found = &self.report.found;
        let subject = sanitised(&found.subject);
        let checked = count(found.checked);
        if let Some(import) = &found.import {
            field(out, "checkpoint", &subject)?;
            let set = count(import.counts_set);
            let checked = format!("{checked} of {set} counts that were set");
            field(out, "checked", &checked)?;
        }
        if let Some(rows) = found.rows {
            field(out, "input", &subject)?;
            let (read, invalid) = (count(rows.read), count(rows.invalid));
            let repeated = count(rows.repeated);
            let rows = format!("{read} read, {invalid} invalid, {repeated} repeated");
            field(out, "rows", &rows)?;
            field(out, "checked", &format!("{checked} one-to-one counts"))?;
        }
        verdicts(out, &found.results)?;
        let (expected, there) = (count(found.sums.expected), count(found.sums.found));
        field(
            out,
            "unread",
            &format!("{expected} expected, {there} found"),
        )?;
        self.notes(out)?;
        field(out, "calls", &found.asked.text())?;
        self.examples(out)
    }
}

fn verdicts(out: &mut dyn Write, results: &[ResultPart]) -> io::Result<()> {
    for part in results {
        let matched = part.result == Verdict::Matched.name();
        let note = if part.counts == 0 || matched {
            ""
        } else {
            part.meaning
        };
        let line = format!("  {:<16} {:>12}  {note}", part.result, count(part.counts));
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

impl AskedPart {
    fn text(&self) -> String {
        let attempts = plural(self.attempts, "attempt");
        format!(
            "{}, {attempts}, busiest second {}",
            count(self.calls),
            self.busiest_second
        )
    }
}

impl VerifyReport {
    fn notes(&self, out: &mut dyn Write) -> io::Result<()> {
        let found = &self.report.found;
        if let Some(confidence) = found.confidence {
            let sample = format!(
                "with 95 % confidence at most {:.2} % of all {} counts differ: {} of them",
                confidence.at_most_share * 100.0,
                count(confidence.of),
                count(confidence.at_most)
            );
            field(out, "sample", &sample)?;
        }
        if let Some(import) = found.import.as_ref().filter(|_| found.not_set() > 0) {
            let planned = plural(import.calls_planned, "planned call");
            let not_set = format!(
                "{} of {planned} have not succeeded: see `im-unread status`",
                count(found.not_set())
            );
            field(out, "not set", &not_set)?;
        }
        if self.computing_fails {
            let note = "counts computed from message numbers fit no count of this app, so no count is called wrong because of them";
            field(out, "note", note)?;
        }
        Ok(())
    }

    /// The first differences as a table.
    fn examples(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.first.is_empty() {
            return Ok(());
        }
        writeln!(out)?;
        let rows = self.first.iter().map(|difference| {
            vec![
                difference.group.clone(),
                difference.member.clone(),
                difference.expected.to_string(),
                found_text(difference.found, "-"),
                difference.verdict.name().to_owned(),
                difference.reason.clone(),
            ]
        });
        let rows: Vec<Vec<String>> = rows.collect();
        let [group, member] = self.kind.titles();
        let header = [group, member, "expected", "found", "verdict", ""];
        columns(out, &header, &rows)?;
        let differences = &self.report.found.differences;
        let more = differences.total - self.first.len() as u64;
        match (more, &differences.file) {
            (0, _) => Ok(()),
            (more, Some(file)) => {
                let (more, file) = (count(more), sanitised(file));
                writeln!(out, "and {more} more: all are in {file}")
            }
            (more, None) => {
                let more = count(more);
                writeln!(out, "and {more} more: --differences FILE.csv lists all")
            }
        }
    }
}

/// `--output json`. What only a check of an import has, or only one of one-to-one counts, is left
/// out of the other.
#[derive(Serialize)]
struct Json<'a> {
    command: &'static str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    calls_planned: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts_set: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<ComparedRows>,
    checked: u64,
    #[serde(serialize_with = "by_name")]
    results: &'a [ResultPart],
    sums: SumsPart,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<ConfidencePart>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<AskedJson>,
    #[serde(flatten)]
    calls: Option<CallsJson>,
    /// The first differences; the CSV has all.
    differences: Vec<DifferenceJson<'a>>,
}

#[derive(Serialize)]
struct AskedJson {
    calls: u64,
    attempts: u64,
    rate_limited: u64,
    busiest_second: u64,
}

#[derive(Serialize)]
struct CallsJson {
    calls: u64,
    attempts: u64,
    busiest_second: u64,
}

#[derive(Serialize)]
struct DifferenceJson<'a> {
    row: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    member_account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<&'a str>,
    expected: u32,
    found: Option<u64>,
    verdict: Verdict,
    reason: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reckoned: bool,
}

/// The results as one object.
fn by_name<S: Serializer>(results: &&[ResultPart], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(results.iter().map(|part| (part.result, part.counts)))
}

impl<'a> DifferenceJson<'a> {
    fn new(difference: &'a Difference, kind: CheckKind) -> Self {
        let (group, member) = (&*difference.group, &*difference.member);
        let groups = kind == CheckKind::Groups;
        Self {
            row: difference.row,
            group_id: groups.then_some(group),
            member_account: groups.then_some(member),
            account: (!groups).then_some(member),
            peer: (!groups).then_some(group),
            expected: difference.expected,
            found: difference.found,
            verdict: difference.verdict,
            reason: &difference.reason,
            reckoned: groups && difference.reckoned,
        }
    }
}

impl Serialize for VerifyReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let found = &self.report.found;
        let (import, asked) = (found.import.as_ref(), found.asked);
        let differences = self.first.iter();
        Json {
            command: import.map_or("verify --c2c", |_| "verify"),
            outcome: self.report.outcome,
            checkpoint: import.map(|_| &*found.subject),
            calls_planned: import.map(|import| import.calls_planned),
            counts_set: import.map(|import| import.counts_set),
            rows: found.rows,
            checked: found.checked,
            results: &found.results,
            sums: found.sums,
            confidence: found.confidence,
            asked: import.map(|_| AskedJson {
                calls: asked.calls,
                attempts: asked.attempts,
                rate_limited: asked.rate_limited,
                busiest_second: asked.busiest_second,
            }),
            calls: found.rows.map(|_| CallsJson {
                calls: asked.calls,
                attempts: asked.attempts,
                busiest_second: asked.busiest_second,
            }),
            differences: differences
                .map(|one| DifferenceJson::new(one, self.kind))
                .collect(),
        }
        .serialize(serializer)
    }
}

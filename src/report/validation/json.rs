//! The result of `validate --output json`: one object, its form fixed by the contract, and its
//! problems, which the report in a file has too.

use std::io::{self, Write};

use serde::Serialize;

use super::{Checked, ClampsPart, Example, LeftPart, MapPart, left_parts};
use crate::record::Code;

#[derive(Serialize)]
struct Document<'a> {
    command: &'static str,
    outcome: &'static str,
    rows: Rows,
    calls: Calls,
    estimate: Estimate,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    maps: &'a [MapPart],
    #[serde(skip_serializing_if = "Option::is_none")]
    clamps: Option<&'a ClampsPart>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<LeftPart>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remarks: Vec<LeftPart>,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Rows {
    read: u64,
    valid: u64,
    invalid: u64,
    duplicates: u64,
    skipped: u64,
}

#[derive(Serialize)]
struct Calls {
    planned: u64,
}

#[derive(Serialize)]
struct Estimate {
    qps: u32,
    seconds_at_qps: f64,
}

/// All problems of one kind.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Problem {
    /// The stable code.
    pub(crate) code: &'static str,
    /// `error` or `warning`.
    pub(crate) severity: &'static str,
    /// What is wrong.
    pub(crate) title: &'static str,
    /// What would be right.
    pub(crate) expected: &'static str,
    /// How many there are.
    pub(crate) count: u64,
    /// The first of them.
    pub(crate) examples: Vec<Shown>,
}

/// One row that shows a kind of problem.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Shown {
    /// The input.
    pub(crate) file: String,
    /// Its physical line, from 1.
    pub(crate) line: u64,
    /// Number of the record, from 1.
    pub(crate) row: u64,
    /// The field.
    pub(crate) column: &'static str,
    /// What stands there.
    pub(crate) found: String,
    /// The row it disagrees with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) other: Option<Other>,
    /// What to do.
    pub(crate) help: &'static str,
}

/// The other row of two that disagree.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Other {
    /// The input.
    pub(crate) file: String,
    /// Its physical line, from 1.
    pub(crate) line: u64,
    /// Its count.
    pub(crate) unread_num: u32,
}

/// Every kind of problem: errors first, the most frequent first.
pub(crate) fn problems(checked: &Checked<'_>) -> Vec<Problem> {
    let kinds = checked.validation.kinds().into_iter();
    let problems = kinds.map(|(code, kind)| Problem {
        code: code.name(),
        severity: code.severity().name(),
        title: code.title(),
        expected: code.expected(),
        count: kind.count,
        examples: kind
            .examples
            .iter()
            .map(|example| shown(checked, code, example))
            .collect(),
    });
    problems.collect()
}

/// Writes the object and a line end.
pub(crate) fn write_json(out: &mut dyn Write, checked: &Checked<'_>) -> io::Result<()> {
    let rows = checked.rows;
    let document = Document {
        command: "validate",
        outcome: if checked.is_valid() {
            "valid"
        } else {
            "invalid"
        },
        rows: Rows {
            read: rows.read,
            valid: rows.valid,
            invalid: rows.invalid,
            duplicates: rows.duplicates,
            skipped: rows.skipped,
        },
        calls: Calls {
            planned: checked.planned,
        },
        estimate: Estimate {
            qps: checked.qps,
            seconds_at_qps: checked.seconds(),
        },
        maps: checked.maps,
        clamps: checked.clamps,
        left_out: left_parts(&checked.tally.left_out),
        remarks: left_parts(&checked.tally.remarks),
        problems: problems(checked),
    };
    serde_json::to_writer(&mut *out, &document)?;
    out.write_all(b"\n")
}

fn shown(checked: &Checked<'_>, code: Code, example: &Example) -> Shown {
    Shown {
        file: checked.file(example.location.file),
        line: example.location.line,
        row: example.location.row,
        column: example.column.name(),
        found: example.found.clone(),
        other: example.other.map(|other| Other {
            file: checked.file(other.file),
            line: other.line,
            unread_num: other.unread_num,
        }),
        help: code.help(),
    }
}

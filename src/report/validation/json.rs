//! The result of `validate --output json`: one object, its form fixed by the contract.

use std::io::{self, Write};

use serde::Serialize;

use super::{Checked, Example};
use crate::record::Code;
use crate::source::MapUse;

#[derive(Serialize)]
struct Document {
    command: &'static str,
    outcome: &'static str,
    rows: Rows,
    calls: Calls,
    estimate: Estimate,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    maps: Vec<Map>,
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

#[derive(Serialize)]
struct Map {
    column: &'static str,
    file: String,
    entries: u64,
    unused: u64,
}

#[derive(Serialize)]
struct Problem {
    code: &'static str,
    severity: &'static str,
    title: &'static str,
    expected: &'static str,
    count: u64,
    examples: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    file: String,
    line: u64,
    row: u64,
    column: &'static str,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<Other>,
    help: &'static str,
}

#[derive(Serialize)]
struct Other {
    file: String,
    line: u64,
    unread_num: u32,
}

/// Writes the object and a line end.
pub(crate) fn write_json(out: &mut dyn Write, checked: &Checked<'_>) -> io::Result<()> {
    let problems = checked
        .validation
        .kinds()
        .into_iter()
        .map(|(code, kind)| Problem {
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
        maps: checked.maps.iter().map(map).collect(),
        problems: problems.collect(),
    };
    serde_json::to_writer(&mut *out, &document)?;
    out.write_all(b"\n")
}

fn map(usage: &MapUse) -> Map {
    Map {
        column: usage.column.name(),
        file: crate::record::shown(&usage.path.to_string_lossy()),
        entries: usage.entries,
        unused: usage.unused,
    }
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

//! The preview as one JSON object.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Fate, Input, Preview, Row};
use crate::source::Looked;

#[derive(Serialize)]
struct Document {
    command: &'static str,
    inputs: Vec<Value>,
    more_inputs: bool,
}

/// Writes the preview.
pub(crate) fn write_json(preview: &Preview, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        command: "preview",
        inputs: preview.inputs.iter().map(input).collect(),
        more_inputs: preview.more,
    };
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

fn input(input: &Input) -> Value {
    let columns = input.columns.iter();
    let columns: Map<String, Value> = columns
        .map(|(column, name)| (column.name().to_owned(), name.as_str().into()))
        .collect();
    json!({
        "path": input.path.to_string_lossy(),
        "form": input.form,
        "format": input.layout,
        "preset": input.preset,
        "columns": columns,
        "rows": input.rows.iter().map(row).collect::<Vec<_>>(),
        "end": match input.end {
            Looked::Enough => "more",
            Looked::All => "all",
            Looked::Joined => "joined",
            Looked::Cut => "cut",
        },
    })
}

fn row(row: &Row) -> Value {
    let fields = row.fields.iter();
    let fields: Map<String, Value> = fields
        .map(|value| (value.column.name().to_owned(), value.text.clone().into()))
        .collect();
    let changes = |mapped| -> Map<String, Value> {
        let made = row.made.iter().filter(|made| made.mapped == mapped);
        made.map(|made| (made.column.name().to_owned(), made.to.clone().into()))
            .collect()
    };
    let problems = row.problems.iter().map(|problem| {
        json!({
            "code": problem.code.name(),
            "severity": problem.code.severity().name(),
            "column": problem.column.name(),
            "found": problem.found,
            "help": problem.code.help(),
        })
    });
    let (call, left_out) = match &row.fate {
        Fate::Call {
            group_id,
            member_account,
            unread_num,
        } => (
            json!({"group_id": group_id, "member_account": member_account, "unread_num": unread_num}),
            Value::Null,
        ),
        Fate::Zero => (Value::Null, json!({"reason": "zero", "unread": 0})),
        Fate::LeftOut { reason, unread } => {
            (Value::Null, json!({"reason": reason, "unread": unread}))
        }
        Fate::Invalid => (Value::Null, json!({"reason": "invalid", "unread": null})),
    };
    json!({
        "line": row.line,
        "byte": row.byte,
        "raw": row.raw,
        "fields": fields,
        "made": changes(false),
        "mapped": changes(true),
        "problems": problems.collect::<Vec<_>>(),
        "call": call,
        "left_out": left_out,
        "again": row.again.map(|again| {
            json!({"input": again.input, "line": again.line, "unread_num": again.unread_num})
        }),
    })
}

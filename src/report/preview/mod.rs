//! What `preview` shows: the first rows of each input, with what every step makes of them.
//!
//! Owns the data and its two forms, text and JSON. Leaves reading to `source`, and what becomes of
//! a row by the user's policies to whoever makes it.

mod json;
mod text;

use std::path::PathBuf;

pub(crate) use self::json::write_json;
pub(crate) use self::text::write_text;
use crate::record::{Column, Field, Problem, RawRow};
use crate::source::{Looked, Note};

/// All that is shown.
#[derive(Debug, Default)]
pub(crate) struct Preview {
    /// The inputs, in order.
    pub(crate) inputs: Vec<Input>,
    /// Whether there may be more inputs, which were not opened.
    pub(crate) more: bool,
}

/// One input.
#[derive(Debug)]
pub(crate) struct Input {
    /// Its name.
    pub(crate) path: PathBuf,
    /// What was taken off it: compressions, archives, an encoding.
    pub(crate) form: Vec<String>,
    /// How its text is laid out.
    pub(crate) layout: Vec<String>,
    /// The preset it is read by, and why.
    pub(crate) preset: Option<String>,
    /// Which of its columns hold the fields.
    pub(crate) columns: Vec<(Column, String)>,
    /// Its first rows.
    pub(crate) rows: Vec<Row>,
    /// Why there are no more of them.
    pub(crate) end: Looked,
}

impl Input {
    /// An input of which nothing is shown yet.
    pub(crate) fn new(note: &Note) -> Self {
        Self {
            path: note.path.clone(),
            form: note.form(),
            layout: note.layout(),
            preset: note.preset.clone(),
            columns: note.columns.clone(),
            rows: Vec::new(),
            end: Looked::All,
        }
    }
}

/// One row on its way.
#[derive(Debug)]
pub(crate) struct Row {
    /// Physical line on which its record starts, from 1.
    pub(crate) line: u64,
    /// Offset of the record in the text.
    pub(crate) byte: u64,
    /// The beginning of the record.
    pub(crate) raw: String,
    /// The fields that were found in it.
    pub(crate) fields: Vec<Value>,
    /// Those that were made into something else.
    pub(crate) made: Vec<Made>,
    /// What is wrong with it, or worth a look.
    pub(crate) problems: Vec<Problem>,
    /// What becomes of it.
    pub(crate) fate: Fate,
    /// The earlier row of the same group and member.
    pub(crate) again: Option<Again>,
}

impl Row {
    /// The count that is to be set.
    const fn count(&self) -> Option<u32> {
        match &self.fate {
            Fate::Call { unread_num, .. } => Some(*unread_num),
            Fate::Zero => Some(0),
            Fate::LeftOut { .. } | Fate::Invalid => None,
        }
    }
}

/// What stands in a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value {
    /// The field.
    pub(crate) column: Column,
    /// Its text; `None` if it is missing or null.
    pub(crate) text: Option<String>,
}

/// A field that a step has changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// The field.
    pub(crate) column: Column,
    /// What was found.
    pub(crate) from: Option<String>,
    /// What it became; `None` for an id that the map does not have.
    pub(crate) to: Option<String>,
    /// Whether by an id map, or else by a preset or the choices of the user.
    pub(crate) mapped: bool,
}

/// What becomes of a row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// One call.
    Call {
        /// The group.
        group_id: String,
        /// The member.
        member_account: String,
        /// The count.
        unread_num: u32,
    },
    /// No call, since the count is 0 and `--skip-zero` is given.
    Zero,
    /// It is left out by the preset or by the choices of the user.
    LeftOut {
        /// Why.
        reason: String,
        /// Its count, if it is known.
        unread: Option<u64>,
    },
    /// It cannot be sent.
    Invalid,
}

/// An earlier row of the same group and member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Again {
    /// Its number among the inputs, from 0.
    pub(crate) input: usize,
    /// Its line.
    pub(crate) line: u64,
    /// Its count.
    pub(crate) unread_num: u32,
}

/// The fields of a row with their columns.
fn cells<'a>(row: &RawRow<'a>) -> [(Column, Field<'a>); 4] {
    [
        (Column::GroupId, row.group_id),
        (Column::MemberAccount, row.member_account),
        (Column::UnreadNum, row.unread_num),
        (Column::GroupType, row.group_type),
    ]
}

fn text_of(field: Field<'_>) -> Option<String> {
    match field {
        Field::Missing | Field::Null => None,
        Field::Text(_)
        | Field::Number(_)
        | Field::Other(_)
        | Field::NotUtf8(_)
        | Field::Mapped { .. }
        | Field::Unmapped(_) => Some(field.text().into_owned()),
    }
}

/// The fields as they were found. A type that no column tells of is left out.
pub(crate) fn values(row: &RawRow<'_>) -> Vec<Value> {
    let told = |(column, field): &(Column, Field<'_>)| {
        *column != Column::GroupType || *field != Field::Missing
    };
    let cells = cells(row).into_iter().filter(told);
    cells
        .map(|(column, field)| Value {
            column,
            text: text_of(field),
        })
        .collect()
}

/// What of `found` has become something else in `made`.
pub(crate) fn changes(found: &RawRow<'_>, made: &RawRow<'_>) -> Vec<Made> {
    let pairs = cells(found).into_iter().zip(cells(made));
    pairs
        .filter_map(|((column, from), (_, to))| {
            let (mapped, to) = if let Field::Unmapped(_) = to {
                (true, None)
            } else if let Field::Mapped { target, .. } = to {
                (true, Some(target.to_owned()))
            } else if text_of(to) == text_of(from) {
                return None;
            } else {
                (false, text_of(to))
            };
            Some(Made {
                column,
                from: text_of(from),
                to,
                mapped,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;

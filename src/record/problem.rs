//! One thing that is wrong with one record, as data: a stable code, the column and what was found.

use std::fmt::Write as _;

use super::printable::push_escaped;
use super::secret::{WITHHELD, is_perhaps_secret};
use super::{Code, Column, Location};

/// Most characters of a cell that a problem repeats: a line of a terminal holds them.
const SHOWN_CHARACTERS: usize = 64;

/// The other row of two that disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OtherRow {
    /// Index of its file among the inputs, from 0.
    pub(crate) file: u32,
    /// Its physical line, from 1.
    pub(crate) line: u64,
    /// Its count.
    pub(crate) unread_num: u32,
}

/// One problem of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Which kind.
    pub(crate) code: Code,
    /// Which column.
    pub(crate) column: Column,
    /// What was found, shortened and safe to print.
    pub(crate) found: String,
    /// The row it disagrees with, for the codes that are about two rows.
    pub(crate) other: Option<OtherRow>,
}

impl Problem {
    /// A problem of one record alone. Nothing is kept of a record that is perhaps a secret.
    pub(crate) fn new(code: Code, column: Column, found: impl AsRef<str>) -> Self {
        let found = found.as_ref();
        let secret = column == Column::Record && is_perhaps_secret(found.as_bytes());
        Self {
            code,
            column,
            found: if secret {
                WITHHELD.to_owned()
            } else {
                shown(found)
            },
            other: None,
        }
    }

    /// What was found and, where it is known, which row it disagrees with: one phrase without a
    /// full stop, as it stands in a rejects file.
    pub(crate) fn reason(&self) -> String {
        let mut text = format!("{}: found ", self.code.title());
        if self.found.is_empty() {
            text.push_str("nothing");
        } else {
            text.push('`');
            text.push_str(&self.found);
            text.push('`');
        }
        if let Some(other) = self.other {
            let unread_num = other.unread_num;
            write!(text, ", but `{unread_num}` on line {}", other.line)
                .expect("writing to a string cannot fail");
        }
        text
    }
}

/// A problem and where it stood: what the first pass tells its observer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finding<'a> {
    /// The record.
    pub(crate) location: Location,
    /// What is wrong with it.
    pub(crate) problem: &'a Problem,
}

/// `text` without anything that could act on a terminal, cut to a length that fits on a line.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(SHOWN_CHARACTERS));
    for (at, character) in text.chars().enumerate() {
        if at == SHOWN_CHARACTERS {
            out.push('…');
            break;
        }
        push_escaped(&mut out, character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_cannot_act_on_a_terminal() {
        assert_eq!(
            shown("a\u{1b}[31mb\0\n\u{202e}é\\\""),
            "a\\u{1b}[31mb\\u{0}\\n\\u{202e}é\\\""
        );
    }

    #[test]
    fn long_cells_are_cut() {
        let text = "x".repeat(1000);
        assert_eq!(shown(&text).chars().count(), SHOWN_CHARACTERS + 1);
    }
}

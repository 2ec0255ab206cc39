//! What was found out about an input, to be said to the user before anything relies on it.

use std::fmt;
use std::path::PathBuf;

use super::form::Form;
use super::json;
use super::sniff::{Layout, Sniffed};
use crate::record::{Column, shown};

/// What one file was taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    /// Which file; `-` is standard input.
    pub(crate) path: PathBuf,
    pub(super) form: Form,
    pub(super) sniffed: Sniffed,
    /// Which column holds which field, for a file with a header.
    pub(crate) columns: Vec<(Column, String)>,
    /// Whether the input cannot be read in place as often as needed, so that a temporary copy was
    /// made.
    pub(crate) copied: bool,
    /// Whether only its beginning was opened.
    pub(crate) cut: bool,
    /// Which preset it is read by, and why.
    pub(crate) preset: Option<String>,
}

impl Note {
    /// What was taken off the text: compressions, archives, an encoding.
    pub(crate) fn form(&self) -> Vec<String> {
        let wrappings = self.form.wrappings.iter();
        let mut form: Vec<String> = wrappings.map(|&wrapping| wrapping.to_owned()).collect();
        form.extend(self.form.encoding());
        form
    }

    /// How the text is laid out.
    pub(crate) fn layout(&self) -> Vec<String> {
        let mut layout = vec![match self.sniffed.layout {
            Layout::Csv { delimiter: b'\t' } => "CSV with tabs".to_owned(),
            Layout::Csv { delimiter } => format!("CSV with `{}`", char::from(delimiter)),
            Layout::Json(json::Form::Lines) => "JSON Lines".to_owned(),
            Layout::Json(json::Form::Array) => "a JSON array".to_owned(),
            Layout::Json(json::Form::Documents) => "JSON documents".to_owned(),
        }];
        if self.sniffed.crlf {
            layout.push("CRLF".to_owned());
        }
        if self.sniffed.marked {
            layout.push("byte order mark".to_owned());
        }
        layout
    }

    /// Which column holds which field, in words.
    pub(crate) fn columns(&self) -> String {
        let columns = self.columns.iter();
        let columns: Vec<String> = columns
            .map(|(column, name)| format!("{} from `{}`", column.name(), shown(name)))
            .collect();
        columns.join(", ")
    }
}

/// Inputs alike in a row from which on they are told of as one.
const ALIKE: usize = 4;

/// What is said of `notes`: of many inputs alike, as members of an archive mostly are, the first
/// and the last are named.
pub(super) fn in_words<'a>(notes: impl Iterator<Item = &'a Note>) -> Vec<String> {
    let notes: Vec<(&Note, String)> = notes.map(|note| (note, note.known())).collect();
    let mut words = Vec::new();
    for alike in notes.chunk_by(|(_, before), (_, after)| before == after) {
        match alike {
            [(first, known), between @ .., (last, _)] if alike.len() >= ALIKE => {
                let (first, last) = (first.path.display(), last.path.display());
                let between = between.len();
                words.push(format!("`{first}`, {between} more and `{last}`: {known}"));
            }
            few => words.extend(few.iter().map(|(note, _)| note.to_string())),
        }
    }
    words
}

/// What is said of members of archives that are no inputs.
pub(super) fn passed_over(passed: &[PathBuf]) -> Option<String> {
    let (first, others) = passed.split_first()?;
    let first = first.display();
    Some(match others.len() {
        0 => format!("passed over `{first}`, which is no input"),
        others => format!("passed over `{first}` and {others} more, which are no inputs"),
    })
}

impl Note {
    /// What was found out, without the name.
    fn known(&self) -> String {
        let mut known = [self.form(), self.layout()].concat().join(", ");
        if self.copied {
            known.push_str(", temporary copy");
        }
        if let Some(preset) = &self.preset {
            known.push_str("; ");
            known.push_str(preset);
        }
        if !self.columns.is_empty() {
            known.push_str("; ");
            known.push_str(&self.columns());
        }
        known
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path.display(), self.known())
    }
}

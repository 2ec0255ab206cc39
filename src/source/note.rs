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

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = [self.form(), self.layout()].concat().join(", ");
        write!(f, "`{}`: {known}", self.path.display())?;
        if self.copied {
            f.write_str(", temporary copy")?;
        }
        if let Some(preset) = &self.preset {
            write!(f, "; {preset}")?;
        }
        if !self.columns.is_empty() {
            write!(f, "; {}", self.columns())?;
        }
        Ok(())
    }
}

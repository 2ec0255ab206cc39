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
    /// Which preset it is read by, and why.
    pub(crate) preset: Option<String>,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: ", shown(&self.path.to_string_lossy()))?;
        for wrapping in &self.form.wrappings {
            write!(f, "{wrapping}, ")?;
        }
        if let Some(encoding) = self.form.encoding() {
            write!(f, "{encoding}, ")?;
        }
        match self.sniffed.layout {
            Layout::Csv { delimiter: b'\t' } => f.write_str("CSV with tabs")?,
            Layout::Csv { delimiter } => write!(f, "CSV with `{}`", char::from(delimiter))?,
            Layout::Json(json::Form::Lines) => f.write_str("JSON Lines")?,
            Layout::Json(json::Form::Array) => f.write_str("a JSON array")?,
            Layout::Json(json::Form::Documents) => f.write_str("JSON documents")?,
        }
        if self.sniffed.crlf {
            f.write_str(", CRLF")?;
        }
        if self.sniffed.marked {
            f.write_str(", byte order mark")?;
        }
        if self.copied {
            f.write_str(", temporary copy")?;
        }
        if let Some(preset) = &self.preset {
            write!(f, "; {preset}")?;
        }
        for (at, (column, name)) in self.columns.iter().enumerate() {
            f.write_str(if at == 0 { "; " } else { ", " })?;
            write!(f, "{} from `{}`", column.name(), shown(name))?;
        }
        Ok(())
    }
}

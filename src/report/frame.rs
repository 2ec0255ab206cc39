//! The result of a command in its two forms, made of one value so that their numbers agree.

use std::io::{self, Write};

use serde::Serialize;

/// Columns of the headings of a text.
const HEADING: usize = 11;

/// What a command prints on stdout. Its JSON form is the value itself.
pub(crate) trait CommandResult: Serialize {
    /// Writes the form for people; `width` is how many columns there are.
    fn text(&self, out: &mut dyn Write, width: usize) -> io::Result<()>;

    /// Writes the form for programs: one object and a line end.
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        writeln!(out)
    }
}

/// A heading and its text on one line.
pub(super) fn field(out: &mut dyn Write, heading: &str, text: &str) -> io::Result<()> {
    let line = format!("{heading:<HEADING$} {text}");
    writeln!(out, "{}", line.trim_end())
}

/// A heading and its texts, one a line.
pub(super) fn list(
    out: &mut dyn Write,
    heading: &str,
    texts: impl IntoIterator<Item = String>,
) -> io::Result<()> {
    for (index, text) in texts.into_iter().enumerate() {
        field(out, if index == 0 { heading } else { "" }, &text)?;
    }
    Ok(())
}

/// A heading and its text, broken at `width` columns.
pub(super) fn wrapped_list(
    out: &mut dyn Write,
    heading: &str,
    texts: impl IntoIterator<Item = String>,
    width: usize,
) -> io::Result<()> {
    let room = width.saturating_sub(HEADING + 1);
    let lines = texts
        .into_iter()
        .flat_map(|text| super::wrapped(&text, room));
    list(out, heading, lines)
}

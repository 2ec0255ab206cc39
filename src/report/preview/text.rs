//! The preview for people.

use std::io::{self, Write};

use super::super::{Page, count, sanitised};
use super::{Again, Fate, Input, Made, Preview, Row};
use crate::record::Severity;
use crate::source::Looked;

/// Lines of a record that are shown at most.
const RAW_LINES: usize = 3;

/// Columns of a page that are not text of a field.
const MARGIN: usize = 13;

/// Writes the preview at `width` columns; `on_duplicate` is the word of that option.
pub(crate) fn write_text(
    preview: &Preview,
    on_duplicate: &str,
    out: &mut dyn Write,
    width: usize,
) -> io::Result<()> {
    for (index, input) in preview.inputs.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        write_input(input, out, width)?;
        for row in &input.rows {
            writeln!(out, "\nline {}", count(row.line))?;
            let mut page = Page::new(out, width);
            write_row(row, &mut page, width)?;
            if let Some(again) = row.again {
                let name = preview
                    .inputs
                    .get(again.input)
                    .filter(|_| again.input != index);
                let place = name.map_or_else(String::new, |input| {
                    format!(" of `{}`", sanitised(&input.path.to_string_lossy()))
                });
                let place = format!("line {}{place}", count(again.line));
                page.field("again", &repeated(row, again, &place, on_duplicate))?;
            }
        }
        writeln!(out)?;
        Page::new(out, width).paragraph(ending(input))?;
    }
    if preview.more {
        Page::new(out, width).paragraph("Inputs behind these were not opened.")?;
    }
    Ok(())
}

/// What becomes of a row whose group and member were seen before.
fn repeated(row: &Row, again: Again, place: &str, on_duplicate: &str) -> String {
    let which = match on_duplicate {
        "sum" => "their sum counts",
        _ if row.count() == Some(again.unread_num) => {
            return format!("{place} has the same group, member and count: they are one call");
        }
        "first" => "the first counts",
        "last" => "the last counts",
        "max" => "the highest counts",
        _ => "rows that disagree are invalid",
    };
    let number = count(again.unread_num.into());
    format!(
        "{place} has a count of {number} for the same group and member: {which} (--on-duplicate {on_duplicate})"
    )
}

const fn ending(input: &Input) -> &'static str {
    match (input.end, input.rows.is_empty()) {
        (Looked::Enough, _) => "There is more; --rows N shows more of it.",
        (Looked::Joined, _) => "It has no rows of its own: those of the others are joined with it.",
        (Looked::All, true) => "There is no row.",
        (Looked::All, false) => "That is all of it.",
        (Looked::Cut, _) => "There is more, which was not decompressed for this.",
    }
}

fn write_input(input: &Input, out: &mut dyn Write, width: usize) -> io::Result<()> {
    writeln!(out, "{}", sanitised(&input.path.to_string_lossy()))?;
    let mut page = Page::new(out, width);
    if !input.form.is_empty() {
        page.field("form", &input.form.join(", "))?;
    }
    page.field("format", &input.layout.join(", "))?;
    if let Some(preset) = &input.preset {
        page.field("read by", &sanitised(preset))?;
    }
    let columns = input.columns.iter();
    page.list(
        "columns",
        columns.map(|(column, name)| format!("{} from `{}`", column.name(), sanitised(name))),
    )
}

fn write_row(row: &Row, page: &mut Page<'_>, width: usize) -> io::Result<()> {
    page.list("raw", raw_lines(&row.raw, width.saturating_sub(MARGIN)))?;
    let fields = row.fields.iter();
    let fields: Vec<String> = fields
        .map(|value| format!("{} {}", value.column.name(), quoted(value.text.as_deref())))
        .collect();
    page.list("fields", packed(&fields, width.saturating_sub(MARGIN)))?;
    for (heading, mapped) in [("made", false), ("mapped", true)] {
        let made = row.made.iter().filter(|made| made.mapped == mapped);
        page.list(heading, made.map(step))?;
    }
    let told = |severity| {
        let problems = row.problems.iter();
        problems.filter(move |problem| problem.code.severity() == severity)
    };
    for problem in told(Severity::Warning) {
        page.field(
            "warning",
            &format!("{} ({})", problem.reason(), problem.code.name()),
        )?;
    }
    match &row.fate {
        Fate::Call {
            group_id,
            member_account,
            unread_num,
        } => page.field(
            "call",
            &format!(
                "{} of {} gets {}",
                quoted(Some(member_account)),
                quoted(Some(group_id)),
                count(u64::from(*unread_num))
            ),
        ),
        Fate::Zero => page.field("no call", "the count is 0, and --skip-zero is given"),
        Fate::LeftOut { reason, unread } => {
            let unread =
                unread.map_or_else(String::new, |unread| format!(", {} unread", count(unread)));
            page.field("left out", &format!("{}{unread}", sanitised(reason)))
        }
        Fate::Invalid => {
            for problem in told(Severity::Error) {
                let (reason, code) = (problem.reason(), problem.code.name());
                page.field("invalid", &format!("{reason} ({code})"))?;
                page.field("", problem.code.help())?;
            }
            Ok(())
        }
    }
}

/// `items` with commas, as many on a line as fit.
fn packed(items: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let comma = if index + 1 < items.len() { "," } else { "" };
        let length = item.chars().count() + comma.len();
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + length <= width => {
                line.push(' ');
                line.push_str(item);
                line.push_str(comma);
            }
            Some(_) | None => lines.push(format!("{item}{comma}")),
        }
    }
    lines
}

fn step(made: &Made) -> String {
    let (column, from) = (made.column.name(), quoted(made.from.as_deref()));
    match &made.to {
        None if made.mapped => format!("{column} {from} is not in the map"),
        Some(to) if made.from.is_none() => format!("{column} comes to {}", quoted(Some(to))),
        to => format!("{column} {from} becomes {}", quoted(to.as_deref())),
    }
}

fn quoted(text: Option<&str>) -> String {
    text.map_or_else(
        || "none".to_owned(),
        |text| format!("`{}`", sanitised(text)),
    )
}

/// The record on a few lines of `width`, its own line breaks and indents as single spaces.
fn raw_lines(raw: &str, width: usize) -> Vec<String> {
    let words: Vec<&str> = raw.split_ascii_whitespace().collect();
    // Spaces matter where the record is on one line.
    let text = if raw.contains(['\n', '\r']) {
        words.join(" ")
    } else {
        raw.to_owned()
    };
    let letters: Vec<char> = sanitised(&text).chars().collect();
    let mut lines: Vec<String> = letters
        .chunks(width.max(1))
        .map(|line| line.iter().collect())
        .collect();
    if lines.len() > RAW_LINES {
        lines.truncate(RAW_LINES);
        if let Some(last) = lines.last_mut() {
            last.pop();
            last.push('…');
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_shown_on_a_few_lines_of_the_width() {
        assert_eq!(raw_lines("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(raw_lines("abcdefghij", 3), ["abc", "def", "gh…"]);
        assert_eq!(raw_lines("{\n  \"a\": 1\n}", 20), ["{ \"a\": 1 }"]);
        assert_eq!(raw_lines("a\t b", 20), ["a\\t b"]);
        assert!(raw_lines("", 20).is_empty());
    }
}

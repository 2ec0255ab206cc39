//! Tables of text: columns that line up on a terminal.

use std::io::{self, Write};

use super::sanitised;

/// A count, or `nothing` when there is none.
pub(crate) fn found_text(found: Option<u64>, nothing: &str) -> String {
    found.map_or_else(|| nothing.to_owned(), |found| found.to_string())
}

/// Writes rows as columns that line up, with a header; nothing in them steers the terminal.
pub(crate) fn columns(
    out: &mut dyn Write,
    header: &[&str],
    rows: &[Vec<String>],
) -> io::Result<()> {
    let safe: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| sanitised(cell)).collect())
        .collect();
    let widths: Vec<usize> = header
        .iter()
        .enumerate()
        .map(|(index, title)| {
            let cells = safe.iter().filter_map(|row| row.get(index));
            cells
                .map(|cell| cell.chars().count())
                .fold(title.len(), usize::max)
        })
        .collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, &width)| format!("{cell:<width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    writeln!(out, "{}", line(&mut header.iter().copied()))?;
    for row in &safe {
        writeln!(out, "{}", line(&mut row.iter().map(String::as_str)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_cannot_steer_the_terminal() {
        let mut out = Vec::new();
        let rows = [
            vec!["a\u{1b}[1m".to_owned(), "1".to_owned()],
            vec!["b".to_owned(), "22".to_owned()],
        ];
        columns(&mut out, &["name", "n"], &rows).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "name        n\na\\u{1b}[1m  1\nb           22\n");
    }
}

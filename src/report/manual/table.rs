//! A table in columns: the last column wraps, the others are as wide as they need.

use textwrap::core::display_width;

use super::wrap::wrap;

/// Spaces between two columns.
const GAP: usize = 2;

/// The least width of the last column; below it, a table runs over the edge.
const LEAST: usize = 24;

/// The lines of `rows`, the first of which is the head, at most `width` columns wide.
pub(super) fn lines(rows: &[Vec<String>], width: usize) -> Vec<String> {
    let widths = column_widths(rows, width);
    let mut lines = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        lines.extend(row_lines(row, &widths));
        if index == 0 {
            let rules: Vec<String> = widths.iter().map(|&width| "─".repeat(width)).collect();
            lines.push(rules.join(&" ".repeat(GAP)));
        }
    }
    lines
}

/// Natural widths; what is too much is taken from the widest columns.
fn column_widths(rows: &[Vec<String>], width: usize) -> Vec<usize> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let natural = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| display_width(cell)).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..columns).map(natural).collect();
    loop {
        let total = widths.iter().sum::<usize>() + GAP * columns.saturating_sub(1);
        let Some(widest) = widths.iter_mut().max() else {
            return widths;
        };
        if total <= width || *widest <= LEAST {
            return widths;
        }
        *widest -= 1;
    }
}

fn row_lines(row: &[String], widths: &[usize]) -> Vec<String> {
    let cells: Vec<Vec<String>> = row
        .iter()
        .zip(widths)
        .map(|(cell, &width)| wrap(cell, width))
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let line = |at: usize| {
        let mut line = String::new();
        for (cell, &width) in cells.iter().zip(widths) {
            let text = cell.get(at).map_or("", String::as_str);
            line.push_str(text);
            let padding = width.saturating_sub(display_width(text)) + GAP;
            line.extend(std::iter::repeat_n(' ', padding));
        }
        line.trim_end().to_owned()
    };
    (0..height).map(line).collect()
}

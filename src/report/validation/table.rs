//! The table of all kinds of problems with their counts, and the rows in sum.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Checked, LeftPart, MapPart, left_parts};
use crate::record::{Severity, Sum};
use crate::report::number::count;
use crate::report::plural;

/// Writes the table, if anything was found, and below it what becomes of the rows.
pub(super) fn write_table(out: &mut dyn Write, checked: &Checked<'_>) -> io::Result<()> {
    let kinds = checked.validation.kinds();
    if !kinds.is_empty() {
        let rows = kinds.iter().map(|(code, kind)| {
            [
                code.name().to_owned(),
                code.severity().name().to_owned(),
                count(kind.count),
            ]
        });
        let head = ["problem", "severity", "count"].map(str::to_owned);
        write_aligned(out, std::iter::once(head).chain(rows).collect())?;
        writeln!(out)?;
    }
    let rows = checked.rows;
    let sums = [
        ("rows read", rows.read),
        ("invalid", rows.invalid),
        ("duplicates", rows.duplicates),
        ("skipped", rows.skipped),
        ("calls", checked.planned),
    ];
    let width = sums
        .iter()
        .map(|(_, number)| count(*number).len())
        .max()
        .unwrap_or(0);
    for (name, number) in sums {
        writeln!(out, "{name:<10}  {:>width$}", count(number))?;
    }
    write_clamps(out, checked)?;
    checked
        .maps
        .iter()
        .try_for_each(|map| write_map(out, map))?;
    write_left(out, "left out", &checked.tally.left_out)?;
    write_left(out, "remarked", &checked.tally.remarks)
}

/// A table of what was left out, or of what is remarked upon, if there is any.
fn write_left(out: &mut dyn Write, heading: &str, sums: &BTreeMap<String, Sum>) -> io::Result<()> {
    if sums.is_empty() {
        return Ok(());
    }
    let unread = |part: &LeftPart| match part.unknown {
        0 => count(part.unread),
        unknown => format!("{} + {} unknown", count(part.unread), count(unknown)),
    };
    let parts = left_parts(sums);
    let rows = parts
        .iter()
        .map(|part| [part.reason.clone(), count(part.rows), unread(part)]);
    let head = [heading, "rows", "unread"].map(str::to_owned);
    writeln!(out)?;
    write_aligned(out, std::iter::once(head).chain(rows).collect())
}

/// A line for counts that the target cuts, if there are any.
fn write_clamps(out: &mut dyn Write, checked: &Checked<'_>) -> io::Result<()> {
    let Some(clamps) = checked.clamps.filter(|clamps| clamps.calls > 0) else {
        return Ok(());
    };
    let (calls, groups) = (
        plural(clamps.calls, "call"),
        plural(clamps.groups.count, "group"),
    );
    let lost = count(clamps.lost);
    writeln!(
        out,
        "clamped     {calls} in {groups}: the target will set less, by {lost} in all"
    )
}

/// A line or two for an id map.
fn write_map(out: &mut dyn Write, map: &MapPart) -> io::Result<()> {
    let (entries, used, unused) = (
        plural(map.entries, "id"),
        count(map.used),
        count(map.unused),
    );
    let (name, file) = (map.name(), &map.file);
    write!(out, "{name:<11} {entries}, {used} used, {unused} unused")?;
    if map.merged > 0 {
        let merged = count(map.merged);
        write!(out, ", {merged} with the target of another")?;
    }
    writeln!(out, ", in {file}")?;
    if map.unmapped_rows == 0 {
        return Ok(());
    }
    let (ids, rows) = (
        plural(map.unmapped_ids, "id"),
        plural(map.unmapped_rows, "row"),
    );
    writeln!(out, "{:<11} {ids} in {rows}", "not mapped")
}

/// Columns as wide as their widest cell, the last one to the right.
fn write_aligned(out: &mut dyn Write, rows: Vec<[String; 3]>) -> io::Result<()> {
    let mut widths = [0; 3];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.len().max(*width);
        }
    }
    let [first, second, third] = widths;
    for [code, severity, count] in rows {
        writeln!(out, "{code:<first$}  {severity:<second$}  {count:>third$}")?;
    }
    Ok(())
}

/// The verdict in one line.
pub(crate) fn verdict(checked: &Checked<'_>) -> String {
    let warnings = checked.validation.count(Severity::Warning);
    let invalid = checked.rows.invalid;
    let rows = |number| if number == 1 { "row" } else { "rows" };
    let mut text = if invalid == 0 {
        "the input is valid".to_owned()
    } else {
        let read = checked.rows.read;
        format!(
            "{} of {} {} cannot be sent",
            count(invalid),
            count(read),
            rows(read)
        )
    };
    if warnings > 0 {
        let plural = if warnings == 1 { "warning" } else { "warnings" };
        text.push_str(&format_args!(", {} {plural}", count(warnings)).to_string());
    }
    text
}

//! A record read again at its byte, to be shown to a person.

use std::ops::Range;

use super::inputs::{Engine, Inputs};
use super::{Error, Record};
use crate::record::{Column, Excerpt, Location};

impl Inputs {
    /// The line of the record at `location` that holds its `column`, with the cell marked, or its
    /// first line, all of it marked, for a cell that is not there. `None` if the file has changed
    /// so that no record starts there.
    pub(crate) fn excerpt(
        &self,
        location: Location,
        column: Column,
    ) -> Result<Option<Excerpt>, Error> {
        let Some(mut engine) = self.engine_at(location)? else {
            return Ok(None);
        };
        if !engine.advance()? {
            return Ok(None);
        }
        let raw = match engine.record(location) {
            Some(Record::Row(row)) => row.raw,
            Some(Record::Malformed(bad)) => bad.raw,
            None => return Ok(None),
        };
        let span = match &engine {
            Engine::Csv(reader) => reader.cell_range(column),
            Engine::Json(reader) => reader.value_range(column),
            Engine::Preset(reader) => reader.value_range(column),
            Engine::Tables(..) => None,
        };
        Ok(Some(Excerpt::cut(
            location.line,
            raw,
            span.unwrap_or(0..raw.len()),
        )))
    }
}

/// Bytes of `raw`, a CSV record, in which cell number `index` stands, quotes included.
pub(super) fn cell_in(raw: &[u8], delimiter: u8, index: usize) -> Option<Range<usize>> {
    let mut start = 0;
    for _ in 0..index {
        start = cell_end(raw, delimiter, start)? + 1;
    }
    Some(start..cell_end(raw, delimiter, start).unwrap_or(raw.len()))
}

/// Where the cell that starts at `start` ends, if a delimiter ends it.
fn cell_end(raw: &[u8], delimiter: u8, start: usize) -> Option<usize> {
    let mut at = start;
    if raw.get(at) == Some(&b'"') {
        at += 1;
        // A doubled quote is a quote; a single one closes.
        loop {
            at += memchr::memchr(b'"', raw.get(at..)?)? + 1;
            if raw.get(at) != Some(&b'"') {
                break;
            }
            at += 1;
        }
    }
    Some(at + memchr::memchr(delimiter, raw.get(at..)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_found_in_a_record_with_quotes() {
        let raw = br#"a,"b,""c""",d"e,"#;
        let cells: Vec<&[u8]> = (0..4)
            .map(|index| &raw[cell_in(raw, b',', index).unwrap()])
            .collect();
        let expected: [&[u8]; 4] = [b"a", br#""b,""c""""#, b"d\"e", b""];
        assert_eq!(cells, expected);
        assert_eq!(cell_in(raw, b',', 4), None);
    }
}

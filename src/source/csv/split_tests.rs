//! The splitter against the `csv` crate, on every input that proptest finds.

use proptest::prelude::*;

use super::super::bounds::whole_records;
use super::*;
use crate::source::stretch::Ending;

/// All records of `text`, by this module.
fn ours(text: &[u8]) -> Option<Vec<Vec<Vec<u8>>>> {
    let mut dialect = Dialect::new(b',');
    let mut cells = Cells::new();
    let mut rest = text;
    let mut records = Vec::new();
    loop {
        let start = rest
            .iter()
            .take_while(|&&b| b == b'\n' || b == b'\r')
            .count();
        rest = &rest[start..];
        if rest.is_empty() {
            return Some(records);
        }
        let Split::Record { bytes, .. } = dialect.split(rest, true, &mut cells) else {
            return None;
        };
        let (raw, after) = rest.split_at(bytes);
        rest = after;
        records.push(cells_of(&cells, raw));
    }
}

fn cells_of(cells: &Cells, raw: &[u8]) -> Vec<Vec<u8>> {
    let cells = (0..cells.count).map(|index| cells.get(raw, index).unwrap().to_vec());
    cells.collect()
}

/// All records of `text`, by the `csv` crate.
fn theirs(text: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text);
    let cells = |record: ::csv::ByteRecord| record.iter().map(<[u8]>::to_vec).collect();
    reader
        .byte_records()
        .map(|record| cells(record.unwrap()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn records_are_split_as_the_csv_crate_splits_them(text in "[a,\"\r\n \u{0}\u{80}-\u{ff}]{0,60}") {
        match ours(text.as_bytes()) {
            Some(records) => prop_assert_eq!(records, theirs(text.as_bytes())),
            // Only a quote that is never closed is refused.
            None => prop_assert!(text.contains('"')),
        }
    }
}

/// Where the records of `text` end, blank lines among them, until one is not closed or ends with a
/// CR alone, and where that is.
fn endings(text: &[u8]) -> (Vec<Ending>, usize) {
    let mut dialect = Dialect::new(b',');
    let mut cells = Cells::new();
    let (mut found, mut start) = (Vec::new(), 0);
    while start < text.len() {
        let rest = &text[start..];
        let (bytes, newlines) = match dialect.split(rest, true, &mut cells) {
            _ if rest[0] == b'\n' || rest[0] == b'\r' => (0, 0),
            Split::Record { bytes, newlines } => (bytes, newlines),
            Split::Unclosed => break,
            Split::Cut { .. } | Split::TooLong { .. } => panic!("it is short and ends"),
        };
        let end = match &rest[bytes..] {
            [] | [b'\n', ..] => start + bytes,
            [b'\r', b'\n', ..] => start + bytes + 1,
            _ => break,
        };
        let mut ending = Ending::default();
        ending.newlines = newlines.try_into().unwrap();
        ending.quotes = rest[..bytes].contains(&b'"');
        found.push(ending.at(end));
        start = (end + 1).min(text.len());
    }
    (found, start)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn whole_records_end_where_the_splitter_ends_them(text in "([a,\"\n \u{80}-\u{ff}]|\r\n|,\"|\",|\r){0,40}") {
        let mut found = Vec::new();
        let bytes = whole_records(text.as_bytes(), b',', &mut found);
        prop_assert_eq!((found, bytes), endings(text.as_bytes()));
    }

    #[test]
    fn a_whole_record_is_split_like_one_of_a_window(raw in "([a,\" é]|,\"|\",){1,40}") {
        let mut dialect = Dialect::new(b',');
        let (mut whole, mut copied) = (Cells::new(), Cells::new());
        if let Split::Record { .. } = dialect.split_quoted(raw.as_bytes(), true, &mut copied) {
            dialect.split_whole(raw.as_bytes(), &mut whole);
            prop_assert_eq!(cells_of(&whole, raw.as_bytes()), cells_of(&copied, raw.as_bytes()));
        }
    }
}

#[test]
fn a_quote_that_is_never_closed_is_not_a_record() {
    let mut cells = Cells::new();
    let mut dialect = Dialect::new(b',');
    assert_eq!(
        dialect.split(b"a,\"b\nc", true, &mut cells),
        Split::Unclosed
    );
    assert_eq!(
        dialect.split(b"a,\"b\nc", false, &mut cells),
        Split::Cut { quoted: true }
    );
    let closed = Split::Record {
        bytes: 9,
        newlines: 1,
    };
    assert_eq!(dialect.split(b"a,\"b\nc\",d", true, &mut cells), closed);
    assert_eq!(dialect.split(b"a,\"b\nc\",d\nx", false, &mut cells), closed);
    assert_eq!(
        dialect.split(b"a,\"b\nc\",d\r\nx", false, &mut cells),
        closed
    );
}

#[test]
fn memory_for_cells_is_bounded() {
    let mut cells = Cells::new();
    let mut dialect = Dialect::new(b',');
    for quoted in ["", "\"q\""] {
        let line = format!("{quoted}{}", ",".repeat(100_000));
        let split = dialect.split(line.as_bytes(), true, &mut cells);
        assert_eq!(
            split,
            Split::Record {
                bytes: line.len(),
                newlines: 0
            }
        );
        assert!(cells.ends.len() <= COLUMN_CAP);
        assert!(cells.count >= COLUMN_CAP);
    }
}

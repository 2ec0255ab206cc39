//! The splitter against the `csv` crate, on every input that proptest finds.

use proptest::prelude::*;

use super::*;

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
        records.push(
            (0..cells.count)
                .map(|i| cells.get(raw, i).unwrap().to_vec())
                .collect(),
        );
    }
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

//! Where records end, quotes and all, without taking them apart.

use super::super::stretch::Ending;
use super::super::word::{Marks, Word};

/// Puts the end of every whole record of `text` into `endings`, those of blank lines among them,
/// each where `csv-core` ends it. The text starts at a record, has less than 4 GB and ends with a
/// line feed, or the file with it. Returns how many bytes they are: less than all if a quote is not
/// closed, or a CR ends a line by itself.
pub(super) fn whole_records(text: &[u8], delimiter: u8, endings: &mut Vec<Ending>) -> usize {
    let mut start = 0;
    let mut inside = false;
    let mut current = Ending::default();
    let mut marks = Marks::new(text, |word: Word| word.up_to(b'"'));
    while let Some(mark) = marks.next() {
        match (text.get(mark), inside) {
            (Some(b'"'), true) => {
                if text.get(mark + 1) == Some(&b'"') {
                    marks.next();
                } else {
                    inside = false;
                }
            }
            // Elsewhere than at the start of a cell, a quote is a letter like any other.
            (Some(b'"'), false) => {
                current.quotes = true;
                let before = mark.checked_sub(1).and_then(|before| text.get(before));
                inside = mark == start || before == Some(&delimiter);
            }
            (Some(b'\n'), true) => current.newlines += 1,
            (Some(b'\n'), false) => {
                endings.push(current.at(mark));
                current = Ending::default();
                start = mark + 1;
            }
            (Some(b'\r'), false) if text.get(mark + 1) != Some(&b'\n') => return start,
            _ => {}
        }
    }
    if !inside && start < text.len() {
        endings.push(current.at(text.len()));
        start = text.len();
    }
    start
}

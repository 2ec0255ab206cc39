//! One CSV record taken apart.
//!
//! A line without quotes is split here, and so is a record whose quotes only enclose cells; any
//! other goes through `csv-core`, which knows every corner of quoting. LF, CRLF and CR end a line.

use std::ops::Range;

use memchr::{memchr, memchr3};

use super::super::buffer::RECORD_CAP;
use super::super::word::{Marks, Word, first};

/// Most columns a file may have. Exports have a dozen; the bound keeps memory bounded.
pub(super) const COLUMN_CAP: usize = 8192;

/// One record taken apart. The vectors are allocated once and used for every record.
#[derive(Debug)]
pub(in crate::source) struct Cells {
    /// Where each cell ends, in the line or in `text`; only the first `count` are valid.
    ends: Vec<usize>,
    /// How many cells the record has, `COLUMN_CAP` or more when `ends` has no room for them.
    count: usize,
    form: Form,
    text: Vec<u8>,
}

/// Where the cells of a record stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// In the record, as they are.
    Plain,
    /// In the record, some between two quotes.
    Enclosed,
    /// In `text`, one after the other.
    Copied,
}

impl Cells {
    pub(super) fn new() -> Self {
        Self {
            ends: vec![0; COLUMN_CAP],
            count: 0,
            form: Form::Plain,
            text: Vec::new(),
        }
    }

    /// Bytes of `raw`, the record, in which cell number `index` stands without its quotes; `None`
    /// for a cell that had to be copied.
    pub(super) fn range(&self, raw: &[u8], index: usize) -> Option<Range<usize>> {
        if self.form == Form::Copied || index >= self.count {
            return None;
        }
        let end = *self.ends.get(index)?;
        let start = match index.checked_sub(1) {
            Some(previous) => *self.ends.get(previous)? + 1,
            None => 0,
        };
        if self.form == Form::Enclosed && raw.get(start) == Some(&b'"') {
            return Some(start + 1..end - 1);
        }
        Some(start..end)
    }

    /// Cell number `index` of the record whose bytes are `raw`.
    pub(super) fn get<'a>(&'a self, raw: &'a [u8], index: usize) -> Option<&'a [u8]> {
        if self.form != Form::Copied {
            return raw.get(self.range(raw, index)?);
        }
        if index >= self.count {
            return None;
        }
        let end = *self.ends.get(index)?;
        let start = index
            .checked_sub(1)
            .and_then(|previous| self.ends.get(previous));
        self.text.get(start.copied().unwrap_or(0)..end)
    }

    /// How many cells the record has.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// All cells, as text for a person.
    pub(super) fn texts(&self, raw: &[u8]) -> Vec<String> {
        (0..self.count)
            .map_while(|index| self.get(raw, index))
            .map(|cell| String::from_utf8_lossy(cell).into_owned())
            .collect()
    }

    fn split_plain(&mut self, line: &[u8], delimiter: u8) {
        self.form = Form::Plain;
        let mut slots = self.ends.iter_mut();
        let mut put_all = |mut hits: u64, at: usize| {
            while hits != 0 {
                let end = at + first(hits);
                hits &= hits - 1;
                if let Some(slot) = slots.next() {
                    *slot = end;
                }
            }
        };
        let (words, tail) = line.as_chunks::<8>();
        let mut at = 0;
        for word in words {
            put_all(Word::new(*word).equal(delimiter), at);
            at += 8;
        }
        match (tail.len(), line.last_chunk()) {
            (0, _) => {}
            (length, Some(word)) => {
                let hits = Word::new(*word).equal(delimiter);
                // Those before the tail were put.
                put_all(hits >> (8 * (8 - length)), at);
            }
            (_, None) => {
                let hits = tail.iter().enumerate();
                hits.filter(|&(_, &byte)| byte == delimiter)
                    .for_each(|(at, _)| put_all(0x80, at));
            }
        }
        put_all(0x80, line.len());
        self.count = COLUMN_CAP - slots.len();
    }

    /// Takes `line` apart if its quotes do no more than enclose cells; `false` if they do more.
    fn split_enclosed(&mut self, line: &[u8], delimiter: u8) -> bool {
        self.form = Form::Enclosed;
        let mut slots = self.ends.iter_mut();
        let mut put = |end| {
            if let Some(slot) = slots.next() {
                *slot = end;
            }
        };
        let mut marks = Marks::new(line, |word: Word| word.equal(b'"') | word.equal(delimiter));
        let mut start = 0;
        while let Some(mark) = marks.next() {
            if line.get(mark) == Some(&delimiter) {
                put(mark);
                start = mark + 1;
                continue;
            }
            let Some(closing) = marks.find(|&mark| line.get(mark) == Some(&b'"')) else {
                return false;
            };
            let behind = line.get(closing + 1);
            if mark != start || behind.is_some_and(|&byte| byte != delimiter) {
                return false;
            }
        }
        put(line.len());
        self.count = COLUMN_CAP - slots.len();
        true
    }
}

/// What `Dialect::split` found at the front of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    /// A record of `bytes` bytes, without its line end, with `newlines` inside quotes.
    Record { bytes: usize, newlines: u64 },
    /// The record goes on behind the window.
    Cut { quoted: bool },
    /// The file ended inside quotes.
    Unclosed,
    /// The record is longer than the cap.
    TooLong { quoted: bool },
}

/// How a file writes its cells.
#[derive(Debug)]
pub(super) struct Dialect {
    delimiter: u8,
    core: csv_core::Reader,
}

impl Dialect {
    pub(super) fn new(delimiter: u8) -> Self {
        let core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        Self { delimiter, core }
    }

    /// What stands between two cells.
    pub(super) const fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Takes the record at the front of `window` apart. The window starts at a record, not at a
    /// line end, and is not empty; `ended` tells that the file ends with it.
    pub(super) fn split(&mut self, window: &[u8], ended: bool, cells: &mut Cells) -> Split {
        match memchr3(b'\n', b'\r', b'"', window) {
            Some(at) if window.get(at) == Some(&b'"') => self.split_quoted(window, ended, cells),
            end => self.split_plain(end, window, ended, cells),
        }
    }

    /// As `split`, for a window in which there is no quote and no CR.
    pub(super) fn split_quiet(&self, window: &[u8], ended: bool, cells: &mut Cells) -> Split {
        self.split_plain(memchr(b'\n', window), window, ended, cells)
    }

    /// Takes `line` apart, a record without quotes and without its line end.
    #[inline]
    pub(super) fn split_line(&self, line: &[u8], cells: &mut Cells) {
        cells.split_plain(line, self.delimiter);
    }

    fn split_plain(
        &self,
        end: Option<usize>,
        window: &[u8],
        ended: bool,
        cells: &mut Cells,
    ) -> Split {
        let end = match end {
            Some(end) => end,
            None if ended => window.len(),
            None if window.len() >= RECORD_CAP => return Split::TooLong { quoted: false },
            None => return Split::Cut { quoted: false },
        };
        if end > RECORD_CAP {
            return Split::TooLong { quoted: false };
        }
        cells.split_plain(window.get(..end).unwrap_or_default(), self.delimiter);
        Split::Record {
            bytes: end,
            newlines: 0,
        }
    }

    /// Takes `raw` apart, a whole record without its line end that has quotes.
    pub(super) fn split_whole(&mut self, raw: &[u8], cells: &mut Cells) {
        if cells.split_enclosed(raw, self.delimiter) {
            return;
        }
        let split = self.split_quoted(raw, true, cells);
        debug_assert!(
            matches!(split, Split::Record { bytes, .. } if bytes == raw.len()),
            "not a whole record: {split:?}"
        );
    }

    fn split_quoted(&mut self, window: &[u8], ended: bool, cells: &mut Cells) -> Split {
        cells.form = Form::Copied;
        cells.count = 0;
        if cells.text.is_empty() {
            cells.text = vec![0; RECORD_CAP];
        }
        self.core.reset();
        // `csv-core` takes a byte order mark off the first thing it reads; here that may be a
        // cell. A blank line is nothing to it, and after one it does not look for a mark.
        self.core.read_record(b"\n", &mut [], &mut []);
        self.core.set_line(1);
        self.run_core(window, ended, cells)
    }

    fn run_core(&mut self, window: &[u8], ended: bool, cells: &mut Cells) -> Split {
        use csv_core::ReadRecordResult as Found;
        let (mut read, mut written) = (0, 0);
        let mut rest = window;
        loop {
            let output = cells.text.get_mut(written..).unwrap_or_default();
            let ends = cells.ends.get_mut(cells.count..).unwrap_or_default();
            // A record with more cells than the cap is invalid anyway; only its end matters then.
            let mut surplus = [0; 64];
            let ends = if ends.is_empty() {
                surplus.as_mut_slice()
            } else {
                ends
            };
            let (found, taken, filled, counted) = self.core.read_record(rest, output, ends);
            rest = rest.get(taken..).unwrap_or_default();
            (read, written, cells.count) = (read + taken, written + filled, cells.count + counted);
            match found {
                Found::OutputFull => return Split::TooLong { quoted: true },
                Found::OutputEndsFull => {}
                Found::Record | Found::End => {
                    // One byte of the line's end was read, the added one or the file's own.
                    let newlines = self.core.line().saturating_sub(1);
                    let own = read.saturating_sub(1);
                    let line_feed = window.get(own).is_none_or(|&byte| byte == b'\n');
                    return Split::Record {
                        bytes: own,
                        newlines: newlines - u64::from(line_feed),
                    };
                }
                Found::InputEmpty if read > window.len() => return Split::Unclosed,
                Found::InputEmpty if ended => rest = b"\n",
                Found::InputEmpty if read >= RECORD_CAP => return Split::TooLong { quoted: true },
                Found::InputEmpty => return Split::Cut { quoted: true },
            }
        }
    }
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;

//! CSV: one record after the other out of the window, with the place where each one starts.
//!
//! A line without quotes is split here; a record with quotes goes through `csv-core`, which knows
//! every corner of quoting. Both take LF, CRLF and CR as the end of a line, and skip blank lines.

use std::path::{Path, PathBuf};

use memchr::{memchr_iter, memchr3};

use super::buffer::{Buffer, RECORD_CAP};
use super::columns::Indices;
use super::{Error, Malformed, Place, Record};
use crate::record::{Code, Column, Field, Location, Problem, RawRow};

/// Most columns a file may have. Exports have a dozen; the bound keeps memory bounded.
const COLUMN_CAP: usize = 8192;

/// One record taken apart. The vectors are allocated once and used for every record.
#[derive(Debug)]
pub(super) struct Cells {
    /// Where each cell ends, in the line or in `text`; only the first `count` are valid.
    ends: Vec<usize>,
    /// How many cells the record has, `COLUMN_CAP` or more when `ends` has no room for them.
    count: usize,
    /// Whether the record had quotes, so that the cells stand in `text` one after the other.
    quoted: bool,
    text: Vec<u8>,
}

impl Cells {
    fn new() -> Self {
        Self {
            ends: vec![0; COLUMN_CAP],
            count: 0,
            quoted: false,
            text: Vec::new(),
        }
    }

    /// Cell number `index` of the record whose bytes are `raw`.
    fn get<'a>(&'a self, raw: &'a [u8], index: usize) -> Option<&'a [u8]> {
        if index >= self.count {
            return None;
        }
        let end = *self.ends.get(index)?;
        let before = index
            .checked_sub(1)
            .and_then(|previous| self.ends.get(previous));
        if self.quoted {
            self.text.get(before.copied().unwrap_or(0)..end)
        } else {
            raw.get(before.map_or(0, |end| end + 1)..end)
        }
    }

    /// All cells, as text for a person.
    pub(super) fn texts(&self, raw: &[u8]) -> Vec<String> {
        (0..self.count)
            .map_while(|index| self.get(raw, index))
            .map(|cell| String::from_utf8_lossy(cell).into_owned())
            .collect()
    }

    fn split_plain(&mut self, line: &[u8], delimiter: u8) {
        self.quoted = false;
        self.count = 0;
        let ends = memchr_iter(delimiter, line).chain(std::iter::once(line.len()));
        for (slot, end) in self.ends.iter_mut().zip(ends) {
            *slot = end;
            self.count += 1;
        }
    }
}

/// What `Dialect::split` found at the front of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Split {
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
struct Dialect {
    delimiter: u8,
    core: csv_core::Reader,
}

impl Dialect {
    fn new(delimiter: u8) -> Self {
        let core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        Self { delimiter, core }
    }

    /// Takes the record at the front of `window` apart. The window starts at a record, not at a
    /// line end, and is not empty; `ended` tells that the file ends with it.
    fn split(&mut self, window: &[u8], ended: bool, cells: &mut Cells) -> Split {
        let end = match memchr3(b'\n', b'\r', b'"', window) {
            Some(at) if window.get(at) == Some(&b'"') => {
                return self.split_quoted(window, ended, cells);
            }
            Some(at) => at,
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

    fn split_quoted(&mut self, window: &[u8], ended: bool, cells: &mut Cells) -> Split {
        cells.quoted = true;
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

/// The cells of the first record of `sample`, as a header split by `delimiter`.
pub(super) fn header_of(sample: &[u8], delimiter: u8) -> Vec<String> {
    let start = sample
        .iter()
        .take_while(|&&byte| matches!(byte, b'\n' | b'\r'))
        .count();
    let window = sample.get(start..).unwrap_or_default();
    let mut cells = Cells::new();
    match Dialect::new(delimiter).split(window, true, &mut cells) {
        Split::Record { bytes, .. } => cells.texts(window.get(..bytes).unwrap_or_default()),
        Split::Cut { .. } | Split::Unclosed | Split::TooLong { .. } => Vec::new(),
    }
}

/// Reads the records of one CSV file.
#[derive(Debug)]
pub(super) struct Reader {
    path: PathBuf,
    buffer: Buffer,
    dialect: Dialect,
    cells: Cells,
    width: usize,
    indices: Indices,
    /// Line of the first unread byte.
    line: u64,
    /// Where the current record starts.
    place: Place,
    /// Length of the current record.
    bytes: usize,
    /// Lines of the current record beyond its first.
    newlines: u64,
}

impl Reader {
    /// Reads `buffer`, whose window is filled. `prelude` bytes before the header, a byte order
    /// mark and a `sep=` line, are skipped.
    pub(super) fn new(path: &Path, mut buffer: Buffer, delimiter: u8, prelude: usize) -> Self {
        buffer.take(prelude);
        let line = 1 + memchr_iter(b'\n', buffer.taken(prelude)).count() as u64;
        Self {
            path: path.to_owned(),
            buffer,
            dialect: Dialect::new(delimiter),
            cells: Cells::new(),
            width: 0,
            indices: [None; 4],
            line,
            place: Place { line, byte: 0 },
            bytes: 0,
            newlines: 0,
        }
    }

    /// The cells of the header.
    pub(super) fn header(&mut self) -> Result<Vec<String>, Error> {
        if !self.advance()? {
            return Err(Error::Empty {
                path: self.path.clone(),
            });
        }
        let names = self.cells.texts(self.raw());
        if names.len() >= COLUMN_CAP {
            return Err(Error::Structure {
                path: self.path.clone(),
                line: self.place.line,
                byte: self.place.byte,
                expected: "a header of fewer than 8192 columns",
                found: "more".to_owned(),
            });
        }
        self.width = names.len();
        Ok(names)
    }

    /// Tells which cells hold the fields.
    pub(super) fn select(&mut self, indices: Indices) {
        self.indices = indices;
    }

    /// Goes to the next record; `false` at the end of the file.
    pub(super) fn advance(&mut self) -> Result<bool, Error> {
        self.line += self.newlines;
        self.newlines = 0;
        if !self.skip_line_ends()? {
            return Ok(false);
        }
        self.place = Place {
            line: self.line,
            byte: self.buffer.offset(),
        };
        loop {
            let ended = self.buffer.ended();
            match self
                .dialect
                .split(self.buffer.unread(), ended, &mut self.cells)
            {
                Split::Record { bytes, newlines } => {
                    self.buffer.take(bytes);
                    (self.bytes, self.newlines) = (bytes, newlines);
                    return Ok(true);
                }
                Split::Cut { quoted } if self.buffer.full() => return Err(self.too_long(quoted)),
                Split::Cut { .. } => {
                    self.more()?;
                }
                Split::TooLong { quoted } => return Err(self.too_long(quoted)),
                Split::Unclosed => {
                    let Place { line, byte } = self.place;
                    return Err(Error::UnclosedQuote {
                        path: self.path.clone(),
                        line,
                        byte,
                    });
                }
            }
        }
    }

    /// Skips line ends and blank lines, and counts them; `false` at the end of the file.
    fn skip_line_ends(&mut self) -> Result<bool, Error> {
        loop {
            let (first, second) = match *self.buffer.unread() {
                [] => (None, None),
                [first] => (Some(first), None),
                [first, second, ..] => (Some(first), Some(second)),
            };
            match (first, second) {
                (None, _) | (Some(b'\r'), None) if !self.buffer.ended() => {
                    self.more()?;
                }
                (None, _) => return Ok(false),
                (Some(b'\r'), Some(b'\n')) => {
                    self.buffer.take(2);
                    self.line += 1;
                }
                (Some(b'\r' | b'\n'), _) => {
                    self.buffer.take(1);
                    self.line += 1;
                }
                (Some(_), _) => return Ok(true),
            }
        }
    }

    fn more(&mut self) -> Result<bool, Error> {
        self.buffer.more().map_err(|source| Error::Read {
            path: self.path.clone(),
            source,
        })
    }

    fn too_long(&self, quoted: bool) -> Error {
        let Place { line, byte } = self.place;
        Error::RecordTooLong {
            path: self.path.clone(),
            line,
            byte,
            cap: RECORD_CAP,
            quoted,
        }
    }

    fn raw(&self) -> &[u8] {
        self.buffer.taken(self.bytes)
    }

    /// Where the current record starts.
    pub(super) const fn place(&self) -> Place {
        self.place
    }

    /// Size and hash of the file, once it was read to its end.
    pub(super) fn digest(&self) -> (u64, String) {
        self.buffer.digest()
    }

    /// The current record.
    pub(super) fn record(&self, location: Location) -> Record<'_> {
        let raw = self.raw();
        if self.cells.count != self.width {
            let (count, width) = (self.cells.count, self.width);
            let found = format!("{count} {} for {width} columns", plural(count));
            let problem = Problem::new(Code::RecordCellCount, Column::Record, found);
            return Record::Malformed(Malformed {
                location,
                problem,
                raw,
            });
        }
        let [group_id, member_account, unread_num, group_type] =
            self.indices.map(|index| self.field(raw, index));
        Record::Row(RawRow {
            location,
            group_id,
            member_account,
            unread_num,
            group_type,
            raw,
        })
    }

    fn field<'a>(&'a self, raw: &'a [u8], index: Option<usize>) -> Field<'a> {
        let Some(cell) = index.and_then(|index| self.cells.get(raw, index)) else {
            return Field::Missing;
        };
        // `\N` is what MySQL and PostgreSQL write for null.
        if cell == b"\\N" {
            return Field::Null;
        }
        std::str::from_utf8(cell).map_or(Field::NotUtf8(cell), Field::Text)
    }
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "cell" } else { "cells" }
}

#[cfg(test)]
#[path = "csv_tests.rs"]
mod tests;

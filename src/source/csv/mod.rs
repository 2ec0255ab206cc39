//! CSV: one record after the other out of the window, with the place where each one starts.
//!
//! Owns the way from one record to the next and its line numbers; `split` takes records apart.
//! Blank lines are skipped.

mod split;

use std::ops::Range;
use std::path::{Path, PathBuf};

use memchr::{memchr_iter, memchr2};

use self::split::{COLUMN_CAP, Cells, Dialect, Split};
use super::buffer::{Buffer, RECORD_CAP};
use super::columns::Indices;
use super::excerpt::cell_in;
use super::original::is_rejects_file;
use super::{Error, Malformed, Place, Record};
use crate::record::{Code, Column, Field, Location, Problem, RawRow, unguard};

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

/// Takes single records apart. Setting one up costs more than the splitting of a thousand records.
#[derive(Debug)]
pub(super) struct Splitter {
    dialect: Dialect,
    cells: Cells,
}

impl Splitter {
    /// For records whose cells are parted by `delimiter`.
    pub(super) fn new(delimiter: u8) -> Self {
        Self {
            dialect: Dialect::new(delimiter),
            cells: Cells::new(),
        }
    }

    /// The cells of `raw`, one whole record, without their quotes.
    pub(super) fn cells<'a>(&'a mut self, raw: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let count = match self.dialect.split(raw, true, &mut self.cells) {
            Split::Record { .. } => self.cells.count(),
            Split::Cut { .. } | Split::Unclosed | Split::TooLong { .. } => 0,
        };
        (0..count).map_while(|index| self.cells.get(raw, index))
    }
}

/// Reads the records of one CSV file.
#[derive(Debug)]
pub(super) struct Reader {
    path: PathBuf,
    buffer: Buffer,
    dialect: Dialect,
    cells: Cells,
    /// Whether the window holds no quote and no CR.
    quiet: bool,
    width: usize,
    /// Whether formulas were guarded when the file was written.
    guarded: bool,
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
        // A separator line ends with LF, CRLF or CR.
        let line = 1
            + u64::from(buffer.taken(prelude).ends_with(b"\r"))
            + memchr_iter(b'\n', buffer.taken(prelude)).count() as u64;
        let quiet = is_quiet(buffer.unread());
        Self {
            path: path.to_owned(),
            buffer,
            dialect: Dialect::new(delimiter),
            cells: Cells::new(),
            quiet,
            width: 0,
            guarded: false,
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

    /// Tells what the columns are: the cells that hold the fields, and the whole header.
    pub(super) fn select(&mut self, indices: Indices, header: &[String]) {
        self.indices = indices;
        self.width = header.len();
        self.guarded = is_rejects_file(header);
    }

    /// Bytes of the current record in which the cell of `column` stands.
    pub(super) fn cell_range(&self, column: Column) -> Option<Range<usize>> {
        let index = Column::CELLS.into_iter().position(|cell| cell == column)?;
        let index = (*self.indices.get(index)?)?;
        if self.cells.count() != self.width {
            return None;
        }
        cell_in(self.raw(), self.dialect.delimiter(), index)
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
            let window = self.buffer.unread();
            let split = if self.quiet {
                self.dialect.split_quiet(window, ended, &mut self.cells)
            } else {
                self.dialect.split(window, ended, &mut self.cells)
            };
            match split {
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
        let more = self.buffer.more();
        // One look at a whole window is cheaper than a look at each of its lines.
        self.quiet = is_quiet(self.buffer.unread());
        more.map_err(|source| Error::Read {
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

    /// Tells which cells hold the fields.
    pub(super) const fn select_cells(&mut self, indices: Indices) {
        self.indices = indices;
    }

    /// The current record.
    pub(super) fn raw(&self) -> &[u8] {
        self.buffer.taken(self.bytes)
    }

    /// Cell number `index` of the current record.
    pub(super) fn cell(&self, index: usize) -> Field<'_> {
        self.field(self.raw(), None, Some(index))
    }

    /// Bytes of the current record in which cell number `index` stands.
    pub(super) fn range_of_cell(&self, index: usize) -> Option<Range<usize>> {
        cell_in(self.raw(), self.dialect.delimiter(), index)
    }

    /// What is wrong if the current record has another number of cells than the header.
    pub(super) fn ragged(&self) -> Option<Problem> {
        let (count, width) = (self.cells.count(), self.width);
        if count == width {
            return None;
        }
        let found = format!("{count} {} for {width} columns", plural(count));
        Some(Problem::new(Code::RecordCellCount, Column::Record, found))
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
        if let Some(problem) = self.ragged() {
            return Record::Malformed(Malformed {
                location,
                problem,
                raw,
            });
        }
        let text = std::str::from_utf8(raw).ok();
        let [group_id, member_account, unread_num, group_type] = self.indices;
        Record::Row(RawRow {
            location,
            group_id: self.field(raw, text, group_id),
            member_account: self.field(raw, text, member_account),
            unread_num: self.field(raw, text, unread_num),
            group_type: self.field(raw, text, group_type),
            raw,
        })
    }

    #[inline]
    /// Cell number `index` of the record `raw`; `text` is the record too, if it is UTF-8.
    fn field<'a>(
        &'a self,
        raw: &'a [u8],
        text: Option<&'a str>,
        index: Option<usize>,
    ) -> Field<'a> {
        let Some(index) = index else {
            return Field::Missing;
        };
        let cell = match text.and_then(|text| text.get(self.cells.range(index)?)) {
            Some(cell) => cell,
            None => match self.cells.get(raw, index).map(std::str::from_utf8) {
                Some(Ok(cell)) => cell,
                Some(Err(_)) => return Field::NotUtf8(self.cells.get(raw, index).unwrap_or(raw)),
                None => return Field::Missing,
            },
        };
        // MySQL and PostgreSQL write null like this.
        if cell == "\\N" {
            Field::Null
        } else if self.guarded {
            Field::Text(unguard(cell))
        } else {
            Field::Text(cell)
        }
    }
}

fn is_quiet(window: &[u8]) -> bool {
    memchr2(b'"', b'\r', window).is_none()
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "cell" } else { "cells" }
}

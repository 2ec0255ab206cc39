//! CSV: one record after the other out of the window, with the place where each one starts.
//!
//! Owns the way from one record to the next and its line numbers; `bounds` finds where whole
//! records end, `split` takes them apart. Blank lines are skipped.

mod bounds;
mod parser;
mod split;

use std::ops::Range;
use std::path::{Path, PathBuf};

use memchr::{memchr_iter, memchr2, memchr2_iter};

use self::bounds::whole_records;
pub(super) use self::parser::Parser;
use self::split::{COLUMN_CAP, Cells, Dialect, Split};
use super::buffer::{Buffer, RECORD_CAP};
use super::columns::Indices;
use super::stretch::{Stretch, Style};
use super::{Error, Place, Record};
use crate::record::{Column, Field, Location, Problem};

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
    parser: Parser,
    /// Whether the window holds no quote and no CR.
    quiet: bool,
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
            parser: Parser::new(delimiter),
            quiet,
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
        let names = self.parser.texts(self.raw());
        if names.len() >= COLUMN_CAP {
            return Err(Error::Structure {
                path: self.path.clone(),
                line: self.place.line,
                byte: self.place.byte,
                expected: "a header of fewer than 8192 columns",
                found: "more".to_owned(),
            });
        }
        self.parser.select([None; 4], &names);
        Ok(names)
    }

    /// Tells what the columns are: the cells that hold the fields, and the whole header.
    pub(super) fn select(&mut self, indices: Indices, header: &[String]) {
        self.parser.select(indices, header);
    }

    /// Bytes of the current record in which the cell of `column` stands.
    pub(super) fn cell_range(&self, column: Column) -> Option<Range<usize>> {
        self.parser.cell_range(self.raw(), column)
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
                self.parser.split_quiet(window, ended)
            } else {
                self.parser.split(window, ended)
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

    /// Takes whole records, as long as none is too long for that, and lines end with a line feed.
    pub(super) fn take_stretch(&mut self, stretch: &mut Stretch) -> Result<bool, Error> {
        self.line += self.newlines;
        self.newlines = 0;
        // What the window holds then has not been looked at.
        self.quiet = false;
        let bytes = self.buffer.lines(Stretch::MOST, &self.path)?;
        let text = self.buffer.unread().get(..bytes).unwrap_or_default();
        let place = Place {
            line: self.line,
            byte: self.buffer.offset(),
        };
        let bytes = if has_plain_lines(text) {
            self.line += stretch.fill(text, Style::Csv, place);
            text.len()
        } else {
            let bytes = whole_records(text, self.parser.delimiter(), stretch.endings());
            let text = text.get(..bytes).unwrap_or_default();
            self.line += stretch.fill(text, Style::Quoted, place);
            bytes
        };
        self.buffer.take(bytes);
        Ok(bytes > 0)
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
        let more = self.buffer.more(&self.path);
        // One look at a whole window is cheaper than a look at each of its lines.
        self.quiet = is_quiet(self.buffer.unread());
        more
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
        self.parser.select_cells(indices);
    }

    /// The current record.
    pub(super) fn raw(&self) -> &[u8] {
        self.buffer.taken(self.bytes)
    }

    /// Cell number `index` of the current record.
    pub(super) fn cell(&self, index: usize) -> Field<'_> {
        self.parser.cell(self.raw(), index)
    }

    /// Bytes of the current record in which cell number `index` stands.
    pub(super) fn range_of_cell(&self, index: usize) -> Option<Range<usize>> {
        self.parser.range_of_cell(self.raw(), index)
    }

    /// Where the current record starts.
    pub(super) const fn place(&self) -> Place {
        self.place
    }

    /// The window on the file.
    pub(super) const fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// The current record.
    pub(super) fn record(&self, location: Location) -> Record<'_> {
        let raw = self.raw();
        let text = std::str::from_utf8(raw).ok();
        self.parser.record(raw, text, location)
    }

    /// What is wrong if the current record has another number of cells than the header.
    pub(super) fn ragged(&self) -> Option<Problem> {
        self.parser.ragged()
    }
}

/// Whether `text` has no quote, and no CR but at the end of a line.
fn has_plain_lines(text: &[u8]) -> bool {
    memchr2_iter(b'"', b'\r', text).all(|at| text.get(at..at + 2) == Some(b"\r\n"))
}

fn is_quiet(window: &[u8]) -> bool {
    memchr2(b'"', b'\r', window).is_none()
}

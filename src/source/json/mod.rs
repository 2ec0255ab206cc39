//! JSON in its three forms: one object a line, one array, or documents one after the other.

mod extract;
pub(super) mod flat;
mod keys;
mod parser;
pub(super) mod scan;
pub(super) mod slot;
pub(super) mod window;

use std::ops::Range;
use std::path::Path;

pub(super) use self::parser::Parser;
use self::scan::Scan;
use self::window::{Documents, Window};
use super::buffer::Buffer;
use super::stretch::Stretch;
use super::{Error, Place, Record};
use crate::record::{Column, Location};
use crate::settings::NamedColumn;

/// How the records of a file follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One a line: a broken one costs its line only.
    Lines,
    /// Elements of one array.
    Array,
    /// Values with space between them, each over as many lines as it likes.
    Documents,
}

/// Whether `text` is exactly one complete object.
pub(super) fn is_object(text: &[u8]) -> bool {
    text.first() == Some(&b'{') && scan::value(text) == Scan::Value(text.len())
}

/// Reads the records of one JSON file.
#[derive(Debug)]
pub(super) struct Reader {
    documents: Documents,
    parser: Parser,
}

impl Reader {
    /// Reads `buffer`; `mark` bytes of a byte order mark are skipped.
    pub(super) fn new(
        path: &Path,
        buffer: Buffer,
        form: Form,
        mark: usize,
        named: &[NamedColumn],
    ) -> Self {
        Self {
            documents: Documents::new(Window::new(path, buffer, mark), form),
            parser: Parser::new(named),
        }
    }

    /// Goes to the next record; `false` at the end of the file.
    pub(super) fn advance(&mut self) -> Result<bool, Error> {
        let there = self.documents.advance()?;
        if there {
            let raw = self.documents.window().raw();
            self.parser.read(raw, std::str::from_utf8(raw).ok());
        }
        Ok(there)
    }

    /// Takes a stretch of the records that come next; `false` if there is none.
    pub(super) fn take_stretch(&mut self, stretch: &mut Stretch) -> Result<bool, Error> {
        self.documents.take_stretch(stretch)
    }

    /// Where the current record starts.
    pub(super) const fn place(&self) -> Place {
        self.documents.window().place()
    }

    /// The window on the file.
    pub(super) const fn buffer(&self) -> &Buffer {
        self.documents.window().buffer()
    }

    /// Bytes of the current record in which the value of `column` stands.
    pub(super) fn value_range(&self, column: Column) -> Option<Range<usize>> {
        self.parser.value_range(column)
    }

    /// Takes the next byte for the first of a record, also inside an array.
    pub(super) fn enter(&mut self) {
        self.documents.enter();
    }

    /// The keys met so far, for a message.
    pub(super) fn keys_seen(&self) -> Vec<String> {
        self.parser.keys_seen()
    }

    /// The current record.
    pub(super) fn record(&self, location: Location) -> Record<'_> {
        let raw = self.documents.window().raw();
        let text = std::str::from_utf8(raw).unwrap_or_default();
        self.parser.record(raw, text, location)
    }
}

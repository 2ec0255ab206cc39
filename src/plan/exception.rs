//! What a second pass must know about single rows, in the order of rows.

use std::path::Path;

use super::{Error, varint};
use crate::record::{Code, Column, Location, OtherRow, Problem};
use crate::storage::{Merge, Sorted, Sorter};

/// Bytes of exceptions that a thread keeps in memory; beyond it they go to disk.
const IN_MEMORY: usize = 1 << 20;

/// Why the row is not simply sent with its own count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is sent with this count, the sum of all its repeats.
    Sum(u32),
    /// It disagrees with another row.
    Conflict(OtherRow),
    /// It and another row of its key add up to this, which no count can hold.
    SumTooLarge(u64, OtherRow),
}

/// One row and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exception {
    pub(super) location: Location,
    /// The row's own count.
    pub(super) unread_num: u32,
    pub(super) kind: Kind,
}

impl Exception {
    /// What is wrong with the row; `None` when it is only sent with another count.
    pub(super) fn problem(&self) -> Option<Problem> {
        let (code, found, other) = match self.kind {
            Kind::Sum(_) => return None,
            Kind::Conflict(other) => (
                Code::ConflictingDuplicate,
                u64::from(self.unread_num),
                other,
            ),
            Kind::SumTooLarge(sum, other) => (Code::DuplicateSumTooLarge, sum, other),
        };
        let problem = Problem::new(code, Column::UnreadNum, found.to_string());
        Some(Problem {
            other: Some(other),
            ..problem
        })
    }

    /// As bytes that sort by row.
    fn encode(&self, out: &mut Vec<u8>) {
        let Location {
            file,
            line,
            byte,
            row,
        } = self.location;
        let (tag, sum, other) = match self.kind {
            Kind::Sum(sum) => (0, u64::from(sum), None),
            Kind::Conflict(other) => (1, 0, Some(other)),
            Kind::SumTooLarge(sum, other) => (2, sum, Some(other)),
        };
        out.extend_from_slice(&row.to_be_bytes());
        for number in [tag, sum, u64::from(file), line, byte] {
            varint::put(out, number);
        }
        varint::put(out, u64::from(self.unread_num));
        if let Some(other) = other {
            varint::put(out, u64::from(other.file));
            varint::put(out, other.line);
            varint::put(out, u64::from(other.unread_num));
        }
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let row = row_of(bytes)?;
        let rest = &mut bytes.get(size_of_val(&row)..)?;
        let tag = varint::get(rest)?;
        let sum = varint::get(rest)?;
        let file = small(rest)?;
        let line = varint::get(rest)?;
        let byte = varint::get(rest)?;
        let unread_num = small(rest)?;
        let mut other = || {
            Some(OtherRow {
                file: small(rest)?,
                line: varint::get(rest)?,
                unread_num: small(rest)?,
            })
        };
        let kind = match tag {
            0 => Kind::Sum(u32::try_from(sum).ok()?),
            1 => Kind::Conflict(other()?),
            _ => Kind::SumTooLarge(sum, other()?),
        };
        let location = Location {
            file,
            line,
            byte,
            row,
        };
        Some(Self {
            location,
            unread_num,
            kind,
        })
    }
}

fn row_of(record: &[u8]) -> Option<u64> {
    record.first_chunk().map(|row| u64::from_be_bytes(*row))
}

fn small(bytes: &mut &[u8]) -> Option<u32> {
    u32::try_from(varint::get(bytes)?).ok()
}

/// Gathers exceptions in any order.
#[derive(Debug)]
pub(super) struct Exceptions {
    sorter: Sorter,
    record: Vec<u8>,
}

impl Exceptions {
    /// None yet; what memory does not hold goes to a file in `directory`.
    pub(super) fn new(directory: &Path) -> Self {
        Self {
            sorter: Sorter::with_limit(directory, IN_MEMORY),
            record: Vec::new(),
        }
    }

    /// Adds one.
    pub(super) fn push(&mut self, exception: &Exception) -> Result<(), Error> {
        self.record.clear();
        exception.encode(&mut self.record);
        self.sorter.push(&self.record).map_err(Error::write)
    }

    /// Ends the gathering.
    pub(super) fn finish(self) -> Sorted {
        self.sorter.finish()
    }
}

/// Walks through all exceptions by row.
#[derive(Debug)]
pub(super) struct ExceptionCursor<'a>(Merge<'a>);

impl<'a> ExceptionCursor<'a> {
    /// Starts at the first row of all.
    pub(super) fn new(all: &'a [Sorted]) -> Result<Self, Error> {
        Merge::new(all).map(Self).map_err(Error::read)
    }

    /// The row of the next exception.
    pub(super) fn row(&self) -> Option<u64> {
        self.0.peek().and_then(row_of)
    }

    /// Takes the next exception.
    pub(super) fn next(&mut self) -> Result<Option<Exception>, Error> {
        let record = self.0.next().map_err(Error::read)?;
        Ok(record.as_deref().and_then(Exception::decode))
    }
}

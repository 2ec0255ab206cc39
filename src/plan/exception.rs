//! What a second pass must know about single rows, as streams sorted by row and merged into one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::spill::{Extent, Spill};
use super::{Error, varint};
use crate::record::{Code, Column, Location, OtherRow, Problem};

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

    fn put(&self, last_row: u64, out: &mut Vec<u8>) {
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
        for number in [row - last_row, tag, sum, u64::from(file), line, byte] {
            varint::put(out, number);
        }
        varint::put(out, u64::from(self.unread_num));
        if let Some(other) = other {
            varint::put(out, u64::from(other.file));
            varint::put(out, other.line);
            varint::put(out, u64::from(other.unread_num));
        }
    }

    fn get(bytes: &mut &[u8], last_row: u64) -> Option<Self> {
        let mut rest = *bytes;
        let row = last_row + varint::get(&mut rest)?;
        let tag = varint::get(&mut rest)?;
        let sum = varint::get(&mut rest)?;
        let file = small(&mut rest)?;
        let line = varint::get(&mut rest)?;
        let byte = varint::get(&mut rest)?;
        let unread_num = small(&mut rest)?;
        let kind = match tag {
            0 => Kind::Sum(u32::try_from(sum).ok()?),
            tag => {
                let other = OtherRow {
                    file: small(&mut rest)?,
                    line: varint::get(&mut rest)?,
                    unread_num: small(&mut rest)?,
                };
                if tag == 1 {
                    Kind::Conflict(other)
                } else {
                    Kind::SumTooLarge(sum, other)
                }
            }
        };
        *bytes = rest;
        Some(Self {
            location: Location {
                file,
                line,
                byte,
                row,
            },
            unread_num,
            kind,
        })
    }
}

fn small(bytes: &mut &[u8]) -> Option<u32> {
    u32::try_from(varint::get(bytes)?).ok()
}

/// A run being written, in the order of rows.
#[derive(Debug, Default)]
pub(super) struct RunWriter {
    bytes: Vec<u8>,
    last_row: u64,
}

impl RunWriter {
    pub(super) fn push(&mut self, exception: &Exception) {
        exception.put(self.last_row, &mut self.bytes);
        self.last_row = exception.location.row;
    }
}

#[derive(Debug)]
enum Run {
    Memory(Vec<u8>),
    Disk(Extent),
}

/// Bytes of runs kept in memory; beyond it they go to disk.
const KEPT: usize = 256 << 10;

/// Bytes of a run on disk that are read at a time. Some 500 runs are open at once.
const BLOCK: usize = 8 << 10;

/// All runs.
#[derive(Debug)]
pub(super) struct Exceptions {
    runs: Vec<Run>,
    kept: usize,
    spill: Spill,
}

impl Exceptions {
    pub(super) const fn new(spill: Spill) -> Self {
        Self {
            runs: Vec::new(),
            kept: 0,
            spill,
        }
    }

    /// Adds a run.
    pub(super) fn add(&mut self, run: RunWriter) -> Result<(), Error> {
        let bytes = run.bytes;
        if bytes.is_empty() {
            return Ok(());
        }
        let run = if self.kept + bytes.len() > KEPT {
            Run::Disk(self.spill.write(&bytes)?)
        } else {
            self.kept += bytes.len();
            Run::Memory(bytes)
        };
        self.runs.push(run);
        Ok(())
    }
}

#[derive(Debug)]
struct Cursor<'a> {
    run: &'a Run,
    spill: &'a Spill,
    /// Bytes of the run that are done with.
    at: usize,
    /// What was read of a run on disk, from `at` on.
    block: Vec<u8>,
    row: u64,
    next: Option<Exception>,
}

impl Cursor<'_> {
    fn advance(&mut self) -> Result<(), Error> {
        self.next = match self.run {
            Run::Memory(bytes) => {
                let mut rest = bytes.get(self.at..).unwrap_or_default();
                let next = Exception::get(&mut rest, self.row);
                self.at = bytes.len() - rest.len();
                next
            }
            Run::Disk(extent) => self.advance_on_disk(*extent)?,
        };
        if let Some(next) = &self.next {
            self.row = next.location.row;
        }
        Ok(())
    }

    fn advance_on_disk(&mut self, extent: Extent) -> Result<Option<Exception>, Error> {
        for fresh in [false, true] {
            if fresh {
                self.spill
                    .read(extent.part(self.at, BLOCK), &mut self.block)?;
            }
            let mut rest = self.block.as_slice();
            let next = Exception::get(&mut rest, self.row);
            if next.is_some() {
                let taken = self.block.len() - rest.len();
                self.block.drain(..taken);
                self.at += taken;
                return Ok(next);
            }
        }
        Ok(None)
    }
}

/// Walks through all exceptions by row.
#[derive(Debug)]
pub(super) struct Merge<'a> {
    cursors: Vec<Cursor<'a>>,
    heap: BinaryHeap<Reverse<(u64, usize)>>,
}

impl<'a> Merge<'a> {
    /// Starts at the first row of all.
    pub(super) fn new(all: &'a [Exceptions]) -> Result<Self, Error> {
        let mut merge = Self {
            cursors: Vec::new(),
            heap: BinaryHeap::new(),
        };
        for Exceptions { runs, spill, .. } in all {
            for run in runs {
                let block = Vec::new();
                merge.cursors.push(Cursor {
                    run,
                    spill,
                    at: 0,
                    block,
                    row: 0,
                    next: None,
                });
                merge.refill(merge.cursors.len() - 1)?;
            }
        }
        Ok(merge)
    }

    /// The row of the next exception.
    pub(super) fn row(&self) -> Option<u64> {
        self.heap.peek().map(|Reverse((row, _))| *row)
    }

    /// Takes the next exception.
    pub(super) fn next(&mut self) -> Result<Option<Exception>, Error> {
        let Some(Reverse((_, index))) = self.heap.pop() else {
            return Ok(None);
        };
        let exception = self
            .cursors
            .get_mut(index)
            .and_then(|cursor| cursor.next.take());
        self.refill(index)?;
        Ok(exception)
    }

    fn refill(&mut self, index: usize) -> Result<(), Error> {
        if let Some(cursor) = self.cursors.get_mut(index) {
            cursor.advance()?;
            if let Some(next) = &cursor.next {
                self.heap.push(Reverse((next.location.row, index)));
            }
        }
        Ok(())
    }
}

//! A window on a file that always holds whole records, and the hash of all that passed through it.
//!
//! Records are taken from the front as slices; nothing is copied but the beginning of a record
//! that the window's end cut. Memory is bounded by the window and the longest record allowed.

use std::path::Path;

use memchr::memrchr;

use super::Error;
use super::again::{Again, Original, read_once};
use super::content::{Content, Hasher, Identity};
use super::open::Cursor;
use crate::signals::Stop;

/// Bytes asked of the file at a time: the size measured best for the CSV path.
const BLOCK: usize = 1 << 20;

/// Longest record in bytes. Real ones have some hundred; an unclosed quote has no end.
pub(super) const RECORD_CAP: usize = 1 << 20;

/// What becomes of bytes on their way into the window.
#[derive(Debug)]
enum Pass {
    /// They are hashed.
    First(Box<Hasher>),
    /// They are compared with what the first pass hashed.
    Again(Again),
}

/// The window.
#[derive(Debug)]
pub(super) struct Buffer {
    input: Cursor,
    stop: Stop,
    pass: Pass,
    bytes_read: u64,
    data: Vec<u8>,
    start: usize,
    end: usize,
    /// Offset in the file of `data[start]`.
    offset: u64,
    ended: bool,
    cap: usize,
}

impl Buffer {
    /// An empty window at the start of `input`.
    pub(super) fn new(input: Cursor) -> Self {
        Self::with_cap(input, RECORD_CAP)
    }

    /// The same, for records of up to `cap` bytes. Room that no record fills costs no memory.
    pub(super) fn with_cap(input: Cursor, cap: usize) -> Self {
        Self {
            input,
            stop: Stop::default(),
            pass: Pass::First(Box::default()),
            bytes_read: 0,
            data: vec![0; BLOCK + cap],
            start: 0,
            end: 0,
            offset: 0,
            ended: false,
            cap,
        }
    }

    /// The same for a later pass: each piece is compared with that of the first before it comes
    /// into the window.
    pub(super) fn again(self, again: Option<Again>) -> Self {
        match again {
            Some(again) => Self {
                pass: Pass::Again(again),
                ..self
            },
            None => self,
        }
    }

    /// The same, but it is not read on once `stop` is asked for.
    pub(super) fn stopping(self, stop: &Stop) -> Self {
        Self {
            stop: stop.clone(),
            ..self
        }
    }

    /// What is in the window.
    pub(super) fn unread(&self) -> &[u8] {
        self.data.get(self.start..self.end).unwrap_or_default()
    }

    /// Offset in the file of the first unread byte.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether the file has nothing behind the window.
    pub(super) const fn ended(&self) -> bool {
        self.ended
    }

    /// Whether the window holds as much as one record may.
    pub(super) const fn full(&self) -> bool {
        self.end - self.start >= self.cap
    }

    /// The longest record in bytes.
    pub(super) const fn cap(&self) -> usize {
        self.cap
    }

    /// Gives up the first `bytes` of the window. They stay readable with `taken` until the next
    /// call of `more`.
    pub(super) fn take(&mut self, bytes: usize) {
        let bytes = bytes.min(self.end - self.start);
        self.start += bytes;
        self.offset += bytes as u64;
    }

    /// The last `bytes` that were given up.
    pub(super) fn taken(&self, bytes: usize) -> &[u8] {
        self.data
            .get(self.start.saturating_sub(bytes)..self.start)
            .unwrap_or_default()
    }

    /// Reads on in the file at `path`; `false` at its end. The caller has checked that the window
    /// is not `full`.
    pub(super) fn more(&mut self, path: &Path) -> Result<bool, Error> {
        if self.ended {
            return Ok(false);
        }
        if let Some(signal) = self.stop.asked() {
            return Err(Error::Interrupted(signal));
        }
        if self.start > 0 {
            self.data.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let room = self.data.get_mut(self.end..).unwrap_or_default();
        let limit = room.len().min(BLOCK);
        let room = room.get_mut(..limit).unwrap_or_default();
        let read = match &mut self.pass {
            Pass::First(hasher) => {
                let read = read_once(&mut self.input, room).map_err(|source| Error::Read {
                    path: path.to_owned(),
                    source,
                })?;
                hasher.update(room.get(..read).unwrap_or_default());
                read
            }
            Pass::Again(again) => again.read(&mut self.input, path, room)?,
        };
        self.bytes_read += read as u64;
        self.end += read;
        self.ended = read == 0;
        Ok(read > 0)
    }

    /// How many bytes at the front of the window are whole lines, `limit` at most: so many are
    /// read unless the file ends. None if the first line is longer.
    pub(super) fn lines(&mut self, limit: usize, path: &Path) -> Result<usize, Error> {
        while self.unread().len() < limit && self.more(path)? {}
        let unread = self.unread();
        if self.ended && unread.len() <= limit {
            return Ok(unread.len());
        }
        let limited = unread.get(..limit).unwrap_or_default();
        Ok(memrchr(b'\n', limited).map_or(0, |at| at + 1))
    }

    /// Reads the first block of the file at `path`.
    pub(super) fn fill(&mut self, path: &Path) -> Result<(), Error> {
        let read = self.more(path)?;
        debug_assert!(read || self.ended, "a window without bytes is at the end");
        Ok(())
    }

    /// What the file holds, when all of it passed through, and what the file was before that.
    pub(super) fn digest(&self) -> (Content, Option<Identity>) {
        match &self.pass {
            Pass::First(hasher) => (hasher.finish(), self.input.identity()),
            Pass::Again(again) => (again.content().clone(), None),
        }
    }

    /// Whether what was taken last ends with the file and not with a line, and something was added
    /// to the file since the first pass: it may have been half a record.
    pub(super) fn ends_in_growth(&self) -> bool {
        let Pass::Again(again) = &self.pass else {
            return false;
        };
        let at_end = self.start == self.end && self.bytes_read == again.content().bytes;
        at_end
            && !matches!(self.taken(1), [b'\n' | b'\r'])
            && again
                .original()
                .is_some_and(Original::has_grown_in_its_last_line)
    }
}

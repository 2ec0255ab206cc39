//! Reads a log file into a ledger, at near the speed of the disk.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use super::entry::{BadLine, Entry, Status, decode, peek, verified};
use super::error::Error;
use super::header::{FORMAT, Header};
use super::ledger::Ledger;

/// Large enough that the system calls do not show, small enough not to show in the memory.
const BLOCK: usize = 1 << 20;

/// No line of ours comes near this; a file that is not ours must not fill the memory.
const LONGEST_LINE: u64 = 1 << 24;

/// How the file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    /// With a newline.
    Clean,
    /// With a whole line that lacks its newline only: it counts.
    Unterminated,
    /// With so many bytes of a line that was cut off: they do not count.
    Torn(u64),
}

/// A log that was read to its end.
#[derive(Debug)]
pub(crate) struct Scanned {
    /// What it says.
    pub(crate) ledger: Ledger,
    /// Length of what counts, in bytes.
    pub(crate) end: u64,
    /// How the file ends.
    pub(crate) tail: Tail,
}

/// Reads the log at `path`. Takes no lock: of a log that is being written, it reads what is whole.
pub(crate) fn scan(path: &Path) -> Result<Scanned, Error> {
    let mut lines = Lines::open(path)?;
    let header = lines.header()?;
    let mut ledger = Ledger::new(header);
    let mut last_quick = Vec::new();
    while let Some(line) = lines.next()? {
        let Line { at, bytes: line } = line;
        last_quick.clear();
        let quick = quick(line).map_err(|problem| damaged(path, at, problem))?;
        let applied = if let Some(row) = quick {
            last_quick.extend_from_slice(line);
            ledger.settle(row, Status::Succeeded, 0)
        } else {
            let entry = decode(line).map_err(|problem| damaged(path, at, problem))?;
            ledger.apply(&entry)
        };
        applied.map_err(|problem| out_of_place(path, at, problem))?;
    }
    if let Ok(Entry::Outcome(outcome)) = decode(&last_quick) {
        ledger.touch(outcome.at);
    }
    Ok(Scanned {
        ledger,
        end: lines.end,
        tail: lines.tail,
    })
}

/// The header of the log at `path`.
pub(crate) fn read_header(path: &Path) -> Result<Header, Error> {
    Lines::open(path)?.header()
}

/// Calls `each` with every entry after the header, in order.
pub(crate) fn visit<E: From<Error>>(
    path: &Path,
    mut each: impl FnMut(&Entry<'_>) -> Result<(), E>,
) -> Result<Header, E> {
    let mut lines = Lines::open(path)?;
    let header = lines.header()?;
    while let Some(line) = lines.next()? {
        let decoded = decode(line.bytes);
        each(&decoded.map_err(|problem| damaged(path, line.at, problem))?)?;
    }
    Ok(header)
}

/// The row of a `succeeded` line, by its prefix: nearly all lines of a long log are of this kind.
fn quick(line: &[u8]) -> Result<Option<u64>, BadLine> {
    match peek(line) {
        Some((row, Status::Succeeded)) => verified(line).map(|_| Some(row)),
        Some((_, Status::Failed | Status::Exhausted | Status::Rejected)) | None => Ok(None),
    }
}

fn damaged(path: &Path, (line, byte): (u64, u64), problem: BadLine) -> Error {
    Error::Damaged {
        path: path.to_owned(),
        line,
        byte,
        problem,
    }
}

fn out_of_place(path: &Path, (line, byte): (u64, u64), problem: super::ledger::Misplaced) -> Error {
    Error::OutOfPlace {
        path: path.to_owned(),
        line,
        byte,
        problem,
    }
}

/// A whole line, without its newline.
struct Line<'a> {
    /// Number from 1, and offset of the first byte.
    at: (u64, u64),
    bytes: &'a [u8],
}

/// The whole lines of a log.
struct Lines<'a> {
    path: &'a Path,
    reader: BufReader<File>,
    buffer: Vec<u8>,
    number: u64,
    start: u64,
    end: u64,
    tail: Tail,
}

impl<'a> Lines<'a> {
    fn open(path: &'a Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|source| Error::Open {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path,
            reader: BufReader::with_capacity(BLOCK, file),
            buffer: Vec::with_capacity(512),
            number: 0,
            start: 0,
            end: 0,
            tail: Tail::Clean,
        })
    }

    fn header(&mut self) -> Result<Header, Error> {
        let path = self.path;
        let strange = |why: &str| Error::NotACheckpoint {
            path: path.to_owned(),
            why: why.into(),
        };
        let Some(Line { bytes: line, .. }) = self.next()? else {
            return Err(strange("the file is empty, or its first line was cut off"));
        };
        if !line.starts_with(b"{\"type\":\"header\",") {
            return Err(strange("it begins with other bytes"));
        }
        verified(line).map_err(|problem| damaged(path, (1, 0), problem))?;
        let found = format_version(line).ok_or_else(|| strange("it has no format version"))?;
        if found > FORMAT {
            return Err(Error::Newer {
                path: path.to_owned(),
                found,
                newest: FORMAT,
            });
        }
        match decode(line).map_err(|problem| damaged(path, (1, 0), problem))? {
            // A record takes a byte at least. Without this, a line that claims more rows than there
            // can be would make the bitmaps fill the memory.
            Entry::Header(header) if !header.is_plausible() => {
                Err(strange("it counts more rows than its inputs have bytes"))
            }
            Entry::Header(header) => Ok(header),
            Entry::Session(_) | Entry::Admitted { .. } | Entry::Outcome(_) | Entry::Replaced(_) => {
                Err(strange("it is another kind of line"))
            }
        }
    }

    /// The next whole line; `None` at the end, after which `end` and `tail` are final.
    fn next(&mut self) -> Result<Option<Line<'_>>, Error> {
        self.buffer.clear();
        self.number += 1;
        self.start = self.end;
        let mut limited = (&mut self.reader).take(LONGEST_LINE);
        let read = limited
            .read_until(b'\n', &mut self.buffer)
            .map_err(|source| Error::Read {
                path: self.path.to_owned(),
                source,
            })?;
        if self.buffer.last() == Some(&b'\n') {
            self.buffer.pop();
            self.end += read as u64;
            return Ok(Some(self.line()));
        }
        if read as u64 == LONGEST_LINE {
            return Err(damaged(
                self.path,
                (self.number, self.start),
                BadLine::NoChecksum,
            ));
        }
        self.unfinished(read as u64)
    }

    fn line(&self) -> Line<'_> {
        Line {
            at: (self.number, self.start),
            bytes: &self.buffer,
        }
    }

    /// What to make of bytes after the last newline.
    fn unfinished(&mut self, read: u64) -> Result<Option<Line<'_>>, Error> {
        if read == 0 {
            return Ok(None);
        }
        if verified(&self.buffer).is_ok() {
            self.tail = Tail::Unterminated;
            self.end += read;
            return Ok(Some(self.line()));
        }
        // A whole line with another byte where its newline was: no crash writes that.
        if let Some((_, whole)) = self.buffer.split_last()
            && verified(whole).is_ok()
        {
            return Err(damaged(
                self.path,
                (self.number, self.start),
                BadLine::NoChecksum,
            ));
        }
        self.tail = Tail::Torn(read);
        Ok(None)
    }
}

/// The format version of a header, whatever else a newer format may hold.
fn format_version(line: &[u8]) -> Option<u32> {
    #[derive(serde::Deserialize)]
    struct Version {
        format: u32,
    }
    serde_json::from_slice::<Version>(line)
        .ok()
        .map(|version| version.format)
}

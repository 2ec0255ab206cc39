//! Reads a log file into a ledger, at near the speed of the disk.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::entry::{Entry, Status, decode, peek};
use super::error::Error;
use super::header::{FORMAT, Header};
use super::ledger::Ledger;
use crate::storage::{BadLine, Line, LineError, Lines, Tail, format_version, verify};

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
    scan_lines(path, open(path)?)
}

/// Reads the log at `path` from its `lines`.
pub(super) fn scan_lines<R: Read>(path: &Path, mut lines: Lines<R>) -> Result<Scanned, Error> {
    let mut ledger = Ledger::new(header(path, &mut lines)?);
    let mut last_quick = Vec::new();
    while let Some(line) = lines.next().map_err(|error| bad(path, error))? {
        last_quick.clear();
        let quick = quick(line.bytes).map_err(|problem| damaged(path, line, problem))?;
        let applied = if let Some(row) = quick {
            last_quick.extend_from_slice(line.bytes);
            ledger.settle(row, Status::Succeeded, 0)
        } else {
            let entry = decode(line.bytes).map_err(|problem| damaged(path, line, problem))?;
            ledger.apply(&entry)
        };
        applied.map_err(|problem| Error::OutOfPlace {
            path: path.to_owned(),
            line: line.number,
            byte: line.byte,
            problem,
        })?;
    }
    if let Ok(Entry::Outcome(outcome)) = decode(&last_quick) {
        ledger.touch(outcome.at);
    }
    Ok(Scanned {
        ledger,
        end: lines.end(),
        tail: lines.tail(),
    })
}

/// The header of the log at `path`.
pub(crate) fn read_header(path: &Path) -> Result<Header, Error> {
    header(path, &mut open(path)?)
}

/// Calls `each` with every entry after the header, in order.
pub(crate) fn visit<E: From<Error>>(
    path: &Path,
    each: impl FnMut(&Entry<'_>) -> Result<(), E>,
) -> Result<Header, E> {
    visit_up_to(u64::MAX, path, each)
}

/// The same for the first `end` bytes of the log: what a scan of it has read, whatever was appended
/// since.
pub(crate) fn visit_up_to<E: From<Error>>(
    end: u64,
    path: &Path,
    mut each: impl FnMut(&Entry<'_>) -> Result<(), E>,
) -> Result<Header, E> {
    let mut lines = Lines::new(open_file(path)?.take(end));
    let header = header(path, &mut lines)?;
    while let Some(line) = lines.next().map_err(|error| bad(path, error))? {
        let decoded = decode(line.bytes);
        each(&decoded.map_err(|problem| damaged(path, line, problem))?)?;
    }
    Ok(header)
}

/// The row of a `succeeded` line, by its prefix: nearly all lines of a long log are of this kind.
fn quick(line: &[u8]) -> Result<Option<u64>, BadLine> {
    match peek(line) {
        Some((row, Status::Succeeded)) => verify(line).map(|()| Some(row)),
        Some((_, Status::Failed | Status::Exhausted | Status::Rejected)) | None => Ok(None),
    }
}

fn open(path: &Path) -> Result<Lines<File>, Error> {
    open_file(path).map(Lines::new)
}

fn open_file(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|source| Error::Open {
        path: path.to_owned(),
        source,
    })
}

fn damaged(path: &Path, line: Line<'_>, problem: BadLine) -> Error {
    bad(path, line.damaged(problem))
}

fn bad(path: &Path, error: LineError) -> Error {
    let path = path.to_owned();
    match error {
        LineError::Read(source) => Error::Read { path, source },
        LineError::Damaged(line) => Error::Damaged {
            path,
            line: line.line,
            byte: line.byte,
            problem: line.problem,
        },
    }
}

fn header<R: Read>(path: &Path, lines: &mut Lines<R>) -> Result<Header, Error> {
    let strange = |why: &str| Error::NotACheckpoint {
        path: path.to_owned(),
        why: why.into(),
    };
    let Some(line) = lines.next().map_err(|error| bad(path, error))? else {
        return Err(strange("the file is empty, or its first line was cut off"));
    };
    if !line.bytes.starts_with(b"{\"type\":\"header\",") {
        return Err(strange("it begins with other bytes"));
    }
    verify(line.bytes).map_err(|problem| damaged(path, line, problem))?;
    let found = format_version(line.bytes).ok_or_else(|| strange("it has no format version"))?;
    if found > FORMAT {
        return Err(Error::Newer {
            path: path.to_owned(),
            found,
            newest: FORMAT,
        });
    }
    match decode(line.bytes).map_err(|problem| damaged(path, line, problem))? {
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

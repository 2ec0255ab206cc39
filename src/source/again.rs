//! Reading an input again: each piece is compared with what the first pass read before any of it
//! goes on, and reading stops where the first pass stopped.
//!
//! A file is opened by its path for each piece, so a file that was put in its place is found too.
//! Where the path leads nowhere, what was opened before is read on: it is still what was checked.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Error;
use super::changed::Changed;
use super::content::{Content, Identity, PIECE};
use super::open::Cursor;

/// A file on disk, as it was read first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Original {
    path: PathBuf,
    content: Content,
    /// What the file was before it was read.
    identity: Identity,
}

impl Original {
    /// The file at `path`, whose `content` was read when it was what `identity` says.
    pub(super) const fn new(path: PathBuf, content: Content, identity: Identity) -> Self {
        Self {
            path,
            content,
            identity,
        }
    }

    /// A file whose text was copied: its bytes are what counts, whatever is made of them.
    pub(super) fn copied(path: &Path, file: &File, identity: Identity) -> Result<Self, Error> {
        let failed = |source| read_failed(path, source);
        let content = Content::of_file(file, identity.bytes).map_err(failed)?;
        let after = Identity::of(file).map_err(failed)?;
        if content.bytes < identity.bytes {
            return Err(shorter(path, identity.bytes, content.bytes));
        }
        if after.bytes == identity.bytes && after != identity {
            return Err(Error::Changed(Changed::Rewritten {
                path: path.to_owned(),
                from: 0,
                to: identity.bytes,
            }));
        }
        Ok(Self::new(path.to_owned(), content, identity))
    }

    /// How many pieces it has.
    pub(super) fn pieces(&self) -> u64 {
        self.content.pieces()
    }

    /// What the path leads to now.
    fn present(&self) -> Option<(File, Identity)> {
        let file = File::open(&self.path).ok()?;
        let identity = Identity::of(&file).ok()?;
        Some((file, identity))
    }

    /// Whether the file has grown, by more than the end of its last line.
    pub(super) fn has_grown_in_its_last_line(&self) -> bool {
        let Some((file, now)) = self.present() else {
            return false;
        };
        let mut next = [0];
        now.bytes > self.content.bytes
            && !(matches!(file.read_at(&mut next, self.content.bytes), Ok(1))
                && matches!(next, [b'\n' | b'\r']))
    }

    /// Compares piece `number` with what `file` has there; it is left in `room`.
    fn compare(&self, file: &File, number: u64, room: &mut [u8]) -> Result<usize, Error> {
        let Some(range) = self.content.range(number) else {
            return Ok(0);
        };
        let bytes = usize::try_from(range.end - range.start).unwrap_or(PIECE);
        let room = room.get_mut(..bytes).unwrap_or_default();
        let read =
            read_at(file, room, range.start).map_err(|source| read_failed(&self.path, source))?;
        if read < bytes {
            return Err(shorter(
                &self.path,
                self.content.bytes,
                range.start + read as u64,
            ));
        }
        if !self.content.has(number, room) {
            return Err(Error::Changed(Changed::Rewritten {
                path: self.path.clone(),
                from: range.start,
                to: range.end,
            }));
        }
        Ok(bytes)
    }
}

/// What reads an input again.
#[derive(Debug)]
pub(super) enum Again {
    /// A file, piece by piece.
    File {
        original: Arc<Original>,
        file: File,
        /// The piece that comes next.
        next: u64,
    },
    /// The copy of a text. The file it was made of is compared as far as the copy is read.
    Copy {
        content: Content,
        source: Option<Share>,
        read: u64,
    },
}

/// The file that a copied text was made of, and the pieces of it that go with this text.
#[derive(Debug, Clone)]
pub(super) struct Share {
    pub(super) original: Arc<Original>,
    pub(super) pieces: Range<u64>,
}

impl Share {
    /// How many pieces go with the first `read` of `bytes` of the text, all told.
    fn up_to(&self, read: u64, bytes: u64) -> u64 {
        let pieces = u128::from(self.pieces.end - self.pieces.start);
        let part = (pieces * u128::from(read)).div_ceil(u128::from(bytes.max(1)));
        u64::try_from(part.min(pieces)).unwrap_or(u64::MAX)
    }

    /// Compares the pieces that go with what was read last of the text.
    fn compare(&self, before: u64, read: u64, bytes: u64) -> Result<(), Error> {
        let (from, to) = (self.up_to(before, bytes), self.up_to(read, bytes));
        if from == to {
            return Ok(());
        }
        let Ok(file) = File::open(&self.original.path) else {
            return Ok(());
        };
        let mut room = vec![0; PIECE];
        for number in from..to {
            let number = self.pieces.start + number;
            self.original.compare(&file, number, &mut room)?;
        }
        Ok(())
    }
}

impl Again {
    /// The file that `original` was.
    pub(super) fn file(original: Arc<Original>) -> io::Result<Self> {
        Ok(Self::File {
            file: File::open(&original.path)?,
            original,
            next: 0,
        })
    }

    /// A copy that holds `content`.
    pub(super) const fn copy(content: Content, source: Option<Share>) -> Self {
        Self::Copy {
            content,
            source,
            read: 0,
        }
    }

    /// What was read first.
    pub(super) fn content(&self) -> &Content {
        match self {
            Self::File { original, .. } => &original.content,
            Self::Copy { content, .. } => content,
        }
    }

    /// The file on disk behind it.
    pub(super) fn original(&self) -> Option<&Original> {
        match self {
            Self::File { original, .. } => Some(original),
            Self::Copy { source, .. } => source.as_ref().map(|share| &*share.original),
        }
    }

    /// Reads into `room`, a piece at most; 0 at the end. A copy is read from `input`.
    pub(super) fn read(
        &mut self,
        input: &mut Cursor,
        path: &Path,
        room: &mut [u8],
    ) -> Result<usize, Error> {
        match self {
            Self::File {
                original,
                file,
                next,
            } => {
                if let Ok(present) = File::open(&original.path) {
                    *file = present;
                }
                let read = original.compare(file, *next, room)?;
                *next += 1;
                Ok(read)
            }
            Self::Copy {
                content,
                source,
                read,
            } => {
                let limit = room.len().min(PIECE);
                let fresh = read_once(input, room.get_mut(..limit).unwrap_or_default())
                    .map_err(|source| read_failed(path, source))?;
                let before = *read;
                *read += fresh as u64;
                if let Some(share) = source {
                    share.compare(before, *read, content.bytes)?;
                }
                Ok(fresh)
            }
        }
    }
}

/// A last look at the files, when all of what was planned was read: at some of each, since pieces
/// that were read long ago may be others by now.
#[derive(Debug)]
pub(crate) struct LastLook {
    files: Vec<Arc<Original>>,
    /// The file that is read again, and its next piece.
    reading: Option<(File, u64)>,
    grown: Vec<PathBuf>,
    room: Vec<u8>,
}

/// Pieces that are compared before others are served: a megabyte takes about a millisecond.
const PIECES_A_STEP: usize = 64;

impl LastLook {
    /// At `files`.
    pub(super) fn new(mut files: Vec<Arc<Original>>) -> Self {
        files.reverse();
        Self {
            files,
            reading: None,
            grown: Vec::new(),
            room: vec![0; PIECE],
        }
    }

    /// Does a part of it; at its end come the files that have grown.
    ///
    /// # Errors
    ///
    /// What was read of a file is no longer there.
    pub(crate) fn step(&mut self) -> Result<Option<Vec<PathBuf>>, Error> {
        let Some(original) = self.files.last() else {
            return Ok(Some(std::mem::take(&mut self.grown)));
        };
        let (file, next) = match self.reading.take() {
            Some(reading) => reading,
            None => match original.look() {
                Look::Same => {
                    self.files.pop();
                    return Ok(None);
                }
                Look::Grown => {
                    self.grown.push(original.path.clone());
                    self.files.pop();
                    return Ok(None);
                }
                Look::Unsure(file) => (file, 0),
            },
        };
        let pieces = original.pieces();
        let end = pieces.min(next + PIECES_A_STEP as u64);
        for number in next..end {
            original.compare(&file, number, &mut self.room)?;
        }
        if end < pieces {
            self.reading = Some((file, end));
        } else {
            self.files.pop();
        }
        Ok(None)
    }
}

/// What a look at a file tells.
enum Look {
    /// It was not touched since it was read, or is not there.
    Same,
    /// It is longer.
    Grown,
    /// Its size or another sign says that it may not be what was read.
    Unsure(File),
}

impl Original {
    fn look(&self) -> Look {
        match self.present() {
            None => Look::Same,
            Some((_, now)) if now == self.identity && now.bytes == self.content.bytes => Look::Same,
            Some((_, now)) if now.bytes > self.content.bytes => Look::Grown,
            Some((file, _)) => Look::Unsure(file),
        }
    }
}

fn shorter(path: &Path, bytes: u64, left: u64) -> Error {
    Error::Changed(Changed::Shorter {
        path: path.to_owned(),
        bytes,
        left,
    })
}

fn read_failed(path: &Path, source: io::Error) -> Error {
    Error::Read {
        path: path.to_owned(),
        source,
    }
}

/// Fills `room` as far as the file goes.
fn read_at(file: &File, room: &mut [u8], mut position: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(left @ [_, ..]) = room.get_mut(filled..) {
        match file.read_at(left, position) {
            Ok(0) => break,
            Ok(read) => {
                filled += read;
                position += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

pub(super) fn read_once(input: &mut impl io::Read, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(room) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

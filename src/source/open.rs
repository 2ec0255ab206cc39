//! Opening: files by path and streams, and the text in them, to be read as often as needed.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::again::{Again, Original, Share};
use super::content::{Content, Identity};
use super::form::{Opened, Opening, Spool};
use super::listing::Listed;
use super::{Error, InputPath, Options};

/// Opens `listed`: one text, or as many as an archive has members. What cannot be read in place as
/// often as needed is copied to `spool`.
pub(super) fn open(
    listed: &Listed,
    options: &Options,
    spool: &mut Spool,
) -> Result<Vec<Opened>, Error> {
    let Listed { path, members } = listed;
    let path = match path {
        InputPath::Stdin => {
            let opening = Opening::new(Path::new("-"), members, options, spool);
            return opening.stream(&mut io::stdin().lock());
        }
        InputPath::File(path) => path,
    };
    let failed = |source| Error::Open {
        path: path.clone(),
        source,
    };
    let mut file = File::open(path).map_err(failed)?;
    let identity = Identity::of(&file).map_err(failed)?;
    let opening = Opening::new(path, members, options, spool);
    if file.metadata().map_err(failed)?.file_type().is_file() {
        let mut opened = opening.file(&file)?;
        if options.extent.is_none() {
            remember(&mut opened, || Original::copied(path, &file, identity))?;
        }
        Ok(opened)
    } else {
        // A pipe or a device gives its bytes once; the input is read twice.
        opening.stream(&mut file)
    }
}

/// Tells the copies that were made of a file what it was. Each goes with a part of its pieces as
/// long as its part of the text.
fn remember(
    opened: &mut [Opened],
    original: impl FnOnce() -> Result<Original, Error>,
) -> Result<(), Error> {
    let copies = || opened.iter().map(|opened| opened.handle.copied());
    let bytes: u64 = copies().sum();
    if !opened.iter().any(|opened| opened.handle.is_copy()) {
        return Ok(());
    }
    let original = Arc::new(original()?);
    let piece = |byte: u64| {
        let share = u128::from(original.pieces()) * u128::from(byte) / u128::from(bytes.max(1));
        u64::try_from(share).unwrap_or(u64::MAX)
    };
    let mut before = 0;
    for opened in opened {
        let after = before + opened.handle.copied();
        if let Handle::Copy { source, .. } = &mut opened.handle {
            *source = Some(Share {
                original: Arc::clone(&original),
                pieces: piece(before)..piece(after),
            });
        }
        before = after;
    }
    Ok(())
}

/// An input that can be read as often as needed.
#[derive(Debug, Clone)]
pub(super) enum Handle {
    /// Opened by its path for each pass: many files need few descriptors.
    Path(PathBuf),
    /// A part of a temporary copy.
    Copy {
        /// The copy.
        file: Arc<File>,
        /// The part's first byte in it.
        start: u64,
        /// The byte behind its last.
        end: u64,
        /// The file it was made of, if it is one.
        source: Option<Share>,
    },
}

impl Handle {
    /// Bytes of the temporary copy.
    const fn copied(&self) -> u64 {
        match self {
            Self::Path(_) => 0,
            Self::Copy { start, end, .. } => *end - *start,
        }
    }

    /// The file on disk that was read as `content` when it was what `identity` says.
    pub(super) fn original(
        &self,
        content: &Content,
        identity: Option<Identity>,
    ) -> Option<Arc<Original>> {
        match self {
            Self::Path(path) => {
                let original = Original::new(path.clone(), content.clone(), identity?);
                Some(Arc::new(original))
            }
            Self::Copy { source, .. } => source.as_ref().map(|share| Arc::clone(&share.original)),
        }
    }

    /// How it is read again when `content` was read first, from `original` on disk.
    pub(super) fn again(
        &self,
        content: &Content,
        original: Option<&Arc<Original>>,
    ) -> io::Result<Option<Again>> {
        Ok(match (self, original) {
            (Self::Path(_), None) => None,
            (Self::Path(_), Some(original)) => Some(Again::file(Arc::clone(original))?),
            (Self::Copy { source, .. }, _) => Some(Again::copy(content.clone(), source.clone())),
        })
    }

    /// Whether it is a temporary copy.
    pub(super) const fn is_copy(&self) -> bool {
        matches!(self, Self::Copy { .. })
    }

    /// The bytes from `position` on, with a cursor of their own.
    pub(super) fn at(&self, position: u64) -> io::Result<Cursor> {
        Ok(match self {
            Self::Path(path) => {
                let file = Arc::new(File::open(path)?);
                Cursor {
                    identity: Some(Identity::of(&file)?),
                    file,
                    start: 0,
                    end: None,
                    position,
                }
            }
            Self::Copy {
                file, start, end, ..
            } => Cursor {
                identity: None,
                file: Arc::clone(file),
                start: *start,
                end: Some(*end),
                position: start + position,
            },
        })
    }
}

/// Reads a file, or a part of it, from a place that no other reader of the same file moves.
#[derive(Debug)]
pub(super) struct Cursor {
    file: Arc<File>,
    /// What the file was when it was opened, if it is not a copy of ours.
    identity: Option<Identity>,
    start: u64,
    /// The byte behind the part; `None` for a file as a whole, however it grows.
    end: Option<u64>,
    position: u64,
}

impl Cursor {
    /// What the file was when it was opened, if it is not a copy of ours.
    pub(super) const fn identity(&self) -> Option<Identity> {
        self.identity
    }
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self
            .end
            .map_or(u64::MAX, |end| end.saturating_sub(self.position));
        let room = buffer
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        let buffer = buffer.get_mut(..room).unwrap_or_default();
        let read = read_at(&self.file, buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Cursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(offset) => self.start.checked_add(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => {
                let end = match self.end {
                    Some(end) => end,
                    None => self.file.metadata()?.len(),
                };
                end.checked_add_signed(offset)
            }
        };
        match position {
            Some(position) if position >= self.start => {
                self.position = position;
                Ok(position - self.start)
            }
            Some(_) | None => Err(io::ErrorKind::InvalidInput.into()),
        }
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, position)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, position)
}

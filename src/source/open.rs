//! Opening: files by path, and temporary copies of what can be read only once.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Error;

/// One INPUT as the user named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InputPath {
    /// `-`.
    Stdin,
    /// A path.
    File(PathBuf),
}

impl InputPath {
    /// What messages call it.
    pub(crate) fn label(&self) -> &Path {
        match self {
            Self::Stdin => Path::new("-"),
            Self::File(path) => path,
        }
    }
}

/// An input that can be read as often as needed.
#[derive(Debug)]
pub(super) enum Handle {
    /// Opened by its path for each pass: many files need few descriptors.
    Path(PathBuf),
    /// The unnamed temporary copy of a stream. It vanishes with the process, however that ends.
    Copy(Arc<File>),
}

impl Handle {
    /// Opens `path`; what is not a regular file is copied to `spool_dir` first.
    pub(super) fn open(path: &InputPath, spool_dir: &Path) -> Result<Self, Error> {
        let path = match path {
            InputPath::Stdin => return spool(&mut io::stdin().lock(), path.label(), spool_dir),
            InputPath::File(path) => path,
        };
        let failed = |source| Error::Open {
            path: path.clone(),
            source,
        };
        let kind = std::fs::metadata(path).map_err(failed)?.file_type();
        if kind.is_dir() {
            return Err(Error::Directory { path: path.clone() });
        }
        if kind.is_file() {
            return Ok(Self::Path(path.clone()));
        }
        // A pipe or a device gives its bytes once; the input is read twice.
        let mut stream = File::open(path).map_err(failed)?;
        spool(&mut stream, path, spool_dir)
    }

    /// Whether it is a temporary copy.
    pub(super) const fn is_copy(&self) -> bool {
        matches!(self, Self::Copy(_))
    }

    /// The bytes from `position` on, with a cursor of their own.
    pub(super) fn at(&self, position: u64) -> io::Result<Cursor> {
        let file = match self {
            Self::Path(path) => Arc::new(File::open(path)?),
            Self::Copy(file) => Arc::clone(file),
        };
        Ok(Cursor { file, position })
    }
}

fn spool(stream: &mut dyn Read, label: &Path, spool_dir: &Path) -> Result<Handle, Error> {
    let failed = |source| Error::Spool {
        path: label.to_owned(),
        source,
    };
    let mut file = tempfile::tempfile_in(spool_dir).map_err(failed)?;
    io::copy(stream, &mut file).map_err(failed)?;
    Ok(Handle::Copy(Arc::new(file)))
}

/// Reads a file from a place that no other reader of the same file moves.
#[derive(Debug)]
pub(super) struct Cursor {
    file: Arc<File>,
    position: u64,
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = read_at(&self.file, buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
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

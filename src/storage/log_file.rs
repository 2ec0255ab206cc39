//! A log on disk: opened and locked for one process, mended at its end, appended to and synced.
//!
//! Nothing is written behind what could not be written or synced: part of a line may stand there,
//! and one more would hide where it was torn. What the lines look like belongs to `crc_lines`.

use std::fmt::Debug;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::crc_lines::{Lines, Tail, encode};
use super::lock::LockedFile;
use super::spill::FileReader;

/// What a log needs of its file. Tests have one that fails at operation n.
pub(crate) trait LogFile: Debug + Send + Sync + 'static {
    /// Hands all of `lines` to the kernel, at the end of the file.
    fn append(&self, lines: &[u8]) -> io::Result<()>;

    /// Brings all that was appended to the disk.
    fn sync(&self) -> io::Result<()>;
}

/// Why a log cannot be opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// Another process has it.
    Locked,
    /// The system refuses.
    Io(io::Error),
}

impl From<TryLockError> for OpenError {
    fn from(refused: TryLockError) -> Self {
        match refused {
            TryLockError::WouldBlock => Self::Locked,
            TryLockError::Error(source) => Self::Io(source),
        }
    }
}

/// A file on disk, locked for as long as it is open here, and for its owner alone.
#[derive(Debug)]
pub(crate) struct DiskFile(LockedFile);

impl DiskFile {
    /// Creates the file at `path`; `AlreadyExists` if it is there.
    pub(crate) fn create(path: &Path) -> Result<Self, OpenError> {
        Self::exclusive(path, OpenOptions::new().create_new(true))
    }

    /// Opens the file at `path`.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        Self::exclusive(path, &mut OpenOptions::new())
    }

    /// Opens the file at `path`, creating it if need be.
    pub(crate) fn open_or_create(path: &Path) -> Result<Self, OpenError> {
        Self::exclusive(path, OpenOptions::new().create(true))
    }

    fn exclusive(path: &Path, options: &mut OpenOptions) -> Result<Self, OpenError> {
        let open = options.read(true).append(true).mode(0o600).open(path);
        Ok(Self(LockedFile::exclusive(open.map_err(OpenError::Io)?)?))
    }

    /// Opens the file at `path` to read it, and keeps writers out meanwhile.
    pub(crate) fn shared(path: &Path) -> Result<Self, OpenError> {
        let open = File::open(path).map_err(OpenError::Io)?;
        Ok(Self(LockedFile::shared(open)?))
    }

    /// Its lines, read through the descriptor that is locked.
    pub(crate) fn lines(&self) -> Lines<FileReader<'_>> {
        Lines::new(FileReader::new(&self.0))
    }

    /// Mends the end of a file whose lines were read to `end` and `tail`: cuts off what does not
    /// count, and ends a whole line.
    pub(crate) fn mend(&self, end: u64, tail: Tail) -> io::Result<()> {
        match tail {
            Tail::Clean => Ok(()),
            Tail::Unterminated => (&*self.0).write_all(b"\n"),
            Tail::Torn(_) => self.0.set_len(end),
        }
    }

    /// Empties the file.
    pub(crate) fn clear(&self) -> io::Result<()> {
        self.0.set_len(0)
    }
}

impl LogFile for DiskFile {
    fn append(&self, lines: &[u8]) -> io::Result<()> {
        (&*self.0).write_all(lines)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// Whether a process has the log at `path` open to append to it; `None` where the file system has
/// no locks that would say so. The lock is let go of at once.
pub(crate) fn is_locked(path: &Path) -> Option<bool> {
    match DiskFile::shared(path) {
        Ok(_) => Some(false),
        Err(OpenError::Locked) => Some(true),
        Err(OpenError::Io(_)) => None,
    }
}

/// Appends lines to a log.
#[derive(Debug)]
pub(crate) struct LineWriter<F> {
    file: Arc<F>,
    pending: Vec<u8>,
    dirty: bool,
    broken: bool,
}

impl<F: LogFile> LineWriter<F> {
    /// A writer to the end of `file`.
    pub(crate) fn new(file: F) -> Self {
        Self {
            file: Arc::new(file),
            pending: Vec::with_capacity(512),
            dirty: false,
            broken: false,
        }
    }

    /// The file.
    pub(crate) fn file(&self) -> &F {
        &self.file
    }

    /// Adds a line to those that [`LineWriter::write`] will write.
    pub(crate) fn add(&mut self, line: &impl Serialize) -> io::Result<()> {
        encode(line, &mut self.pending).map_err(io::Error::other)
    }

    /// Forgets the lines that were added and not written.
    pub(crate) fn forget(&mut self) {
        self.pending.clear();
    }

    /// Hands the lines that were added to the kernel, in one piece: they survive this process.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let written = if self.broken {
            Err(io::Error::other("an earlier line could not be written"))
        } else {
            self.dirty = true;
            self.file.append(&self.pending)
        };
        self.pending.clear();
        self.broken |= written.is_err();
        written
    }

    /// Whether nothing more may be written.
    #[cfg(test)]
    pub(crate) const fn is_broken(&self) -> bool {
        self.broken
    }

    /// Work that brings all that was written so far to disk, for another thread; `None` when there
    /// is nothing to bring. If it fails, [`LineWriter::set_broken`] has to be told.
    pub(crate) fn sync_job(&mut self) -> Option<impl FnOnce() -> io::Result<()> + Send + use<F>> {
        let file = Arc::clone(&self.file);
        std::mem::take(&mut self.dirty).then_some(move || file.sync())
    }

    /// Brings all that was written to disk before it returns.
    pub(crate) fn sync_now(&mut self) -> io::Result<()> {
        let synced = self.sync_job().map_or(Ok(()), |job| job());
        self.broken |= synced.is_err();
        synced
    }

    /// A sync failed. The kernel reports that once and then takes the pages for clean, so nothing
    /// that is written from now on could be trusted.
    pub(crate) const fn set_broken(&mut self) {
        self.broken = true;
    }
}

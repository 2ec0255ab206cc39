//! Appends to the log: one `write` a line, `fdatasync` apart from it, an exclusive lock for as
//! long as the file is open.

use std::fmt::Debug;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::entry::Entry;
use super::error::Error;
use super::header::Header;
use super::scan::{Scanned, Tail, scan};
use crate::lock::LockedFile;
use crate::storage::sync_directory;

/// What the log needs of its file. Tests have one that fails at operation n.
pub(crate) trait LogFile: Debug + Send + Sync + 'static {
    /// Hands all of `line` to the kernel, at the end of the file.
    fn append(&self, line: &[u8]) -> io::Result<()>;

    /// Brings all that was appended to the disk.
    fn sync(&self) -> io::Result<()>;
}

/// A file on disk, opened for appending.
#[derive(Debug)]
pub(crate) struct DiskFile(LockedFile);

impl LogFile for DiskFile {
    fn append(&self, line: &[u8]) -> io::Result<()> {
        (&*self.0).write_all(line)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// The open log.
#[derive(Debug)]
pub(crate) struct Log<F> {
    path: PathBuf,
    file: Arc<F>,
    buffer: Vec<u8>,
    dirty: bool,
    broken: bool,
}

impl Log<DiskFile> {
    /// Creates the log and brings its header to disk, the directory's entry too.
    pub(crate) fn create(path: &Path, header: Header) -> Result<Self, Error> {
        let open = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(path);
        let file = open.map_err(|source| {
            let path = path.to_owned();
            if source.kind() == io::ErrorKind::AlreadyExists {
                Error::Exists { path }
            } else {
                Error::Open { path, source }
            }
        })?;
        let file = lock(file, path)?;
        let mut log = Self::new(path, DiskFile(file));
        log.append(&Entry::Header(header))?;
        log.sync_now()?;
        sync_directory(path).map_err(|source| log.sync_failed(source))?;
        Ok(log)
    }

    /// Opens an existing log for another session, and cuts off a torn last line.
    pub(crate) fn open(path: &Path) -> Result<(Self, Scanned), Error> {
        let open = OpenOptions::new().append(true).open(path);
        let file = open.map_err(|source| Error::Open {
            path: path.to_owned(),
            source,
        })?;
        let file = lock(file, path)?;
        let scanned = scan(path)?;
        let append = |source| Error::Append {
            path: path.to_owned(),
            source,
        };
        match scanned.tail {
            Tail::Clean => {}
            Tail::Unterminated => (&*file).write_all(b"\n").map_err(append)?,
            Tail::Torn(_) => file.set_len(scanned.end).map_err(append)?,
        }
        let mut log = Self::new(path, DiskFile(file));
        log.dirty = true;
        log.sync_now()?;
        Ok((log, scanned))
    }
}

impl<F: LogFile> Log<F> {
    /// A log on `file`, which the caller has locked.
    pub(crate) fn new(path: &Path, file: F) -> Self {
        Self {
            path: path.to_owned(),
            file: Arc::new(file),
            buffer: Vec::with_capacity(512),
            dirty: false,
            broken: false,
        }
    }

    /// Appends one line. After it returns, the line survives the end of this process.
    pub(crate) fn append(&mut self, entry: &Entry<'_>) -> Result<(), Error> {
        if self.broken {
            return Err(Error::Append {
                path: self.path.clone(),
                source: io::Error::other("an earlier line could not be appended"),
            });
        }
        self.buffer.clear();
        entry.encode(&mut self.buffer);
        self.dirty = true;
        self.file.append(&self.buffer).map_err(|source| {
            // Part of the line may stand in the file: one more would hide where it was torn.
            self.broken = true;
            Error::Append {
                path: self.path.clone(),
                source,
            }
        })
    }

    /// Whether an append has failed, so that nothing more may be appended.
    #[cfg(test)]
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Work that brings all that was appended so far to disk, for another thread; `None` when
    /// there is nothing to bring.
    pub(crate) fn sync_job(&mut self) -> Option<impl FnOnce() -> io::Result<()> + Send + use<F>> {
        let file = Arc::clone(&self.file);
        std::mem::take(&mut self.dirty).then_some(move || file.sync())
    }

    /// Brings all that was appended to disk before it returns.
    pub(crate) fn sync_now(&mut self) -> Result<(), Error> {
        if std::mem::take(&mut self.dirty) {
            self.file
                .sync()
                .map_err(|source| self.sync_failed(source))?;
        }
        Ok(())
    }

    /// The error for a sync job that failed.
    pub(crate) fn sync_failed(&self, source: io::Error) -> Error {
        Error::Sync {
            path: self.path.clone(),
            source,
        }
    }
}

/// Whether a process has the log open to append to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writer {
    /// One has.
    Present,
    /// None has.
    Absent,
    /// The file system has no locks that would say so.
    Unknown,
}

impl Writer {
    /// Looks at the lock of the log at `path`, and lets go of it at once.
    fn of(path: &Path) -> Self {
        match File::open(path).map(LockedFile::shared) {
            Ok(Ok(_)) => Self::Absent,
            Ok(Err(TryLockError::WouldBlock)) => Self::Present,
            Ok(Err(TryLockError::Error(_))) | Err(_) => Self::Unknown,
        }
    }
}

/// Reads the log at `path` as [`scan`] does, and says whether a process appends to it meanwhile.
pub(crate) fn scan_with_writer(path: &Path) -> Result<(Scanned, Writer), Error> {
    let mut before = Writer::of(path);
    loop {
        let scanned = scan(path)?;
        let after = Writer::of(path);
        if before == after {
            return Ok((scanned, after));
        }
        // A process came or went while the log was read: what it said last may be missing.
        before = after;
    }
}

fn lock(file: File, path: &Path) -> Result<LockedFile, Error> {
    LockedFile::exclusive(file).map_err(|refused| match refused {
        TryLockError::WouldBlock => Error::Locked {
            path: path.to_owned(),
        },
        TryLockError::Error(source) => Error::Open {
            path: path.to_owned(),
            source,
        },
    })
}

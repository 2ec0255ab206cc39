//! Appends to the log: one `write` a line, `fdatasync` apart from it, an exclusive lock for as
//! long as the file is open.

use std::io;
use std::path::{Path, PathBuf};

use super::entry::Entry;
use super::error::Error;
use super::header::Header;
use super::scan::{Scanned, scan, scan_lines};
use crate::storage::{DiskFile, LineWriter, LogFile, OpenError, is_locked, sync_directory};

/// The open log.
#[derive(Debug)]
pub(crate) struct Log<F> {
    path: PathBuf,
    lines: LineWriter<F>,
}

impl Log<DiskFile> {
    /// Creates the log and brings its header to disk, the directory's entry too.
    pub(crate) fn create(path: &Path, header: Header) -> Result<Self, Error> {
        let file = DiskFile::create(path).map_err(|refused| match refused {
            OpenError::Io(source) if source.kind() == io::ErrorKind::AlreadyExists => {
                Error::Exists {
                    path: path.to_owned(),
                }
            }
            refused @ (OpenError::Locked | OpenError::Io(_)) => unopened(path, refused),
        })?;
        let mut log = Self::new(path, file);
        log.append(&Entry::Header(header))?;
        log.sync_now()?;
        sync_directory(path).map_err(|source| log.sync_failed(source))?;
        Ok(log)
    }

    /// Opens an existing log for another session, and mends its end.
    pub(crate) fn open(path: &Path) -> Result<(Self, Scanned), Error> {
        let file = DiskFile::open(path).map_err(|refused| unopened(path, refused))?;
        let scanned = scan_lines(path, file.lines())?;
        file.mend(scanned.end, scanned.tail)
            .map_err(|source| Error::Append {
                path: path.to_owned(),
                source,
            })?;
        let synced = file.sync();
        let mut log = Self::new(path, file);
        synced.map_err(|source| log.sync_failed(source))?;
        Ok((log, scanned))
    }
}

fn unopened(path: &Path, refused: OpenError) -> Error {
    let path = path.to_owned();
    match refused {
        OpenError::Locked => Error::Locked { path },
        OpenError::Io(source) => Error::Open { path, source },
    }
}

impl<F: LogFile> Log<F> {
    /// A log on `file`, which the caller has locked.
    pub(crate) fn new(path: &Path, file: F) -> Self {
        Self {
            path: path.to_owned(),
            lines: LineWriter::new(file),
        }
    }

    /// Appends one line. After it returns, the line survives the end of this process.
    pub(crate) fn append(&mut self, entry: &Entry<'_>) -> Result<(), Error> {
        let added = self.lines.add(entry);
        let appended = added.and_then(|()| self.lines.write());
        appended.map_err(|source| Error::Append {
            path: self.path.clone(),
            source,
        })
    }

    /// Whether an append or a sync has failed, so that nothing more may be appended.
    #[cfg(test)]
    pub(crate) fn is_broken(&self) -> bool {
        self.lines.is_broken()
    }

    /// Work that brings all that was appended so far to disk, for another thread; `None` when
    /// there is nothing to bring. If it fails, [`Log::sync_failed`] has to be told.
    pub(crate) fn sync_job(&mut self) -> Option<impl FnOnce() -> io::Result<()> + Send + use<F>> {
        self.lines.sync_job()
    }

    /// Brings all that was appended to disk before it returns.
    pub(crate) fn sync_now(&mut self) -> Result<(), Error> {
        let synced = self.lines.sync_now();
        synced.map_err(|source| self.sync_failed(source))
    }

    /// A sync job failed: nothing more is appended. Returns the error.
    pub(crate) fn sync_failed(&mut self, source: io::Error) -> Error {
        self.lines.set_broken();
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
    fn of(path: &Path) -> Self {
        match is_locked(path) {
            Some(true) => Self::Present,
            Some(false) => Self::Absent,
            None => Self::Unknown,
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

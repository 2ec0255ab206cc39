//! The temporary copy of what cannot be read in place: one unnamed file, whatever number of inputs
//! is in it. It vanishes with the process, however that ends.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::Error;
use super::super::open::Handle;
use crate::signals::Stop;

/// Bytes copied at a time: few calls of the system, and next to no memory.
const BLOCK: usize = 256 << 10;

/// Bytes written between two looks at the free space.
const LOOK: u64 = 16 << 20;

/// Free space that is left to others at least, unless the disk is small.
const RESERVE: u64 = 512 << 20;

/// What is left of a small disk: one part in so many.
const PART: u64 = 16;

/// Where copies go.
#[derive(Debug)]
pub(in crate::source) struct Spool {
    dir: PathBuf,
    file: Option<Arc<File>>,
    written: u64,
    /// When to look at the free space again.
    look: u64,
    stop: Stop,
}

/// Why a copy was not made.
#[derive(Debug)]
pub(super) enum Failed {
    /// What was to be copied cannot be read any further.
    Reading(io::Error),
    /// The copy cannot be written.
    Writing(Error),
}

impl Spool {
    /// A file in `dir`, made when something goes into it.
    pub(in crate::source) fn new(dir: &Path, stop: &Stop) -> Self {
        Self {
            dir: dir.to_owned(),
            file: None,
            written: 0,
            look: LOOK,
            stop: stop.clone(),
        }
    }

    /// Copies all that `text` holds of the input at `path`. Adds the bytes to `copied` as they are
    /// written.
    pub(super) fn keep(
        &mut self,
        path: &Path,
        text: &mut dyn Read,
        copied: &mut u64,
    ) -> Result<Handle, Failed> {
        let failed = |source| {
            Failed::Writing(Error::Spool {
                path: path.to_owned(),
                source,
            })
        };
        let file = self.file().map_err(failed)?;
        let start = self.written;
        (&*file).seek(SeekFrom::Start(start)).map_err(failed)?;
        let mut block = vec![0; BLOCK];
        loop {
            if let Some(signal) = self.stop.asked() {
                return Err(Failed::Writing(Error::Interrupted(signal)));
            }
            let read = match text.read(&mut block) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Failed::Reading(error)),
            };
            let bytes = block.get(..read).unwrap_or_default();
            (&*file).write_all(bytes).map_err(failed)?;
            self.written += read as u64;
            *copied += read as u64;
            self.leave_room(&file, path).map_err(Failed::Writing)?;
        }
        let end = self.written;
        Ok(Handle::Copy {
            file,
            start,
            end,
            source: None,
        })
    }

    fn file(&mut self) -> io::Result<Arc<File>> {
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None => Arc::new(tempfile::tempfile_in(&self.dir)?),
        };
        self.file = Some(Arc::clone(&file));
        Ok(file)
    }

    /// A few bytes can decompress to more than any disk holds: stops before the disk is full, since
    /// others write to it too.
    fn leave_room(&mut self, file: &File, path: &Path) -> Result<(), Error> {
        if self.written < self.look {
            return Ok(());
        }
        self.look = self.written + LOOK;
        let Some(space) = space(file) else {
            return Ok(());
        };
        if space.free >= RESERVE.min(space.total / PART) {
            return Ok(());
        }
        Err(Error::SpoolFull {
            path: path.to_owned(),
            dir: self.dir.clone(),
            copied: self.written,
            free: space.free,
        })
    }
}

/// Space on the disk of a file, in bytes.
#[derive(Debug)]
struct Space {
    free: u64,
    total: u64,
}

/// What is unknown does not stop anybody: a full disk is an error of its own.
#[cfg(unix)]
fn space(file: &File) -> Option<Space> {
    let disk = rustix::fs::fstatvfs(file).ok()?;
    Some(Space {
        free: disk.f_bavail.saturating_mul(disk.f_frsize),
        total: disk.f_blocks.saturating_mul(disk.f_frsize),
    })
}

#[cfg(not(unix))]
const fn space(_file: &File) -> Option<Space> {
    None
}

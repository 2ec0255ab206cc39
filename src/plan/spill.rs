//! A temporary file without a name: it vanishes with the process, however that ends.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::Error;

/// Where a block was written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    offset: u64,
    /// Its length in bytes.
    pub(super) bytes: usize,
}

impl Extent {
    /// The part of the extent that starts `at` bytes in, `limit` bytes at most.
    pub(super) fn part(self, at: usize, limit: usize) -> Self {
        let bytes = self.bytes.saturating_sub(at).min(limit);
        Self {
            offset: self.offset + at as u64,
            bytes,
        }
    }
}

/// The file, made when the first block comes.
#[derive(Debug)]
pub(super) struct Spill {
    directory: PathBuf,
    file: Option<File>,
    end: u64,
}

impl Spill {
    /// Makes no file yet.
    pub(super) fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            file: None,
            end: 0,
        }
    }

    /// Appends a block.
    pub(super) fn write(&mut self, block: &[u8]) -> Result<Extent, Error> {
        let failed = |source| Error::Write { source };
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(&self.directory).map_err(failed)?),
        };
        write_all_at(file, block, self.end).map_err(failed)?;
        let extent = Extent {
            offset: self.end,
            bytes: block.len(),
        };
        self.end += block.len() as u64;
        Ok(extent)
    }

    /// Reads a block back into `block`. Several threads may do so at a time.
    pub(super) fn read(&self, extent: Extent, block: &mut Vec<u8>) -> Result<(), Error> {
        block.resize(extent.bytes, 0);
        self.read_at(extent.offset, block)
    }

    /// Reads as many bytes back as `block` holds, from `offset` on. Several threads may do so at
    /// a time.
    pub(super) fn read_at(&self, offset: u64, block: &mut [u8]) -> Result<(), Error> {
        match &self.file {
            Some(file) => {
                read_exact_at(file, block, offset).map_err(|source| Error::Read { source })
            }
            None => Ok(()),
        }
    }

    /// Whether anything was written.
    pub(super) const fn is_used(&self) -> bool {
        self.file.is_some()
    }
}

#[cfg(unix)]
fn write_all_at(file: &File, block: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, block, offset)
}

#[cfg(windows)]
fn write_all_at(mut file: &File, block: &[u8], offset: u64) -> io::Result<()> {
    use std::io::{Seek as _, Write as _};
    file.seek(io::SeekFrom::Start(offset))?;
    file.write_all(block)
}

#[cfg(unix)]
fn read_exact_at(file: &File, block: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, block, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut block: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !block.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, block, offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        block = block.get_mut(read..).unwrap_or_default();
        offset += read as u64;
    }
    Ok(())
}

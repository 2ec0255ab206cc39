//! A temporary file without a name: it vanishes with the process, however that ends.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// Where a block was written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    offset: u64,
    bytes: u64,
}

/// The file, made when the first block comes.
#[derive(Debug)]
pub(crate) struct Spill {
    directory: PathBuf,
    file: Option<File>,
    end: u64,
}

impl Spill {
    /// Makes no file yet; it will be in `directory`.
    pub(crate) fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            file: None,
            end: 0,
        }
    }

    /// Appends all that `write` writes.
    pub(crate) fn append(
        &mut self,
        write: impl FnOnce(&mut SpillWriter<'_>) -> io::Result<()>,
    ) -> io::Result<Extent> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(&self.directory)?),
        };
        let offset = self.end;
        let mut writer = SpillWriter { file, end: offset };
        write(&mut writer)?;
        self.end = writer.end;
        let bytes = self.end - offset;
        Ok(Extent { offset, bytes })
    }

    /// Appends a block.
    pub(crate) fn append_block(&mut self, block: &[u8]) -> io::Result<Extent> {
        self.append(|file| file.write_all(block))
    }

    /// Reads what was appended. Several readers may do so at a time.
    pub(crate) fn reader(&self, extent: Extent) -> io::Take<FileReader<'_>> {
        let file = self.file.as_ref();
        let reader = FileReader {
            file: file.expect("what was appended is in a file"),
            position: extent.offset,
        };
        reader.take(extent.bytes)
    }

    /// Reads as many bytes back as `block` holds, from `offset` on. Several threads may do so at
    /// a time.
    pub(crate) fn read_at(&self, offset: u64, block: &mut [u8]) -> io::Result<()> {
        match &self.file {
            Some(file) => file.read_exact_at(block, offset),
            None => Ok(()),
        }
    }

    /// Whether anything was written.
    pub(crate) const fn is_used(&self) -> bool {
        self.file.is_some()
    }
}

/// Writes to the end of the file.
pub(crate) struct SpillWriter<'a> {
    file: &'a File,
    end: u64,
}

impl Write for SpillWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all_at(bytes, self.end)?;
        self.end += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a file from its beginning, with a position that no other reader of the file moves.
#[derive(Debug)]
pub(crate) struct FileReader<'a> {
    file: &'a File,
    position: u64,
}

impl<'a> FileReader<'a> {
    /// A reader of `file`.
    pub(crate) const fn new(file: &'a File) -> Self {
        Self { file, position: 0 }
    }
}

impl Read for FileReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

//! Chunks of equal size, numbered: in memory at first, then in a temporary file.

use std::path::Path;

use super::Error;
use crate::storage::Spill;

/// Bytes of a chunk.
pub(super) const CHUNK: usize = 1 << 10;

/// A chunk.
pub(super) type Chunk = [u8; CHUNK];

/// Chunks that go to disk at a time: written one by one they would cost as much as all the rest.
const STAGED: usize = 256;

/// All chunks of one thread.
#[derive(Debug)]
pub(super) struct Chunks {
    spill: Spill,
    /// How many are in the file. Those staged come behind them.
    written: usize,
    staged: Vec<Chunk>,
}

impl Chunks {
    /// None yet; the file is made in `directory` when memory does not hold them any more.
    pub(super) fn new(directory: &Path) -> Self {
        Self {
            spill: Spill::new(directory),
            written: 0,
            staged: Vec::new(),
        }
    }

    /// Adds a chunk; returns its number.
    pub(super) fn add(&mut self, chunk: &Chunk) -> Result<u32, Error> {
        if self.staged.len() == STAGED {
            let staged = self.staged.as_flattened();
            self.spill.append_block(staged).map_err(Error::write)?;
            self.written += STAGED;
            self.staged.clear();
        }
        let number = self.written + self.staged.len();
        self.staged.push(*chunk);
        Ok(u32::try_from(number).expect("no disk holds four terabytes of it"))
    }

    /// Reads chunk number `number`. Several threads may do so at a time.
    pub(super) fn read(&self, number: u32, chunk: &mut Chunk) -> Result<(), Error> {
        let number = number as usize;
        if let Some(staged) = number.checked_sub(self.written) {
            if let Some(staged) = self.staged.get(staged) {
                *chunk = *staged;
            }
            return Ok(());
        }
        let offset = (number * CHUNK) as u64;
        self.spill.read_at(offset, chunk).map_err(Error::read)
    }

    /// Whether any is on disk.
    pub(super) const fn are_spilled(&self) -> bool {
        self.spill.is_used()
    }
}

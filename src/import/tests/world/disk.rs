//! The file of the log: what the kernel has, what the disk has, and what goes wrong with either.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fastrand::Rng;

use crate::storage::LogFile;

/// How a process ends without a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crash {
    /// The process is killed: the kernel keeps what it was given.
    Killed,
    /// The machine stops: what was not synced may be lost, from any byte on.
    PowerCut,
}

/// A file in the hands of a process. Its clones are the same file.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    /// So many bytes survive a power cut.
    durable: usize,
    /// So many bytes are covered by the sync under way.
    covered: usize,
    /// A sync failed: the kernel has given up on what it covered, and no later one brings it back.
    given_up: bool,
    /// Appends until the disk is full.
    appends: Option<u32>,
    /// Syncs until one fails.
    syncs: Option<u32>,
}

/// Counts down; true for the operation that fails, and for all behind it.
fn fails(left: &mut Option<u32>) -> bool {
    match left {
        None => false,
        Some(0) => true,
        Some(left) => {
            *left -= 1;
            false
        }
    }
}

impl LogFile for Disk {
    fn append(&self, line: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        if fails(&mut state.appends) {
            // What still fitted stands there.
            let fitting = line.len() / 3;
            state.bytes.extend_from_slice(&line[..fitting]);
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        state.bytes.extend_from_slice(line);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.state();
        if fails(&mut state.syncs) {
            state.syncs = None;
            state.given_up = true;
            return Err(io::Error::other("the disk is sick"));
        }
        if !state.given_up {
            state.durable = state.covered;
        }
        Ok(())
    }
}

impl Disk {
    /// A file that was just opened, and synced when it was.
    pub(super) fn opened(bytes: Vec<u8>) -> Self {
        let state = State {
            durable: bytes.len(),
            bytes,
            ..State::default()
        };
        Self(Arc::new(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an operation of this session fail.
    pub(super) fn spoil(&self, rng: &mut Rng) {
        let mut state = self.state();
        let operations = Some(rng.u32(..60));
        if rng.bool() {
            state.appends = operations;
        } else {
            state.syncs = operations.map(|operations| operations / 4);
        }
    }

    /// A sync begins: it covers what was appended so far.
    pub(super) fn begin_sync(&self) {
        let mut state = self.state();
        state.covered = state.bytes.len();
    }

    /// Bytes that the kernel has.
    pub(super) fn len(&self) -> usize {
        self.state().bytes.len()
    }

    /// Bytes that survive whatever happens.
    pub(super) fn durable(&self) -> usize {
        self.state().durable
    }

    /// What the next process finds.
    pub(super) fn after(&self, crash: Crash, rng: &mut Rng) -> Vec<u8> {
        let state = self.state();
        let left = match crash {
            Crash::Killed => state.bytes.len(),
            Crash::PowerCut => rng.usize(state.durable..=state.bytes.len()),
        };
        state.bytes[..left].to_vec()
    }
}

//! The way of rows into the partitions: at once while they are few, on a thread of its own when
//! they are many, so that the first pass reads and checks on the other core.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::Error;
use super::fold::hash;
use super::partition::{Partition, put_key};
use super::spill::Spill;
use crate::record::{Location, Row};

/// Partitions. With 50 million rows one holds some 200,000, which fold in about 20 MB.
const PARTITIONS: usize = 256;

/// Rows handed over at a time: some 300 KB, enough that the hand-over costs nothing.
const BATCH: usize = 4096;

/// Batches under way: one being filled, one being worked off, one waiting.
const BATCHES: usize = 3;

/// All partitions and the file behind them.
#[derive(Debug)]
pub(super) struct Partitions {
    pub(super) all: Vec<Partition>,
    pub(super) spill: Spill,
    pub(super) seed: u64,
}

impl Partitions {
    pub(super) fn new(spill: Spill, seed: u64) -> Self {
        let all = std::iter::repeat_with(Partition::new)
            .take(PARTITIONS)
            .collect();
        Self { all, spill, seed }
    }

    fn add(&mut self, batch: &Batch) -> Result<(), Error> {
        let mut keys = batch.keys.as_slice();
        for &(location, unread_num, length) in &batch.rows {
            let Some((key, rest)) = keys.split_at_checked(length) else {
                break;
            };
            keys = rest;
            // The lowest bits choose the bucket of the hash table and the highest its tag, so the
            // partition is chosen by bits between them.
            let index = usize::from(hash(self.seed, key).to_le_bytes()[5]);
            if let Some(partition) = self.all.get_mut(index) {
                partition.push(location, unread_num, key, &mut self.spill)?;
            }
        }
        Ok(())
    }
}

/// Rows on their way.
#[derive(Debug, Default)]
struct Batch {
    /// Place, count and length of the key.
    rows: Vec<(Location, u32, usize)>,
    /// The keys one after the other.
    keys: Vec<u8>,
}

impl Batch {
    fn push(&mut self, row: &Row<'_>) {
        let start = self.keys.len();
        put_key(row, &mut self.keys);
        self.rows
            .push((row.location, row.unread_num, self.keys.len() - start));
    }

    fn clear(&mut self) {
        self.rows.clear();
        self.keys.clear();
    }
}

/// Takes rows.
#[derive(Debug)]
pub(super) struct Intake {
    batch: Batch,
    state: State,
}

#[derive(Debug)]
enum State {
    /// No batch was full yet.
    Few(Partitions),
    /// A thread has the partitions.
    Many(Worker),
    /// The thread ended with an error, which was told.
    Failed,
}

#[derive(Debug)]
struct Worker {
    full: SyncSender<Batch>,
    empty: Receiver<Batch>,
    thread: JoinHandle<Result<Partitions, Error>>,
}

impl Intake {
    pub(super) fn new(partitions: Partitions) -> Self {
        Self {
            batch: Batch::default(),
            state: State::Few(partitions),
        }
    }

    /// Takes a row.
    pub(super) fn add(&mut self, row: &Row<'_>) -> Result<(), Error> {
        self.batch.push(row);
        if self.batch.rows.len() < BATCH {
            return Ok(());
        }
        self.state = match std::mem::replace(&mut self.state, State::Failed) {
            State::Few(partitions) => State::Many(Worker::start(partitions)?),
            other @ (State::Many(_) | State::Failed) => other,
        };
        self.hand_over()
    }

    fn hand_over(&mut self) -> Result<(), Error> {
        let State::Many(worker) = &self.state else {
            return Ok(());
        };
        // The thread gives batches back and takes others as long as it lives.
        if let Ok(empty) = worker.empty.recv()
            && worker
                .full
                .send(std::mem::replace(&mut self.batch, empty))
                .is_ok()
        {
            return Ok(());
        }
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Many(worker) => worker.join().map(|_| ()),
            State::Few(_) | State::Failed => Ok(()),
        }
    }

    /// The partitions with all rows in them.
    pub(super) fn finish(self) -> Result<Partitions, Error> {
        let mut partitions = match self.state {
            State::Few(partitions) => partitions,
            State::Many(worker) => worker.join()?,
            // Whoever was told of the error does not come here.
            State::Failed => {
                return Err(Error::Write {
                    source: std::io::ErrorKind::Other.into(),
                });
            }
        };
        partitions.add(&self.batch)?;
        Ok(partitions)
    }
}

impl Worker {
    fn start(partitions: Partitions) -> Result<Self, Error> {
        let (full, to_do) = sync_channel::<Batch>(BATCHES);
        let (done, empty) = sync_channel(BATCHES);
        for _ in 1..BATCHES {
            // Nobody can have hung up yet, and there is room.
            done.send(Batch::default()).expect("both ends are here");
        }
        let mut partitions = partitions;
        let work = move || {
            for mut batch in to_do {
                partitions.add(&batch)?;
                batch.clear();
                if done.send(batch).is_err() {
                    break;
                }
            }
            Ok(partitions)
        };
        let thread = std::thread::Builder::new()
            .name("duplicates".to_owned())
            .spawn(work)
            .map_err(|source| Error::Thread { source })?;
        Ok(Self {
            full,
            empty,
            thread,
        })
    }

    /// Lets the thread finish what it has, and takes the partitions back.
    fn join(self) -> Result<Partitions, Error> {
        let Self {
            full,
            empty,
            thread,
        } = self;
        drop(full);
        let joined = thread.join();
        // Held until now: a thread that could not give a batch back would stop early.
        drop(empty);
        joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

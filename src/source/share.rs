//! A pass on all cores: each thread takes the next piece of the inputs and judges its records,
//! and what is to be said of them is told in the order of the inputs.
//!
//! Only one thread reads at a time. Where it can, it does no more than cut off the next stretch;
//! elsewhere it takes the records apart too, while the others judge.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::batch::Batch;
use super::stretch::Stretch;
use super::{Digest, Error, Inputs, Parser, Reader};
use crate::record::{Location, Problem, RawRow};

/// Most threads of a pass. Beyond it they would wait for each other, to read.
const THREADS: usize = 4;

/// Pieces read ahead before a thread goes over to judging.
const AHEAD: usize = 4;

/// Remarks whose turn has not come, before a thread waits for it.
const EARLY: usize = 4;

/// Judges records. Each thread of a pass has a judge of its own.
pub(crate) trait Judge: Send {
    /// Why a pass is given up.
    type Error: From<Error> + Send;
    /// What is to be said of some records.
    type Remarks: Send;

    /// Judges a row; `true` when so much is to be said that it should be asked for. The row's bytes
    /// (`raw`) are left out where it was packed: who needs them, to write them elsewhere, reads
    /// with a `Reader`.
    fn judge(&mut self, row: &RawRow<'_>) -> Result<bool, Self::Error>;

    /// Takes note of a record that cannot be taken apart; `true` as above.
    fn reject(&mut self, location: Location, problem: &Problem) -> bool;

    /// What is to be said of the records since this was asked last, if anything.
    fn remarks(&mut self) -> Option<Self::Remarks>;
}

/// How many judges a pass has work for.
pub(crate) fn judges() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().min(THREADS))
}

/// Records in a row.
#[derive(Debug, Default)]
struct Piece {
    /// Which piece it is of all.
    number: u64,
    stretch: Stretch,
    /// Used where there is no stretch.
    batch: Batch,
}

impl Piece {
    fn is_empty(&self) -> bool {
        self.stretch.is_empty() && self.batch.is_empty()
    }
}

/// What is still to be read. One thread at a time has it.
#[derive(Debug)]
struct Feed<'a> {
    reader: Reader<'a>,
    taken: u64,
    failed: Option<Error>,
    ended: bool,
}

impl Feed<'_> {
    /// Reads the next piece; `false` when there is none.
    fn take(&mut self, piece: &mut Piece) -> Result<bool, Error> {
        piece.stretch.clear();
        piece.batch.clear();
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if !self.ended
            && let Err(error) = self.fill(piece)
        {
            self.ended = true;
            // What was read before it counts.
            if piece.is_empty() {
                return Err(error);
            }
            self.failed = Some(error);
        }
        piece.number = self.taken;
        self.taken += 1;
        Ok(!piece.is_empty())
    }

    fn fill(&mut self, piece: &mut Piece) -> Result<(), Error> {
        if self.reader.take_stretch(&mut piece.stretch)? {
            return Ok(());
        }
        while !piece.batch.is_full() {
            if !self.reader.advance()? {
                self.ended = true;
                break;
            }
            self.reader.lend(|record| piece.batch.push(record));
        }
        Ok(())
    }
}

/// The pieces that were read and are still to be judged.
#[derive(Debug, Default)]
struct Ready {
    pieces: VecDeque<Piece>,
    spare: Vec<Piece>,
    /// Whether a thread is reading.
    reading: bool,
    /// Whether nothing more is read.
    ended: bool,
}

/// What a thread does next.
enum Turn {
    Judge(Piece),
    /// Nothing is there to judge and nobody reads.
    Read,
    End,
}

/// What is to be said of the records of a piece, or of the first or next of them.
struct Said<T> {
    /// Which piece.
    number: u64,
    remarks: Option<T>,
    /// Whether that is all.
    done: bool,
}

/// Tells what comes in any order in that of the pieces.
struct InOrder<'a, T, F: FnMut(T)> {
    tell: &'a mut F,
    /// The piece whose turn it is.
    turn: u64,
    early: BTreeMap<u64, Vec<Said<T>>>,
    /// How many are early.
    waiting: usize,
}

impl<T, F: FnMut(T)> InOrder<'_, T, F> {
    fn put(&mut self, said: Said<T>) {
        if said.number != self.turn {
            self.early.entry(said.number).or_default().push(said);
            self.waiting += 1;
            return;
        }
        let mut done = said.done;
        said.remarks.map(&mut *self.tell);
        while done {
            self.turn += 1;
            done = false;
            for said in self.early.remove(&self.turn).unwrap_or_default() {
                self.waiting -= 1;
                done = said.done;
                said.remarks.map(&mut *self.tell);
            }
        }
    }

    /// Takes what the other threads have, unless too much is waiting for its turn; then it waits
    /// for them, if it `may`.
    fn catch_up(&mut self, others: &Receiver<Said<T>>, may: bool) {
        while self.waiting <= EARLY
            && let Ok(said) = others.try_recv()
        {
            self.put(said);
        }
        while may
            && self.waiting > EARLY
            && let Ok(said) = others.recv()
        {
            self.put(said);
        }
    }
}

/// What all threads of a pass use.
struct Shared<'a> {
    inputs: &'a Inputs,
    feed: Mutex<Feed<'a>>,
    ready: Mutex<Ready>,
    /// Something changed about what is ready.
    changed: Condvar,
}

impl Shared<'_> {
    /// Reads and judges until there is nothing left, or nobody `hear`s of it any more.
    fn work<J: Judge>(
        &self,
        judge: &mut J,
        mut hear: impl FnMut(Said<J::Remarks>) -> bool,
    ) -> Result<(), J::Error> {
        let mut parser = None;
        loop {
            let piece = match self.next_turn() {
                Turn::End => return Ok(()),
                Turn::Read => {
                    self.read_ahead()?;
                    continue;
                }
                Turn::Judge(piece) => piece,
            };
            let mut heard = true;
            let mut say = |judge: &mut J, done| {
                heard &= hear(Said {
                    number: piece.number,
                    remarks: judge.remarks(),
                    done,
                });
            };
            let judged = self.judge(judge, &piece, &mut parser, |judge| say(judge, false));
            say(judge, true);
            if judged.is_err() || !heard {
                self.ready().ended = true;
                return judged;
            }
            self.ready().spare.push(piece);
        }
    }

    fn ready(&self) -> MutexGuard<'_, Ready> {
        // Nothing is done while it is locked that can leave it half done.
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_turn(&self) -> Turn {
        let mut ready = self.ready();
        loop {
            if let Some(piece) = ready.pieces.pop_front() {
                return Turn::Judge(piece);
            }
            if ready.ended {
                return Turn::End;
            }
            if !ready.reading {
                ready.reading = true;
                return Turn::Read;
            }
            let waited = self.changed.wait(ready);
            ready = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Reads until enough is ready. One thread goes on as long as the others judge faster: what it
    /// read last is in the caches of its core.
    fn read_ahead(&self) -> Result<(), Error> {
        let mut reading = Reading {
            shared: self,
            ended: true,
        };
        // Poisoned, it stays with the panic that goes on where its thread is joined.
        let Ok(mut feed) = self.feed.lock() else {
            return Ok(());
        };
        loop {
            let spare = self.ready().spare.pop();
            let mut piece = spare.unwrap_or_default();
            if !feed.take(&mut piece)? {
                return Ok(());
            }
            let mut ready = self.ready();
            ready.pieces.push_back(piece);
            self.changed.notify_one();
            if ready.ended || ready.pieces.len() >= AHEAD {
                reading.ended = ready.ended;
                return Ok(());
            }
        }
    }

    /// Judges the records of `piece`, with a `pause` where much is to be said. The parser is that
    /// of the file of the last stretch.
    fn judge<J: Judge>(
        &self,
        judge: &mut J,
        piece: &Piece,
        parser: &mut Option<(u32, Parser)>,
        pause: impl FnMut(&mut J),
    ) -> Result<(), J::Error> {
        let maps = self.inputs.maps();
        if piece.stretch.is_empty() {
            return piece.batch.judge(maps, judge);
        }
        let file = piece.stretch.file();
        if parser.as_ref().is_none_or(|&(before, _)| before != file) {
            *parser = self.inputs.parser(file).map(|parser| (file, parser));
        }
        match parser {
            Some((_, parser)) => piece.stretch.judge(parser, maps, judge, pause),
            None => Ok(()),
        }
    }
}

/// Lets another thread read when it goes, also by way of a panic.
struct Reading<'s, 'a> {
    shared: &'s Shared<'a>,
    /// Whether there is nothing more to read.
    ended: bool,
}

impl Drop for Reading<'_, '_> {
    fn drop(&mut self) {
        let mut ready = self.shared.ready();
        ready.reading = false;
        ready.ended |= self.ended;
        drop(ready);
        self.shared.changed.notify_all();
    }
}

impl Inputs {
    /// Shares all records out to `judges`, the first of which works on this thread, as does
    /// `tell`. Each judge has records in the order of the inputs. Returns what was read.
    pub(crate) fn share_out<J: Judge>(
        &self,
        judges: &mut [J],
        tell: &mut impl FnMut(J::Remarks),
    ) -> Result<Vec<Digest>, J::Error> {
        let feed = Feed {
            reader: self.reader(),
            taken: 0,
            failed: None,
            ended: false,
        };
        let shared = Shared {
            inputs: self,
            feed: Mutex::new(feed),
            ready: Mutex::default(),
            changed: Condvar::new(),
        };
        let Some((own, others)) = judges.split_first_mut() else {
            return Ok(Vec::new());
        };
        let (to_tell, remarks) = sync_channel(EARLY);
        let mut in_order = InOrder {
            tell,
            turn: 0,
            early: BTreeMap::new(),
            waiting: 0,
        };
        std::thread::scope(|scope| {
            let shared = &shared;
            let helpers: Vec<_> = others
                .iter_mut()
                .map(|judge| {
                    let to_tell = to_tell.clone();
                    scope.spawn(move || shared.work(judge, |said| to_tell.send(said).is_ok()))
                })
                .collect();
            drop(to_tell);
            let mut worked = shared.work(own, |said| {
                let done = said.done;
                in_order.put(said);
                in_order.catch_up(&remarks, done);
                true
            });
            for said in remarks {
                in_order.put(said);
            }
            for helper in helpers {
                let helped = helper.join();
                worked =
                    worked.and(helped.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            worked
        })?;
        let feed = shared.feed.into_inner();
        let feed = feed.unwrap_or_else(PoisonError::into_inner);
        Ok(feed.reader.digests().to_vec())
    }
}

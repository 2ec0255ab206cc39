//! The state of a session, and what the engine is told.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::command::{Command, End, Error, InputFailure, Now};
use super::log_state::LogState;
use super::queue::{PendingCall, Queue};
use crate::checkpoint::{self, Entry, Ledger, Misplaced, Outcome, Overwritten};
use crate::delivery::{Account, Change, ConcurrencyLimit, Limit, Pacer, Patience};
use crate::event::Event;
use crate::operation::{Call, Operation, RowToSend};
use crate::signals::Signal;
use crate::stop_reason::StopReason;

/// How an import sends.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Calls per second.
    pub(crate) limit: Limit,
    /// Calls without an answer at a time.
    pub(crate) concurrency: ConcurrencyLimit,
    /// How long to keep trying.
    pub(crate) patience: Patience,
    /// Send calls again that failed in an earlier session.
    pub(crate) retry_failed: bool,
    /// The options that a command to continue repeats, for the log.
    pub(crate) resume: Vec<String>,
}

/// How the calls of one operation leave.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) operation: Operation,
    pub(super) pacer: Pacer,
    pub(super) queue: Queue,
}

/// How far the input is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    On,
    Ended,
}

/// A session of an import. `I` is what can go wrong with its input.
#[derive(Debug)]
pub(crate) struct Engine<I: InputFailure> {
    pub(super) settings: Settings,
    pub(super) not_before: Instant,
    /// One for each operation in use, that of the planned rows first.
    pub(super) lanes: Vec<Lane>,
    pub(super) ledger: Ledger,
    pub(super) log: LogState,
    pub(super) out: VecDeque<Command>,
    pub(super) random: fastrand::Rng,
    pub(super) reading: Reading,
    /// Planned rows read so far that have a number.
    pub(super) ordinal: u64,
    /// Rows up to this number have left.
    pub(super) sent_up_to: u64,
    /// Rows up to this number had left before this session.
    pub(super) sent_before: u64,
    /// Rows read since the last admission that replace an earlier count.
    pub(super) overwritten: Vec<Overwritten>,
    pub(super) next_pulse: Instant,
    pub(super) end: Option<Result<End, Error<I>>>,
    /// The input has more than was planned.
    pub(super) grown: Option<I>,
    /// What is in flight is not waited for.
    pub(super) cut: bool,
    /// The last line of the session is written.
    pub(super) closed: bool,
}

impl<I: InputFailure> Engine<I> {
    /// Sets up a session on a log that says `ledger`. The first call leaves at `not_before` at the
    /// earliest. `seed` is that of the jitter of waits.
    pub(crate) fn new(
        settings: Settings,
        ledger: Ledger,
        not_before: Instant,
        seed: u64,
        now: Now,
    ) -> Self {
        let mut patience = settings.patience;
        if ledger.counts().succeeded > 0 {
            // A call that succeeded once proves that the app and the ids are the right ones.
            patience.early_stop = None;
        }
        let settings = Settings {
            patience,
            ..settings
        };
        let mut engine = Self {
            log: LogState::new(ledger.admitted(), now.at),
            sent_up_to: ledger.admitted(),
            sent_before: ledger.admitted(),
            ledger,
            out: VecDeque::new(),
            random: fastrand::Rng::with_seed(seed),
            reading: Reading::On,
            ordinal: 0,
            overwritten: Vec::new(),
            next_pulse: now.at,
            end: None,
            grown: None,
            cut: false,
            closed: false,
            lanes: Vec::new(),
            not_before,
            settings,
        };
        engine.lane(Operation::FIRST);
        engine.open_session(now);
        engine
    }

    /// The lane of an operation, made when it is needed first.
    pub(super) fn lane(&mut self, operation: Operation) -> usize {
        let there = self
            .lanes
            .iter()
            .position(|lane| lane.operation == operation);
        there.unwrap_or_else(|| {
            let settings = &self.settings;
            self.lanes.push(Lane {
                operation,
                pacer: Pacer::new(
                    settings.limit,
                    self.not_before,
                    settings.concurrency.clone(),
                    settings.patience,
                ),
                queue: Queue::default(),
            });
            self.lanes.len() - 1
        })
    }

    /// How the session ended, once it is over, and the state of the log.
    pub(crate) fn into_end(self) -> (Result<End, Error<I>>, Ledger) {
        (self.end.unwrap_or(Ok(End::Completed)), self.ledger)
    }

    /// The next planned row of the input: the number of its record, and what is to be set.
    pub(crate) fn planned(
        &mut self,
        row: u64,
        (group_id, member_account): (&str, &str),
        unread_num: u32,
    ) {
        if let Err(misplaced) = self.number(row) {
            return self.beyond_plan(misplaced);
        }
        if self.ledger.is_done(row, self.settings.retry_failed) {
            return;
        }
        let row = RowToSend {
            row,
            ordinal: self.ordinal,
            group_id: group_id.into(),
            member_account: member_account.into(),
            unread_num,
        };
        // A call that was admitted before is named there, and may have its outcome behind that.
        if self.ledger.overwrites(row.row) && row.ordinal > self.ledger.admitted() {
            self.overwritten
                .push(Overwritten::new(row.ordinal, group_id, member_account));
        }
        self.offer(row);
    }

    /// The next planned row of the input is one that must not be sent. It keeps its number.
    pub(crate) fn withheld(&mut self, row: u64) {
        if let Err(misplaced) = self.number(row) {
            self.beyond_plan(misplaced);
        }
    }

    /// Gives a planned row its number, unless it was done when the input was replaced.
    fn number(&mut self, row: u64) -> Result<(), Misplaced> {
        let rows = self.ledger.header().rows;
        if row > rows {
            return Err(Misplaced::NoSuchRow { row, rows });
        }
        if !self.ledger.is_carried(row) {
            let calls = self.ledger.numbered();
            if self.ordinal == calls {
                let admitted = self.ordinal + 1;
                return Err(Misplaced::TooManyCalls { admitted, calls });
            }
            self.ordinal += 1;
        }
        Ok(())
    }

    fn offer(&mut self, row: RowToSend) {
        if let Some(first) = self.lanes.first_mut() {
            first.queue.offer(PendingCall {
                call: Call::of_one(Operation::FIRST, row),
                attempts: 0,
                account: Account::default(),
                perhaps_carried_out: false,
            });
        }
    }

    fn beyond_plan(&mut self, misplaced: Misplaced) {
        self.stop_with(Err(Error::BeyondPlan(misplaced)));
    }

    /// The next invalid row of the input.
    pub(crate) fn rejected(&mut self, outcome: Outcome<'static>) {
        if !self.ledger.is_rejected(outcome.row) {
            self.append(Entry::Outcome(outcome));
            self.report(Event::Rejected);
        }
    }

    /// Whether the next row of the input would be taken now.
    pub(crate) fn wants_rows(&self) -> bool {
        let Some(first) = self.lanes.first() else {
            return false;
        };
        let waiting = first.queue.waiting();
        let policy = first.pacer.policy();
        let ahead = if policy.down_since().is_none() && policy.wants_another_group() {
            Self::LOOK_AHEAD.max(first.pacer.room())
        } else {
            Self::MOST_WAITING.max(first.pacer.room())
        };
        self.end.is_none()
            && self.reading == Reading::On
            && first.queue.fresh() < self.block()
            && waiting < ahead
    }

    /// The last row was told.
    pub(crate) fn input_ended(&mut self) {
        self.reading = Reading::Ended;
    }

    /// The input cannot be read on. What is in flight still gets its outcome.
    pub(crate) fn input_failed(&mut self, error: I) {
        self.reading = Reading::Ended;
        self.stop_with(Err(Error::Input(error)));
    }

    /// All that was planned is read, and the input is no longer what it was. What was planned goes
    /// on to its end, and then the session ends with this error.
    pub(crate) fn input_grew(&mut self, error: I) {
        self.reading = Reading::Ended;
        if self.end.is_none() {
            self.grown = Some(error);
        }
    }

    /// A signal asks for the end; a second one does not wait for answers.
    pub(crate) fn signal(&mut self, signal: Signal) {
        if self.end.is_some() {
            self.cut = true;
        } else {
            self.stop_with(Ok(End::Interrupted(signal)));
        }
    }

    /// The last sync has ended.
    pub(crate) fn synced(&mut self, result: Result<(), checkpoint::Error>) {
        match result {
            Ok(()) => self.log.end(),
            Err(error) => self.log_failed(error),
        }
    }

    /// The log could not be written. Nothing more is done.
    pub(crate) fn log_failed(&mut self, error: checkpoint::Error) {
        self.log.broken = true;
        self.out.clear();
        self.end = Some(Err(Error::Checkpoint(error)));
    }

    /// The call that was sent last was handed to the network at `at`.
    pub(crate) fn departed(&mut self, operation: Operation, at: Instant) {
        let lane = self.lane(operation);
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.pacer.departed(at);
        }
    }

    /// Checks a line against the state of the log, and has it appended: nothing reaches the log
    /// that its own reader would refuse.
    pub(super) fn append(&mut self, entry: Entry<'static>) -> bool {
        if let Err(misplaced) = self.ledger.apply(&entry) {
            self.beyond_plan(misplaced);
            return false;
        }
        if let Entry::Admitted { calls, .. } = &entry {
            self.log.admits(*calls);
        } else if let Entry::Session(_) = &entry {
            self.log.appended_urgently();
        } else {
            self.log.appended();
        }
        self.out.push_back(Command::Append(entry));
        true
    }

    pub(super) fn report(&mut self, event: Event<'static>) {
        self.out.push_back(Command::Report(event));
    }

    /// Ends the session, unless it ends already, once everything in flight has its answer.
    pub(super) fn stop_with(&mut self, end: Result<End, Error<I>>) {
        if self.end.is_none() {
            self.end = Some(end);
            let in_flight = self.in_flight();
            self.report(Event::Draining { in_flight });
        }
    }

    pub(super) fn stop(&mut self, reason: Option<StopReason>) {
        if let Some(reason) = reason {
            self.stop_with(Ok(End::Stopped(reason)));
        }
    }

    /// Tells of a change of the target.
    pub(super) fn report_change(&mut self, change: Option<Change>, lane: usize, at: Instant) {
        let event = match change {
            None => return,
            Some(Change::Ended(lasted)) => Event::OutageEnded { at, lasted },
            Some(Change::Began) => {
                let last = self
                    .lanes
                    .get(lane)
                    .map(|lane| lane.pacer.policy().last_failure());
                Event::OutageBegan {
                    at,
                    info: last.unwrap_or_default().to_owned().into(),
                }
            }
        };
        self.report(event);
    }

    /// Calls without an answer.
    pub(super) fn in_flight(&self) -> usize {
        self.lanes.iter().map(|lane| lane.pacer.in_flight()).sum()
    }

    /// Rows that are read and admitted ahead: a second's worth.
    pub(super) fn block(&self) -> usize {
        self.settings.limit.get().max(2) as usize
    }

    /// Calls that may wait for another attempt while more are read: at some 200 bytes each, 2 MB.
    const MOST_WAITING: usize = 10_000;

    /// Rows that are read ahead to find a call of another group, before what is known of the
    /// present ones has to do.
    const LOOK_AHEAD: usize = 1_000;
}

//! The loop of an import. It owns all state: what waits, what is in flight, the gate, the breaker
//! and the log. Nothing that touches it is spawned: only the `fdatasync`, which would hold up the
//! pace, and the empty task whose end says that a call has left.

use std::io;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use jiff::Timestamp;
use tokio::task::JoinHandle;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use super::book::Book;
use super::calls::Calls;
use super::queue::{Pending, Queue};
use super::room::Room;
use super::settle::{EarlyStop, End, Hindrance, Stop};
use super::signals::{Signal, Signals};
use crate::checkpoint::{self, Ledger, Log, LogFile};
use crate::delivery::{Breaker, Gate, Limit};
use crate::event::{Event, Pulse};
use crate::tencent::{Client, Transport, Verdict};

/// How long an outcome may be in the kernel only: what a power cut costs, in repeated calls.
const SYNC_EVERY: Duration = Duration::from_millis(200);

/// How often observers hear of the engine's state, and limits on time are checked.
const PULSE_EVERY: Duration = Duration::from_millis(100);

/// How an import sends.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Calls per second.
    pub(crate) limit: Limit,
    /// Calls without an answer at a time.
    pub(crate) room: Room,
    /// Attempts a call.
    pub(crate) max_attempts: u32,
    /// Stop when more calls than this have failed.
    pub(crate) max_failures: Option<u64>,
    /// Stop when the first so many calls are refused with one code.
    pub(crate) early_stop: Option<u64>,
    /// How long a target that is down, or that only refuses for the rate, is probed.
    pub(crate) outage_limit: Duration,
    /// Send calls again that failed in an earlier session.
    pub(crate) retry_failed: bool,
}

/// Why a session could not end in order.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The checkpoint cannot be written.
    #[error(transparent)]
    Checkpoint(#[from] checkpoint::Error),
    /// The input cannot be read on, or changed since the first pass.
    #[error(transparent)]
    Input(#[from] super::survey::Error),
    /// The input has more rows than the first pass counted.
    #[error("the input grew while it was being imported: {0}")]
    Grown(checkpoint::Misplaced),
}

/// What an import works with.
pub(crate) struct Parts<'a, T: Transport, F> {
    /// The target.
    pub(crate) client: &'a Client<T>,
    /// The second pass over the input.
    pub(crate) calls: Calls<'a>,
    /// The open log.
    pub(crate) log: Log<F>,
    /// What the log said when it was opened.
    pub(crate) ledger: Ledger,
    /// How to send.
    pub(crate) settings: Settings,
    /// Not before this instant may the first call leave: what an earlier process sent may still
    /// count in the target's present second.
    pub(crate) not_before: Instant,
    /// Wall time, for the stamps of the log.
    pub(crate) clock: fn() -> Timestamp,
}

/// An answered attempt.
pub(super) struct Answered {
    pub(super) call: Pending,
    pub(super) verdict: Verdict,
    pub(super) sent: Instant,
    pub(super) latency: Duration,
}

/// A session of an import.
pub(crate) struct Import<'a, T: Transport, F> {
    pub(super) client: &'a Client<T>,
    pub(super) calls: Calls<'a>,
    pub(super) book: Book<F>,
    pub(super) settings: Settings,
    pub(super) clock: fn() -> Timestamp,
    pub(super) gate: Gate,
    pub(super) breaker: Breaker,
    pub(super) queue: Queue,
    pub(super) in_flight: FuturesUnordered<LocalBoxFuture<'a, Answered>>,
    pub(super) observer: &'a mut dyn FnMut(Event<'_>),
    pub(super) early_stop: EarlyStop,
    pub(super) limited: Hindrance,
    pub(super) last_unreachable: String,
    /// An answer has come, so that more than one call may be in flight.
    pub(super) warm: bool,
    /// The input is read to its end.
    pub(super) exhausted: bool,
    /// Planned calls passed so far.
    pub(super) ordinal: u64,
    /// Calls up to this ordinal have left.
    pub(super) left: u64,
    /// Those that had left before this session.
    pub(super) left_before: u64,
    pub(super) failures: u64,
    pub(super) end: Option<Result<End, Error>>,
    pub(super) sync: Option<JoinHandle<io::Result<()>>>,
}

impl<T: Transport, F> std::fmt::Debug for Import<'_, T, F> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Import")
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

impl<'a, T: Transport, F: LogFile> Import<'a, T, F> {
    /// Sets up a session; nothing is sent and nothing is written yet.
    pub(crate) fn new(parts: Parts<'a, T, F>, observer: &'a mut dyn FnMut(Event<'_>)) -> Self {
        // A call that succeeded once proves that the app and the ids are the right ones.
        let proven = parts.ledger.counts().succeeded > 0;
        Self {
            client: parts.client,
            calls: parts.calls,
            left: parts.ledger.admitted(),
            left_before: parts.ledger.admitted(),
            book: Book {
                log: parts.log,
                ledger: parts.ledger,
            },
            gate: Gate::new(parts.settings.limit, parts.not_before),
            breaker: Breaker::new(),
            queue: Queue::default(),
            in_flight: FuturesUnordered::new(),
            observer,
            early_stop: EarlyStop::new(parts.settings.early_stop.filter(|_| !proven)),
            limited: Hindrance::default(),
            last_unreachable: String::new(),
            warm: false,
            exhausted: false,
            ordinal: 0,
            failures: 0,
            end: None,
            sync: None,
            settings: parts.settings,
            clock: parts.clock,
        }
    }

    /// Runs the session to its end. The log is closed in order whatever the end; the ledger that
    /// comes back is the state of the log.
    pub(crate) async fn run(mut self, signals: &mut Signals) -> (Result<End, Error>, Ledger) {
        let end = match self.open_session() {
            Ok(()) => self.turn_until_end(signals).await,
            Err(error) => Err(error),
        };
        // What happened since the last tick belongs into the numbers that are told.
        self.tell_pulse(Instant::now());
        // Answers that have not come yet must not be awaited by dropping late.
        self.in_flight.clear();
        let closed = self.close_session(&end).await;
        let end = match (end, closed) {
            (Ok(_), Err(error)) => Err(error),
            (end, _) => end,
        };
        (end, self.book.ledger)
    }

    async fn turn_until_end(&mut self, signals: &mut Signals) -> Result<End, Error> {
        let mut sync_tick = every(SYNC_EVERY);
        let mut pulse_tick = every(PULSE_EVERY);
        loop {
            if self.exhausted && self.queue.is_empty() && self.in_flight.is_empty() {
                return self.end.take().unwrap_or(Ok(End::Completed));
            }
            if self.in_flight.is_empty()
                && let Some(end) = self.end.take()
            {
                return end;
            }
            let reading = self.end.is_none() && !self.exhausted && self.queue.wants_fresh();
            let due = if reading { None } else { self.due() };
            let now = Instant::now();
            let ready = due.is_some_and(|due| due <= now);
            tokio::select! {
                biased;
                signal = signals.next() => {
                    if self.end.is_some() {
                        return self.end.take().unwrap_or(Ok(End::Interrupted(signal)));
                    }
                    self.drain(signal);
                }
                () = std::future::ready(()), if ready => self.send(now).await?,
                Some(answered) = self.in_flight.next() => self.answered(answered)?,
                _ = pulse_tick.tick() => self.pulse(),
                synced = join(&mut self.sync), if self.sync.is_some() => {
                    self.sync = None;
                    synced.map_err(|source| self.book.log.sync_failed(source))?;
                }
                _ = sync_tick.tick(), if self.sync.is_none() => {
                    self.sync = self.book.log.sync_job().map(tokio::task::spawn_blocking);
                }
                () = std::future::ready(()), if reading => self.read_on()?,
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() && !ready => {}
            }
        }
    }

    fn pulse(&mut self) {
        let at = Instant::now();
        let down_since = self.breaker.down_since();
        if let Some(since) = down_since
            && at - since > self.settings.outage_limit
        {
            let last = std::mem::take(&mut self.last_unreachable);
            self.stop(Stop::Outage {
                lasted: at - since,
                last,
            });
        }
        self.tell_pulse(at);
    }

    fn tell_pulse(&mut self, at: Instant) {
        (self.observer)(Event::Pulse(Pulse {
            at,
            in_flight: self.in_flight.len(),
            waiting: self.queue.waiting(),
            calls_now: self.gate.calls_now(at),
            busiest_second: self.gate.busiest_second(),
            down_since: self.breaker.down_since(),
        }));
    }

    pub(super) fn stop(&mut self, stop: Stop) {
        if self.end.is_none() {
            self.end = Some(Ok(End::Stopped(stop)));
            (self.observer)(Event::Draining {
                in_flight: self.in_flight.len(),
            });
        }
    }

    fn drain(&mut self, signal: Signal) {
        self.end = Some(Ok(End::Interrupted(signal)));
        (self.observer)(Event::Draining {
            in_flight: self.in_flight.len(),
        });
    }
}

fn every(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// The end of the sync that is under way.
async fn join(sync: &mut Option<JoinHandle<io::Result<()>>>) -> io::Result<()> {
    match sync {
        Some(job) => flatten(job.await),
        None => Ok(()),
    }
}

pub(super) fn flatten(joined: Result<io::Result<()>, tokio::task::JoinError>) -> io::Result<()> {
    joined.unwrap_or_else(|panic| Err(io::Error::other(panic)))
}

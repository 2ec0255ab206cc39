//! Carries out what the engine of an import commands, and tells it what happened. It decides
//! nothing. Nothing that touches the engine is spawned: only the `fdatasync`, which would hold up
//! the pace.

use std::future::{poll_fn, ready};
use std::io;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{FutureExt as _, LocalBoxFuture};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use jiff::Timestamp;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::checkpoint::{Count, Ledger, Log, Outcome, Status};
use crate::event::Event;
use crate::import::{self, Command, Departure, End, Engine, InputFailure, Now, Settings};
use crate::operation::{Answer, Operation};
use crate::record::{Field, Problem, RawRow, Severity};
use crate::run::{Calls, InputError, Step};
use crate::signals::Signals;
use crate::storage::LogFile;
use crate::tencent::{Client, DepartureNotice, Transport};

/// Records passed over before signals, answers and syncs are looked at: with the slowest presets,
/// some milliseconds.
const RECORDS_A_TURN: usize = 2_048;

/// How long reading may go on before they are looked at.
const READING_A_TURN: Duration = Duration::from_millis(10);

/// Why an import could not end in order.
pub(crate) type Error = import::Error<InputError>;

impl InputFailure for InputError {
    fn word(&self) -> &'static str {
        self.kind()
    }
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

/// An attempt that came back.
type Returned = (Departure, Answer);

struct Driver<'a, T: Transport, F> {
    client: &'a Client<T>,
    calls: Calls<'a>,
    log: Log<F>,
    engine: Engine<InputError>,
    clock: fn() -> Timestamp,
    in_flight: FuturesUnordered<LocalBoxFuture<'a, Returned>>,
    /// Calls that are in flight and have not departed: their connections are being made.
    departing: FuturesUnordered<LocalBoxFuture<'static, Operation>>,
    sync: Option<JoinHandle<io::Result<()>>>,
}

/// Runs a session to its end. The log is closed in order whatever the end; the ledger that comes
/// back is the state of the log.
pub(crate) async fn run<T: Transport, F: LogFile>(
    parts: Parts<'_, T, F>,
    observer: &mut dyn FnMut(Event<'_>),
    signals: &mut Signals,
) -> (Result<End, Error>, Ledger) {
    let now = Now {
        at: Instant::now(),
        wall: (parts.clock)(),
    };
    let seed = fastrand::u64(..);
    let engine = Engine::new(parts.settings, parts.ledger, parts.not_before, seed, now);
    let driver = Driver {
        client: parts.client,
        calls: parts.calls,
        log: parts.log,
        engine,
        clock: parts.clock,
        in_flight: FuturesUnordered::new(),
        departing: FuturesUnordered::new(),
        sync: None,
    };
    // What a session holds would be carried along by every future around it.
    Box::pin(driver.run(observer, signals)).await
}

impl<'a, T: Transport, F: LogFile> Driver<'a, T, F> {
    async fn run(
        mut self,
        observer: &mut dyn FnMut(Event<'_>),
        signals: &mut Signals,
    ) -> (Result<End, Error>, Ledger) {
        loop {
            match self.engine.next(self.now()) {
                Command::Append(entry) => {
                    if let Err(error) = self.log.append(&entry) {
                        self.engine.log_failed(error);
                    }
                }
                Command::Report(event) => observer(event),
                Command::Sync => self.begin_sync(),
                Command::Send(departure) => {
                    self.send(departure).await;
                    self.serve(signals, None).await;
                }
                Command::Read => {
                    self.read_on();
                    // What is ready at once never gives connections and signals their turn.
                    tokio::task::yield_now().await;
                    self.serve(signals, None).await;
                }
                Command::Wait(until) => self.serve(signals, Some(until)).await,
                Command::End => break,
            }
        }
        // Calls without an answer are given up before the log is.
        self.in_flight.clear();
        if let Some(sync) = self.sync.take() {
            // It failed, or comes too late: nothing is written behind it.
            drop(sync.await);
        }
        self.engine.into_end()
    }

    fn now(&self) -> Now {
        Now {
            at: Instant::now(),
            wall: (self.clock)(),
        }
    }

    /// Tells the engine what happened: at most one thing, and waits for it until an instant.
    async fn serve(&mut self, signals: &mut Signals, until: Option<Instant>) {
        let waits = until.is_some_and(|until| until > Instant::now());
        tokio::select! {
            biased;
            signal = signals.next() => self.engine.signal(signal),
            Some(operation) = self.departing.next() => {
                self.engine.departed(operation, Instant::now());
            }
            synced = join(&mut self.sync), if self.sync.is_some() => {
                self.sync = None;
                let synced = synced.map_err(|source| self.log.sync_failed(source));
                self.engine.synced(synced);
            }
            Some((departure, answer)) = self.in_flight.next() => {
                let now = self.now();
                self.engine.answered(departure, answer, now);
            }
            () = ready(()), if !waits => {}
            () = sleep_until(until.unwrap_or_else(Instant::now)), if waits => {}
        }
    }

    fn begin_sync(&mut self) {
        match self.log.sync_job() {
            Some(job) => self.sync = Some(tokio::task::spawn_blocking(job)),
            None => self.engine.synced(Ok(())),
        }
    }

    /// Sends a call. The gate counts it from its departure, which is known when its connection has
    /// had its turn: usually at once, and later when the connection has to be made first.
    async fn send(&mut self, departure: Departure) {
        let client = self.client;
        let operation = departure.call().operation;
        let (notice, departed) = DepartureNotice::watched();
        self.departing
            .push(departed.map(move |()| operation).boxed_local());
        let mut sending: LocalBoxFuture<'a, Returned> = Box::pin(async move {
            let answer = departure.call().send(client, notice).await;
            (departure, answer)
        });
        let first = poll_fn(|context| Poll::Ready(sending.as_mut().poll(context))).await;
        self.in_flight.push(match first {
            Poll::Ready(returned) => Box::pin(ready(returned)),
            Poll::Pending => sending,
        });
        // The connection gets its turn before another call can be due.
        tokio::task::yield_now().await;
    }

    /// Reads rows for as long as the engine takes them, a turn's worth at most.
    fn read_on(&mut self) {
        let until = Instant::now() + READING_A_TURN;
        let mut records = RECORDS_A_TURN;
        while records > 0 && self.engine.wants_rows() && Instant::now() < until {
            match self.calls.next_within(&mut records) {
                Ok(Some(Step::Call(call))) => {
                    let ids = (call.group_id, call.member_account);
                    self.engine.planned(call.row, ids, call.unread_num);
                }
                Ok(Some(Step::Rejected {
                    location,
                    problems,
                    row: cells,
                    ..
                })) => {
                    let at = (self.clock)();
                    self.engine
                        .rejected(rejected(location.row, problems, cells, at));
                }
                Ok(Some(Step::Withheld { row })) => self.engine.withheld(row),
                Ok(None) => {
                    if self.calls.is_ended() {
                        self.look_once_more();
                    }
                }
                // The signal itself is about to be heard.
                Err(error) if error.interrupted().is_some() => return,
                Err(error) => self.engine.input_failed(error),
            }
        }
    }

    /// Makes sure that the inputs are still what was planned.
    fn look_once_more(&mut self) {
        match self.calls.look_once_more() {
            Ok(false) => {}
            Ok(true) => self.engine.input_ended(),
            Err(error) => self.engine.input_grew(error),
        }
    }
}

/// The end of the sync that is under way.
async fn join(sync: &mut Option<JoinHandle<io::Result<()>>>) -> io::Result<()> {
    match sync {
        Some(job) => job
            .await
            .unwrap_or_else(|panic| Err(io::Error::other(panic))),
        None => Ok(()),
    }
}

/// The outcome of an invalid row, with its cells as the input had them.
fn rejected(
    row: u64,
    problems: &[Problem],
    cells: Option<RawRow<'_>>,
    at: Timestamp,
) -> Outcome<'static> {
    let reasons: Vec<String> = problems
        .iter()
        .filter(|problem| problem.code.severity() == Severity::Error)
        .map(|problem| format!("{}: {}", problem.code.name(), problem.reason()))
        .collect();
    let field = |pick: fn(&RawRow<'_>) -> String| cells.as_ref().map_or(String::new(), pick);
    let text = |field: Field<'_>| field.text().into_owned();
    let group_type = cells
        .as_ref()
        .map_or(String::new(), |cells| text(cells.group_type));
    Outcome {
        row,
        status: Status::Rejected,
        group_id: cells
            .as_ref()
            .map_or(String::new(), |cells| text(cells.group_id))
            .into(),
        member_account: field(|cells| cells.member_account.text().into_owned()).into(),
        unread_num: Count::Raw(field(|cells| cells.unread_num.text().into_owned()).into()),
        group_type: (!group_type.is_empty()).then_some(group_type.into()),
        code: 0,
        info: reasons.join("; ").into(),
        attempts: 0,
        at,
        ms: 0,
    }
}

#[cfg(test)]
mod tests;

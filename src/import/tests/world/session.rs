//! One process on the log: carries out what the engine commands, as the driver does, and looks
//! after each command whether every promise is kept.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use super::disk::{Crash, Disk};
use super::memory::{Broken, holds};
use super::promises::Promises;
use super::reader::{Reader, Trouble};
use super::tally::Seen;
use super::universe::{Happening, Universe};
use super::weather::millis;
use crate::checkpoint::{Entry, Ledger, Log};
use crate::delivery::AttemptError;
use crate::event::Event;
use crate::import::{Command, Departure, End, Engine, Error, Settings, not_before};
use crate::operation::Answer;

/// More commands than any session needs.
const MOST_COMMANDS: u32 = 400_000;

/// More time than any session needs.
const LONGEST: Duration = Duration::from_hours(3);

/// How a process ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// Without a word.
    Crashed(Crash),
    /// In order, or with an error.
    Over(Result<End, Error<Trouble>>),
}

type SyncJob = Box<dyn FnOnce() -> io::Result<()> + Send>;

pub(super) struct Session<'a> {
    universe: &'a mut Universe,
    engine: Engine<Trouble>,
    log: Log<Disk>,
    disk: Disk,
    sync: Option<SyncJob>,
    reader: Reader,
    calls: BTreeMap<u64, Departure>,
    promises: Promises,
    next_call: u64,
    commands: u32,
    /// Commands in a row by which nothing went on.
    idle: u32,
}

/// What a process finds when it has opened the log.
pub(super) struct Found {
    pub(super) log: Log<Disk>,
    pub(super) disk: Disk,
    pub(super) ledger: Ledger,
    pub(super) locked_at: tokio::time::Instant,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        universe: &'a mut Universe,
        found: Found,
        reader: Reader,
        settings: Settings,
    ) -> Self {
        let Found {
            log,
            disk,
            ledger,
            locked_at,
        } = found;
        let now = universe.present();
        let not_before = not_before(&ledger, locked_at, now);
        let promises = Promises::new(&ledger, reader.planned(), &settings, disk.clone());
        let seed = universe.rng.u64(..);
        // Numbers of calls are never used twice.
        let next_call = universe.session << 32;
        Self {
            engine: Engine::new(settings, ledger, not_before, seed, now),
            universe,
            log,
            disk,
            sync: None,
            reader,
            calls: BTreeMap::new(),
            promises,
            next_call,
            commands: 0,
            idle: 0,
        }
    }

    /// Runs to the end, whatever that is.
    pub(super) fn run(mut self) -> Result<(Ended, Disk), Broken> {
        let crash = self.universe.weather.crash;
        loop {
            if Some(self.commands) == crash {
                return Ok((self.crash(), self.disk));
            }
            self.commands += 1;
            let took = self.universe.now - self.universe.began;
            holds(self.commands < MOST_COMMANDS && took < LONGEST, || {
                format!("it never ends: {} commands in {took:?}", self.commands)
            })?;
            self.let_time_pass();
            let command = self.engine.next(self.universe.present());
            if !matches!(
                command,
                Command::Report(Event::Pulse(_) | Event::Sent { .. }) | Command::Wait(_)
            ) {
                let age = self.universe.age();
                self.universe
                    .trace
                    .note(|| format!("{age:?} {}", brief(&command)));
            }
            if command == Command::End {
                break;
            }
            self.carry_out(command)?;
        }
        self.end()
    }

    /// Between two commands: microseconds, or a while in which the process stands still.
    fn let_time_pass(&mut self) {
        let universe = &mut *self.universe;
        let mut step = Duration::from_micros(universe.rng.u64(..60));
        let (stall, clock) = (universe.weather.stall, universe.weather.clock);
        if stall > 0.0 && universe.rng.f64() < stall {
            step += millis(&mut universe.rng, 100..4_000);
            universe.tally.note(Seen::Stalled);
        }
        if clock > 0.0 && universe.rng.f64() < clock {
            universe.set_wall_clock();
        }
        universe.pass(universe.now + step);
    }

    fn carry_out(&mut self, command: Command) -> Result<(), Broken> {
        let waits = matches!(command, Command::Wait(_));
        match command {
            Command::Append(entry) => self.append(&entry)?,
            Command::Report(event) => self.promises.reported(&event, self.universe)?,
            Command::Sync => self.begin_sync(),
            Command::Send(departure) => {
                self.send(departure)?;
                self.serve()?;
            }
            Command::Read => {
                self.reader.read(&mut self.engine, self.universe);
                self.serve()?;
            }
            Command::Wait(until) => self.wait(until)?,
            Command::End => {}
        }
        if !waits {
            self.idle = 0;
        }
        Ok(())
    }

    fn append(&mut self, entry: &Entry<'static>) -> Result<(), Broken> {
        if let Err(error) = self.log.append(entry) {
            self.engine.log_failed(error);
            return Ok(());
        }
        let end = self.disk.len();
        self.universe.memory.written(entry, end);
        self.promises.written(entry, end, self.universe)
    }

    fn begin_sync(&mut self) {
        self.disk.begin_sync();
        let Some(job) = self.log.sync_job() else {
            self.engine.synced(Ok(()));
            return;
        };
        self.sync = Some(Box::new(job));
        let universe = &mut *self.universe;
        let lasts = match universe.rng.u8(..20) {
            0 => millis(&mut universe.rng, 0..1_500),
            _ => Duration::from_micros(universe.rng.u64(20..9_000)),
        };
        universe.happen(universe.now + lasts, Happening::Synced);
    }

    fn send(&mut self, departure: Departure) -> Result<(), Broken> {
        self.next_call += 1;
        let id = self.next_call;
        self.promises
            .sends(&departure, self.calls.len(), self.universe)?;
        let universe = &mut *self.universe;
        let operation = departure.call().operation;
        if universe.rng.f64() < universe.weather.odds.connecting {
            let at = universe.now + millis(&mut universe.rng, 0..1_500);
            if universe.rng.u8(..10) == 0 {
                let refused = AttemptError::no_answer("connection refused");
                universe.happen(at, Happening::Departed(operation));
                universe.happen(at, Happening::Answered(id, Err(refused)));
            } else {
                universe.happen(at, Happening::Connected(id));
            }
        } else {
            universe.depart(id, &departure)?;
            universe.happen(universe.now, Happening::Departed(operation));
        }
        self.calls.insert(id, departure);
        Ok(())
    }

    fn wait(&mut self, until: tokio::time::Instant) -> Result<(), Broken> {
        let universe = &mut *self.universe;
        let before = universe.now;
        let next = universe.next_happening();
        if until > universe.now && next.is_none_or(|next| next > universe.now) {
            let early = next.map_or(until, |next| next.min(until));
            let late = match universe.rng.u8(..20) {
                0 => millis(&mut universe.rng, 0..400),
                1..=3 => millis(&mut universe.rng, 0..40),
                // Nothing is to be done for a while: it may as well be longer.
                4..=12 if next.is_none_or(|next| next > until) => millis(&mut universe.rng, 0..900),
                _ => Duration::from_micros(universe.rng.u64(..1_500)),
            };
            universe.pass(early + late);
        }
        let went_on = universe.now > before;
        let served = self.serve()?;
        self.idle = if served || went_on { 0 } else { self.idle + 1 };
        holds(self.idle < 100, || {
            "it turns without doing anything".to_owned()
        })
    }

    /// Tells the engine of at most one thing that happened, as the driver does.
    fn serve(&mut self) -> Result<bool, Broken> {
        let Some(happening) = self.universe.take_happening() else {
            return Ok(false);
        };
        let age = self.universe.age();
        self.universe
            .trace
            .note(|| format!("{age:?}     {happening:?}"));
        match happening {
            Happening::Signal(signal) => {
                self.promises.signalled();
                self.engine.signal(signal);
            }
            Happening::Departed(operation) => {
                self.engine.departed(operation, self.universe.now);
            }
            Happening::Connected(id) => {
                if let Some(departure) = self.calls.get(&id) {
                    self.universe.depart(id, departure)?;
                    let operation = departure.call().operation;
                    self.engine.departed(operation, self.universe.now);
                }
            }
            Happening::Synced => {
                if let Some(job) = self.sync.take() {
                    let synced = job().map_err(|source| self.log.sync_failed(source));
                    self.promises.synced(synced.is_ok())?;
                    self.engine.synced(synced);
                }
            }
            Happening::Answered(id, answer) => self.answered(id, answer),
        }
        Ok(true)
    }

    fn answered(&mut self, id: u64, answer: Answer) {
        if let Some(departure) = self.calls.remove(&id) {
            self.promises.answered(&departure, &answer, self.universe);
            let now = self.universe.present();
            self.engine.answered(departure, answer, now);
        }
    }

    /// The process ends here and now.
    fn crash(&mut self) -> Ended {
        let crash = if self.universe.rng.bool() {
            Crash::Killed
        } else {
            Crash::PowerCut
        };
        let age = self.universe.age();
        self.universe.trace.note(|| format!("{age:?} {crash:?}"));
        Ended::Crashed(crash)
    }

    fn end(self) -> Result<(Ended, Disk), Broken> {
        let (end, ledger) = self.engine.into_end();
        let age = self.universe.age();
        self.universe
            .trace
            .note(|| format!("{age:?} it ended: {end:?}"));
        let in_flight = self.calls.len();
        self.promises
            .ended(&end, &ledger, in_flight, self.universe)?;
        Ok((Ended::Over(end), self.disk))
    }
}

/// A command in a few words.
fn brief(command: &Command) -> String {
    match command {
        Command::Append(entry) => match entry {
            Entry::Outcome(outcome) => {
                format!(
                    "append row {} {:?} {}",
                    outcome.row, outcome.status, outcome.code
                )
            }
            Entry::Session(session) => {
                format!("append {:?}, admitted {}", session.event, session.admitted)
            }
            Entry::Admitted {
                calls, overwrites, ..
            } => format!("append admitted {calls}, overwrites {overwrites:?}"),
            Entry::Header(_) | Entry::Replaced(_) => "append another line".to_owned(),
        },
        Command::Send(departure) => {
            let row = &departure.call().rows[0];
            format!(
                "send row {} (call {}) {} {} = {}",
                row.row, row.ordinal, row.group_id, row.member_account, row.unread_num
            )
        }
        Command::Report(event) => format!("report {event:?}"),
        Command::Sync | Command::Read | Command::Wait(_) | Command::End => format!("{command:?}"),
    }
}

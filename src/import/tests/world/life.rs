//! One seed: an import from its first process to the last, with all that comes between.

use std::fs;
use std::path::Path;
use std::time::Duration;

use fastrand::Rng;

use super::disk::{Crash, Disk};
use super::input::Sheet;
use super::memory::{Broken, Known, holds};
use super::reader::{Reader, Trouble};
use super::session::{Ended, Found, Session};
use super::tally::Seen;
use super::universe::Universe;
use super::weather::{Weather, millis};
use crate::checkpoint::{self, Entry, Header, History, Ledger, Log, Reconciliation, Target, visit};
use crate::delivery::{ConcurrencyLimit, Limit, Patience};
use crate::import::{End, Error, Settings};
use crate::record::Tally;

/// More processes than any import needs once all is well.
const MOST_CALM: u32 = 12;

pub(super) struct Life<'a> {
    path: &'a Path,
    universe: Universe,
    /// All inputs that there were; the last process read the one with this number.
    sheets: Vec<Sheet>,
    present: usize,
    /// What the next process finds; nothing before the first one.
    log: Option<Vec<u8>>,
    settings: Settings,
}

impl<'a> Life<'a> {
    /// A life whose logs are at `path`.
    pub(super) fn new(path: &'a Path, mut rng: Rng, trace: super::trace::Trace) -> Self {
        let sheet = Sheet::draw(&mut rng);
        let mut universe = Universe::new(rng, trace);
        let settings = settings(&mut universe.rng, universe.limit);
        Self {
            path,
            universe,
            sheets: vec![sheet],
            present: 0,
            log: None,
            settings,
        }
    }

    pub(super) fn universe(&self) -> &Universe {
        &self.universe
    }

    /// Lives: some troubled processes, then as many calm ones as it takes.
    pub(super) fn live(&mut self) -> Result<(), Broken> {
        let troubled = self.universe.rng.u32(1..=5);
        for _ in 0..troubled {
            let weather = Weather::draw(&mut self.universe.rng);
            let changed = self.universe.rng.u8(..100) < 25;
            self.process(weather, changed)?;
        }
        self.settings.patience.early_stop = None;
        self.settings.patience.max_failures = None;
        self.settings.retry_failed = false;
        for _ in 0..MOST_CALM {
            let ended = self.process(Weather::calm(), false)?;
            if matches!(ended, Ended::Over(Ok(End::Completed))) {
                return self.is_right();
            }
        }
        Err("it does not end although all is well".to_owned())
    }

    /// One process, after some time in which nothing runs.
    fn process(&mut self, weather: Weather, changed: bool) -> Result<Ended, Broken> {
        let changed = changed && self.log.is_some();
        // Another input comes from a person, and by then the last calls have arrived.
        let pause = match self.universe.rng.u8(..4) {
            _ if changed => Duration::from_secs(10),
            0 => Duration::ZERO,
            1 => millis(&mut self.universe.rng, 0..900),
            _ => millis(&mut self.universe.rng, 0..30_000),
        };
        self.universe.pass(self.universe.now + pause);
        if changed {
            self.change();
        }
        let sheet = self.sheets[self.present].clone();
        self.universe.begin(weather);
        let found = self.open(&sheet)?;
        let spoiled = self.universe.weather.disk;
        if spoiled {
            found.disk.spoil(&mut self.universe.rng);
        }
        self.universe.tally.note(Seen::Sessions);
        let appended = sheet.appended(&mut self.universe.rng);
        let careless = self.universe.rng.bool();
        let reader = Reader::new(sheet, appended.clone(), careless);
        let mut settings = self.settings.clone();
        settings.retry_failed &= self.universe.rng.bool();
        let (ended, disk) = Session::new(&mut self.universe, found, reader, settings).run()?;
        let crash = match &ended {
            Ended::Crashed(crash) => *crash,
            Ended::Over(_) => Crash::Killed,
        };
        self.note(crash, &ended);
        let left = disk.after(crash, &mut self.universe.rng);
        // A line that lacks its newline only counts.
        self.universe.memory.cut(left.len() + 1);
        if crash == Crash::PowerCut {
            // The machine starts.
            self.universe
                .pass(self.universe.now + Duration::from_secs(3));
        }
        self.log = Some(left);
        if let Ended::Over(Err(Error::Input(Trouble::Grew) | Error::BeyondPlan(_))) = ended {
            self.sheets.push(appended);
            self.present = self.sheets.len() - 1;
            self.universe
                .pass(self.universe.now + Duration::from_secs(10));
        }
        Ok(ended)
    }

    fn note(&mut self, crash: Crash, ended: &Ended) {
        if matches!(ended, Ended::Crashed(_)) {
            self.universe.tally.note(match crash {
                Crash::Killed => Seen::Killed,
                Crash::PowerCut => Seen::PowerCut,
            });
        }
    }

    /// Somebody gives another input: an earlier one, or one that was edited.
    fn change(&mut self) {
        let rng = &mut self.universe.rng;
        self.present = if self.sheets.len() > 1 && rng.u8(..100) < 55 {
            self.universe.tally.note(Seen::BackToEarlier);
            rng.usize(..self.sheets.len())
        } else {
            let edited = self.sheets[self.present].edited(rng);
            self.sheets.push(edited);
            self.sheets.len() - 1
        };
    }

    /// Opens the log, or begins it, and has it continue with `sheet`.
    fn open(&mut self, sheet: &Sheet) -> Result<Found, Broken> {
        let header = header(sheet, self.universe.present().wall);
        let Some(bytes) = self.log.take() else {
            return self.create(sheet, header);
        };
        fs::write(self.path, &bytes).map_err(|error| error.to_string())?;
        let opened = Log::open(self.path);
        let (log, scanned) = opened.map_err(|error| format!("the log does not open: {error}"))?;
        drop(log);
        let locked_at = self.universe.now;
        let bytes = fs::read(self.path).map_err(|error| error.to_string())?;
        let disk = Disk::opened(bytes);
        self.universe.memory.is_in(&scanned.ledger)?;
        let mut found = Found {
            log: Log::new(self.path, disk.clone()),
            disk,
            ledger: scanned.ledger,
            locked_at,
        };
        if found.ledger.header().inputs != header.inputs {
            self.universe.tally.note(Seen::ChangedInput);
            self.replace(&mut found, sheet, &header)?;
        }
        let reads = millis(&mut self.universe.rng, 0..1_500);
        self.universe.pass(self.universe.now + reads);
        Ok(found)
    }

    fn create(&mut self, sheet: &Sheet, header: Header) -> Result<Found, Broken> {
        let disk = Disk::opened(Vec::new());
        let mut log = Log::new(self.path, disk.clone());
        let appended = log.append(&Entry::Header(header.clone()));
        disk.begin_sync();
        let synced = appended.and_then(|()| log.sync_now());
        synced.map_err(|error| error.to_string())?;
        self.universe.memory.begins(sheet, disk.len());
        Ok(Found {
            log,
            disk,
            ledger: Ledger::new(header),
            locked_at: self.universe.now,
        })
    }

    /// Another input continues the import, as `--changed-input` has it.
    fn replace(&mut self, found: &mut Found, sheet: &Sheet, header: &Header) -> Result<(), Broken> {
        let words = |error: checkpoint::Error| error.to_string();
        let mut history = History::default();
        visit::<checkpoint::Error>(self.path, |entry| {
            history.apply(entry);
            Ok(())
        })
        .map_err(words)?;
        let mut reconciliation = Reconciliation::new(history);
        for (row, member, count) in sheet.calls() {
            let (group_id, account) = (member.group_id(), member.account());
            reconciliation.call(row, (&group_id, &account), count);
        }
        let reconciled = reconciliation.finish();
        let wall = self.universe.present().wall;
        let entry = reconciled.entry(header, wall);
        found.log.append(&entry).map_err(words)?;
        let applied = found.ledger.apply(&entry);
        applied.map_err(|misplaced| misplaced.to_string())?;
        self.universe.memory.begins(sheet, found.disk.len());
        for (row, member, count) in sheet.calls() {
            let (group_id, account) = (member.group_id(), member.account());
            if let Some(entry) = reconciled.failure(row, (&group_id, &account), count, wall) {
                found.log.append(&entry).map_err(words)?;
                self.universe.memory.written(&entry, found.disk.len());
            }
        }
        self.universe
            .trace
            .note(|| format!("another input: {sheet:?}, {reconciled:?}"));
        Ok(())
    }

    /// At the end: every row of the last input is at the target with its count, or is named.
    fn is_right(&mut self) -> Result<(), Broken> {
        let sheet = self.sheets[self.present].clone();
        let ledger = self.open(&sheet)?.ledger;
        for (row, member, count) in sheet.calls() {
            let value = self.universe.target.value(member);
            let known = self.universe.memory.recorded(member);
            let right = match known {
                Some(Known::Failed(recorded, code)) => {
                    recorded == count && self.universe.target.has_refused(member, code)
                }
                Some(Known::Succeeded(_) | Known::Unsure) | None => value == Some(count),
            };
            holds(right && ledger.is_done(row, false), || {
                format!(
                    "row {row} ({member:?}) should be {count}: the target has {value:?}, recorded is {known:?}"
                )
            })?;
        }
        Ok(())
    }
}

fn settings(rng: &mut Rng, limit: u32) -> Settings {
    let limit = Limit::new(limit).expect("it is between 1 and 200");
    let concurrency = if rng.bool() {
        ConcurrencyLimit::fixed(limit, rng.usize(1..=12))
    } else {
        ConcurrencyLimit::following(limit, rng.usize(1..=200))
    };
    Settings {
        limit,
        concurrency,
        patience: Patience {
            max_attempts: rng.u32(1..=4),
            outage_limit: millis(rng, 1_000..15_000),
            early_stop: (rng.u8(..4) == 0).then(|| rng.u64(1..=6)),
            max_failures: (rng.u8(..5) == 0).then(|| rng.u64(..6)),
        },
        retry_failed: rng.u8(..4) == 0,
        resume: Vec::new(),
    }
}

fn header(sheet: &Sheet, created: jiff::Timestamp) -> Header {
    Header {
        format: checkpoint::FORMAT,
        run: "1".into(),
        tool: "t".into(),
        created,
        inputs: sheet.identity(),
        target: Target {
            endpoint: "e".into(),
            sdk_app_id: 1,
            identifier: "a".into(),
            world: None,
        },
        options: crate::settings::Reading::default(),
        rows: sheet.rows(),
        calls: sheet.calls().count() as u64,
        tally: Tally::default(),
    }
}

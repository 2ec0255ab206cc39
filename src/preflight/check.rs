//! Goes through all planned calls, remembers how far it came, and keeps what it found in a file.
//!
//! The file is a progress log while the checks run, and afterwards what an import takes. Accounts
//! come first, since nobody has to be asked for the roles of those that are not there.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::ask;
use super::error::Error;
use super::file::{ACCOUNT_ROWS, ACCOUNTS, Entry, FINISHED, GROUPS, Header, Line};
use super::judge;
use super::rows::{AccountUnit, AccountUnits, GroupUnit, GroupUnits, Rows};
use crate::reads::{self, Api, End, Journal, Work, read_all};
use crate::record::Code;
use crate::run::{Findings, FindingsSorter};
use crate::signals::Signals;
use crate::storage::Bitmap;
use crate::tencent::Transport;

/// Account calls under way at a time: two seconds' worth.
const ACCOUNTS_AT_ONCE: usize = 200;

/// Units of groups under way at a time; each may have 50 calls, and holds some 400 KB.
const GROUPS_AT_ONCE: usize = 32;

/// Findings on a line of rows whose accounts are not there.
const FOUND_TOGETHER: usize = 1_000;

/// Checks that were begun or continued.
#[derive(Debug)]
pub(crate) struct Preflight {
    journal: Journal,
    header: Header,
    /// When they were begun, if they are continued.
    pub(crate) continued: Option<Timestamp>,
    done: HashSet<(u8, u64)>,
    not_there: Bitmap,
    untold: HashMap<u64, i64>,
    directory: PathBuf,
}

impl Preflight {
    /// Opens the file at `path`, and continues the checks in it if they are those that `header`
    /// describes and have not reached their end; else they begin.
    pub(crate) fn open(path: &Path, header: Header, directory: &Path) -> Result<Self, Error> {
        let mut done = HashSet::new();
        let (mut not_there, mut untold) = (Bitmap::default(), HashMap::new());
        let opened = Journal::open(path, |found: &Header, line: Line| {
            if header.difference(found).is_none() {
                done.insert((line.stage, line.unit));
                line.take_accounts(&mut not_there, &mut untold);
            }
        })?;
        let same = |found: &Header| header.difference(found).is_none();
        let begun = opened.header.filter(same).map(|found| found.begun);
        let continued = begun.filter(|_| !done.contains(&(FINISHED, 0)));
        if continued.is_none() {
            done.clear();
            not_there = Bitmap::default();
            untold.clear();
        }
        Ok(Self {
            journal: opened.journal,
            header,
            continued,
            done,
            not_there,
            untold,
            directory: directory.to_owned(),
        })
    }

    /// Asks for what is left. `show` is told how far it is, a few times a second.
    pub(crate) async fn run<T: Transport>(
        &mut self,
        rows: &Rows,
        api: &Api<'_, T>,
        signals: &mut Signals,
        show: &mut dyn FnMut(reads::Tally),
    ) -> Result<End, Error> {
        if self.continued.is_none() {
            self.journal.begin(&self.header)?;
        }
        let mut show = || show(api.tally());
        let mut accounts = Accounts {
            units: rows.accounts()?,
            check: self,
            show: &mut show,
        };
        let ask = |unit| ask::accounts(api, unit);
        let end = read_all(&mut accounts, ask, ACCOUNTS_AT_ONCE, signals).await?;
        if end != End::Completed {
            return Ok(end);
        }
        let known = self.note_account_rows(rows)?;
        let mut groups = Groups {
            units: rows.groups()?,
            known: &known,
            check: self,
            show: &mut show,
        };
        let topics = ask::Topics::default();
        let ask = |unit| ask::groups(api, unit, &topics);
        let end = read_all(&mut groups, ask, GROUPS_AT_ONCE, signals).await?;
        if end == End::Completed {
            self.journal.note(&Line {
                stage: FINISHED,
                ..Line::default()
            });
            self.journal.commit()?;
        }
        Ok(end)
    }

    /// Writes down what the answers about accounts mean for rows. Returns the rows that fail.
    fn note_account_rows(&mut self, rows: &Rows) -> Result<Bitmap, Error> {
        let mut failing = Bitmap::default();
        let mut line = Line {
            stage: ACCOUNT_ROWS,
            ..Line::default()
        };
        let mut by_account = rows.by_account()?;
        while let Some((ordinal, row)) = by_account.next()? {
            // Bitmaps hold numbers from 1.
            let problem = if self.not_there.contains(ordinal + 1) {
                failing.insert(row.location.row);
                judge::problem(Code::AccountNotFound, &row.member)
            } else if let Some(code) = self.untold.get(&ordinal) {
                judge::untold(&format!("account_check: code {code}"))
            } else {
                continue;
            };
            line.findings.push(Entry::new(&row, problem));
            if line.findings.len() == FOUND_TOGETHER {
                self.note_new(&line)?;
                line.findings.clear();
                line.unit += 1;
            }
        }
        if !line.findings.is_empty() {
            self.note_new(&line)?;
        }
        Ok(failing)
    }

    fn note_new(&mut self, line: &Line) -> Result<(), Error> {
        if self.done.insert((line.stage, line.unit)) {
            self.journal.note(line);
            self.journal.commit()?;
        }
        Ok(())
    }

    /// All that was found.
    pub(crate) fn findings(&mut self) -> Result<Findings, Error> {
        let mut sorter = FindingsSorter::new(&self.directory);
        let mut pushed = Ok(());
        self.journal.replay(|_: &Header, line: Line| {
            if pushed.is_ok() {
                pushed = line.push_to(&mut sorter);
            }
        })?;
        pushed?;
        Ok(sorter.finish()?)
    }
}

/// The pass over accounts.
struct Accounts<'a, 'r> {
    units: AccountUnits<'r>,
    check: &'a mut Preflight,
    show: &'a mut dyn FnMut(),
}

impl Work for Accounts<'_, '_> {
    type Unit = AccountUnit;
    type Outcome = Line;
    type Error = Error;

    fn next(&mut self) -> Result<Option<AccountUnit>, Error> {
        loop {
            match self.units.next()? {
                Some(unit) if self.check.done.contains(&(ACCOUNTS, unit.number)) => {}
                other => return Ok(other),
            }
        }
    }

    fn done(&mut self, line: Line) -> Result<(), Error> {
        line.take_accounts(&mut self.check.not_there, &mut self.check.untold);
        self.check.journal.note(&line);
        Ok(())
    }

    fn tick(&mut self) -> Result<(), Error> {
        self.check.journal.commit()?;
        (self.show)();
        Ok(())
    }
}

/// The pass over groups and their members.
struct Groups<'a, 'r> {
    units: GroupUnits<'r>,
    /// Rows that fail whatever is said of their groups.
    known: &'a Bitmap,
    check: &'a mut Preflight,
    show: &'a mut dyn FnMut(),
}

impl Work for Groups<'_, '_> {
    type Unit = GroupUnit;
    type Outcome = Line;
    type Error = Error;

    fn next(&mut self) -> Result<Option<GroupUnit>, Error> {
        while let Some(mut unit) = self.units.next()? {
            let known = self.known;
            unit.rows.retain(|row| !known.contains(row.location.row));
            if !unit.rows.is_empty() && !self.check.done.contains(&(GROUPS, unit.number)) {
                return Ok(Some(unit));
            }
        }
        Ok(None)
    }

    fn done(&mut self, line: Line) -> Result<(), Error> {
        self.check.journal.note(&line);
        Ok(())
    }

    fn tick(&mut self) -> Result<(), Error> {
        self.check.journal.commit()?;
        (self.show)();
        Ok(())
    }
}

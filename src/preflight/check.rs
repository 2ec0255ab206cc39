//! Goes through all planned calls, remembers how far it came, and keeps what it found in a file.
//!
//! The file is a progress log while the checks run, and afterwards what an import takes. Accounts
//! come first, since nobody has to be asked for the roles of those that are not there.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::api::Api;
use super::judge::{self, Account};
use super::rows::{AccountUnit, AccountUnits, GroupUnit, GroupUnits, Row, Rows};
use crate::checkpoint::{Bitmap, Input, PlanOptions};
use crate::record::{Code, Column, Finding, Location, Problem};
use crate::run::{Findings, FindingsSorter, Signals};
use crate::sweep::{self, End, Halt, Journal, JournalError, Refused, Work, sweep};
use crate::tencent::{Command, Group, Role, Transport};

/// Account calls under way at a time: two seconds' worth.
const ACCOUNTS_AT_ONCE: usize = 200;

/// Units of groups under way at a time; each may have 50 calls, and holds some 400 KB.
const GROUPS_AT_ONCE: usize = 32;

/// Findings on a line of rows whose accounts are not there.
const FOUND_TOGETHER: usize = 1_000;

/// The parts of the checks, in their order, and the mark behind the last.
const ACCOUNTS: u8 = 1;
const ACCOUNT_ROWS: u8 = 2;
const GROUPS: u8 = 3;
const FINISHED: u8 = 4;

/// What the checks are about: the first line of their file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Always `preflight`.
    pub(crate) journal: String,
    /// The inputs.
    pub(crate) inputs: Vec<Input>,
    /// What changes the plan.
    pub(crate) options: PlanOptions,
    /// The app.
    pub(crate) sdk_app_id: u64,
    /// Calls planned.
    pub(crate) calls: u64,
    /// When the checks were begun.
    pub(crate) begun: Timestamp,
}

impl Header {
    /// In what `self` and `other` are about different things; `None` if they are not.
    fn difference(&self, other: &Self) -> Option<&'static str> {
        let contents = |header: &Self| -> Vec<(u64, String)> {
            let inputs = header.inputs.iter();
            inputs
                .map(|input| (input.bytes, input.hash.clone()))
                .collect()
        };
        // What becomes of invalid rows does not change which calls are planned.
        let options = |header: &Self| PlanOptions {
            on_invalid: String::new(),
            preflight: None,
            ..header.options.clone()
        };
        if self.journal != other.journal {
            Some("kind of file")
        } else if contents(self) != contents(other) {
            Some("input")
        } else if self.sdk_app_id != other.sdk_app_id {
            Some("app")
        } else if options(self) != options(other) || self.calls != other.calls {
            Some("choice of options")
        } else {
            None
        }
    }
}

/// A further line: a unit that is done.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Line {
    stage: u8,
    unit: u64,
    /// Ordinals of accounts that are not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    not_there: Vec<u64>,
    /// Ordinals of accounts that were not told, with the code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    untold: Vec<(u64, i64)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Entry>,
}

/// A finding as the file holds it.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    row: u64,
    file: u32,
    line: u64,
    byte: u64,
    code: String,
    found: String,
}

impl Entry {
    fn new(row: &Row, problem: Problem) -> Self {
        let Location {
            file,
            line,
            byte,
            row,
        } = row.location;
        Self {
            row,
            file,
            line,
            byte,
            code: problem.code.name().to_owned(),
            found: problem.found,
        }
    }

    /// `None` for a code of another version.
    fn into_problem(self) -> Option<(Location, Problem)> {
        let code = Code::parse(&self.code)?;
        let location = Location {
            file: self.file,
            line: self.line,
            byte: self.byte,
            row: self.row,
        };
        let problem = Problem {
            code,
            column: code.online_column().unwrap_or(Column::Record),
            found: self.found,
            other: None,
        };
        Some((location, problem))
    }
}

/// Why the checks cannot go on, or an import cannot use them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Their file.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The temporary files.
    #[error("cannot sort the calls in temporary files")]
    Sort(#[from] io::Error),
    /// There is no such file.
    #[error("there is no file `{}` with online checks", path.display())]
    Missing { path: PathBuf },
    /// The checks are about something else.
    #[error("the online checks in `{}` are of another {what}", path.display())]
    Other { path: PathBuf, what: &'static str },
    /// The checks did not reach their end.
    #[error("the online checks in `{}` are not finished", path.display())]
    Unfinished { path: PathBuf },
}

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
        show: &mut dyn FnMut(sweep::Tally),
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
        let ask = |unit| ask_accounts(api, unit);
        let end = sweep(&mut accounts, ask, ACCOUNTS_AT_ONCE, signals).await?;
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
        let ask = |unit| ask_groups(api, unit);
        let end = sweep(&mut groups, ask, GROUPS_AT_ONCE, signals).await?;
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

impl Line {
    fn take_accounts(&self, not_there: &mut Bitmap, untold: &mut HashMap<u64, i64>) {
        for ordinal in &self.not_there {
            not_there.insert(ordinal + 1);
        }
        untold.extend(self.untold.iter().copied());
    }

    fn push_to(self, sorter: &mut FindingsSorter) -> io::Result<()> {
        for (location, problem) in self.findings.into_iter().filter_map(Entry::into_problem) {
            sorter.push(Finding {
                location,
                problem: &problem,
            })?;
        }
        Ok(())
    }
}

/// Checks that an import uses.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// What they found.
    pub(crate) findings: Findings,
    /// BLAKE3 of their file's bytes, in hexadecimal.
    pub(crate) hash: String,
    /// When they were begun.
    pub(crate) begun: Timestamp,
}

/// Reads finished checks of what `header` describes.
pub(crate) fn load(path: &Path, header: &Header, directory: &Path) -> Result<Loaded, Error> {
    if !path.try_exists()? {
        return Err(Error::Missing {
            path: path.to_owned(),
        });
    }
    let mut sorter = FindingsSorter::new(directory);
    let mut pushed = Ok(());
    let mut finished = false;
    let header_found = Journal::read(path, |_: &Header, line: Line| {
        finished |= line.stage == FINISHED;
        if pushed.is_ok() {
            pushed = line.push_to(&mut sorter);
        }
    })?;
    pushed?;
    let found = header_found.filter(|_| finished);
    let found = found.ok_or_else(|| Error::Unfinished {
        path: path.to_owned(),
    })?;
    if let Some(what) = header.difference(&found) {
        return Err(Error::Other {
            path: path.to_owned(),
            what,
        });
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(Loaded {
        findings: sorter.finish()?,
        hash: hasher.finalize().to_hex().to_string(),
        begun: found.begun,
    })
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

async fn ask_accounts<T: Transport>(api: &Api<'_, T>, unit: AccountUnit) -> Result<Line, Halt> {
    let ids: Vec<&str> = unit.accounts.iter().map(|id| &**id).collect();
    let answer = api.accounts(&ids).await?;
    let mut line = Line {
        stage: ACCOUNTS,
        unit: unit.number,
        ..Line::default()
    };
    let known: HashMap<String, _> = match answer {
        Ok(each) => each
            .into_iter()
            .map(|(id, status)| (id, status.map_err(Refused::from)))
            .collect(),
        Err(refused) => ids
            .iter()
            .map(|&id| (id.to_owned(), Err(refused.clone())))
            .collect(),
    };
    for (ordinal, id) in (unit.first..).zip(ids) {
        match judge::account(known.get(id)) {
            Account::There => {}
            Account::NotThere => line.not_there.push(ordinal),
            Account::Untold(code) => line.untold.push((ordinal, code)),
        }
    }
    Ok(line)
}

async fn ask_groups<T: Transport>(api: &Api<'_, T>, unit: GroupUnit) -> Result<Line, Halt> {
    let groups: Vec<&[Row]> = unit.rows.chunk_by(|a, b| a.group == b.group).collect();
    let firsts = groups.iter().filter_map(|rows| rows.first());
    let ids: Vec<&str> = firsts.map(|row| &*row.group).collect();
    let mut line = Line {
        stage: GROUPS,
        unit: unit.number,
        ..Line::default()
    };
    match api.groups(&ids).await? {
        Ok(each) => {
            let known: HashMap<String, Result<Group, Refused>> = each
                .into_iter()
                .map(|(id, group)| (id, group.map_err(Refused::from)))
                .collect();
            let asked = groups
                .iter()
                .zip(&ids)
                .map(|(rows, &id)| in_group(api, rows, known.get(id)));
            line.findings = try_join_all(asked).await?.into_iter().flatten().collect();
        }
        Err(refused) => {
            let found = |row| Entry::new(row, judge::untold(&refused.to_string()));
            line.findings = unit.rows.iter().map(found).collect();
        }
    }
    Ok(line)
}

/// The problems of rows of one group.
async fn in_group<T: Transport>(
    api: &Api<'_, T>,
    rows: &[Row],
    answer: Option<&Result<Group, Refused>>,
) -> Result<Vec<Entry>, Halt> {
    let of_group = |row| judge::group(row, answer).map(|problem| Entry::new(row, problem));
    let found: Vec<Entry> = rows.iter().filter_map(of_group).collect();
    let Some(Ok(group)) = answer else {
        return Ok(found);
    };
    if !found.is_empty() {
        return Ok(found);
    }
    let batches = rows.chunks(Command::GetRoleInGroup.batch());
    let asked = batches.map(|batch| members(api, batch, group));
    let found = try_join_all(asked).await?;
    Ok(found.into_iter().flatten().collect())
}

/// The problems of at most 500 rows of one group.
async fn members<T: Transport>(
    api: &Api<'_, T>,
    rows: &[Row],
    group: &Group,
) -> Result<Vec<Entry>, Halt> {
    let ids: Vec<&str> = rows.iter().map(|row| &*row.member).collect();
    let roles: HashMap<String, Role> = match api.roles(&group.id, &ids).await? {
        Ok(roles) => roles.into_iter().collect(),
        Err(refused) => {
            let found = |row| Entry::new(row, judge::refused_group(row, &refused));
            return Ok(rows.iter().map(found).collect());
        }
    };
    let of_row = |row: &Row| {
        let problems = judge::member(row, group, roles.get(&*row.member));
        let found = problems.into_iter().map(|problem| Entry::new(row, problem));
        found.collect::<Vec<_>>()
    };
    Ok(rows.iter().flat_map(of_row).collect())
}

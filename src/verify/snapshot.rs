//! Keeps the counts that are there before an import changes them, as an input of the import.
//!
//! What was read goes to a progress log, so that a snapshot that was cut off goes on where it was;
//! the snapshot itself is written in one piece, once all is read.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::check::{AT_ONCE, Checked};
use super::expected::{Expectations, Unit, Units};
use super::observe::{Expected, Observed, by_group};
use crate::reads::{self, Api, End, Journal, Work, read_all};
use crate::signals::Signals;
use crate::stop_reason::StopReason;
use crate::tencent::Transport;

/// The first line of a snapshot's progress log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Always `snapshot`.
    pub(crate) journal: String,
    /// BLAKE3 of the calls of the plan.
    pub(crate) calls: String,
    /// The app that is asked.
    pub(crate) sdk_app_id: u64,
    /// When it was begun.
    pub(crate) begun: Timestamp,
}

impl Header {
    /// Whether `other` is the same snapshot, begun another time.
    fn is_same(&self, other: &Self) -> bool {
        let essence = |header: &Self| {
            let Self {
                journal,
                calls,
                sdk_app_id,
                begun: _,
            } = header.clone();
            (journal, calls, sdk_app_id)
        };
        essence(self) == essence(other)
    }
}

/// A further line: a unit that is done.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Line {
    unit: u64,
    numbers: Numbers,
    counts: Vec<Row>,
    /// The first count of the unit that could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unread: Option<Unreadable>,
}

/// How many counts came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Numbers {
    /// Counts that were read.
    pub(crate) written: u64,
    /// Counts of groups that keep none: there is nothing to put back.
    pub(crate) kept_none: u64,
    /// Counts that could not be read, and so could not be put back.
    pub(crate) unknown: u64,
}

/// A line of a snapshot.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    group_id: String,
    member_account: String,
    unread_num: u64,
}

/// A count that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unreadable {
    /// Its group.
    pub(crate) group: String,
    /// Its member.
    pub(crate) member: String,
    /// Why.
    pub(crate) reason: String,
}

/// A snapshot, begun or continued.
#[derive(Debug)]
pub(crate) struct Snapshot {
    journal: Journal,
    /// When it was begun, if it is continued.
    pub(crate) continued: Option<Timestamp>,
    done: HashSet<u64>,
    /// What is known so far.
    pub(crate) numbers: Numbers,
    /// The first count that could not be read.
    pub(crate) example: Option<Unreadable>,
}

impl Snapshot {
    /// Opens the progress log at `path` and continues the snapshot in it if it is of the same
    /// calls and was not begun before `oldest`; else begins anew.
    pub(crate) fn open(path: &Path, header: &Header, oldest: Timestamp) -> Result<Self, Checked> {
        let goes_on = |found: &Header| header.is_same(found) && found.begun >= oldest;
        let mut done = HashSet::new();
        let mut numbers = Numbers::default();
        let mut example = None;
        let opened = Journal::open(path, |found: &Header, line: Line| {
            if goes_on(found) {
                done.insert(line.unit);
                numbers.add(line.numbers);
                example = example.take().or(line.unread);
            }
        })?;
        let mut snapshot = Self {
            journal: opened.journal,
            continued: opened.header.filter(goes_on).map(|found| found.begun),
            done,
            numbers,
            example,
        };
        if snapshot.continued.is_none() {
            snapshot.journal.begin(header)?;
        }
        Ok(snapshot)
    }

    /// Whether the progress log at `path` is there and of the same calls.
    pub(crate) fn is_left(path: &Path, header: &Header) -> Result<bool, Checked> {
        if !path.exists() {
            return Ok(false);
        }
        let opened = Journal::open(path, |_: &Header, _: serde::de::IgnoredAny| {})?;
        Ok(opened.header.is_some_and(|found| header.is_same(&found)))
    }

    /// Reads what is left. `show` is told how many counts are known, a few times a second.
    pub(crate) async fn run<T: Transport>(
        &mut self,
        expectations: &Expectations,
        api: &Api<'_, T>,
        signals: &mut Signals,
        show: &mut dyn FnMut(u64, reads::Tally),
    ) -> Result<End, Checked> {
        let mut work = Taking {
            units: expectations.units()?,
            snapshot: self,
            show: &mut |known| show(known, api.tally()),
        };
        read_all(&mut work, |unit| asked(api, unit), AT_ONCE, signals).await
    }

    /// Writes every count that was read, as an input of `import`.
    pub(crate) fn write(&mut self, out: &mut dyn Write) -> Result<(), Checked> {
        let mut written = Ok(());
        self.journal.replay(|_: &Header, line: Line| {
            for row in &line.counts {
                if written.is_ok() {
                    written = write_row(out, row);
                }
            }
        })?;
        Ok(written?)
    }
}

fn write_row(out: &mut dyn Write, row: &Row) -> io::Result<()> {
    serde_json::to_writer(&mut *out, row)?;
    out.write_all(b"\n")
}

impl Numbers {
    /// Counts that were looked at.
    pub(crate) const fn known(self) -> u64 {
        self.written + self.kept_none + self.unknown
    }

    const fn add(&mut self, other: Self) {
        self.written += other.written;
        self.kept_none += other.kept_none;
        self.unknown += other.unknown;
    }
}

async fn asked<T: Transport>(api: &Api<'_, T>, unit: Unit) -> Result<Line, StopReason> {
    let observed = by_group(api, &unit.rows).await?;
    let mut line = Line {
        unit: unit.number,
        ..Line::default()
    };
    for (row, observed) in unit.rows.into_iter().zip(observed) {
        line.take(row, &observed);
    }
    Ok(line)
}

impl Line {
    fn take(&mut self, row: Expected, observed: &Observed) {
        match observed {
            Observed::Count { unread, .. } | Observed::Conversation { unread, .. } => {
                self.numbers.written += 1;
                self.counts.push(Row {
                    group_id: row.group.into(),
                    member_account: row.member.into(),
                    unread_num: *unread,
                });
            }
            Observed::KeepsNone { .. } => self.numbers.kept_none += 1,
            Observed::NoGroup(_)
            | Observed::NoMember
            | Observed::NoAccount(_)
            | Observed::UnknownAccount(_)
            | Observed::Unknown(_) => {
                self.numbers.unknown += 1;
                self.unread.get_or_insert_with(|| Unreadable {
                    group: row.group.into(),
                    member: row.member.into(),
                    reason: observed.reason(),
                });
            }
        }
    }
}

struct Taking<'a> {
    units: Units<'a>,
    snapshot: &'a mut Snapshot,
    show: &'a mut dyn FnMut(u64),
}

impl Work for Taking<'_> {
    type Unit = Unit;
    type Outcome = Line;
    type Error = Checked;

    fn next(&mut self) -> Result<Option<Unit>, Checked> {
        loop {
            match self.units.next()? {
                Some(unit) if self.snapshot.done.contains(&unit.number) => {}
                other => return Ok(other),
            }
        }
    }

    fn done(&mut self, line: Line) -> Result<(), Checked> {
        self.snapshot.numbers.add(line.numbers);
        self.snapshot.journal.note(&line);
        if self.snapshot.example.is_none() {
            self.snapshot.example = line.unread;
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<(), Checked> {
        self.snapshot.journal.commit()?;
        (self.show)(self.snapshot.numbers.known());
        Ok(())
    }
}

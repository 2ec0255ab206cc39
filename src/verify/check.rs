//! Goes through all counts that should be there, and remembers how far it came.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::c2c::{by_peer, conversations, peer_calls};
use super::expected::{Gathering, InOrder, ReadError, Unit, Units, Way};
use super::judge::{Difference, Tally};
use super::observe::{Expected, Observed, by_member, group_calls, group_infos, in_group};
use crate::reads::{self, Api, End, Journal, JournalError, Work, read_all};
use crate::signals::Signals;
use crate::stop_reason::StopReason;
use crate::tencent::Transport;

/// Units under way at a time: 64 of 50 calls keep 200 calls a second busy up to an answer time of
/// 16 s, and hold some 16 MB.
pub(super) const AT_ONCE: usize = 64;

/// The first line of a check's progress log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// What is checked: `verify` or `verify --c2c`.
    pub(crate) journal: String,
    /// The import's id; of one-to-one rows, their digest and the app.
    pub(crate) run: String,
    /// Length of the import's checkpoint in bytes; of one-to-one rows, their number.
    pub(crate) bytes: u64,
    /// Size of the sample, if there is one.
    pub(crate) sample: Option<u64>,
    /// Seed of the sample.
    pub(crate) seed: u64,
    /// How it is asked; set once that is decided.
    pub(crate) way: Option<Way>,
    /// When it was begun.
    pub(crate) begun: Timestamp,
}

impl Header {
    /// Whether `other` is the same check, begun another time.
    fn is_same(&self, other: &Self) -> bool {
        let essence = |header: &Self| {
            let Self {
                journal,
                run,
                bytes,
                sample,
                ..
            } = header.clone();
            (journal, run, bytes, sample)
        };
        essence(self) == essence(other) && self.way.is_none_or(|way| other.way == Some(way))
    }
}

/// A further line: the answer to a call.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Line {
    stage: u8,
    unit: u64,
    /// Which of the unit's calls, from 0.
    call: u32,
    tally: Tally,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    differences: Vec<Difference>,
    /// Rows whose group the member's list does not have, to be asked for by group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    missing: Vec<Missing>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Missing {
    group: String,
    member: String,
    unread: u32,
    row: u64,
}

/// Why a check cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Checked {
    /// The progress log.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The counts that should be there.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl From<io::Error> for Checked {
    fn from(source: io::Error) -> Self {
        Self::Read(source.into())
    }
}

/// A check, begun or continued.
#[derive(Debug)]
pub(crate) struct Check {
    journal: Journal,
    path: PathBuf,
    header: Header,
    /// When it was begun, if it is continued.
    pub(crate) continued: Option<Timestamp>,
    /// Calls that an earlier command has had answers to, by stage and unit.
    answered: HashMap<(u8, u64), Vec<u32>>,
    missing: Gathering,
    tally: Tally,
    directory: PathBuf,
}

impl Check {
    /// Opens the progress log at `path` and continues the check in it if it is the one that
    /// `header` describes; else, or with `restart`, the check begins.
    pub(crate) fn open(
        path: &Path,
        header: Header,
        restart: bool,
        directory: &Path,
    ) -> Result<Self, Checked> {
        let mut answered: HashMap<_, Vec<u32>> = HashMap::new();
        let mut tally = Tally::default();
        let mut missing = Gathering::new(Way::Group, directory);
        let mut failed = None;
        let opened = Journal::open(path, |found: &Header, line: Line| {
            if restart || !header.is_same(found) {
                return;
            }
            let unit = (line.stage, line.unit);
            answered.entry(unit).or_default().push(line.call);
            tally.add(&line.tally);
            for row in line.missing {
                let pushed = missing.push((&row.group, &row.member), row.unread, row.row);
                failed = failed.take().or(pushed.err());
            }
        })?;
        if let Some(source) = failed {
            return Err(source.into());
        }
        let mut check = Self {
            journal: opened.journal,
            path: path.to_owned(),
            header,
            continued: None,
            answered,
            missing,
            tally,
            directory: directory.to_owned(),
        };
        match opened.header {
            Some(found) if !restart && check.header.is_same(&found) => {
                check.continued = Some(found.begun);
                check.header = found;
            }
            Some(_) | None => {}
        }
        Ok(check)
    }

    /// The seed of the sample.
    pub(crate) const fn seed(&self) -> u64 {
        self.header.seed
    }

    /// The way that was decided on when the check was begun, if it is continued.
    pub(crate) const fn way(&self) -> Option<Way> {
        self.header.way
    }

    /// What is known so far.
    pub(crate) const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Asks for what is left of `order`. `show` is told how far it is, a few times a second.
    pub(crate) async fn run<T: Transport>(
        &mut self,
        order: InOrder,
        api: &Api<'_, T>,
        signals: &mut Signals,
        show: &mut dyn FnMut(&Tally, reads::Tally),
    ) -> Result<End, Checked> {
        if self.continued.is_none() {
            self.header.way = Some(order.way);
            self.journal.begin(&self.header)?;
        }
        let end = self.stage((1, &order), api, signals, show).await?;
        drop(order);
        if end != End::Completed || self.missing.is_empty() {
            return Ok(end);
        }
        let none = Gathering::new(Way::Group, &self.directory);
        let order = std::mem::replace(&mut self.missing, none).finish();
        self.stage((2, &order), api, signals, show).await
    }

    async fn stage<T: Transport>(
        &mut self,
        (stage, order): (u8, &InOrder),
        api: &Api<'_, T>,
        signals: &mut Signals,
        show: &mut dyn FnMut(&Tally, reads::Tally),
    ) -> Result<End, Checked> {
        let answers = RefCell::new(Vec::new());
        let mut work = Stage {
            units: order.units()?,
            number: stage,
            way: order.way,
            answers: &answers,
            check: self,
            show: &mut |tally| show(tally, api.tally()),
        };
        let ask = |unit: OpenUnit| unit.ask(api, (stage, order.way), &answers);
        read_all(&mut work, ask, AT_ONCE, signals).await
    }

    /// Hands every difference to `each`, in the order in which they were found.
    pub(crate) fn differences(&mut self, mut each: impl FnMut(Difference)) -> Result<(), Checked> {
        let tally = self.tally;
        self.journal.replay(|_: &Header, line: Line| {
            for difference in line.differences {
                each(difference.told(&tally));
            }
        })?;
        Ok(())
    }

    /// Takes the progress log away, once the result is told.
    pub(crate) fn remove(self) -> io::Result<()> {
        std::fs::remove_file(&self.path)
    }
}

/// One pass over units.
struct Stage<'a> {
    units: Units<'a>,
    number: u8,
    way: Way,
    /// Answers that came since the last look: each counts from then on, whatever becomes of the
    /// other calls of its unit.
    answers: &'a RefCell<Vec<Line>>,
    check: &'a mut Check,
    show: &'a mut dyn FnMut(&Tally),
}

impl Stage<'_> {
    fn take_answers(&mut self) -> Result<(), Checked> {
        for line in self.answers.take() {
            self.check.tally.add(&line.tally);
            for row in &line.missing {
                let ids = (&*row.group, &*row.member);
                self.check.missing.push(ids, row.unread, row.row)?;
            }
            self.check.journal.note(&line);
        }
        Ok(())
    }
}

impl Work for Stage<'_> {
    type Unit = OpenUnit;
    type Outcome = ();
    type Error = Checked;

    fn next(&mut self) -> Result<Option<OpenUnit>, Checked> {
        while let Some(unit) = self.units.next()? {
            let answered = self.check.answered.remove(&(self.number, unit.number));
            let unit = OpenUnit::new(unit, self.way, &answered.unwrap_or_default());
            if !unit.open.is_empty() {
                return Ok(Some(unit));
            }
        }
        Ok(None)
    }

    fn done(&mut self, (): ()) -> Result<(), Checked> {
        self.take_answers()
    }

    fn tick(&mut self) -> Result<(), Checked> {
        self.take_answers()?;
        self.check.journal.commit()?;
        (self.show)(&self.check.tally);
        Ok(())
    }
}

/// A unit, and which of its calls have no answer yet.
struct OpenUnit {
    unit: Unit,
    open: Vec<u32>,
}

impl OpenUnit {
    fn new(unit: Unit, way: Way, answered: &[u32]) -> Self {
        let calls = 0..u32::try_from(calls(way, &unit.rows).len()).unwrap_or(u32::MAX);
        let open = calls.filter(|call| !answered.contains(call)).collect();
        Self { unit, open }
    }

    /// Asks for what is open; each answer goes to `answers` as it comes.
    async fn ask<T: Transport>(
        self,
        api: &Api<'_, T>,
        (stage, way): (u8, Way),
        answers: &RefCell<Vec<Line>>,
    ) -> Result<(), StopReason> {
        let calls = calls(way, &self.unit.rows);
        let open = self.open.iter().filter_map(|&call| {
            let rows = *calls.get(call as usize)?;
            Some((call, rows))
        });
        let infos = match way {
            Way::Group => group_infos(api, open.clone().flat_map(|(_, rows)| rows)).await?,
            Way::Member | Way::Peer => Ok(HashMap::new()),
        };
        let infos = &infos;
        let conversations = match way {
            Way::Peer => conversations(&self.unit.rows),
            Way::Group | Way::Member => HashMap::new(),
        };
        let conversations = &conversations;
        let asked = open.map(async |(call, rows)| {
            let observed: Vec<Option<Observed>> = match way {
                Way::Group => some(in_group(api, rows, infos).await?),
                Way::Member => by_member(api, rows).await?,
                Way::Peer => some(by_peer(api, rows, conversations).await?),
            };
            let mut line = Line {
                stage,
                unit: self.unit.number,
                call,
                ..Line::default()
            };
            for (row, observed) in rows.iter().zip(observed) {
                line.take(row, observed);
            }
            answers.borrow_mut().push(line);
            Ok::<_, StopReason>(())
        });
        try_join_all(asked).await.map(drop)
    }
}

/// The calls of a unit, each the rows that it asks for: the same whenever the unit is.
fn calls(way: Way, rows: &[Expected]) -> Vec<&[Expected]> {
    match way {
        Way::Group => group_calls(rows).collect(),
        Way::Member => rows.chunk_by(|a, b| a.member == b.member).collect(),
        Way::Peer => peer_calls(rows).collect(),
    }
}

fn some(observed: Vec<Observed>) -> Vec<Option<Observed>> {
    observed.into_iter().map(Some).collect()
}

impl Line {
    fn take(&mut self, row: &Expected, observed: Option<Observed>) {
        let Some(observed) = observed else {
            self.missing.push(Missing {
                group: row.group.to_string(),
                member: row.member.to_string(),
                unread: row.unread,
                row: row.row,
            });
            return;
        };
        let judged = self.tally.judge(row.unread, &observed);
        if judged.verdict != super::Verdict::Matched {
            self.differences.push(Difference {
                row: row.row,
                group: row.group.to_string(),
                member: row.member.to_string(),
                expected: row.unread,
                found: judged.found,
                verdict: judged.verdict,
                reason: judged.reason,
                reckoned: judged.reckoned,
            });
        }
    }
}

//! What has to hold after every command of a session.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::disk::Disk;
use super::input::{Member, Record, Sheet};
use super::memory::{Broken, Known, holds};
use super::reader::Trouble;
use super::tally::Seen;
use super::truth::Told;
use super::universe::Universe;
use crate::checkpoint::{Count, Entry, Ledger, Outcome, SessionEvent, Status};
use crate::delivery::{AttemptError, Patience};
use crate::event::Event;
use crate::import::{Departure, End, Error, Settings};
use crate::operation::{Answer, RowToSend, RowVerdict};
use crate::stop_reason::StopReason;

pub(super) struct Promises {
    sheet: Sheet,
    /// The number of each row's call.
    ordinals: BTreeMap<u64, u64>,
    patience: Patience,
    retry_failed: bool,
    disk: Disk,
    /// What the log says as far as it would survive a power cut, and the lines behind that.
    durable: Ledger,
    undurable: VecDeque<(usize, Entry<'static>)>,
    /// Groups of the rows that are to be sent and have no outcome.
    open: BTreeMap<u64, u8>,
    /// Rows that the target says are done.
    confirmed: BTreeSet<u64>,
    told: Told,
    outcomes: u64,
    reported: u64,
    rejected: u64,
    signals: u32,
    last: Option<SessionEvent>,
}

impl Promises {
    pub(super) fn new(ledger: &Ledger, sheet: &Sheet, settings: &Settings, disk: Disk) -> Self {
        let numbered = sheet.calls().filter(|(row, ..)| !ledger.is_carried(*row));
        let open = sheet
            .calls()
            .filter(|(row, ..)| !ledger.is_done(*row, settings.retry_failed));
        Self {
            ordinals: numbered.map(|(row, ..)| row).zip(1..).collect(),
            open: open.map(|(row, member, _)| (row, member.group)).collect(),
            sheet: sheet.clone(),
            patience: settings.patience,
            retry_failed: settings.retry_failed,
            disk,
            durable: ledger.clone(),
            undurable: VecDeque::new(),
            confirmed: BTreeSet::new(),
            told: Told::default(),
            outcomes: 0,
            reported: 0,
            rejected: 0,
            signals: 0,
            last: None,
        }
    }

    /// The planned call of a row, if it is what the input says.
    fn planned(&self, row: u64, ids: (&str, &str), count: u32) -> Result<Member, Broken> {
        let member = Member::of(ids.0, ids.1).ok_or("strange ids")?;
        let planned = self.sheet.record(row) == Some(Record::Call(member, count));
        holds(planned, || {
            format!("row {row} is not planned so: {member:?} = {count}")
        })?;
        Ok(member)
    }

    /// A call is sent, beside so many without an answer.
    pub(super) fn sends(
        &self,
        departure: &Departure,
        _in_flight: usize,
        universe: &Universe,
    ) -> Result<(), Broken> {
        for row in &departure.call().rows {
            let RowToSend {
                row,
                ordinal,
                group_id,
                member_account,
                unread_num,
            } = row;
            let member = self.planned(*row, (group_id, member_account), *unread_num)?;
            let number = self.ordinals.get(row);
            holds(number.is_none_or(|number| number == ordinal), || {
                format!("row {row} is call {number:?}, and not {ordinal}")
            })?;
            let admitted = self.durable.admitted();
            holds(*ordinal <= admitted, || {
                format!("call {ordinal} leaves, and on disk calls up to {admitted} are admitted")
            })?;
            let known = universe.memory.of(member);
            let done = match known {
                Some(Known::Succeeded(count)) => count == *unread_num,
                Some(Known::Failed(count, _)) => count == *unread_num && !self.retry_failed,
                Some(Known::Unsure) | None => false,
            };
            holds(!done, || {
                format!("row {row} is sent, and was recorded: {known:?}")
            })?;
            holds(self.open.contains_key(row), || {
                format!("row {row} is sent, and is settled")
            })?;
        }
        Ok(())
    }

    /// A line of the log ends at byte `end`.
    pub(super) fn written(
        &mut self,
        entry: &Entry<'static>,
        end: usize,
        universe: &mut Universe,
    ) -> Result<(), Broken> {
        self.undurable.push_back((end, entry.clone()));
        match entry {
            Entry::Outcome(outcome) => self.outcome(outcome, universe),
            Entry::Session(session) => {
                self.last = Some(session.event);
                Ok(())
            }
            Entry::Admitted { overwrites, .. } => {
                if !overwrites.is_empty() {
                    universe.tally.note(Seen::Overwrites);
                }
                Ok(())
            }
            Entry::Header(_) | Entry::Replaced(_) => Err("a line that is not the engine's".into()),
        }
    }

    fn outcome(&mut self, outcome: &Outcome<'_>, universe: &mut Universe) -> Result<(), Broken> {
        let row = outcome.row;
        if outcome.status == Status::Rejected {
            self.rejected += 1;
            return holds(self.sheet.record(row) == Some(Record::Invalid), || {
                format!("row {row} is rejected, and valid")
            });
        }
        let Count::Number(count) = outcome.unread_num else {
            return Err(format!("row {row} has an outcome without a count"));
        };
        let ids = (&*outcome.group_id, &*outcome.member_account);
        let member = self.planned(row, ids, count)?;
        holds(self.open.remove(&row).is_some(), || {
            format!("row {row} is settled twice")
        })?;
        self.outcomes += 1;
        self.told.settled(outcome.status, outcome.code);
        match outcome.status {
            Status::Succeeded => holds(self.confirmed.contains(&row), || {
                format!("row {row} is recorded as done, and nobody said so")
            }),
            Status::Failed => holds(universe.target.has_refused(member, outcome.code), || {
                format!("row {row} is recorded as refused, and nobody said so")
            }),
            Status::Exhausted | Status::Rejected => {
                universe.tally.note(Seen::Exhausted);
                Ok(())
            }
        }
    }

    /// Observers hear of an event.
    pub(super) fn reported(
        &mut self,
        event: &Event<'_>,
        universe: &mut Universe,
    ) -> Result<(), Broken> {
        match event {
            Event::Settled { .. } | Event::Rejected => {
                self.reported += 1;
                let written = self.outcomes + self.rejected;
                holds(self.reported <= written, || {
                    "an outcome is told before it is in the log".to_owned()
                })
            }
            Event::OutageBegan { .. } => {
                universe.tally.note(Seen::OutageBegan);
                self.told.outage(&self.open.values().copied().collect())
            }
            Event::Draining { .. } => {
                self.told.ends(universe.now);
                Ok(())
            }
            Event::RateLimited { .. } => {
                universe.tally.note(Seen::Limited);
                Ok(())
            }
            Event::Pulse(pulse) => holds(pulse.busiest_second <= universe.limit as usize, || {
                format!(
                    "it counts {} calls in a second itself",
                    pulse.busiest_second
                )
            }),
            Event::Sent { .. }
            | Event::Retrying { .. }
            | Event::Renewed
            | Event::OutageEnded { .. } => Ok(()),
        }
    }

    /// A sync has ended.
    pub(super) fn synced(&mut self, succeeded: bool) -> Result<(), Broken> {
        let durable = self.disk.durable();
        while let Some((end, _)) = self.undurable.front() {
            if !succeeded || *end > durable {
                break;
            }
            if let Some((_, entry)) = self.undurable.pop_front() {
                let applied = self.durable.apply(&entry);
                applied.map_err(|misplaced| misplaced.to_string())?;
            }
        }
        Ok(())
    }

    pub(super) const fn signalled(&mut self) {
        self.signals += 1;
    }

    /// The engine is told what came of a call.
    pub(super) fn answered(
        &mut self,
        departure: &Departure,
        answer: &Answer,
        universe: &mut Universe,
    ) {
        let row = &departure.call().rows[0];
        match answer.as_deref() {
            Ok([RowVerdict::Succeeded]) => {
                self.confirmed.insert(row.row);
            }
            Ok(_) => universe.tally.note(Seen::Continued),
            Err(_) => {}
        }
        let refused = matches!(
            answer,
            Err(AttemptError::Fatal(_) | AttemptError::Unknown { .. })
        );
        universe.memory.answered(row, refused);
        if let Some(Record::Call(member, _)) = self.sheet.record(row.row) {
            let of = (departure.call().operation, member.group);
            self.told.answer(of, answer, universe.now);
        }
    }

    /// The session is over.
    pub(super) fn ended(
        &self,
        end: &Result<End, Error<Trouble>>,
        ledger: &Ledger,
        in_flight: usize,
        universe: &mut Universe,
    ) -> Result<(), Broken> {
        universe.tally.note(seen(end, in_flight));
        if matches!(end, Err(Error::Checkpoint(_))) {
            return Ok(());
        }
        holds(self.disk.durable() == self.disk.len(), || {
            "it ended, and part of the log is not on disk".to_owned()
        })?;
        let closing = match end {
            Ok(End::Completed) => SessionEvent::Completed,
            Ok(End::Interrupted(_)) => SessionEvent::Interrupted,
            Ok(End::Stopped(_)) | Err(_) => SessionEvent::Stopped,
        };
        holds(self.last == Some(closing), || {
            format!("it ended with {end:?}, and the log says {:?}", self.last)
        })?;
        universe.memory.is_in(ledger)?;
        match end {
            Ok(End::Completed) => self.completed(ledger, universe),
            Ok(End::Interrupted(_)) => {
                holds(self.signals > 0, || "nobody interrupted it".to_owned())
            }
            Ok(End::Stopped(reason)) => self.told.stopped(reason, self.patience),
            Err(Error::Input(Trouble::Grew)) => {
                holds(self.open.is_empty(), || "planned rows were left".to_owned())
            }
            Err(_) => Ok(()),
        }
    }

    /// Every row has its outcome, and the target has what was recorded.
    fn completed(&self, ledger: &Ledger, universe: &Universe) -> Result<(), Broken> {
        let counts = ledger.counts();
        holds(self.open.is_empty(), || {
            format!("rows were lost: {:?}", self.open)
        })?;
        holds(counts.in_doubt == 0 && counts.never_sent == 0, || {
            format!("it is completed with {counts:?}")
        })?;
        for row in 1..=self.sheet.rows() {
            let named = self.sheet.record(row) != Some(Record::Invalid) || ledger.is_rejected(row);
            holds(named, || format!("row {row} is invalid, and not named"))?;
        }
        for (row, member, count) in self.sheet.calls() {
            if universe.memory.of(member) == Some(Known::Succeeded(count)) {
                let value = universe.target.value(member);
                holds(value == Some(count), || {
                    format!(
                        "row {row} ({member:?}) is recorded with {count}, and the target has {value:?}"
                    )
                })?;
            }
        }
        Ok(())
    }
}

fn seen(end: &Result<End, Error<Trouble>>, in_flight: usize) -> Seen {
    match end {
        Ok(End::Completed) => Seen::Completed,
        Ok(End::Interrupted(_)) if in_flight > 0 => Seen::Cut,
        Ok(End::Interrupted(_)) => Seen::Interrupted,
        Ok(End::Stopped(reason)) => match reason {
            StopReason::Outage { .. } => Seen::StoppedOutage,
            StopReason::RateLimited { .. } => Seen::StoppedLimited,
            StopReason::FirstContact { .. } => Seen::StoppedFirstContact,
            StopReason::TooManyFailures { .. } => Seen::StoppedFailures,
            StopReason::AllRefused { .. } => Seen::StoppedAllRefused,
            StopReason::Credential(_) | StopReason::Refused(_) | StopReason::Misunderstood(_) => {
                Seen::StoppedFatal
            }
        },
        Err(Error::Checkpoint(_)) => Seen::LogFailed,
        Err(Error::Input(Trouble::Grew)) => Seen::Grew,
        Err(Error::Input(Trouble::Replaced)) => Seen::Replaced,
        Err(Error::BeyondPlan(_)) => Seen::BeyondPlan,
    }
}

//! What may be known of each member from the log and from what left: the world's own account, by
//! which the engine's is judged.

use std::collections::BTreeMap;

use super::input::{Member, Sheet};
use crate::checkpoint::{Count, Entry, Ledger, Outcome, Overwritten, Status};
use crate::operation::RowToSend;

/// A broken promise, in words.
pub(super) type Broken = String;

/// A promise, and what is said when it is broken.
pub(super) fn holds(promise: bool, broken: impl FnOnce() -> String) -> Result<(), Broken> {
    if promise { Ok(()) } else { Err(broken()) }
}

/// What is known of a member from some moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// The log says that this count was set.
    Succeeded(u32),
    /// The log says that this count was refused, with this code.
    Failed(u32, i64),
    /// Another count may have been set, or none.
    Unsure,
}

/// A call of the present input that left.
#[derive(Debug, Default)]
struct Doubt {
    /// Attempts without an answer.
    open: u32,
    /// Whether one of them may have been carried out.
    perhaps: bool,
}

/// Calls of one input, by their number, and where in the log its line ends.
#[derive(Debug)]
struct Epoch {
    begins: usize,
    sheet: Sheet,
    left: BTreeMap<u64, Doubt>,
}

#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Each with the end of its line in the log; without one, it does not depend on the log.
    facts: Vec<(Option<usize>, Member, Known)>,
    epochs: Vec<Epoch>,
}

impl Memory {
    /// The log is about this input from byte `begins` on.
    pub(super) fn begins(&mut self, sheet: &Sheet, begins: usize) {
        self.epochs.push(Epoch {
            begins,
            sheet: sheet.clone(),
            left: BTreeMap::new(),
        });
    }

    /// A line of the log ends at byte `end`.
    pub(super) fn written(&mut self, entry: &Entry<'_>, end: usize) {
        match entry {
            Entry::Admitted { overwrites, .. } => {
                for Overwritten(_, group_id, account) in overwrites {
                    if let Some(member) = Member::of(group_id, account) {
                        self.facts.push((Some(end), member, Known::Unsure));
                    }
                }
            }
            Entry::Outcome(outcome) => self.outcome(outcome, end),
            Entry::Header(_) | Entry::Replaced(_) | Entry::Session(_) => {}
        }
    }

    fn outcome(&mut self, outcome: &Outcome<'_>, end: usize) {
        let member = Member::of(&outcome.group_id, &outcome.member_account);
        let (Some(member), Count::Number(count)) = (member, &outcome.unread_num) else {
            return;
        };
        let known = match outcome.status {
            Status::Succeeded => Known::Succeeded(*count),
            Status::Failed => Known::Failed(*count, outcome.code),
            Status::Exhausted | Status::Rejected => Known::Unsure,
        };
        self.facts.push((Some(end), member, known));
    }

    /// A call left. Its count may be there from now on, whatever the log says.
    pub(super) fn departed(&mut self, row: &RowToSend, member: Member) {
        self.facts.push((None, member, Known::Unsure));
        if let Some(epoch) = self.epochs.last_mut() {
            epoch.left.entry(row.ordinal).or_default().open += 1;
        }
    }

    /// A call that left was answered; `refused` if the answer says that nothing was done.
    pub(super) fn answered(&mut self, row: &RowToSend, refused: bool) {
        let epoch = self.epochs.last_mut();
        if let Some(doubt) = epoch.and_then(|epoch| epoch.left.get_mut(&row.ordinal)) {
            doubt.open = doubt.open.saturating_sub(1);
            doubt.perhaps |= !refused;
        }
    }

    /// What is known of a member.
    pub(super) fn of(&self, member: Member) -> Option<Known> {
        let facts = self.facts.iter().rev();
        facts
            .clone()
            .find(|fact| fact.1 == member)
            .map(|fact| fact.2)
    }

    /// What the log said of a member last.
    pub(super) fn recorded(&self, member: Member) -> Option<Known> {
        let mut facts = self.facts.iter().rev();
        let fact = facts.find(|(end, of, _)| *of == member && end.is_some());
        fact.map(|fact| fact.2)
    }

    /// The log has only so many bytes left.
    pub(super) fn cut(&mut self, length: usize) {
        self.facts
            .retain(|(end, ..)| end.is_none_or(|end| end <= length));
        self.epochs.retain(|epoch| epoch.begins <= length);
    }

    /// Whether the log knows all that it has to know: calls that may have been carried out are
    /// admitted, and what is recorded is done.
    pub(super) fn is_in(&self, ledger: &Ledger) -> Result<(), Broken> {
        let Some(epoch) = self.epochs.last() else {
            return Ok(());
        };
        let perhaps = |(_, doubt): &(&u64, &Doubt)| doubt.perhaps || doubt.open > 0;
        let last = epoch.left.iter().rfind(perhaps);
        let (last, admitted) = (last.map_or(0, |(&ordinal, _)| ordinal), ledger.admitted());
        holds(last <= admitted, || {
            format!(
                "call {last} may have been carried out, and the log says that calls beyond {admitted} never left"
            )
        })?;
        for (row, member, count) in epoch.sheet.calls() {
            let known = self.of(member);
            let done = match known {
                Some(Known::Succeeded(known) | Known::Failed(known, _)) => known == count,
                Some(Known::Unsure) | None => continue,
            };
            holds(done == ledger.is_done(row, false), || {
                format!("row {row} ({member:?}, {count}) is {known:?}, and the log says otherwise")
            })?;
        }
        Ok(())
    }
}

//! Calls that wait: those read ahead, and those that go again.
//!
//! Calls of groups that are well go first, so that a sick group holds up nobody but itself.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use tokio::time::Instant;

use crate::delivery::{Account, GroupKey, Standing};
use crate::operation::{Call, RowToSend};

/// One call in so many is of a sick group while others wait: enough to learn when it is well.
const SICK_SHARE: u32 = 20;

/// A call on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PendingCall {
    /// What it does to which rows.
    pub(crate) call: Call,
    /// Attempts that left.
    pub(crate) attempts: u32,
    /// What they cost.
    pub(crate) account: Account,
    /// Whether it may have been carried out: an attempt had no answer, or one that says nothing.
    pub(crate) perhaps_carried_out: bool,
}

/// A call that goes again at `due`.
#[derive(Debug)]
struct Waiting {
    due: Instant,
    /// Makes the order total: first in, first out.
    number: u64,
    pending: PendingCall,
}

impl Waiting {
    fn key(&self) -> (Instant, u64) {
        (self.due, self.number)
    }

    fn group(&self) -> GroupKey {
        self.pending.call.group
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// Where the next call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Again,
    Fresh,
    Sick,
    Suspect,
}

/// What may leave next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// A call of a group that is well, or of a sick one in its turn.
    Call(Place),
    /// A call of a group that is suspected, and none of another.
    OnlySuspects,
    /// None before this instant.
    Later(Instant),
    /// None that waits for time only.
    Nothing,
}

/// All calls that wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    fresh: VecDeque<PendingCall>,
    again: BinaryHeap<Reverse<Waiting>>,
    sick: BinaryHeap<Reverse<Waiting>>,
    suspects: VecDeque<Waiting>,
    number: u64,
    turn: u32,
}

impl Queue {
    /// Calls that were read and have not left yet.
    pub(super) fn fresh(&self) -> usize {
        self.fresh.len()
    }

    /// The first of them.
    pub(super) fn next_fresh(&self) -> Option<&PendingCall> {
        self.fresh.front()
    }

    /// Adds the next call of the input.
    pub(super) fn offer(&mut self, pending: PendingCall) {
        self.fresh.push_back(pending);
    }

    /// Puts a call back, to go again at `due`.
    pub(super) fn again(&mut self, pending: PendingCall, due: Instant) {
        self.number += 1;
        self.again.push(Reverse(Waiting {
            due,
            number: self.number,
            pending,
        }));
    }

    /// How many calls wait for another attempt, or because of their group.
    pub(super) fn waiting(&self) -> usize {
        self.again.len() + self.sick.len() + self.suspects.len()
    }

    /// The waiting rows whose calls were certainly not carried out.
    pub(super) fn never_carried_out(&self) -> impl Iterator<Item = &RowToSend> {
        let heaps = self.again.iter().chain(&self.sick);
        let waiting = heaps.map(|Reverse(waiting)| waiting).chain(&self.suspects);
        let never = waiting.filter(|waiting| !waiting.pending.perhaps_carried_out);
        never.flat_map(|waiting| &waiting.pending.call.rows)
    }

    /// Whether nothing waits at all.
    pub(super) fn is_empty(&self) -> bool {
        self.fresh.is_empty() && self.waiting() == 0
    }

    /// Looks at the suspected calls anew: their group is not suspected any more.
    pub(super) fn release_suspects(&mut self) {
        self.again.extend(self.suspects.drain(..).map(Reverse));
    }

    /// Looks at the calls of sick groups anew: one of them is well again.
    pub(super) fn release_sick(&mut self) {
        self.again.append(&mut self.sick);
    }

    /// Chooses the call that leaves next. Calls read ahead may leave up to number `admitted`.
    pub(super) fn choose(
        &mut self,
        now: Instant,
        admitted: u64,
        standing: impl Fn(GroupKey) -> Standing,
    ) -> Choice {
        let again = self.sort_again(now, &standing);
        let fresh = self.sort_fresh(now, admitted, &standing);
        let sick_due = self
            .sick
            .peek()
            .is_some_and(|Reverse(sick)| sick.due <= now);
        if sick_due && self.turn.is_multiple_of(SICK_SHARE) {
            return Choice::Call(Place::Sick);
        }
        if again {
            Choice::Call(Place::Again)
        } else if fresh {
            Choice::Call(Place::Fresh)
        } else if sick_due {
            Choice::Call(Place::Sick)
        } else {
            let again = self.again.peek().map(|Reverse(waiting)| waiting.due);
            let sick = self.sick.peek().map(|Reverse(waiting)| waiting.due);
            match again.into_iter().chain(sick).min() {
                Some(due) => Choice::Later(due),
                // Calls that are not admitted yet may be of another group.
                None if self.suspects.is_empty() || !self.fresh.is_empty() => Choice::Nothing,
                None => Choice::OnlySuspects,
            }
        }
    }

    /// Whether the first call that goes again is due, and of a group that is well.
    fn sort_again(&mut self, now: Instant, standing: impl Fn(GroupKey) -> Standing) -> bool {
        while let Some(Reverse(first)) = self.again.peek() {
            if first.due > now {
                return false;
            }
            let standing = standing(first.group());
            if standing == Standing::Well {
                return true;
            }
            if let Some(Reverse(first)) = self.again.pop() {
                self.put_aside(first, standing);
            }
        }
        false
    }

    /// Whether the first call of the input may leave, and is of a group that is well.
    fn sort_fresh(
        &mut self,
        now: Instant,
        admitted: u64,
        standing: impl Fn(GroupKey) -> Standing,
    ) -> bool {
        while let Some(first) = self.fresh.front() {
            if first.call.last_ordinal() > admitted {
                return false;
            }
            let standing = standing(first.call.group);
            if standing == Standing::Well {
                return true;
            }
            if let Some(pending) = self.fresh.pop_front() {
                self.number += 1;
                let waiting = Waiting {
                    due: now,
                    number: self.number,
                    pending,
                };
                self.put_aside(waiting, standing);
            }
        }
        false
    }

    fn put_aside(&mut self, waiting: Waiting, standing: Standing) {
        match standing {
            Standing::Well => self.again.push(Reverse(waiting)),
            Standing::Sick => self.sick.push(Reverse(waiting)),
            Standing::Suspect => self.suspects.push_back(waiting),
        }
    }

    /// Takes the call that was chosen.
    pub(super) fn take(&mut self, place: Place) -> Option<PendingCall> {
        self.turn = self.turn.wrapping_add(1);
        match place {
            Place::Again => self.again.pop().map(|Reverse(waiting)| waiting.pending),
            Place::Sick => self.sick.pop().map(|Reverse(waiting)| waiting.pending),
            Place::Suspect => self.suspects.pop_front().map(|waiting| waiting.pending),
            Place::Fresh => self.fresh.pop_front(),
        }
    }
}

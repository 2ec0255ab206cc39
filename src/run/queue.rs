//! Calls that wait: the next fresh one, and those that go again.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use tokio::time::Instant;

/// A planned call on its way; it owns its ids, since the reader has gone on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pending {
    /// The record's number.
    pub(super) row: u64,
    /// Ordinal among the planned calls, from 1.
    pub(super) ordinal: u64,
    /// The group.
    pub(super) group_id: Box<str>,
    /// The member.
    pub(super) member_account: Box<str>,
    /// The count to set.
    pub(super) unread_num: u32,
    /// Attempts that left.
    pub(super) attempts: u32,
    /// Attempts that failed on the call's own account.
    pub(super) spent: u32,
    /// An answer with an unknown code was retried once.
    pub(super) retried_unknown: bool,
    /// An attempt had no answer, so the call may have been carried out.
    pub(super) unanswered: bool,
    /// The last attempt was refused for the app's or the credential's sake.
    pub(super) refused: bool,
}

/// A call that goes again at `due`.
#[derive(Debug)]
struct Waiting {
    due: Instant,
    call: Pending,
}

impl Waiting {
    /// Earliest first; the row makes the order total.
    fn key(&self) -> (Instant, u64) {
        (self.due, self.call.row)
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

/// What may leave next.
#[derive(Debug, Default)]
pub(super) struct Queue {
    fresh: Option<Pending>,
    again: BinaryHeap<Reverse<Waiting>>,
}

impl Queue {
    /// Whether there is room for the next fresh call.
    pub(super) fn wants_fresh(&self) -> bool {
        self.fresh.is_none()
    }

    /// Puts the next fresh call in its place.
    pub(super) fn offer(&mut self, call: Pending) {
        self.fresh = Some(call);
    }

    /// Puts a call back, to go again at `due`.
    pub(super) fn again(&mut self, call: Pending, due: Instant) {
        self.again.push(Reverse(Waiting { due, call }));
    }

    /// Ordinals of the calls that every attempt's answer refused: they were not carried out.
    pub(super) fn refused(&self) -> BTreeSet<u64> {
        let waiting = self.again.iter().map(|Reverse(waiting)| &waiting.call);
        let refused = waiting.filter(|call| call.refused && !call.unanswered);
        refused.map(|call| call.ordinal).collect()
    }

    /// How many calls wait for another attempt.
    pub(super) fn waiting(&self) -> usize {
        self.again.len()
    }

    /// Whether nothing waits at all.
    pub(super) fn is_empty(&self) -> bool {
        self.fresh.is_none() && self.again.is_empty()
    }

    /// When the next call may leave: now if one is due, later if one waits, `None` if none does.
    /// `fresh_too` is false while fresh calls are held back.
    pub(super) fn due(&self, now: Instant, fresh_too: bool) -> Option<Instant> {
        let again = self.again.peek().map(|Reverse(waiting)| waiting.due);
        let fresh = (fresh_too && self.fresh.is_some()).then_some(now);
        match (again, fresh) {
            (Some(again), Some(fresh)) => Some(again.min(fresh)),
            (again, fresh) => again.or(fresh),
        }
    }

    /// Takes the call that leaves at `now`: one that goes again before a fresh one.
    pub(super) fn take(&mut self, now: Instant, fresh_too: bool) -> Option<Pending> {
        let due = self
            .again
            .peek()
            .is_some_and(|Reverse(waiting)| waiting.due <= now);
        if due {
            return self.again.pop().map(|Reverse(waiting)| waiting.call);
        }
        self.fresh.take_if(|_| fresh_too)
    }
}

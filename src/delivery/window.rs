//! The last permits, and what follows from them for the next.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// A sliding window over permit times: the exact form of "at most `limit` calls a second".
///
/// A spacing rule bounds the calls at the sender; this bounds them in every window, whatever woke
/// up late, was suspended or was restarted.
#[derive(Debug)]
pub(super) struct Window {
    permits: VecDeque<Permit>,
    limit: usize,
    span: Duration,
    busiest: usize,
    last_second: VecDeque<Instant>,
}

/// A permit, and from when on its call counts.
#[derive(Debug, Clone, Copy)]
struct Permit {
    given: Instant,
    counts_from: Instant,
}

impl Window {
    /// At most `limit` permits in any `span`.
    pub(super) fn new(limit: usize, span: Duration) -> Self {
        Self {
            permits: VecDeque::with_capacity(limit),
            limit,
            span,
            busiest: 0,
            last_second: VecDeque::with_capacity(limit),
        }
    }

    /// The earliest instant at which one more permit keeps the promise; `None` when any does.
    pub(super) fn next(&self) -> Option<Instant> {
        if self.permits.len() < self.limit {
            return None;
        }
        self.permits
            .front()
            .map(|oldest| oldest.counts_from + self.span)
    }

    /// Notes a permit given at `now`.
    pub(super) fn note(&mut self, now: Instant) {
        if self.permits.len() == self.limit {
            self.permits.pop_front();
        }
        self.permits.push_back(Permit {
            given: now,
            counts_from: now,
        });
        while self
            .last_second
            .front()
            .is_some_and(|&earlier| now - earlier >= Duration::from_secs(1))
        {
            self.last_second.pop_front();
        }
        self.last_second.push_back(now);
        self.busiest = self.busiest.max(self.last_second.len());
    }

    /// The call of the last permit left at `at`.
    pub(super) fn left(&mut self, at: Instant) {
        if let Some(last) = self.permits.back_mut() {
            last.counts_from = at.max(last.counts_from);
        }
        if let Some(last) = self.last_second.back_mut() {
            *last = at.max(*last);
        }
    }

    /// The call whose permit was given at `given` counts from `at` on.
    pub(super) fn counts_from(&mut self, given: Instant, at: Instant) {
        let found = self
            .permits
            .binary_search_by_key(&given, |permit| permit.given);
        if let Some(permit) = found.ok().and_then(|index| self.permits.get_mut(index)) {
            permit.counts_from = at.max(permit.counts_from);
        }
    }

    /// Most permits in any half-open second so far.
    pub(super) fn busiest(&self) -> usize {
        self.busiest
    }

    /// Permits in the second that ends at `now`.
    pub(super) fn in_last_second(&self, now: Instant) -> usize {
        self.last_second
            .iter()
            .rev()
            .take_while(|&&earlier| now.saturating_duration_since(earlier) < Duration::from_secs(1))
            .count()
    }
}

//! The calls of late, and what follows from them for the next.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// The length of a second that the target may count in.
const SECOND: Duration = Duration::from_secs(1);

/// When a further call keeps the promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// At any time.
    Now,
    /// From this instant on.
    At(Instant),
    /// Not before one of the calls under way has departed.
    AfterDeparture,
}

/// A sliding window over departures: the exact form of "at most so many calls a second".
///
/// A spacing rule bounds the calls that are let go; this bounds those that reach the network, in
/// every window, whatever woke up late, waited for a connection, was suspended or was restarted.
/// A call that has not departed yet counts in every window.
#[derive(Debug)]
pub(super) struct Window {
    span: Duration,
    /// From when on the departed calls count, in order.
    departed: VecDeque<Instant>,
    /// Calls that may leave at any moment.
    under_way: usize,
    last_second: VecDeque<Instant>,
    busiest: usize,
}

impl Window {
    /// No calls yet; each counts for `span`.
    pub(super) fn new(span: Duration) -> Self {
        Self {
            span,
            departed: VecDeque::new(),
            under_way: 0,
            last_second: VecDeque::new(),
            busiest: 0,
        }
    }

    /// When one more call keeps the promise of at most `limit`.
    pub(super) fn next(&self, limit: usize) -> Opening {
        let Some(free) = limit.checked_sub(self.under_way + 1) else {
            return Opening::AfterDeparture;
        };
        // So many departed calls may count beside it; the one before those must not.
        let oldest_beside = self.departed.len().checked_sub(free + 1);
        match oldest_beside.and_then(|index| self.departed.get(index)) {
            None => Opening::Now,
            Some(&counts_from) => Opening::At(counts_from + self.span),
        }
    }

    /// A call is let go at `now`.
    pub(super) fn note(&mut self, now: Instant) {
        self.under_way += 1;
        while self
            .departed
            .front()
            .is_some_and(|&counts_from| now.saturating_duration_since(counts_from) >= self.span)
        {
            self.departed.pop_front();
        }
    }

    /// A call that was let go departed at `at`; it counts from `counts_from` on.
    pub(super) fn departed(&mut self, at: Instant, counts_from: Instant) {
        self.under_way = self.under_way.saturating_sub(1);
        let place = self
            .departed
            .partition_point(|&earlier| earlier <= counts_from);
        self.departed.insert(place, counts_from);
        while self
            .last_second
            .front()
            .is_some_and(|&earlier| at.saturating_duration_since(earlier) >= SECOND)
        {
            self.last_second.pop_front();
        }
        self.last_second.push_back(at);
        self.busiest = self.busiest.max(self.last_second.len());
    }

    /// Most departures in any half-open second so far.
    pub(super) fn busiest(&self) -> usize {
        self.busiest
    }

    /// Departures in the second that ends at `now`.
    pub(super) fn in_last_second(&self, now: Instant) -> usize {
        let of_it = |earlier: Instant| now.saturating_duration_since(earlier) < SECOND;
        self.last_second
            .iter()
            .rev()
            .take_while(|&&earlier| of_it(earlier))
            .count()
    }
}

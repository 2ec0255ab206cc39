//! The one thing a call waits for. Whatever may hold it back (the rate, refusals for the rate, an
//! outage, the room in flight) is behind `due`; the loop does not know one from the other.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::attempt::{Account, Attempt, AttemptError, GroupKey};
use super::concurrency_limit::ConcurrencyLimit;
use super::gate::{Gate, Limit, Permit};
use super::policy::{Judged, Patience, Policy};

/// What an answer means, and the pause that it began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judgement {
    /// What follows.
    pub(crate) judged: Judged,
    /// Set by a refusal for the rate: its code, and the length of the pause if it began one.
    pub(crate) limited: Option<(i64, Option<Duration>)>,
}

/// How the calls of one command leave.
#[derive(Debug)]
pub(crate) struct Pacer {
    gate: Gate,
    policy: Policy,
    concurrency: ConcurrencyLimit,
    in_flight: usize,
    /// Before the first attempt came back, there is one at a time.
    first_answer_seen: bool,
    held_until: Option<Instant>,
    /// Calls that were sent and have not departed.
    departing: VecDeque<Permit>,
}

impl Pacer {
    /// Calls at `limit` a second from `not_before` on.
    pub(crate) fn new(
        limit: Limit,
        not_before: Instant,
        concurrency: ConcurrencyLimit,
        patience: Patience,
    ) -> Self {
        Self {
            gate: Gate::new(limit, not_before),
            policy: Policy::new(patience),
            concurrency,
            in_flight: 0,
            first_answer_seen: false,
            held_until: None,
            departing: VecDeque::new(),
        }
    }

    /// When the next call may leave, as far as is known now; `None` while only an answer can tell.
    pub(crate) fn due(&self, now: Instant) -> Option<Instant> {
        let room = self.in_flight < self.concurrency.calls();
        let alone = self.first_answer_seen || self.in_flight == 0;
        if !room || !alone {
            return None;
        }
        let due = self.policy.due(now)?.max(self.gate.due(now)?);
        Some(self.held_until.map_or(due, |held| due.max(held)).max(now))
    }

    /// A call leaves at `now`, which is due.
    pub(crate) fn sent(&mut self, group: GroupKey, account: Account, now: Instant) -> Attempt {
        self.in_flight += 1;
        let permit = self.gate.sent(now);
        self.departing.push_back(permit);
        self.policy.sent(group, account, now)
    }

    /// The call that was sent first of those that have not departed was handed to the network at
    /// `at`.
    pub(crate) fn departed(&mut self, at: Instant) {
        if let Some(permit) = self.departing.pop_front() {
            self.gate.departed(permit, at);
        }
    }

    /// An attempt came back; no error is success. `random` is uniform in 0..1.
    pub(crate) fn answered(
        &mut self,
        attempt: &Attempt,
        error: Option<AttemptError>,
        now: Instant,
        random: f64,
    ) -> Judgement {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.first_answer_seen = true;
        let latency = now.saturating_duration_since(attempt.sent);
        self.concurrency.answered(latency);
        let limited = self.tell_gate(attempt, error.as_ref(), now);
        let judged = self.policy.judge(attempt, error, now, random);
        if let Some(hold) = judged.hold {
            self.held_until = self.held_until.max(Some(now + hold));
        }
        Judgement { judged, limited }
    }

    fn tell_gate(
        &mut self,
        attempt: &Attempt,
        error: Option<&AttemptError>,
        now: Instant,
    ) -> Option<(i64, Option<Duration>)> {
        match error {
            Some(AttemptError::NoAnswer(_)) => None,
            Some(AttemptError::RateLimited {
                refusal,
                retry_after,
            }) => {
                let pause = self.gate.refused(attempt.sent, *retry_after, now);
                Some((refusal.code, pause))
            }
            Some(_) | None => {
                self.gate.accepted(attempt.sent, now);
                None
            }
        }
    }

    /// What answers mean.
    pub(crate) const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What answers mean, to be told of what is settled.
    pub(crate) const fn policy_mut(&mut self) -> &mut Policy {
        &mut self.policy
    }

    /// Calls without an answer.
    pub(crate) const fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Calls that may be without an answer at a time.
    pub(crate) fn room(&self) -> usize {
        self.concurrency.calls()
    }

    /// Calls in the second that ends at `now`.
    pub(crate) fn calls_now(&self, now: Instant) -> usize {
        self.gate.calls_now(now)
    }

    /// Most calls in any sliding second so far, counted where they leave.
    pub(crate) fn busiest_second(&self) -> usize {
        self.gate.busiest_second()
    }
}

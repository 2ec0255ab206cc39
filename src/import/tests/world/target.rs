//! The target: what it holds, what it takes in a second, and what it answers.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use fastrand::Rng;
use tokio::time::Instant;

use super::input::Member;
use super::weather::{Sickness, Weather};
use crate::delivery::{AttemptError, NoAnswer};
use crate::operation::{Answer, Operation, RowVerdict};
use crate::stop_reason::{Refusal, StopReason};

/// A call on its way, as the network has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    /// Its number among all calls of all sessions.
    pub(super) id: u64,
    pub(super) operation: Operation,
    pub(super) member: Member,
    pub(super) count: u32,
}

/// Codes that it gives.
const NO_GROUP: i64 = 10_010;
const UNKNOWN: i64 = 12_345;

#[derive(Debug, Default)]
pub(super) struct Target {
    /// The counts that were set.
    values: BTreeMap<Member, u32>,
    /// Codes by which it refused a member for good.
    refused: BTreeMap<Member, i64>,
    /// When it took calls, of the last second.
    taken: BTreeMap<Operation, VecDeque<Instant>>,
}

fn refusal(code: i64) -> Refusal {
    Refusal {
        code,
        info: "no".into(),
    }
}

fn no_answer(status: Option<u16>, retry_after: Option<Duration>) -> Answer {
    Err(AttemptError::NoAnswer(NoAnswer {
        info: "nothing".into(),
        status,
        retry_after,
    }))
}

impl Target {
    /// The count that was set last.
    pub(super) fn value(&self, member: Member) -> Option<u32> {
        self.values.get(&member).copied()
    }

    /// Whether it ever refused the member with this code.
    pub(super) fn has_refused(&self, member: Member, code: i64) -> bool {
        self.refused.get(&member) == Some(&code) || code == UNKNOWN
    }

    /// A call arrives at `now`, so long after the session began. `None` is silence.
    pub(super) fn arrived(
        &mut self,
        sent: Sent,
        (now, since): (Instant, Duration),
        weather: &Weather,
        rng: &mut Rng,
    ) -> Option<Answer> {
        if weather.outages.iter().any(|outage| outage.contains(&since)) {
            let status = if weather.denied { 403 } else { 502 };
            return Some(no_answer(Some(status), weather.retry_after));
        }
        let sick = |(group, when, _): &&(u8, std::ops::Range<Duration>, Sickness)| {
            *group == sent.member.group && when.contains(&since)
        };
        if let Some((_, _, sickness)) = weather.sick.iter().find(sick) {
            return self.sick(sent, *sickness, rng);
        }
        if !self.takes(sent.operation, now, weather.quota) {
            return Some(Err(AttemptError::RateLimited {
                refusal: refusal(60_007),
                retry_after: weather.retry_after,
            }));
        }
        if sent.member.is_unknown_to_target() {
            self.refused.insert(sent.member, NO_GROUP);
            return Some(Err(AttemptError::Refused(refusal(NO_GROUP))));
        }
        self.by_chance(sent, weather, rng)
    }

    fn sick(&mut self, sent: Sent, sickness: Sickness, rng: &mut Rng) -> Option<Answer> {
        let carried_out = sickness != Sickness::Denied && rng.u8(..3) == 0;
        if carried_out && !sent.member.is_unknown_to_target() {
            self.values.insert(sent.member, sent.count);
        }
        match sickness {
            Sickness::Gateway => Some(no_answer(Some(504), None)),
            Sickness::Denied => Some(no_answer(Some(403), None)),
            Sickness::Silence => None,
        }
    }

    /// Whether a call fits into the present second.
    fn takes(&mut self, operation: Operation, now: Instant, quota: Option<usize>) -> bool {
        let taken = self.taken.entry(operation).or_default();
        while taken
            .front()
            .is_some_and(|&at| now - at >= Duration::from_secs(1))
        {
            taken.pop_front();
        }
        let fits = quota.is_none_or(|quota| taken.len() < quota);
        if fits {
            taken.push_back(now);
        }
        fits
    }

    fn by_chance(&mut self, sent: Sent, weather: &Weather, rng: &mut Rng) -> Option<Answer> {
        let odds = weather.odds;
        let mut left = rng.f64();
        let mut falls = |share: f64| {
            left -= share;
            left < 0.0
        };
        if falls(odds.call_lost) {
            return rng.bool().then(|| no_answer(None, None));
        }
        if falls(odds.transient) {
            return Some(Err(AttemptError::Transient(refusal(10_002))));
        }
        if falls(odds.unknown) {
            let refusal = refusal(UNKNOWN);
            let stop = rng.bool().then(|| StopReason::Refused(refusal.clone()));
            return Some(Err(AttemptError::Unknown { refusal, stop }));
        }
        if falls(odds.refused) {
            return Some(Err(AttemptError::RateLimited {
                refusal: refusal(60_007),
                retry_after: weather.retry_after,
            }));
        }
        if falls(odds.fatal) {
            let stop = StopReason::Credential(refusal(70_001));
            return Some(Err(AttemptError::Fatal(stop)));
        }
        if falls(odds.renewed) {
            return Some(Err(AttemptError::Renewed));
        }
        if falls(odds.continued) && sent.operation == Operation::FIRST {
            return Some(Ok(vec![RowVerdict::ContinueAs(Operation::Other)]));
        }
        self.values.insert(sent.member, sent.count);
        if falls(odds.answer_lost) {
            return rng.bool().then(|| no_answer(None, None));
        }
        Some(Ok(vec![RowVerdict::Succeeded]))
    }
}

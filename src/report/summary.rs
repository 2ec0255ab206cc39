//! The pure fold of an import's events.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::event::{Event, Pulse, Verdict};
use crate::record::RowCounts;

/// What a session set out to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The input's rows.
    pub(crate) rows: RowCounts,
    /// Calls, of all sessions together.
    pub(crate) planned: u64,
    /// Calls that earlier sessions settled and this one leaves alone.
    pub(crate) already_done: u64,
    /// Those of them that failed.
    pub(crate) already_failed: u64,
    /// Calls per second.
    pub(crate) limit: u32,
}

/// The numbers of a session so far.
#[derive(Debug, Clone)]
pub(crate) struct Summary {
    pub(crate) plan: Plan,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) attempts: u64,
    pub(crate) retries: u64,
    pub(crate) rate_limited: u64,
    pub(crate) rejected: u64,
    pub(crate) failures_by_code: BTreeMap<i64, u64>,
    pub(crate) pulse: Option<Pulse>,
    pub(crate) outages: u64,
    /// Outages that are over, together.
    ended_outages: Duration,
    /// Since when the outage lasts that is not over.
    down_since: Option<Instant>,
    pub(crate) draining: bool,
    started: Instant,
    first_sent: Option<Instant>,
    last_sent: Option<Instant>,
}

impl Summary {
    /// The summary of a session that begins at `started`.
    pub(crate) fn new(plan: Plan, started: Instant) -> Self {
        Self {
            plan,
            succeeded: 0,
            failed: 0,
            attempts: 0,
            retries: 0,
            rate_limited: 0,
            rejected: 0,
            failures_by_code: BTreeMap::new(),
            pulse: None,
            outages: 0,
            ended_outages: Duration::ZERO,
            down_since: None,
            draining: false,
            started,
            first_sent: None,
            last_sent: None,
        }
    }

    /// Folds one event in.
    pub(crate) fn apply(&mut self, event: &Event<'_>) {
        match *event {
            Event::Sent { at, attempt } => {
                self.attempts += 1;
                self.retries += u64::from(attempt > 1);
                self.first_sent.get_or_insert(at);
                self.last_sent = Some(at);
            }
            Event::Settled {
                verdict: Verdict::Succeeded,
                ..
            } => self.succeeded += 1,
            Event::Settled {
                verdict: Verdict::Failed | Verdict::Exhausted,
                code,
                ..
            } => {
                self.failed += 1;
                *self.failures_by_code.entry(code).or_default() += 1;
            }
            Event::RateLimited { .. } => self.rate_limited += 1,
            Event::Rejected => self.rejected += 1,
            Event::OutageBegan { at, .. } => {
                self.outages += 1;
                self.down_since = Some(at);
            }
            Event::OutageEnded { lasted, .. } => {
                self.ended_outages += lasted;
                self.down_since = None;
            }
            Event::Draining { .. } => self.draining = true,
            Event::Pulse(pulse) => self.pulse = Some(pulse),
            Event::Retrying { .. } | Event::Renewed => {}
        }
    }

    /// Calls without an outcome:
    /// `succeeded + failed + already_done + remaining = planned`.
    pub(crate) fn remaining(&self) -> u64 {
        self.plan
            .planned
            .saturating_sub(self.plan.already_done + self.succeeded + self.failed)
    }

    /// Calls with an outcome, of this session and earlier ones.
    pub(crate) fn done(&self) -> u64 {
        self.plan.already_done + self.succeeded + self.failed
    }

    /// Calls sent per second, from the first to the last.
    pub(crate) fn achieved(&self) -> f64 {
        let (Some(first), Some(last)) = (self.first_sent, self.last_sent) else {
            return 0.0;
        };
        let seconds = (last - first).as_secs_f64();
        if seconds <= 0.0 {
            return 0.0;
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "a rate needs no more than 52 bits"
        )]
        let intervals = self.attempts.saturating_sub(1) as f64;
        intervals / seconds
    }

    /// Most calls that left in any second.
    pub(crate) fn busiest_second(&self) -> u64 {
        self.pulse.map_or(0, |pulse| pulse.busiest_second as u64)
    }

    /// How long the rest takes at this session's pace; `None` before there is one, and while
    /// the target is down.
    pub(crate) fn remaining_time(&self) -> Option<Duration> {
        let first = self.first_sent?;
        let pulse = self.pulse.filter(|pulse| pulse.down_since.is_none())?;
        let elapsed = pulse.at.checked_duration_since(first)?;
        let settled = self.succeeded + self.failed;
        if settled == 0 || elapsed < Duration::from_secs(1) {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let share = self.remaining() as f64 / settled as f64;
        Some(elapsed.mul_f64(share))
    }

    /// How long the target was down, up to `now` where it still is.
    pub(crate) fn outage_time(&self, now: Instant) -> Duration {
        let open = self
            .down_since
            .map(|since| now.saturating_duration_since(since));
        self.ended_outages + open.unwrap_or_default()
    }

    /// How long the session has taken at `now`.
    pub(crate) fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_that_is_not_over_counts_up_to_now() {
        let started = Instant::now();
        let second = |seconds| started + Duration::from_secs(seconds);
        let mut summary = Summary::new(Plan::default(), started);
        let began = |seconds| Event::OutageBegan {
            at: second(seconds),
            info: "connection refused".into(),
        };
        summary.apply(&began(10));
        assert_eq!(summary.outage_time(second(40)).as_secs(), 30);
        summary.apply(&Event::OutageEnded {
            at: second(50),
            lasted: Duration::from_secs(40),
        });
        assert_eq!(summary.outage_time(second(90)).as_secs(), 40);
        summary.apply(&began(100));
        assert_eq!(summary.outage_time(second(1000)).as_secs(), 940);
        assert_eq!(summary.outages, 2);
    }
}

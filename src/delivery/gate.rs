//! The gate that every attempt passes. Pure: time is handed in, nothing waits here.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

use super::spacing::Spacing;
use super::throttle::Throttle;
use super::window::{Opening, Window};

/// Calls per second, 1..=200.
///
/// 200 is the default quota of every group API of Tencent Cloud Chat, and `set_unread_msg_num` is
/// not on the vendor's list of limits that can be raised (use limits page, 2025-07).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit(NonZeroU32);

impl Limit {
    /// The vendor's quota.
    pub(crate) const QUOTA: u32 = 200;

    /// `None` outside 1..=200.
    pub(crate) fn new(calls_per_second: u32) -> Option<Self> {
        NonZeroU32::new(calls_per_second)
            .filter(|limit| limit.get() <= Self::QUOTA)
            .map(Self)
    }

    /// Calls per second.
    pub(crate) fn get(self) -> u32 {
        self.0.get()
    }

    /// The rate that the gate really keeps, in calls per second: 0.65 % below the limit.
    pub(crate) fn sustained(self) -> f64 {
        f64::from(self.get()) / Self::span().as_secs_f64()
    }

    /// In what time the gate lets `limit` calls go: one second, the margin and the drift.
    pub(crate) const fn span() -> Duration {
        Duration::from_secs(1)
            .saturating_add(MARGIN)
            .saturating_add(DRIFT)
    }
}

/// By how much a window of departures is longer than a second: the difference between two ways to
/// the server that cannot push a call into a full second there. Margin and drift together cost as
/// much of the rate, and 1 % of the rate is all we may spend.
const MARGIN: Duration = Duration::from_micros(2_500);

/// By how much a call may depart after it was due and still count from when it was due. A loop
/// that wakes up 1 ms late would otherwise lose it with every round of the window, for ever.
const DRIFT: Duration = Duration::from_millis(4);

/// Leave for one call to depart.
#[derive(Debug)]
#[must_use = "a call that never departs counts for ever"]
pub(crate) struct Permit {
    /// The call counts from here at the earliest.
    counts_from: Instant,
}

/// Decides when the next call leaves.
#[derive(Debug)]
pub(crate) struct Gate {
    limit: Limit,
    not_before: Instant,
    window: Window,
    spacing: Spacing,
    throttle: Throttle,
}

impl Gate {
    /// A gate for `limit` calls per second that opens at `not_before`: now, or the end of the
    /// second in which an earlier process may have sent.
    pub(crate) fn new(limit: Limit, not_before: Instant) -> Self {
        Self {
            limit,
            not_before,
            window: Window::new(Duration::from_secs(1) + MARGIN),
            spacing: Spacing::new(limit, not_before),
            throttle: Throttle::new(f64::from(limit.get())),
        }
    }

    /// The earliest instant at which the next call may leave, which may have passed; `None` when
    /// one of the calls that were let go has to depart first.
    pub(crate) fn due(&self, now: Instant) -> Option<Instant> {
        let own = self.slot()?;
        Some(self.spacing.next(now).map_or(own, |spaced| own.max(spaced)))
    }

    /// As [`Self::due`], without the spacing.
    fn slot(&self) -> Option<Instant> {
        let opening = match self.window.next(self.limit.get() as usize) {
            Opening::Now => None,
            Opening::At(at) => Some(at),
            Opening::AfterDeparture => return None,
        };
        let own = opening.max(self.throttle.next());
        Some(own.map_or(self.not_before, |own| own.max(self.not_before)))
    }

    /// Lets a call go at `now`, which is due. It is under way until [`Self::departed`].
    pub(crate) fn sent(&mut self, now: Instant) -> Permit {
        let due = self.slot().unwrap_or(now);
        self.window.note(now);
        self.spacing.note(now);
        self.throttle.note(now);
        Permit {
            counts_from: due + DRIFT,
        }
    }

    /// The bytes of the call were handed to its connection, at `at` or shortly before, or the call
    /// is over without that. The window counts it from then: a call that waits for its connection
    /// reaches the target together with later ones that do not.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a call departs once, so its permit goes"
    )]
    pub(crate) fn departed(&mut self, permit: Permit, at: Instant) {
        let Permit { counts_from } = permit;
        self.window.departed(at, at.max(counts_from));
    }

    /// The target answered a call that was sent at `sent`, and did not refuse it for the rate.
    pub(crate) fn accepted(&mut self, sent: Instant, now: Instant) {
        self.throttle.accepted(sent, now);
    }

    /// The target refused, for the rate, a call that was sent at `sent`. Returns the length of the
    /// pause if this answer began one.
    pub(crate) fn refused(
        &mut self,
        sent: Instant,
        retry_after: Option<Duration>,
        now: Instant,
    ) -> Option<Duration> {
        self.throttle.refused(sent, retry_after, now)
    }

    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "an operator will change the rate")
    )]
    /// Keeps another limit from `now` on. What was sent under the old one still counts.
    pub(crate) fn set_limit(&mut self, limit: Limit, now: Instant) {
        self.limit = limit;
        self.spacing = Spacing::new(limit, now);
        self.throttle.set_limit(f64::from(limit.get()), now);
    }

    /// Most departures in any sliding second so far.
    pub(crate) fn busiest_second(&self) -> usize {
        self.window.busiest()
    }

    /// Departures in the second that ends at `now`.
    pub(crate) fn calls_now(&self, now: Instant) -> usize {
        self.window.in_last_second(now)
    }
}

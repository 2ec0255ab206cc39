//! The rate below the limit: a gentle start, and the answer to a server that asks for less.

use std::time::Duration;

use tokio::time::Instant;

/// Share of the limit at which a session starts. The first seconds open connections, and a call
/// that waits for its handshake arrives together with later ones that do not: half the rate leaves
/// room for a handshake of up to a second without a busy second at the server.
const START_SHARE: f64 = 0.5;

/// How fast the start reaches the full rate: from half to full within one second.
const START_CLIMB: f64 = 0.5;

/// What a rate-limit answer leaves of the rate.
const CUT: f64 = 0.8;

/// Share of the limit won back per second after a cut.
const CLIMB: f64 = 0.1;

/// The rate never falls below this share of the limit; a longer hold does the rest.
const FLOOR_SHARE: f64 = 0.02;

/// First pause after a rate-limit answer that names none. Doubles while no call succeeds.
const FIRST_HOLD: Duration = Duration::from_millis(250);

/// Longest pause, also for a `Retry-After` that asks for more: a longer one is probed again.
const LONGEST_HOLD: Duration = Duration::from_mins(1);

/// Adaptive rate: additive increase, multiplicative decrease, and a hold.
#[derive(Debug)]
pub(super) struct Throttle {
    limit: f64,
    rate: f64,
    climb: f64,
    last: Option<Instant>,
    cut_at: Option<Instant>,
    held_until: Option<Instant>,
    streak: u32,
}

impl Throttle {
    /// Starts below `limit` calls per second and climbs.
    pub(super) fn new(limit: f64) -> Self {
        Self {
            limit,
            rate: limit * START_SHARE,
            climb: limit * START_CLIMB,
            last: None,
            cut_at: None,
            held_until: None,
            streak: 0,
        }
    }

    /// The earliest instant for the next permit; `None` when the throttle does not mind.
    pub(super) fn next(&self) -> Option<Instant> {
        let spaced = match self.last {
            Some(last) if self.rate < self.limit => {
                Some(last + Duration::from_secs_f64(1.0 / self.rate))
            }
            _ => None,
        };
        spaced.max(self.held_until)
    }

    /// Notes a permit given at `now`, and climbs for the time since the last one.
    pub(super) fn note(&mut self, now: Instant) {
        if let Some(last) = self.last {
            // An idle stretch proves nothing about the server, so it climbs for a second at most.
            let elapsed = (now - last).min(Duration::from_secs(1));
            self.rate = (self.rate + self.climb * elapsed.as_secs_f64()).min(self.limit);
        }
        self.last = Some(now);
        self.held_until = None;
    }

    /// The server refused, for its rate, a call that left at `sent`: slow down and hold.
    /// Answers to calls that left before the last cut belong to that cut and change nothing.
    /// Returns the length of the hold, if this answer began one.
    pub(super) fn refused(
        &mut self,
        sent: Instant,
        retry_after: Option<Duration>,
        now: Instant,
    ) -> Option<Duration> {
        if self.cut_at.is_some_and(|cut| sent <= cut) {
            return None;
        }
        let doubled = FIRST_HOLD.saturating_mul(2_u32.saturating_pow(self.streak));
        let hold = retry_after.unwrap_or(doubled).min(LONGEST_HOLD);
        self.streak = self.streak.saturating_add(1);
        self.rate = (self.rate * CUT).max(self.limit * FLOOR_SHARE);
        self.climb = self.limit * CLIMB;
        self.cut_at = Some(now);
        self.held_until = Some(now + hold);
        Some(hold)
    }

    /// The server took a call: the next hold starts short again.
    pub(super) fn accepted(&mut self, _sent: Instant, _now: Instant) {
        self.streak = 0;
    }

    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "an operator will change the rate")
    )]
    /// Stays below another limit.
    pub(super) fn set_limit(&mut self, limit: f64, _now: Instant) {
        self.rate = self.rate.min(limit);
        self.climb *= limit / self.limit;
        self.limit = limit;
    }
}

//! The circuit breaker: a target that is down is probed by one call at a time.

use std::time::Duration;

use tokio::time::Instant;

/// After this many transport failures in a row, with no answer between them, the target counts as
/// down. At 3 % of random failures such a run comes up once in 10^15 calls.
const FAILURES_TO_OPEN: u32 = 10;

/// Wait before the first probe; doubles to [`LONGEST_PROBE_WAIT`].
const FIRST_PROBE_WAIT: Duration = Duration::from_millis(500);

/// Longest wait between probes: what the end of an outage may cost at most.
const LONGEST_PROBE_WAIT: Duration = Duration::from_secs(10);

/// What the breaker lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Everything passes; so many failures in a row.
    Closed { failures: u32 },
    /// Nothing passes before `probe_at`; then one call does.
    Open {
        since: Instant,
        probe_at: Instant,
        wait: Duration,
        probing: bool,
    },
}

/// Change of state that observers should know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The target counts as down from now on.
    Opened,
    /// It answers again, after so long.
    Closed(Duration),
}

/// Counts transport failures and decides whether calls may leave.
#[derive(Debug)]
pub(crate) struct Breaker {
    state: State,
    first_failure: Option<Instant>,
}

impl Breaker {
    /// A closed breaker.
    pub(crate) const fn new() -> Self {
        Self {
            state: State::Closed { failures: 0 },
            first_failure: None,
        }
    }

    /// When the next call may leave: `None` at once, `Some(at)` not before `at`; while a probe is
    /// under way, nothing leaves, and the answer is `Err`.
    pub(crate) fn next(&self) -> Result<Option<Instant>, ProbeUnderWay> {
        match self.state {
            State::Closed { .. } => Ok(None),
            State::Open { probing: true, .. } => Err(ProbeUnderWay),
            State::Open { probe_at, .. } => Ok(Some(probe_at)),
        }
    }

    /// Whether the target counts as down, and since when.
    pub(crate) fn down_since(&self) -> Option<Instant> {
        match self.state {
            State::Closed { .. } => None,
            State::Open { since, .. } => Some(since),
        }
    }

    /// A call leaves: while open, it is the probe.
    pub(crate) fn sent(&mut self) {
        if let State::Open { probing, .. } = &mut self.state {
            *probing = true;
        }
    }

    /// The target answered something of its own.
    pub(crate) fn answered(&mut self, now: Instant) -> Option<Turn> {
        self.first_failure = None;
        match std::mem::replace(&mut self.state, State::Closed { failures: 0 }) {
            State::Closed { .. } => None,
            State::Open { since, .. } => Some(Turn::Closed(now - since)),
        }
    }

    /// A call got no answer of the target. `left` is when it was sent: calls that left before the
    /// breaker opened fail late and say nothing about the probe.
    pub(crate) fn failed(&mut self, now: Instant, left: Instant) -> Option<Turn> {
        let first = *self.first_failure.get_or_insert(now);
        match &mut self.state {
            State::Closed { failures } => {
                *failures += 1;
                if *failures < FAILURES_TO_OPEN {
                    return None;
                }
                let wait = FIRST_PROBE_WAIT;
                self.state = State::Open {
                    since: first,
                    probe_at: now + wait,
                    wait,
                    probing: false,
                };
                Some(Turn::Opened)
            }
            State::Open {
                probe_at,
                wait,
                probing,
                ..
            } => {
                if *probing && left >= *probe_at {
                    *probing = false;
                    *wait = wait.saturating_mul(2).min(LONGEST_PROBE_WAIT);
                    *probe_at = now + *wait;
                }
                None
            }
        }
    }
}

/// A probe is under way; its answer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProbeUnderWay;

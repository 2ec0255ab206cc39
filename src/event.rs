//! The vocabulary between the engine and its observers. Pure data; an event is told after what it
//! says is on disk.

use std::borrow::Cow;
use std::time::Duration;

use tokio::time::Instant;

/// How a call came out for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Verdict {
    /// The API answered `ErrorCode` 0.
    Succeeded,
    /// The API refused for good.
    Failed,
    /// Every attempt failed for a passing reason.
    Exhausted,
}

/// The engine's state at a moment, for the progress display.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pulse {
    /// When.
    pub(crate) at: Instant,
    /// Calls without an answer yet.
    pub(crate) in_flight: usize,
    /// Calls that wait for another attempt.
    pub(crate) waiting: usize,
    /// Calls that left in the last second.
    pub(crate) calls_now: usize,
    /// Most calls that left in any second so far.
    pub(crate) busiest_second: usize,
    /// Since when the target is down, if it is.
    pub(crate) down_since: Option<Instant>,
}

/// Something that happened to an import.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event<'a> {
    /// An attempt left at `at`; `attempt` counts from 1.
    Sent { at: Instant, attempt: u32 },
    /// A call has its outcome, and the outcome is in the log.
    Settled {
        /// How.
        verdict: Verdict,
        /// The API's code; -1 without an answer.
        code: i64,
        /// The API's words.
        info: Cow<'a, str>,
        /// When.
        at: Instant,
        /// How long the last attempt took.
        latency: Duration,
    },
    /// A row is invalid and was skipped.
    Rejected,
    /// An attempt failed for a passing reason; another follows after `wait`.
    Retrying {
        code: i64,
        info: Cow<'a, str>,
        wait: Duration,
    },
    /// The target asked for fewer calls; the gate is held for `hold` if this answer began a pause.
    RateLimited {
        code: i64,
        at: Instant,
        hold: Option<Duration>,
    },
    /// A call met an expired `UserSig`; a new one is in place and the call goes again.
    Renewed,
    /// The target is down: so many transport failures in a row.
    OutageBegan { at: Instant, info: Cow<'a, str> },
    /// It answers again.
    OutageEnded { at: Instant, lasted: Duration },
    /// No new calls from now on; so many are still in flight.
    Draining { in_flight: usize },
    /// Nothing in particular, ten times a second.
    Pulse(Pulse),
}

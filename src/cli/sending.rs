//! How calls are sent: the options of the command line as those of the loop.

use std::num::NonZeroUsize;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::args::SendingArgs;
use super::existing::Existing;
use super::failure::Failure;
use super::words::parse_duration;
use crate::pace::Limit;
use crate::run::Settings;

/// The longest time to wait for a connection; a longer `--timeout` does not stretch it.
const CONNECT: Duration = Duration::from_secs(5);

/// Most calls without an answer: each may hold a connection, and more than this needs no
/// realistic answer time at 200 calls/s.
const MOST_IN_FLIGHT: usize = 10_000;

/// How long one call may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    pub(super) connect: Duration,
    pub(super) total: Duration,
}

/// The timeouts of one call.
pub(super) fn timing(args: &SendingArgs) -> Result<Timing, Failure> {
    let total = parse_duration("--timeout", &args.timeout)?;
    Ok(Timing {
        connect: CONNECT.min(total),
        total,
    })
}

/// The settings of the loop, each within its bounds.
pub(super) fn settings(args: &SendingArgs, retry_failed: bool) -> Result<Settings, Failure> {
    let limit = limit(args.qps)?;
    let max_in_flight = args.max_in_flight.unwrap_or_else(|| room(limit));
    let max_in_flight = NonZeroUsize::new(max_in_flight)
        .filter(|calls| calls.get() <= MOST_IN_FLIGHT)
        .ok_or_else(|| {
            Failure::usage(format!("`--max-in-flight {max_in_flight}` is out of range"))
                .hint(format!("give a number from 1 to {MOST_IN_FLIGHT}"))
        })?;
    if args.max_attempts == 0 {
        return Err(Failure::usage("`--max-attempts 0` would send nothing")
            .hint("give a number from 1 up; 8 is the default"));
    }
    Ok(Settings {
        limit,
        max_in_flight,
        max_attempts: args.max_attempts,
        max_failures: args.max_failures,
        early_stop: (!args.no_early_stop && args.early_stop > 0).then_some(args.early_stop),
        outage_limit: parse_duration("--outage-limit", &args.outage_limit)?,
        retry_failed,
    })
}

/// Room for the calls of four seconds: twice the longest stall that shall cost nothing. Each call
/// in flight may hold a connection, and 1,024 open files are a usual limit.
fn room(limit: Limit) -> usize {
    (limit.get() as usize * 4).max(16)
}

/// `--qps`, which may not exceed the vendor's quota.
pub(super) fn limit(qps: u32) -> Result<Limit, Failure> {
    Limit::new(qps).ok_or_else(|| {
        Failure::usage(format!("`--qps {qps}` is out of range")).hint(
            "give 1 to 200; set_unread_msg_num answers 200 calls a second, and the vendor does \
             not raise that limit",
        )
    })
}

/// When the first call may leave: what an earlier process sent may still count in the present
/// second of the target. A session that ended in order tells when; after any other end, calls may
/// have left until the lock was free.
pub(super) fn not_before(existing: &Existing, now: Timestamp, instant: Instant) -> Instant {
    let ledger = &existing.ledger;
    if ledger.sessions() == 0 {
        return instant;
    }
    if !ledger.ended_in_order() {
        return existing.locked_at + Limit::span();
    }
    let age = Duration::try_from(now.duration_since(ledger.last_activity())).unwrap_or_default();
    instant + Limit::span().saturating_sub(age)
}

//! How calls are sent: the options of the command line as those of the loop.

use std::time::Duration;

use super::args::SendingArgs;
use super::failure::Failure;
use super::words::parse_duration;
use crate::delivery::ConcurrencyLimit;
use crate::delivery::{Limit, Patience};
use crate::import::Settings;

/// The longest time to wait for a connection; a longer `--timeout` does not stretch it.
const CONNECT: Duration = Duration::from_secs(5);

/// Most calls without an answer: each may hold a connection, and more than this needs no
/// realistic answer time at 200 calls/s.
const MOST_IN_FLIGHT: usize = 10_000;

/// Open files that are asked for: two for each of [`MOST_IN_FLIGHT`], and some.
#[cfg(unix)]
const MOST_OPEN_FILES: u64 = 20_480;

/// Open files that are not connections: the log, inputs, reports.
#[cfg(unix)]
const OTHER_FILES: u64 = 64;

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
    if args.max_attempts == 0 {
        return Err(Failure::usage("`--max-attempts 0` would send nothing")
            .hint("give a number from 1 up; 8 is the default"));
    }
    Ok(Settings {
        limit,
        concurrency: concurrency(limit, args.max_in_flight)?,
        patience: Patience {
            max_attempts: args.max_attempts,
            max_failures: args.max_failures,
            early_stop: (!args.no_early_stop && args.early_stop > 0).then_some(args.early_stop),
            outage_limit: parse_duration("--outage-limit", &args.outage_limit)?,
        },
        retry_failed,
    })
}

/// Calls in flight: what the user says, or what the answer times ask for and the system allows.
fn concurrency(limit: Limit, chosen: Option<usize>) -> Result<ConcurrencyLimit, Failure> {
    let Some(calls) = chosen else {
        return Ok(ConcurrencyLimit::following(limit, connections()));
    };
    if !(1..=MOST_IN_FLIGHT).contains(&calls) {
        let text = format!("`--max-in-flight {calls}` is out of range");
        let hint = format!("give a number from 1 to {MOST_IN_FLIGHT}");
        return Err(Failure::usage(text).hint(hint));
    }
    Ok(ConcurrencyLimit::fixed(limit, calls))
}

/// Calls that may each hold a connection, after the limit on open files was raised as far as it
/// goes: some files are needed for other things, and a simulator in this process holds the other
/// end of each connection.
#[cfg(unix)]
fn connections() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(u64::MAX).min(MOST_OPEN_FILES);
    let now = current.unwrap_or(u64::MAX);
    let raised = Rlimit {
        current: Some(wanted),
        maximum,
    };
    let files = if now < wanted && setrlimit(Resource::Nofile, raised).is_ok() {
        wanted
    } else {
        now
    };
    let connections = files.saturating_sub(OTHER_FILES) / 2;
    usize::try_from(connections).map_or(MOST_IN_FLIGHT, |calls| calls.clamp(1, MOST_IN_FLIGHT))
}

#[cfg(not(unix))]
const fn connections() -> usize {
    MOST_IN_FLIGHT
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

//! How calls are sent: the options of the command line as those of the loop.

use std::time::Duration;

use super::args::{MOST_IN_FLIGHT, SendingArgs};
use crate::delivery::ConcurrencyLimit;
use crate::delivery::{Limit, Patience};
use crate::import::Settings;
use crate::tencent::Timeouts;

/// The longest time to wait for a connection; a longer `--timeout` does not stretch it.
const CONNECT: Duration = Duration::from_secs(5);

/// Open files that are asked for: two for each of [`MOST_IN_FLIGHT`], and some.
#[cfg(unix)]
const MOST_OPEN_FILES: u64 = 20_480;

/// Open files that are not connections: the log, inputs, reports.
#[cfg(unix)]
const OTHER_FILES: u64 = 64;

/// The timeouts of one call.
pub(super) fn timeouts(total: Duration) -> Timeouts {
    Timeouts {
        connect: CONNECT.min(total),
        total,
    }
}

/// The settings of the loop. The log keeps how to go on.
pub(super) fn settings(args: &SendingArgs, retry_failed: bool, resume: Vec<String>) -> Settings {
    Settings {
        limit: args.qps,
        concurrency: concurrency(args.qps, args.max_in_flight),
        patience: Patience {
            max_attempts: args.max_attempts,
            max_failures: args.max_failures,
            early_stop: (!args.no_early_stop && args.early_stop > 0).then_some(args.early_stop),
            outage_limit: args.outage_limit,
        },
        retry_failed,
        resume,
    }
}

/// Calls in flight: what the user says, or what the answer times ask for and the system allows.
fn concurrency(limit: Limit, chosen: Option<usize>) -> ConcurrencyLimit {
    match chosen {
        Some(calls) => ConcurrencyLimit::fixed(limit, calls),
        None => ConcurrencyLimit::following(limit, connections()),
    }
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

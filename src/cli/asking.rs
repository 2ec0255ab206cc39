//! What commands that only ask have in common: their options, and a client on a runtime.

use std::time::Duration;

use super::args::AskingArgs;
use super::clock;
use super::failure::Failure;
use super::target::Reached;
use crate::delivery::Patience;
use crate::reads::Pace;
use crate::tencent::{Client, HttpTransport, Timeouts};

/// The pace of read-only calls.
pub(super) fn pace(args: &AskingArgs) -> Pace {
    Pace {
        limit: args.qps,
        patience: patience(args.max_attempts, args.outage_limit),
    }
}

/// How long to keep trying.
pub(super) const fn patience(max_attempts: u32, outage_limit: Duration) -> Patience {
    Patience {
        max_attempts,
        outage_limit,
        early_stop: None,
        max_failures: None,
    }
}

/// Runs `job` with a client of the target.
pub(super) fn with_client<R>(
    reached: &Reached,
    timeouts: Timeouts,
    job: impl AsyncFnOnce(&Client<HttpTransport>) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let (target, credential) = (reached.target.clone(), reached.credential.clone());
    let transport = HttpTransport::new(target.endpoint(), timeouts)
        .map_err(|error| Failure::usage("no HTTP client").because(&error))?;
    let client = Client::new(transport, target, credential, clock);
    on_runtime(job(&client))
}

/// Runs a job on this thread.
pub(super) fn on_runtime<R>(job: impl Future<Output = Result<R, Failure>>) -> Result<R, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Failure::bug("no runtime").because(&source))?;
    runtime.block_on(job)
}

//! What commands that only ask have in common: their options, a client on a runtime, and how a
//! command that stopped early is reported.

use std::time::Duration;

use super::args::AskingArgs;
use super::clock;
use super::failure::Failure;
use super::target::Reached;
use crate::delivery::Patience;
use crate::reads::Pace;
use crate::report::{advice, meaning};
use crate::stop_reason::StopReason;
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

/// What to do where something in between answers.
pub(super) const FIRST_CONTACT: &str = "a proxy, a firewall or a login page answers instead of the service: check the endpoint, and the network's rules for this machine";

/// Reads of the target's API that ended early.
pub(super) fn stopped(stop: &StopReason) -> Failure {
    let failure = Failure::target(heading(stop, &meaning)).known_as(stop.kind());
    match stop {
        StopReason::Credential(refusal)
        | StopReason::Refused(refusal)
        | StopReason::AllRefused { refusal, .. } => failure.hint(advice(refusal.code)),
        StopReason::FirstContact { .. } => failure.hint(FIRST_CONTACT),
        StopReason::TooManyFailures { .. } => failure,
        StopReason::Misunderstood(_) => failure.hint("check that the endpoint is Tencent's REST API and that nothing in between rewrites requests; otherwise this is a bug worth reporting"),
        StopReason::Outage { .. } => failure.hint("wait until the service answers again"),
        StopReason::RateLimited { .. } => failure.hint("look for other programs that call the same API of this app; they share its calls a second"),
    }
}

/// What ended the reads. `meaning` tells what a code means.
pub(super) fn heading(stop: &StopReason, meaning: &dyn Fn(i64) -> String) -> String {
    let words = |info: &str| match info {
        "" => String::new(),
        info => format!(": {info}"),
    };
    match stop {
        StopReason::Credential(refusal) | StopReason::Refused(refusal) => format!(
            "stopped: every call is refused (the API answered {}){}",
            meaning(refusal.code),
            words(&refusal.info)
        ),
        StopReason::Misunderstood(refusal) => format!(
            "stopped: the API does not understand the calls (it answered {}){}",
            meaning(refusal.code),
            words(&refusal.info)
        ),
        StopReason::Outage { lasted, last } => format!(
            "stopped: the service was down for {} s; last: {last}",
            lasted.as_secs()
        ),
        StopReason::RateLimited { lasted, refusal } => format!(
            "stopped: for {} s every call was refused for its rate ({})",
            lasted.as_secs(),
            meaning(refusal.code)
        ),
        StopReason::FirstContact { .. } | StopReason::TooManyFailures { .. } => {
            format!("stopped: {}", stop.message("the service"))
        }
        StopReason::AllRefused { calls, refusal } => format!(
            "stopped: the first {calls} calls were all refused ({}){}",
            meaning(refusal.code),
            words(&refusal.info)
        ),
    }
}

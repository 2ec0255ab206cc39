//! QuickBlox as the command line knows it: where it is, with which right, and what its refusals
//! mean.

use tokio::time::Instant;

use super::args::QuickbloxArgs;
use super::asking::{on_runtime, patience};
use super::failure::{FIRST_CONTACT, Failure, heading};
use super::resolve::Secrets;
use super::sending::timeouts;
use crate::delivery::Limit;
use crate::delivery::Patience;
use crate::export::Api;
use crate::quickblox::{Access, Client};
use crate::reads::{RateLimitedApi, opening};
use crate::report::quickblox_code::{advice, meaning};
use crate::stop_reason::StopReason;
use crate::tencent::{Endpoint, HttpTransport, Timeouts};

/// After this many first users who are all refused alike, the key or the host is wrong.
const EARLY_STOP: u64 = 10;

/// How QuickBlox is asked, and where.
#[derive(Debug)]
pub(super) struct Asking {
    limit: Limit,
    patience: Patience,
    timeouts: Timeouts,
    base: Endpoint,
    access: Access,
}

/// How QuickBlox is asked, with the right that was given.
pub(super) fn resolve(args: &QuickbloxArgs, secrets: &Secrets) -> Result<Asking, Failure> {
    let patience = Patience {
        early_stop: Some(EARLY_STOP),
        ..patience(args.max_attempts, args.outage_limit)
    };
    Ok(Asking {
        limit: args.rate,
        patience,
        timeouts: timeouts(args.timeout),
        base: args.base_url.clone(),
        access: secrets.access(args)?,
    })
}

impl Asking {
    /// Whether one user's session is used instead of the application's key.
    pub(super) const fn is_session(&self) -> bool {
        matches!(self.access, Access::Token(_))
    }
}

/// Runs `job` with a client of QuickBlox. Where an earlier process may have asked a moment ago, the
/// first call waits until that no longer counts.
pub(super) fn with_quickblox<R>(
    asking: Asking,
    continues: bool,
    job: impl AsyncFnOnce(&Api<'_, HttpTransport>) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let Asking {
        limit,
        patience,
        timeouts,
        base,
        access,
    } = asking;
    let transport = HttpTransport::new(&base, timeouts)
        .map_err(|error| Failure::usage("no HTTP client").because(&error))?;
    let client = Client::new(transport, base, access);
    on_runtime(async {
        let not_before = opening(continues, Instant::now());
        let calls = RateLimitedApi::opening_at(limit, patience, not_before);
        let api = Api {
            client: &client,
            calls,
        };
        job(&api).await
    })
}

/// Reads of QuickBlox's API that ended early.
pub(super) fn stopped(stop: &StopReason) -> Failure {
    let failure = Failure::target(heading(stop, &meaning));
    match stop {
        StopReason::Credential(refusal)
        | StopReason::Refused(refusal)
        | StopReason::AllRefused { refusal, .. } => failure.hint(advice(refusal.code)),
        StopReason::FirstContact { .. } => failure.hint(FIRST_CONTACT),
        StopReason::TooManyFailures { .. } => failure,
        StopReason::Misunderstood(_) => {
            failure.hint("check --base-url: the host answers, but not as QuickBlox's API does")
        }
        StopReason::Outage { .. } => failure.hint("wait until QuickBlox answers again"),
        StopReason::RateLimited { .. } => failure
            .hint("give a lower --rate: the limit of the plan is shared with the app that is live"),
    }
}

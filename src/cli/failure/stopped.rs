//! How the target ends a run: a heading and what to do for each reason, of sessions and of reads.

use super::Failure;
use crate::report::{advice, meaning};
use crate::stop_reason::StopReason;
use crate::tencent::{Endpoint, Region};

/// What to do where something in between answers.
pub(in crate::cli) const FIRST_CONTACT: &str = "a proxy, a firewall or a login page answers instead of the service: check the endpoint, and the network's rules for this machine";

/// Reads of the target's API that ended early.
pub(in crate::cli) fn stopped(stop: &StopReason) -> Failure {
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
pub(in crate::cli) fn heading(stop: &StopReason, meaning: &dyn Fn(i64) -> String) -> String {
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

/// The heading of a session that the target ended.
pub(in crate::cli) fn session_stopped(stop: &StopReason) -> Failure {
    let message = stop.message("the target");
    let answer = stop.code().map_or(String::new(), |code| {
        format!(" (the API answered {})", meaning(code))
    });
    let message = if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    };
    Failure::target(match stop {
        StopReason::Credential(_) => {
            format!("stopped: the credential is refused{answer}{message}")
        }
        StopReason::Refused(_) => {
            format!("stopped: the app refuses every call{answer}{message}")
        }
        StopReason::Misunderstood(_) => {
            format!("stopped: the API does not understand the calls{answer}{message}")
        }
        StopReason::FirstContact { .. }
        | StopReason::Outage { .. }
        | StopReason::TooManyFailures { .. } => format!("stopped{message}"),
        StopReason::RateLimited { .. } | StopReason::AllRefused { .. } => {
            format!("stopped{message}{answer}")
        }
    })
}

/// The second address of a region, if `endpoint` is a region's first.
pub(in crate::cli) fn backup(endpoint: &str) -> Option<Endpoint> {
    let region = Region::ALL
        .into_iter()
        .find(|region| Endpoint::of(*region).to_string() == endpoint)?;
    Endpoint::parse(&format!("https://{}", region.backup_host())).ok()
}

/// What to do before going on.
pub(in crate::cli) fn stop_hint(stop: &StopReason) -> String {
    match stop {
        StopReason::Credential(refusal) | StopReason::Refused(refusal) => advice(refusal.code),
        StopReason::Misunderstood(_) => "check that the endpoint is Tencent's REST API and that nothing in between rewrites requests; otherwise this is a bug worth reporting".to_owned(),
        StopReason::FirstContact { .. } => FIRST_CONTACT.to_owned(),
        StopReason::Outage { .. } => "wait until the target answers again; nothing was marked failed".to_owned(),
        StopReason::RateLimited { .. } => "look for other programs that call the same API of this app; they share its 200 calls a second".to_owned(),
        StopReason::TooManyFailures { .. } => "look at the failures first; --max-failures counts those of one session".to_owned(),
        StopReason::AllRefused { refusal, .. } => format!(
            "{}; check that the app, the administrator and the ids are right",
            advice(refusal.code).trim_end_matches('.')
        ),
    }
}

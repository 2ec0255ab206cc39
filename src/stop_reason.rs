//! Why a run ended before its work was done: one reason for every command, with its stable word
//! and its sentence. Pure data; headings, hints and exit codes are `cli`'s.

use std::fmt;
use std::time::Duration;

/// A refusal in the words of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The service's error code, or the HTTP status without one.
    pub(crate) code: i64,
    /// Its words: one line, safe to print, at most 200 characters.
    pub(crate) info: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.info.is_empty() {
            write!(f, "code {}", self.code)
        } else {
            write!(f, "code {}: `{}`", self.code, self.info)
        }
    }
}

/// Why further calls would be in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// The service refuses the credential.
    Credential(Refusal),
    /// The service refuses the app, the package or the administrator.
    Refused(Refusal),
    /// The service calls our requests malformed.
    Misunderstood(Refusal),
    /// Nothing but HTTP 401, 403 or 407 came before the first answer of the API: what answers is
    /// a proxy or a firewall.
    FirstContact {
        /// The status that came last.
        status: u16,
        /// The last failure, in words.
        last: String,
    },
    /// The service was down for longer than the limit.
    Outage {
        /// How long.
        lasted: Duration,
        /// The last failure, in words.
        last: String,
    },
    /// The service refused every call for its rate for longer than the limit.
    RateLimited {
        /// How long.
        lasted: Duration,
        /// What it said last.
        refusal: Refusal,
    },
    /// More rows failed than allowed.
    TooManyFailures {
        /// How many failed.
        failures: u64,
        /// How many are allowed.
        limit: u64,
    },
    /// The first calls were all refused with one code.
    AllRefused {
        /// How many.
        calls: u64,
        /// What the service said.
        refusal: Refusal,
    },
}

impl StopReason {
    /// A stable word: `reason.kind` of results and of the checkpoint log.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Credential(_) => "credential",
            Self::Refused(_) => "refused",
            Self::Misunderstood(_) => "misunderstood",
            Self::FirstContact { .. } => "first_contact",
            Self::Outage { .. } => "outage",
            Self::RateLimited { .. } => "rate_limited",
            Self::TooManyFailures { .. } => "too_many_failures",
            Self::AllRefused { .. } => "all_refused",
        }
    }

    /// The service's code, if one was the cause.
    pub(crate) const fn code(&self) -> Option<i64> {
        match self {
            Self::Credential(refusal)
            | Self::Refused(refusal)
            | Self::Misunderstood(refusal)
            | Self::RateLimited { refusal, .. }
            | Self::AllRefused { refusal, .. } => Some(refusal.code),
            Self::FirstContact { .. } | Self::Outage { .. } | Self::TooManyFailures { .. } => None,
        }
    }

    /// One sentence without a full stop; `service` is what the sentence calls the other side.
    pub(crate) fn message(&self, service: &str) -> String {
        match self {
            Self::Credential(refusal) | Self::Refused(refusal) | Self::Misunderstood(refusal) => {
                refusal.info.clone()
            }
            Self::FirstContact { status, last } => format!(
                "{service} was never reached: something in between answers every call with HTTP status {status}; last: {last}"
            ),
            Self::Outage { lasted, last } => {
                format!(
                    "{service} was down for {} s; last: {last}",
                    lasted.as_secs()
                )
            }
            Self::RateLimited { lasted, .. } => format!(
                "for {} s every call was refused for its rate",
                lasted.as_secs()
            ),
            Self::TooManyFailures { failures, limit } => {
                format!("{failures} calls failed, {limit} are allowed")
            }
            Self::AllRefused { calls, refusal } => {
                format!("the first {calls} calls were all refused: {}", refusal.info)
            }
        }
    }
}

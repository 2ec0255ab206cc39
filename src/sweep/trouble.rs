//! What an answer other than a good one means for a call that only reads.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::tencent::{Last, Refusal, Verdict};

/// An attempt that brought no result.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Trouble {
    /// Refused for good, and other calls may fare better.
    Refused(Refusal),
    /// The server is at fault for the moment.
    Passing(Refusal),
    /// One more attempt; if the answer stays, the call is refused, or everything ends.
    Once {
        /// What the server said.
        refusal: Refusal,
        /// Whether the second answer ends everything.
        fatal: bool,
    },
    /// Too many calls.
    Limited {
        /// What the server said.
        refusal: Refusal,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// A new credential is in place; the call goes again at no cost.
    Renewed,
    /// No usable answer, in words.
    Unreachable(String),
    /// Every further call would be refused as well.
    Fatal(Halt),
}

/// Why a sweep is not worth going on with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Halt {
    /// The service refuses whoever calls, or the app as a whole.
    Refused(Refusal),
    /// The service calls our requests malformed.
    Misunderstood(Refusal),
    /// The service was down for longer than the limit.
    Outage {
        /// How long.
        lasted: Duration,
        /// The last failure, in words.
        last: String,
    },
    /// The service asked for fewer calls for longer than the limit, and none succeeded.
    Limited {
        /// How long.
        lasted: Duration,
        /// What it said.
        refusal: Refusal,
    },
    /// The first calls were all refused alike.
    AllRefused {
        /// How many.
        calls: u64,
        /// What the service said.
        refusal: Refusal,
    },
}

/// A call that failed for good, as data of its unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refused {
    /// The service's code; -1 without a usable answer.
    pub(crate) code: i64,
    /// Its words, or what went wrong on the way.
    pub(crate) info: String,
    /// The attempts were used up on something that passes; asked again, it may go well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) passing: bool,
}

impl Refused {
    /// No usable answer.
    pub(super) const fn unreachable(info: String) -> Self {
        Self {
            code: -1,
            info,
            passing: true,
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code,
            info: refusal.info,
            passing: false,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.info.as_str()) {
            (-1, info) => f.write_str(info),
            (code, "") => write!(f, "code {code}"),
            (code, info) => write!(f, "code {code}: {info}"),
        }
    }
}

impl From<Verdict> for Trouble {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            // A good answer is no verdict that a read fails with.
            Verdict::Succeeded => Self::Unreachable("an answer without a result".to_owned()),
            Verdict::Row(refusal) => Self::Refused(refusal),
            Verdict::Retry(refusal) => Self::Passing(refusal),
            Verdict::RetryOnce { refusal, last } => Self::Once {
                refusal,
                fatal: last == Last::Fatal,
            },
            Verdict::RateLimited {
                refusal,
                retry_after,
            } => Self::Limited {
                refusal,
                retry_after,
            },
            Verdict::CredentialExpired(_) => Self::Renewed,
            Verdict::Fatal(refusal) => Self::Fatal(Halt::Refused(refusal)),
            Verdict::Bug(refusal) => Self::Fatal(Halt::Misunderstood(refusal)),
            Verdict::Unreachable(failure) => Self::Unreachable(failure.to_string()),
        }
    }
}

//! One attempt of a call, and what may come of it: the classes of answers into which every API
//! edge translates its own.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;
use xxhash_rust::xxh3::xxh3_64;

use crate::stop_reason::{Refusal, StopReason};

/// The group of a call, as a hash: enough to tell whether two calls are of one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct GroupKey(pub(crate) u64);

impl GroupKey {
    /// The key of a group, an account or whatever else a service may place on one machine.
    pub(crate) fn of(id: &str) -> Self {
        Self(xxh3_64(id.as_bytes()))
    }
}

/// What a call's earlier attempts cost it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Account {
    /// Attempts that failed on the call's own account.
    pub(crate) spent: u32,
    /// An answer with an unknown code was asked for once more.
    pub(crate) repeated_unknown: bool,
    /// Answers that had come when it had none for the last time.
    pub(crate) failed_after: Option<u64>,
}

/// An attempt that left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// The group that it is about.
    pub(crate) group: GroupKey,
    /// Number among all attempts, from 1.
    pub(crate) number: u64,
    /// Answers that had come before it left.
    pub(crate) answers_before: u64,
    /// When it left.
    pub(crate) sent: Instant,
    /// What the attempts before it cost.
    pub(crate) account: Account,
}

/// An attempt that brought no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AttemptError {
    /// Refused for good, and other calls may fare better.
    Refused(Refusal),
    /// The service is at fault for the moment.
    Transient(Refusal),
    /// A code that is not known to be either: one more attempt, and if the answer stays, the call
    /// is refused, or everything ends.
    Unknown {
        /// What the service said.
        refusal: Refusal,
        /// What a second such answer means for all calls, if it means anything.
        stop: Option<StopReason>,
    },
    /// Too many calls.
    RateLimited {
        /// What the service said.
        refusal: Refusal,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// A new credential is in place; the call goes again at no cost.
    Renewed,
    /// Every further call would be refused as well.
    Fatal(StopReason),
    /// No answer of the API.
    NoAnswer(NoAnswer),
}

impl AttemptError {
    /// No answer, of which only the words are known.
    pub(crate) fn no_answer(info: impl Into<String>) -> Self {
        Self::NoAnswer(NoAnswer {
            info: info.into(),
            ..NoAnswer::default()
        })
    }
}

/// An attempt without an answer of the API: it did not arrive, or something in between answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NoAnswer {
    /// What went wrong, one line, safe to print.
    pub(crate) info: String,
    /// The HTTP status that something in between answered with.
    pub(crate) status: Option<u16>,
    /// How long it asks to wait.
    pub(crate) retry_after: Option<Duration>,
}

impl NoAnswer {
    /// Whether something in between asks who is there: a proxy, a firewall, a login page.
    pub(super) fn denies_access(&self) -> bool {
        matches!(self.status, Some(401 | 403 | 407))
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.info)
    }
}

//! What follows from an answer: an outcome, another attempt, or the end of the session.

use std::time::Duration;

use tokio::time::Instant;

use super::signals::Signal;
use crate::tencent::{Last, Refusal, Verdict};

/// Why the target ended a session.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stop {
    /// The credential is refused.
    Credential(Refusal),
    /// The app, the package or the administrator is refused.
    Refused(Refusal),
    /// The API does not understand our requests.
    Misunderstood(Refusal),
    /// The target was down for longer than the limit.
    Outage { lasted: Duration, last: String },
    /// The target asked for fewer calls for longer than the limit, and none succeeded.
    RateLimited { lasted: Duration, code: i64 },
    /// More calls failed than allowed.
    TooManyFailures { failures: u64, limit: u64 },
    /// The first calls were all refused with one code.
    AllRefused { calls: u64, refusal: Refusal },
}

impl Stop {
    /// A refusal that every further call would meet too: of the credential, by its code, or of
    /// the app.
    pub(super) const fn refused(refusal: Refusal) -> Self {
        match refusal.code {
            60004 | 60005 | 60010 | 70001..=70100 | 70403 => Self::Credential(refusal),
            _ => Self::Refused(refusal),
        }
    }

    /// A stable word, the API's code and a sentence: what the log and the result tell.
    pub(crate) fn words(&self) -> (&'static str, Option<i64>, String) {
        match self {
            Self::Credential(refusal) => ("credential", Some(refusal.code), refusal.info.clone()),
            Self::Refused(refusal) => ("refused", Some(refusal.code), refusal.info.clone()),
            Self::Misunderstood(refusal) => {
                ("misunderstood", Some(refusal.code), refusal.info.clone())
            }
            Self::Outage { lasted, last } => {
                let seconds = lasted.as_secs();
                (
                    "outage",
                    None,
                    format!("the target was down for {seconds} s; last: {last}"),
                )
            }
            Self::RateLimited { lasted, code } => {
                let seconds = lasted.as_secs();
                let message = format!("for {seconds} s every call was refused for its rate");
                ("rate_limited", Some(*code), message)
            }
            Self::TooManyFailures { failures, limit } => {
                let message = format!("{failures} calls failed, {limit} are allowed");
                ("too_many_failures", None, message)
            }
            Self::AllRefused { calls, refusal } => {
                let message = format!("the first {calls} calls were all refused: {}", refusal.info);
                ("all_refused", Some(refusal.code), message)
            }
        }
    }
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum End {
    /// Every call has its outcome.
    Completed,
    /// A signal ended it.
    Interrupted(Signal),
    /// The target ended it; resumable.
    Stopped(Stop),
}

/// What to do with a call after an attempt.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    /// It has its outcome.
    Settle {
        verdict: crate::event::Verdict,
        code: i64,
        info: String,
    },
    /// It goes again after a backoff; the attempt is on its account.
    Retry { code: i64, info: String },
    /// It goes again as soon as it may; the attempt is not on its account.
    Again,
    /// It stays pending, and the session ends.
    End(Stop),
}

/// Attempts and the like, of one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Credit {
    /// Attempts that failed on its own account before this one.
    pub(super) spent: u32,
    /// Attempts allowed.
    pub(super) allowed: u32,
    /// An unknown code was retried once.
    pub(super) retried_unknown: bool,
}

/// The action for a verdict that concerns this call alone. Rate limits, renewals and outages
/// concern everybody and are decided in the loop.
pub(super) fn decide(verdict: Verdict, credit: Credit) -> Action {
    use crate::event::Verdict::{Exhausted, Failed, Succeeded};
    match verdict {
        Verdict::Succeeded => Action::Settle {
            verdict: Succeeded,
            code: 0,
            info: String::new(),
        },
        Verdict::Row(refusal) => Action::Settle {
            verdict: Failed,
            code: refusal.code,
            info: refusal.info,
        },
        Verdict::RetryOnce { refusal, last } if credit.retried_unknown => match last {
            Last::Row => Action::Settle {
                verdict: Failed,
                code: refusal.code,
                info: refusal.info,
            },
            Last::Fatal => Action::End(Stop::refused(refusal)),
        },
        Verdict::Retry(refusal) | Verdict::RetryOnce { refusal, .. } => {
            if credit.spent + 1 >= credit.allowed {
                Action::Settle {
                    verdict: Exhausted,
                    code: refusal.code,
                    info: refusal.info,
                }
            } else {
                Action::Retry {
                    code: refusal.code,
                    info: refusal.info,
                }
            }
        }
        Verdict::Unreachable(failure) => {
            let info = failure.to_string();
            if credit.spent + 1 >= credit.allowed {
                Action::Settle {
                    verdict: Exhausted,
                    code: -1,
                    info,
                }
            } else {
                Action::Retry { code: -1, info }
            }
        }
        Verdict::RateLimited { .. } | Verdict::CredentialExpired(_) => Action::Again,
        Verdict::Fatal(refusal) => Action::End(Stop::refused(refusal)),
        Verdict::Bug(refusal) => Action::End(Stop::Misunderstood(refusal)),
    }
}

/// Watches the first answers: when all are the same refusal, the app, the administrator or the
/// ids are wrong, and going on would refuse everything.
#[derive(Debug)]
pub(super) struct EarlyStop {
    after: u64,
    seen: u64,
    code: Option<i64>,
    over: bool,
}

impl EarlyStop {
    /// Stops after so many equal refusals; `None` never does.
    pub(super) const fn new(after: Option<u64>) -> Self {
        Self {
            after: match after {
                Some(after) => after,
                None => 0,
            },
            seen: 0,
            code: None,
            over: after.is_none(),
        }
    }

    /// Another call is settled with `code`, 0 for success. True when it is time to stop.
    pub(super) fn settled(&mut self, code: i64) -> bool {
        if self.over {
            return false;
        }
        if code == 0 || self.code.is_some_and(|first| first != code) {
            self.over = true;
            return false;
        }
        self.code = Some(code);
        self.seen += 1;
        self.seen >= self.after
    }

    /// Equal refusals so far.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }
}

/// Since when a state that hinders everybody lasts, and whether that is too long.
#[derive(Debug, Default)]
pub(super) struct Hindrance {
    since: Option<Instant>,
}

impl Hindrance {
    /// It goes on.
    pub(super) fn lasts(&mut self, now: Instant) -> Duration {
        now - *self.since.get_or_insert(now)
    }

    /// It is over.
    pub(super) fn over(&mut self) {
        self.since = None;
    }
}

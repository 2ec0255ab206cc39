//! Judges one answer: settled, again, slower, or stop. Pure; what "again" means is the engine's.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use super::error_code::{self, Class};
use super::printable;
use super::transport::{Failure, FailureKind};
use super::wire::{self, Answer};
use crate::delivery::{AttemptError, NoAnswer};
pub(crate) use crate::stop_reason::Refusal;
use crate::stop_reason::StopReason;

/// What one attempt of a call came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// `ErrorCode` 0.
    Succeeded,
    /// The row is at fault, and sending it again would not help.
    Row(Refusal),
    /// The server is at fault for the moment.
    Retry(Refusal),
    /// One more attempt; if the answer stays, what `last` says.
    RetryOnce {
        /// What the server said.
        refusal: Refusal,
        /// What follows when the second answer is the same.
        last: Last,
    },
    /// Too many calls: everything slows down, and the call costs no attempt.
    RateLimited {
        /// What the server said.
        refusal: Refusal,
        /// How long it asks to wait, at most an hour.
        retry_after: Option<Duration>,
    },
    /// The signature had expired. Out of [`super::Client`] it means that a new one is in place:
    /// send again, at no cost of an attempt.
    CredentialExpired(Refusal),
    /// Every further call would be refused as well.
    Fatal(Refusal),
    /// The server calls the request malformed. Stop, and say that it is a bug.
    Bug(Refusal),
    /// No usable answer. The call may have been carried out.
    Unreachable(Failure),
}

/// What the second answer of the same kind leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Last {
    /// The row fails.
    Row,
    /// The run stops.
    Fatal,
}

impl Refusal {
    /// A refusal with the server's text made safe.
    pub(super) fn new(code: i64, info: &str) -> Self {
        Self {
            code,
            info: printable::shortened(info, printable::INFO_MAX),
        }
    }
}

impl Verdict {
    /// The class of the answer for whoever repeats calls; `None` is success.
    pub(crate) fn into_error(self) -> Option<AttemptError> {
        Some(match self {
            Self::Succeeded => return None,
            Self::Row(refusal) => AttemptError::Refused(refusal),
            Self::Retry(refusal) => AttemptError::Transient(refusal),
            Self::RetryOnce { refusal, last } => AttemptError::Unknown {
                stop: (last == Last::Fatal).then(|| all_refused(refusal.clone())),
                refusal,
            },
            Self::RateLimited {
                refusal,
                retry_after,
            } => AttemptError::RateLimited {
                refusal,
                retry_after,
            },
            Self::CredentialExpired(_) => AttemptError::Renewed,
            Self::Fatal(refusal) => AttemptError::Fatal(all_refused(refusal)),
            Self::Bug(refusal) => AttemptError::Fatal(StopReason::Misunderstood(refusal)),
            Self::Unreachable(failure) => AttemptError::NoAnswer(NoAnswer {
                info: failure.to_string(),
                status: match failure.kind {
                    FailureKind::Status(status) => Some(status),
                    FailureKind::Connect
                    | FailureKind::Timeout
                    | FailureKind::Closed
                    | FailureKind::Body => None,
                },
                retry_after: failure.retry_after,
            }),
        })
    }
}

impl From<Verdict> for AttemptError {
    fn from(verdict: Verdict) -> Self {
        // A good answer is no verdict that a read fails with.
        verdict
            .into_error()
            .unwrap_or_else(|| Self::no_answer("an answer without a result"))
    }
}

/// A refusal that every further call would meet too: of the credential, by its code, or of the
/// app.
const fn all_refused(refusal: Refusal) -> StopReason {
    match refusal.code {
        60004 | 60005 | 60010 | 70001..=70100 | 70403 => StopReason::Credential(refusal),
        _ => StopReason::Refused(refusal),
    }
}

/// The verdict on an answer as it came. `now` is needed for a `Retry-After` that names a date.
pub(crate) fn judge(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Verdict {
    classify(wire::decode(status, headers, body, now))
}

/// The verdict on an answer.
pub(super) fn classify(answer: Answer) -> Verdict {
    match answer {
        Answer::Done => Verdict::Succeeded,
        Answer::Refused {
            code,
            info,
            retry_after,
        } => refused(Refusal::new(code, &info), retry_after),
        Answer::Throttled {
            code,
            info,
            retry_after,
        } => Verdict::RateLimited {
            refusal: Refusal::new(code, &info),
            retry_after,
        },
        Answer::Unusable(failure) => Verdict::Unreachable(failure),
    }
}

fn refused(refusal: Refusal, retry_after: Option<Duration>) -> Verdict {
    match error_code::class(refusal.code) {
        Class::Row => Verdict::Row(refusal),
        Class::Retry => Verdict::Retry(refusal),
        Class::Rate => Verdict::RateLimited {
            refusal,
            retry_after,
        },
        Class::Credential => Verdict::CredentialExpired(refusal),
        Class::Fatal => Verdict::Fatal(refusal),
        Class::FatalAfterRetry => Verdict::RetryOnce {
            refusal,
            last: Last::Fatal,
        },
        Class::Bug => Verdict::Bug(refusal),
        // A call that asks for one thing cannot be split, so the code is out of place.
        Class::Split | Class::Unknown => Verdict::RetryOnce {
            refusal,
            last: Last::Row,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(code: i64) -> Verdict {
        classify(Answer::Refused {
            code,
            info: "why".to_owned(),
            retry_after: None,
        })
    }

    fn refusal(code: i64) -> Refusal {
        Refusal {
            code,
            info: "why".to_owned(),
        }
    }

    #[test]
    fn each_class_has_its_verdict() {
        let again = |code, last| Verdict::RetryOnce {
            refusal: refusal(code),
            last,
        };
        assert_eq!(verdict(10010), Verdict::Row(refusal(10010)));
        assert_eq!(verdict(10002), Verdict::Retry(refusal(10002)));
        assert_eq!(verdict(70001), Verdict::CredentialExpired(refusal(70001)));
        assert_eq!(verdict(70009), Verdict::Fatal(refusal(70009)));
        assert_eq!(verdict(10008), again(10008, Last::Fatal));
        assert_eq!(verdict(60003), Verdict::Bug(refusal(60003)));
        assert_eq!(verdict(10018), again(10018, Last::Row));
        assert_eq!(verdict(123), again(123, Last::Row));
        let slow = Verdict::RateLimited {
            refusal: refusal(60007),
            retry_after: None,
        };
        assert_eq!(verdict(60007), slow);
        assert_eq!(classify(Answer::Done), Verdict::Succeeded);
    }

    #[test]
    fn the_servers_words_are_made_safe_and_short() {
        let info = format!("\u{1b}[2J{}", "no such group ".repeat(100));
        let answer = Answer::Refused {
            code: 10010,
            info,
            retry_after: None,
        };
        let Verdict::Row(refusal) = classify(answer) else {
            panic!("10010 is the row's fault");
        };
        assert_eq!(refusal.info.chars().count(), 200);
        assert!(
            refusal.info.starts_with(r"\u{1b}[2Jno such group"),
            "{refusal}"
        );
    }
}

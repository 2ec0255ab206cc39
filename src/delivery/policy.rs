//! What an answer means: for its call, and for all calls. Pure: the time and the random number of
//! a backoff are handed in. The import and all reads ask here.

use std::time::Duration;

use tokio::time::Instant;

use super::attempt::{Account, Attempt, AttemptError, GroupKey, NoAnswer};
use super::backoff::Backoff;
use super::outage::{Change, LONGEST_RETRY_AFTER, Outage, Standing};
use crate::stop_reason::{Refusal, StopReason};

/// Wait before the second attempt of a call, and the longest wait: with eight attempts, some 40 s
/// in all, well past the target's own timeout of 3 s.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(20));

/// So many refusals for the rate in a row are needed before "every call was refused" is said:
/// after a suspension of the process, two of them may lie hours apart.
const REFUSALS_TO_STOP: u32 = 10;

/// How long to keep trying.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Attempts a call, 1 and up.
    pub(crate) max_attempts: u32,
    /// How long a service that is down, or that only refuses for the rate, is probed.
    pub(crate) outage_limit: Duration,
    /// Stop when the first so many calls are refused alike; never when absent.
    pub(crate) early_stop: Option<u64>,
    /// Stop when more rows than this have failed; never when absent.
    pub(crate) max_failures: Option<u64>,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Settled {
    /// The service did what was asked.
    Succeeded,
    /// The service refused for good.
    Failed(Refusal),
    /// Every attempt failed for a passing reason; the code is -1 without an answer.
    Exhausted(Refusal),
}

/// What follows for the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// It is over.
    Settle(Settled),
    /// It goes again after a wait.
    Again {
        /// What its attempts cost so far.
        account: Account,
        /// How long it waits; zero for as soon as calls may leave.
        wait: Duration,
        /// What went wrong, if that was an attempt of this call or may become one.
        why: Option<Refusal>,
    },
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judged {
    /// What follows for the call.
    pub(crate) next: Next,
    /// A change for all calls.
    pub(crate) change: Option<Change>,
    /// How long no call should leave, because the service asked for it.
    pub(crate) hold: Option<Duration>,
    /// Why all calls should end.
    pub(crate) stop: Option<StopReason>,
}

impl From<Next> for Judged {
    fn from(next: Next) -> Self {
        Self {
            next,
            change: None,
            hold: None,
            stop: None,
        }
    }
}

/// The one policy.
#[derive(Debug)]
pub(crate) struct Policy {
    patience: Patience,
    outage: Outage,
    limited: LimitedSince,
    early_stop: EarlyStop,
    failures: u64,
    last_no_answer: NoAnswer,
}

impl Policy {
    /// A policy that knows nothing yet.
    pub(crate) fn new(patience: Patience) -> Self {
        Self {
            patience,
            outage: Outage::new(),
            limited: LimitedSince::default(),
            early_stop: EarlyStop::new(patience.early_stop),
            failures: 0,
            last_no_answer: NoAnswer::default(),
        }
    }

    /// When the next call may leave as far as the policy goes: at once, at an instant, or (`None`)
    /// not before an answer comes.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        match self.outage.next() {
            Ok(at) => Some(at.unwrap_or(now)),
            Err(_probe) => None,
        }
    }

    /// An attempt leaves.
    pub(super) fn sent(&mut self, group: GroupKey, account: Account, now: Instant) -> Attempt {
        let (number, answers_before) = self.outage.sent();
        Attempt {
            group,
            number,
            answers_before,
            sent: now,
            account,
        }
    }

    /// Since when the service is down, if it is.
    pub(crate) fn down_since(&self) -> Option<Instant> {
        self.outage.down_since()
    }

    /// How the calls of a group fare: calls of a group that is well go first.
    pub(crate) fn standing(&self, group: GroupKey) -> Standing {
        self.outage.standing(group)
    }

    /// Whether only a call of a group that is well can tell what the last failures mean.
    pub(crate) fn wants_another_group(&self) -> bool {
        self.outage.wants_another_group()
    }

    /// The last failure in words.
    pub(crate) fn last_failure(&self) -> &str {
        &self.last_no_answer.info
    }

    /// There is no call of another group to be had.
    pub(crate) fn nothing_else(&mut self, now: Instant) -> (Option<Change>, Option<StopReason>) {
        let change = self.outage.nothing_else(now);
        (change, self.first_contact(change))
    }

    /// Why it is time to give up, if it is, while no answer comes.
    pub(crate) fn overdue(&self, now: Instant) -> Option<StopReason> {
        let lasted = now.saturating_duration_since(self.outage.down_since()?);
        (lasted > self.patience.outage_limit).then(|| StopReason::Outage {
            lasted,
            last: self.last_no_answer.info.clone(),
        })
    }

    /// What an answer means; no error is success. `random` is uniform in 0..1.
    pub(crate) fn judge(
        &mut self,
        attempt: &Attempt,
        error: Option<AttemptError>,
        now: Instant,
        random: f64,
    ) -> Judged {
        let error = match error {
            Some(AttemptError::NoAnswer(why)) => {
                return self.no_answer(attempt, why, now, random);
            }
            other => other,
        };
        let change = self.outage.answered(attempt, now);
        let judged = match error {
            Some(AttemptError::RateLimited { refusal, .. }) => {
                self.rate_limited(refusal, attempt, now)
            }
            other => {
                self.limited.over();
                self.own(attempt.account, other, random)
            }
        };
        Judged { change, ..judged }
    }

    /// What an answer means that is about its call alone.
    fn own(&self, account: Account, error: Option<AttemptError>, random: f64) -> Judged {
        match error {
            None => Next::Settle(Settled::Succeeded).into(),
            Some(AttemptError::Refused(refusal)) => Next::Settle(Settled::Failed(refusal)).into(),
            Some(AttemptError::Unknown { refusal, stop }) if account.repeated_unknown => match stop
            {
                None => Next::Settle(Settled::Failed(refusal)).into(),
                Some(stop) => ended(account, stop),
            },
            Some(AttemptError::Unknown { refusal, .. }) => {
                let account = Account {
                    repeated_unknown: true,
                    ..account
                };
                self.again(account, refusal, random)
            }
            Some(AttemptError::Transient(refusal)) => self.again(account, refusal, random),
            Some(AttemptError::Fatal(stop)) => ended(account, stop),
            Some(
                AttemptError::Renewed
                | AttemptError::RateLimited { .. }
                | AttemptError::NoAnswer(_),
            ) => at_once(account).into(),
        }
    }

    fn rate_limited(&mut self, refusal: Refusal, attempt: &Attempt, now: Instant) -> Judged {
        let (lasted, times) = self.limited.lasts(now);
        let too_long = lasted > self.patience.outage_limit && times >= REFUSALS_TO_STOP;
        Judged {
            stop: too_long.then_some(StopReason::RateLimited { lasted, refusal }),
            ..at_once(attempt.account).into()
        }
    }

    fn no_answer(&mut self, attempt: &Attempt, why: NoAnswer, now: Instant, random: f64) -> Judged {
        // "Every call was refused for its rate" is not true any more.
        self.limited.over();
        let failed = self.outage.failed(attempt, &why, now);
        let asked = why.retry_after.map(|asked| asked.min(LONGEST_RETRY_AFTER));
        let refusal = Refusal {
            code: -1,
            info: why.info.clone(),
        };
        self.last_no_answer = why;
        let account = Account {
            failed_after: Some(self.outage.answers()),
            ..attempt.account
        };
        let mut judged = if self.outage.down_since().is_some() {
            at_once(account).into()
        } else if failed.charged {
            self.again(account, refusal, random)
        } else {
            Next::Again {
                account,
                wait: BACKOFF.wait(account.spent + 1, random),
                why: Some(refusal),
            }
            .into()
        };
        if let (Next::Again { wait, .. }, Some(asked)) = (&mut judged.next, asked) {
            *wait = asked.max(*wait);
        }
        judged.hold = asked.filter(|_| !failed.others_fare_well);
        judged.change = failed.change;
        let stop = self
            .first_contact(failed.change)
            .or_else(|| self.overdue(now));
        Judged {
            stop: stop.or(judged.stop),
            ..judged
        }
    }

    /// The reason to stop at what would be an outage, if nothing was ever answered and something
    /// in between denies access.
    fn first_contact(&self, change: Option<Change>) -> Option<StopReason> {
        let status = self.last_no_answer.status?;
        (change == Some(Change::Began) && self.outage.is_denied()).then(|| {
            StopReason::FirstContact {
                status,
                last: self.last_no_answer.info.clone(),
            }
        })
    }

    /// Another attempt, at the call's cost, or its end.
    fn again(&self, account: Account, refusal: Refusal, random: f64) -> Judged {
        let account = Account {
            spent: account.spent + 1,
            ..account
        };
        if account.spent >= self.patience.max_attempts {
            return Next::Settle(Settled::Exhausted(refusal)).into();
        }
        Next::Again {
            account,
            wait: BACKOFF.wait(account.spent, random),
            why: Some(refusal),
        }
        .into()
    }

    /// A row of a call is settled. Why all calls should end, if this one was one too many.
    pub(crate) fn settled(&mut self, settled: &Settled) -> Option<StopReason> {
        let mut stop = None;
        match settled {
            Settled::Succeeded => {
                self.early_stop.over();
                return None;
            }
            // Exhausted attempts say that the service is unwell, not that it refuses our ids.
            Settled::Exhausted(_) => {}
            Settled::Failed(refusal) => {
                if let Some(calls) = self.early_stop.refused(refusal.code) {
                    let refusal = refusal.clone();
                    stop = Some(StopReason::AllRefused { calls, refusal });
                }
            }
        }
        self.failures += 1;
        let failures = self.failures;
        match self.patience.max_failures {
            Some(limit) if failures > limit => {
                Some(StopReason::TooManyFailures { failures, limit })
            }
            Some(_) | None => stop,
        }
    }
}

const fn at_once(account: Account) -> Next {
    Next::Again {
        account,
        wait: Duration::ZERO,
        why: None,
    }
}

fn ended(account: Account, stop: StopReason) -> Judged {
    Judged {
        stop: Some(stop),
        ..at_once(account).into()
    }
}

/// Watches the first answers: when all are the same refusal, the app, the administrator or the
/// ids are wrong, and going on would refuse everything.
#[derive(Debug)]
struct EarlyStop {
    after: u64,
    seen: u64,
    code: Option<i64>,
    over: bool,
}

impl EarlyStop {
    /// Stops after so many equal refusals; `None` never does.
    fn new(after: Option<u64>) -> Self {
        Self {
            after: after.unwrap_or(0),
            seen: 0,
            code: None,
            over: after.is_none(),
        }
    }

    /// Something else was answered.
    fn over(&mut self) {
        self.over = true;
    }

    /// Another call is refused for good. The number of equal refusals if it is time to stop.
    fn refused(&mut self, code: i64) -> Option<u64> {
        if self.code.is_some_and(|first| first != code) {
            self.over = true;
        }
        if self.over {
            return None;
        }
        self.code = Some(code);
        self.seen += 1;
        (self.seen >= self.after).then_some(self.seen)
    }
}

/// Since when every call is refused for its rate.
#[derive(Debug, Default)]
struct LimitedSince {
    since: Option<(Instant, u32)>,
}

impl LimitedSince {
    /// One more refusal. How long it lasts, and how many there were.
    fn lasts(&mut self, now: Instant) -> (Duration, u32) {
        let (since, times) = self.since.get_or_insert((now, 0));
        *times = times.saturating_add(1);
        (now.saturating_duration_since(*since), *times)
    }

    /// Something else happened.
    fn over(&mut self) {
        self.since = None;
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;

//! The way back: what an answer means for everybody, and for its call.

use std::time::Duration;

use tokio::time::Instant;

use super::import::{Answered, Error, Import};
use super::queue::Pending;
use super::settle::{Action, Credit, Stop, decide};
use crate::checkpoint::{Count, Entry, LogFile, Outcome, Status};
use crate::delivery::{Backoff, Turn};
use crate::event::{self, Event};
use crate::tencent::{Refusal, Transport, Verdict};

/// Wait before the second attempt of a call, and the longest wait: with eight attempts, some 40 s
/// in all, well past the target's own timeout of 3 s.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(20));

impl<T: Transport, F: LogFile> Import<'_, T, F> {
    pub(super) fn answered(&mut self, answered: Answered) -> Result<(), Error> {
        let now = Instant::now();
        let Answered {
            mut call,
            verdict,
            sent,
            latency,
        } = answered;
        self.warm = true;
        if !matches!(verdict, Verdict::Unreachable(_)) {
            self.settings.room.answered(latency);
        }
        call.unanswered |= matches!(verdict, Verdict::Unreachable(_));
        call.refused = false;
        let again = self.concerns_all(&verdict, now, sent);
        if again {
            self.queue.again(call, now);
            return Ok(());
        }
        let credit = Credit {
            spent: call.spent,
            allowed: self.settings.max_attempts,
            retried_unknown: call.retried_unknown,
        };
        call.retried_unknown |= matches!(verdict, Verdict::RetryOnce { .. });
        match decide(verdict, credit) {
            Action::Settle {
                verdict,
                code,
                info,
            } => {
                self.settle(&call, verdict, (code, info), latency)?;
            }
            Action::Retry { code, info } => {
                call.spent += 1;
                let wait = BACKOFF.wait(call.spent, fastrand::f64());
                (self.observer)(Event::Retrying {
                    code,
                    info: &info,
                    wait,
                });
                self.queue.again(call, now + wait);
            }
            Action::Again => self.queue.again(call, now),
            Action::End(stop) => {
                call.refused = true;
                self.queue.again(call, now);
                self.stop(stop);
            }
        }
        Ok(())
    }

    /// What an answer means for everybody. True when the call goes again at nobody's cost.
    fn concerns_all(&mut self, verdict: &Verdict, now: Instant, sent: Instant) -> bool {
        if let Verdict::Unreachable(failure) = verdict {
            self.last_unreachable = failure.to_string();
            if self.breaker.failed(now, sent) == Some(Turn::Opened) {
                let info = self.last_unreachable.as_str();
                (self.observer)(Event::OutageBegan { at: now, info });
            }
            return self.breaker.down_since().is_some();
        }
        if let Some(Turn::Closed(lasted)) = self.breaker.answered(now) {
            (self.observer)(Event::OutageEnded { at: now, lasted });
        }
        if let Verdict::RateLimited {
            refusal,
            retry_after,
        } = verdict
        {
            let hold = self.gate.refused(sent, *retry_after, now);
            (self.observer)(Event::RateLimited {
                code: refusal.code,
                at: now,
                hold,
            });
            let lasted = self.limited.lasts(now);
            if lasted > self.settings.outage_limit {
                self.stop(Stop::RateLimited {
                    lasted,
                    code: refusal.code,
                });
            }
            return true;
        }
        self.gate.accepted(sent, now);
        if matches!(verdict, Verdict::Succeeded) {
            self.limited.over();
        }
        if matches!(verdict, Verdict::CredentialExpired(_)) {
            (self.observer)(Event::Renewed);
            return true;
        }
        false
    }

    /// Writes the outcome, then tells of it.
    fn settle(
        &mut self,
        call: &Pending,
        verdict: event::Verdict,
        (code, info): (i64, String),
        latency: Duration,
    ) -> Result<(), Error> {
        let status = match verdict {
            event::Verdict::Succeeded => Status::Succeeded,
            event::Verdict::Failed => Status::Failed,
            event::Verdict::Exhausted => Status::Exhausted,
        };
        self.book.write(&Entry::Outcome(Outcome {
            row: call.row,
            status,
            group_id: (&*call.group_id).into(),
            member_account: (&*call.member_account).into(),
            unread_num: Count::Number(call.unread_num),
            group_type: None,
            code,
            info: info.as_str().into(),
            attempts: call.attempts,
            at: (self.clock)(),
            ms: u64::try_from(latency.as_millis()).unwrap_or(u64::MAX),
        }))?;
        let at = Instant::now();
        (self.observer)(Event::Settled {
            verdict,
            code,
            info: &info,
            at,
            latency,
        });
        self.watch_failures(status, code, info);
        Ok(())
    }

    fn watch_failures(&mut self, status: Status, code: i64, info: String) {
        if status != Status::Succeeded {
            self.failures += 1;
        }
        if let Some(limit) = self.settings.max_failures
            && self.failures > limit
        {
            self.stop(Stop::TooManyFailures {
                failures: self.failures,
                limit,
            });
        }
        // Exhausted attempts say that the target is unwell, not that it refuses our ids.
        if status != Status::Exhausted && self.early_stop.settled(code) {
            let refusal = Refusal { code, info };
            self.stop(Stop::AllRefused {
                calls: self.early_stop.seen(),
                refusal,
            });
        }
    }
}

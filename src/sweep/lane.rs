//! One API: its gate, its breaker, and the repeats of its calls.

use std::cell::RefCell;
use std::time::Duration;

use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, sleep, sleep_until};

use super::trouble::{Halt, Refused, Trouble};
use crate::delivery::{Backoff, Breaker, Gate, Limit};
use crate::tencent::Refusal;

/// Wait before the second attempt of a call, and the longest wait: the import's.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(20));

/// How long to keep trying.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Attempts a call, 1 and up.
    pub(crate) max_attempts: u32,
    /// How long a service that is down, or that only asks for fewer calls, is probed.
    pub(crate) outage_limit: Duration,
    /// End everything when the first so many calls are refused alike; never when absent.
    pub(crate) early_stop: Option<u64>,
}

/// What a lane has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Requests that left.
    pub(crate) attempts: u64,
    /// Calls that are over, well or not.
    pub(crate) calls: u64,
    /// Answers that asked for fewer calls.
    pub(crate) rate_limited: u64,
    /// Most requests in any second.
    pub(crate) busiest_second: usize,
}

/// One API of one app. Many calls share it; all of them are of one thread.
#[derive(Debug)]
pub(crate) struct Lane {
    /// Held by the one call that waits for its permit, so that permits are given in order. Nobody
    /// holds it while a request is under way.
    turn: Mutex<()>,
    /// Wakes the call at the gate when the breaker has changed its mind.
    changed: Notify,
    state: RefCell<State>,
    patience: Patience,
}

#[derive(Debug)]
struct State {
    gate: Gate,
    breaker: Breaker,
    tally: Tally,
    limited_since: Option<Instant>,
    /// Calls that were refused with one code before any other answer came; `None` after that.
    refused_alike: Option<(i64, u64)>,
    answered_otherwise: bool,
}

/// When the call at the gate may leave.
enum Leave {
    Now(Instant),
    At(Instant),
    AfterProbe,
}

/// What becomes of a call after an attempt.
enum Next<A> {
    Over(Result<A, Refused>),
    Again(Duration),
}

/// Attempts of one call.
#[derive(Debug, Default)]
struct Account {
    spent: u32,
    repeated_unknown: bool,
}

impl Lane {
    /// A lane for `limit` calls per second.
    pub(crate) fn new(limit: Limit, patience: Patience) -> Self {
        Self {
            turn: Mutex::new(()),
            changed: Notify::new(),
            state: RefCell::new(State {
                gate: Gate::new(limit, Instant::now()),
                breaker: Breaker::new(),
                tally: Tally::default(),
                limited_since: None,
                refused_alike: None,
                answered_otherwise: false,
            }),
            patience,
        }
    }

    /// Calls until there is a result or none is to be had. The inner error is this call's own, the
    /// outer one everybody's.
    pub(crate) async fn call<A, E, F>(
        &self,
        attempt: impl Fn() -> F,
    ) -> Result<Result<A, Refused>, Halt>
    where
        F: Future<Output = Result<A, E>>,
        E: Into<Trouble>,
    {
        let mut account = Account::default();
        loop {
            let sent = self.permit().await;
            let answer = attempt().await.map_err(Into::into);
            let judged = self
                .state
                .borrow_mut()
                .judge(answer, sent, &mut account, &self.patience);
            self.changed.notify_one();
            match judged? {
                Next::Over(result) => return Ok(result),
                Next::Again(wait) => sleep(wait).await,
            }
        }
    }

    /// What was done so far.
    pub(crate) fn tally(&self) -> Tally {
        let state = self.state.borrow();
        Tally {
            busiest_second: state.gate.busiest_second(),
            ..state.tally
        }
    }

    async fn permit(&self) -> Instant {
        let _turn = self.turn.lock().await;
        loop {
            let leave = self.state.borrow_mut().leave();
            match leave {
                Leave::Now(at) => return at,
                Leave::At(at) => tokio::select! {
                    () = sleep_until(at) => {}
                    () = self.changed.notified() => {}
                },
                Leave::AfterProbe => self.changed.notified().await,
            }
        }
    }
}

impl State {
    fn leave(&mut self) -> Leave {
        match self.breaker.next() {
            Err(_probe) => return Leave::AfterProbe,
            Ok(Some(at)) if at > Instant::now() => return Leave::At(at),
            Ok(Some(_) | None) => {}
        }
        let now = Instant::now();
        match self.gate.due(now) {
            None => Leave::AfterProbe,
            Some(due) if due > now => Leave::At(due),
            Some(_) => {
                let permit = self.gate.sent(now);
                // Far fewer calls than the quota leave here, and they are handed over at once.
                self.gate.departed(permit, now);
                self.breaker.sent();
                self.tally.attempts += 1;
                Leave::Now(now)
            }
        }
    }

    fn judge<A>(
        &mut self,
        answer: Result<A, Trouble>,
        sent: Instant,
        account: &mut Account,
        patience: &Patience,
    ) -> Result<Next<A>, Halt> {
        let now = Instant::now();
        if !matches!(answer, Err(Trouble::Unreachable(_))) {
            // Whether that ends an outage shows in the next call that leaves.
            let _ = self.breaker.answered(now);
        }
        if !matches!(
            answer,
            Err(Trouble::Unreachable(_) | Trouble::Limited { .. })
        ) {
            self.gate.accepted(sent, now);
        }
        match answer {
            Ok(result) => {
                self.limited_since = None;
                self.answered_otherwise = true;
                Ok(self.over(Ok(result)))
            }
            Err(Trouble::Limited {
                refusal,
                retry_after,
            }) => self.limited(refusal, retry_after, (now, sent), patience),
            Err(Trouble::Renewed) => Ok(Next::Again(Duration::ZERO)),
            Err(Trouble::Fatal(halt)) => Err(halt),
            Err(Trouble::Refused(refusal)) => self.refused(refusal, patience),
            Err(Trouble::Once { refusal, fatal }) if account.repeated_unknown => {
                if fatal {
                    return Err(Halt::Refused(refusal));
                }
                self.refused(refusal, patience)
            }
            Err(Trouble::Once { refusal, .. }) => {
                account.repeated_unknown = true;
                Ok(self.again(refusal.into(), account, patience))
            }
            Err(Trouble::Passing(refusal)) => Ok(self.again(refusal.into(), account, patience)),
            Err(Trouble::Unreachable(info)) => {
                self.unreachable(info, (now, sent), account, patience)
            }
        }
    }

    fn unreachable<A>(
        &mut self,
        info: String,
        (now, sent): (Instant, Instant),
        account: &mut Account,
        patience: &Patience,
    ) -> Result<Next<A>, Halt> {
        let _ = self.breaker.failed(now, sent);
        let Some(since) = self.breaker.down_since() else {
            return Ok(self.again(Refused::unreachable(info), account, patience));
        };
        let lasted = now - since;
        if lasted > patience.outage_limit {
            return Err(Halt::Outage { lasted, last: info });
        }
        // Everybody waits for the probe; that is no fault of this call.
        Ok(Next::Again(Duration::ZERO))
    }

    fn limited<A>(
        &mut self,
        refusal: Refusal,
        retry_after: Option<Duration>,
        (now, sent): (Instant, Instant),
        patience: &Patience,
    ) -> Result<Next<A>, Halt> {
        self.tally.rate_limited += 1;
        let _ = self.gate.refused(sent, retry_after, now);
        let lasted = now - *self.limited_since.get_or_insert(now);
        if lasted > patience.outage_limit {
            return Err(Halt::Limited { lasted, refusal });
        }
        Ok(Next::Again(Duration::ZERO))
    }

    fn refused<A>(&mut self, refusal: Refusal, patience: &Patience) -> Result<Next<A>, Halt> {
        let calls = match self.refused_alike {
            Some((code, calls)) if code == refusal.code => calls + 1,
            Some(_) => {
                self.answered_otherwise = true;
                0
            }
            None => 1,
        };
        self.refused_alike = Some((refusal.code, calls));
        let limit = patience.early_stop.filter(|_| !self.answered_otherwise);
        if limit.is_some_and(|limit| calls >= limit) {
            return Err(Halt::AllRefused { calls, refusal });
        }
        Ok(self.over(Err(refusal.into())))
    }

    fn again<A>(
        &mut self,
        refused: Refused,
        account: &mut Account,
        patience: &Patience,
    ) -> Next<A> {
        account.spent += 1;
        if account.spent >= patience.max_attempts {
            return self.over(Err(Refused {
                passing: true,
                ..refused
            }));
        }
        Next::Again(BACKOFF.wait(account.spent, fastrand::f64()))
    }

    fn over<A>(&mut self, result: Result<A, Refused>) -> Next<A> {
        self.tally.calls += 1;
        Next::Over(result)
    }
}

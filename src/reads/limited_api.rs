//! One API of one app: the pace of its calls and their repeats. Many calls share it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use futures_util::future::join;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use super::refused::Refused;
use crate::delivery::{
    Account, Attempt, AttemptError, ConcurrencyLimit, GroupKey, Limit, Next, Pacer, Patience,
    Settled, Standing,
};
use crate::stop_reason::StopReason;
use crate::tencent::DepartureNotice;

/// What was asked of an API so far.
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

/// One API of one app. All its calls are of one thread.
#[derive(Debug)]
pub(crate) struct RateLimitedApi {
    state: RefCell<State>,
    /// Wakes the calls that wait, when another may be first now.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    pacer: Pacer,
    /// Calls that wait, in the order in which they came.
    waiting: BTreeMap<u64, GroupKey>,
    tickets: u64,
    tally: Tally,
}

/// When a call that waits may leave.
enum Leave {
    Now(Attempt),
    At(Instant),
    /// Another call is first, or an answer has to come.
    AfterChange,
}

/// A place among the calls that wait. It is given up when the call is given up.
struct Ticket<'a> {
    api: &'a RateLimitedApi,
    number: u64,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.api.state.borrow_mut().waiting.remove(&self.number);
        self.api.changed.notify_waiters();
    }
}

/// A call that was let go and has not been handed to the network. It counts from when it is, or
/// from when it is given up.
struct Departing<'a>(&'a RateLimitedApi);

impl Drop for Departing<'_> {
    fn drop(&mut self) {
        self.0.state.borrow_mut().pacer.departed(Instant::now());
        self.0.changed.notify_waiters();
    }
}

impl RateLimitedApi {
    /// An API that takes `limit` calls per second, the first not before `not_before`: what an
    /// earlier process asked may still count in the service's present second.
    pub(crate) fn opening_at(limit: Limit, patience: Patience, not_before: Instant) -> Self {
        // Whoever asks bounds how much is under way.
        let concurrency = ConcurrencyLimit::fixed(limit, usize::MAX);
        Self {
            changed: Notify::new(),
            state: RefCell::new(State {
                pacer: Pacer::new(limit, not_before, concurrency, patience),
                waiting: BTreeMap::new(),
                tickets: 0,
                tally: Tally::default(),
            }),
        }
    }

    /// Calls until there is a result or none is to be had. The inner error is this call's own, the
    /// outer one everybody's. `group` is what the service may place on one machine. An attempt
    /// drops its notice when its request is handed to the network.
    pub(crate) async fn call<A, E, F>(
        &self,
        group: GroupKey,
        attempt: impl Fn(DepartureNotice) -> F,
    ) -> Result<Result<A, Refused>, StopReason>
    where
        F: Future<Output = Result<A, E>>,
        E: Into<AttemptError>,
    {
        let mut account = Account::default();
        loop {
            let sent = self.permit(group, account).await;
            let departing = Departing(self);
            let (notice, departed) = DepartureNotice::watched();
            let departed = async move {
                departed.await;
                drop(departing);
            };
            let (answer, ()) = join(attempt(notice), departed).await;
            let (result, error) = match answer {
                Ok(result) => (Some(result), None),
                Err(error) => (None, Some(error.into())),
            };
            let next = self.state.borrow_mut().answered(&sent, error);
            self.changed.notify_waiters();
            match (next?, result) {
                (Next::Settle(_), Some(result)) => return Ok(Ok(result)),
                (Next::Settle(settled), None) => return Ok(Err(settled.into())),
                (
                    Next::Again {
                        account: now, wait, ..
                    },
                    _,
                ) => {
                    account = now;
                    sleep(wait).await;
                }
            }
        }
    }

    /// What was done so far.
    pub(crate) fn tally(&self) -> Tally {
        let state = self.state.borrow();
        Tally {
            busiest_second: state.pacer.busiest_second(),
            ..state.tally
        }
    }

    async fn permit(&self, group: GroupKey, account: Account) -> Attempt {
        let ticket = self.ticket(group);
        loop {
            let changed = self.changed.notified();
            let leave = self.state.borrow_mut().leave(ticket.number, account);
            match leave {
                Leave::Now(attempt) => return attempt,
                Leave::At(at) => tokio::select! {
                    () = sleep_until(at) => {}
                    () = changed => {}
                },
                Leave::AfterChange => changed.await,
            }
        }
    }

    fn ticket(&self, group: GroupKey) -> Ticket<'_> {
        let mut state = self.state.borrow_mut();
        state.tickets += 1;
        let number = state.tickets;
        state.waiting.insert(number, group);
        Ticket { api: self, number }
    }
}

impl State {
    /// Whether the call with this ticket leaves now.
    fn leave(&mut self, ticket: u64, account: Account) -> Leave {
        let now = Instant::now();
        let Some((first, group)) = self.first(now) else {
            return Leave::AfterChange;
        };
        if first != ticket {
            return Leave::AfterChange;
        }
        match self.pacer.due(now) {
            None => Leave::AfterChange,
            Some(due) if due > now => Leave::At(due),
            Some(_) => {
                self.tally.attempts += 1;
                Leave::Now(self.pacer.sent(group, account, now))
            }
        }
    }

    /// The call that leaves next: of a group that is well, before one of a sick group.
    fn first(&mut self, now: Instant) -> Option<(u64, GroupKey)> {
        let policy = self.pacer.policy();
        let (mut sick, mut suspect) = (None, None);
        for (&ticket, &group) in &self.waiting {
            match policy.standing(group) {
                Standing::Well => return Some((ticket, group)),
                Standing::Sick => sick = sick.or(Some((ticket, group))),
                Standing::Suspect => suspect = suspect.or(Some((ticket, group))),
            }
        }
        if sick.is_none() && suspect.is_some() && self.pacer.in_flight() == 0 {
            // Observers of reads are not told of outages, and what would stop the import at its
            // first contact comes up with the next failure here.
            drop(self.pacer.policy_mut().nothing_else(now));
        }
        let down = self.pacer.policy().down_since().is_some();
        let still = |&(_, group): &(u64, GroupKey)| {
            down || self.pacer.policy().standing(group) != Standing::Suspect
        };
        sick.or(suspect.filter(still))
    }

    fn answered(
        &mut self,
        attempt: &Attempt,
        error: Option<AttemptError>,
    ) -> Result<Next, StopReason> {
        let judgement = self
            .pacer
            .answered(attempt, error, Instant::now(), fastrand::f64());
        self.tally.rate_limited += u64::from(judgement.limited.is_some());
        let judged = judgement.judged;
        let stop = match &judged.next {
            Next::Settle(settled) => {
                self.tally.calls += 1;
                self.pacer.policy_mut().settled(settled)
            }
            Next::Again { .. } => None,
        };
        match judged.stop.or(stop) {
            Some(stop) => Err(stop),
            None => Ok(judged.next),
        }
    }
}

impl From<Settled> for Refused {
    fn from(settled: Settled) -> Self {
        match settled {
            Settled::Failed(refusal) => refusal.into(),
            Settled::Exhausted(refusal) => Self {
                passing: true,
                ..refusal.into()
            },
            Settled::Succeeded => Self {
                code: -1,
                info: "an answer without a result".to_owned(),
                passing: true,
            },
        }
    }
}

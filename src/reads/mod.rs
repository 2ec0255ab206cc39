//! Many read-only calls: each at the pace of its API, repeated when that helps, answered in any
//! order.
//!
//! `limited_api` is one API with its pace and its repeats, judged by the policy of `delivery` as
//! the calls of an import are; `api` has one for each read-only command of the target; `read_all`
//! keeps a bounded number of units of work under way and ends them all at once, since a read that
//! was cut off is read again; `journal` remembers which units are done. What a unit is and asks
//! belongs to `verify`, `preflight` and `export`. The import does not use this: its calls change
//! things, and it waits for their answers.

mod api;
mod journal;
mod limited_api;
mod refused;

use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::time::{MissedTickBehavior, interval};

pub(crate) use self::api::{Api, Pace, opening};
pub(crate) use self::journal::{Error as JournalError, Journal};
pub(crate) use self::limited_api::{RateLimitedApi, Tally};
pub(crate) use self::refused::Refused;
use crate::signals::{Signal, Signals};
use crate::stop_reason::StopReason;

/// How often what is done so far is committed and shown: what a crash costs, in repeated reads.
const TICK: Duration = Duration::from_millis(200);

/// How the reads ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum End {
    /// Every unit is done.
    Completed,
    /// A signal ended it; what was under way is asked again next time.
    Interrupted(Signal),
    /// Every further call would have been in vain.
    Stopped(StopReason),
}

/// What there is to read.
pub(crate) trait Work {
    /// A part that is asked, and remembered as done, as a whole.
    type Unit;
    /// What is known of a unit in the end.
    type Outcome;
    /// What can go wrong on this side.
    type Error;

    /// The next unit to ask; `None` behind the last.
    fn next(&mut self) -> Result<Option<Self::Unit>, Self::Error>;

    /// Takes what is known of a unit.
    fn done(&mut self, outcome: Self::Outcome) -> Result<(), Self::Error>;

    /// Brings what was taken to disk and shows it; comes a few times a second and at the end.
    fn tick(&mut self) -> Result<(), Self::Error>;
}

/// Asks for all units of `work`, at most `at_once` at a time, until the end or a signal.
pub(crate) async fn read_all<W, F>(
    work: &mut W,
    ask: impl Fn(W::Unit) -> F,
    at_once: usize,
    signals: &mut Signals,
) -> Result<End, W::Error>
where
    W: Work,
    F: Future<Output = Result<W::Outcome, StopReason>>,
{
    let mut under_way = FuturesUnordered::new();
    let mut exhausted = false;
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let end = loop {
        while !exhausted && under_way.len() < at_once {
            match work.next()? {
                Some(unit) => under_way.push(ask(unit)),
                None => exhausted = true,
            }
        }
        if under_way.is_empty() {
            break End::Completed;
        }
        tokio::select! {
            biased;
            signal = signals.next() => break End::Interrupted(signal),
            Some(outcome) = under_way.next() => match outcome {
                Ok(outcome) => work.done(outcome)?,
                Err(stop) => break End::Stopped(stop),
            },
            _ = ticks.tick() => work.tick()?,
        }
    };
    work.tick()?;
    Ok(end)
}

#[cfg(test)]
mod tests;

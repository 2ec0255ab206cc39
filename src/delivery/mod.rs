//! How calls leave, and what their answers mean. All of it is pure: the time is handed in, and
//! nothing here knows what a call is.
//!
//! One gate an API: every attempt passes it, first tries and retries alike. Three parts decide
//! together when the next call may leave. `governor` spaces the calls (GCRA at 99.5 % of the limit
//! with a small burst, so that a short stall is earned back). A window of the last departures makes
//! the promise exact: never more than `limit` calls are handed to the network in any sliding
//! second, with a margin for jitter on the way to the server. A throttle runs below the limit at
//! the start and after the server has asked for less.
//!
//! `attempt` has the classes of answers, into which every API edge translates its own; `policy`
//! says what an answer means, for its call and for all calls (`outage`, `backoff`); `pacer` is the
//! one thing that a call waits for: gate, policy and `concurrency_limit` behind one `due`.

mod answers;
mod attempt;
mod backoff;
mod concurrency_limit;
mod gate;
mod outage;
mod pacer;
mod policy;
mod spacing;
mod throttle;
mod window;

pub(crate) use attempt::{Account, Attempt, AttemptError, GroupKey, NoAnswer};
pub(crate) use concurrency_limit::ConcurrencyLimit;
#[cfg(test)]
use gate::Permit;
pub(crate) use gate::{Gate, Limit};
pub(crate) use outage::{Change, Standing};
pub(crate) use pacer::{Judgement, Pacer};
pub(crate) use policy::{Next, Patience, Settled};

#[cfg(test)]
mod gate_tests;
#[cfg(test)]
mod throttle_tests;

//! How calls leave. One gate an API: every attempt passes it, first tries and retries alike.
//!
//! Three parts decide together when the next call may leave. `governor` spaces the calls (GCRA at
//! 99.5 % of the limit with a burst of two, so that a late wake-up is earned back). A window of
//! the last permits makes the promise exact: never more than `limit` calls in any sliding second,
//! with a margin for jitter on the way to the server; a call whose answer shows that it arrived
//! later than the margin allows counts from then. A throttle runs below the limit at the start
//! and after the server has asked for less. The breaker and the backoff stand beside the gate.
//! Nothing here knows what a call is.

mod backoff;
mod breaker;
mod gate;
mod lateness;
mod throttle;
mod window;

pub(crate) use backoff::Backoff;
pub(crate) use breaker::{Breaker, Turn};
pub(crate) use gate::{Gate, Limit};

#[cfg(test)]
mod tests;

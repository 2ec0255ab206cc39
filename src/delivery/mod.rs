//! How calls leave. One gate an API: every attempt passes it, first tries and retries alike.
//!
//! Three parts decide together when the next call may leave. `governor` spaces the calls (GCRA at
//! 99.5 % of the limit with a small burst, so that a short stall is earned back). A window of the
//! last departures makes the promise exact: never more than `limit` calls are handed to the network
//! in any sliding second, with a margin for jitter on the way to the server. A throttle runs below
//! the limit at the start and where the server takes less. The breaker and the backoff
//! stand beside the gate. All of it is pure: the time is handed in, and nothing here knows what a
//! call is.

mod backoff;
mod breaker;
mod gate;
mod spacing;
mod throttle;
mod window;

pub(crate) use backoff::Backoff;
pub(crate) use breaker::{Breaker, Turn};
#[cfg(test)]
use gate::Permit;
pub(crate) use gate::{Gate, Limit};

#[cfg(test)]
mod gate_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod throttle_tests;

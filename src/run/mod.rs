//! The import itself: one loop admits, delivers and settles, and owns all state.
//!
//! `import` is the loop, `deliver` the way out, `answer` the way back, `settle` what follows from
//! an answer (pure), `queue` what waits to be sent, `room` how much may be
//! on its way, `book` the log, `session` the log's lines at both ends,
//! `signals` how a user stops it. `survey` is the first pass over the input, `calls` the second.

mod answer;
mod book;
mod calls;
mod deliver;
mod findings;
mod import;
mod queue;
mod reconcile;
mod room;
mod session;
mod settle;
mod signals;
mod survey;

pub(crate) use self::calls::{Call, Calls, Step};
pub(crate) use self::findings::{Along, Findings, FindingsSorter};
pub(crate) use self::survey::{Error as InputError, Survey, Totals, survey};
pub(crate) use import::{Error, Import, Parts, Settings};
pub(crate) use reconcile::{Error as ReconcileError, Reconciled, first_difference, reconcile};
pub(crate) use room::Room;
pub(crate) use settle::{End, Stop};
pub(crate) use signals::{Signal, Signals};

#[cfg(test)]
mod tests;

//! The checkpoint log: what was asked, what was admitted, what came out; append-only and
//! readable with `jq`. `FORMAT.md` beside this file is the format, line by line.
//!
//! `header` is the first line, `entry` the others and the format of all, `ledger` the pure fold of
//! a log into its state, `reconcile` the comparison of another input with what a log says. `scan`
//! reads a file into a ledger, `log` appends. A wall-clock stamp never decides what is done.

mod entry;
mod error;
mod header;
mod ledger;
mod log;
mod reconcile;
mod scan;

#[cfg(test)]
pub(crate) use entry::Replaced;
pub(crate) use entry::{Count, Entry, Outcome, Overwritten, Reason, Session, SessionEvent, Status};
pub(crate) use error::Error;
pub(crate) use header::{FORMAT, Header, Input, Target};
pub(crate) use ledger::{Counts, Ledger, Misplaced};
pub(crate) use log::{Log, Writer, scan_with_writer};
pub(crate) use reconcile::{FirstDifference, History, Reconciled, Reconciliation};
pub(crate) use scan::{read_header, scan, visit, visit_up_to};

#[cfg(test)]
mod tests;

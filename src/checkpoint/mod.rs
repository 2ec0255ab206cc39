//! The checkpoint log: what was asked, what was admitted, what came out; append-only and
//! readable with `jq`. `FORMAT.md` beside this file is the format, line by line.
//!
//! `entry` is the format, `ledger` the pure fold of a log into its state, `scan` reads a file into
//! a ledger, `log` appends. A wall-clock stamp never decides what is done.

mod bitmap;
mod entry;
mod error;
mod ledger;
mod log;
mod scan;

pub(crate) use bitmap::Bitmap;
pub(crate) use entry::{
    Count, Entry, FORMAT, Header, Input, MapFile, Outcome, PlanOptions, Reason, Replaced, Session,
    SessionEvent, Status, Target,
};
pub(crate) use error::Error;
pub(crate) use ledger::{Counts, Ledger, Misplaced};
pub(crate) use log::{DiskFile, Log, LogFile};
pub(crate) use scan::{Tail, scan, visit};

#[cfg(test)]
mod tests;

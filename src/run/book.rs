//! The log and what it says so far, kept in step.

use super::import::Error;
use crate::checkpoint::{Entry, Ledger, Log, LogFile};

/// The open log and its ledger.
#[derive(Debug)]
pub(super) struct Book<F> {
    pub(super) log: Log<F>,
    pub(super) ledger: Ledger,
}

impl<F: LogFile> Book<F> {
    /// One line to the log, and what it says to the ledger.
    pub(super) fn write(&mut self, entry: &Entry<'_>) -> Result<(), Error> {
        self.log.append(entry)?;
        // All that the ledger can refuse is a row beyond those that the first pass counted.
        self.ledger.apply(entry).map_err(Error::Grown)
    }
}

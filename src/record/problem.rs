//! What can be wrong with a record, as data: a stable code, the column and what was found.

use super::Column;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// The row cannot be sent.
    Error,
    /// The row is sent; somebody should look at it.
    Warning,
}

/// The stable code of a kind of problem. Scripts rely on the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Code {
    /// Placeholder until the checks stand.
    GroupIdMissing,
}

/// One problem of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Which kind.
    pub(crate) code: Code,
    /// Which column.
    pub(crate) column: Column,
    /// What was found, shortened and safe to print.
    pub(crate) found: String,
}

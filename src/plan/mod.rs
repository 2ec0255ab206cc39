//! Valid rows become calls: one for each (group, member), whatever the input repeats.
//!
//! Duplicates are found exactly and in bounded memory. While the first pass runs, every row is
//! appended to one of 512 partitions by a seeded hash of 128 bits of its ids; each partition is
//! then folded on its own, and rows of one hash are rows of one (group, member). What a second
//! pass has to know about a row is one bit (folded into another row or not) and, for the few rows
//! whose count changes or that disagree, an entry in a stream sorted by row.
//!
//! Leaves to `record` what a valid row is. Its only IO is temporary files without a name.

mod builder;
mod chunks;
mod entry;
mod error;
mod exception;
mod fold;
mod partition;
mod sieve;
mod tally;
mod totals;
mod varint;

pub(crate) use self::builder::{Builder, Shard};
pub(crate) use self::error::Error;
pub(crate) use self::sieve::{Decision, Sieve};
pub(crate) use self::tally::{Groups, Tally};
pub(crate) use self::totals::Totals;
pub(crate) use crate::record::RowCounts;
use crate::settings::OnDuplicate;
use crate::storage::{Bitmap, Sorted};

/// What decides which rows become calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Policy {
    /// Which row of one (group, member) wins.
    pub(crate) on_duplicate: OnDuplicate,
    /// Whether a count of 0 makes no call.
    pub(crate) skip_zero: bool,
}

/// The result of a first pass, by which a second pass knows each row's part.
#[derive(Debug)]
pub(crate) struct Plan {
    /// What became of the rows.
    pub(crate) rows: RowCounts,
    /// How many calls there are to make.
    pub(crate) calls: u64,
    /// Sums over the calls that the input alone makes.
    pub(crate) totals: Totals,
    policy: Policy,
    folded: Bitmap,
    exceptions: Vec<Sorted>,
}

impl Plan {
    /// A judge for a second pass over the same input.
    pub(crate) fn sieve(&self) -> Result<Sieve<'_>, Error> {
        Sieve::new(self)
    }
}

#[cfg(test)]
mod tests;

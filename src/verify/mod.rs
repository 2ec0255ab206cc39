//! Reading back: what counts the target shows, and whether they are those that were set.
//!
//! `observe` asks and says what is there, `judge` (pure) compares it with what should be there.
//! `expected` holds what should be there, sorted on disk so that memory does not grow with it;
//! `check` goes through all of it and remembers how far it came. `c2c` reads and asks for the rows of
//! one-to-one conversations, `affected` says where differences are, `snapshot` keeps counts before
//! they are changed. Nothing here changes a count.
//!
//! A group member's count cannot be asked for directly. It is the group's next message number less
//! one, less the last number that the member has read; older editions of the API also told it
//! outright, and that number goes first when it comes (fact pages of `get_joined_group_list`, 2018
//! to 2024).

mod affected;
mod c2c;
mod check;
mod choice;
mod confidence;
mod expected;
mod judge;
mod observe;
mod snapshot;

pub(crate) use self::affected::{Affected, Gathered};
pub(crate) use self::c2c::{Rows as C2cRows, RowsError};
pub(crate) use self::check::{Check, Checked, Header as JournalHeader};
pub(crate) use self::confidence::Confidence;
pub(crate) use self::expected::{Collecting, Cost, Expectations, InOrder, ReadError, Way};
pub(crate) use self::judge::{Difference, Tally, Verdict};
pub(crate) use self::observe::{Expected, Observed, by_group};
pub(crate) use self::snapshot::{Header as SnapshotHeader, Snapshot};

#[cfg(test)]
mod tests;

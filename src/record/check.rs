//! A raw row becomes a valid one, or a list of all that is wrong with it.

use super::{GroupType, Location, Problem, RawRow};

/// A record that may be sent. Borrows from the reader's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row<'a> {
    /// Where it stood.
    pub(crate) location: Location,
    /// 1-48 bytes of printable ASCII.
    pub(crate) group_id: &'a str,
    /// 1-32 bytes of printable ASCII.
    pub(crate) member_account: &'a str,
    /// 0..=4294967295.
    pub(crate) unread_num: u32,
    /// If the source told it.
    pub(crate) group_type: Option<GroupType>,
}

/// Judges `raw` by every rule at once. Problems (and warnings) are appended to `problems`, which
/// the caller clears and reuses; `None` when at least one of them is an error.
pub(crate) fn check<'a>(_raw: &RawRow<'a>, _problems: &mut Vec<Problem>) -> Option<Row<'a>> {
    None
}

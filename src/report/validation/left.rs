//! What was left out of an input, and what is remarked upon: the same numbers for every form.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::record::Sum;
use crate::report::number::count;

/// Rows of one reason.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LeftPart {
    /// The reason, or what is remarked.
    pub(crate) reason: String,
    /// How many there are.
    pub(crate) rows: u64,
    /// Their counts together, where they are known.
    pub(crate) unread: u64,
    /// Those whose count is not known.
    pub(crate) unknown: u64,
}

/// The sums as a list, most rows first.
pub(crate) fn left_parts(sums: &BTreeMap<String, Sum>) -> Vec<LeftPart> {
    let parts = sums.iter().map(|(reason, sum)| LeftPart {
        reason: reason.clone(),
        rows: sum.rows,
        unread: sum.unread,
        unknown: sum.unknown,
    });
    let mut parts: Vec<LeftPart> = parts.collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.rows));
    parts
}

/// The sums as lines of a page.
pub(crate) fn left_text(sums: &BTreeMap<String, Sum>) -> Vec<String> {
    let lines = left_parts(sums).into_iter().map(|part| {
        let (rows, unread) = (count(part.rows), count(part.unread));
        let unknown = match part.unknown {
            0 => String::new(),
            unknown => format!(", {} unknown", count(unknown)),
        };
        format!("{rows} {} (unread {unread}{unknown})", part.reason)
    });
    lines.collect()
}

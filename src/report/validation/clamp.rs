//! Counts that the target will silently make smaller: a fold that keeps the worst of them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::record::Clamp;

/// Calls kept: those that lose most.
const EXAMPLES: usize = 20;

/// What the online checks say of counts above the number of messages of their group.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct ClampsPart {
    /// Calls whose count is cut.
    pub(crate) calls: u64,
    /// Messages that are then not counted.
    pub(crate) lost: u64,
    /// The groups of those calls.
    pub(crate) groups: ClampedGroups,
    /// The calls that lose most.
    pub(crate) worst: Vec<ClampedCall>,
}

/// Groups in which counts are cut.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct ClampedGroups {
    /// How many there are.
    pub(crate) count: u64,
    /// Those with the most such calls.
    pub(crate) biggest: Vec<ClampedGroup>,
}

/// A group in which counts are cut.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ClampedGroup {
    pub(crate) group_id: String,
    /// Calls whose count is cut.
    pub(crate) calls: u64,
    /// Messages that are then not counted.
    pub(crate) lost: u64,
}

/// A call whose count is cut.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ClampedCall {
    /// The input.
    pub(crate) file: String,
    /// Its physical line, from 1.
    pub(crate) line: u64,
    /// Number of the record, from 1.
    pub(crate) row: u64,
    pub(crate) group_id: String,
    pub(crate) member_account: String,
    /// The count to be set.
    pub(crate) unread_num: u32,
    /// What it becomes.
    pub(crate) becomes: u32,
}

/// The fold over calls in the order of rows.
#[derive(Debug, Default)]
pub(crate) struct Clamps {
    calls: u64,
    lost: u64,
    /// By what is lost; of equals, the earlier row is the worse.
    worst: BTreeMap<(u32, Reverse<u64>), ClampedCall>,
}

impl Clamps {
    /// One more call whose count is cut; `call` tells which, if it is worth keeping.
    pub(crate) fn add(&mut self, clamp: Clamp, row: u64, call: impl FnOnce() -> ClampedCall) {
        self.calls += 1;
        self.lost += u64::from(clamp.lost());
        let key = (clamp.lost(), Reverse(row));
        let least = self.worst.first_key_value().map(|(key, _)| *key);
        if self.worst.len() < EXAMPLES {
            self.worst.insert(key, call());
        } else if least.is_some_and(|least| least < key) {
            self.worst.pop_first();
            self.worst.insert(key, call());
        }
    }

    /// The list, with the groups that were counted beside it.
    pub(crate) fn finish(self, groups: ClampedGroups) -> ClampsPart {
        ClampsPart {
            calls: self.calls,
            lost: self.lost,
            groups,
            worst: self.worst.into_values().rev().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_worst_are_kept_in_order() {
        let mut clamps = Clamps::default();
        for row in 1..=200_u64 {
            let unread_num = u32::try_from(row % 100).unwrap() + 6;
            let clamp = Clamp::predict(unread_num, 5).unwrap();
            clamps.add(clamp, row, || ClampedCall {
                file: String::new(),
                line: row + 1,
                row,
                group_id: String::new(),
                member_account: String::new(),
                unread_num,
                becomes: 5,
            });
        }
        let part = clamps.finish(ClampedGroups::default());
        assert_eq!((part.calls, part.lost), (200, 2 * (1..=100).sum::<u64>()));
        let rows: Vec<u64> = part.worst.iter().map(|call| call.row).collect();
        let expected: Vec<u64> = (90..=99).rev().flat_map(|row| [row, row + 100]).collect();
        assert_eq!(rows, expected);
    }
}

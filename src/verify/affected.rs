//! Where differences are: by group, or for one-to-one counts by account.
//!
//! Sorted on disk, so that memory does not grow with the number of groups.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::path::Path;

use super::judge::{Difference, Verdict};
use crate::storage::Sorter;

/// Verdicts in the order of their bytes in a record.
const VERDICTS: [Verdict; 7] = [
    Verdict::Matched,
    Verdict::Clamped,
    Verdict::Mismatched,
    Verdict::NotMember,
    Verdict::Unverifiable,
    Verdict::UnknownAccount,
    Verdict::Capped,
];

/// Gathers where differences are.
#[derive(Debug)]
pub(crate) struct Gathered {
    sorter: Sorter,
    record: Vec<u8>,
}

/// Where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Affected {
    /// Groups or accounts with differences.
    pub(crate) count: u64,
    /// Those with the most, the first of them first.
    pub(crate) most: Vec<Place>,
}

/// A group or an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Differences in it.
    pub(crate) differences: u64,
    /// Its id; of several with as many differences, the ones that come first are kept.
    id: Reverse<String>,
    by_verdict: [u64; VERDICTS.len()],
}

impl Place {
    /// Its id.
    pub(crate) fn id(&self) -> &str {
        &self.id.0
    }

    /// How its differences came out, the most frequent first.
    pub(crate) fn verdicts(&self) -> Vec<(Verdict, u64)> {
        let mut verdicts: Vec<(Verdict, u64)> = VERDICTS
            .into_iter()
            .zip(self.by_verdict)
            .filter(|&(_, counts)| counts > 0)
            .collect();
        verdicts.sort_by_key(|&(_, counts)| Reverse(counts));
        verdicts
    }
}

impl Gathered {
    /// None yet; the files go to `directory`.
    pub(crate) fn new(directory: &Path) -> Self {
        Self {
            sorter: Sorter::new(directory),
            record: Vec::new(),
        }
    }

    /// One more difference, in the group or account `id`.
    pub(crate) fn push(&mut self, id: &str, difference: &Difference) -> io::Result<()> {
        let verdict = VERDICTS.iter().zip(0_u8..);
        let verdict = verdict.filter(|(verdict, _)| **verdict == difference.verdict);
        self.record.clear();
        self.record.extend_from_slice(id.as_bytes());
        self.record.extend(verdict.map(|(_, byte)| byte));
        self.sorter.push(&self.record)
    }

    /// How many there are, and the `limit` with the most differences.
    pub(crate) fn finish(self, limit: usize) -> io::Result<Affected> {
        let sorted = self.sorter.finish();
        let mut records = sorted.reader()?;
        let mut most = BinaryHeap::new();
        let mut count = 0;
        let mut place: Option<Place> = None;
        loop {
            let record = records.next()?;
            let parts = record.as_ref().and_then(|record| record.split_last());
            let id = parts.map(|(_, id)| String::from_utf8_lossy(id));
            if place.as_ref().map(Place::id) != id.as_deref() {
                if let Some(ended) = place.take() {
                    count += 1;
                    most.push(Reverse(ended));
                    if most.len() > limit {
                        most.pop();
                    }
                }
                place = id.map(|id| Place {
                    differences: 0,
                    id: Reverse(id.into_owned()),
                    by_verdict: [0; VERDICTS.len()],
                });
            }
            let (Some(place), Some((&verdict, _))) = (&mut place, parts) else {
                break;
            };
            place.differences += 1;
            if let Some(counts) = place.by_verdict.get_mut(usize::from(verdict)) {
                *counts += 1;
            }
        }
        let most = most.into_sorted_vec().into_iter();
        let most = most.map(|Reverse(place)| place).collect();
        Ok(Affected { count, most })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(verdict: Verdict) -> Difference {
        Difference {
            row: 1,
            group: String::new(),
            member: String::new(),
            expected: 1,
            found: None,
            verdict,
            reason: String::new(),
            reckoned: false,
        }
    }

    #[test]
    fn the_places_with_the_most_differences_come_first_and_all_are_counted() {
        let mut gathered = Gathered::new(&std::env::temp_dir());
        for (id, times, verdict) in [
            ("b", 2, Verdict::Clamped),
            ("ab", 3, Verdict::Mismatched),
            ("a", 1, Verdict::NotMember),
            ("b", 3, Verdict::Mismatched),
            ("c", 3, Verdict::Clamped),
        ] {
            for _ in 0..times {
                gathered.push(id, &difference(verdict)).unwrap();
            }
        }
        let affected = gathered.finish(3).unwrap();
        assert_eq!(affected.count, 4);
        let most: Vec<(&str, u64)> = affected
            .most
            .iter()
            .map(|place| (place.id(), place.differences))
            .collect();
        assert_eq!(most, [("b", 5), ("ab", 3), ("c", 3)]);
        let first = affected.most.first().unwrap().verdicts();
        assert_eq!(first, [(Verdict::Mismatched, 3), (Verdict::Clamped, 2)]);
    }

    #[test]
    fn no_difference_is_nowhere() {
        let affected = Gathered::new(&std::env::temp_dir()).finish(3).unwrap();
        assert_eq!((affected.count, affected.most.len()), (0, 0));
    }
}

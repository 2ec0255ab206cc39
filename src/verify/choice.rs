//! A random sample of counts, and how many different names there are: what a pass keeps in memory.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

use super::observe::Expected;

/// A random choice of so many (group, member) out of any number: those with the smallest hashes.
///
/// All hashes are equally likely, so all choices are. A count that was replaced has the hash of the
/// one that replaces it, so the last one stays, and the choice is made in one pass.
#[derive(Debug)]
pub(super) struct Sample {
    size: usize,
    seed: u64,
    smallest: BTreeMap<u128, Expected>,
}

impl Sample {
    pub(super) fn new(size: usize, seed: u64) -> Self {
        Self {
            size,
            seed,
            smallest: BTreeMap::new(),
        }
    }

    /// Offers the latest count of `group` and `member`.
    pub(super) fn offer(&mut self, group: &str, member: &str, (row, unread): (u64, u32)) {
        let hash = pair_hash(group, member, self.seed);
        let full = self.smallest.len() >= self.size;
        if full
            && self
                .smallest
                .last_key_value()
                .is_none_or(|(&largest, _)| hash > largest)
        {
            return;
        }
        let expected = Expected {
            group: group.into(),
            member: member.into(),
            unread,
            row,
        };
        self.smallest.insert(hash, expected);
        if self.smallest.len() > self.size {
            self.smallest.pop_last();
        }
    }

    pub(super) fn into_rows(self) -> impl Iterator<Item = Expected> {
        self.smallest.into_values()
    }
}

/// At ten million pairs, two of them share a hash once in 10^25 checks.
fn pair_hash(group: &str, member: &str, seed: u64) -> u128 {
    let mut bytes = Vec::with_capacity(group.len() + member.len() + 1);
    bytes.extend_from_slice(group.as_bytes());
    // Ids are printable, so no two pairs give the same bytes.
    bytes.push(0);
    bytes.extend_from_slice(member.as_bytes());
    xxh3_128_with_seed(&bytes, seed)
}

/// Counts distinct texts by a 64-bit hash: among ten million, two agree by chance once in 370,000
/// runs, and then a cost is off by one.
#[derive(Debug, Default)]
pub(super) struct Distinct {
    hashes: Vec<u64>,
    known: usize,
}

impl Distinct {
    pub(super) fn add(&mut self, text: &str) {
        self.add_hash(xxh3_64(text.as_bytes()));
    }

    pub(super) fn add_pair(&mut self, group: &str, member: &str) {
        #[expect(clippy::cast_possible_truncation, reason = "half of a hash is a hash")]
        self.add_hash(pair_hash(group, member, 0) as u64);
    }

    fn add_hash(&mut self, hash: u64) {
        self.hashes.push(hash);
        if self.hashes.len() > 2 * self.known + (1 << 16) {
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        self.known = self.hashes.len();
    }

    pub(super) fn count(mut self) -> u64 {
        self.settle();
        self.known as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(seed: u64, offers: impl Iterator<Item = u64>) -> Vec<Expected> {
        let mut sample = Sample::new(10, seed);
        for (offer, member) in (0..).zip(offers) {
            sample.offer("g", &member.to_string(), (offer, 7));
        }
        sample.into_rows().collect()
    }

    #[test]
    fn a_sample_has_its_size_and_is_the_same_for_the_same_seed() {
        assert_eq!(chosen(1, 0..1000).len(), 10);
        assert_eq!(chosen(1, 0..1000), chosen(1, 0..1000));
        assert_ne!(chosen(1, 0..1000), chosen(2, 0..1000));
        assert_eq!(chosen(1, 0..3).len(), 3);
    }

    #[test]
    fn of_counts_that_were_replaced_the_last_one_is_in_the_sample_once() {
        let rows = chosen(1, (0..1000).chain(0..1000));
        let mut members: Vec<&str> = rows.iter().map(|row| &*row.member).collect();
        assert!(rows.iter().all(|row| row.row >= 1000), "{rows:?}");
        members.sort_unstable();
        members.dedup();
        assert_eq!(members.len(), 10);
    }

    #[test]
    fn every_count_is_equally_likely_to_be_in_the_sample() {
        let mut times = [0_u32; 50];
        for seed in 0..2000 {
            for row in chosen(seed, 0..50) {
                times[usize::try_from(row.row).unwrap()] += 1;
            }
        }
        // 400 are expected of each, with a standard deviation of 18.
        assert!(
            times.iter().all(|&times| (310..490).contains(&times)),
            "{times:?}"
        );
    }
}

//! How many calls each group gets, exactly and in bounded memory: sums are kept while the groups
//! are few, and set aside by the hash of the group when they are many.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::Read as _;
use std::path::Path;

use super::Error;
use crate::storage::{Extent, Spill};

/// Groups kept in memory at a time: with an id each some 10 MB.
const GROUPS: usize = 1 << 16;

/// Parts that sums are set aside in. Of 50 million groups, each part has 200,000.
const PARTS: usize = 256;

/// What one group gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct GroupSum {
    /// Calls: members with a count.
    pub(crate) calls: u64,
    /// Their unread counts together.
    pub(crate) unread: u64,
}

/// A group and what it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BigGroup {
    /// The group.
    pub(crate) group_id: String,
    /// What it gets.
    pub(crate) sum: GroupSum,
}

/// The result of a tally.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Groups {
    /// How many groups there are.
    pub(crate) count: u64,
    /// Those with the most calls, in descending order; of equals, in the order of their ids.
    pub(crate) biggest: Vec<BigGroup>,
}

type Sums = HashMap<Box<str>, GroupSum>;

/// The fold.
#[derive(Debug)]
pub(crate) struct Tally {
    sums: Sums,
    limit: usize,
    hasher: RandomState,
    spill: Spill,
    written: Vec<Vec<Extent>>,
}

impl Tally {
    /// A tally that sets its sums aside in `spill_dir` when they are many.
    pub(crate) fn new(spill_dir: &Path) -> Self {
        Self::with_limit(spill_dir, GROUPS)
    }

    fn with_limit(spill_dir: &Path, limit: usize) -> Self {
        Self {
            sums: HashMap::new(),
            limit,
            hasher: RandomState::new(),
            spill: Spill::new(spill_dir),
            written: vec![Vec::new(); PARTS],
        }
    }

    /// One more call of a group.
    pub(crate) fn add(&mut self, group_id: &str, unread_num: u32) -> Result<(), Error> {
        if let Some(sum) = self.sums.get_mut(group_id) {
            sum.calls += 1;
            sum.unread += u64::from(unread_num);
            return Ok(());
        }
        if self.sums.len() >= self.limit {
            self.set_aside()?;
        }
        let sum = GroupSum {
            calls: 1,
            unread: u64::from(unread_num),
        };
        self.sums.insert(group_id.into(), sum);
        Ok(())
    }

    fn set_aside(&mut self) -> Result<(), Error> {
        let mut blocks = vec![Vec::new(); PARTS];
        for (group_id, sum) in self.sums.drain() {
            let part = part(&self.hasher, &group_id);
            if let Some(block) = blocks.get_mut(part) {
                encode(&group_id, sum, block);
            }
        }
        for (block, written) in blocks.iter().zip(&mut self.written) {
            if !block.is_empty() {
                let extent = self.spill.append_block(block).map_err(Error::write)?;
                written.push(extent);
            }
        }
        Ok(())
    }

    /// The number of groups, and the `most` biggest.
    pub(crate) fn finish(mut self, most: usize) -> Result<Groups, Error> {
        let mut ranking = Ranking::new(most);
        if !self.spill.is_used() {
            ranking.take(&self.sums);
            return Ok(ranking.finish());
        }
        self.set_aside()?;
        let (mut sums, mut block) = (Sums::new(), Vec::new());
        for written in &self.written {
            sums.clear();
            for &extent in written {
                block.clear();
                let mut reader = self.spill.reader(extent);
                reader.read_to_end(&mut block).map_err(Error::read)?;
                decode(&block, &mut sums);
            }
            ranking.take(&sums);
        }
        Ok(ranking.finish())
    }
}

fn part(hasher: &RandomState, group_id: &str) -> usize {
    let mut state = hasher.build_hasher();
    state.write(group_id.as_bytes());
    usize::try_from(state.finish() % PARTS as u64).unwrap_or(0)
}

/// A length, the id, and two numbers of eight bytes.
fn encode(group_id: &str, sum: GroupSum, block: &mut Vec<u8>) {
    // A valid id has at most 48 bytes; longer ones cannot come here.
    block.push(u8::try_from(group_id.len()).unwrap_or(u8::MAX));
    block.extend_from_slice(group_id.as_bytes());
    block.extend_from_slice(&sum.calls.to_le_bytes());
    block.extend_from_slice(&sum.unread.to_le_bytes());
}

fn decode(mut block: &[u8], sums: &mut Sums) {
    while let Some((group_id, sum, rest)) = decode_one(block) {
        block = rest;
        match sums.get_mut(group_id) {
            Some(known) => {
                known.calls += sum.calls;
                known.unread += sum.unread;
            }
            None => {
                sums.insert(group_id.into(), sum);
            }
        }
    }
    debug_assert!(block.is_empty(), "a block holds whole entries");
}

fn decode_one(block: &[u8]) -> Option<(&str, GroupSum, &[u8])> {
    let (&length, rest) = block.split_first()?;
    let (group_id, rest) = rest.split_at_checked(usize::from(length))?;
    let (calls, rest) = rest.split_first_chunk::<{ size_of::<u64>() }>()?;
    let (unread, rest) = rest.split_first_chunk::<{ size_of::<u64>() }>()?;
    let sum = GroupSum {
        calls: u64::from_le_bytes(*calls),
        unread: u64::from_le_bytes(*unread),
    };
    Some((std::str::from_utf8(group_id).ok()?, sum, rest))
}

/// Keeps the biggest groups: the heap's top is the smallest of them.
struct Ranking {
    most: usize,
    count: u64,
    heap: BinaryHeap<Reverse<(u64, Reverse<String>, u64)>>,
}

impl Ranking {
    fn new(most: usize) -> Self {
        Self {
            most,
            count: 0,
            heap: BinaryHeap::with_capacity(most + 1),
        }
    }

    fn take(&mut self, sums: &Sums) {
        self.count += sums.len() as u64;
        for (group_id, sum) in sums {
            let smallest = self.heap.peek().map(|Reverse((calls, _, _))| *calls);
            if self.heap.len() >= self.most && smallest.is_some_and(|calls| calls > sum.calls) {
                continue;
            }
            let entry = (sum.calls, Reverse(group_id.to_string()), sum.unread);
            self.heap.push(Reverse(entry));
            if self.heap.len() > self.most {
                self.heap.pop();
            }
        }
    }

    fn finish(self) -> Groups {
        let entries = self.heap.into_sorted_vec().into_iter();
        let biggest = entries.map(|Reverse((calls, Reverse(group_id), unread))| BigGroup {
            group_id,
            sum: GroupSum { calls, unread },
        });
        Groups {
            count: self.count,
            biggest: biggest.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tally(calls: &[(String, u32)], limit: usize, most: usize) -> Groups {
        let mut tally = Tally::with_limit(&std::env::temp_dir(), limit);
        for (group_id, unread_num) in calls {
            tally.add(group_id, *unread_num).unwrap();
        }
        tally.finish(most).unwrap()
    }

    #[test]
    fn the_biggest_groups_come_first_and_equals_by_their_id() {
        let calls = ["b", "a", "c", "c", "b", "a", "d"].map(|id| (id.to_owned(), 2));
        let groups = tally(&calls, GROUPS, 3);
        let ids: Vec<_> = groups
            .biggest
            .iter()
            .map(|group| group.group_id.as_str())
            .collect();
        assert_eq!((groups.count, ids), (4, vec!["a", "b", "c"]));
        assert_eq!(
            groups.biggest[0].sum,
            GroupSum {
                calls: 2,
                unread: 4
            }
        );
    }

    #[test]
    fn no_call_has_no_group() {
        assert_eq!(tally(&[], GROUPS, 3), Groups::default());
    }

    proptest! {
        #[test]
        fn what_is_set_aside_counts_as_much_as_what_is_kept(
            calls in prop::collection::vec(("[a-f]{1,3}", 0_u32..1000), 0..400),
            limit in 1_usize..20,
        ) {
            prop_assert_eq!(tally(&calls, limit, 10), tally(&calls, GROUPS, 10));
        }
    }
}

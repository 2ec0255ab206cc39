//! One partition: its rows brought together by key, and what becomes of each.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Slot;

use super::entry::{Entry, Key};
use super::exception::{Exception, Exceptions, Kind};
use super::partition::{Part, for_each, for_each_in_order};
use super::{Error, Policy, Totals};
use crate::record::{Location, OtherRow};
use crate::settings::OnDuplicate;
use crate::storage::Bitmap;

/// A row that stands for its key.
#[derive(Debug, Clone, Copy)]
struct Seen {
    location: Location,
    unread_num: u32,
}

impl Seen {
    const fn of(entry: &Entry) -> Self {
        Self {
            location: entry.location,
            unread_num: entry.unread_num,
        }
    }

    const fn as_other(&self) -> OtherRow {
        let Location { file, line, .. } = self.location;
        OtherRow {
            file,
            line,
            unread_num: self.unread_num,
        }
    }
}

/// All rows of one key.
#[derive(Debug)]
struct Group {
    key: Key,
    winner: Seen,
    /// The first row that disagrees with the winner; with `sum`, the first repeat.
    rival: Option<OtherRow>,
    rows: u64,
    sum: u64,
}

impl Group {
    /// Whether its rows cannot become a call.
    fn is_invalid(&self, policy: OnDuplicate) -> bool {
        match policy {
            OnDuplicate::Error => self.rival.is_some(),
            OnDuplicate::Sum => self.sum > u64::from(u32::MAX),
            OnDuplicate::First | OnDuplicate::Last | OnDuplicate::Max => false,
        }
    }

    /// The count its call carries.
    fn count(&self, policy: OnDuplicate) -> u64 {
        match policy {
            OnDuplicate::Sum => self.sum,
            OnDuplicate::Error | OnDuplicate::First | OnDuplicate::Last | OnDuplicate::Max => {
                u64::from(self.winner.unread_num)
            }
        }
    }
}

/// What the rows of partitions came to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) invalid: u64,
    pub(super) duplicates: u64,
    pub(super) skipped: u64,
    /// Sums over the calls.
    pub(super) calls: Totals,
}

/// Tells the rows whose key comes again from the many that stand alone, by half a key: a wrong
/// guess costs only a closer look.
#[derive(Debug, Default)]
struct Screen {
    all: HashTable<u64>,
    /// Those that came again: mostly few, which any cache holds.
    again: HashTable<u64>,
}

impl Screen {
    /// Looks through a partition, and sums up its rows as if they all stood alone.
    fn look(&mut self, partition: &[Part<'_>]) -> Result<Totals, Error> {
        self.all.clear();
        self.again.clear();
        let mut single = Totals::default();
        for_each(partition, |entry| {
            single.add(entry.unread_num);
            let half = entry.key.to_table;
            if !insert(&mut self.all, half) {
                insert(&mut self.again, half);
            }
        })?;
        Ok(single)
    }

    /// Whether any key came again.
    fn found_any(&self) -> bool {
        !self.again.is_empty()
    }

    /// Whether `key` came again; it may be another one with the same half.
    fn is_repeated(&self, key: Key) -> bool {
        let half = key.to_table;
        self.again.find(half, |&known| known == half).is_some()
    }
}

/// Adds `half` of a key; `false` if it is there.
fn insert(halves: &mut HashTable<u64>, half: u64) -> bool {
    match halves.entry(half, |&known| known == half, |&known| known) {
        Slot::Vacant(slot) => {
            slot.insert(half);
            true
        }
        Slot::Occupied(_) => false,
    }
}

/// Folds partitions one after the other; its memory is used again for each.
#[derive(Debug)]
pub(super) struct Fold {
    policy: Policy,
    table: HashTable<usize>,
    groups: Vec<Group>,
    screen: Screen,
    /// The sums over all partitions.
    pub(super) tally: Tally,
}

impl Fold {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            policy,
            table: HashTable::new(),
            groups: Vec::new(),
            screen: Screen::default(),
            tally: Tally::default(),
        }
    }

    /// Folds one partition, which every shard has a part of: folded rows go to `folded`, the others
    /// that need it to `exceptions`.
    pub(super) fn run(
        &mut self,
        partition: &[Part<'_>],
        folded: &mut Bitmap,
        exceptions: &mut Exceptions,
    ) -> Result<(), Error> {
        let mut single = self.screen.look(partition)?;
        if self.screen.found_any() {
            self.table.clear();
            self.groups.clear();
            let screen = std::mem::take(&mut self.screen);
            single = Totals::default();
            for_each_in_order(partition, |entry| {
                if screen.is_repeated(entry.key) {
                    self.add(entry, folded);
                } else {
                    single.add(entry.unread_num);
                }
            })?;
            if self.count_groups(exceptions)? {
                let mut noted = Ok(());
                for_each_in_order(partition, |entry| {
                    if noted.is_ok()
                        && let Some(exception) = self.reject(entry)
                    {
                        noted = exceptions.push(&exception);
                    }
                })?;
                noted?;
            }
            self.screen = screen;
        }
        if self.policy.skip_zero {
            self.tally.skipped += single.skip_zeros();
        }
        self.tally.calls.merge(&single);
        Ok(())
    }

    fn find(&self, key: Key) -> Option<usize> {
        let same = |&index: &usize| self.groups.get(index).is_some_and(|group| group.key == key);
        self.table.find(key.to_table, same).copied()
    }

    fn add(&mut self, entry: &Entry, folded: &mut Bitmap) {
        let Some(index) = self.find(entry.key) else {
            self.insert(entry);
            return;
        };
        let Some(group) = self.groups.get_mut(index) else {
            return;
        };
        group.rows += 1;
        group.sum += u64::from(entry.unread_num);
        let replaces = match self.policy.on_duplicate {
            OnDuplicate::Error => {
                if group.winner.unread_num != entry.unread_num {
                    group.rival.get_or_insert(Seen::of(entry).as_other());
                }
                false
            }
            OnDuplicate::Sum => {
                group.rival.get_or_insert(Seen::of(entry).as_other());
                false
            }
            OnDuplicate::First => false,
            OnDuplicate::Last => true,
            OnDuplicate::Max => entry.unread_num > group.winner.unread_num,
        };
        if replaces {
            folded.insert(group.winner.location.row);
            group.winner = Seen::of(entry);
        } else {
            folded.insert(entry.location.row);
        }
    }

    fn insert(&mut self, entry: &Entry) {
        let index = self.groups.len();
        self.groups.push(Group {
            key: entry.key,
            winner: Seen::of(entry),
            rival: None,
            rows: 1,
            sum: u64::from(entry.unread_num),
        });
        let Self { table, groups, .. } = self;
        table.insert_unique(entry.key.to_table, index, |&other| {
            groups.get(other).map_or(0, |group| group.key.to_table)
        });
    }

    /// Counts what the groups come to and notes the sums; `true` if some group is invalid.
    fn count_groups(&mut self, exceptions: &mut Exceptions) -> Result<bool, Error> {
        let Policy {
            on_duplicate,
            skip_zero,
        } = self.policy;
        let mut any_invalid = false;
        for group in &self.groups {
            if group.is_invalid(on_duplicate) {
                any_invalid = true;
                self.tally.invalid += group.rows;
                continue;
            }
            self.tally.duplicates += group.rows - 1;
            // A sum that no count can hold is invalid.
            let count = u32::try_from(group.count(on_duplicate)).unwrap_or(u32::MAX);
            if skip_zero && count == 0 {
                self.tally.skipped += 1;
            } else {
                self.tally.calls.add(count);
            }
            let Seen {
                location,
                unread_num,
            } = group.winner;
            if count != unread_num {
                exceptions.push(&Exception {
                    location,
                    unread_num,
                    kind: Kind::Sum(count),
                })?;
            }
        }
        Ok(any_invalid)
    }

    /// Why `entry` is invalid, if its group is.
    fn reject(&self, entry: &Entry) -> Option<Exception> {
        let index = self.find(entry.key)?;
        let group = self.groups.get(index)?;
        if !group.is_invalid(self.policy.on_duplicate) {
            return None;
        }
        let Entry {
            location,
            unread_num,
            ..
        } = *entry;
        let winner = group.winner.as_other();
        let kind = if self.policy.on_duplicate == OnDuplicate::Sum {
            let first = location.row == group.winner.location.row;
            let other = if first {
                group.rival.unwrap_or(winner)
            } else {
                winner
            };
            Kind::SumTooLarge(group.sum, other)
        } else {
            let agrees = unread_num == winner.unread_num;
            Kind::Conflict(if agrees { group.rival? } else { winner })
        };
        Some(Exception {
            location,
            unread_num,
            kind,
        })
    }
}

//! What should be there: every count that an import has set, sorted by group or by member.
//!
//! Sorting happens on disk, so memory does not grow with the import. A pass hands out units: parts
//! small enough to be asked, and remembered as done, as a whole.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::choice::{Distinct, Sample};
use super::observe::Expected;
use crate::checkpoint::{self, Count, Entry, Status, visit};
use crate::storage::{Merge, Sorted, Sorter};
use crate::tencent::Command;

/// Rows of a unit, unless one member or account has more: 50 calls of 50 members.
const UNIT_ROWS: usize = 2_500;

/// Groups or members of a unit: the groups of one `get_group_info` call.
const UNIT_KEYS: usize = 50;

/// Why the counts that were set cannot be told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The checkpoint cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] checkpoint::Error),
    /// The temporary files cannot be written or read.
    #[error("cannot sort the counts in temporary files")]
    Sort(#[from] io::Error),
}

/// How to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// Groups, and 50 members of one group a call.
    Group,
    /// All groups of one member a call.
    Member,
    /// One-to-one counts: ten peers of one account a call. The peer stands for the group.
    Peer,
}

/// Calls that each way takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Counts to look at, each group and member once.
    pub(crate) counts: u64,
    /// By group.
    pub(crate) group: u64,
    /// By member, unless members have thousands of groups.
    pub(crate) member: u64,
}

impl Cost {
    /// The cheaper way.
    pub(crate) const fn cheaper(self) -> Way {
        if self.member < self.group {
            Way::Member
        } else {
            Way::Group
        }
    }

    /// The calls of a way.
    pub(crate) const fn of(self, way: Way) -> u64 {
        match way {
            Way::Group => self.group,
            Way::Member | Way::Peer => self.member,
        }
    }
}

/// Counts to be gathered and then gone through in an order.
#[derive(Debug)]
pub(super) struct Gathering {
    way: Way,
    sorter: Sorter,
    record: Vec<u8>,
    digest: blake3::Hasher,
}

impl Gathering {
    pub(super) fn new(way: Way, directory: &Path) -> Self {
        Self {
            way,
            sorter: Sorter::new(directory),
            record: Vec::new(),
            digest: blake3::Hasher::new(),
        }
    }

    /// Adds a count. Of several for one group and member, the last one counts.
    pub(super) fn push(
        &mut self,
        (group, member): (&str, &str),
        unread: u32,
        row: u64,
    ) -> io::Result<()> {
        let (major, minor) = match self.way {
            Way::Group => (group, member),
            Way::Member | Way::Peer => (member, group),
        };
        let record = &mut self.record;
        record.clear();
        // Ids are printable, so a zero byte ends them and sorts before everything in them.
        for key in [major, minor] {
            record.extend_from_slice(key.as_bytes());
            record.push(0);
        }
        record.extend_from_slice(&self.sorter.count().to_be_bytes());
        record.extend_from_slice(&row.to_be_bytes());
        record.extend_from_slice(&unread.to_be_bytes());
        self.digest.update(record);
        self.sorter.push(record)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sorter.count() == 0
    }

    pub(super) fn finish(self) -> InOrder {
        InOrder {
            way: self.way,
            sorted: self.sorter.finish(),
            digest: self.digest.finalize().to_hex().to_string(),
        }
    }
}

/// Gathered counts, in the order of a way.
#[derive(Debug)]
pub(crate) struct InOrder {
    pub(super) way: Way,
    sorted: Sorted,
    /// BLAKE3 of what was gathered, as it came: two that are the same have the same units.
    pub(super) digest: String,
}

impl InOrder {
    /// How many there are, repeats included.
    pub(super) const fn count(&self) -> u64 {
        self.sorted.count()
    }

    /// A pass over them.
    pub(super) fn units(&self) -> io::Result<Units<'_>> {
        let mut units = Units {
            way: self.way,
            merge: self.sorted.reader()?,
            next: None,
            number: 0,
        };
        units.next = units.read()?;
        Ok(units)
    }
}

/// A part to be asked as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    /// From 0, the same in each pass.
    pub(super) number: u64,
    /// Rows of one group, or of one member, stand together.
    pub(super) rows: Vec<Expected>,
}

/// A pass, unit by unit.
#[derive(Debug)]
pub(super) struct Units<'a> {
    way: Way,
    merge: Merge<'a>,
    next: Option<Expected>,
    number: u64,
}

impl Units<'_> {
    pub(super) fn next(&mut self) -> io::Result<Option<Unit>> {
        let mut rows: Vec<Expected> = Vec::new();
        let mut keys = 0;
        while let Some(row) = self.next.take() {
            let same = rows.last().is_some_and(|last| self.same_key(last, &row));
            // A group may go on in another unit. A member's list would then be asked for twice, and
            // nobody would know how many conversations an account has.
            let full = rows.len() >= UNIT_ROWS && (self.way == Way::Group || !same);
            if full || (!same && keys == UNIT_KEYS) {
                self.next = Some(row);
                break;
            }
            keys += usize::from(!same);
            rows.push(row);
            self.next = self.read()?;
        }
        if rows.is_empty() {
            return Ok(None);
        }
        let number = self.number;
        self.number += 1;
        Ok(Some(Unit { number, rows }))
    }

    fn same_key(&self, a: &Expected, b: &Expected) -> bool {
        match self.way {
            Way::Group => a.group == b.group,
            Way::Member | Way::Peer => a.member == b.member,
        }
    }

    /// The next count, the last of its group and member.
    fn read(&mut self) -> io::Result<Option<Expected>> {
        while let Some(record) = self.merge.next()? {
            let row = decode(&record, self.way)
                .ok_or_else(|| io::Error::other("a temporary file was changed"))?;
            let repeated = self.merge.peek().is_some_and(|following| {
                let keys = row.group.len() + row.member.len() + 2;
                following.get(..keys) == record.get(..keys)
            });
            if !repeated {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }
}

fn decode(record: &[u8], way: Way) -> Option<Expected> {
    let (major, rest) = record.split_at_checked(memchr::memchr(0, record)?)?;
    let rest = rest.get(1..)?;
    let (minor, rest) = rest.split_at_checked(memchr::memchr(0, rest)?)?;
    let (_ordinal, rest) = rest.get(1..)?.split_first_chunk::<8>()?;
    let (row, rest) = rest.split_first_chunk()?;
    let unread = rest.first_chunk()?;
    let (major, minor) = (std::str::from_utf8(major), std::str::from_utf8(minor));
    let (group, member) = match way {
        Way::Group => (major.ok()?, minor.ok()?),
        Way::Member | Way::Peer => (minor.ok()?, major.ok()?),
    };
    Some(Expected {
        group: group.into(),
        member: member.into(),
        unread: u32::from_be_bytes(*unread),
        row: u64::from_be_bytes(*row),
    })
}

/// All counts that an import has set, or a sample of them.
#[derive(Debug)]
pub(crate) struct Expectations {
    by_group: InOrder,
    /// Counts that were set, or that are to be set. Without a sample, those set more than once
    /// count each time.
    pub(crate) set: u64,
}

/// Counts that come one by one.
#[derive(Debug)]
pub(crate) struct Collecting(Gathering);

impl Collecting {
    /// None yet; the files go to `directory`.
    pub(crate) fn new(directory: &Path) -> Self {
        Self(Gathering::new(Way::Group, directory))
    }

    /// One more.
    pub(crate) fn push(
        &mut self,
        (group, member): (&str, &str),
        unread: u32,
        row: u64,
    ) -> Result<(), ReadError> {
        Ok(self.0.push((group, member), unread, row)?)
    }

    /// All of them.
    pub(crate) fn finish(self) -> Expectations {
        let by_group = self.0.finish();
        let set = by_group.count();
        Expectations { by_group, set }
    }
}

/// Hands every count that was set to `each`, in the order of the log. Returns whether the import's
/// input was replaced, so that a count may have been set twice.
fn each_set(
    path: &Path,
    mut each: impl FnMut((&str, &str), u32, u64) -> Result<(), ReadError>,
) -> Result<bool, ReadError> {
    let mut replaced = false;
    visit::<ReadError>(path, |entry| {
        match entry {
            Entry::Outcome(outcome) => {
                if let (Status::Succeeded, Count::Number(unread)) =
                    (outcome.status, &outcome.unread_num)
                {
                    let ids = (&*outcome.group_id, &*outcome.member_account);
                    each(ids, *unread, outcome.row)?;
                }
            }
            Entry::Replaced(_) => replaced = true,
            Entry::Header(_) | Entry::Session(_) | Entry::Admitted { .. } => {}
        }
        Ok(())
    })?;
    Ok(replaced)
}

/// How many groups and members have a count that was set. Takes 8 bytes of memory a count.
fn distinct(path: &Path) -> Result<u64, ReadError> {
    let mut pairs = Distinct::default();
    each_set(path, |(group, member), _unread, _row| {
        pairs.add_pair(group, member);
        Ok(())
    })?;
    Ok(pairs.count())
}

impl Expectations {
    /// Reads the checkpoint at `path`. Of a `sample`, its size and the seed of its choice are
    /// given; all counts that were set are equally likely to be in it.
    pub(crate) fn read(
        path: &Path,
        sample: Option<(usize, u64)>,
        directory: &Path,
    ) -> Result<Self, ReadError> {
        let mut gathering = Gathering::new(Way::Group, directory);
        let mut sample = sample.map(|(size, seed)| Sample::new(size, seed));
        let mut set = 0;
        let replaced = each_set(path, |(group, member), unread, row| {
            set += 1;
            match &mut sample {
                None => gathering.push((group, member), unread, row)?,
                Some(sample) => sample.offer(group, member, (row, unread)),
            }
            Ok(())
        })?;
        if sample.is_some() && replaced {
            set = distinct(path)?;
        }
        for row in sample.into_iter().flat_map(Sample::into_rows) {
            gathering.push((&row.group, &row.member), row.unread, row.row)?;
        }
        Ok(Self {
            by_group: gathering.finish(),
            set,
        })
    }

    /// A pass over them, by group.
    pub(super) fn units(&self) -> io::Result<Units<'_>> {
        self.by_group.units()
    }

    /// What each way would cost. Takes 8 bytes of memory a member.
    pub(crate) fn cost(&self) -> Result<Cost, ReadError> {
        let mut units = self.by_group.units()?;
        let mut members = Distinct::default();
        let (mut counts, mut group) = (0, 0);
        while let Some(unit) = units.next()? {
            counts += unit.rows.len() as u64;
            group += 1;
            for rows in unit.rows.chunk_by(|a, b| a.group == b.group) {
                let batch = Command::GetSpecifiedGroupMemberInfo.batch();
                group += rows.len().div_ceil(batch) as u64;
            }
            for row in &unit.rows {
                members.add(&row.member);
            }
        }
        Ok(Cost {
            counts,
            group,
            member: members.count(),
        })
    }

    /// BLAKE3 of all of them, as they came.
    pub(crate) fn digest(&self) -> &str {
        &self.by_group.digest
    }

    /// The counts in the order of a way.
    pub(crate) fn into_order(self, way: Way, directory: &Path) -> Result<InOrder, ReadError> {
        if way == Way::Group {
            return Ok(self.by_group);
        }
        let mut gathering = Gathering::new(way, directory);
        let mut units = self.by_group.units()?;
        while let Some(unit) = units.next()? {
            for row in unit.rows {
                gathering.push((&row.group, &row.member), row.unread, row.row)?;
            }
        }
        Ok(gathering.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(way: Way, rows: &[(&str, &str, u32)]) -> InOrder {
        let mut gathering = Gathering::new(way, &std::env::temp_dir());
        for (row, &(group, member, unread)) in (1..).zip(rows) {
            gathering.push((group, member), unread, row).unwrap();
        }
        gathering.finish()
    }

    fn units(order: &InOrder) -> Vec<Unit> {
        let mut units = order.units().unwrap();
        std::iter::from_fn(|| units.next().unwrap()).collect()
    }

    #[test]
    fn rows_stand_together_by_the_key_of_the_way_and_the_last_of_a_pair_counts() {
        let rows = [("b", "y", 1), ("a", "z", 2), ("b", "x", 3), ("b", "y", 4)];
        let found = |way| -> Vec<(String, String, u32, u64)> {
            let all = units(&gathered(way, &rows)).into_iter();
            all.flat_map(|unit| unit.rows)
                .map(|row| (row.group.into(), row.member.into(), row.unread, row.row))
                .collect()
        };
        let row = |group: &str, member: &str, unread, row| {
            (group.to_owned(), member.to_owned(), unread, row)
        };
        let [x, y, z] = [
            row("b", "x", 3, 3),
            row("b", "y", 4, 4),
            row("a", "z", 2, 2),
        ];
        assert_eq!(found(Way::Group), [z.clone(), x.clone(), y.clone()]);
        assert_eq!(found(Way::Member), [x, y, z]);
    }

    #[test]
    fn a_unit_has_fifty_keys_at_most_and_bounded_rows() {
        let names: Vec<(String, String)> = (0..120)
            .flat_map(|group| {
                let members = if group == 7 { 6_000 } else { 3 };
                (0..members).map(move |member| (format!("g{group:03}"), format!("m{member:05}")))
            })
            .collect();
        let rows: Vec<(&str, &str, u32)> = names
            .iter()
            .map(|(group, member)| (&**group, &**member, 1))
            .collect();
        for way in [Way::Group, Way::Member, Way::Peer] {
            let order = gathered(way, &rows);
            let units = units(&order);
            let numbers: Vec<u64> = units.iter().map(|unit| unit.number).collect();
            assert!(numbers.into_iter().eq(0..units.len() as u64));
            let total: usize = units.iter().map(|unit| unit.rows.len()).sum();
            assert_eq!(total, rows.len());
            for unit in &units {
                assert!(unit.rows.len() <= UNIT_ROWS);
                let keys = unit.rows.chunk_by(|a, b| match way {
                    Way::Group => a.group == b.group,
                    Way::Member | Way::Peer => a.member == b.member,
                });
                assert!(keys.count() <= UNIT_KEYS);
            }
        }
    }
}

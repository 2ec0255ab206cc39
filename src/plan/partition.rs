//! Rows set aside by the hash of their key, compactly, in memory while they are few.

use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::spill::{Extent, Spill};
use super::{Error, varint};
use crate::record::{Location, Row};

/// Bytes that a partition gathers before they go to disk. All partitions together then fit in the
/// second-level cache of one core, and hold some 90,000 rows: smaller inputs never touch the disk.
const BLOCK: usize = 4 << 10;

/// Most bytes of one entry: five numbers, and a key.
const ENTRY: usize = 5 * varint::LONGEST + size_of::<Key>();

/// A row as a partition keeps it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) location: Location,
    pub(super) unread_num: u32,
    pub(super) key: Key,
}

/// What a pair of ids is known by: 128 bits of a hash that is seeded anew in each run.
///
/// Among a hundred million different pairs the chance that any two share a key is 2 in 10^23, far
/// below that of a memory error in the same time; and who does not know the seed cannot make a
/// file that collides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key(u128);

impl Key {
    /// The key of `row`.
    pub(super) fn of(row: &Row<'_>, seed: u64) -> Self {
        let group = xxh3_128_with_seed(row.group_id.as_bytes(), seed);
        // Seeded by the group, so that ids which run together alike are different keys.
        let [_, seed] = halves(group);
        let member = xxh3_128_with_seed(row.member_account.as_bytes(), seed);
        Self(group.rotate_left(1) ^ member)
    }

    /// One half, to choose the partition by.
    pub(super) const fn to_partition(self) -> u64 {
        halves(self.0)[0]
    }

    /// The other half, to choose the place in a hash table by.
    pub(super) const fn to_table(self) -> u64 {
        halves(self.0)[1]
    }
}

#[expect(clippy::cast_possible_truncation, reason = "halves are what is wanted")]
const fn halves(whole: u128) -> [u64; 2] {
    [(whole >> 64) as u64, whole as u64]
}

const START: Location = Location {
    file: 0,
    line: 0,
    byte: 0,
    row: 0,
};

/// One partition: blocks on disk, and the latest entries in memory.
#[derive(Debug)]
pub(super) struct Partition {
    written: Vec<Extent>,
    block: Vec<u8>,
    last: Location,
}

impl Partition {
    pub(super) const fn new() -> Self {
        Self {
            written: Vec::new(),
            block: Vec::new(),
            last: START,
        }
    }

    /// Appends a row.
    pub(super) fn push(
        &mut self,
        location: Location,
        unread_num: u32,
        key: Key,
        spill: &mut Spill,
    ) -> Result<(), Error> {
        if self.block.len() + ENTRY > BLOCK {
            self.written.push(spill.write(&self.block)?);
            self.block.clear();
        }
        let base = base_for(self.last, location.file);
        let rows = location.row - self.last.row;
        varint::put(&mut self.block, rows);
        varint::put(&mut self.block, u64::from(location.file - self.last.file));
        // Mostly a line is a row, so the difference to the rows is 0 and takes one byte.
        varint::put_difference(&mut self.block, location.line, base.line.wrapping_add(rows));
        varint::put(&mut self.block, location.byte.wrapping_sub(base.byte));
        varint::put(&mut self.block, u64::from(unread_num));
        self.block.extend_from_slice(&key.0.to_le_bytes());
        self.last = location;
        Ok(())
    }

    /// Hands every entry to `each`, in the order of rows. `scratch` is room for a block.
    pub(super) fn for_each(
        &self,
        spill: &Spill,
        scratch: &mut Vec<u8>,
        mut each: impl FnMut(&Entry),
    ) -> Result<(), Error> {
        let mut last = START;
        for &extent in &self.written {
            spill.read(extent, scratch)?;
            decode_all(scratch, &mut last, &mut each);
        }
        decode_all(&self.block, &mut last, &mut each);
        Ok(())
    }
}

fn base_for(last: Location, file: u32) -> Location {
    if file == last.file {
        last
    } else {
        Location {
            row: last.row,
            file,
            ..START
        }
    }
}

fn decode_all(mut bytes: &[u8], last: &mut Location, each: &mut impl FnMut(&Entry)) {
    while let Some(entry) = decode(&mut bytes, *last) {
        *last = entry.location;
        each(&entry);
    }
    debug_assert!(bytes.is_empty(), "a block holds whole entries");
}

fn decode(bytes: &mut &[u8], last: Location) -> Option<Entry> {
    let rows = varint::get(bytes)?;
    let file = last.file + u32::try_from(varint::get(bytes)?).ok()?;
    let base = base_for(last, file);
    let line = varint::get_difference(bytes, base.line.wrapping_add(rows))?;
    let byte = base.byte.wrapping_add(varint::get(bytes)?);
    let unread_num = u32::try_from(varint::get(bytes)?).ok()?;
    let (key, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    let location = Location {
        file,
        line,
        byte,
        row: last.row + rows,
    };
    Some(Entry {
        location,
        unread_num,
        key: Key(u128::from_le_bytes(*key)),
    })
}

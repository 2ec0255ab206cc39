//! A row as the plan keeps it: a key of its ids, its count and its place, in 24 bytes mostly.

use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::varint;
use crate::record::{Location, Row};

/// A row as a partition keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) location: Location,
    pub(super) unread_num: u32,
    pub(super) key: Key,
}

impl Entry {
    /// What is kept of `row`.
    #[expect(
        clippy::inline_always,
        reason = "in one piece a row stays in registers, from line to partition"
    )]
    #[inline(always)]
    pub(super) fn of(row: &Row<'_>, seed: u64) -> Self {
        Self {
            location: row.location,
            unread_num: row.unread_num,
            key: Key::of(row, seed),
        }
    }
}

/// What a pair of ids is known by: 128 bits of a hash that is seeded anew in each run.
///
/// Among a hundred million different pairs the chance that any two share a key is 2 in 10^23, far
/// below that of a memory error in the same time; and who does not know the seed cannot make a
/// file that collides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    /// To choose the partition by.
    pub(super) to_partition: u64,
    /// To choose the place in a hash table by.
    pub(super) to_table: u64,
}

impl Key {
    /// The key of `row`.
    fn of(row: &Row<'_>, seed: u64) -> Self {
        let group = xxh3_128_with_seed(row.group_id.as_bytes(), seed);
        // Seeded otherwise, so that ids which change places, or run together alike, are different
        // keys. Neither hash waits for the other.
        let member = xxh3_128_with_seed(row.member_account.as_bytes(), !seed);
        Self::from(group.rotate_left(1) ^ member)
    }
}

impl From<u128> for Key {
    #[expect(clippy::cast_possible_truncation, reason = "halves are what is wanted")]
    fn from(whole: u128) -> Self {
        Self {
            to_partition: (whole >> 64) as u64,
            to_table: whole as u64,
        }
    }
}

/// Where nothing was put yet.
pub(super) const START: Location = Location {
    file: 0,
    line: 0,
    byte: 0,
    row: 0,
};

/// Bytes of a key and a word.
const WORDS: usize = size_of::<Key>() + size_of::<u64>();

/// Stands for a word when the five numbers follow. No entry is in the row of the one before.
const LONG: u64 = 0;

/// Writes `entry`, which follows one at `last`, to the front of `room`; returns how many bytes it
/// takes, `None` if there are not so many.
#[expect(
    clippy::inline_always,
    reason = "in one piece a row stays in registers, from line to partition"
)]
#[inline(always)]
pub(super) fn put(room: &mut [u8], entry: &Entry, last: Location) -> Option<usize> {
    let word = pack(entry, last).unwrap_or(LONG);
    let (words, rest) = room.split_first_chunk_mut::<WORDS>()?;
    let (words, _) = words.as_chunks_mut();
    let Key {
        to_partition,
        to_table,
    } = entry.key;
    for (place, word) in words.iter_mut().zip([to_partition, to_table, word]) {
        *place = word.to_le_bytes();
    }
    if word != LONG {
        return Some(WORDS);
    }
    let mut numbers = Vec::new();
    put_numbers(&mut numbers, entry, last);
    rest.get_mut(..numbers.len())?.copy_from_slice(&numbers);
    Some(WORDS + numbers.len())
}

/// Takes an entry off the front of `block`, which follows one at `last`.
#[inline]
pub(super) fn get(block: &mut &[u8], last: Location) -> Option<Entry> {
    let (words, rest) = block.split_first_chunk::<WORDS>()?;
    let (words, _) = words.as_chunks();
    let &[to_partition, to_table, word] = words else {
        return None;
    };
    *block = rest;
    let key = Key {
        to_partition: u64::from_le_bytes(to_partition),
        to_table: u64::from_le_bytes(to_table),
    };
    match u64::from_le_bytes(word) {
        LONG => get_numbers(block, key, last),
        word => Some(unpack(word, key, last)),
    }
}

/// Bits of a count, and of the bytes since the entry before, in a word.
const FIELD: u32 = 24;
const FIELD_MASK: u64 = (1 << FIELD) - 1;

/// The count and the place in one word, if they fit: nearly all do whose records are lines.
fn pack(entry: &Entry, last: Location) -> Option<u64> {
    let Location {
        file,
        line,
        byte,
        row,
    } = entry.location;
    let rows = row.wrapping_sub(last.row);
    let bytes = byte.wrapping_sub(last.byte);
    let count = u64::from(entry.unread_num);
    let fits = file == last.file
        && line.wrapping_sub(last.line) == rows
        && rows >> (u64::BITS - 2 * FIELD) == 0
        && (bytes | count) >> FIELD == 0;
    fits.then_some(rows << (2 * FIELD) | bytes << FIELD | count)
}

fn unpack(word: u64, key: Key, last: Location) -> Entry {
    let rows = word >> (2 * FIELD);
    Entry {
        location: Location {
            file: last.file,
            line: last.line + rows,
            byte: last.byte + (word >> FIELD & FIELD_MASK),
            row: last.row + rows,
        },
        unread_num: (word & FIELD_MASK) as u32,
        key,
    }
}

fn put_numbers(block: &mut Vec<u8>, entry: &Entry, last: Location) {
    let Location {
        file,
        line,
        byte,
        row,
    } = entry.location;
    let base = base_for(last, file);
    let rows = row - last.row;
    varint::put(block, rows);
    varint::put(block, u64::from(file - last.file));
    // Mostly a line is a row, so the difference to the rows is 0 and takes one byte.
    varint::put_difference(block, line, base.line.wrapping_add(rows));
    varint::put(block, byte.wrapping_sub(base.byte));
    varint::put(block, u64::from(entry.unread_num));
}

fn get_numbers(block: &mut &[u8], key: Key, last: Location) -> Option<Entry> {
    let rows = varint::get(block)?;
    let file = last.file + u32::try_from(varint::get(block)?).ok()?;
    let base = base_for(last, file);
    let line = varint::get_difference(block, base.line.wrapping_add(rows))?;
    let byte = base.byte.wrapping_add(varint::get(block)?);
    let unread_num = u32::try_from(varint::get(block)?).ok()?;
    let row = last.row + rows;
    Some(Entry {
        location: Location {
            file,
            line,
            byte,
            row,
        },
        unread_num,
        key,
    })
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers of all lengths.
    fn number() -> impl Strategy<Value = u64> {
        (0_u32..63).prop_flat_map(|bits| 0..=1_u64 << bits)
    }

    proptest! {
        #[test]
        fn entries_read_back(
            rows in prop::collection::vec((number(), number(), number(), any::<u32>(), 0_u32..2, any::<u128>()), 1..20),
        ) {
            let mut block = vec![0; 4096];
            let (mut used, mut entries) = (0, Vec::new());
            let mut last = START;
            for (row, line, byte, unread_num, file, key) in rows {
                // Half of them as lines mostly are.
                let plain = key % 2 == 0;
                let row = if plain { row % 5000 } else { row } / 32 + 1;
                let location = Location {
                    file: last.file + if plain { 0 } else { file },
                    line: if plain { last.line + row } else { line },
                    byte: if plain { last.byte + byte % 100_000 } else { byte },
                    row: last.row + row,
                };
                let entry = Entry { location, unread_num: unread_num >> (key % 32), key: Key::from(key) };
                let bytes = put(&mut block[used..], &entry, last).unwrap();
                prop_assert_eq!(put(&mut block[used..used + bytes - 1], &entry, last), None);
                prop_assert_eq!(put(&mut block[used..used + bytes], &entry, last), Some(bytes));
                used += bytes;
                entries.push(entry);
                last = location;
            }
            let (mut rest, mut last) = (&block[..used], START);
            for entry in entries {
                let found = get(&mut rest, last).unwrap();
                prop_assert_eq!(found, entry);
                last = entry.location;
            }
            prop_assert!(get(&mut rest, last).is_none());
        }
    }
}

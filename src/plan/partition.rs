//! Rows set aside by the hash of their key, compactly, in memory while they are few.

use super::spill::{Extent, Spill};
use super::{Error, varint};
use crate::record::{Location, Row};

/// Bytes that a partition gathers before they go to disk. All partitions together then fit in the
/// second-level cache of one core, and hold some 50,000 rows: smaller inputs never touch the disk.
const BLOCK: usize = 4 << 10;

/// Most bytes of one entry: five numbers, and a key with its length.
const ENTRY: usize = 5 * varint::LONGEST + 1 + u8::MAX as usize;

/// A row as a partition keeps it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) location: Location,
    pub(super) unread_num: u32,
    /// Both ids and the length of the first, so that no two pairs look alike.
    pub(super) key: &'a [u8],
}

/// The key of a row: the length of the group id, the group id and the account.
pub(super) fn put_key(row: &Row<'_>, key: &mut Vec<u8>) {
    // A valid id is far shorter than 255 bytes; longer ones cannot come here.
    let length = u8::try_from(row.group_id.len()).unwrap_or(u8::MAX);
    key.push(length);
    key.extend_from_slice(row.group_id.as_bytes());
    key.extend_from_slice(row.member_account.as_bytes());
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

    /// Appends `row`, whose key is `key`.
    pub(super) fn push(
        &mut self,
        location: Location,
        unread_num: u32,
        key: &[u8],
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
        self.block.push(u8::try_from(key.len()).unwrap_or(u8::MAX));
        self.block.extend_from_slice(key);
        self.last = location;
        Ok(())
    }

    /// Hands every entry to `each`, in the order of rows. `scratch` is room for a block.
    pub(super) fn for_each(
        &self,
        spill: &Spill,
        scratch: &mut Vec<u8>,
        mut each: impl FnMut(&Entry<'_>),
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

fn decode_all(mut bytes: &[u8], last: &mut Location, each: &mut impl FnMut(&Entry<'_>)) {
    while let Some(entry) = decode(&mut bytes, *last) {
        *last = entry.location;
        each(&entry);
    }
    debug_assert!(bytes.is_empty(), "a block holds whole entries");
}

fn decode<'a>(bytes: &mut &'a [u8], last: Location) -> Option<Entry<'a>> {
    let rows = varint::get(bytes)?;
    let file = last.file + u32::try_from(varint::get(bytes)?).ok()?;
    let base = base_for(last, file);
    let line = varint::get_difference(bytes, base.line.wrapping_add(rows))?;
    let byte = base.byte.wrapping_add(varint::get(bytes)?);
    let unread_num = u32::try_from(varint::get(bytes)?).ok()?;
    let (&length, rest) = bytes.split_first()?;
    let (key, rest) = rest.split_at_checked(usize::from(length))?;
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
        key,
    })
}

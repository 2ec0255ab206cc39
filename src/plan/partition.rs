//! Rows set aside by the hash of their key, compactly, in memory while they are few.

use std::path::Path;

use super::Error;
use super::chunks::{CHUNK, Chunk, Chunks};
use super::entry::{Entry, START, get, put};
use crate::record::Location;

/// Partitions. With 50 million rows one holds some 100,000, whose keys fit in the second-level
/// cache of a core, as do the chunks that all partitions are being filled with.
pub(super) const PARTITIONS: usize = 512;

/// Bytes at the front of a chunk that tell how many are used.
const LENGTH: usize = size_of::<u16>();

/// The rows of one thread, in partitions.
#[derive(Debug)]
pub(super) struct Partitions {
    heads: Vec<Head>,
    /// The chunk that each is being filled with.
    latest: Vec<Chunk>,
    /// The numbers of those before.
    full: Vec<Vec<u32>>,
    chunks: Chunks,
}

/// Where the latest row stood, and how much of the latest chunk is used.
#[derive(Debug, Clone, Copy)]
struct Head {
    last: Location,
    used: usize,
}

impl Partitions {
    /// Empty ones; what memory does not hold goes to a file in `directory`.
    pub(super) fn new(directory: &Path) -> Self {
        let head = Head {
            last: START,
            used: LENGTH,
        };
        Self {
            heads: vec![head; PARTITIONS],
            latest: vec![[0; CHUNK]; PARTITIONS],
            full: vec![Vec::new(); PARTITIONS],
            chunks: Chunks::new(directory),
        }
    }

    /// Appends a row to the partition of its key.
    #[expect(
        clippy::inline_always,
        reason = "in one piece a row stays in registers, from line to partition"
    )]
    #[inline(always)]
    pub(super) fn push(&mut self, entry: &Entry) -> Result<(), Error> {
        let [low, high, ..] = entry.key.to_partition.to_le_bytes();
        let index = usize::from(u16::from_le_bytes([low, high])) % PARTITIONS;
        let (Some(head), Some(chunk)) = (self.heads.get_mut(index), self.latest.get_mut(index))
        else {
            return Ok(());
        };
        let room = chunk.get_mut(head.used..).unwrap_or_default();
        let bytes = if let Some(bytes) = put(room, entry, head.last) {
            bytes
        } else {
            close(chunk, head.used);
            let number = self.chunks.add(chunk)?;
            if let Some(full) = self.full.get_mut(index) {
                full.push(number);
            }
            head.used = LENGTH;
            let room = chunk.get_mut(LENGTH..).unwrap_or_default();
            put(room, entry, head.last).expect("an empty chunk holds any entry")
        };
        head.used += bytes;
        head.last = entry.location;
        Ok(())
    }

    /// Partition number `index`.
    pub(super) fn part(&self, index: usize) -> Option<Part<'_>> {
        let mut latest = *self.latest.get(index)?;
        close(&mut latest, self.heads.get(index)?.used);
        Some(Part {
            full: self.full.get(index)?,
            latest,
            chunks: &self.chunks,
        })
    }

    /// Whether any of them is on disk.
    pub(super) const fn are_spilled(&self) -> bool {
        self.chunks.are_spilled()
    }
}

/// Notes how many bytes of `chunk` are used.
fn close(chunk: &mut Chunk, used: usize) {
    let used = u16::try_from(used).unwrap_or_default();
    if let Some(length) = chunk.first_chunk_mut() {
        *length = used.to_le_bytes();
    }
}

/// What is used of `chunk`.
fn used(chunk: &Chunk) -> &[u8] {
    let length = chunk
        .first_chunk()
        .map_or(0, |&used| u16::from_le_bytes(used));
    chunk.get(LENGTH..usize::from(length)).unwrap_or_default()
}

/// One partition of one thread, to be read.
#[derive(Debug)]
pub(super) struct Part<'a> {
    full: &'a [u32],
    latest: Chunk,
    chunks: &'a Chunks,
}

impl Part<'_> {
    /// Hands every entry to `each`.
    fn for_each(&self, mut each: impl FnMut(&Entry)) -> Result<(), Error> {
        let mut last = START;
        let mut each_of = |chunk: &Chunk| {
            let mut rest = used(chunk);
            while let Some(entry) = get(&mut rest, last) {
                last = entry.location;
                each(&entry);
            }
            debug_assert!(rest.is_empty(), "a chunk holds whole entries");
        };
        let mut chunk = [0; CHUNK];
        for &number in self.full {
            self.chunks.read(number, &mut chunk)?;
            each_of(&chunk);
        }
        each_of(&self.latest);
        Ok(())
    }

    /// The entries one by one.
    fn entries(&self) -> Entries<'_> {
        Entries {
            part: self,
            full: self.full.iter(),
            chunk: [0; CHUNK],
            at: CHUNK,
            is_latest: false,
            last: START,
        }
    }
}

/// The entries of one partition, chunk by chunk.
struct Entries<'a> {
    part: &'a Part<'a>,
    full: std::slice::Iter<'a, u32>,
    chunk: Chunk,
    at: usize,
    is_latest: bool,
    last: Location,
}

impl Entries<'_> {
    fn next(&mut self) -> Result<Option<Entry>, Error> {
        loop {
            let used = used(&self.chunk);
            let mut rest = used.get(self.at..).unwrap_or_default();
            if let Some(entry) = get(&mut rest, self.last) {
                self.at = used.len() - rest.len();
                self.last = entry.location;
                return Ok(Some(entry));
            }
            if self.is_latest {
                return Ok(None);
            }
            if let Some(&number) = self.full.next() {
                self.part.chunks.read(number, &mut self.chunk)?;
            } else {
                self.chunk = self.part.latest;
                self.is_latest = true;
            }
            self.at = 0;
        }
    }
}

/// Hands every entry of a partition to `each`, one thread's after the other's.
pub(super) fn for_each(parts: &[Part<'_>], mut each: impl FnMut(&Entry)) -> Result<(), Error> {
    parts.iter().try_for_each(|part| part.for_each(&mut each))
}

/// Hands every entry of a partition to `each`, out of all threads, in the order of rows.
pub(super) fn for_each_in_order(
    parts: &[Part<'_>],
    mut each: impl FnMut(&Entry),
) -> Result<(), Error> {
    let mut heads = Vec::new();
    for part in parts {
        let mut entries = part.entries();
        if let Some(entry) = entries.next()? {
            heads.push((entry, entries));
        }
    }
    while !heads.is_empty() {
        // A thread takes thousands of rows at a time, so the one that is behind stays so a while.
        heads.sort_unstable_by_key(|(entry, _)| entry.location.row);
        let (first, others) = heads.split_at_mut(1);
        let until = others
            .first()
            .map_or(u64::MAX, |(entry, _)| entry.location.row);
        let Some((entry, entries)) = first.first_mut() else {
            break;
        };
        let more = loop {
            each(entry);
            match entries.next()? {
                None => break false,
                Some(next) => *entry = next,
            }
            if entry.location.row > until {
                break true;
            }
        };
        if !more {
            heads.swap_remove(0);
        }
    }
    Ok(())
}

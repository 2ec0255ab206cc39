//! Sorts more records than memory holds: sorted runs in a temporary file, merged when read.
//!
//! Records are byte strings and compare as such.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, BufReader, BufWriter, Read, Write as _};
use std::path::Path;

use super::spill::{Extent, FileReader, Spill};

/// Bytes gathered in memory before they become a run: with runs of this size, ten million rows
/// make some twenty, and smaller inputs never touch the disk.
const RUN: usize = 32 << 20;

/// Bytes written to a run, or read from it, at a time.
const BLOCK: usize = 64 << 10;

/// Bytes read from all runs together at a time: with many runs, each gets a smaller block.
const BLOCKS: usize = 8 << 20;

/// Bytes of the smallest block.
const SMALLEST_BLOCK: usize = 4 << 10;

/// Gathers records.
#[derive(Debug)]
pub(crate) struct Sorter {
    sorted: Sorted,
    limit: usize,
}

/// Records in order, to be read as often as needed.
#[derive(Debug)]
pub(crate) struct Sorted {
    /// Those that stay in memory.
    bytes: Vec<u8>,
    /// Start and length of each record in `bytes`.
    records: Vec<(u32, u16)>,
    runs: Vec<Extent>,
    spill: Spill,
    count: u64,
}

impl Sorter {
    /// An empty one, whose files go to `directory`.
    pub(crate) fn new(directory: &Path) -> Self {
        Self::with_limit(directory, RUN)
    }

    /// One that holds `limit` bytes in memory.
    pub(crate) fn with_limit(directory: &Path, limit: usize) -> Self {
        let sorted = Sorted {
            bytes: Vec::new(),
            records: Vec::new(),
            runs: Vec::new(),
            spill: Spill::new(directory),
            count: 0,
        };
        Self { sorted, limit }
    }

    /// Adds a record of at most 64 KiB.
    pub(crate) fn push(&mut self, record: &[u8]) -> io::Result<()> {
        let Self { sorted, limit } = self;
        let length = u16::try_from(record.len()).map_err(io::Error::other)?;
        if !sorted.bytes.is_empty() && sorted.bytes.len() + record.len() > *limit {
            sorted.spill()?;
        }
        let start = u32::try_from(sorted.bytes.len()).map_err(io::Error::other)?;
        sorted.bytes.extend_from_slice(record);
        sorted.records.push((start, length));
        sorted.count += 1;
        Ok(())
    }

    /// How many records there are.
    pub(crate) const fn count(&self) -> u64 {
        self.sorted.count
    }

    /// Ends the gathering.
    pub(crate) fn finish(mut self) -> Sorted {
        self.sorted.sort();
        self.sorted
    }
}

fn slice(bytes: &[u8], (start, length): (u32, u16)) -> &[u8] {
    let start = start as usize;
    bytes
        .get(start..start + usize::from(length))
        .unwrap_or_default()
}

impl Sorted {
    /// How many records there are.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// A pass over all records, in order.
    pub(crate) fn reader(&self) -> io::Result<Merge<'_>> {
        Merge::new(std::slice::from_ref(self))
    }

    fn sort(&mut self) {
        let bytes = &self.bytes;
        self.records
            .sort_unstable_by(|&a, &b| slice(bytes, a).cmp(slice(bytes, b)));
    }

    fn spill(&mut self) -> io::Result<()> {
        self.sort();
        let (records, bytes) = (&self.records, &self.bytes);
        let run = self.spill.append(|file| {
            let mut out = BufWriter::with_capacity(BLOCK, file);
            for &(start, length) in records {
                out.write_all(&length.to_be_bytes())?;
                out.write_all(slice(bytes, (start, length)))?;
            }
            out.flush()
        })?;
        self.runs.push(run);
        self.bytes.clear();
        self.records.clear();
        Ok(())
    }
}

/// Records of one run, in order.
#[derive(Debug)]
enum Run<'a> {
    Memory {
        bytes: &'a [u8],
        records: std::slice::Iter<'a, (u32, u16)>,
    },
    Disk(BufReader<io::Take<FileReader<'a>>>),
}

impl Run<'_> {
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        match self {
            Self::Memory { bytes, records } => {
                Ok(records.next().map(|&record| slice(bytes, record).to_vec()))
            }
            Self::Disk(reader) => read_record(reader),
        }
    }
}

/// A pass over sorted records.
#[derive(Debug)]
pub(crate) struct Merge<'a> {
    runs: Vec<Run<'a>>,
    /// The next record of each run.
    heads: BinaryHeap<Reverse<(Vec<u8>, usize)>>,
}

impl<'a> Merge<'a> {
    /// A pass over all records of several sorters, in order.
    pub(crate) fn new(all: &'a [Sorted]) -> io::Result<Self> {
        let on_disk: usize = all.iter().map(|sorted| sorted.runs.len()).sum();
        let block = (BLOCKS / on_disk.max(1)).clamp(SMALLEST_BLOCK, BLOCK);
        let mut merge = Self {
            runs: Vec::new(),
            heads: BinaryHeap::new(),
        };
        for sorted in all {
            let on_disk = sorted.runs.iter().map(|&run| {
                let reader = sorted.spill.reader(run);
                Run::Disk(BufReader::with_capacity(block, reader))
            });
            merge.runs.extend(on_disk);
            merge.runs.push(Run::Memory {
                bytes: &sorted.bytes,
                records: sorted.records.iter(),
            });
        }
        for run in 0..merge.runs.len() {
            merge.refill(run)?;
        }
        Ok(merge)
    }

    /// The next record.
    pub(crate) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(Reverse((record, run))) = self.heads.pop() else {
            return Ok(None);
        };
        self.refill(run)?;
        Ok(Some(record))
    }

    /// The record that comes next.
    pub(crate) fn peek(&self) -> Option<&[u8]> {
        self.heads.peek().map(|Reverse((record, _))| &**record)
    }

    fn refill(&mut self, run: usize) -> io::Result<()> {
        let record = self.runs.get_mut(run).map(Run::next).transpose()?.flatten();
        self.heads
            .extend(record.map(|record| Reverse((record, run))));
        Ok(())
    }
}

fn read_record(reader: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 2];
    // A file ends between two records or it was not written by us.
    if reader.read(&mut length[..1])? == 0 {
        return Ok(None);
    }
    reader.read_exact(&mut length[1..])?;
    let mut record = vec![0; usize::from(u16::from_be_bytes(length))];
    reader.read_exact(&mut record)?;
    Ok(Some(record))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_records_come_out_in_order_however_often_they_are_read(
            records in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..200),
            limit in 1_usize..2000,
            parts in 1_usize..4,
        ) {
            let sorter = || Sorter::with_limit(&std::env::temp_dir(), limit);
            let mut sorters: Vec<_> = std::iter::repeat_with(sorter).take(parts).collect();
            for (at, record) in records.iter().enumerate() {
                sorters[at % parts].push(record).unwrap();
            }
            let sorted: Vec<_> = sorters.into_iter().map(Sorter::finish).collect();
            let mut expected = records;
            expected.sort();
            for _ in 0..2 {
                let mut reader = Merge::new(&sorted).unwrap();
                let mut found = Vec::new();
                while let Some(record) = reader.next().unwrap() {
                    found.push(record);
                }
                prop_assert_eq!(&found, &expected);
            }
        }
    }
}

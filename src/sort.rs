//! Sorts more records than memory holds: sorted runs in temporary files, merged when read.
//!
//! Records are byte strings and compare as such. The files have no name and vanish with the
//! process.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes gathered in memory before they become a run: with runs of this size, ten million rows
/// make some twenty, and smaller inputs never touch the disk.
const RUN: usize = 32 << 20;

/// Bytes read from a run at a time.
const BLOCK: usize = 64 << 10;

/// Gathers records.
#[derive(Debug)]
pub(crate) struct Sorter {
    directory: PathBuf,
    bytes: Vec<u8>,
    /// Start and length of each record in `bytes`.
    records: Vec<(u32, u16)>,
    runs: Vec<Arc<File>>,
    count: u64,
    limit: usize,
}

/// Records in order, to be read as often as needed.
#[derive(Debug)]
pub(crate) struct Sorted {
    bytes: Vec<u8>,
    records: Vec<(u32, u16)>,
    runs: Vec<Arc<File>>,
    count: u64,
}

impl Sorter {
    /// An empty one, whose files go to `directory`.
    pub(crate) fn new(directory: &Path) -> Self {
        Self::with_limit(directory, RUN)
    }

    /// One that holds `limit` bytes in memory.
    pub(crate) fn with_limit(directory: &Path, limit: usize) -> Self {
        Self {
            directory: directory.to_owned(),
            bytes: Vec::new(),
            records: Vec::new(),
            runs: Vec::new(),
            count: 0,
            limit,
        }
    }

    /// Adds a record of at most 64 KiB.
    pub(crate) fn push(&mut self, record: &[u8]) -> io::Result<()> {
        let length = u16::try_from(record.len()).map_err(io::Error::other)?;
        if !self.bytes.is_empty() && self.bytes.len() + record.len() > self.limit {
            self.spill()?;
        }
        let start = u32::try_from(self.bytes.len()).map_err(io::Error::other)?;
        self.bytes.extend_from_slice(record);
        self.records.push((start, length));
        self.count += 1;
        Ok(())
    }

    /// How many records there are.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// Ends the gathering.
    pub(crate) fn finish(mut self) -> Sorted {
        self.sort();
        Sorted {
            bytes: self.bytes,
            records: self.records,
            runs: self.runs,
            count: self.count,
        }
    }

    fn sort(&mut self) {
        let bytes = &self.bytes;
        self.records
            .sort_unstable_by(|&a, &b| slice(bytes, a).cmp(slice(bytes, b)));
    }

    fn spill(&mut self) -> io::Result<()> {
        self.sort();
        let file = tempfile::tempfile_in(&self.directory)?;
        let mut out = BufWriter::with_capacity(BLOCK, &file);
        for &(start, length) in &self.records {
            out.write_all(&length.to_be_bytes())?;
            out.write_all(slice(&self.bytes, (start, length)))?;
        }
        out.flush()?;
        drop(out);
        self.runs.push(Arc::new(file));
        self.bytes.clear();
        self.records.clear();
        Ok(())
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
        let mut merge = Merge {
            sorted: self,
            in_memory: 0,
            runs: self
                .runs
                .iter()
                .map(|file| BufReader::with_capacity(BLOCK, At::start(file)))
                .collect(),
            heads: BinaryHeap::new(),
        };
        for run in 0..=self.runs.len() {
            merge.refill(run)?;
        }
        Ok(merge)
    }
}

/// A pass over sorted records.
#[derive(Debug)]
pub(crate) struct Merge<'a> {
    sorted: &'a Sorted,
    in_memory: usize,
    runs: Vec<BufReader<At>>,
    /// The next record of each run; the one past the runs is what stayed in memory.
    heads: BinaryHeap<Reverse<(Vec<u8>, usize)>>,
}

impl Merge<'_> {
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
        let record = if let Some(reader) = self.runs.get_mut(run) {
            read_record(reader)?
        } else {
            let place = self.sorted.records.get(self.in_memory).copied();
            self.in_memory += 1;
            place.map(|place| slice(&self.sorted.bytes, place).to_vec())
        };
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

/// A file that is read at a place of its own.
#[derive(Debug)]
struct At {
    file: Arc<File>,
    place: u64,
}

impl At {
    fn start(file: &Arc<File>) -> Self {
        Self {
            file: Arc::clone(file),
            place: 0,
        }
    }
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.place)?;
        self.place += read as u64;
        Ok(read)
    }
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
        ) {
            let mut sorter = Sorter::with_limit(&std::env::temp_dir(), limit);
            for record in &records {
                sorter.push(record).unwrap();
            }
            let sorted = sorter.finish();
            let mut expected = records;
            expected.sort();
            for _ in 0..2 {
                let mut reader = sorted.reader().unwrap();
                let mut found = Vec::new();
                while let Some(record) = reader.next().unwrap() {
                    found.push(record);
                }
                prop_assert_eq!(&found, &expected);
            }
        }
    }
}

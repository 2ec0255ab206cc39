//! The first pass's end of a plan: takes every row, and resolves the duplicates at the end.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::Path;

use super::exception::Exceptions;
use super::fold::{Fold, Tally, hash};
use super::partition::{Partition, put_key};
use super::spill::Spill;
use super::{Bitmap, Error, Plan, Policy, RowCounts};
use crate::record::{Finding, Location, Row};

/// Partitions. With 50 million rows one holds some 200,000, which fold in about 20 MB.
const PARTITIONS: usize = 256;

/// Gathers the rows of a first pass.
#[derive(Debug)]
pub(crate) struct Builder {
    policy: Policy,
    seed: u64,
    partitions: Vec<Partition>,
    spill: Spill,
    exceptions: Spill,
    read: u64,
    invalid: u64,
    key: Vec<u8>,
}

impl Builder {
    /// An empty plan. Inputs beyond some 250,000 rows use a temporary file in `spill_dir`.
    pub(crate) fn new(policy: Policy, spill_dir: &Path) -> Self {
        Self {
            policy,
            seed: RandomState::new().build_hasher().finish(),
            partitions: std::iter::repeat_with(Partition::new)
                .take(PARTITIONS)
                .collect(),
            spill: Spill::new(spill_dir),
            exceptions: Spill::new(spill_dir),
            read: 0,
            invalid: 0,
            key: Vec::new(),
        }
    }

    /// Takes a valid row. Rows come in the order of their numbers.
    pub(crate) fn add(&mut self, row: &Row<'_>) -> Result<(), Error> {
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        put_key(row, &mut key);
        let added = self.add_key(row.location, row.unread_num, &key);
        self.key = key;
        added
    }

    fn add_key(&mut self, location: Location, unread_num: u32, key: &[u8]) -> Result<(), Error> {
        self.read += 1;
        // The lowest bits choose the bucket of the hash table and the highest its tag, so the
        // partition is chosen by bits between them.
        let index = usize::from(hash(self.seed, key).to_le_bytes()[5]);
        match self.partitions.get_mut(index) {
            Some(partition) => partition.push(location, unread_num, key, &mut self.spill),
            None => Ok(()),
        }
    }

    /// Counts a row that is invalid by itself.
    pub(crate) const fn reject(&mut self) {
        self.read += 1;
        self.invalid += 1;
    }

    /// Whether the rows went to disk.
    #[cfg(test)]
    pub(super) const fn has_spilled(&self) -> bool {
        self.spill.is_used()
    }

    /// Resolves the duplicates. Every row that thereby turns out invalid is told to `observer`,
    /// in the order of rows.
    pub(crate) fn finish(self, observer: &mut impl FnMut(Finding<'_>)) -> Result<Plan, Error> {
        let Self {
            policy,
            seed,
            partitions,
            spill,
            exceptions,
            read,
            invalid,
            ..
        } = self;
        let mut exceptions = Exceptions::new(exceptions);
        let mut folded = Bitmap::default();
        let mut fold = Fold::new(policy, seed);
        for partition in partitions {
            fold.run(&partition, &spill, &mut folded, &mut exceptions)?;
        }
        let Tally {
            invalid: resolved,
            duplicates,
            skipped,
            calls,
        } = fold.tally;
        if resolved > 0 {
            tell(&exceptions, observer)?;
        }
        let invalid = invalid + resolved;
        let rows = RowCounts {
            read,
            valid: read - invalid,
            invalid,
            duplicates,
            skipped,
        };
        Ok(Plan {
            rows,
            calls,
            policy,
            folded,
            exceptions,
        })
    }
}

fn tell(exceptions: &Exceptions, observer: &mut impl FnMut(Finding<'_>)) -> Result<(), Error> {
    let mut merge = exceptions.merge()?;
    while let Some(exception) = merge.next()? {
        if let Some(problem) = exception.problem() {
            observer(Finding {
                location: exception.location,
                problem: &problem,
            });
        }
    }
    Ok(())
}

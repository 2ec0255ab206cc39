//! The first pass's end of a plan: takes every row, and resolves the duplicates at the end.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::{Path, PathBuf};

use super::exception::{Exceptions, Merge};
use super::fold::{Fold, Tally};
use super::partition::{Key, Partition};
use super::spill::Spill;
use super::{Bitmap, Error, Plan, Policy, RowCounts};
use crate::record::{Finding, Row};

/// Partitions. With 50 million rows one holds some 100,000, which fold in about 12 MB.
const PARTITIONS: usize = 512;

/// Gathers the rows of a first pass.
#[derive(Debug)]
pub(crate) struct Builder {
    policy: Policy,
    spill_dir: PathBuf,
    partitions: Vec<Partition>,
    spill: Spill,
    seed: u64,
    read: u64,
    invalid: u64,
}

/// What one share of the partitions came to.
#[derive(Debug)]
struct Share {
    folded: Bitmap,
    exceptions: Exceptions,
    tally: Tally,
}

impl Builder {
    /// An empty plan. Inputs of more than some 90,000 rows use a temporary file in `spill_dir`.
    pub(crate) fn new(policy: Policy, spill_dir: &Path) -> Self {
        Self {
            policy,
            spill_dir: spill_dir.to_owned(),
            partitions: std::iter::repeat_with(Partition::new)
                .take(PARTITIONS)
                .collect(),
            spill: Spill::new(spill_dir),
            seed: RandomState::new().build_hasher().finish(),
            read: 0,
            invalid: 0,
        }
    }

    /// Takes a valid row. Rows come in the order of their numbers.
    pub(crate) fn add(&mut self, row: &Row<'_>) -> Result<(), Error> {
        self.read += 1;
        let key = Key::of(row, self.seed);
        let [low, high, ..] = key.to_partition().to_le_bytes();
        let index = usize::from(u16::from_le_bytes([low, high])) % PARTITIONS;
        match self.partitions.get_mut(index) {
            Some(partition) => partition.push(row.location, row.unread_num, key, &mut self.spill),
            None => Ok(()),
        }
    }

    /// Counts a row that is invalid by itself.
    pub(crate) const fn reject(&mut self) {
        self.read += 1;
        self.invalid += 1;
    }

    /// Resolves the duplicates. Every row that thereby turns out invalid is told to `observer`,
    /// in the order of rows.
    pub(crate) fn finish(self, observer: &mut impl FnMut(Finding<'_>)) -> Result<Plan, Error> {
        let fold = |share: &[Partition]| self.fold(share);
        let shares = if self.spill.is_used() {
            let (first, second) = self.partitions.split_at(self.partitions.len() / 2);
            let (first, second) = std::thread::scope(|scope| {
                let other = scope.spawn(|| fold(second));
                let first = fold(first);
                (
                    first,
                    other
                        .join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                )
            });
            vec![first?, second?]
        } else {
            vec![fold(&self.partitions)?]
        };
        let Self {
            policy,
            read,
            invalid,
            ..
        } = self;
        plan(policy, (read, invalid), shares, observer)
    }

    fn fold(&self, share: &[Partition]) -> Result<Share, Error> {
        let mut exceptions = Exceptions::new(Spill::new(&self.spill_dir));
        let mut folded = Bitmap::default();
        let mut fold = Fold::new(self.policy);
        for partition in share {
            fold.run(partition, &self.spill, &mut folded, &mut exceptions)?;
        }
        Ok(Share {
            folded,
            exceptions,
            tally: fold.tally,
        })
    }
}

fn plan(
    policy: Policy,
    (read, mut invalid): (u64, u64),
    shares: Vec<Share>,
    observer: &mut impl FnMut(Finding<'_>),
) -> Result<Plan, Error> {
    let (mut duplicates, mut skipped, mut calls) = (0, 0, 0);
    let mut folded = Bitmap::default();
    let mut exceptions = Vec::new();
    for share in shares {
        invalid += share.tally.invalid;
        duplicates += share.tally.duplicates;
        skipped += share.tally.skipped;
        calls += share.tally.calls;
        folded.merge(share.folded);
        exceptions.push(share.exceptions);
    }
    let mut merge = Merge::new(&exceptions)?;
    while let Some(exception) = merge.next()? {
        if let Some(problem) = exception.problem() {
            observer(Finding {
                location: exception.location,
                problem: &problem,
            });
        }
    }
    drop(merge);
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

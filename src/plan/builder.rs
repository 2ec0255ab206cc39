//! The first pass's end of a plan: takes every row, and resolves the duplicates at the end.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::{Path, PathBuf};

use super::exception::{Exceptions, Merge};
use super::fold::{Fold, Tally};
use super::intake::{Intake, Partitions};
use super::partition::Partition;
use super::spill::Spill;
use super::{Bitmap, Error, Plan, Policy, RowCounts};
use crate::record::{Finding, Row};

/// Gathers the rows of a first pass.
#[derive(Debug)]
pub(crate) struct Builder {
    policy: Policy,
    spill_dir: PathBuf,
    intake: Intake,
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
    /// An empty plan. Inputs beyond some 250,000 rows use a temporary file in `spill_dir`.
    pub(crate) fn new(policy: Policy, spill_dir: &Path) -> Self {
        let seed = RandomState::new().build_hasher().finish();
        let partitions = Partitions::new(Spill::new(spill_dir), seed);
        Self {
            policy,
            spill_dir: spill_dir.to_owned(),
            intake: Intake::new(partitions),
            read: 0,
            invalid: 0,
        }
    }

    /// Takes a valid row. Rows come in the order of their numbers.
    pub(crate) fn add(&mut self, row: &Row<'_>) -> Result<(), Error> {
        self.read += 1;
        self.intake.add(row)
    }

    /// Counts a row that is invalid by itself.
    pub(crate) const fn reject(&mut self) {
        self.read += 1;
        self.invalid += 1;
    }

    /// Resolves the duplicates. Every row that thereby turns out invalid is told to `observer`,
    /// in the order of rows.
    pub(crate) fn finish(self, observer: &mut impl FnMut(Finding<'_>)) -> Result<Plan, Error> {
        let Self {
            policy,
            spill_dir,
            intake,
            read,
            invalid,
        } = self;
        let partitions = intake.finish()?;
        let fold = |share: &[Partition]| fold(share, &partitions, policy, &spill_dir);
        let shares = if partitions.spill.is_used() {
            let (first, second) = partitions.all.split_at(partitions.all.len() / 2);
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
            vec![fold(&partitions.all)?]
        };
        // The rows on disk are not needed any more; their space may be.
        drop(partitions);
        plan(policy, (read, invalid), shares, observer)
    }
}

fn fold(
    share: &[Partition],
    partitions: &Partitions,
    policy: Policy,
    spill_dir: &Path,
) -> Result<Share, Error> {
    let mut exceptions = Exceptions::new(Spill::new(spill_dir));
    let mut folded = Bitmap::default();
    let mut fold = Fold::new(policy, partitions.seed);
    for partition in share {
        fold.run(partition, &partitions.spill, &mut folded, &mut exceptions)?;
    }
    Ok(Share {
        folded,
        exceptions,
        tally: fold.tally,
    })
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

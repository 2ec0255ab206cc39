//! The first pass's end of a plan: shards take the rows, each some of them, and the duplicates
//! are resolved at the end.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::entry::Entry;
use super::exception::{ExceptionCursor, Exceptions};
use super::fold::{Fold, Tally};
use super::partition::{PARTITIONS, Partitions};
use super::{Error, Plan, Policy, RowCounts, Totals};
use crate::record::{Finding, Row};
use crate::storage::{Bitmap, Sorted};

/// Makes a plan of what the shards of a first pass gathered.
#[derive(Debug)]
pub(crate) struct Builder {
    policy: Policy,
    spill_dir: PathBuf,
    seed: u64,
}

/// The rows that one thread gathers.
#[derive(Debug)]
pub(crate) struct Shard {
    partitions: Partitions,
    seed: u64,
    read: u64,
    invalid: u64,
}

impl Shard {
    /// Takes a valid row. Rows come in the order of their numbers; those between them are in
    /// other shards.
    #[expect(
        clippy::inline_always,
        reason = "in one piece a row stays in registers, from line to partition"
    )]
    #[inline(always)]
    pub(crate) fn add(&mut self, row: &Row<'_>) -> Result<(), Error> {
        self.read += 1;
        self.partitions.push(&Entry::of(row, self.seed))
    }

    /// Counts a row that is invalid by itself.
    pub(crate) const fn reject(&mut self) {
        self.read += 1;
        self.invalid += 1;
    }
}

/// What one share of the partitions came to.
#[derive(Debug)]
struct Share {
    folded: Bitmap,
    exceptions: Sorted,
    tally: Tally,
}

impl Builder {
    /// Of an empty plan. Inputs of more than some 30,000 rows use temporary files in `spill_dir`.
    pub(crate) fn new(policy: Policy, spill_dir: &Path) -> Self {
        Self {
            policy,
            spill_dir: spill_dir.to_owned(),
            seed: RandomState::new().build_hasher().finish(),
        }
    }

    /// An empty shard.
    pub(crate) fn shard(&self) -> Shard {
        Shard {
            partitions: Partitions::new(&self.spill_dir),
            seed: self.seed,
            read: 0,
            invalid: 0,
        }
    }

    /// Resolves the duplicates. Every row that thereby turns out invalid is told to `observer`,
    /// in the order of rows.
    pub(crate) fn finish(
        self,
        shards: &[Shard],
        observer: &mut impl FnMut(Finding<'_>),
    ) -> Result<Plan, Error> {
        let fold = |share: Range<usize>| self.fold(share, shards);
        let parts = if shards.iter().any(|shard| shard.partitions.are_spilled()) {
            let (first, second) = (0..PARTITIONS / 2, PARTITIONS / 2..PARTITIONS);
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
            vec![fold(0..PARTITIONS)?]
        };
        let read = shards.iter().map(|shard| shard.read).sum();
        let invalid = shards.iter().map(|shard| shard.invalid).sum();
        plan(self.policy, (read, invalid), parts, observer)
    }

    fn fold(&self, share: Range<usize>, shards: &[Shard]) -> Result<Share, Error> {
        let mut exceptions = Exceptions::new(&self.spill_dir);
        let mut folded = Bitmap::default();
        let mut fold = Fold::new(self.policy);
        for index in share {
            let parts = shards
                .iter()
                .filter_map(|shard| shard.partitions.part(index));
            let partition: Vec<_> = parts.collect();
            fold.run(&partition, &mut folded, &mut exceptions)?;
        }
        Ok(Share {
            folded,
            exceptions: exceptions.finish(),
            tally: fold.tally,
        })
    }
}

fn plan(
    policy: Policy,
    (read, mut invalid): (u64, u64),
    parts: Vec<Share>,
    observer: &mut impl FnMut(Finding<'_>),
) -> Result<Plan, Error> {
    let (mut duplicates, mut skipped, mut totals) = (0, 0, Totals::default());
    let mut folded = Bitmap::default();
    let mut exceptions = Vec::new();
    for share in parts {
        invalid += share.tally.invalid;
        duplicates += share.tally.duplicates;
        skipped += share.tally.skipped;
        totals.merge(&share.tally.calls);
        folded.extend(&share.folded);
        exceptions.push(share.exceptions);
    }
    let mut merge = ExceptionCursor::new(&exceptions)?;
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
        calls: totals.rows,
        totals,
        policy,
        folded,
        exceptions,
    })
}

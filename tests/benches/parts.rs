//! The parts of a row's way, each alone: `cargo bench`, or `cargo bench -- NAME`.
//!
//! What a user waits for is measured by `run.sh` with the whole program; these tell which part a
//! change made slower. Inputs are as large as it takes to leave the caches.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use im_unread::bench::{Checkpoint, Input, Pace, judge, plan, rows};

const ROWS: u64 = 200_000;

/// More than stay in memory: the partitions of this many rows go through the disk.
const PLANNED: u64 = 1_000_000;

/// A quarter of an hour at the quota, on a paused clock.
const PERMITS: u32 = 180_000;

fn main() {
    divan::main();
}

#[divan::bench]
fn csv_reader(bencher: Bencher<'_, '_>) {
    let input = Input::csv(&rows(ROWS));
    bencher
        .counter(ItemsCount::new(ROWS))
        .counter(BytesCount::new(input.bytes()))
        .bench(|| assert_eq!(black_box(&input).read(), ROWS));
}

#[divan::bench]
fn json_reader(bencher: Bencher<'_, '_>) {
    let input = Input::jsonl(&rows(ROWS));
    bencher
        .counter(ItemsCount::new(ROWS))
        .counter(BytesCount::new(input.bytes()))
        .bench(|| assert_eq!(black_box(&input).read(), ROWS));
}

#[divan::bench]
fn check_of_a_row(bencher: Bencher<'_, '_>) {
    let rows = rows(ROWS);
    bencher
        .counter(ItemsCount::new(ROWS))
        .bench(|| assert_eq!(judge(black_box(&rows)), rows.len()));
}

#[divan::bench(sample_count = 10)]
fn duplicates_partition(bencher: Bencher<'_, '_>) {
    let rows = rows(PLANNED);
    bencher
        .counter(ItemsCount::new(PLANNED))
        .bench(|| assert_eq!(plan(black_box(&rows)), PLANNED - PLANNED / 100));
}

#[divan::bench]
fn checkpoint_scan(bencher: Bencher<'_, '_>) {
    let checkpoint = Checkpoint::of(&rows(ROWS));
    bencher
        .counter(ItemsCount::new(ROWS))
        .bench(|| assert_eq!(black_box(&checkpoint).scan(), ROWS));
}

/// What a permit costs, with the timer that waits for it.
#[divan::bench(sample_count = 10)]
fn pace_gate(bencher: Bencher<'_, '_>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime is had");
    bencher
        .counter(ItemsCount::new(PERMITS))
        .bench(|| runtime.block_on(async { Pace::new().permits(PERMITS).await }));
}

//! Any bytes at all go into the readers: the corpus as it is, and mutations of it from a fixed
//! seed. A short run here; `make mutate` runs each target for as long as it is told, from a new seed.
//!
//! What must hold is written down in the crate's `fuzz` module. An input that breaks it is kept in
//! `target/findings`, to become a file of the corpus.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a helper of a test fails the test"
)]

mod mutation;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use im_unread::fuzz;
use tokio::time::Instant;

use mutation::Mutator;

/// Mutations of a short run, a target.
const MUTATIONS: u32 = 600;

/// How long a long run takes a target, in seconds.
const SECONDS: &str = "FUZZ_SECONDS";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of these directories of the corpus.
fn corpus(directories: &[&str]) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for directory in directories {
        let path = root().join("tests/corpus").join(directory);
        let mut paths: Vec<PathBuf> = std::fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        files.extend(paths.iter().map(|path| std::fs::read(path).unwrap()));
    }
    assert!(!files.is_empty());
    files
}

/// How long to go on; `None` for the short run.
fn length() -> Option<Duration> {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a long run takes is for whoever starts it"
    )]
    let seconds = std::env::var(SECONDS).ok()?;
    Some(Duration::from_secs(seconds.parse().unwrap()))
}

/// Runs the target over the corpus and over mutations of it.
fn run(name: &str, target: fn(&[u8]), directories: &[&str]) {
    let corpus = corpus(directories);
    for file in &corpus {
        one(name, target, file);
    }
    let length = length();
    let seed = if length.is_some() {
        fastrand::u64(..)
    } else {
        1
    };
    println!("{name}: seed {seed}");
    let started = Instant::now();
    let mut mutator = Mutator::new(seed, &corpus);
    let mut runs = 0_u32;
    while length.map_or(runs < MUTATIONS, |length| started.elapsed() < length) {
        one(name, target, mutator.next());
        runs += 1;
    }
    println!("{name}: {runs} mutations held");
}

fn one(name: &str, target: fn(&[u8]), bytes: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| target(bytes))).is_ok() {
        return;
    }
    let directory = root().join("target/findings");
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join(format!("{name}-{}", bytes.len()));
    std::fs::write(&path, bytes).unwrap();
    panic!("`{name}` breaks on `{}`", path.display());
}

#[test]
fn no_csv_breaks_the_reader_and_both_passes_agree() {
    run("csv", fuzz::csv, &["csv"]);
}

#[test]
fn no_json_lines_break_the_reader_and_both_passes_agree() {
    run("jsonl", fuzz::jsonl, &["jsonl"]);
}

#[test]
fn no_json_breaks_the_reader_and_both_passes_agree() {
    run("json", fuzz::json, &["json"]);
}

#[test]
fn whatever_the_first_bytes_look_like_both_passes_agree() {
    run(
        "sniffed",
        fuzz::sniffed,
        &["csv", "jsonl", "json", "checkpoint"],
    );
}

#[test]
fn no_checkpoint_breaks_the_reader_and_one_that_opens_adds_up() {
    run("checkpoint", fuzz::checkpoint, &["checkpoint"]);
}

#[test]
fn no_answer_breaks_the_decoder_and_only_code_0_is_success() {
    run("answer", fuzz::answer, &["answer"]);
}

#[test]
fn no_usersig_breaks_the_inspection() {
    run("user_sig", fuzz::user_sig, &["user_sig"]);
}

//! Doors for benchmarks: parts of a row's way, each alone, on inputs that are made here. Making
//! them is not what is to be measured. No part of what the library promises.

use std::fmt::Write as _;
use std::io::Write as _;

use jiff::Timestamp;
use tempfile::NamedTempFile;
use tokio::time::{Instant, sleep_until};

use crate::checkpoint::{
    Count, Entry, FORMAT, Header, Input as InputFile, Outcome, Status, Target, scan,
};
use crate::delivery::{Gate, Limit};
use crate::plan::{Builder, Policy};
use crate::record::{Field, Location, RawRow, check};
use crate::settings::Format;
use crate::settings::Reading;
use crate::source::{InputPath, Inputs, Options, Record};
use crate::storage::encode;

/// Rows of one group: what an export has on average.
const ROWS_A_GROUP: u64 = 200;

/// The cells of a row.
#[derive(Debug, Clone)]
pub struct Cells {
    row: u64,
    group: String,
    member: String,
    count: String,
}

/// So many different rows, of which one in a hundred repeats the one before.
pub fn rows(number: u64) -> Vec<Cells> {
    let numbers = (1..=number).map(|row| if row % 100 == 0 { row - 1 } else { row });
    let rows = numbers.zip(1..).map(|(like, row)| Cells {
        row,
        group: format!("@TGS#G{:07}", like / ROWS_A_GROUP),
        member: format!("user_{:08}", like * 7919 % 10_000_019),
        count: (like % 997).to_string(),
    });
    rows.collect()
}

impl Cells {
    fn raw(&self) -> RawRow<'_> {
        RawRow {
            location: Location {
                file: 0,
                line: self.row + 1,
                byte: self.row * 40,
                row: self.row,
            },
            group_id: Field::Text(&self.group),
            member_account: Field::Text(&self.member),
            unread_num: Field::Text(&self.count),
            group_type: Field::Text("Public"),
            raw: &[],
        }
    }
}

/// An input in a file.
#[derive(Debug)]
pub struct Input {
    inputs: Inputs,
    file: NamedTempFile,
}

impl Input {
    /// The rows as CSV.
    pub fn csv(rows: &[Cells]) -> Self {
        let mut text = String::from("group_id,member_account,unread_num,group_type\n");
        for cells in rows {
            let Cells {
                row: _,
                group,
                member,
                count,
            } = cells;
            writeln!(text, "{group},{member},{count},Public").expect("a string takes all");
        }
        Self::of(&text, Format::Csv)
    }

    /// The rows as JSON Lines.
    pub fn jsonl(rows: &[Cells]) -> Self {
        let mut text = String::new();
        for cells in rows {
            let Cells {
                row: _,
                group,
                member,
                count,
            } = cells;
            writeln!(
                text,
                r#"{{"group_id":"{group}","member_account":"{member}","unread_num":{count},"group_type":"Public"}}"#
            )
            .expect("a string takes all");
        }
        Self::of(&text, Format::Jsonl)
    }

    fn of(text: &str, format: Format) -> Self {
        let file = written(text.as_bytes());
        let options = Options {
            format,
            ..Options::default()
        };
        let path = InputPath::File(file.path().to_owned());
        let inputs = Inputs::open(&[path], &options).expect("the input is one of ours");
        Self { inputs, file }
    }

    /// Its size.
    pub fn bytes(&self) -> u64 {
        let metadata = self.file.as_file().metadata();
        metadata.expect("the file is open").len()
    }

    /// Takes every record apart, on this thread; how many could be.
    pub fn read(&self) -> u64 {
        let mut reader = self.inputs.reader();
        let mut rows = 0;
        while let Some(record) = reader.next().expect("the input is one of ours") {
            rows += u64::from(matches!(record, Record::Row(_)));
        }
        rows
    }
}

/// Judges every row; how many are valid.
pub fn judge(rows: &[Cells]) -> usize {
    let mut problems = Vec::new();
    let valid = rows.iter().filter(|cells| {
        problems.clear();
        check(&cells.raw(), &mut problems).is_some()
    });
    valid.count()
}

/// Takes valid rows into partitions, and resolves their duplicates; how many calls remain.
pub fn plan(rows: &[Cells]) -> u64 {
    let builder = Builder::new(Policy::default(), &std::env::temp_dir());
    let mut shard = builder.shard();
    let mut problems = Vec::new();
    for cells in rows {
        if let Some(row) = check(&cells.raw(), &mut problems) {
            shard.add(&row).expect("there is room on the disk");
        }
    }
    let plan = builder.finish(&[shard], &mut |_| {});
    plan.expect("there is room on the disk").calls
}

/// A checkpoint in a file.
#[derive(Debug)]
pub struct Checkpoint(NamedTempFile);

impl Checkpoint {
    /// One in which the call of every row succeeded.
    pub fn of(rows: &[Cells]) -> Self {
        let calls = rows.len() as u64;
        let mut lines = Vec::new();
        push(&Entry::Header(header(calls)), &mut lines);
        let at = Timestamp::UNIX_EPOCH;
        let admitted = Entry::Admitted {
            calls,
            at,
            overwrites: Vec::new(),
        };
        push(&admitted, &mut lines);
        for cells in rows {
            let outcome = Outcome {
                row: cells.row,
                status: Status::Succeeded,
                group_id: cells.group.as_str().into(),
                member_account: cells.member.as_str().into(),
                unread_num: Count::Number(cells.count.parse().unwrap_or_default()),
                group_type: None,
                code: 0,
                info: "".into(),
                attempts: 1,
                at,
                ms: 12,
            };
            push(&Entry::Outcome(outcome), &mut lines);
        }
        Self(written(&lines))
    }

    /// Reads it into a ledger; how many calls succeeded.
    pub fn scan(&self) -> u64 {
        let scanned = scan(self.0.path()).expect("the checkpoint is one of ours");
        scanned.ledger.counts().succeeded
    }
}

fn push(entry: &Entry<'_>, lines: &mut Vec<u8>) {
    encode(entry, lines).expect("an entry is far below the longest line");
}

fn header(calls: u64) -> Header {
    let input = InputFile {
        path: "rows.csv".to_owned(),
        bytes: calls * 40,
        hash: String::new(),
    };
    Header {
        format: FORMAT,
        run: String::new(),
        tool: String::new(),
        created: Timestamp::UNIX_EPOCH,
        inputs: vec![input],
        target: Target {
            endpoint: String::new(),
            sdk_app_id: 1,
            identifier: String::new(),
            world: None,
        },
        options: Reading::default(),
        rows: calls,
        tally: crate::record::Tally::default(),
        calls,
    }
}

/// The gate before every call, at the quota.
#[derive(Debug)]
pub struct Pace(Gate);

impl Pace {
    /// Open from now on; needs a runtime, whose clock may be paused.
    pub fn new() -> Self {
        let limit = Limit::new(Limit::QUOTA).expect("the quota is allowed");
        Self(Gate::new(limit, Instant::now()))
    }

    /// Waits for so many permits.
    pub async fn permits(&mut self, number: u32) {
        for _ in 0..number {
            let now = loop {
                let now = Instant::now();
                match self.0.due(now) {
                    Some(due) if due > now => sleep_until(due).await,
                    Some(_) | None => break now,
                }
            };
            let permit = self.0.sent(now);
            self.0.departed(permit, now);
        }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::new()
    }
}

fn written(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("there is a directory for temporary files");
    file.write_all(bytes).expect("there is room on the disk");
    file
}

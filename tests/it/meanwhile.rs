//! An input that changes while it is imported: what is sent of it, what is told, and the way on.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::import::adds_up;
use crate::support::{Checkpoint, Done, Invocation, Row, Running, Sim, TestEnv, rows, until};

/// Rows with notes as long as a kilobyte, which no compression makes short: few are in a piece.
fn csv(rows: &[Row]) -> String {
    let note = |row: &Row| {
        let mut state = u64::from(row.count) + 1;
        let mut letter = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            char::from(b'a' + u8::try_from((state >> 33) % 26).unwrap())
        };
        (0..1000).map(|_| letter()).collect::<String>()
    };
    let line = |row: &Row| format!("{},{},{},{}\n", row.group, row.member, row.count, note(row));
    rows.iter().map(line).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap()
}

fn whole(rows: &[Row]) -> String {
    format!("group_id,member_account,unread_num,note\n{}", csv(rows))
}

/// An import under way, of an input of many pieces.
struct UnderWay {
    env: TestEnv,
    sim: Sim,
    planned: Vec<Row>,
    input: PathBuf,
    log: Checkpoint,
    session: Option<Running>,
}

impl UnderWay {
    /// Starts it with `content` as `name`, of which `planned` are the rows, and waits for outcomes.
    fn start(name: &str, planned: Vec<Row>, content: impl AsRef<[u8]>) -> Self {
        let env = TestEnv::new();
        let world = env.write("world.csv", whole(&rows(1000)));
        let sim = Sim::start(&env, &world, "");
        let input = env.write(name, content);
        let log = Checkpoint::new(&env, "run.jsonl");
        let mut under_way = Self {
            env,
            sim,
            planned,
            input,
            log,
            session: None,
        };
        let session = under_way.import("--output json").start();
        until("rows are settled", || {
            (under_way.log.outcomes() > 20).then_some(())
        });
        under_way.session = Some(session);
        under_way
    }

    fn import(&self, options: &str) -> Invocation {
        let import = self.sim.import(&self.env, &self.input);
        import.args("--checkpoint run.jsonl").args(options)
    }

    fn end(&mut self) -> Done {
        self.session.take().unwrap().wait().exits(5)
    }

    /// The checkpoint opens, adds up, and the rows of `after` are there in the end.
    fn goes_on_with(&self, after: &[Row], options: &str) {
        let status = self.env.command(["status"]).arg(&self.log.path);
        drop(status.run().exits(0));
        let result = Sim::resume(&self.env, &self.log.path).args(options).json(0);
        adds_up(&result);
        assert_eq!(result["calls"]["planned"], after.len());
        self.sim.holds(after, 1);
    }
}

fn append(path: &Path, bytes: &[u8]) {
    let file = OpenOptions::new().append(true).open(path);
    file.unwrap().write_all(bytes).unwrap();
}

#[test]
fn rows_that_are_appended_wait_for_a_yes_of_their_own_and_are_counted() {
    for name in ["in.csv", "in.csv.gz"] {
        let all = rows(460);
        let (planned, more) = all.split_at(400);
        let packed = |text: &str| match name {
            "in.csv" => text.as_bytes().to_vec(),
            _ => gzip(text),
        };
        let mut under_way = UnderWay::start(name, planned.to_vec(), packed(&whole(planned)));
        append(&under_way.input, &packed(&csv(more)));
        let done = under_way.end().says(&[
            &format!("{name}` grew while it was being imported; 60 rows came"),
            "--changed-input",
        ]);
        let result = done.json();
        adds_up(&result);
        assert_eq!(result["outcome"], "stopped");
        assert_eq!(result["reason"]["kind"], "input_changed");
        assert_eq!(result["calls"]["succeeded"], 400, "{result}");
        assert_eq!(result["calls"]["remaining"], 0);
        under_way.sim.holds(&under_way.planned, 1);
        assert_eq!(
            under_way
                .sim
                .unread()
                .values()
                .map(|held| held.calls)
                .sum::<u64>(),
            400
        );
        under_way.goes_on_with(&all, "--changed-input");
    }
}

#[test]
fn a_last_row_that_may_be_half_a_row_is_not_sent_once_the_file_goes_on() {
    let mut planned = rows(400);
    planned[399].count = 12;
    // The count stands at the end of each line.
    let text = whole(&planned);
    let turned = text.lines().map(|line| {
        let (row, note) = line.rsplit_once(',').unwrap();
        format!("{note},{row}\n")
    });
    let content = turned.collect::<String>().trim_end().to_owned();
    assert!(content.ends_with(",12"));
    let mut under_way = UnderWay::start("in.csv", planned.clone(), content);
    append(&under_way.input, b"3\n");
    let done = under_way.end().says(&["no line end", "was not sent"]);
    let result = done.json();
    assert_eq!(result["calls"]["succeeded"], 399, "{result}");
    assert_eq!(result["calls"]["remaining"], 1);
    planned[399].count = 123;
    under_way.goes_on_with(&planned, "--changed-input");
}

/// What is done to the input, and what the message says.
type Change = (&'static str, fn(&Path, &[u8]), &'static str);

const CHANGES: [Change; 4] = [
    (
        "rewritten in place, its time set back",
        rewrite,
        "changed while it was being imported",
    ),
    ("cut short", cut, "was cut short"),
    (
        "replaced by another file",
        replace,
        "changed while it was being imported",
    ),
    ("emptied", empty, "was cut short"),
];

fn rewrite(path: &Path, _: &[u8]) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    let before = file.metadata().unwrap();
    file.write_all_at(b"#####", before.len() * 3 / 4).unwrap();
    file.set_modified(before.modified().unwrap()).unwrap();
    assert_eq!(file.metadata().unwrap().len(), before.len());
}

fn cut(path: &Path, _: &[u8]) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    let bytes = file.metadata().unwrap().len();
    file.set_len(bytes * 3 / 4).unwrap();
}

fn replace(path: &Path, other: &[u8]) {
    let new = path.with_extension("new");
    fs::write(&new, other).unwrap();
    fs::rename(&new, path).unwrap();
}

fn empty(path: &Path, _: &[u8]) {
    fs::write(path, b"").unwrap();
}

#[test]
fn a_change_is_found_before_its_rows_are_sent_and_both_ways_on_work() {
    let planned = rows(400);
    let mut other = planned.clone();
    for row in &mut other {
        row.count += 1;
    }
    for (what, change, words) in CHANGES {
        let mut under_way = UnderWay::start("in.csv", planned.clone(), whole(&planned));
        let before = fs::read(&under_way.input).unwrap();
        change(&under_way.input, whole(&other).as_bytes());
        let done = under_way
            .end()
            .says(&[words, "im-unread resume", "--changed-input"]);
        let result = done.json();
        adds_up(&result);
        assert_eq!(result["reason"]["kind"], "input_changed", "{what}");
        assert!(
            result["calls"]["remaining"].as_u64() > Some(50),
            "{what}: {result}"
        );
        assert_eq!(under_way.log.calls(&under_way.env)["in_doubt"], 0, "{what}");
        for row in &planned {
            let held = under_way.sim.unread()[&(row.group.clone(), row.member.clone())];
            assert!(
                held.calls == 0 || held.count == row.count,
                "{what}: {row:?} {held:?}"
            );
        }
        // The input as it is now belongs to another import until somebody says otherwise.
        if what != "emptied" {
            drop(
                Sim::resume(&under_way.env, &under_way.log.path)
                    .run()
                    .exits(5),
            );
        }
        // The former one back in its place goes on.
        fs::write(&under_way.input, before).unwrap();
        under_way.goes_on_with(&planned, "");
    }
}

#[test]
fn a_replaced_input_goes_on_as_what_it_is_now_if_that_is_said() {
    let planned = rows(400);
    let other: Vec<Row> = planned.iter().rev().cloned().collect();
    let mut under_way = UnderWay::start("in.csv", planned.clone(), whole(&planned));
    replace(&under_way.input, whole(&other).as_bytes());
    drop(under_way.end());
    under_way.goes_on_with(&other, "--changed-input");
}

/// What was compressed is copied before the first row is sent; the file is watched all the same.
#[test]
fn a_compressed_input_that_is_replaced_stops_the_import_too() {
    let planned = rows(400);
    let mut under_way = UnderWay::start("in.csv.gz", planned.clone(), gzip(&whole(&planned)));
    let before = fs::read(&under_way.input).unwrap();
    replace(&under_way.input, &gzip(&whole(&planned[..300])));
    let done = under_way
        .end()
        .says(&["in.csv.gz` ", " while it was being imported"]);
    assert!(done.json()["calls"]["remaining"].as_u64() > Some(50));
    fs::write(&under_way.input, before).unwrap();
    under_way.goes_on_with(&planned, "");
}

/// A resume reads the input anew, and its second pass is as wary as that of the first session.
#[test]
fn a_session_that_resumes_finds_a_change_as_well() {
    let planned = rows(600);
    let mut under_way = UnderWay::start("in.csv", planned.clone(), whole(&planned));
    drop(under_way.session.take().unwrap().kill().was_killed());
    let before = under_way.log.outcomes();
    let session = Sim::resume(&under_way.env, &under_way.log.path).start();
    until("rows are settled", || {
        (under_way.log.outcomes() > before + 20).then_some(())
    });
    rewrite(&under_way.input, &[]);
    drop(
        session
            .wait()
            .exits(5)
            .says(&["changed while it was being imported"]),
    );
}

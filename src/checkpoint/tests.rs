//! The log under every cut, every flipped bit and every failing write.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;

use super::*;
use crate::settings::Reading;
use crate::storage::{LogFile, Tail, encode};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn header() -> Header {
    Header {
        format: FORMAT,
        run: "00ff".into(),
        tool: "0.1.0".into(),
        created: at(0),
        inputs: vec![Input {
            path: "in.csv".into(),
            bytes: 120,
            hash: "ab".into(),
        }],
        target: Target {
            endpoint: "https://console.tim.qq.com".into(),
            sdk_app_id: 1_400_000_001,
            identifier: "administrator".into(),
            world: None,
        },
        options: Reading::default(),
        rows: 9,
        calls: 8,
        tally: crate::record::Tally::default(),
    }
}

fn outcome(row: u64, status: Status, code: i64) -> Entry<'static> {
    Entry::Outcome(Outcome {
        row,
        status,
        group_id: "@TGS#2CLUZEAEJ".into(),
        member_account: "bob \"b\" é".into(),
        unread_num: if status == Status::Rejected {
            Count::Raw("n/a".into())
        } else {
            Count::Number(5)
        },
        group_type: (status == Status::Rejected).then(|| "ChatRoom".into()),
        code,
        info: "line\nbreak".into(),
        attempts: 1,
        at: at(3),
        ms: 12,
    })
}

fn session(event: SessionEvent, admitted: u64) -> Entry<'static> {
    Entry::Session(Session {
        event,
        at: at(1),
        admitted,
        reason: None,
        resume: Vec::new(),
    })
}

/// A log of two sessions: 4 of 8 calls settled, one of them twice, one row rejected.
fn entries() -> Vec<Entry<'static>> {
    vec![
        session(SessionEvent::Started, 0),
        Entry::Admitted {
            overwrites: Vec::new(),
            calls: 6,
            at: at(2),
        },
        outcome(1, Status::Succeeded, 0),
        outcome(2, Status::Failed, 10010),
        outcome(4, Status::Rejected, 0),
        outcome(3, Status::Exhausted, -1),
        session(SessionEvent::Interrupted, 5),
        session(SessionEvent::Started, 5),
        outcome(3, Status::Succeeded, 0),
        outcome(5, Status::Exhausted, 10002),
    ]
}

fn bytes(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(&Entry::Header(header()), &mut bytes).unwrap();
    for entry in entries {
        encode(entry, &mut bytes).unwrap();
    }
    bytes
}

fn lines(content: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', content).count()
}

fn written(directory: &Path, content: &[u8]) -> PathBuf {
    let path = directory.join("log.jsonl");
    fs::write(&path, content).unwrap();
    path
}

#[test]
fn a_line_is_json_with_a_fixed_order_and_its_checksum_at_the_end() {
    let mut line = Vec::new();
    encode(&outcome(18, Status::Succeeded, 0), &mut line).unwrap();
    let text = String::from_utf8(line).unwrap();
    assert!(
        text.starts_with(r#"{"row":18,"status":"succeeded","group_id":"@TGS#2CLUZEAEJ","#),
        "{text}"
    );
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let (content, _) = text.split_once(",\"crc\":").unwrap();
    assert_eq!(
        value["crc"],
        format!("{:08x}", crc32c::crc32c(content.as_bytes()))
    );
    assert_eq!(
        text.lines().count(),
        1,
        "a line break in a value must not break the line"
    );
}

#[test]
fn every_kind_of_line_reads_back_as_it_was_written() {
    for entry in entries() {
        let mut line = Vec::new();
        encode(&entry, &mut line).unwrap();
        line.pop();
        assert_eq!(entry::decode(&line).unwrap(), entry);
    }
}

#[test]
fn the_numbers_of_a_log_add_up_to_the_plan() {
    let directory = tempfile::tempdir().unwrap();
    let scanned = scan(&written(directory.path(), &bytes(&entries()))).unwrap();
    let counts = scanned.ledger.counts();
    assert_eq!(
        counts,
        Counts {
            calls: 8,
            succeeded: 2,
            failed: 1,
            exhausted: 1,
            in_doubt: 1,
            never_sent: 3,
            rejected: 1
        }
    );
    assert_eq!(
        scanned
            .ledger
            .failures_by_code()
            .into_iter()
            .collect::<Vec<_>>(),
        [(10002, 1), (10010, 1)]
    );
    assert_eq!(scanned.ledger.sessions(), 2);
    assert!(!scanned.ledger.ended_in_order());
}

#[test]
fn a_log_cut_at_any_byte_opens_with_all_its_whole_lines_or_says_it_has_no_header() {
    let content = bytes(&entries());
    let header_length = content.iter().position(|&byte| byte == b'\n').unwrap();
    let directory = tempfile::tempdir().unwrap();
    for length in 0..=content.len() {
        let path = written(directory.path(), &content[..length]);
        let opened = Log::open(&path);
        if length < header_length {
            assert!(
                matches!(opened, Err(Error::NotACheckpoint { .. })),
                "cut at {length}: {opened:?}"
            );
            continue;
        }
        let (mut log, scanned) = opened.unwrap_or_else(|error| panic!("cut at {length}: {error}"));
        let whole = lines(&content[..length]);
        let unterminated = scanned.tail == Tail::Unterminated;
        let rows = entries()
            .into_iter()
            .take(whole.saturating_sub(1) + usize::from(unterminated));
        let mut expected = Ledger::new(header());
        for entry in rows {
            expected.apply(&entry).unwrap();
        }
        if !(unterminated && whole == 0) {
            assert_eq!(
                scanned.ledger.counts(),
                expected.counts(),
                "cut at {length}"
            );
        }
        log.append(&outcome(9, Status::Succeeded, 0)).unwrap();
        drop(log);
        let again =
            scan(&path).unwrap_or_else(|error| panic!("cut at {length}, then appended: {error}"));
        assert!(
            again.ledger.is_done(9, false),
            "cut at {length}: the next line stands by itself"
        );
    }
}

#[test]
fn any_flipped_bit_is_found_and_named_by_its_line() {
    let content = bytes(&entries());
    let directory = tempfile::tempdir().unwrap();
    for place in 0..content.len() {
        let line = 1 + lines(&content[..place]) as u64;
        for bit in 0..8 {
            let mut flipped = content.clone();
            flipped[place] ^= 1 << bit;
            let found = match scan(&written(directory.path(), &flipped)) {
                Err(Error::Damaged { line, .. } | Error::OutOfPlace { line, .. }) => line,
                Err(Error::NotACheckpoint { .. } | Error::Newer { .. }) => 1,
                other => panic!("bit {bit} of byte {place} passed: {other:?}"),
            };
            assert_eq!(found, line, "bit {bit} of byte {place}");
        }
    }
}

#[test]
fn a_newer_format_is_refused_and_not_misread() {
    let mut newer = header();
    newer.format = FORMAT + 1;
    let mut content = Vec::new();
    encode(&Entry::Header(newer), &mut content).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = written(directory.path(), &content);
    assert!(matches!(
        scan(&path),
        Err(Error::Newer {
            found: 2,
            newest: 1,
            ..
        })
    ));
}

#[test]
fn rows_and_calls_that_the_plan_does_not_have_are_out_of_place() {
    for entry in [
        outcome(10, Status::Succeeded, 0),
        outcome(0, Status::Failed, 1),
        Entry::Admitted {
            overwrites: Vec::new(),
            calls: 9,
            at: at(0),
        },
    ] {
        let directory = tempfile::tempdir().unwrap();
        let path = written(directory.path(), &bytes(&[entry]));
        assert!(matches!(
            scan(&path),
            Err(Error::OutOfPlace { line: 2, .. })
        ));
    }
}

#[test]
fn the_file_is_private_and_has_one_writer() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.jsonl");
    let log = Log::create(&path, header()).unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(matches!(Log::open(&path), Err(Error::Locked { .. })));
    assert!(matches!(
        Log::create(&path, header()),
        Err(Error::Exists { .. })
    ));
    drop(log);
    assert!(Log::open(&path).is_ok());
}

/// A file whose operation number `fail_at` fails; with `half`, after writing half of the line.
#[derive(Debug)]
struct Failing {
    disk: PathBuf,
    operations: AtomicUsize,
    fail_at: usize,
    half: bool,
}

impl LogFile for Failing {
    fn append(&self, line: &[u8]) -> io::Result<()> {
        use std::io::Write as _;
        let mut file = fs::OpenOptions::new().append(true).open(&self.disk)?;
        if self.operations.fetch_add(1, Ordering::Relaxed) == self.fail_at {
            if self.half {
                file.write_all(&line[..line.len() / 2])?;
            }
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        file.write_all(line)
    }

    fn sync(&self) -> io::Result<()> {
        if self.operations.fetch_add(1, Ordering::Relaxed) == self.fail_at {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        Ok(())
    }
}

#[test]
fn whichever_operation_fails_the_log_opens_again_with_all_that_was_acknowledged() {
    let all = entries();
    for fail_at in 0..=2 * all.len() {
        for half in [false, true] {
            let directory = tempfile::tempdir().unwrap();
            let path = written(directory.path(), &bytes(&[]));
            let file = Failing {
                disk: path.clone(),
                operations: AtomicUsize::new(0),
                fail_at,
                half,
            };
            let mut log = Log::new(&path, file);
            let mut acknowledged = 0;
            for entry in &all {
                if log.append(entry).is_err() {
                    assert!(log.is_broken());
                    break;
                }
                acknowledged += 1;
                if log.sync_now().is_err() {
                    assert!(log.is_broken() && log.append(entry).is_err());
                    break;
                }
            }
            let mut expected = Ledger::new(header());
            for entry in all.iter().take(acknowledged) {
                expected.apply(entry).unwrap();
            }
            let scanned = scan(&path).unwrap();
            assert_eq!(
                scanned.ledger.counts(),
                expected.counts(),
                "operation {fail_at}, half: {half}"
            );
            assert!(Log::open(&path).is_ok());
        }
    }
}

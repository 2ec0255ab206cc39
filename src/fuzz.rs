//! Doors for fuzz targets: each function takes any bytes at all and checks what must hold for all
//! of them. It panics when something does not. No part of what the library promises.

use std::collections::BTreeSet;
use std::io::Write as _;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use secrecy::SecretString;
use tempfile::NamedTempFile;

use crate::checkpoint::{Counts, Log, scan, visit};
use crate::plan::Policy;
use crate::record::Severity;
use crate::run::{Calls, Step, survey};
use crate::settings::Format;
use crate::settings::OnDuplicate;
use crate::source::{Digest, InputPath, Inputs, Options};
use crate::storage::Tail;
use crate::tencent::usersig::{inspect, verify};
use crate::tencent::{Verdict, judge};

/// A checkpoint that claims more rows than this is not opened here: its bitmap alone would be
/// what the run measures.
const MOST_ROWS: u64 = 1 << 24;

/// A CSV: both passes over it.
pub fn csv(bytes: &[u8]) {
    input(bytes, Format::Csv);
}

/// JSON Lines: both passes over it.
pub fn jsonl(bytes: &[u8]) {
    input(bytes, Format::Jsonl);
}

/// A JSON array or documents: both passes over it.
pub fn json(bytes: &[u8]) {
    input(bytes, Format::Json);
}

/// Whatever it is taken for: both passes over it.
pub fn sniffed(bytes: &[u8]) {
    input(bytes, Format::Auto);
}

/// A checkpoint as it is, and with checksums that hold, so that what is behind them is reached.
pub fn checkpoint(bytes: &[u8]) {
    log(bytes, true);
    log(&with_checksums(bytes), false);
}

/// An answer: a status, `Retry-After` up to the end of the line, and a body.
pub fn answer(bytes: &[u8]) {
    let (head, body) = match bytes.iter().position(|&byte| byte == b'\n') {
        Some(end) => bytes.split_at(end),
        None => (bytes, [].as_slice()),
    };
    let (status, wait) = head.split_at(head.len().min(3));
    let status = StatusCode::from_bytes(status).unwrap_or(StatusCode::OK);
    let mut headers = HeaderMap::new();
    if let Ok(wait) = HeaderValue::from_bytes(wait) {
        headers.insert(header::RETRY_AFTER, wait);
    }
    let verdict = judge(status, &headers, body, Timestamp::UNIX_EPOCH);
    if verdict == Verdict::Succeeded {
        assert_eq!(status, StatusCode::OK);
        // Text that nobody reads may be no text at all, which only the strict reader minds.
        if let Ok(value) = serde_json::from_slice::<serde_json::Value>(body) {
            let code = value.get("ErrorCode").and_then(serde_json::Value::as_i64);
            assert_eq!(code, Some(0));
        }
    }
    let shown = match verdict {
        Verdict::Succeeded => String::new(),
        Verdict::Unreachable(failure) => failure.to_string(),
        Verdict::Row(refusal)
        | Verdict::Retry(refusal)
        | Verdict::RetryOnce { refusal, .. }
        | Verdict::RateLimited { refusal, .. }
        | Verdict::CredentialExpired(refusal)
        | Verdict::Fatal(refusal)
        | Verdict::Bug(refusal) => refusal.info,
    };
    assert!(shown.len() < 2_000 && !shown.contains(char::is_control));
}

/// A UserSig: nobody is told what is in it unless it reads, and no key of ours made it.
pub fn user_sig(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(error) = inspect(&text) {
        assert!(text.len() < 20 || !error.to_string().contains(&*text));
    }
    let key = SecretString::from("a key that made none of these");
    assert!(verify(&text, &key).is_err());
}

/// The bytes as a file.
fn written(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("there is a directory for temporary files");
    file.write_all(bytes)
        .expect("there is room for a small file");
    file
}

fn input(bytes: &[u8], format: Format) {
    let file = written(bytes);
    let options = Options {
        format,
        ..Options::default()
    };
    let path = InputPath::File(file.path().to_owned());
    let Ok(inputs) = Inputs::open(&[path], &options) else {
        return;
    };
    for on_duplicate in [OnDuplicate::Error, OnDuplicate::Sum] {
        let skip_zero = on_duplicate == OnDuplicate::Sum;
        passes(
            &inputs,
            bytes,
            Policy {
                on_duplicate,
                skip_zero,
            },
        );
    }
}

/// Whether the bytes are read as they are, so that places in the input are places in them.
fn in_place(inputs: &Inputs) -> bool {
    inputs.notes().all(|note| !note.copied)
}

/// The first pass and the second agree on what is sent and what is refused.
fn passes(inputs: &Inputs, bytes: &[u8], policy: Policy) {
    let mut faulty = BTreeSet::new();
    let in_place = in_place(inputs);
    let surveyed = survey(inputs, policy, &std::env::temp_dir(), &mut |finding| {
        let location = finding.location;
        assert!(location.line >= 1 && (!in_place || location.byte < bytes.len() as u64));
        if finding.problem.code.severity() == Severity::Error {
            faulty.insert(location.row);
        }
    });
    let Ok(survey) = surveyed else {
        return;
    };
    let rows = survey.plan.rows;
    assert_eq!(rows.valid + rows.invalid, rows.read);
    let accounted = rows.invalid + rows.duplicates + rows.skipped + survey.plan.calls;
    assert_eq!(accounted, rows.read);
    let hash = blake3::hash(bytes).to_hex().to_string();
    let read =
        |digest: &Digest| digest.content.bytes == bytes.len() as u64 && digest.content.hash == hash;
    assert!(!in_place || survey.digests.iter().all(read));
    let mut calls = Calls::new(inputs, &survey).expect("the first pass ended well");
    let mut sent = 0;
    let mut pairs = BTreeSet::new();
    let mut refused = BTreeSet::new();
    while let Some(step) = calls.next().expect("nobody changed the file") {
        match step {
            Step::Call(call) => {
                sent += 1;
                let pair = (call.group_id.to_owned(), call.member_account.to_owned());
                assert!(pairs.insert(pair), "two calls for one member");
                assert!(!policy.skip_zero || call.unread_num > 0);
            }
            Step::Rejected { location, .. } => {
                refused.insert(location.row);
            }
            Step::Withheld { .. } => unreachable!("these rows are not to be sent"),
        }
    }
    assert_eq!(sent, survey.plan.calls);
    assert_eq!(refused.len() as u64, rows.invalid);
    assert_eq!(refused, faulty);
}

/// A log that opens adds up and can be appended to. One whose checksums were not made up reads the
/// same line by line: a scan takes a line of success at its checksum's word.
fn log(bytes: &[u8], genuine: bool) {
    let file = written(bytes);
    if claims_too_much(bytes) {
        return;
    }
    let Ok(scanned) = scan(file.path()) else {
        return;
    };
    assert!(scanned.end <= bytes.len() as u64);
    let counts = scanned.ledger.counts();
    adds_up(counts);
    let visited = visit::<crate::checkpoint::Error>(file.path(), |_| Ok(()));
    assert!(
        visited.is_ok() || !genuine,
        "a scan accepts it: {visited:?}"
    );
    let (log, opened) = Log::open(file.path()).expect("what can be read can be continued");
    drop(log);
    assert_eq!(opened.ledger.counts(), counts);
    let again = scan(file.path()).expect("opening mends the end and nothing else");
    assert_eq!((again.ledger.counts(), again.tail), (counts, Tail::Clean));
}

fn adds_up(counts: Counts) {
    let parts = [
        counts.succeeded,
        counts.failed,
        counts.exhausted,
        counts.in_doubt,
        counts.never_sent,
    ];
    assert_eq!(parts.iter().sum::<u64>(), counts.calls, "{counts:?}");
}

fn claims_too_much(bytes: &[u8]) -> bool {
    let header = bytes
        .split(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default();
    serde_json::from_slice::<serde_json::Value>(header).is_ok_and(|header| {
        let claim = |key: &str| header.get(key).and_then(serde_json::Value::as_u64);
        claim("rows").max(claim("calls")) > Some(MOST_ROWS)
    })
}

/// Every line that ends in a checksum, with the one that its bytes give.
fn with_checksums(bytes: &[u8]) -> Vec<u8> {
    let mut signed = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let member = memchr::memmem::rfind(line, b",\"crc\":\"");
        match member.and_then(|at| line.get(..at)) {
            Some(content) => {
                signed.extend_from_slice(content);
                let crc = crc32c::crc32c(content);
                signed.extend_from_slice(format!(",\"crc\":\"{crc:08x}\"}}\n").as_bytes());
            }
            None => signed.extend_from_slice(line),
        }
    }
    signed
}

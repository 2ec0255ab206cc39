//! The engine by hand: what it commands for what it is told.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::*;
use crate::checkpoint::{self, Counts, Entry, Header, Input, Ledger, Overwritten, Target};
use crate::delivery::{AttemptError, ConcurrencyLimit, Limit, NoAnswer, Patience};
use crate::operation::{Answer, Operation, RowVerdict};
use crate::signals::Signal;
use crate::stop_reason::Refusal;

mod world;

#[derive(Debug, thiserror::Error)]
#[error("the input is unreadable")]
struct Unreadable;

impl InputFailure for Unreadable {
    fn word(&self) -> &'static str {
        "unreadable_input"
    }
}

/// An engine, a present, and what it commanded.
struct Hand {
    engine: Engine<Unreadable>,
    now: Now,
    log: Vec<Entry<'static>>,
    sent: Vec<Departure>,
    syncs: u64,
    ended: bool,
}

fn settings() -> Settings {
    let limit = Limit::new(200).unwrap();
    Settings {
        limit,
        concurrency: ConcurrencyLimit::fixed(limit, 1_000),
        patience: Patience {
            max_attempts: 3,
            outage_limit: Duration::from_mins(15),
            early_stop: None,
            max_failures: None,
        },
        retry_failed: false,
        resume: Vec::new(),
    }
}

fn header(rows: u64) -> Header {
    Header {
        format: checkpoint::FORMAT,
        run: "1".into(),
        tool: "t".into(),
        created: Timestamp::UNIX_EPOCH,
        inputs: vec![Input {
            path: "in.csv".into(),
            bytes: 1 << 20,
            hash: "h".into(),
        }],
        target: Target {
            endpoint: "e".into(),
            sdk_app_id: 1,
            identifier: "a".into(),
            world: None,
        },
        options: crate::settings::Reading::default(),
        rows,
        calls: rows,
        tally: crate::record::Tally::default(),
    }
}

impl Hand {
    /// An import of so many planned rows.
    fn new(rows: u64) -> Self {
        Self::on(Ledger::new(header(rows)))
    }

    /// A session on a log that says this.
    fn on(ledger: Ledger) -> Self {
        let now = Now {
            at: Instant::now(),
            wall: Timestamp::UNIX_EPOCH,
        };
        Self {
            engine: Engine::new(settings(), ledger, now.at, 1, now),
            now,
            log: Vec::new(),
            sent: Vec::new(),
            syncs: 0,
            ended: false,
        }
    }

    /// Tells it rows of groups of ten.
    fn read(&mut self, rows: std::ops::RangeInclusive<u64>) {
        for row in rows {
            let (group, member) = (format!("g{}", row / 10), format!("m{row}"));
            self.engine.planned(row, (&group, &member), 7);
        }
    }

    /// Carries out what is commanded until it waits, reads or ends.
    fn carry_out(&mut self) {
        for _ in 0..10_000 {
            match self.engine.next(self.now) {
                Command::Append(entry) => self.log.push(entry),
                Command::Report(_) => {}
                Command::Sync => {
                    self.syncs += 1;
                    return;
                }
                Command::Send(departure) => {
                    self.engine
                        .departed(departure.call().operation, self.now.at);
                    self.sent.push(departure);
                }
                Command::Read | Command::Wait(_) => return,
                Command::End => {
                    self.ended = true;
                    return;
                }
            }
        }
        panic!("it commands without end");
    }

    fn synced(&mut self) {
        self.engine.synced(Ok(()));
        self.carry_out();
    }

    /// Answers the call that was sent first.
    fn answer(&mut self, answer: Answer) {
        let departure = self.sent.remove(0);
        self.engine.answered(departure, answer, self.now);
        self.carry_out();
    }

    fn outcomes(&self) -> usize {
        let outcome = |entry: &&Entry<'_>| matches!(entry, Entry::Outcome(_));
        self.log.iter().filter(outcome).count()
    }

    fn end(self) -> (Result<End, Error<Unreadable>>, Counts) {
        assert!(self.ended);
        let (end, ledger) = self.engine.into_end();
        (end, ledger.counts())
    }
}

#[test]
fn no_call_leaves_before_the_line_that_admits_it_is_on_disk() {
    let mut hand = Hand::new(3);
    hand.carry_out();
    hand.read(1..=3);
    hand.engine.input_ended();
    hand.synced();
    let admitted = |entry: &Entry<'_>| matches!(entry, Entry::Admitted { calls: 3, .. });
    assert!(hand.log.iter().any(admitted), "{:?}", hand.log);
    hand.carry_out();
    assert!(hand.sent.is_empty(), "the line is not on disk yet");
    assert_eq!(hand.syncs, 2);
    hand.synced();
    assert_eq!(hand.sent.len(), 1, "the first call goes alone");
    hand.answer(Ok(vec![RowVerdict::Succeeded]));
    assert_eq!(hand.outcomes(), 1);
}

#[test]
fn a_row_beyond_the_plan_is_refused_before_anything_of_it_is_written_or_sent() {
    for row in [4, 5_000_000] {
        let mut hand = Hand::new(3);
        hand.carry_out();
        hand.synced();
        hand.read(1..=3);
        hand.engine.planned(row, ("g", "m"), 1);
        for _ in 0..10 {
            hand.carry_out();
            if hand.engine.next(hand.now) != Command::End {
                hand.engine.synced(Ok(()));
            }
        }
        hand.ended = true;
        assert!(hand.sent.is_empty());
        assert_eq!(hand.outcomes(), 0);
        assert!(matches!(hand.end().0, Err(Error::BeyondPlan(_))));
    }
}

#[test]
fn a_failed_sync_ends_the_session_and_nothing_more_is_written() {
    let mut hand = Hand::new(3);
    hand.carry_out();
    let lines = hand.log.len();
    hand.engine.synced(Err(checkpoint::Error::Sync {
        path: "log".into(),
        source: std::io::Error::other("the disk is gone"),
    }));
    hand.carry_out();
    assert_eq!(hand.log.len(), lines);
    assert!(matches!(hand.end().0, Err(Error::Checkpoint(_))));
}

#[test]
fn the_first_signal_waits_for_answers_and_the_second_does_not() {
    for signals in [1, 2] {
        let mut hand = Hand::new(5);
        hand.carry_out();
        hand.read(1..=5);
        hand.synced();
        hand.synced();
        assert_eq!(hand.sent.len(), 1);
        for _ in 0..signals {
            hand.engine.signal(Signal::Interrupt);
        }
        hand.carry_out();
        if signals == 1 {
            hand.synced();
            assert!(!hand.ended, "one call is in flight");
            hand.answer(Ok(vec![RowVerdict::Succeeded]));
        }
        for _ in 0..3 {
            hand.synced();
        }
        let (end, counts) = hand.end();
        assert_eq!(end.unwrap(), End::Interrupted(Signal::Interrupt));
        assert_eq!(counts.in_doubt, signals - 1);
        assert_eq!(counts.succeeded + counts.in_doubt + counts.never_sent, 5);
    }
}

#[test]
fn a_row_may_fail_alone_or_continue_as_another_operation() {
    let mut hand = Hand::new(1);
    hand.carry_out();
    hand.read(1..=1);
    hand.engine.input_ended();
    hand.synced();
    hand.synced();
    assert_eq!(hand.sent[0].call().operation, Operation::FIRST);
    hand.answer(Ok(vec![RowVerdict::ContinueAs(Operation::Other)]));
    assert_eq!(hand.outcomes(), 0, "the row is not settled yet");
    assert_eq!(hand.sent[0].call().operation, Operation::Other);
    let refusal = Refusal {
        code: 10010,
        info: "no such group".into(),
    };
    hand.answer(Ok(vec![RowVerdict::Failed(refusal)]));
    for _ in 0..3 {
        hand.synced();
    }
    let (end, counts) = hand.end();
    assert_eq!(end.unwrap(), End::Completed);
    assert_eq!(counts.failed, 1);
}

#[test]
fn an_input_that_grew_is_imported_as_planned_and_then_reported() {
    let mut hand = Hand::new(1);
    hand.carry_out();
    hand.read(1..=1);
    hand.engine.input_grew(Unreadable);
    hand.synced();
    hand.synced();
    hand.answer(Ok(vec![RowVerdict::Succeeded]));
    for _ in 0..3 {
        hand.synced();
    }
    let (end, counts) = hand.end();
    assert!(matches!(end, Err(Error::Input(Unreadable))));
    assert_eq!(counts.succeeded, 1);
}

#[test]
fn calls_that_are_not_admitted_yet_may_be_of_another_group() {
    let mut hand = Hand::new(15);
    hand.carry_out();
    hand.read(1..=9);
    hand.synced();
    hand.synced();
    while !hand.sent.is_empty() {
        hand.answer(Err(AttemptError::NoAnswer(NoAnswer {
            info: "HTTP status 403".into(),
            status: Some(403),
            retry_after: None,
        })));
        hand.now.at += Duration::from_secs(1);
        hand.carry_out();
    }
    hand.read(10..=15);
    hand.engine.input_ended();
    for _ in 0..5 {
        // The line that admits the calls of the second group is written, and not on disk.
        hand.carry_out();
        hand.now.at += Duration::from_secs(1);
    }
    assert_eq!(hand.engine.end.as_ref().map(Result::is_ok), None);
    hand.synced();
    let first = hand.sent.first().map(|sent| sent.call().rows[0].row);
    assert_eq!(
        first,
        Some(10),
        "a call of another group tells what it means"
    );
}

#[test]
fn a_call_that_was_admitted_before_is_not_named_once_more_behind_its_outcome() {
    let mut rows = crate::storage::Bitmap::default();
    rows.insert(1);
    let mut ledger = Ledger::new(header(3));
    let now = Timestamp::UNIX_EPOCH;
    let admitted = Entry::Admitted {
        calls: 1,
        at: now,
        overwrites: vec![Overwritten::new(1, "g0", "m1")],
    };
    let replaced = Entry::Replaced(checkpoint::Replaced {
        at: now,
        inputs: ledger.header().inputs.clone(),
        rows: 3,
        calls: 3,
        succeeded: crate::storage::Bitmap::default().pack(),
        failed: std::collections::BTreeMap::default(),
        overwrites: rows.pack(),
        preflight: None,
    });
    ledger.apply(&replaced).unwrap();
    ledger.apply(&admitted).unwrap();
    let mut hand = Hand::on(ledger);
    hand.carry_out();
    hand.read(1..=1);
    hand.synced();
    hand.answer(Ok(vec![RowVerdict::Succeeded]));
    hand.read(2..=3);
    hand.carry_out();
    let named = hand.log.iter().find_map(|entry| match entry {
        Entry::Admitted { overwrites, .. } => Some(overwrites.len()),
        Entry::Header(_) | Entry::Session(_) | Entry::Outcome(_) | Entry::Replaced(_) => None,
    });
    assert_eq!(named, Some(0), "{:?}", hand.log);
}

#[test]
fn a_row_that_failed_under_an_earlier_input_takes_no_call_back_that_left() {
    let mut failed = crate::storage::Bitmap::default();
    failed.insert(2);
    let mut ledger = Ledger::new(header(2));
    let replaced = Entry::Replaced(checkpoint::Replaced {
        at: Timestamp::UNIX_EPOCH,
        inputs: ledger.header().inputs.clone(),
        rows: 2,
        calls: 2,
        succeeded: crate::storage::Bitmap::default().pack(),
        failed: [(10010, failed.pack())].into(),
        overwrites: String::new(),
        preflight: None,
    });
    ledger.apply(&replaced).unwrap();
    let mut hand = Hand::on(ledger);
    hand.engine.settings.retry_failed = true;
    hand.carry_out();
    hand.read(1..=2);
    hand.synced();
    hand.synced();
    hand.answer(Err(AttemptError::no_answer("connection reset")));
    hand.engine.signal(Signal::Interrupt);
    hand.carry_out();
    let closing = hand.log.last();
    let admits_one =
        |entry: &Entry<'_>| matches!(entry, Entry::Session(session) if session.admitted == 1);
    assert!(closing.is_some_and(admits_one), "{closing:?}");
}

/// An import of 5,000 rows that one clock drives to its end, of which those that are sick are never
/// answered.
fn drive(sick: impl Fn(u64) -> bool) -> (Result<End, Error<Unreadable>>, Counts, Duration) {
    let rows = 5_000;
    let mut hand = Hand::new(rows);
    let (mut read, mut last_healthy) = (0, Duration::ZERO);
    let began = hand.now.at;
    while !hand.ended {
        match hand.engine.next(hand.now) {
            Command::Append(_) | Command::Report(_) => {}
            Command::Sync => hand.engine.synced(Ok(())),
            Command::Send(departure) => {
                hand.engine.departed(Operation::FIRST, hand.now.at);
                hand.now.at += Duration::from_millis(1);
                let answer = if sick(departure.call().rows[0].row) {
                    Err(AttemptError::NoAnswer(NoAnswer {
                        info: "HTTP status 504".into(),
                        status: Some(504),
                        retry_after: None,
                    }))
                } else {
                    last_healthy = hand.now.at - began;
                    Ok(vec![RowVerdict::Succeeded])
                };
                hand.engine.answered(departure, answer, hand.now);
            }
            Command::Read => {
                while hand.engine.wants_rows() && read < rows {
                    read += 1;
                    let healthy = format!("g{}", read / 10);
                    let group = if sick(read) { "sick" } else { &healthy };
                    hand.engine.planned(read, (group, &format!("m{read}")), 7);
                }
                if read == rows {
                    hand.engine.input_ended();
                }
            }
            Command::Wait(until) => {
                hand.now.at = until.max(hand.now.at + Duration::from_micros(100));
            }
            Command::End => hand.ended = true,
        }
    }
    let (end, counts) = hand.end();
    (end, counts, last_healthy)
}

/// Which rows are of the sick group.
type Rows = Box<dyn Fn(u64) -> bool>;

#[test]
fn one_sick_group_holds_up_nobody_and_its_rows_end_exhausted() {
    let block = |from: u64| move |row: u64| (from..from + 500).contains(&row);
    let cases: [(&str, Rows); 4] = [
        ("first", Box::new(block(1))),
        ("in the middle", Box::new(block(2_000))),
        ("last", Box::new(block(4_501))),
        ("everywhere", Box::new(|row| row.is_multiple_of(10))),
    ];
    for (place, sick) in cases {
        let (end, counts, last_healthy) = drive(sick);
        assert!(matches!(end, Ok(End::Completed)), "{place}: {end:?}");
        let sums = (counts.succeeded, counts.exhausted, counts.failed);
        assert_eq!(sums, (4_500, 500, 0), "{place}");
        // 4,500 calls take 22.7 s, and 1,500 attempts of the sick ones 7.6 s.
        assert!(
            last_healthy < Duration::from_secs(36),
            "{place}: {last_healthy:?}"
        );
    }
}

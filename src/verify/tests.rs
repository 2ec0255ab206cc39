//! Reading back, whole, against the simulator in process and on a paused clock.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::*;
use crate::checkpoint::{self, Count, Entry, Log, Outcome, Status};
use crate::delivery::Limit;
use crate::delivery::Patience;
use crate::reads::{Api, End, Pace};
use crate::settings::Reading;
use crate::signals::{Signal, Signals};
use crate::simulated::{self, APP, InProcess, KEY, start as now};
use crate::simulator::{Behaviour, QuirkChoice, Simulator, World};
use crate::source::{InputPath, Inputs, Options};
use crate::tencent::Client;

/// A world, and the checkpoint of an import into it.
struct Bench {
    directory: TempDir,
    world: String,
    behaviour: Behaviour,
    tells_unread: bool,
}

/// What a check came to.
struct Ran {
    end: End,
    tally: Tally,
    differences: Vec<Difference>,
    calls: u64,
}

impl Bench {
    /// Set counts are (group, member, count); `world` is the world as it is when they are read
    /// back.
    fn new(world: &str, set: &[(&str, &str, u32)]) -> Self {
        let bench = Self {
            directory: tempfile::tempdir().unwrap(),
            world: world.to_owned(),
            behaviour: Behaviour::default(),
            tells_unread: true,
        };
        let header = checkpoint::Header {
            format: checkpoint::FORMAT,
            run: "1".into(),
            tool: "t".into(),
            created: now(),
            inputs: vec![checkpoint::Input {
                path: "in.csv".into(),
                bytes: 1 << 20,
                hash: "h".into(),
            }],
            target: checkpoint::Target {
                endpoint: "e".into(),
                sdk_app_id: APP,
                identifier: "a".into(),
                world: None,
            },
            options: Reading::default(),
            rows: set.len() as u64,
            calls: set.len() as u64,
            tally: crate::record::Tally::default(),
        };
        let mut log = Log::create(&bench.log(), header).unwrap();
        for (row, &(group, member, unread)) in (1..).zip(set) {
            let outcome = Outcome {
                row,
                status: Status::Succeeded,
                group_id: group.into(),
                member_account: member.into(),
                unread_num: Count::Number(unread),
                group_type: None,
                code: 0,
                info: "".into(),
                attempts: 1,
                at: now(),
                ms: 1,
            };
            log.append(&Entry::Outcome(outcome)).unwrap();
        }
        bench
    }

    fn log(&self) -> PathBuf {
        self.directory.path().join("log.jsonl")
    }

    fn api_client(&self) -> Client<InProcess> {
        let mut options = simulated::options(self.behaviour.clone());
        let tells = if self.tells_unread { "yes" } else { "no" };
        let choice = QuirkChoice::parse(&format!("tells-unread={tells}")).unwrap();
        options.quirks.push(choice);
        let world = World::from_json(self.world.as_bytes()).unwrap();
        let simulator = Arc::new(Simulator::new(options, world));
        simulated::client(&simulator, KEY, now)
    }

    async fn check(&self, way: Way, interrupt_at: Option<u64>) -> Ran {
        let client = self.api_client();
        let api = Api::new(&client, pace(), tokio::time::Instant::now());
        let header = JournalHeader {
            journal: "verify".into(),
            run: "1".into(),
            bytes: 1 << 20,
            sample: None,
            seed: 1,
            way: Some(way),
            begun: now(),
        };
        let directory = self.directory.path();
        let path = directory.join("progress");
        let mut check = Check::open(&path, header, false, directory).unwrap();
        let expectations = Expectations::read(&self.log(), None, directory).unwrap();
        let order = expectations.into_order(way, directory).unwrap();
        let end = go_through(&mut check, order, &api, interrupt_at).await;
        let mut differences = Vec::new();
        check.differences(|found| differences.push(found)).unwrap();
        let tally = check.tally().told();
        if end == End::Completed {
            check.remove().unwrap();
        }
        Ran {
            end,
            tally,
            differences,
            calls: api.tally().calls,
        }
    }
}

/// Runs the check; a signal comes when so many counts are known.
async fn go_through(
    check: &mut Check,
    order: InOrder,
    api: &Api<'_, InProcess>,
    interrupt_at: Option<u64>,
) -> End {
    let (signal, script) = mpsc::channel(9);
    let mut show = |tally: &Tally, _: crate::reads::Tally| {
        if interrupt_at.is_some_and(|at| tally.checked() >= at) {
            // The first one is enough; those after it may find no room.
            let _ = signal.try_send(Signal::Interrupt);
        }
    };
    let mut signals = Signals::Script(script);
    check
        .run(order, api, &mut signals, &mut show)
        .await
        .unwrap()
}

fn pace() -> Pace {
    Pace {
        limit: Limit::new(200).unwrap(),
        patience: Patience {
            max_failures: None,
            max_attempts: 6,
            outage_limit: Duration::from_mins(15),
            early_stop: None,
        },
    }
}

/// Counts as an import left them, and what happened since.
const WORLD: &str = r#"{"accounts": ["left"], "groups": [
    {"group_id": "g", "type": "Public", "message_count": 10, "members": [
        {"account": "right", "unread": 5}, {"account": "zero", "unread": 0},
        {"account": "clamped", "unread": 10}, {"account": "read", "unread": 1}]},
    {"group_id": "meeting", "type": "ChatRoom", "message_count": 10, "members": [
        {"account": "right"}]},
    {"group_id": "live", "type": "AVChatRoom", "message_count": 10, "members": []},
    {"group_id": "empty", "type": "Private", "message_count": 0, "members": [
        {"account": "right"}]}]}"#;

const SET: [(&str, &str, u32); 10] = [
    ("g", "right", 5),
    ("g", "zero", 0),
    ("g", "clamped", 99),
    ("g", "read", 4),
    ("g", "left", 3),
    ("meeting", "right", 3),
    ("live", "right", 3),
    ("empty", "right", 3),
    ("gone", "right", 3),
    ("g", "nobody", 3),
];

const EXPECTED: [(&str, &str, Verdict); 8] = [
    ("empty", "right", Verdict::Clamped),
    ("g", "clamped", Verdict::Clamped),
    ("g", "left", Verdict::NotMember),
    ("g", "nobody", Verdict::NotMember),
    ("g", "read", Verdict::Mismatched),
    ("gone", "right", Verdict::NotMember),
    ("live", "right", Verdict::Mismatched),
    ("meeting", "right", Verdict::Mismatched),
];

fn verdicts(ran: &Ran) -> Vec<(&str, &str, Verdict)> {
    let mut verdicts: Vec<_> = ran
        .differences
        .iter()
        .map(|found| (&*found.group, &*found.member, found.verdict))
        .collect();
    verdicts.sort_by_key(|&(group, member, _)| (group, member));
    verdicts
}

#[tokio::test(start_paused = true)]
async fn both_ways_find_the_same_differences_whether_or_not_counts_are_told() {
    for way in [Way::Group, Way::Member] {
        for tells_unread in [true, false] {
            let mut bench = Bench::new(WORLD, &SET);
            bench.tells_unread = tells_unread;
            let ran = bench.check(way, None).await;
            assert_eq!(ran.end, End::Completed);
            assert_eq!(verdicts(&ran), EXPECTED, "{way:?} {tells_unread}");
            assert_eq!((ran.tally.matched, ran.tally.checked()), (2, 10));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_never_fits_is_said_to_be_that() {
    let world = r#"{"groups": [{"group_id": "g", "type": "Public", "message_count": 50,
        "members": [{"account": "a", "unread": 50}, {"account": "b", "unread": 50}]}]}"#;
    let bench = Bench::new(world, &[("g", "a", 5), ("g", "b", 7)]);
    let ran = bench.check(Way::Group, None).await;
    assert_eq!((ran.tally.mismatched, ran.tally.unverifiable), (0, 2));
    assert!(
        ran.differences
            .iter()
            .all(|found| found.verdict == Verdict::Unverifiable)
    );
}

/// Many groups of 30 members, of which each has the count that was set.
fn many(groups: u32) -> (String, Vec<(String, String, u32)>) {
    let mut world = String::from("{\"groups\": [");
    let mut set = Vec::new();
    for group in 0..groups {
        let comma = if group == 0 { "" } else { "," };
        write!(
            world,
            "{comma}{{\"group_id\": \"g{group}\", \"type\": \"Public\", \"message_count\": 9, \"members\": ["
        )
        .unwrap();
        for member in 0..30 {
            let comma = if member == 0 { "" } else { "," };
            let account = (group * 7 + member) % 500;
            let unread = (group + member) % 10;
            write!(
                world,
                "{comma}{{\"account\": \"a{account}\", \"unread\": {unread}}}"
            )
            .unwrap();
            set.push((format!("g{group}"), format!("a{account}"), unread));
        }
        world.push_str("]}");
    }
    world.push_str("]}");
    (world, set)
}

fn bench_of_many(groups: u32) -> Bench {
    let (world, set) = many(groups);
    let set: Vec<(&str, &str, u32)> = set
        .iter()
        .map(|(group, member, unread)| (&**group, &**member, *unread))
        .collect();
    Bench::new(&world, &set)
}

#[tokio::test(start_paused = true)]
async fn the_cost_that_is_told_is_the_cost() {
    let bench = bench_of_many(120);
    let expectations = Expectations::read(&bench.log(), None, bench.directory.path()).unwrap();
    let cost = expectations.cost().unwrap();
    for way in [Way::Group, Way::Member] {
        let ran = bench.check(way, None).await;
        assert_eq!(ran.tally.matched, 3600);
        assert_eq!(ran.calls, cost.of(way), "{way:?}");
    }
    assert_eq!(cost.cheaper(), Way::Group);
}

#[tokio::test(start_paused = true)]
async fn faults_on_the_way_change_nothing_in_the_result() {
    for way in [Way::Group, Way::Member] {
        let mut bench = bench_of_many(60);
        for fault in [
            "http502=0.1",
            "reset=0.05",
            "code:10002=0.1",
            "code:60007=0.05",
        ] {
            bench.behaviour.add_fault(fault.parse().unwrap()).unwrap();
        }
        let ran = bench.check(way, None).await;
        assert_eq!((ran.tally.matched, ran.tally.different()), (1800, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_that_was_interrupted_goes_on_and_counts_nothing_twice() {
    for way in [Way::Group, Way::Member] {
        let bench = bench_of_many(600);
        let whole = bench.check(way, None).await;
        let first = bench.check(way, Some(1)).await;
        assert_eq!(first.end, End::Interrupted(Signal::Interrupt));
        let (known, all) = (first.tally.checked(), whole.tally.checked());
        assert!(known > 0 && known < all, "{known} of {all}");
        let second = bench.check(way, None).await;
        assert_eq!(second.tally, whole.tally);
        assert!(second.calls < whole.calls);
    }
}

/// Calls that fail in passing hold up their own units for seconds; what else is answered meanwhile
/// is known, shown and kept.
#[tokio::test(start_paused = true)]
async fn an_answer_counts_as_it_comes_whatever_becomes_of_the_other_calls_of_its_unit() {
    for way in [Way::Group, Way::Member] {
        let mut bench = bench_of_many(500);
        bench
            .behaviour
            .add_fault("http502=0.1".parse().unwrap())
            .unwrap();
        let first = bench.check(way, Some(1)).await;
        assert_eq!(first.end, End::Interrupted(Signal::Interrupt));
        let known = first.tally.checked();
        // The first look in which something is known, at 200 calls a second, is an early one.
        assert!((1..2_000).contains(&known), "{way:?}: {known}");
        bench.behaviour = Behaviour::default();
        let second = bench.check(way, None).await;
        assert_eq!(
            (second.tally.matched, second.tally.different()),
            (15_000, 0)
        );
        // 500 groups in ten units, or 500 members: those whose answer is known are not asked again.
        let most = match way {
            Way::Group => 10 + 500 - known / 30,
            Way::Member | Way::Peer => 500 - known / 30,
        };
        assert!(second.calls <= most, "{way:?}: {} of {most}", second.calls);
    }
}

#[tokio::test(start_paused = true)]
async fn one_to_one_counts_are_audited_ten_peers_a_call_and_every_row_has_its_verdict() {
    let world = r#"{"accounts": ["ann", "bob"], "c2c": [
        {"account": "ann", "peer": "bob", "unread": 2}, {"account": "bob", "peer": "ann", "unread": 9}]}"#;
    let bench = Bench::new(world, &[]);
    let mut csv = String::from("member_account,group_id,count\nann,bob,2\nbob,ann,3\n");
    csv += "ann,nobody,1\nghost,ann,1\nbob,,1\nann,ann,-1\n";
    for peer in 0..25 {
        writeln!(csv, "ann,x{peer},0").unwrap();
    }
    let path = bench.directory.path().join("c2c.csv");
    std::fs::write(&path, csv).unwrap();
    let inputs = Inputs::open(&[InputPath::File(path)], &Options::default()).unwrap();
    let mut bad = Vec::new();
    let rows = C2cRows::read(&inputs, bench.directory.path(), |line, why| {
        bad.push((line, why.to_owned()));
    })
    .unwrap();
    assert_eq!((rows.read, rows.invalid, bad.len()), (31, 2, 2));
    let client = bench.api_client();
    let api = Api::new(&client, pace(), tokio::time::Instant::now());
    let mut check = audit(&bench, &rows);
    assert_eq!(
        go_through(&mut check, rows.into_order(), &api, None).await,
        End::Completed
    );
    let mut found = Vec::new();
    let each = |found_one: Difference| found.push((found_one.member, found_one.verdict));
    check.differences(each).unwrap();
    let tally = check.tally().told();
    assert_eq!((tally.matched, tally.mismatched), (1, 1));
    // 25 peers that nobody knows, one more, and an account.
    assert_eq!(tally.unknown_account, 27);
    // 27 peers of ann, one of bob, one of ghost.
    assert_eq!(api.tally().calls, 5);
    let of = |account: &str| found.iter().filter(|found| found.0 == account).count();
    assert_eq!((of("ann"), of("bob"), of("ghost")), (26, 1, 1));
}

fn audit(bench: &Bench, rows: &C2cRows) -> Check {
    let header = JournalHeader {
        journal: "verify --c2c".into(),
        run: rows.digest().to_owned(),
        bytes: rows.count(),
        sample: None,
        seed: 0,
        way: None,
        begun: now(),
    };
    let directory = bench.directory.path();
    Check::open(&directory.join("audit"), header, false, directory).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_audit_that_was_interrupted_goes_on_and_one_of_other_rows_begins_anew() {
    let bench = Bench::new("{}", &[]);
    let directory = bench.directory.path();
    let rows = |extra: &str| {
        let mut csv = String::from("member_account,group_id,count\n");
        for account in 0..9_000 {
            writeln!(csv, "a{account},p,1").unwrap();
        }
        csv += extra;
        let path = directory.join("c2c.csv");
        std::fs::write(&path, csv).unwrap();
        let inputs = Inputs::open(&[InputPath::File(path)], &Options::default()).unwrap();
        C2cRows::read(&inputs, directory, |_, _| {}).unwrap()
    };
    let client = bench.api_client();
    let api = Api::new(&client, pace(), tokio::time::Instant::now());
    let first = rows("");
    let mut check = audit(&bench, &first);
    let end = go_through(&mut check, first.into_order(), &api, Some(1)).await;
    assert_eq!(end, End::Interrupted(Signal::Interrupt));
    let known = check.tally().checked();
    assert!(known > 0 && known < 9_000, "{known}");
    drop(check);

    let second = rows("");
    let mut check = audit(&bench, &second);
    assert_eq!(check.tally().checked(), known);
    let before = api.tally().calls;
    assert_eq!(
        go_through(&mut check, second.into_order(), &api, None).await,
        End::Completed
    );
    assert_eq!(check.tally().unknown_account, 9_000);
    assert_eq!(api.tally().calls - before, 9_000 - known);
    drop(check);

    let other = audit(&bench, &rows("a1,q,1\n"));
    assert_eq!(other.tally().checked(), 0);
}

fn snapshot_header(expectations: &Expectations, begun: Timestamp) -> SnapshotHeader {
    SnapshotHeader {
        journal: "snapshot".into(),
        calls: expectations.digest().to_owned(),
        sdk_app_id: APP,
        begun,
    }
}

async fn take(bench: &Bench, snapshot: &mut Snapshot, interrupt_at: Option<u64>) -> (End, u64) {
    let expectations = Expectations::read(&bench.log(), None, bench.directory.path()).unwrap();
    let client = bench.api_client();
    let api = Api::new(&client, pace(), tokio::time::Instant::now());
    let (signal, script) = mpsc::channel(9);
    let mut show = |known: u64, _: crate::reads::Tally| {
        if interrupt_at.is_some_and(|at| known >= at) {
            // The first one is enough; those after it may find no room.
            let _ = signal.try_send(Signal::Interrupt);
        }
    };
    let mut signals = Signals::Script(script);
    let end = snapshot
        .run(&expectations, &api, &mut signals, &mut show)
        .await;
    (end.unwrap(), api.tally().calls)
}

fn lines(snapshot: &mut Snapshot) -> Vec<String> {
    let mut out = Vec::new();
    snapshot.write(&mut out).unwrap();
    let mut lines: Vec<String> = String::from_utf8(out)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    lines.sort_unstable();
    lines
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_holds_what_is_there_and_counts_what_it_cannot_hold() {
    let bench = Bench::new(WORLD, &SET);
    let directory = bench.directory.path();
    let expectations = Expectations::read(&bench.log(), None, directory).unwrap();
    let header = snapshot_header(&expectations, now());
    let mut snapshot = Snapshot::open(&directory.join("s"), &header, now()).unwrap();
    assert_eq!(take(&bench, &mut snapshot, None).await.0, End::Completed);
    let numbers = snapshot.numbers;
    assert_eq!(
        (numbers.written, numbers.kept_none, numbers.unknown),
        (5, 2, 3)
    );
    assert!(snapshot.example.is_some());
    assert_eq!(
        lines(&mut snapshot),
        [
            r#"{"group_id":"empty","member_account":"right","unread_num":0}"#,
            r#"{"group_id":"g","member_account":"clamped","unread_num":10}"#,
            r#"{"group_id":"g","member_account":"read","unread_num":1}"#,
            r#"{"group_id":"g","member_account":"right","unread_num":5}"#,
            r#"{"group_id":"g","member_account":"zero","unread_num":0}"#,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_was_interrupted_goes_on_unless_it_is_old_or_of_other_calls() {
    let bench = bench_of_many(600);
    let directory = bench.directory.path();
    let expectations = Expectations::read(&bench.log(), None, directory).unwrap();
    let header = snapshot_header(&expectations, now());
    let path = directory.join("s");
    assert!(!Snapshot::is_left(&path, &header).unwrap());
    let mut first = Snapshot::open(&path, &header, now()).unwrap();
    let (end, _) = take(&bench, &mut first, Some(1)).await;
    assert_eq!(end, End::Interrupted(Signal::Interrupt));
    let known = first.numbers.known();
    assert!(known > 0 && known < 18_000, "{known}");
    drop(first);

    let mut second = Snapshot::open(&path, &header, now()).unwrap();
    assert_eq!(
        (second.continued, second.numbers.known()),
        (Some(now()), known)
    );
    let (end, calls) = take(&bench, &mut second, None).await;
    assert_eq!(end, End::Completed);
    assert!(calls < expectations.cost().unwrap().group, "{calls}");
    let whole = lines(&mut second);
    assert_eq!(whole.len(), 18_000, "every count once");
    assert!(whole.is_sorted_by(|a, b| a < b));
    drop(second);

    assert!(Snapshot::is_left(&path, &header).unwrap());
    let mut other = header.clone();
    other.sdk_app_id += 1;
    assert!(!Snapshot::is_left(&path, &other).unwrap());
    let later = now() + jiff::Span::new().seconds(1);
    let anew = Snapshot::open(&path, &header, later).unwrap();
    assert_eq!((anew.continued, anew.numbers.known()), (None, 0));
}

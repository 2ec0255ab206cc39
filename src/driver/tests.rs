//! Engine and driver, whole, against the simulator in process and on a paused clock.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tower::ServiceExt as _;

use super::*;
use crate::checkpoint::{self, Counts, Header, Input};
use crate::delivery::{ConcurrencyLimit, Limit, Patience};
use crate::plan::Policy;
use crate::run::{Survey, survey};
use crate::settings::OnDuplicate;
use crate::settings::Reading;
use crate::signals::Signal;
use crate::simulated::{self, APP, InProcess, KEY};
use crate::simulator::{self, Behaviour, Simulator, World};
use crate::source::{InputPath, Inputs, Options};
use crate::stop_reason::StopReason;
use crate::storage::DiskFile;

thread_local! {
    /// When the present test's paused clock began; each test has a thread of its own.
    static ORIGIN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Wall time that goes with the paused clock.
fn now() -> Timestamp {
    let passed = ORIGIN
        .get()
        .map_or(Duration::ZERO, |origin| origin.elapsed());
    simulated::start() + passed
}

/// An import of `rows` rows into a simulated app.
struct Bench {
    /// One paused clock for the sessions and the simulator.
    runtime: Runtime,
    directory: TempDir,
    simulator: Arc<Simulator>,
    rows: u64,
    settings: Settings,
    key: &'static str,
}

/// How a session went.
struct Ran {
    end: Result<End, Error>,
    counts: Counts,
    took: Duration,
    events: BTreeMap<&'static str, u64>,
}

fn group(row: u64) -> String {
    format!("group-{}", row % 50)
}

fn settings() -> Settings {
    Settings {
        limit: Limit::new(200).unwrap(),
        concurrency: ConcurrencyLimit::following(Limit::new(200).unwrap(), 10_000),
        patience: Patience {
            max_attempts: 6,
            max_failures: None,
            early_stop: Some(50),
            outage_limit: Duration::from_mins(15),
        },
        retry_failed: false,
        resume: Vec::new(),
    }
}

impl Bench {
    /// `rows` rows, of which each `missing`-th names an account that the app does not have.
    fn new(rows: u64, missing: Option<u64>, behaviour: Behaviour) -> Self {
        let runtime = paused();
        let entered = runtime.enter();
        ORIGIN.set(Some(Instant::now()));
        let directory = tempfile::tempdir().unwrap();
        let mut csv = String::from("group_id,member_account,unread_num\n");
        let mut world = World::new();
        for row in 1..=rows {
            let count = row % 97;
            writeln!(csv, "{},m{row},{count}", group(row)).unwrap();
            let there = missing.is_none_or(|missing| row % missing != 0);
            if there {
                world
                    .add_member(&group(row), None, &format!("m{row}"), 97)
                    .unwrap();
            }
        }
        std::fs::write(directory.path().join("in.csv"), csv).unwrap();
        let simulator = Arc::new(Simulator::new(simulated::options(behaviour), world));
        drop(entered);
        Self {
            runtime,
            directory,
            simulator,
            rows,
            settings: settings(),
            key: KEY,
        }
    }

    fn log_path(&self) -> PathBuf {
        self.directory.path().join("log.jsonl")
    }

    fn inputs(&self) -> Inputs {
        let path = InputPath::File(self.directory.path().join("in.csv"));
        Inputs::open(&[path], &Options::default()).unwrap()
    }

    fn open(&self, survey: &Survey) -> (Log<DiskFile>, Ledger) {
        let path = self.log_path();
        if path.exists() {
            let (log, scanned) = Log::open(&path).unwrap();
            return (log, scanned.ledger);
        }
        let header = Header {
            format: checkpoint::FORMAT,
            run: "1".into(),
            tool: "t".into(),
            created: now(),
            inputs: vec![Input {
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
            rows: survey.plan.rows.read,
            calls: survey.plan.calls,
            tally: crate::record::Tally::default(),
        };
        (
            Log::create(&path, header.clone()).unwrap(),
            Ledger::new(header),
        )
    }

    fn client(&self) -> Client<InProcess> {
        simulated::client(&self.simulator, self.key, now)
    }

    /// One session; a signal comes as soon as `interrupt_after` calls have left.
    fn run(&self, interrupt_after: Option<u64>) -> Ran {
        self.runtime.block_on(self.session(interrupt_after))
    }

    async fn session(&self, interrupt_after: Option<u64>) -> Ran {
        let inputs = self.inputs();
        let policy = Policy {
            on_duplicate: OnDuplicate::Error,
            skip_zero: false,
        };
        let survey = survey(&inputs, policy, self.directory.path(), &mut |_| {}).unwrap();
        let (log, ledger) = self.open(&survey);
        let client = self.client();
        let (signal, script) = mpsc::channel(4);
        let mut events: BTreeMap<&'static str, u64> = BTreeMap::new();
        let mut observer = |event: Event<'_>| {
            let name = name(&event);
            let seen = events.entry(name).or_default();
            *seen += 1;
            if name == "sent" && Some(*seen) == interrupt_after {
                signal.try_send(Signal::Interrupt).unwrap();
            }
        };
        let started = Instant::now();
        // As the command does: the calls of the session before may fill the present second.
        let not_before = match ledger.sessions() {
            0 => started,
            _ => started + Limit::span(),
        };
        let parts = Parts {
            client: &client,
            calls: Calls::to_send(&inputs, &survey).unwrap(),
            log,
            ledger,
            settings: self.settings.clone(),
            not_before,
            clock: now,
        };
        let mut signals = Signals::Script(script);
        let (end, ledger) = run(parts, &mut observer, &mut signals).await;
        let on_disk = checkpoint::scan(&self.log_path()).unwrap().ledger;
        assert_eq!(
            on_disk.counts(),
            ledger.counts(),
            "the log says what the loop believes"
        );
        Ran {
            end,
            counts: ledger.counts(),
            took: started.elapsed(),
            events,
        }
    }

    fn ask(&self, path: &str) -> String {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let router = simulator::router(Arc::clone(&self.simulator));
        let bytes = self.runtime.block_on(async move {
            router
                .oneshot(request)
                .await
                .unwrap()
                .into_body()
                .collect()
                .await
                .unwrap()
                .to_bytes()
        });
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    fn stats(&self) -> serde_json::Value {
        let stats: serde_json::Value = serde_json::from_str(&self.ask("/simulator/stats")).unwrap();
        stats["commands"]["set_unread_msg_num"].clone()
    }

    /// Committed calls of each row, having asserted that each set row has the right value.
    fn committed(&self) -> Vec<u64> {
        let mut calls = Vec::new();
        for line in self.ask("/simulator/unread").lines() {
            let member: serde_json::Value = serde_json::from_str(line).unwrap();
            let account = member["member_account"].as_str().unwrap();
            let row: u64 = account.trim_start_matches('m').parse().unwrap();
            let committed = member["calls"].as_u64().unwrap();
            if committed > 0 {
                assert_eq!(
                    member["unread_num"].as_u64().unwrap(),
                    row % 97,
                    "row {row}"
                );
            }
            calls.push(committed);
        }
        calls
    }
}

fn name(event: &Event<'_>) -> &'static str {
    match event {
        Event::Sent { .. } => "sent",
        Event::Settled { .. } => "settled",
        Event::Rejected => "rejected",
        Event::Retrying { .. } => "retrying",
        Event::RateLimited { .. } => "limited",
        Event::Renewed => "renewed",
        Event::OutageBegan { .. } => "outage",
        Event::OutageEnded { .. } => "back",
        Event::Draining { .. } => "draining",
        Event::Pulse(_) => "pulse",
    }
}

fn paused() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}

fn behaving(how: impl FnOnce(&mut Behaviour)) -> Behaviour {
    let mut behaviour = Behaviour::default();
    how(&mut behaviour);
    behaviour
}

fn faults(faults: &[&str]) -> Behaviour {
    let mut behaviour = Behaviour::default();
    for fault in faults {
        behaviour.add_fault(fault.parse().unwrap()).unwrap();
    }
    behaviour
}

fn completed(ran: &Ran) {
    assert!(matches!(ran.end, Ok(End::Completed)), "{:?}", ran.end);
}

#[test]
fn every_row_is_set_once_and_no_second_is_overfull() {
    for latency in ["1ms", "50ms", "300ms"] {
        let behaviour = behaving(|behaviour| {
            behaviour.latency = latency.parse().unwrap();
        });
        let bench = Bench::new(3000, None, behaviour);
        let ran = bench.run(None);
        completed(&ran);
        assert_eq!(ran.counts.succeeded, 3000);
        assert!(bench.committed().iter().all(|&calls| calls == 1));
        let stats = bench.stats();
        assert!(stats["busiest_second"].as_u64().unwrap() <= 200, "{stats}");
        assert!(stats["steady_rate"].as_f64().unwrap() >= 198.0, "{stats}");
    }
}

#[test]
fn passing_faults_of_every_kind_leave_every_row_succeeded() {
    let bench = Bench::new(
        2000,
        None,
        faults(&[
            "http502=0.03",
            "reset=0.03",
            "lost=0.03",
            "code:10002=0.03",
            "code:60007=0.03",
            "nonjson=0.03",
        ]),
    );
    let ran = bench.run(None);
    completed(&ran);
    assert_eq!(
        (
            ran.counts.succeeded,
            ran.counts.failed,
            ran.counts.exhausted
        ),
        (2000, 0, 0)
    );
    assert!(bench.committed().iter().all(|&calls| calls >= 1));
    assert!(ran.events["retrying"] > 200, "{:?}", ran.events);
    assert!(bench.stats()["busiest_second"].as_u64().unwrap() <= 200);
}

#[test]
fn a_throttled_call_spends_no_attempt() {
    let mut bench = Bench::new(300, None, faults(&["code:60007=0.3"]));
    bench.settings.patience.max_attempts = 1;
    let ran = bench.run(None);
    completed(&ran);
    assert_eq!(ran.counts.succeeded, 300);
    assert!(ran.events["limited"] > 50, "{:?}", ran.events);
}

#[test]
fn refused_rows_fail_and_the_others_succeed() {
    let bench = Bench::new(500, Some(10), Behaviour::default());
    let ran = bench.run(None);
    completed(&ran);
    assert_eq!((ran.counts.succeeded, ran.counts.failed), (450, 50));
    let again = bench.run(None);
    completed(&again);
    assert_eq!(
        again.events.get("sent"),
        None,
        "a failed row is not sent again unless asked"
    );
}

#[test]
fn failed_rows_go_again_when_asked() {
    let mut bench = Bench::new(500, Some(10), Behaviour::default());
    completed(&bench.run(None));
    bench.settings.retry_failed = true;
    let again = bench.run(None);
    completed(&again);
    assert_eq!(again.events["sent"], 50);
    assert_eq!((again.counts.succeeded, again.counts.failed), (450, 50));
}

#[test]
fn an_outage_of_a_minute_fails_no_row() {
    let behaviour = behaving(|behaviour| {
        behaviour.outages = vec!["3s+60s".parse().unwrap()];
    });
    let bench = Bench::new(1500, None, behaviour);
    let ran = bench.run(None);
    completed(&ran);
    assert_eq!(ran.counts.succeeded, 1500);
    assert_eq!((ran.events["outage"], ran.events["back"]), (1, 1));
    assert!(bench.stats()["busiest_second"].as_u64().unwrap() <= 200);
}

#[test]
fn an_outage_beyond_the_limit_stops_the_session_and_leaves_its_rows_pending() {
    let behaviour = behaving(|behaviour| {
        behaviour.outages = vec!["2s+600s".parse().unwrap()];
    });
    let mut bench = Bench::new(1500, None, behaviour);
    bench.settings.patience.outage_limit = Duration::from_secs(30);
    let ran = bench.run(None);
    assert!(
        matches!(ran.end, Ok(End::Stopped(StopReason::Outage { .. }))),
        "{:?}",
        ran.end
    );
    assert_eq!((ran.counts.failed, ran.counts.exhausted), (0, 0));
    assert!(ran.counts.never_sent > 0);
}

#[test]
fn a_wrong_key_stops_after_the_first_call_and_fails_no_row() {
    let mut bench = Bench::new(500, None, Behaviour::default());
    bench.key = "another key";
    let ran = bench.run(None);
    assert!(
        matches!(ran.end, Ok(End::Stopped(StopReason::Credential(_)))),
        "{:?}",
        ran.end
    );
    assert_eq!(ran.events["sent"], 1);
    assert_eq!(ran.counts.failed + ran.counts.exhausted, 0);
    bench.key = KEY;
    let again = bench.run(None);
    completed(&again);
    assert_eq!(again.counts.succeeded, 500);
}

#[test]
fn a_signature_that_expires_in_the_middle_is_renewed_and_fails_no_row() {
    let behaviour = behaving(|behaviour| {
        behaviour.signatures_expire_after = Some(Duration::from_secs(3));
        behaviour.latency = "200ms".parse().unwrap();
    });
    let bench = Bench::new(1500, None, behaviour);
    let ran = bench.run(None);
    assert!(
        ran.events.contains_key("renewed"),
        "{:?} {:?}",
        ran.end,
        ran.events
    );
}

#[test]
fn a_stall_costs_no_time_and_no_second_is_overfull() {
    for (latency, stall) in [("0s", "5s+2s"), ("3s", "9s+5s")] {
        let slow = behaving(|behaviour| behaviour.latency = latency.parse().unwrap());
        let without = Bench::new(3000, None, slow.clone()).run(None).took;
        let mut stalling = slow;
        stalling.stalls = vec![stall.parse().unwrap()];
        let bench = Bench::new(3000, None, stalling);
        let ran = bench.run(None);
        completed(&ran);
        assert!(bench.stats()["busiest_second"].as_u64().unwrap() <= 200);
        assert!(
            ran.took <= without.mul_f64(1.01),
            "{latency}, {stall}: {:?} against {without:?}",
            ran.took
        );
    }
}

#[test]
fn an_app_that_refuses_all_first_calls_alike_stops_the_session() {
    let bench = Bench::new(400, Some(1), Behaviour::default());
    let ran = bench.run(None);
    assert!(
        matches!(
            &ran.end,
            Ok(End::Stopped(StopReason::AllRefused { calls: 50, .. }))
        ),
        "{:?}",
        ran.end
    );
    let mut bench = Bench::new(400, Some(1), Behaviour::default());
    bench.settings.patience.early_stop = None;
    let ran = bench.run(None);
    completed(&ran);
    assert_eq!(ran.counts.failed, 400);
}

#[test]
fn more_failures_than_allowed_stop_the_session() {
    let mut bench = Bench::new(400, Some(4), Behaviour::default());
    bench.settings.patience.max_failures = Some(10);
    let ran = bench.run(None);
    assert!(
        matches!(
            &ran.end,
            Ok(End::Stopped(StopReason::TooManyFailures { .. }))
        ),
        "{:?}",
        ran.end
    );
    assert!(ran.counts.failed >= 11 && ran.counts.failed < 100);
}

#[test]
fn an_unknown_code_is_tried_once_more_and_then_reported_as_it_is() {
    let bench = Bench::new(60, None, faults(&["code:77777=1"]));
    let ran = bench.run(None);
    assert!(ran.counts.failed > 0, "{:?}", ran.counts);
    assert_eq!(
        ran.events["retrying"],
        ran.events["sent"] - ran.events["settled"]
    );
    let log = std::fs::read_to_string(bench.log_path()).unwrap();
    let failed = log
        .lines()
        .find(|line| line.contains("\"failed\""))
        .unwrap();
    assert!(failed.contains("\"code\":77777,"), "{failed}");
    assert!(failed.contains("\"attempts\":2,"), "{failed}");
}

#[test]
fn attempts_run_out_and_the_row_goes_again_on_resume() {
    let bench = Bench::new(60, None, faults(&["code:10002=1"]));
    let ran = bench.run(None);
    completed(&ran);
    assert_eq!((ran.counts.exhausted, ran.events["sent"]), (60, 360));
    let again = bench.run(None);
    assert_eq!(again.events["sent"], 360);
}

#[test]
fn a_signal_drains_what_is_in_flight_and_the_next_session_sends_the_rest_once() {
    let behaviour = behaving(|behaviour| {
        behaviour.latency = "300ms".parse().unwrap();
    });
    let bench = Bench::new(1000, None, behaviour);
    let ran = bench.run(Some(400));
    assert!(
        matches!(ran.end, Ok(End::Interrupted(Signal::Interrupt))),
        "{:?}",
        ran.end
    );
    assert_eq!(ran.counts.in_doubt, 0, "drained: {:?}", ran.counts);
    assert_eq!(ran.counts.succeeded, ran.events["sent"]);
    assert!(ran.events["sent"] < 420);
    let again = bench.run(None);
    completed(&again);
    assert_eq!(again.counts.succeeded, 1000);
    assert_eq!(ran.events["sent"] + again.events["sent"], bench.rows);
    assert!(bench.committed().iter().all(|&calls| calls == 1));
}

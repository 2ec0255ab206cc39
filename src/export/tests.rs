//! An export, whole, against the simulated QuickBlox in process and on a paused clock.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::*;
use crate::delivery::Limit;
use crate::delivery::Patience;
use crate::quickblox::{Access, Client};
use crate::reads::{self, End, RateLimitedApi};
use crate::record::GroupType;
use crate::signals::{Signal, Signals};
use crate::simulated::{self, InProcess};
use crate::simulator::{self, Behaviour, QuickBloxAccess, Simulator, World};
use crate::stop_reason::StopReason;
use crate::tencent::{Endpoint, Failure, Transport};

struct Bench {
    directory: TempDir,
    simulator: Arc<Simulator>,
    key: &'static str,
}

const USERS: u64 = 250;

/// Users 1 to 250, groups of some of them, a public dialog, and pairs.
fn world() -> Value {
    let users: Vec<Value> = (1..=USERS)
        .map(|id| json!({"id": id, "login": format!("user{id}")}))
        .collect();
    let mut dialogs: Vec<Value> = (0..100)
        .map(|dialog| {
            let occupants: Vec<u64> = (1..=USERS).filter(|user| (user + dialog) % 5 == 0).collect();
            let unread: serde_json::Map<String, Value> = occupants
                .iter()
                .map(|user| (user.to_string(), json!((user * dialog) % 7)))
                .collect();
            json!({"_id": format!("{dialog:024x}"), "type": 2, "occupants_ids": occupants, "unread": unread})
        })
        .collect();
    dialogs.push(json!({"_id": "public", "type": 1, "occupants_ids": [], "unread": {"1": 4}}));
    dialogs.push(json!({"_id": "pair", "type": 3, "occupants_ids": [1, 2], "unread": {"1": 3}}));
    json!({"quickblox": {"users": users, "dialogs": dialogs}})
}

/// Every line that the output should have.
fn expected() -> BTreeSet<String> {
    let world = world();
    let mut lines = BTreeSet::new();
    for dialog in world["quickblox"]["dialogs"].as_array().unwrap() {
        let id = dialog["_id"].as_str().unwrap();
        for (user, unread) in dialog["unread"].as_object().unwrap() {
            lines.insert(match dialog["type"].as_u64().unwrap() {
                1 => format!(r#"{{"group_id":"{id}","member_account":"{user}","unread_num":{unread},"quickblox_type":1}}"#),
                2 => format!(r#"{{"group_id":"{id}","member_account":"{user}","unread_num":{unread},"group_type":"Work"}}"#),
                _ => continue,
            });
        }
    }
    lines
}

fn header() -> Header {
    Header {
        journal: "export".into(),
        base_url: "http://127.0.0.1:9".into(),
        users: String::new(),
        dialogs: String::new(),
        options: Vec::new(),
    }
}

impl Bench {
    fn new(behaviour: Behaviour) -> Self {
        let mut options = simulated::options(behaviour);
        options.quickblox = Some(QuickBloxAccess {
            api_key: Some("qb key".into()),
            session_lifetime: simulator::SESSION_LIFETIME,
            sessions: Vec::new(),
            per_second: 80,
        });
        let world = World::from_json(world().to_string().as_bytes()).unwrap();
        Self {
            directory: tempfile::tempdir().unwrap(),
            simulator: Arc::new(Simulator::new(options, world)),
            key: "qb key",
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn export(&self) -> Result<Export, Error> {
        let paths = Paths {
            output: self.path("out"),
            c2c: self.path("c2c"),
            checkpoint: self.path("checkpoint"),
            replace: false,
        };
        Export::open(paths, &header())
    }

    /// One session over all users that the service has, and `others`.
    async fn run(&self, source: &Source, others: &[u64], interrupt_at: Option<u64>) -> (End, Sums) {
        let base = Endpoint::parse("http://127.0.0.1:9").unwrap();
        let access = Access::ApiKey(self.key.into());
        let client = Client::new(InProcess::new(&self.simulator), base, access);
        let patience = Patience {
            max_failures: None,
            max_attempts: 6,
            outage_limit: Duration::from_mins(15),
            early_stop: Some(10),
        };
        let api = Api {
            client: &client,
            calls: RateLimitedApi::opening_at(
                Limit::new(80).unwrap(),
                patience,
                tokio::time::Instant::now(),
            ),
        };
        let mut users: Vec<u64> = match fetch_users(&api).await {
            Err(stop) => return (End::Stopped(stop), Sums::default()),
            Ok(users) => users.unwrap().iter().map(|user| user.id).collect(),
        };
        assert_eq!(users.len() as u64, USERS);
        users.extend(others);
        let mapping = Mapping::new(&[], NameBy::Id, [None, Some(GroupType::Work)]);
        let mut export = self.export().unwrap();
        let (signal, script) = mpsc::channel(9);
        let mut show = |export: &Export, tally: reads::Tally| {
            assert!(tally.busiest_second <= 80);
            if interrupt_at.is_some_and(|at| export.done() >= at) {
                // The first one is enough; those after it may find no room.
                let _ = signal.try_send(Signal::Interrupt);
            }
        };
        let what = (&*users, source, &mapping);
        let mut signals = Signals::Script(script);
        let end = export.run(what, &api, &mut signals, &mut show).await;
        (end.unwrap(), *export.sums())
    }

    fn lines(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn assert_complete(&self) {
        let lines = self.lines("out");
        let unique: BTreeSet<String> = lines.iter().cloned().collect();
        assert_eq!(lines.len(), unique.len(), "no line stands twice");
        assert_eq!(unique, expected());
        let mut c2c = self.lines("c2c");
        c2c.sort();
        let line = |account, peer, count| {
            format!(r#"{{"account":"{account}","peer":"{peer}","count":{count}}}"#)
        };
        assert_eq!(c2c, [line(1, 2, 3), line(2, 1, 0)]);
    }
}

fn listed() -> Source {
    let world = world();
    let dialogs = world["quickblox"]["dialogs"].as_array().unwrap();
    Source::listed(
        dialogs
            .iter()
            .filter_map(crate::quickblox::dialog_of)
            .collect(),
    )
}

#[tokio::test(start_paused = true)]
async fn every_count_comes_out_once_from_lists_and_from_the_service() {
    for source in [Source::Fetched, listed()] {
        let bench = Bench::new(Behaviour::default());
        let (end, sums) = bench.run(&source, &[], None).await;
        assert_eq!(end, End::Completed);
        bench.assert_complete();
        assert_eq!((sums.users, sums.refused, sums.c2c_rows), (USERS, 0, 2));
        assert_eq!(
            (sums.disagreeing, sums.total_too_low, sums.missing),
            (0, 0, 0)
        );
        assert!(bench.export().unwrap().was_complete);
    }
}

#[tokio::test(start_paused = true)]
async fn faults_on_the_way_change_nothing_in_the_output() {
    let mut behaviour = Behaviour::default();
    for fault in ["http502=0.1", "reset=0.05", "nonjson=0.05"] {
        behaviour.add_fault(fault.parse().unwrap()).unwrap();
    }
    let bench = Bench::new(behaviour);
    assert_eq!(
        bench.run(&Source::Fetched, &[], None).await.0,
        End::Completed
    );
    bench.assert_complete();
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_export_goes_on_and_its_output_is_exact() {
    let bench = Bench::new(Behaviour::default());
    let (end, _) = bench.run(&Source::Fetched, &[], Some(60)).await;
    assert_eq!(end, End::Interrupted(Signal::Interrupt));
    assert!(!bench.path("out").exists(), "half an output has no name");
    // What a crash leaves behind: rows that no line of the checkpoint knows.
    let mut torn = std::fs::read(bench.path("out.part")).unwrap();
    torn.extend_from_slice(b"{\"group_id\":\"half a li");
    std::fs::write(bench.path("out.part"), torn).unwrap();
    let done = bench.export().unwrap().done();
    assert!((60..USERS).contains(&done), "{done}");
    let (end, sums) = bench.run(&Source::Fetched, &[], None).await;
    assert_eq!((end, sums.users), (End::Completed, USERS));
    bench.assert_complete();
}

#[tokio::test(start_paused = true)]
async fn an_end_between_the_names_and_the_last_line_is_caught_up_with() {
    let bench = Bench::new(Behaviour::default());
    assert_eq!(
        bench.run(&Source::Fetched, &[], None).await.0,
        End::Completed
    );
    let lines = bench.lines("checkpoint");
    let without_last = lines[..lines.len() - 1].join("\n") + "\n";
    std::fs::write(bench.path("checkpoint"), without_last).unwrap();
    assert!(!bench.export().unwrap().was_complete);
    assert_eq!(
        bench.run(&Source::Fetched, &[], None).await.0,
        End::Completed
    );
    bench.assert_complete();
}

#[tokio::test(start_paused = true)]
async fn users_that_are_gone_are_named_and_the_others_come_out() {
    let bench = Bench::new(Behaviour::default());
    let (end, sums) = bench.run(&Source::Fetched, &[999, 998], None).await;
    assert_eq!((end, sums.refused), (End::Completed, 2));
    bench.assert_complete();
    let mut doubts = Vec::new();
    let mut export = bench.export().unwrap();
    export.doubts(|doubt| doubts.push(doubt.clone())).unwrap();
    let users: BTreeSet<u64> = doubts.iter().map(|doubt| doubt.user).collect();
    assert_eq!(users, BTreeSet::from([998, 999]));
    assert!(doubts[0].what.contains("404"), "{:?}", doubts[0]);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_stops_at_the_first_answer() {
    let mut bench = Bench::new(Behaviour::default());
    bench.key = "another";
    let (end, _) = bench.run(&Source::Fetched, &[], None).await;
    assert!(
        matches!(&end, End::Stopped(StopReason::Refused(refusal)) if refusal.code == 401),
        "{end:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn another_export_and_an_output_that_is_there_are_refused() {
    let bench = Bench::new(Behaviour::default());
    std::fs::write(bench.path("out"), "precious").unwrap();
    assert!(matches!(bench.export(), Err(Error::Exists { .. })));
    std::fs::remove_file(bench.path("out")).unwrap();
    drop(bench.export().unwrap());
    let other = Header {
        users: "other".into(),
        ..header()
    };
    let paths = Paths {
        output: bench.path("out"),
        c2c: bench.path("c2c"),
        checkpoint: bench.path("checkpoint"),
        replace: false,
    };
    let error = Export::open(paths, &other).unwrap_err();
    assert!(matches!(
        error,
        Error::Other {
            difference: "the list of users",
            ..
        }
    ));
}

/// Pages without `total_entries`, of at most `cut` users whatever is asked for; `deaf` ones are the
/// first page again and again.
struct Untotalled {
    cut: u64,
    deaf: bool,
}

impl Transport for Untotalled {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        let query = request.uri().query().unwrap();
        let page = query.split('&').find_map(|part| part.strip_prefix("page="));
        let page: u64 = page.unwrap().parse().unwrap();
        let first = if self.deaf { 0 } else { (page - 1) * self.cut };
        let ids = (first + 1..=first + self.cut).take_while(|&id| id <= USERS);
        let items: Vec<Value> = ids.map(|id| json!({"user": {"id": id}})).collect();
        let body = json!({"current_page": page, "items": items}).to_string();
        Ok(Response::new(body.into()))
    }
}

#[tokio::test(start_paused = true)]
async fn users_without_a_total_are_read_to_the_last_page() {
    for (cut, deaf, users) in [(100, false, USERS), (50, false, USERS), (100, true, 100)] {
        let base = Endpoint::parse("http://127.0.0.1:9").unwrap();
        let client = Client::new(Untotalled { cut, deaf }, base, Access::ApiKey("k".into()));
        let patience = Patience {
            max_attempts: 1,
            outage_limit: Duration::from_mins(1),
            early_stop: None,
            max_failures: None,
        };
        let calls = RateLimitedApi::opening_at(
            Limit::new(80).unwrap(),
            patience,
            tokio::time::Instant::now(),
        );
        let api = Api {
            client: &client,
            calls,
        };
        let found = fetch_users(&api).await.unwrap().unwrap();
        assert_eq!(found.len() as u64, users, "{cut} {deaf}");
    }
}

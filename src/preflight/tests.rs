//! The checks, whole, against the simulator in process and on a paused clock.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::*;
use crate::checkpoint::Input;
use crate::delivery::Limit;
use crate::delivery::Patience;
use crate::plan::Policy;
use crate::reads::{Api, End, Pace};
use crate::run::{Calls, Step, Survey, survey};
use crate::settings::Reading;
use crate::signals::{Signal, Signals};
use crate::simulated::{self, APP, InProcess, KEY, start as now};
use crate::simulator::{Behaviour, Simulator, World};
use crate::source::{InputPath, Inputs, Options};
use crate::tencent::Client;

const WORLD: &str = r#"{"accounts": ["outside"], "groups": [
    {"group_id": "work", "type": "Private", "message_count": 40, "members": [
        {"account": "ann"}, {"account": "bob"}, {"account": "gone", "role": "NotMember"}]},
    {"group_id": "meeting", "type": "ChatRoom", "message_count": 9, "members": [{"account": "ann"}]},
    {"group_id": "live", "type": "AVChatRoom", "message_count": 9, "members": []},
    {"group_id": "silent", "type": "Public", "message_count": 0, "members": [{"account": "ann"}]}]}"#;

const ROWS: &str = "group_id,member_account,unread_num,group_type
work,ann,40,Work
work,bob,41,Public
work,gone,1,
work,outside,1,Public
work,ghost,99,
nowhere,ann,1,
meeting,ann,1,
live,ann,1,
silent,ann,1,
silent,ghost,0,
";

/// What the checks find in `ROWS`, by row.
const FOUND: [(u64, &str, &str); 10] = [
    (2, "group_type_differs", "Public → Work"),
    (2, "count_above_message_count", "41 → 40"),
    (3, "not_a_member", "gone"),
    (4, "not_a_member", "outside"),
    (5, "account_not_found", "ghost"),
    (6, "group_not_found", "nowhere (code 10010)"),
    (7, "target_group_unsupported", "Meeting"),
    (8, "target_group_unsupported", "AVChatRoom"),
    (9, "count_above_message_count", "1 → 0"),
    (10, "account_not_found", "ghost"),
];

struct Bench {
    directory: TempDir,
    world: String,
    behaviour: Behaviour,
    inputs: Inputs,
    survey: Survey,
}

/// What a run of the checks came to.
struct Ran {
    end: End,
    found: Vec<(u64, String, String)>,
    calls: u64,
    busiest_second: usize,
    took: Duration,
}

impl Bench {
    fn new(world: &str, rows: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rows.csv");
        std::fs::write(&path, rows).unwrap();
        let inputs = Inputs::open(&[InputPath::File(path)], &Options::default()).unwrap();
        let survey = survey(&inputs, Policy::default(), directory.path(), &mut |_| {}).unwrap();
        Self {
            directory,
            world: world.to_owned(),
            behaviour: Behaviour::default(),
            inputs,
            survey,
        }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("checks.jsonl")
    }

    fn header(&self) -> Header {
        let digests = self.survey.digests.iter();
        let inputs = digests.map(|digest| Input {
            path: "any".into(),
            bytes: digest.content.bytes,
            hash: digest.content.hash.clone(),
        });
        Header {
            journal: "preflight".into(),
            inputs: inputs.collect(),
            options: Reading::default(),
            sdk_app_id: APP,
            calls: self.survey.plan.calls,
            begun: now(),
        }
    }

    fn rows(&self) -> Rows {
        Rows::gather(&self.inputs, &self.survey, self.directory.path()).unwrap()
    }

    fn client(&self) -> Client<InProcess> {
        let options = simulated::options(self.behaviour.clone());
        let world = World::from_json(self.world.as_bytes()).unwrap();
        let simulator = Arc::new(Simulator::new(options, world));
        simulated::client(&simulator, KEY, now)
    }

    async fn check(&self, interrupt_at: Option<u64>) -> Ran {
        let client = self.client();
        let api = Api::new(&client, pace(), Instant::now());
        let mut checks =
            Preflight::open(&self.file(), self.header(), self.directory.path()).unwrap();
        let (signal, script) = mpsc::channel(9);
        let mut show = |tally: crate::reads::Tally| {
            if interrupt_at.is_some_and(|at| tally.calls >= at) {
                // The first one is enough; those after it may find no room.
                let _ = signal.try_send(Signal::Interrupt);
            }
        };
        let started = Instant::now();
        let mut signals = Signals::Script(script);
        let rows = self.rows();
        let end = checks
            .run(&rows, &api, &mut signals, &mut show)
            .await
            .unwrap();
        let mut found = Vec::new();
        let findings = checks.findings().unwrap();
        findings
            .for_each(|finding| {
                let (code, text) = (finding.problem.code.name(), &finding.problem.found);
                found.push((finding.location.row, code.to_owned(), text.clone()));
            })
            .unwrap();
        Ran {
            end,
            found,
            calls: api.tally().calls,
            busiest_second: api.tally().busiest_second,
            took: started.elapsed(),
        }
    }
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

#[tokio::test(start_paused = true)]
async fn rows_of_a_community_with_topics_are_rejected_whatever_the_others_answer() {
    const TOWNS: &str = r#"{"groups": [
        {"group_id": "@TGS#_town", "type": "Community", "members": [{"account": "ann"}],
         "topics": [{"topic_id": "@TGS#_town@TOPIC#_a", "message_count": 9}]},
        {"group_id": "@TGS#_city", "type": "Community", "message_count": 5,
         "members": [{"account": "ann"}, {"account": "bob"}]}]"#;
    let rows = "group_id,member_account,unread_num\n@TGS#_town,ann,3\n@TGS#_city,ann,5\n\
                @TGS#_city,bob,0\n";
    for quirk in ["11000", "10007", "empty"] {
        let world = format!("{TOWNS}, \"quirks\": {{\"topics-off\": \"{quirk}\"}}}}");
        let ran = Bench::new(&world, rows).check(None).await;
        let expected = (1, "messages_in_topics".to_owned(), "@TGS#_town".to_owned());
        assert_eq!(
            (ran.end, ran.found),
            (End::Completed, vec![expected]),
            "{quirk}"
        );
    }
}

fn expected() -> Vec<(u64, String, String)> {
    let mut expected: Vec<_> = FOUND
        .iter()
        .map(|&(row, code, found)| (row, code.to_owned(), found.to_owned()))
        .collect();
    expected.sort();
    expected
}

fn sorted(mut found: Vec<(u64, String, String)>) -> Vec<(u64, String, String)> {
    found.sort();
    found
}

/// Many members of one group and many small groups, all of them there.
fn crowd(members: usize, groups: usize) -> (String, String) {
    let mut rows = String::from("group_id,member_account,unread_num\n");
    let mut world = String::from(
        r#"{"groups": [{"group_id": "large", "type": "Community", "message_count": 9, "members": ["#,
    );
    for member in 0..members {
        let comma = if member == 0 { "" } else { "," };
        write!(world, "{comma}{{\"account\": \"m{member}\"}}").unwrap();
        writeln!(rows, "large,m{member},1").unwrap();
    }
    world.push_str("]}");
    for group in 0..groups {
        write!(
            world,
            ",{{\"group_id\": \"g{group}\", \"type\": \"Public\", \"message_count\": 9, \"members\": [{{\"account\": \"m0\"}}]}}"
        )
        .unwrap();
        writeln!(rows, "g{group},m0,1").unwrap();
    }
    world.push_str("]}");
    (world, rows)
}

#[tokio::test(start_paused = true)]
async fn every_row_that_would_fail_or_change_is_found_and_no_other() {
    let ran = Bench::new(WORLD, ROWS).check(None).await;
    assert_eq!(ran.end, End::Completed);
    assert!(ran.found.is_sorted_by_key(|found| found.0));
    assert_eq!(sorted(ran.found), expected());
}

#[tokio::test(start_paused = true)]
async fn passing_faults_change_no_finding() {
    let mut bench = Bench::new(WORLD, ROWS);
    let fault = "http502=0.3".parse().unwrap();
    bench.behaviour.add_fault(fault).unwrap();
    let ran = bench.check(None).await;
    assert_eq!(sorted(ran.found), expected());
}

#[tokio::test(start_paused = true)]
async fn the_cost_is_what_is_called_when_all_is_there_and_each_command_keeps_its_limit() {
    let (world, rows) = crowd(15_250, 120);
    let bench = Bench::new(&world, &rows);
    let cost = bench.rows().cost().unwrap();
    assert_eq!((cost.groups, cost.accounts), (121, 15_250));
    assert_eq!(cost.account_calls, 153);
    // 31 of the large group and one of each small one.
    assert_eq!(cost.role_calls, 151);
    let ran = bench.check(None).await;
    assert_eq!(ran.found, []);
    // The type of a group is not known before it is asked for, so topics are not in the cost: the
    // large one is a community. It is asked about once, although it has seven units.
    assert_eq!(ran.calls, cost.calls() + 1);
    let accounts = Limit::new(100).unwrap();
    let floor = Duration::from_secs_f64(152.0 / accounts.sustained());
    assert!(ran.took >= floor, "{:?}", ran.took);
    assert!(ran.busiest_second <= 200);
    let takes = cost.takes(pace());
    assert!(
        takes.abs_diff(ran.took) < Duration::from_secs(1),
        "{takes:?} {:?}",
        ran.took
    );
}

#[tokio::test(start_paused = true)]
async fn interrupted_checks_go_on_where_they_were_and_finished_ones_begin_anew() {
    let (world, rows) = crowd(15_250, 120);
    let rows = format!("{rows}large,ghost,1\ng1,m1,1\nnowhere,m0,1\n");
    let bench = Bench::new(&world, &rows);
    let whole = bench.check(None).await;
    for at in [20, 180] {
        let first = bench.check(Some(at)).await;
        assert_eq!(first.end, End::Interrupted(Signal::Interrupt));
        let refused = load(&bench.file(), &bench.header(), bench.directory.path());
        assert!(matches!(refused, Err(Error::Unfinished { .. })));
        let second = bench.check(None).await;
        assert_eq!(second.end, End::Completed);
        assert_eq!(second.found, whole.found);
        assert!(second.calls < whole.calls);
    }
    let codes: Vec<&str> = whole.found.iter().map(|found| &*found.1).collect();
    assert_eq!(
        codes,
        ["account_not_found", "not_a_member", "group_not_found"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_import_makes_no_call_that_the_checks_know_to_fail() {
    let mut bench = Bench::new(WORLD, ROWS);
    bench.check(None).await;
    let loaded = load(&bench.file(), &bench.header(), bench.directory.path()).unwrap();
    assert_eq!(loaded.begun, now());
    bench.survey.reject(loaded.findings);
    let plan = &bench.survey.plan;
    assert_eq!((plan.rows.invalid, plan.rows.valid, plan.calls), (7, 3, 3));
    let mut calls = Calls::new(&bench.inputs, &bench.survey).unwrap();
    let (mut called, mut rejected) = (Vec::new(), Vec::new());
    while let Some(step) = calls.next().unwrap() {
        match step {
            Step::Call(call) => called.push(call.row),
            Step::Rejected {
                location, problems, ..
            } => rejected.push((location.row, problems[0].code.name())),
            Step::Withheld { row } => panic!("row {row} was withheld"),
        }
    }
    assert_eq!(called, [1, 2, 9]);
    let failing = FOUND
        .iter()
        .map(|found| (found.0, found.1))
        .filter(|found| !called.contains(&found.0));
    assert_eq!(rejected, failing.collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn checks_of_something_else_are_refused_and_named() {
    let bench = Bench::new(WORLD, ROWS);
    let directory = bench.directory.path();
    let missing = load(&bench.file(), &bench.header(), directory);
    assert!(matches!(missing, Err(Error::Missing { .. })));
    assert!(!bench.file().exists());
    bench.check(None).await;
    let header = bench.header();
    let skipped = Reading {
        on_invalid: crate::settings::OnInvalid::Skip,
        ..header.options.clone()
    };
    let same = Header {
        options: skipped,
        ..header.clone()
    };
    assert!(load(&bench.file(), &same, directory).is_ok());
    let another_app = Header {
        sdk_app_id: APP + 1,
        ..header.clone()
    };
    let mut another_input = header.clone();
    another_input.inputs[0].hash.push('0');
    let mut other_options = header;
    other_options.options.skip_zero = true;
    for (other, named) in [
        (another_app, "app"),
        (another_input, "input"),
        (other_options, "choice of options"),
    ] {
        match load(&bench.file(), &other, directory) {
            Err(Error::Other { what, .. }) => assert_eq!(what, named),
            other => panic!("{other:?}"),
        }
    }
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn the_file_of_the_checks_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new(WORLD, ROWS);
    bench.check(None).await;
    let mode = std::fs::metadata(bench.file())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

//! `--report` on the command line: when it is refused, what it leaves, and that its numbers are
//! those of every other form.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::support::{Sim, TestEnv, rows, until, write_csv};

/// A report's JSON form.
fn report(env: &TestEnv, name: &str) -> Value {
    serde_json::from_str(&env.read(name)).unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value}"))
}

/// Calls in all buckets of the throughput.
fn settled(report: &Value) -> u64 {
    let buckets = report["throughput"]["buckets"].as_array().unwrap();
    let calls = buckets
        .iter()
        .map(|bucket| number(&bucket["succeeded"]) + number(&bucket["failed"]));
    calls.sum()
}

#[test]
fn a_report_that_cannot_be_written_is_refused_before_anything_is_sent() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(5));
    let sim = Sim::start(&env, &input, "");
    for (file, why) in [
        ("report.pdf", "has no form of a report"),
        ("report", "has no form of a report"),
        ("none/report.html", "cannot write `"),
    ] {
        let import = sim
            .import(&env, &input)
            .args("--checkpoint log --report")
            .arg(file);
        drop(import.run().exits(2).says(&[why, "hint"]));
        drop(
            env.run(&format!("validate in.csv --report {file}"))
                .exits(2)
                .says(&[why]),
        );
    }
    assert_eq!(sim.calls(), 0);
    assert!(!env.path("log").exists());
}

#[test]
fn the_report_of_an_import_and_that_of_its_status_agree_with_its_result() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(100));
    let sim = Sim::start(
        &env,
        &input,
        "--fault code:10007=0.2 --fault code:10019=0.1",
    );
    let import = sim.import(&env, &input);
    let result = import
        .args("--checkpoint log --report import.json --report import.html")
        .json(1);
    drop(env.run("status log --report status.json").exits(0));
    let (own, status) = (report(&env, "import.json"), report(&env, "status.json"));
    for part in [
        "calls",
        "rows",
        "failures",
        "throughput",
        "latency",
        "rejected",
        "sessions",
        "state",
    ] {
        assert_eq!(own[part], status[part], "{part}");
    }
    assert_eq!(own["calls"]["succeeded"], result["calls"]["succeeded"]);
    assert_eq!(own["calls"]["failed"], result["calls"]["failed"]);
    assert_eq!(own["session"]["attempts"], result["calls"]["attempts"]);
    assert_eq!(status["session"], Value::Null);
    let failures = own["failures"].as_array().unwrap().iter();
    let failures: Value = failures
        .map(|one| (one["code"].to_string(), one["calls"].clone()))
        .collect();
    assert_eq!(failures, result["failures_by_code"]);
    assert_eq!(settled(&own), 100);
    assert_eq!(own["latency"]["calls"], 100);
    let mode = env
        .path("import.html")
        .metadata()
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "it names groups and members");
}

#[test]
fn a_running_import_has_a_report_whose_parts_add_up() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(2000));
    let sim = Sim::start(&env, &input, "--latency 20ms");
    let import = sim.import(&env, &input).args("--checkpoint log").start();
    until("some calls are settled", || {
        (sim.calls() > 50).then_some(())
    });
    drop(env.run("status log --report running.json").exits(0));
    let running = report(&env, "running.json");
    assert_eq!(running["state"], "running");
    let calls = &running["calls"];
    assert_eq!(calls["in_doubt"], 0, "what runs is in flight: {calls}");
    let parts = [
        "succeeded",
        "failed",
        "exhausted",
        "in_flight",
        "never_sent",
    ];
    assert_eq!(
        parts.iter().map(|part| number(&calls[*part])).sum::<u64>(),
        2000
    );
    assert_eq!(settled(&running), number(&calls["succeeded"]));
    assert_eq!(running["verdict"]["level"], "info");
    drop(import.kill().was_killed());
}

#[test]
fn the_report_of_a_second_session_tells_both_and_why_it_paused() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(400));
    let sim = Sim::start(&env, &input, "--quota 120");
    let import = sim.import(&env, &input).args("--checkpoint log").start();
    until("some calls are settled", || {
        (sim.calls() > 30).then_some(())
    });
    import.signal("INT");
    drop(import.wait().exits(130));
    let resume = Sim::resume(&env, &env.path("log"));
    drop(resume.args("--report both.json").run().exits(0));
    let both = report(&env, "both.json");
    assert_eq!(settled(&both), 400);
    let ends: Vec<&Value> = both["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["end"])
        .collect();
    assert_eq!(ends, ["interrupted", "completed"]);
    let pauses = both["pauses"]["list"].as_array().unwrap();
    assert!(
        pauses.iter().any(|pause| pause["kind"] == "rate_limited"),
        "{pauses:?}"
    );
    assert_eq!(
        number(&both["pauses"]["rate_limited"]["count"]),
        pauses.len() as u64
    );
}

#[test]
fn the_report_of_a_validation_has_the_numbers_of_its_json_result() {
    let env = TestEnv::new();
    let content = "group_id,member_account,unread_num,group_type\n\
                   a,x,5,Work\na,y,7,Work\na,y,7,Work\nb,x,0,Public\n,x,1,Work\nc,x,9,Meeting\nb,z,-1,Public\n";
    env.write("in.csv", content);
    let result = env
        .command(["validate", "in.csv", "--report", "v.json"])
        .json(3);
    let validation = report(&env, "v.json");
    for part in ["rows", "calls", "estimate", "problems", "outcome"] {
        assert_eq!(validation[part], result[part], "{part}");
    }
    assert_eq!(validation["counts"]["sum"], 12);
    assert_eq!(validation["duplicates"]["folded"], 1);
    assert_eq!(
        validation["group_types"],
        json!([{"group_type": "Work", "calls": 2}, {"group_type": "Public", "calls": 1}])
    );
    assert_eq!(
        validation["groups"],
        json!({"count": 2, "biggest": [
            {"group_id": "a", "calls": 2, "unread": 12}, {"group_id": "b", "calls": 1, "unread": 0},
        ]})
    );
    // The same for an import that refuses its input, and for a dry run.
    let words = "import in.csv --simulator --checkpoint log --report refused.json";
    drop(env.run(words).exits(3));
    drop(
        env.run("import in.csv --dry-run --report dry.json")
            .exits(3),
    );
    for name in ["refused.json", "dry.json"] {
        let mut other = report(&env, name);
        other["generated_at"] = validation["generated_at"].clone();
        assert_eq!(other, validation, "{name}");
    }
}

/// The numbers of a page, by their place in the JSON.
fn shown(html: &str) -> Vec<(String, u64)> {
    let parts = html.split("<span data-number=\"").skip(1);
    let numbers = parts.map(|part| {
        let (path, rest) = part.split_once("\">").unwrap();
        let (number, _) = rest.split_once('<').unwrap();
        let pointer = format!("/{}", path.replace('.', "/"));
        (pointer, number.replace(',', "").parse().unwrap())
    });
    numbers.collect()
}

/// Thirty rows of three groups with 100, 10 and 0 messages, and as many whose group the map lacks.
fn checked_against_a_small_world(env: &TestEnv) {
    let mut rows = String::from("group_id,member_account,unread_num\n");
    for number in 0..30 {
        writeln!(rows, "g{},u{number},{number}", number % 3).unwrap();
        writeln!(rows, "lost{},u{number},1", number % 7).unwrap();
    }
    env.write("in.csv", rows);
    let map = "source,target\ng0,a\ng1,b\ng2,c\nother,c\nspare,d\n";
    env.write("map.csv", map);
    let members: Vec<Value> = (0..30)
        .map(|number| json!({"account": format!("u{number}")}))
        .collect();
    let group = |id: &str, messages: u64| json!({"group_id": id, "type": "Public", "message_count": messages, "members": members});
    let world = json!({"groups": [group("a", 100), group("b", 10), group("c", 0)]});
    env.write("world.json", world.to_string());
}

#[test]
fn text_result_report_and_page_of_online_checks_and_id_maps_have_equal_numbers() {
    let env = TestEnv::new();
    checked_against_a_small_world(&env);
    let words = "validate in.csv --online --simulator --simulator-world world.json \
                 --map-groups map.csv --map-many-to-one --report r.json --report r.html";
    let validate = || env.command(words.split_whitespace());
    let result = validate().json(3);
    let text = validate().run().exits(3);
    let json = report(&env, "r.json");
    for part in ["rows", "calls", "problems", "maps", "clamps"] {
        assert_eq!(json[part], result[part], "{part}");
    }
    let numbers = shown(&env.read("r.html"));
    for (pointer, number) in &numbers {
        let same = json.pointer(pointer).and_then(Value::as_u64);
        assert_eq!(same, Some(*number), "{pointer}");
    }
    // Of group `b`, 13 and on are above 10; of group `c`, all.
    let (of_b, of_c): (Vec<u64>, Vec<u64>) = (
        (0..10).map(|n| 3 * n + 1).filter(|n| *n > 10).collect(),
        (0..10).map(|n| 3 * n + 2).collect(),
    );
    let (calls, lost) = (
        of_b.len() + of_c.len(),
        of_b.iter().map(|n| n - 10).sum::<u64>() + of_c.iter().sum::<u64>(),
    );
    for (pointer, expected) in [
        ("/clamps/calls", calls as u64),
        ("/clamps/lost", lost),
        ("/clamps/groups/count", 2),
        ("/clamps/worst/0/unread_num", 29),
        ("/clamps/worst/0/becomes", 0),
        ("/maps/0/entries", 5),
        ("/maps/0/used", 3),
        ("/maps/0/unused", 2),
        ("/maps/0/merged", 1),
        ("/maps/0/unmapped_rows", 30),
        ("/maps/0/unmapped_ids", 7),
        ("/maps/0/unmapped_examples/0/rows", 5),
    ] {
        let found = numbers.iter().find(|(place, _)| place == pointer);
        assert_eq!(
            found.map(|(_, number)| *number),
            Some(expected),
            "{pointer}"
        );
    }
    assert_eq!(
        json["maps"][0]["unused_examples"],
        json!(["other", "spare"])
    );
    assert_eq!(
        json["maps"][0]["merged_examples"],
        json!([{"target": "c", "sources": ["g2", "other"]}])
    );
    drop(text.prints(&[
        &format!("{calls} calls in 2 groups: the target will set less, by {lost} in all"),
        "5 ids, 3 used, 2 unused, 1 with the target of another, in ",
        "not mapped  7 ids in 30 rows",
    ]));
}

//! `--report` on the command line: when it is refused, what it leaves, and that its numbers are
//! those of every other form.

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
        ("none/report.html", "cannot write the report"),
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
    let parts = ["succeeded", "failed", "exhausted", "in_doubt", "never_sent"];
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

//! The target's bad days.

use std::collections::BTreeSet;

use crate::import::adds_up;
use crate::support::{Checkpoint, KEY, Row, Sim, TestEnv, rows, until, write_csv};

/// Faults of a call, rate limits apart.
const FAULTS: [&str; 5] = ["http502", "reset", "lost", "code:10002", "nonjson"];

/// An import against a server in which each of these strikes 3 % of all calls.
fn comes_through(number: u32, faults: &[&str]) {
    let env = TestEnv::new();
    let rows = rows(number);
    let input = write_csv(&env, "in.csv", &rows);
    let options = faults.join("=0.03 --fault ");
    let sim = Sim::start(
        &env,
        &input,
        &format!("--fault {options}=0.03 --latency 1ms..30ms"),
    );
    let result = sim
        .import(&env, &input)
        .args("--checkpoint run.jsonl")
        .json(0);
    adds_up(&result);
    assert_eq!(result["calls"]["succeeded"], number);
    assert_eq!(result["calls"]["failed"], 0);
    sim.holds(&rows, 4);
    Checkpoint::new(&env, "run.jsonl").each_succeeded_once(rows.len());
    let sets = sim.sets();
    for &fault in faults {
        let struck = match fault {
            "lost" => &sets["lost"],
            _ => &sets["faulted"][fault],
        };
        assert!(
            struck.as_u64().unwrap() > u64::from(number) / 100,
            "{fault}: {sets}"
        );
    }
    assert_eq!(sets["ok"], number, "one answer of success a row: {sets}");
}

#[test]
fn three_percent_of_every_fault_at_once_leave_no_row_behind() {
    comes_through(1_500, &FAULTS);
}

#[test]
fn neither_do_three_percent_of_rate_limit_answers_among_them() {
    let mut faults = FAULTS.to_vec();
    faults.push("code:60007");
    comes_through(400, &faults);
}

#[test]
fn each_kind_of_rate_limit_answer_slows_down_and_costs_no_row() {
    for fault in [
        "code:60011",
        "code:60018",
        "code:60019",
        "code:10006",
        "http429:1",
    ] {
        let env = TestEnv::new();
        let rows = rows(20);
        let input = write_csv(&env, "in.csv", &rows);
        let sim = Sim::start(&env, &input, &format!("--fault {fault}=0.2 --seed 3"));
        let result = sim.import(&env, &input).args("--max-attempts 1").json(0);
        adds_up(&result);
        let limited = result["calls"]["rate_limited"].as_u64().unwrap();
        assert!(limited > 0, "{fault}: {result}");
        sim.holds(&rows, 1);
    }
}

#[test]
fn a_quota_below_ours_is_found_and_kept_to() {
    let env = TestEnv::new();
    let rows = rows(150);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "--quota 40");
    let result = sim.import(&env, &input).json(0);
    adds_up(&result);
    assert!(
        result["calls"]["rate_limited"].as_u64().unwrap() > 0,
        "{result}"
    );
    sim.holds(&rows, 1);
}

#[test]
fn a_wrong_key_stops_with_exit_4_fails_no_row_and_the_right_key_goes_on() {
    let env = TestEnv::new();
    let rows = rows(30);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "");
    let log = Checkpoint::new(&env, "run.jsonl");
    let done = sim
        .import_with(&env, &input, "wrong-key-0123456789")
        .args("--checkpoint run.jsonl --output json")
        .run()
        .exits(4)
        .says(&["the credential is refused", "key", "im-unread resume /"]);
    let result = done.json();
    adds_up(&result);
    assert_eq!(result["outcome"], "stopped");
    assert_eq!(result["reason"]["kind"], "credential");
    assert_eq!(result["calls"]["failed"], 0);
    assert!(sim.calls() <= 2, "{}", sim.stats());
    let calls = log.calls(&env);
    assert_eq!(
        (&calls["failed"], &calls["exhausted"]),
        (&0.into(), &0.into())
    );
    Sim::resume(&env, &log.path).run().exits(0);
    sim.holds(&rows, 1);
}

#[test]
fn an_account_that_is_no_administrator_and_an_unknown_app_stop_with_exit_4() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(5));
    let sim = Sim::start(&env, &input, "");
    for (name, words) in [
        ("1", "--identifier nobody"),
        ("2", "--sdk-app-id 1400099999"),
    ] {
        let command = env
            .command([
                "import",
                "in.csv",
                "--checkpoint",
                name,
                "--endpoint",
                sim.url(),
            ])
            .env("IM_UNREAD_SECRET_KEY", KEY);
        let command = if name == "1" {
            command.args("--sdk-app-id 1400000009")
        } else {
            command
        };
        let result = command.args("--yes").args(words).json(4);
        adds_up(&result);
        assert_eq!(result["calls"]["failed"], 0, "{words}");
        assert_eq!(result["outcome"], "stopped", "{words}");
    }
}

#[test]
fn an_outage_shorter_than_the_limit_fails_no_row() {
    let env = TestEnv::new();
    let rows = rows(300);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "--outage 700ms+2s");
    let done = sim
        .import(&env, &input)
        .args("--checkpoint run.jsonl --output json")
        .run()
        .exits(0)
        .says(&["the target is down", "the target is back"]);
    let result = done.json();
    adds_up(&result);
    assert_eq!(result["calls"]["succeeded"], 300);
    sim.holds(&rows, 2);
    Checkpoint::new(&env, "run.jsonl").each_succeeded_once(300);
}

#[test]
fn an_outage_longer_than_the_limit_stops_with_exit_4_and_can_go_on() {
    let env = TestEnv::new();
    let rows = rows(200);
    let input = write_csv(&env, "in.csv", &rows);
    let down = Sim::start(&env, &input, "--outage 500ms+1h");
    let log = Checkpoint::new(&env, "run.jsonl");
    let done = down
        .import(&env, &input)
        .args("--outage-limit 1s --checkpoint run.jsonl --output json")
        .run()
        .exits(4)
        .says(&["down for", "im-unread resume /"]);
    let result = done.json();
    adds_up(&result);
    assert_eq!(result["reason"]["kind"], "outage");
    assert_eq!(result["calls"]["failed"], 0);
    let first = log.with_status("succeeded");
    // The app is back, at the address of its backup host.
    let back = Sim::start(&env, &input, "");
    Sim::resume(&env, &log.path)
        .args(&format!("--endpoint {}", back.url()))
        .run()
        .exits(0);
    let done: BTreeSet<_> = first.iter().cloned().collect();
    let open: Vec<Row> = rows
        .into_iter()
        .filter(|row| !done.contains(&(row.group.clone(), row.member.clone())))
        .collect();
    back.holds(&open, 1);
    log.each_succeeded_once(200);
    assert_eq!(back.calls(), 200 - first.len() as u64);
}

#[test]
fn a_usersig_that_expires_is_signed_anew_with_the_key() {
    let env = TestEnv::new();
    let rows = rows(400);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "--usersig-expires-after 1s");
    let result = sim.import(&env, &input).json(0);
    adds_up(&result);
    assert_eq!(result["calls"]["succeeded"], 400);
    let refused = sim.sets()["refused_by_code"].clone();
    assert!(
        refused["70001"].as_u64().unwrap() > 0,
        "it did expire: {refused}"
    );
    sim.holds(&rows, 1);
}

#[test]
fn a_usersig_alone_that_expires_stops_with_exit_4_and_a_new_one_goes_on() {
    let env = TestEnv::new();
    let rows = rows(400);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "--usersig-expires-after 1s");
    let sign = || {
        let command = env.command(["usersig", "--sdk-app-id", "1400000009"]);
        let done = command.env("IM_UNREAD_SECRET_KEY", KEY).run().exits(0);
        done.stdout.trim().to_owned()
    };
    let first = sim
        .aimed(env.command(["import", "in.csv", "--yes", "--checkpoint", "run.jsonl"]))
        .env("IM_UNREAD_USER_SIG", sign())
        .args("--output json")
        .run()
        .exits(4)
        .says(&["the credential is refused", "70001"]);
    let result = first.json();
    adds_up(&result);
    assert_eq!(result["calls"]["failed"], 0);
    assert!(
        result["calls"]["succeeded"].as_u64().unwrap() > 0,
        "{result}"
    );
    env.command(["resume", "run.jsonl", "--yes"])
        .env("IM_UNREAD_USER_SIG", sign())
        .run()
        .exits(0);
    sim.holds(&rows, 1);
}

#[test]
fn a_usersig_that_ends_before_the_import_does_is_told_before_the_first_call() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(300));
    let sim = Sim::start(&env, &input, "");
    let signed = env
        .command(["usersig", "--sdk-app-id", "1400000009", "--expire", "10s"])
        .env("IM_UNREAD_SECRET_KEY", KEY)
        .run()
        .exits(0);
    let mut running = sim
        .aimed(env.command(["import", "in.csv", "--yes", "--qps", "1"]))
        .env("IM_UNREAD_USER_SIG", signed.stdout.trim())
        .start();
    let told = until("the plan is told", || {
        let told = running.stderr();
        (told.contains("checkpoint in.csv") || running.has_ended()).then_some(told)
    });
    until("the warning is told", || {
        running
            .stderr()
            .contains("warning    the UserSig ends at")
            .then_some(())
    });
    assert!(told.contains("300 read"), "{told}");
    running.kill().was_killed();
}

#[test]
fn too_many_failures_stop_with_exit_4_and_so_do_first_calls_that_are_all_refused() {
    let env = TestEnv::new();
    let rows = rows(200);
    let input = write_csv(&env, "in.csv", &rows);
    let empty = env.write("empty.json", "{\"accounts\":[],\"groups\":[]}");
    let sim = Sim::of_world(&env, &empty, "");
    let import = |name: &str, words: &str| {
        sim.import(&env, &input)
            .args(&format!("--checkpoint {name} {words}"))
            .json(4)
    };
    let early = import("early.jsonl", "");
    adds_up(&early);
    assert_eq!(early["reason"]["kind"], "all_refused");
    let failed = early["calls"]["failed"].as_u64().unwrap();
    assert!((50..80).contains(&failed), "{early}");
    let limited = import("limited.jsonl", "--no-early-stop --max-failures 20");
    adds_up(&limited);
    assert_eq!(limited["reason"]["kind"], "too_many_failures");
}

#[test]
fn a_stall_of_the_target_fails_nothing_and_bursts_nothing() {
    let env = TestEnv::quiet();
    let rows = rows(500);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "--stall 1s+1s");
    let result = sim.import(&env, &input).json(0);
    adds_up(&result);
    assert_eq!(result["calls"]["succeeded"], 500, "{result}");
    sim.holds(&rows, 1);
    sim.kept_to(200);
}

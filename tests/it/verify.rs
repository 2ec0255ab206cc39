//! Reading back what was set.

use serde_json::Value;

use crate::support::{APP, KEY, Row, Sim, TestEnv, rows, write_csv};

/// An import of `rows` into `run.jsonl`, complete.
fn imported(env: &TestEnv, sim: &Sim, rows: &[Row], name: &str) {
    let input = write_csv(env, &format!("{name}.csv"), rows);
    sim.import(env, &input)
        .args(&format!("--checkpoint {name}.jsonl"))
        .run()
        .exits(0);
}

fn verify(env: &TestEnv, code: i32, words: &str) -> Value {
    env.command(["verify", "run.jsonl"])
        .env("IM_UNREAD_SECRET_KEY", KEY)
        .args(words)
        .json(code)
}

#[test]
fn what_an_import_has_set_is_found_again() {
    let env = TestEnv::new();
    let rows = rows(60);
    let world = write_csv(&env, "world.csv", &rows);
    let sim = Sim::start(&env, &world, "");
    imported(&env, &sim, &rows, "run");
    for by in ["group", "member"] {
        let result = verify(&env, 0, &format!("--by {by}"));
        assert_eq!(result["outcome"], "verified", "{by}");
        assert_eq!(result["checked"], 60, "{by}");
        assert_eq!(result["results"]["matched"], 60, "{by}: {result}");
    }
    assert_eq!(sim.calls(), 60, "reading sets nothing");
}

#[test]
fn a_count_that_is_another_one_now_is_named_and_the_exit_is_1() {
    let env = TestEnv::new();
    let rows = rows(20);
    let world = write_csv(&env, "world.csv", &rows);
    let sim = Sim::start(&env, &world, "");
    imported(&env, &sim, &rows, "run");
    // Somebody has read since.
    let mut read = rows[7].clone();
    read.count = 0;
    imported(&env, &sim, &[read], "later");
    let result = verify(&env, 1, "--differences differences.csv");
    assert_eq!(result["outcome"], "different");
    assert_eq!(result["results"]["matched"], 19, "{result}");
    assert_eq!(result["results"]["mismatched"], 1, "{result}");
    let difference = &result["differences"][0];
    assert_eq!(difference["row"], 8);
    assert_eq!(difference["member_account"], rows[7].member.as_str());
    assert_eq!(difference["expected"], rows[7].count);
    assert_eq!(difference["found"], 0);
    assert_eq!(env.read("differences.csv").lines().count(), 2);
}

#[test]
fn query_tells_one_members_count() {
    let env = TestEnv::new();
    let rows = rows(10);
    let world = write_csv(&env, "world.csv", &rows);
    let sim = Sim::start(&env, &world, "");
    imported(&env, &sim, &rows, "run");
    let command = env.command(["query", "group", &rows[3].group, &rows[3].member]);
    let told = command
        .args(&format!("--sdk-app-id {APP} --endpoint {}", sim.url()))
        .env("IM_UNREAD_SECRET_KEY", KEY)
        .run()
        .exits(0);
    let told = told.prints(&[&rows[3].member]);
    assert!(
        told.stdout.contains(&rows[3].count.to_string()),
        "{}",
        told.stdout
    );
}

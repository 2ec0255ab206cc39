//! Reading back what was set.

use std::fmt::Write as _;

use serde_json::{Value, json};

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

/// Each count was set twice, by an import and by another one of a changed input.
#[test]
fn a_sample_expects_the_counts_that_were_set_last() {
    let env = TestEnv::new();
    let mut all = rows(60);
    let world = write_csv(&env, "world.csv", &all);
    let sim = Sim::start(&env, &world, "");
    imported(&env, &sim, &all, "run");
    for row in &mut all {
        row.count ^= 1;
    }
    let input = write_csv(&env, "run.csv", &all);
    let import = sim.import(&env, &input);
    let import = import.args("--checkpoint run.jsonl --changed-input");
    drop(import.run().exits(0));
    let result = verify(&env, 0, "--sample 40");
    assert_eq!(result["results"]["matched"], 40, "{result}");
    assert_eq!(result["counts_set"], 60, "{result}");
}

/// A report's results as an object, as the result on stdout has them.
fn results(report: &Value) -> Value {
    let parts = report["results"].as_array().unwrap().iter();
    let parts = parts.map(|part| {
        let name = part["result"].as_str().unwrap().to_owned();
        (name, part["counts"].clone())
    });
    Value::Object(parts.collect())
}

#[test]
fn the_report_of_a_check_has_the_numbers_of_its_result() {
    let env = TestEnv::new();
    let rows = rows(90);
    let world = write_csv(&env, "world.csv", &rows);
    let sim = Sim::start(&env, &world, "");
    imported(&env, &sim, &rows, "run");
    let mut read = rows[..30].to_vec();
    for row in &mut read {
        row.count /= 2;
    }
    imported(&env, &sim, &read, "later");
    let words = "--report v.html --report v.json --differences d.csv --sample 80";
    let result = verify(&env, 1, words);
    let report: Value = serde_json::from_str(&env.read("v.json")).unwrap();
    for part in ["outcome", "checked", "sums", "confidence"] {
        assert_eq!(report[part], result[part], "{part}");
    }
    assert_eq!(results(&report), result["results"]);
    assert_eq!(report["confidence"]["of"], 90);
    assert_eq!(report["import"]["counts_set"], 90);
    for part in ["calls", "attempts", "busiest_second"] {
        assert_eq!(report["asked"][part], result["asked"][part], "{part}");
    }
    let total = report["differences"]["total"].as_u64().unwrap();
    assert_eq!(env.read("d.csv").lines().count() as u64, total + 1);
    let bars = report["gaps"]["histogram"].as_array().unwrap().iter();
    let gaps: u64 = bars.map(|bar| bar["counts"].as_u64().unwrap()).sum();
    assert_eq!(gaps, report["gaps"]["lower"].as_u64().unwrap());
    assert_eq!(report["affected"]["count"], 3, "30 rows of groups of ten");
    // A file that cannot be written is told before the first call.
    let before = sim.stats()["calls"].clone();
    for words in ["--report none/v.html", "--differences none/d.csv"] {
        let refused = env.command(["verify", "run.jsonl"]).args(words);
        let refused = refused.env("IM_UNREAD_SECRET_KEY", KEY).run().exits(2);
        drop(refused.says(&["cannot write", "hint"]));
    }
    assert_eq!(sim.stats()["calls"], before);
}

#[test]
fn a_file_of_differences_is_an_input_whatever_its_ids_look_like() {
    let env = TestEnv::new();
    let mut rows = rows(4);
    for (row, group) in rows
        .iter_mut()
        .zip(["=1+1", "@SUM(A1)", "'quoted", "@TGS#1"])
    {
        row.group = group.to_owned();
        row.count += 1;
    }
    let world = write_csv(&env, "world.csv", &rows);
    let sim = Sim::start(&env, &world, "");
    imported(&env, &sim, &rows, "run");
    let mut read = rows.clone();
    for row in &mut read {
        row.count = 0;
    }
    imported(&env, &sim, &read, "later");
    drop(verify(&env, 1, "--differences d.csv"));
    let text = env.read("d.csv");
    for cell in [",'=1+1,", ",'@SUM(A1),", ",''quoted,", ",@TGS#1,"] {
        assert!(text.contains(cell), "{cell}: {text}");
    }
    let again = sim.import(&env, &env.path("d.csv"));
    drop(
        again
            .args("--column unread_num=expected --checkpoint again.jsonl")
            .run()
            .exits(0),
    );
    drop(verify(&env, 0, ""));
}

#[test]
fn the_report_of_an_audit_names_peers_and_accounts() {
    let env = TestEnv::new();
    let world = json!({"c2c": [{"account": "ann", "peer": "bob", "unread": 2}]});
    env.write("world.json", world.to_string());
    let rows = "account,peer,count\nann,bob,5\nann,bob,7\nbob,ann,0\nann,ghost,1\n,x,1\n";
    env.write("rows.csv", rows);
    let sim = Sim::of_world(&env, &env.path("world.json"), "");
    let audit = sim.aimed(env.command(["verify", "--c2c", "rows.csv", "--report", "v.json"]));
    let result = audit.env("IM_UNREAD_SECRET_KEY", KEY).json(1);
    let report: Value = serde_json::from_str(&env.read("v.json")).unwrap();
    assert_eq!(
        report["rows"],
        json!({"read": 5, "invalid": 1, "repeated": 1})
    );
    assert_eq!(report["rows"], result["rows"]);
    assert_eq!(results(&report), result["results"]);
    let shown = &report["differences"]["shown"][0];
    assert_eq!(
        (&shown["account"], &shown["peer"]),
        (&json!("ann"), &json!("bob"))
    );
    assert_eq!(
        (&shown["expected"], &shown["found"]),
        (&json!(7), &json!(2))
    );
    assert_eq!(report["import"], Value::Null);
    let verdict = report["verdict"]["sentence"].as_str().unwrap();
    assert!(verdict.ends_with("left out as invalid: 1 row"), "{verdict}");
}

/// More than the service counts: of one conversation, and conversations of one account.
#[test]
fn counts_beyond_the_caps_of_the_service_are_capped_and_told_apart_from_wrong_ones() {
    let env = TestEnv::new();
    let mut conversations = vec![
        json!({"account": "ann", "peer": "bob", "unread": 300}),
        json!({"account": "ann", "peer": "cat", "unread": 3}),
    ];
    let mut rows = String::from("account,peer,count\nann,bob,300\nann,cat,4\n");
    for peer in 0..101 {
        let peer = format!("p{peer}");
        conversations.push(json!({"account": "zoe", "peer": peer, "unread": 2}));
        writeln!(rows, "zoe,{peer},2").unwrap();
    }
    env.write("world.json", json!({"c2c": conversations}).to_string());
    env.write("rows.csv", rows);
    let audit = |options: &str, code: i32| {
        let sim = Sim::of_world(&env, &env.path("world.json"), options);
        let command = env.command(["verify", "--c2c", "rows.csv", "--report", "v.json"]);
        let command = sim.aimed(command).args("--report v.html");
        command.env("IM_UNREAD_SECRET_KEY", KEY).json(code)
    };
    let result = audit("", 1);
    assert_eq!(
        result["results"],
        json!({"matched": 100, "capped": 2, "mismatched": 1, "unknown_account": 0, "unverifiable": 0})
    );
    let differences = result["differences"].as_array().unwrap();
    let of = |account: &str, verdict: &str| {
        let mut found = differences.iter();
        let found = found.find(|one| one["account"] == account && one["verdict"] == verdict);
        found.unwrap()["reason"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        of("ann", "capped"),
        "the service counts 250 unread messages a conversation"
    );
    assert_eq!(
        of("zoe", "capped"),
        "the service counts in 100 conversations, and the account has 101"
    );
    let report: Value = serde_json::from_str(&env.read("v.json")).unwrap();
    assert_eq!(results(&report), result["results"]);
    assert!(env.read("v.html").contains("<code>capped</code>"));
    // An app that has bought more counts all of them.
    let caps_off = "--quirk c2c-unread=off --quirk c2c-conversations=off";
    let result = audit(caps_off, 1);
    assert_eq!(result["results"]["matched"], 102, "{result}");
    assert_eq!(result["results"]["mismatched"], 1, "{result}");
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

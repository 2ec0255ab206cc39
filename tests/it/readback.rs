//! Long reads that are killed: a check, an audit and a snapshot go on where they were.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{KEY, Row, Running, Sim, TestEnv, rows, until, write_csv};

/// Lines of a progress log that are whole.
fn lines(env: &TestEnv, log: &str) -> usize {
    std::fs::read(env.path(log)).map_or(0, |bytes| memchr::memchr_iter(b'\n', &bytes).count())
}

/// Kills `reading` once its progress log has so many lines.
fn kill_at(env: &TestEnv, reading: Running, log: &str, at: usize) {
    until("the progress log grows", || {
        (lines(env, log) >= at).then_some(())
    });
    drop(reading.kill().was_killed());
}

/// Calls of a command that reached the simulator.
fn calls(sim: &Sim, command: &str) -> u64 {
    let stats = sim.stats();
    stats["commands"][command]["calls"].as_u64().unwrap_or(0)
}

#[test]
fn a_killed_check_goes_on_and_tells_the_whole() {
    let env = TestEnv::new();
    let all = rows(6000);
    let world = write_csv(&env, "world.csv", &all);
    let sim = Sim::start(&env, &world, "");
    let some: Vec<Row> = all.iter().step_by(10).cloned().collect();
    let input = write_csv(&env, "in.csv", &some);
    let import = sim.import(&env, &input).args("--checkpoint run.jsonl");
    drop(import.run().exits(0));
    let verify = || {
        env.command(["verify", "run.jsonl", "--by", "group"])
            .env("IM_UNREAD_SECRET_KEY", KEY)
    };
    let log = "run.jsonl.verify.jsonl";
    kill_at(&env, verify().start(), log, 4);
    let known = format!("{} counts are known", lines(&env, log) - 1);
    let told = verify().run().exits(0);
    let told = told.says(&["continuing the check", &known]);
    drop(told.prints(&["600 of 600", "matched                   600"]));
    assert!(calls(&sim, "get_specified_group_member_info") < 600 + 300);
    assert!(!env.path("run.jsonl.verify.jsonl").exists());
}

/// A world in which `a0` has not read 3 messages of `p`, `a1` 4, …, and rows that say so but for
/// every hundredth.
fn one_to_one(env: &TestEnv, accounts: u32) {
    let mut csv = String::from("account,peer,count\n");
    let mut c2c = Vec::new();
    for number in 0..accounts {
        let unread = 3 + number % 7;
        c2c.push(json!({"account": format!("a{number}"), "peer": "p", "unread": unread}));
        let said = unread + u32::from(number % 100 == 0);
        writeln!(csv, "a{number},p,{said}").unwrap();
    }
    env.write("c2c.csv", csv);
    env.write("world.json", json!({"c2c": c2c}).to_string());
}

#[test]
fn a_killed_audit_goes_on_and_names_every_difference_once() {
    let env = TestEnv::new();
    one_to_one(&env, 600);
    let sim = Sim::of_world(&env, &env.path("world.json"), "");
    let audit = || {
        sim.aimed(env.command(["verify", "--c2c", "c2c.csv"]))
            .env("IM_UNREAD_SECRET_KEY", KEY)
    };
    kill_at(&env, audit().start(), "c2c.csv.verify.jsonl", 200);
    let result = audit().args("--differences d.csv").json(1);
    assert_eq!(result["results"]["matched"], 594, "{result}");
    assert_eq!(result["results"]["mismatched"], 6);
    assert_eq!(
        result["rows"],
        json!({"read": 600, "invalid": 0, "repeated": 0})
    );
    assert!(result["calls"].as_u64().unwrap() <= 450, "{result}");
    assert_eq!(env.read("d.csv").lines().count(), 7);
    assert!(!env.path("c2c.csv.verify.jsonl").exists());
}

/// The counts of a snapshot, by group and member, and its lines.
fn snapshot(env: &TestEnv, name: &str) -> Vec<(String, String, u64)> {
    let text = env.read(name);
    let rows = text.lines().map(|line| {
        let row: Value = serde_json::from_str(line).unwrap();
        let word = |name: &str| row[name].as_str().unwrap().to_owned();
        let unread = row["unread_num"].as_u64().unwrap();
        (word("group_id"), word("member_account"), unread)
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort();
    rows
}

#[test]
fn a_killed_snapshot_goes_on_before_anything_is_set_and_undoes_the_import() {
    let env = TestEnv::new();
    let all = rows(6000);
    let world = write_csv(&env, "world.csv", &all);
    let sim = Sim::start(&env, &world, "");
    let mut some: Vec<Row> = all.iter().step_by(10).cloned().collect();
    let input = write_csv(&env, "in.csv", &some);
    // What was there before: for each row 1, or 0.
    for (row, before) in some.iter_mut().zip([1, 0].into_iter().cycle()) {
        row.count = before;
    }
    let earlier = write_csv(&env, "earlier.csv", &some);
    drop(sim.import(&env, &earlier).run().exits(0));
    let set = sim.calls();
    let import = || {
        let import = sim.import(&env, &input);
        import.args("--checkpoint log.jsonl --snapshot before.jsonl")
    };
    kill_at(&env, import().start(), "before.jsonl.progress.jsonl", 4);
    assert_eq!(
        sim.calls(),
        set,
        "nothing is set before the snapshot is whole"
    );
    assert!(!env.path("before.jsonl").exists() && !env.path("log.jsonl").exists());
    let progress = std::fs::read(env.path("before.jsonl.progress.jsonl")).unwrap();

    // Each line but the first is an answer about fifty members.
    let known = format!(
        "{} counts are known",
        (lines(&env, "before.jsonl.progress.jsonl") - 1) * 50
    );
    let told = import().run().exits(0);
    drop(told.says(&["continuing the snapshot", &known]));
    assert!(calls(&sim, "get_specified_group_member_info") < 600 + 300);
    assert!(!env.path("before.jsonl.progress.jsonl").exists());
    let expected: Vec<_> = some
        .iter()
        .map(|row| (row.group.clone(), row.member.clone(), u64::from(row.count)))
        .collect();
    let mut expected = expected;
    expected.sort();
    assert_eq!(snapshot(&env, "before.jsonl"), expected);

    // Killed behind the snapshot and before the checkpoint: the snapshot is this import's own.
    env.write("before.jsonl.progress.jsonl", progress);
    std::fs::remove_file(env.path("log.jsonl")).unwrap();
    drop(
        import()
            .run()
            .exits(0)
            .says(&["`before.jsonl` is there already"]),
    );
    // Of another import, it is not.
    let other = sim.import(&env, &earlier);
    let other = other.args("--checkpoint other.jsonl --snapshot before.jsonl");
    drop(other.run().exits(2).says(&["exists already"]));

    let rollback = sim.aimed(env.command(["rollback", "before.jsonl", "--yes"]));
    drop(rollback.env("IM_UNREAD_SECRET_KEY", KEY).run().exits(0));
    let unread = sim.unread();
    for row in &some {
        let held = unread[&(row.group.clone(), row.member.clone())];
        assert_eq!(held.count, row.count, "{row:?}");
    }
}

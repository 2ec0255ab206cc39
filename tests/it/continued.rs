//! A command that a signal or its target has ended prints the one that continues it: complete, with
//! the target, the file of the credential and all that matters, whatever the command is.

use serde_json::json;

use crate::pasted::{command, pasted};
use crate::support::{APP, Checkpoint, KEY, Running, Sim, TestEnv, rows, until, write_csv};

/// Interrupts a command that keeps its progress in `log` once there are so many lines.
fn interrupted_at(env: &TestEnv, running: Running, log: &str, lines: usize) -> String {
    until("the progress log grows", || {
        let text = std::fs::read(env.path(log)).unwrap_or_default();
        (memchr::memchr_iter(b'\n', &text).count() >= lines).then_some(())
    });
    running.signal("TERM");
    running.wait().exits(143).stderr
}

/// A file with a signature for the simulator.
fn signature(env: &TestEnv) {
    let line = format!("usersig --sdk-app-id {APP}");
    let signed = env
        .command(line.split(' '))
        .env("IM_UNREAD_SECRET_KEY", KEY);
    env.write("sig", signed.run().exits(0).stdout);
}

#[test]
fn a_check_continues_with_its_signature_its_report_and_its_way() {
    let env = TestEnv::new();
    let rows = rows(3000);
    let input = write_csv(&env, "in.csv", &rows[..600]);
    let world = write_csv(&env, "world.csv", &rows);
    let sim = Sim::start(&env, &world, "");
    sim.import(&env, &input)
        .args("--checkpoint run.jsonl")
        .run()
        .exits(0);
    signature(&env);
    let verify = env
        .command(["verify", "run.jsonl", "--user-sig-file", "sig"])
        .args("--by group --qps 150 --report check.json --differences d.csv");
    let told = interrupted_at(&env, verify.start(), "run.jsonl.verify.jsonl", 4);
    let line = command(&told, "verify");
    for words in ["--by group", "--qps 150", "check.json", "d.csv", "sig"] {
        assert!(line.contains(words), "`{words}`: {line}");
    }
    // It keeps its progress beside the checkpoint, wherever it is pasted.
    let told = pasted(&env, &line, 0);
    assert!(told.contains("continuing the check"), "{told}");
    assert!(env.path("check.json").exists());
}

#[test]
fn an_audit_and_online_checks_continue() {
    let env = TestEnv::new();
    let conversation =
        |number: u32| json!({"account": format!("a{number}"), "peer": "p", "unread": 1});
    let c2c: Vec<_> = (0..600).map(conversation).collect();
    env.write("world.json", json!({ "c2c": c2c }).to_string());
    let rows: Vec<String> = (0..600).map(|number| format!("a{number},p,1")).collect();
    env.write(
        "c2c.csv",
        format!("account,peer,count\n{}\n", rows.join("\n")),
    );
    let sim = Sim::of_world(&env, &env.path("world.json"), "");
    env.write("the key", KEY);
    let audit = sim
        .aimed(env.command(["verify", "--c2c", "c2c.csv", "--secret-key-file", "the key"]))
        .args("--column peer=peer --progress-log log");
    let told = interrupted_at(&env, audit.start(), "log", 200);
    let told = pasted(&env, &command(&told, "verify"), 0);
    assert!(told.contains("continuing the check"), "{told}");

    let input = write_csv(&env, "in.csv", &crate::support::rows(9000));
    let sim = Sim::start(&env, &input, "");
    let validate = sim
        .aimed(env.command(["validate", "in.csv", "--online"]))
        .args("--secret-key-file key --qps 20 --preflight checks.jsonl");
    env.write("key", KEY);
    let told = interrupted_at(&env, validate.start(), "checks.jsonl", 10);
    let line = command(&told, "validate").replace("--qps 20", "--qps 200");
    let told = pasted(&env, &line, 0);
    assert!(told.contains("continuing the checks"), "{told}");
}

#[test]
fn a_snapshot_continues_and_checks_that_are_not_there_are_made() {
    let env = TestEnv::new();
    // Each member in a group of its own, so that each takes a call.
    let mut rows = rows(400);
    for row in &mut rows {
        row.group = format!("@TGS#{}", row.member);
    }
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "");
    env.write("key", KEY);
    let import = |options: &str| {
        sim.aimed(env.command(["import", "in.csv", "--yes", "--secret-key-file", "key"]))
            .args("--checkpoint run.jsonl")
            .args(options)
    };
    let running = import("--snapshot before.jsonl").start();
    let told = interrupted_at(&env, running, "before.jsonl.progress.jsonl", 3);
    let line = command(&told, "import");
    assert!(
        line.contains("--snapshot") && !line.contains("--yes"),
        "{line}"
    );
    let told = pasted(&env, &format!("{line} --yes"), 0);
    assert!(told.contains("continuing the snapshot"), "{told}");
    std::fs::remove_file(env.path("run.jsonl")).unwrap();
    let told = import("--preflight checks.jsonl").run().exits(2).stderr;
    let line = command(&told, "validate");
    pasted(&env, &line, 0);
    assert!(env.path("checks.jsonl").exists());
}

#[test]
fn a_resume_keeps_the_address_that_was_given_and_status_knows_it_all() {
    let env = TestEnv::new();
    let rows = rows(400);
    let input = write_csv(&env, "in.csv", &rows);
    let first = Sim::start(&env, &input, "--latency 200ms");
    let second = Sim::start(&env, &input, "--latency 200ms");
    signature(&env);
    let log = Checkpoint::new(&env, "run.jsonl");
    let running = first
        .aimed(env.command(["import", "in.csv", "--yes", "--user-sig-file", "sig"]))
        .args("--checkpoint run.jsonl --max-in-flight 4")
        .start();
    until("a call has its outcome", || {
        (log.outcomes() > 3).then_some(())
    });
    running.signal("TERM");
    let told = running.wait().exits(143).stderr;
    let line = command(&told, "resume");
    assert!(line.contains("--user-sig-file"), "{line}");
    // The same from another address, which the next line keeps.
    let moved = format!("{line} --endpoint {} --qps 150", second.url());
    let moved = format!("{} --yes", moved.replace("--max-in-flight 4 ", ""));
    let words = shlex::split(&moved).unwrap();
    let running = env.command(&words[1..]).start();
    let before = log.outcomes();
    until("a call has its outcome", || {
        (log.outcomes() > before + 3).then_some(())
    });
    // It is killed: only the log can tell how to continue.
    drop(running.kill().was_killed());
    let status = env.run("status run.jsonl").exits(0).stdout;
    let line = command(&status.replace("next        ", ""), "resume");
    for words in ["--user-sig-file", second.url(), "--qps 150"] {
        assert!(line.contains(words), "`{words}`: {line}");
    }
    pasted(&env, &format!("{line} --yes"), 0);
    assert!(second.calls() > 300);
}

#[test]
fn an_export_continues_with_its_key_and_its_pace() {
    let env = TestEnv::new();
    let users: Vec<_> = (1..=60)
        .map(|id| json!({"id": id, "login": format!("u{id}")}))
        .collect();
    let ids: Vec<u32> = (1..=60).collect();
    let dialogs = json!([{"_id": "d".repeat(24), "type": 2, "occupants_ids": ids, "unread": {}}]);
    let world = json!({"quickblox": {"users": users, "dialogs": dialogs}});
    env.write("world.json", world.to_string());
    env.write("key", "qb-key-0123456789");
    let sim = Sim::of_world(&env, &env.path("world.json"), "--quickblox-key-file key");
    let export = env
        .command(["export", "quickblox", "--output", "out.jsonl"])
        .args("--api-key-file key")
        .args(&format!(
            "--base-url {} --rate 20 --group-types 2=Public",
            sim.url()
        ));
    let told = interrupted_at(&env, export.start(), "out.jsonl.checkpoint.jsonl", 10);
    let line = command(&told, "export quickblox");
    let told = pasted(&env, &line.replace("--rate 20", "--rate 80"), 0);
    assert!(told.contains("of 60 users are done"), "{told}");
    assert!(env.path("out.jsonl").exists());
}

//! SIGINT and SIGTERM: no new calls, the answers of those in flight, and the way on.

use std::process::Command;

use crate::support::{Checkpoint, KEY, Sim, TestEnv, rows, until, write_csv};

/// The command that stderr tells to go on with.
fn way_on(stderr: &str) -> String {
    let (_, command) = stderr.rsplit_once("Continue with:\n  ").unwrap();
    command.lines().next().unwrap().to_owned()
}

#[test]
fn a_signal_drains_what_is_in_flight_and_the_command_it_tells_goes_on() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let env = TestEnv::new();
        let rows = rows(150);
        let input = write_csv(&env, "in.csv", &rows);
        let sim = Sim::start(&env, &input, "--latency 100ms");
        // A name that a shell would take apart.
        let log = Checkpoint::new(&env, "it's my run.jsonl");
        let running = sim
            .import(&env, &input)
            .args("--checkpoint")
            .arg(&log.path)
            .start();
        until("some calls have their outcome", || {
            (log.outcomes() >= 30).then_some(())
        });
        running.signal(signal);
        let done = running.wait().exits(code).says(&["nothing is in flight"]);
        assert!(done.stdout.contains("interrupted"), "{}", done.stdout);
        let calls = log.calls(&env);
        assert_eq!(calls["in_doubt"], 0, "{calls}");
        assert!(calls["never_sent"].as_u64().unwrap() > 0, "{calls}");
        assert_eq!(
            log.outcomes() as u64,
            sim.calls(),
            "every call that left has its outcome"
        );
        let last = log.lines().pop().unwrap();
        assert_eq!(last["event"], "interrupted");
        assert_eq!(last["reason"]["message"], format!("SIG{signal}"));
        let binary = std::path::Path::new(env!("CARGO_BIN_EXE_im-unread"));
        let resumed = Command::new("/bin/sh")
            .args(["-c", &format!("{} --yes", way_on(&done.stderr))])
            .env_clear()
            .env("PATH", binary.parent().unwrap())
            .env("IM_UNREAD_SECRET_KEY", KEY)
            .current_dir(env.root())
            .output()
            .unwrap();
        assert_eq!(resumed.status.code(), Some(0), "{resumed:?}");
        sim.holds(&rows, 1);
    }
}

#[test]
fn the_json_result_of_an_interrupted_session_says_so() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(150));
    let sim = Sim::start(&env, &input, "");
    let log = Checkpoint::new(&env, "run.jsonl");
    let running = sim
        .import(&env, &input)
        .args("--checkpoint run.jsonl --output json")
        .start();
    until("some calls have their outcome", || {
        (log.outcomes() >= 10).then_some(())
    });
    running.signal("INT");
    let result = running.wait().exits(130).json();
    crate::import::adds_up(&result);
    assert_eq!(result["outcome"], "interrupted");
    assert_eq!(result["reason"]["kind"], "signal");
    assert_eq!(result["reason"]["message"], "SIGINT");
    assert!(
        result["calls"]["remaining"].as_u64().unwrap() > 0,
        "{result}"
    );
}

#[test]
fn a_second_signal_stops_at_once_and_the_log_is_still_good() {
    let env = TestEnv::new();
    let rows = rows(3);
    let input = write_csv(&env, "in.csv", &rows);
    let slow = Sim::start(&env, &input, "--latency 1h");
    let log = Checkpoint::new(&env, "run.jsonl");
    let running = slow
        .import(&env, &input)
        .args("-v --timeout 1h --checkpoint run.jsonl")
        .start();
    until("a call waits for its answer", || {
        (slow.calls() > 0).then_some(())
    });
    running.signal("INT");
    until("it drains", || {
        running
            .stderr()
            .contains("waiting for answers")
            .then_some(())
    });
    running.signal("INT");
    running
        .wait()
        .exits(130)
        .says(&["1 calls have no answer and go again"]);
    assert_eq!(log.calls(&env)["in_doubt"], 1);
    assert_eq!(log.lines().pop().unwrap()["event"], "interrupted");
    let quick = Sim::start(&env, &input, "");
    Sim::resume(&env, &log.path)
        .args(&format!("--endpoint {}", quick.url()))
        .run()
        .exits(0)
        .says(&["1 call perhaps sent before"]);
    quick.holds(&rows, 1);
}

#[test]
fn a_signal_while_the_target_is_down_ends_the_session_too() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(100));
    let sim = Sim::start(&env, &input, "--outage 0s+1h");
    let log = Checkpoint::new(&env, "run.jsonl");
    let running = sim
        .import(&env, &input)
        .args("-v --checkpoint run.jsonl")
        .start();
    until("the outage is noticed", || {
        running
            .stderr()
            .contains("the target is down")
            .then_some(())
    });
    running.signal("TERM");
    running.wait().exits(143);
    let calls = log.calls(&env);
    assert_eq!(calls["failed"], 0);
    assert_eq!(calls["exhausted"], 0);
}

/// An input that takes a while to read, row by row.
fn long_input(env: &TestEnv) -> std::path::PathBuf {
    use std::fmt::Write as _;
    let mut text = "group_id,member_account,unread_num\n".to_owned();
    for row in 0..2_000_000_u32 {
        writeln!(text, "g{},u{row},0", row / 100).unwrap();
    }
    env.write("in.csv", text)
}

/// A signal that came while an input was read or copied ended the process without a word, or was
/// not looked at.
#[test]
fn a_signal_during_the_first_pass_ends_it_and_says_that_nothing_was_sent() {
    let env = TestEnv::new();
    let input = long_input(&env);
    for (command, signal, code) in [("validate", "INT", 130), ("import", "TERM", 143)] {
        let mut words = vec![command];
        if command == "import" {
            words.extend(["--simulator", "--yes", "--checkpoint", "run.jsonl"]);
        }
        let running = env.command(words).arg(&input).args("--output json").start();
        until("the pass has begun", || {
            running.stderr().contains("reading").then_some(())
        });
        running.signal(signal);
        let done = running.wait().exits(code).says(&["nothing was sent"]);
        let result = done.json();
        assert_eq!(result["outcome"], "interrupted");
        assert_eq!(result["reason"]["message"], format!("SIG{signal}"));
        assert!(!env.path("run.jsonl").exists());
    }
}

/// Nobody looks at signals while a pipe gives nothing.
#[test]
fn a_signal_ends_a_command_that_waits_for_its_input() {
    let env = TestEnv::new();
    let pipe = env.path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    // Whoever opens it for reading and writing does not wait, and never writes.
    let held = std::fs::File::options().read(true).write(true).open(&pipe);
    let running = env.command(["validate"]).arg(&pipe).start();
    let threads = format!("/proc/{}/task", running.id());
    until("signals are listened to", || {
        (std::fs::read_dir(&threads).unwrap().count() > 1).then_some(())
    });
    running.signal("INT");
    drop(running.wait().exits(130));
    drop(held);
}

/// The reading of rows that make no call never gave the connections their turn: an answer waited
/// until the next call was read, and so did a signal.
#[test]
fn an_answer_is_recorded_and_a_signal_heard_while_rows_are_skipped() {
    use std::fmt::Write as _;
    let env = TestEnv::new();
    let mut text = "group_id,member_account,unread_num\ng,a,1\n".to_owned();
    for row in 0..1_000_000_u32 {
        writeln!(text, "g{},u{row},0", row / 100).unwrap();
    }
    text.push_str("g,b,1\n");
    let input = env.write("in.csv", text);
    let world = env.write(
        "world.csv",
        "group_id,member_account,unread_num\ng,a,1\ng,b,1\n",
    );
    let sim = Sim::start(&env, &world, "");
    let log = Checkpoint::new(&env, "run.jsonl");
    let import = sim.import(&env, &input);
    let running = import.args("--skip-zero --checkpoint run.jsonl").start();
    until("the first call has its outcome", || {
        (log.outcomes() > 0).then_some(())
    });
    running.signal("INT");
    drop(running.wait().exits(130));
    assert_eq!(sim.calls(), 1, "the second call is behind the zeros");
}

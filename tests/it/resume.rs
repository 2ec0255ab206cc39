//! The next session: what goes on, what is left alone, what is refused.

use std::path::Path;

use serde_json::Value;

use crate::import::adds_up;
use crate::support::{APP, Checkpoint, KEY, Sim, TestEnv, rows, until, write_csv};

/// An import into `run.jsonl` that a signal ended after so many outcomes.
fn interrupted(env: &TestEnv, input: &Path, sim: &Sim, after: usize) -> Checkpoint {
    let log = Checkpoint::new(env, "run.jsonl");
    let running = sim
        .import(env, input)
        .args("--checkpoint run.jsonl")
        .start();
    until("some calls have their outcome", || {
        (log.outcomes() >= after).then_some(())
    });
    running.signal("INT");
    running.wait().exits(130);
    log
}

#[test]
fn import_on_an_existing_checkpoint_and_resume_both_continue() {
    let env = TestEnv::new();
    let rows = rows(300);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "");
    let log = interrupted(&env, &input, &sim, 50);
    let done = log.with_status("succeeded").len() as u64;
    let running = sim
        .import(&env, &input)
        .args("--checkpoint run.jsonl")
        .start();
    until("the second session has outcomes of its own", || {
        (log.outcomes() as u64 >= done + 50).then_some(())
    });
    running.signal("TERM");
    running
        .wait()
        .exits(143)
        .says(&["(continued)", &format!("300 planned: {done} done")]);
    let done = log.with_status("succeeded").len() as u64;
    let result = Sim::resume(&env, &log.path).json(0);
    adds_up(&result);
    assert_eq!(result["command"], "resume");
    assert_eq!(result["calls"]["already_done"], done);
    assert_eq!(result["calls"]["succeeded"], 300 - done);
    sim.holds(&rows, 1);
    log.each_succeeded_once(300);
}

#[test]
fn a_finished_import_sends_nothing_again() {
    let env = TestEnv::new();
    let rows = rows(20);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "");
    sim.import(&env, &input)
        .args("--checkpoint run.jsonl")
        .run()
        .exits(0);
    for command in [
        sim.import(&env, &input).args("--checkpoint run.jsonl"),
        Sim::resume(&env, &env.path("run.jsonl")),
    ] {
        let result = command.json(0);
        adds_up(&result);
        assert_eq!(result["outcome"], "completed");
        assert_eq!(result["calls"]["already_done"], 20);
        assert_eq!(result["calls"]["attempts"], 0);
    }
    assert_eq!(sim.calls(), 20);
}

#[test]
fn resume_works_from_another_directory_though_the_input_was_named_from_here() {
    let env = TestEnv::new();
    let rows = rows(120);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "");
    interrupted(&env, "in.csv".as_ref(), &sim, 20);
    let elsewhere = env.path("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    Sim::resume(&env, "../run.jsonl".as_ref())
        .current_dir(&elsewhere)
        .run()
        .exits(0);
    sim.holds(&rows, 1);
}

#[test]
fn an_import_of_standard_input_says_how_to_go_on_and_that_way_works() {
    let env = TestEnv::new();
    let rows = rows(120);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "");
    let log = Checkpoint::new(&env, "run.jsonl");
    let import = || {
        sim.import(&env, "-".as_ref())
            .args("--checkpoint run.jsonl")
            .stdin(&input)
    };
    let running = import().start();
    until("some calls have their outcome", || {
        (log.outcomes() >= 20).then_some(())
    });
    running.signal("INT");
    running.wait().exits(130);
    Sim::resume(&env, &log.path)
        .run()
        .exits(2)
        .says(&["standard input", "im-unread import - --checkpoint"]);
    import().run().exits(0);
    sim.holds(&rows, 1);
    log.each_succeeded_once(120);
}

#[test]
fn a_checkpoint_of_something_else_is_refused_with_what_differs_and_stays_as_it_is() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(20));
    let sim = Sim::start(&env, &input, "");
    sim.import(&env, &input)
        .args("--checkpoint run.jsonl")
        .run()
        .exits(0);
    let before = env.read("run.jsonl");
    let longer = write_csv(&env, "longer.csv", &rows(21));
    let mut changed = rows(20);
    changed[7].count ^= 1;
    let changed = write_csv(&env, "changed.csv", &changed);
    let again = |input: &Path| sim.import(&env, input).args("--checkpoint run.jsonl");
    let elsewhere = env
        .command(["import"])
        .arg(&input)
        .args("--checkpoint run.jsonl --region tokyo")
        .args(&format!("--sdk-app-id {}", APP + 1))
        .env("IM_UNREAD_SECRET_KEY", KEY);
    let refused = [
        (again(&longer), vec!["20 rows, now it has 21", "longer.csv"]),
        (again(&changed), vec!["changed.csv", "content"]),
        (again(&input).arg(&longer), vec!["1 file", "now it is 2"]),
        (
            again(&input).args("--on-duplicate max"),
            vec!["--on-duplicate error", "--on-duplicate max"],
        ),
        (again(&input).args("--skip-zero"), vec!["--skip-zero"]),
        (
            again(&input).args("--identifier somebody"),
            vec!["as administrator", "as somebody"],
        ),
        (elsewhere, vec!["1400000009", "1400000010", sim.url()]),
    ];
    for (command, pieces) in refused {
        command.run().exits(5).says(&pieces).says(&[
            "belongs to another import",
            "hint: ",
            "--checkpoint",
        ]);
        assert_eq!(env.read("run.jsonl"), before);
    }
    assert_eq!(sim.calls(), 20);
}

#[test]
fn resume_notices_that_the_input_changed_and_names_it() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(20));
    let sim = Sim::start(&env, &input, "");
    sim.import(&env, &input)
        .args("--checkpoint run.jsonl")
        .run()
        .exits(0);
    write_csv(&env, "in.csv", &rows(25));
    Sim::resume(&env, &env.path("run.jsonl"))
        .run()
        .exits(5)
        .says(&["in.csv", "20 rows, now it has 25"]);
    assert_eq!(sim.calls(), 20);
}

#[test]
fn a_second_process_on_one_checkpoint_is_refused_while_status_may_look() {
    let env = TestEnv::new();
    let rows = rows(200);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "");
    let log = Checkpoint::new(&env, "run.jsonl");
    let mut first = sim
        .import(&env, &input)
        .args("--checkpoint run.jsonl")
        .start();
    until("the first one writes", || {
        (log.outcomes() > 0).then_some(())
    });
    for second in [
        sim.import(&env, &input).args("--checkpoint run.jsonl"),
        Sim::resume(&env, &log.path),
    ] {
        second.run().exits(5).says(&[
            "another process is writing",
            "run.jsonl",
            "im-unread status",
        ]);
    }
    let calls = log.calls(&env);
    assert!(!first.has_ended(), "both were refused while it ran");
    assert_eq!(calls["planned"], 200);
    first.wait().exits(0);
    sim.holds(&rows, 1);
}

/// The log alone cannot tell a running import from one that was killed; its lock can.
#[test]
fn status_tells_a_running_import_from_one_that_crashed_and_one_that_ended() {
    let env = TestEnv::new();
    let rows = rows(400);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "--latency 100ms");
    let log = Checkpoint::new(&env, "run.jsonl");
    let status = || env.command(["status", "run.jsonl"]);
    let import = sim.import(&env, &input).args("--checkpoint run.jsonl");
    let import = import.start();
    until("it writes", || (log.outcomes() > 20).then_some(()));
    let running = status().json(0);
    let told = status()
        .run()
        .exits(0)
        .prints(&["the last is running", "in flight"]);
    assert!(!told.stdout.contains("im-unread resume"), "{}", told.stdout);
    drop(import.kill().was_killed());
    assert_eq!(
        (&running["state"], &running["process"]),
        (&"running".into(), &"running".into())
    );
    assert_eq!(running["calls"]["in_doubt"], 0, "{running}");
    assert!(
        running["calls"]["in_flight"].as_u64() > Some(0),
        "{running}"
    );

    let crashed = status().json(0);
    assert_eq!(
        (&crashed["state"], &crashed["process"]),
        (&"crashed".into(), &"crashed".into())
    );
    assert_eq!(crashed["calls"]["in_flight"], 0, "{crashed}");
    assert!(crashed["calls"]["in_doubt"].as_u64() > Some(0), "{crashed}");
    drop(status().run().exits(0).prints(&[
        "the last crashed",
        "in doubt",
        "next        im-unread resume",
    ]));

    drop(Sim::resume(&env, &log.path).run().exits(0));
    let ended = status().json(0);
    assert_eq!(
        (&ended["state"], &ended["process"]),
        (&"completed".into(), &"ended".into())
    );
    drop(status().run().exits(0).prints(&["the last completed"]));
}

#[test]
fn exhausted_calls_go_again_on_resume() {
    let env = TestEnv::new();
    let rows = rows(6);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "--fault code:10002=1 --faults-per-call 2");
    let import = || {
        sim.import(&env, &input)
            .args("--checkpoint run.jsonl --max-attempts 2")
    };
    let first = import().json(1);
    adds_up(&first);
    assert_eq!(first["calls"]["failed"], 6);
    assert_eq!(first["failures_by_code"]["10002"], 6);
    let log = Checkpoint::new(&env, "run.jsonl");
    assert_eq!(log.calls(&env)["exhausted"], 6);
    let second = Sim::resume(&env, &log.path).json(0);
    adds_up(&second);
    assert_eq!(second["calls"]["succeeded"], 6);
    sim.holds(&rows, 1);
    assert_eq!(log.calls(&env)["succeeded"], 6);
}

#[test]
fn failed_calls_stay_failed_until_they_are_asked_for() {
    let env = TestEnv::new();
    let input = env.write(
        "in.csv",
        "group_id,member_account,unread_num\ng,a,1\ng,late,2\ng,b,3\n",
    );
    let world = env.write(
        "world.csv",
        "group_id,member_account,unread_num\ng,a,9\ng,b,9\n",
    );
    let sim = Sim::start(&env, &world, "");
    sim.import(&env, &input)
        .args("--checkpoint run.jsonl")
        .run()
        .exits(1);
    let path = env.path("run.jsonl");
    let resumed = Sim::resume(&env, &path).json(1);
    adds_up(&resumed);
    assert_eq!(resumed["calls"]["attempts"], 0);
    let full = Sim::start(&env, &input, "");
    let retried = Sim::resume(&env, &path)
        .args(&format!("--retry-failed --endpoint {}", full.url()))
        .json(0);
    adds_up(&retried);
    assert_eq!(retried["calls"]["succeeded"], 1);
    assert_eq!(full.calls(), 1, "only the failed one");
    assert_eq!(Checkpoint::at(&path).calls(&env)["failed"], 0);
}

#[test]
fn what_is_no_whole_checkpoint_is_named_and_left_alone() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(10));
    let sim = Sim::start(&env, &input, "");
    sim.import(&env, &input)
        .args("--checkpoint run.jsonl")
        .run()
        .exits(0);
    let whole = env.read("run.jsonl");
    let damaged = whole.replacen("\"unread_num\":0,", "\"unread_num\":7,", 1);
    let newer = whole.replacen("\"format\":1,", "\"format\":2,", 1);
    for (content, pieces) in [
        (damaged, vec!["damaged", "line 4", "byte"]),
        (newer, vec!["run.jsonl"]),
        (
            "group_id,member_account\n".to_owned(),
            vec!["not a checkpoint", "line 1"],
        ),
        (String::new(), vec!["not a checkpoint"]),
    ] {
        env.write("run.jsonl", &content);
        for command in [
            Sim::resume(&env, "run.jsonl".as_ref()),
            env.command(["status", "run.jsonl"]),
        ] {
            command.run().exits(5).says(&pieces);
        }
        assert_eq!(env.read("run.jsonl"), content);
    }
    env.run("status nowhere.jsonl")
        .exits(5)
        .says(&["nowhere.jsonl", "No such file"]);
}

#[test]
fn a_torn_last_line_is_dropped_said_so_and_its_call_goes_again() {
    let env = TestEnv::new();
    let rows = rows(10);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "");
    sim.import(&env, &input)
        .args("--checkpoint run.jsonl")
        .run()
        .exits(0);
    let whole = env.read("run.jsonl");
    let last = whole.rfind("{\"row\":").unwrap();
    env.write("run.jsonl", whole.get(..last + 40).unwrap());
    Sim::resume(&env, "run.jsonl".as_ref())
        .run()
        .exits(0)
        .says(&["was cut off (40 bytes)", "9 done, 1 to send"]);
    let unread = sim.unread();
    let calls: u64 = unread.values().map(|held| held.calls).sum();
    assert_eq!(calls, 11, "the last row once more, and no other");
    sim.holds(&rows, 2);
    let lines = Checkpoint::new(&env, "run.jsonl").lines();
    assert_eq!(lines.last().unwrap()["event"], Value::from("completed"));
}

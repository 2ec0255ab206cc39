//! Nothing is sent without a yes.

use std::path::Path;

use crate::support::{Checkpoint, Invocation, KEY, Sim, TestEnv, rows, until, write_csv};

/// An import whose three calls all fail for now, so that a resume sends them again.
fn exhausted(env: &TestEnv) -> Sim {
    let input = write_csv(env, "in.csv", &rows(3));
    let sim = Sim::start(env, &input, "--fault code:10002=1 --faults-per-call 1");
    let import = sim.import(env, &input);
    import
        .args("--checkpoint run.jsonl --max-attempts 1")
        .run()
        .exits(1);
    sim
}

/// The lines of the plan, which is indented; the estimated end depends on the time of day.
fn plan(stderr: &str) -> Vec<String> {
    let lines = stderr.lines().filter(|line| line.starts_with("  "));
    let without_end = lines.map(|line| line.split(", until").next().unwrap().to_owned());
    without_end.collect()
}

#[test]
fn off_a_terminal_nothing_is_sent_without_yes_and_the_same_plan_is_printed() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(5));
    let sim = Sim::start(&env, &input, "");
    env.write("no", "n\n");
    env.write("yes", "y\n");
    let unagreed = || sim.import_unagreed(&env, &input).args("--checkpoint run");
    for refused in [
        unagreed(),
        unagreed().stdin(&env.path("no")),
        unagreed().stdin(&env.path("yes")),
        unagreed().args("--accept-stale"),
    ] {
        let done = refused.run().exits(2).says(&[
            "error: not confirmed: nothing was sent",
            "hint: answer y on a terminal, or give --yes",
        ]);
        assert_eq!(done.stdout, "");
        assert!(!env.path("run").exists(), "no checkpoint was begun");
        assert_eq!(sim.stats()["commands"], serde_json::json!({}));
    }
    let refused = unagreed().args("--quiet").run().exits(2);
    let sent = unagreed().args("--yes").run().exits(0);
    assert!(plan(&refused.stderr).len() >= 5, "{}", refused.stderr);
    assert!(plan(&sent.stderr).starts_with(&plan(&refused.stderr)));
    assert_eq!(sim.calls(), 5);
    // What is done already needs no yes.
    unagreed().run().exits(0);
    assert_eq!(sim.calls(), 5);
}

#[test]
fn off_a_terminal_resume_and_rollback_need_yes_as_well() {
    let env = TestEnv::new();
    let sim = exhausted(&env);
    env.write(
        "before.jsonl",
        "{\"group_id\":\"g1\",\"member_account\":\"m1\",\"unread_num\":1}\n",
    );
    let rollback = || {
        let command = env.command(["rollback", "before.jsonl"]);
        sim.aimed(command).env("IM_UNREAD_SECRET_KEY", KEY)
    };
    let calls = sim.calls();
    for refused in [
        Sim::resume_unagreed(&env, &env.path("run.jsonl")),
        rollback(),
    ] {
        refused.run().exits(2).says(&["nothing was sent", "--yes"]);
    }
    assert_eq!(sim.calls(), calls);
    Sim::resume(&env, &env.path("run.jsonl")).run().exits(0);
    assert_eq!(sim.calls(), calls + 3);
}

#[test]
fn a_simulator_in_this_process_needs_no_yes_even_late() {
    let env = TestEnv::new();
    write_csv(&env, "in.csv", &rows(400));
    let log = Checkpoint::new(&env, "run.jsonl");
    let running = env
        .command(["import", "in.csv", "--simulator"])
        .args("--checkpoint run.jsonl")
        .start();
    until("a call has its outcome", || {
        (log.outcomes() > 0).then_some(())
    });
    running.signal("INT");
    running.wait().exits(130);
    env.run("resume run.jsonl --stale-after 1ms").exits(0);
    log.each_succeeded_once(400);
}

fn on_terminal(command: Invocation, question: &str, answer: &str, code: i32) -> String {
    let asked = command.start_on_terminal().shows(question);
    asked.types(answer).exits(code)
}

#[test]
fn on_a_terminal_only_an_explicit_yes_sends() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(4));
    let sim = Sim::start(&env, &input, "");
    let import = || sim.import_unagreed(&env, &input).args("--checkpoint run");
    let question = "Send 4 calls to app 1400000009? [y/N]";
    for answer in ["n", "", "yes please", "\u{4}"] {
        let screen = on_terminal(import(), question, answer, 2);
        assert!(screen.contains("nothing was sent"), "{screen}");
        assert_eq!(sim.calls(), 0, "`{answer}`");
    }
    // Piped output is no terminal to read a plan on, and the question is not asked.
    on_terminal(import().args("--quiet"), question, "y", 0);
    assert_eq!(sim.calls(), 4);
}

#[test]
fn yes_does_not_answer_for_a_late_resume() {
    let env = TestEnv::new();
    let sim = exhausted(&env);
    let calls = sim.calls();
    let late = |path: &Path| Sim::resume(&env, path).args("--stale-after 1ms");
    let log = env.path("run.jsonl");
    late(&log)
        .run()
        .exits(2)
        .says(&["nothing was sent for", "give --accept-stale"]);
    let question = "Overwrite what users of app 1400000009 have read";
    on_terminal(late(&log), question, "n", 2);
    assert_eq!(sim.calls(), calls);
    let both = Sim::resume_unagreed(&env, &log).args("--stale-after 1ms");
    let asked = both.start_on_terminal().shows(question).types("y");
    asked.shows("Send 3 calls to app").types("y").exits(0);
    assert_eq!(sim.calls(), calls + 3);
}

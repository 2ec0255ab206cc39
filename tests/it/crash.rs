//! `kill -9` at any moment: the log and the server are the only witnesses.

use std::collections::BTreeSet;

use crate::support::{Checkpoint, Row, Running, Sim, TestEnv, rows, until, write_csv};

/// Calls that may be without an answer at a time in these tests, and hence the most that a kill
/// may cost in repeats.
const IN_FLIGHT: u64 = 24;

/// Lets the session settle some more calls and kills it. `None` when it ended by itself.
fn killed(mut session: Running, log: &Checkpoint, more: usize) -> Option<()> {
    let goal = log.outcomes() + more;
    let ended = until("the session went on or ended", || {
        let ended = session.has_ended();
        (ended || log.outcomes() >= goal).then_some(ended)
    });
    if ended {
        session.wait().exits(0);
        return None;
    }
    session.kill().was_killed();
    Some(())
}

/// Kills sessions of one import until one gets through, and looks at the server each time.
fn survives(env: &TestEnv, rows: &[Row], options: &str, mut more: impl FnMut() -> usize) -> u64 {
    let input = write_csv(env, "in.csv", rows);
    let sim = Sim::start(env, &input, options);
    let log = Checkpoint::new(env, "run.jsonl");
    let sending = format!("--max-in-flight {IN_FLIGHT}");
    let mut session = sim
        .import(env, &input)
        .args(&format!("--checkpoint run.jsonl {sending}"))
        .start();
    let mut kills = 0;
    let mut recorded = Vec::new();
    while killed(session, &log, more()).is_some() {
        kills += 1;
        let unread = sim.unread();
        let succeeded = log.with_status("succeeded");
        recorded.extend(succeeded.into_iter().map(|key| {
            let calls = unread[&key].calls;
            (key, calls)
        }));
        session = Sim::resume(env, &log.path).args(&sending).start();
    }
    let unread = sim.unread();
    for (key, calls) in recorded {
        assert_eq!(
            unread[&key].calls, calls,
            "{key:?} was sent again though recorded"
        );
    }
    sim.holds(rows, kills + 1);
    let calls: u64 = unread.values().map(|held| held.calls).sum();
    let repeats = calls - rows.len() as u64;
    assert!(
        repeats <= kills * IN_FLIGHT,
        "{repeats} repeats in {kills} kills"
    );
    let succeeded: BTreeSet<_> = log.with_status("succeeded").into_iter().collect();
    assert_eq!(succeeded.len(), rows.len());
    let status = log.calls(env);
    assert_eq!(status["succeeded"], rows.len());
    assert_eq!(status["in_doubt"], 0);
    kills
}

/// A seed that a failure tells and that can be put in its place.
fn random(seed: u64) -> impl FnMut(std::ops::Range<usize>) -> usize {
    let mut random = fastrand::Rng::with_seed(seed);
    move |range| random.usize(range)
}

#[test]
fn after_kills_at_random_moments_every_count_is_right_and_no_recorded_success_is_sent_again() {
    let env = TestEnv::new();
    let mut random = random(7);
    let kills = survives(&env, &rows(700), "--latency 40ms..90ms", || random(40..160));
    assert!(kills >= 4, "{kills} kills");
}

#[test]
fn the_same_with_a_server_that_loses_answers_refuses_and_breaks_connections() {
    let env = TestEnv::new();
    let mut random = random(8);
    let faults = "--fault lost=0.03 --fault reset=0.03 --fault http502=0.03 --fault nonjson=0.03 \
                  --fault code:10002=0.03 --latency 5ms..60ms";
    let input = rows(400);
    let input_path = write_csv(&env, "in.csv", &input);
    let sim = Sim::start(&env, &input_path, faults);
    let log = Checkpoint::new(&env, "run.jsonl");
    let mut session = sim
        .import(&env, &input_path)
        .args("--checkpoint run.jsonl")
        .start();
    while killed(session, &log, random(60..140)).is_some() {
        session = Sim::resume(&env, &log.path).start();
    }
    // Losses are repeats of their own; what counts is that every count is right.
    sim.holds(&input, 20);
    assert_eq!(log.calls(&env)["succeeded"], input.len());
}

#[test]
fn a_kill_before_the_first_outcome_costs_nothing() {
    let env = TestEnv::new();
    let rows = rows(30);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "--stall 0s+3s");
    let log = Checkpoint::new(&env, "run.jsonl");
    let session = sim
        .import(&env, &input)
        .args("--checkpoint run.jsonl")
        .start();
    until("the first call has arrived", || {
        (sim.calls() > 0).then_some(())
    });
    session.kill().was_killed();
    let calls = log.calls(&env);
    assert_eq!(calls["succeeded"], 0);
    assert!(calls["in_doubt"].as_u64().unwrap() >= 1, "{calls}");
    let parts = ["succeeded", "failed", "exhausted", "in_doubt", "never_sent"];
    let sum: u64 = parts.iter().map(|part| calls[part].as_u64().unwrap()).sum();
    assert_eq!(sum, 30, "{calls}");
    Sim::resume(&env, &log.path)
        .run()
        .exits(0)
        .says(&["perhaps sent before"]);
    sim.holds(&rows, 2);
}

#[test]
fn after_a_kill_the_next_process_does_not_double_the_second_at_the_server() {
    let env = TestEnv::quiet();
    let rows = rows(450);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "");
    let log = Checkpoint::new(&env, "run.jsonl");
    let mut session = sim
        .import(&env, &input)
        .args("--checkpoint run.jsonl")
        .start();
    while killed(session, &log, 200).is_some() {
        session = Sim::resume(&env, &log.path).start();
    }
    sim.kept_to(200);
}

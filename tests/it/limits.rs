//! The vendor's quota, as the server counts it.

use crate::support::{Sim, TestEnv, rows, write_csv};

/// How often a busy machine may hold up a call on its way and so push it into a full second.
const TRIES: u32 = 3;

#[test]
fn no_sliding_second_holds_more_than_200_calls_the_very_first_ones_included() {
    let env = TestEnv::quiet();
    let rows = rows(700);
    let input = write_csv(&env, "in.csv", &rows);
    let mut busiest = (1..=TRIES).map(|attempt| {
        let sim = Sim::start(&env, &input, "--latency 1ms..40ms");
        let result = sim
            .import(&env, &input)
            .args(&format!("--checkpoint {attempt}.jsonl"))
            .json(0);
        let sent = result["pace"]["busiest_second"].as_u64().unwrap();
        assert!(sent <= 200, "sent: {result}");
        sim.holds(&rows, 1);
        sim.sets()["busiest_second"].as_u64().unwrap()
    });
    let kept = busiest.any(|calls| calls <= 200);
    assert!(
        kept,
        "more than 200 calls arrived in a second, {TRIES} times"
    );
}

#[test]
fn a_lower_rate_is_kept_too() {
    let env = TestEnv::quiet();
    let input = write_csv(&env, "in.csv", &rows(60));
    let sim = Sim::start(&env, &input, "");
    let result = sim.import(&env, &input).args("--qps 30").json(0);
    assert_eq!(result["pace"]["qps_limit"], 30);
    sim.kept_to(30);
}

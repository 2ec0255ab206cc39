//! The vendor's quota, as the server counts it.

use crate::support::{Sim, TestEnv, rows, write_csv};

#[test]
fn no_sliding_second_holds_more_than_200_calls_the_very_first_ones_included() {
    let env = TestEnv::quiet();
    let rows = rows(700);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "--latency 1ms..40ms");
    let result = sim.import(&env, &input).json(0);
    let sent = result["pace"]["busiest_second"].as_u64().unwrap();
    assert!(sent <= 200, "sent: {result}");
    assert_eq!(result["calls"]["rate_limited"], 0, "{result}");
    sim.holds(&rows, 1);
    sim.kept_to(200);
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

//! The gate on a paused clock: what it promises holds whatever the caller does.

use std::num::NonZeroU32;
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::{Instant, advance};

use super::*;

/// Most permits in any half-open second.
fn busiest(permits: &[Instant]) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (last, &now) in permits.iter().enumerate() {
        while now - permits[first] >= Duration::from_secs(1) {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    most
}

fn limit(calls: u32) -> Limit {
    Limit::new(calls).unwrap()
}

fn paused<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(work)
}

async fn permits(gate: &mut Gate, number: usize) -> Vec<Instant> {
    let mut permits = Vec::with_capacity(number);
    for _ in 0..number {
        permits.push(gate.permit().await);
    }
    permits
}

#[test]
fn a_limit_is_between_one_and_the_vendors_quota() {
    assert!(Limit::new(0).is_none());
    assert!(Limit::new(201).is_none());
    assert_eq!(limit(200).get(), 200);
    assert!(
        limit(200).sustained() >= 198.0,
        "99 % of the quota is what the margin may cost at most"
    );
}

#[test]
fn no_second_holds_more_than_the_limit_and_the_rate_is_kept_from_the_third_second_on() {
    let permits = paused(async {
        let mut gate = Gate::new(limit(200), Instant::now());
        permits(&mut gate, 4000).await
    });
    assert!(busiest(&permits) <= 200);
    let start = permits[0] + Duration::from_secs(2);
    let steady: Vec<_> = permits.iter().filter(|&&permit| permit >= start).collect();
    let span = *steady[steady.len() - 1] - *steady[0];
    let intervals = u32::try_from(steady.len() - 1).unwrap();
    let rate = f64::from(intervals) / span.as_secs_f64();
    assert!(rate >= 198.0, "{rate}");
}

#[test]
fn a_call_that_leaves_late_counts_from_when_it_left() {
    let left = paused(async {
        let mut gate = Gate::new(limit(200), Instant::now());
        let mut left = permits(&mut gate, 1000).await;
        for call in 0..1000_u64 {
            gate.permit().await;
            // A pile of answers in front of one call.
            advance(Duration::from_millis(if call == 500 { 40 } else { 0 })).await;
            left.push(Instant::now());
            gate.left(Instant::now());
        }
        left
    });
    let tightest = left.windows(201).map(|calls| calls[200] - calls[0]).min();
    assert!(tightest >= Some(Limit::span()), "{tightest:?}");
}

#[test]
fn calls_that_were_held_up_on_their_way_count_from_their_arrival() {
    let round_trip = Duration::from_millis(20);
    // Three calls that arrive together.
    let held_up = |call: usize| {
        Duration::from_millis(match call {
            500 => 14,
            501 => 9,
            502 => 4,
            _ => 0,
        })
    };
    let arrivals = paused(async {
        let mut gate = Gate::new(limit(200), Instant::now());
        let mut left: Vec<Instant> = Vec::new();
        let mut answered = 0;
        while left.len() < 1500 {
            left.push(gate.permit().await);
            while left[answered] + round_trip + held_up(answered) <= Instant::now() {
                gate.answered(left[answered], round_trip + held_up(answered));
                answered += 1;
            }
        }
        let arrival = |(call, left): (usize, &Instant)| *left + held_up(call);
        let mut arrivals: Vec<_> = left.iter().enumerate().map(arrival).collect();
        arrivals.sort();
        arrivals
    });
    assert!(busiest(&arrivals) <= 200, "{}", busiest(&arrivals));
}

#[test]
fn a_plain_quota_of_the_limit_would_double_the_first_second() {
    use governor::clock::FakeRelativeClock;
    let quota = governor::Quota::per_second(NonZeroU32::new(200).unwrap());
    let clock = FakeRelativeClock::default();
    let limiter = governor::RateLimiter::direct_with_clock(quota, clock.clone());
    let mut passed = 0;
    for _ in 0..1000 {
        while limiter.check().is_ok() {
            passed += 1;
        }
        clock.advance(Duration::from_millis(1));
    }
    assert!(
        passed >= 399,
        "the comparison that the gate exists for: {passed}"
    );
}

#[test]
fn the_gate_opens_no_earlier_than_it_was_told() {
    paused(async {
        let opens = Instant::now() + Duration::from_millis(700);
        let mut gate = Gate::new(limit(200), opens);
        assert!(gate.permit().await >= opens);
    });
}

#[test]
fn a_rate_limit_answer_holds_everybody_and_the_rate_creeps_back() {
    paused(async {
        let mut gate = Gate::new(limit(200), Instant::now());
        let sent = permits(&mut gate, 1000).await.pop().unwrap();
        advance(Duration::from_millis(1)).await;
        let now = Instant::now();
        assert_eq!(
            gate.limited(sent, Some(Duration::from_secs(3))),
            Some(Duration::from_secs(3))
        );
        assert_eq!(
            gate.limited(sent, None),
            None,
            "answers to earlier calls tell nothing new"
        );
        let after = permits(&mut gate, 3000).await;
        assert!(after[0] - now >= Duration::from_secs(3));
        let first_second = after
            .iter()
            .filter(|&&permit| permit < after[0] + Duration::from_secs(1))
            .count();
        assert!(first_second < 190, "{first_second}");
        let last = *after.last().unwrap();
        let last_second = after
            .iter()
            .filter(|&&permit| permit > last - Duration::from_secs(1))
            .count();
        assert!(last_second >= 195, "{last_second}");
    });
}

#[test]
fn holds_without_a_hint_double_until_a_call_succeeds() {
    paused(async {
        let mut gate = Gate::new(limit(100), Instant::now());
        let mut holds = Vec::new();
        for _ in 0..4 {
            let sent = gate.permit().await;
            advance(Duration::from_millis(10)).await;
            holds.push(gate.limited(sent, None).unwrap().as_millis());
        }
        assert_eq!(holds, [250, 500, 1000, 2000]);
        let sent = gate.permit().await;
        gate.succeeded();
        advance(Duration::from_millis(10)).await;
        assert_eq!(gate.limited(sent, None).unwrap().as_millis(), 250);
    });
}

#[test]
fn the_breaker_opens_after_ten_failures_in_a_row_and_probes_one_call_at_a_time() {
    paused(async {
        let mut breaker = Breaker::new();
        for failure in 1..=10 {
            let turn = breaker.failed(Instant::now(), Instant::now());
            assert_eq!(turn.is_some(), failure == 10, "failure {failure}");
        }
        let probe_at = breaker.next().unwrap().unwrap();
        advance(probe_at - Instant::now()).await;
        let left = Instant::now();
        breaker.sent();
        assert!(
            breaker.next().is_err(),
            "a second call must wait for the probe"
        );
        advance(Duration::from_secs(1)).await;
        assert_eq!(breaker.failed(Instant::now(), left), None);
        let again = breaker.next().unwrap().unwrap();
        assert_eq!(
            again - Instant::now(),
            Duration::from_secs(1),
            "probes come more seldom"
        );
        breaker.sent();
        assert!(matches!(
            breaker.answered(Instant::now()),
            Some(Turn::Closed(_))
        ));
        assert_eq!(breaker.next(), Ok(None));
    });
}

#[test]
fn an_answer_between_failures_keeps_the_breaker_closed() {
    paused(async {
        let mut breaker = Breaker::new();
        for _ in 0..100 {
            for _ in 0..9 {
                assert_eq!(breaker.failed(Instant::now(), Instant::now()), None);
            }
            assert_eq!(breaker.answered(Instant::now()), None);
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_pattern_of_stalls_and_refusals_overfills_a_second(
        calls in 1_u32..=200,
        steps in prop::collection::vec((0_u64..3000, 0_u8..10), 50..600),
    ) {
        let permits = paused(async {
            let mut gate = Gate::new(limit(calls), Instant::now());
            let mut permits = Vec::new();
            for (stall, kind) in steps {
                match kind {
                    0 => advance(Duration::from_millis(stall)).await,
                    1 => {
                        let sent = permits.last().copied().unwrap_or_else(Instant::now);
                        gate.limited(sent, (stall < 500).then(|| Duration::from_millis(stall)));
                    }
                    _ => permits.push(gate.permit().await),
                }
            }
            permits
        });
        prop_assert!(busiest(&permits) <= calls as usize);
    }
}

//! The breaker on a paused clock.

use std::time::Duration;

use tokio::time::{Instant, advance};

use super::*;

fn paused<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(work)
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

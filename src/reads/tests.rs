//! Reads on a paused clock: repeats, holds, outages, ends.

use std::cell::{Cell, RefCell};
use std::future::pending;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::*;
use crate::delivery::{AttemptError, GroupKey, Limit, Patience};
use crate::stop_reason::Refusal;

const PATIENCE: Patience = Patience {
    max_attempts: 6,
    outage_limit: Duration::from_mins(1),
    early_stop: Some(10),
    max_failures: None,
};

fn refusal(code: i64) -> Refusal {
    Refusal {
        code,
        info: "why".to_owned(),
    }
}

fn limited() -> RateLimitedApi {
    RateLimitedApi::opening_at(Limit::new(100).unwrap(), PATIENCE, Instant::now())
}

/// So many units that do nothing of their own.
struct Numbers {
    left: u64,
    done: Vec<u64>,
}

impl Work for Numbers {
    type Unit = u64;
    type Outcome = u64;
    type Error = std::convert::Infallible;

    fn next(&mut self) -> Result<Option<u64>, Self::Error> {
        self.left = self.left.saturating_sub(1);
        Ok((self.left > 0).then_some(self.left))
    }

    fn done(&mut self, outcome: u64) -> Result<(), Self::Error> {
        self.done.push(outcome);
        Ok(())
    }

    fn tick(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

async fn read<F: Future<Output = Result<u64, StopReason>>>(
    ask: impl Fn(u64) -> F,
) -> (End, Vec<u64>) {
    let mut work = Numbers {
        left: 501,
        done: Vec::new(),
    };
    let (_signal, script) = mpsc::channel(1);
    let end = read_all(&mut work, ask, 100, &mut Signals::Script(script)).await;
    (end.unwrap(), work.done)
}

#[tokio::test(start_paused = true)]
async fn calls_keep_the_pace_of_their_lane_whatever_the_latency() {
    for latency in [1, 50, 300] {
        let api = limited();
        let started = Instant::now();
        let (end, done) = read(|unit| {
            let api = &api;
            async move {
                let answer = api.call(GroupKey(unit), |_departure| async {
                    sleep(Duration::from_millis(latency)).await;
                    Ok::<_, AttemptError>(unit)
                });
                Ok(answer.await?.unwrap())
            }
        })
        .await;
        assert_eq!((end, done.len()), (End::Completed, 500));
        assert!(api.tally().busiest_second <= 100);
        assert!(started.elapsed() < Duration::from_secs(7));
    }
}

#[tokio::test(start_paused = true)]
async fn passing_trouble_is_repeated_and_lasting_trouble_is_told() {
    let api = limited();
    let calls = Cell::new(0);
    let flaky = api.call(GroupKey(1), |_departure| {
        calls.set(calls.get() + 1);
        let answer = match calls.get() {
            1 => Err(AttemptError::Transient(refusal(10002))),
            2 => Err(AttemptError::no_answer("reset".to_owned())),
            3 => Err(AttemptError::RateLimited {
                refusal: refusal(60007),
                retry_after: None,
            }),
            4 => Err(AttemptError::Renewed),
            _ => Ok(calls.get()),
        };
        async move { answer }
    });
    assert_eq!(flaky.await.unwrap(), Ok(5));
    let lasting = api.call(GroupKey(1), |_departure| async {
        Err::<(), _>(AttemptError::Transient(refusal(10002)))
    });
    assert_eq!(lasting.await.unwrap().unwrap_err().code, 10002);
    assert_eq!(api.tally().attempts, 5 + 6);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_answer_is_asked_for_once_more() {
    let api = limited();
    let unknown = |fatal: bool| {
        move |_departure| async move {
            Err::<(), _>(AttemptError::Unknown {
                refusal: refusal(77),
                stop: fatal.then(|| StopReason::Refused(refusal(77))),
            })
        }
    };
    assert_eq!(
        api.call(GroupKey(1), unknown(false))
            .await
            .unwrap()
            .unwrap_err()
            .code,
        77
    );
    assert_eq!(
        api.call(GroupKey(1), unknown(true)).await,
        Err(StopReason::Refused(refusal(77)))
    );
    assert_eq!(api.tally().attempts, 4);
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_waited_for_and_fails_no_unit() {
    let api = limited();
    let started = Instant::now();
    let (end, done) = read(|unit| {
        let api = &api;
        async move {
            let answer = api.call(GroupKey(unit), |_departure| async {
                let down = started.elapsed() > Duration::from_secs(1)
                    && started.elapsed() < Duration::from_secs(40);
                if down {
                    return Err(AttemptError::no_answer("refused".to_owned()));
                }
                Ok(unit)
            });
            Ok(answer.await?.expect("no call runs out of attempts"))
        }
    })
    .await;
    assert_eq!((end, done.len()), (End::Completed, 500));
    assert!(api.tally().attempts < 600);
}

#[tokio::test(start_paused = true)]
async fn an_outage_beyond_the_limit_ends_the_reads() {
    let api = limited();
    let (end, done) = read(|unit| {
        let api = &api;
        async move {
            let down = api.call(GroupKey(unit), |_departure| async {
                Err::<u64, _>(AttemptError::no_answer("down"))
            });
            Ok(down.await?.unwrap_or(unit))
        }
    })
    .await;
    assert!(
        matches!(end, End::Stopped(StopReason::Outage { .. })),
        "{end:?}"
    );
    assert!(done.is_empty());
}

#[tokio::test(start_paused = true)]
async fn equal_refusals_of_all_first_calls_end_the_reads() {
    let api = limited();
    let ask = |unit| {
        let api = &api;
        async move {
            let refused = api.call(GroupKey(unit), |_departure| async {
                Err::<u64, _>(AttemptError::Refused(refusal(403)))
            });
            Ok(refused.await?.unwrap_or(unit))
        }
    };
    let (end, done) = read(ask).await;
    assert!(matches!(
        end,
        End::Stopped(StopReason::AllRefused { calls: 10, .. })
    ));
    assert_eq!(done.len(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_signal_ends_the_reads_at_once() {
    let mut work = Numbers {
        left: 501,
        done: Vec::new(),
    };
    let (signal, script) = mpsc::channel(1);
    signal.try_send(Signal::Interrupt).unwrap();
    let never = |_unit: u64| pending();
    let end = read_all(&mut work, never, 10, &mut Signals::Script(script)).await;
    assert_eq!(end, Ok(End::Interrupted(Signal::Interrupt)));
}

/// Refusals for the rate long ago, with other answers since, say nothing of the present.
#[tokio::test(start_paused = true)]
async fn a_refusal_for_the_rate_is_forgotten_at_the_next_other_answer() {
    let api = limited();
    let calls = Cell::new(0_u32);
    let (end, done) = read(|unit| {
        let (api, calls) = (&api, &calls);
        async move {
            let answer = api.call(GroupKey(unit), |_departure| {
                calls.set(calls.get() + 1);
                let number = calls.get();
                async move {
                    sleep(Duration::from_secs(30)).await;
                    match number {
                        1 | 300..320 => Err(AttemptError::RateLimited {
                            refusal: refusal(60007),
                            retry_after: None,
                        }),
                        320.. => Ok(unit),
                        other => Err(AttemptError::Refused(refusal(i64::from(other % 2)))),
                    }
                }
            });
            Ok(answer.await?.unwrap_or(unit))
        }
    })
    .await;
    assert_eq!((end, done.len()), (End::Completed, 500));
}

/// A call that waits for its connection counts from when the connection takes it: together with
/// the calls after it, the service would see more than the limit otherwise.
#[tokio::test(start_paused = true)]
async fn a_call_counts_from_when_it_is_handed_to_the_network() {
    let api = limited();
    let start = Instant::now();
    let handed_over = RefCell::new(Vec::new());
    let (end, _done) = read(|unit| {
        let (api, handed_over) = (&api, &handed_over);
        async move {
            let answer = api.call(GroupKey(unit), |departure| async move {
                let connecting = if unit > 410 { 900 } else { 0 };
                sleep(Duration::from_millis(connecting)).await;
                handed_over.borrow_mut().push(start.elapsed());
                drop(departure);
                sleep(Duration::from_millis(50)).await;
                Ok::<_, AttemptError>(unit)
            });
            Ok(answer.await?.unwrap())
        }
    })
    .await;
    assert_eq!(end, End::Completed);
    let times = handed_over.into_inner();
    let in_a_second = times
        .windows(101)
        .filter(|window| window[100].saturating_sub(window[0]) < Duration::from_secs(1));
    assert_eq!(in_a_second.count(), 0);
    assert!(api.tally().busiest_second <= 100);
}

/// A call that is given up before it has left does not count for ever.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_leaves_its_room() {
    let api = limited();
    let at_once = |_departure| async { Ok::<_, AttemptError>(7) };
    api.call(GroupKey(0), at_once).await.unwrap().unwrap();
    for unit in 0..300 {
        let never = api.call(GroupKey(unit), |departure| async move {
            let _departure = departure;
            pending::<Result<u64, AttemptError>>().await
        });
        let given_up = timeout(Duration::from_millis(20), never).await;
        assert!(given_up.is_err());
    }
    let answer = api.call(GroupKey(1), at_once);
    let answer = timeout(Duration::from_secs(5), answer).await;
    assert_eq!(answer.expect("there is room").unwrap(), Ok(7));
}

//! A sweep on a paused clock: repeats, holds, outages, ends.

use std::cell::Cell;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::*;
use crate::delivery::Limit;
use crate::tencent::Refusal;

const PATIENCE: Patience = Patience {
    max_attempts: 6,
    outage_limit: Duration::from_mins(1),
    early_stop: Some(10),
};

fn refusal(code: i64) -> Refusal {
    Refusal {
        code,
        info: "why".to_owned(),
    }
}

fn lane() -> Lane {
    Lane::new(Limit::new(100).unwrap(), PATIENCE)
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

async fn swept<F: Future<Output = Result<u64, Halt>>>(ask: impl Fn(u64) -> F) -> (End, Vec<u64>) {
    let mut work = Numbers {
        left: 501,
        done: Vec::new(),
    };
    let (_signal, script) = mpsc::channel(1);
    let end = sweep(&mut work, ask, 100, &mut Signals::Script(script)).await;
    (end.unwrap(), work.done)
}

#[tokio::test(start_paused = true)]
async fn calls_keep_the_pace_of_their_lane_whatever_the_latency() {
    for latency in [1, 50, 300] {
        let lane = lane();
        let started = Instant::now();
        let (end, done) = swept(|unit| {
            let lane = &lane;
            async move {
                let answer = lane.call(|| async {
                    sleep(Duration::from_millis(latency)).await;
                    Ok::<_, Trouble>(unit)
                });
                Ok(answer.await?.unwrap())
            }
        })
        .await;
        assert_eq!((end, done.len()), (End::Completed, 500));
        assert!(lane.tally().busiest_second <= 100);
        assert!(started.elapsed() < Duration::from_secs(7));
    }
}

#[tokio::test(start_paused = true)]
async fn passing_trouble_is_repeated_and_lasting_trouble_is_told() {
    let lane = lane();
    let calls = Cell::new(0);
    let flaky = lane.call(|| {
        calls.set(calls.get() + 1);
        let answer = match calls.get() {
            1 => Err(Trouble::Passing(refusal(10002))),
            2 => Err(Trouble::Unreachable("reset".to_owned())),
            3 => Err(Trouble::Limited {
                refusal: refusal(60007),
                retry_after: None,
            }),
            4 => Err(Trouble::Renewed),
            _ => Ok(calls.get()),
        };
        async move { answer }
    });
    assert_eq!(flaky.await.unwrap(), Ok(5));
    let lasting = lane.call(|| async { Err::<(), _>(Trouble::Passing(refusal(10002))) });
    assert_eq!(lasting.await.unwrap().unwrap_err().code, 10002);
    assert_eq!(lane.tally().attempts, 5 + 6);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_answer_is_asked_for_once_more() {
    let lane = lane();
    let unknown = |fatal| {
        move || async move {
            Err::<(), _>(Trouble::Once {
                refusal: refusal(77),
                fatal,
            })
        }
    };
    assert_eq!(
        lane.call(unknown(false)).await.unwrap().unwrap_err().code,
        77
    );
    assert_eq!(
        lane.call(unknown(true)).await,
        Err(Halt::Refused(refusal(77)))
    );
    assert_eq!(lane.tally().attempts, 4);
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_waited_for_and_fails_no_unit() {
    let lane = lane();
    let started = Instant::now();
    let (end, done) = swept(|unit| {
        let lane = &lane;
        async move {
            let answer = lane.call(|| async {
                let down = started.elapsed() > Duration::from_secs(1)
                    && started.elapsed() < Duration::from_secs(40);
                if down {
                    return Err(Trouble::Unreachable("refused".to_owned()));
                }
                Ok(unit)
            });
            Ok(answer.await?.expect("no call runs out of attempts"))
        }
    })
    .await;
    assert_eq!((end, done.len()), (End::Completed, 500));
    assert!(lane.tally().attempts < 600);
}

#[tokio::test(start_paused = true)]
async fn an_outage_beyond_the_limit_ends_the_sweep() {
    let lane = lane();
    let (end, done) = swept(|unit| {
        let lane = &lane;
        async move {
            let down = lane.call(|| async { Err::<u64, _>(Trouble::Unreachable("down".into())) });
            Ok(down.await?.unwrap_or(unit))
        }
    })
    .await;
    assert!(matches!(end, End::Halted(Halt::Outage { .. })), "{end:?}");
    assert!(done.is_empty());
}

#[tokio::test(start_paused = true)]
async fn equal_refusals_of_all_first_calls_end_the_sweep() {
    let lane = lane();
    let ask = |unit| {
        let lane = &lane;
        async move {
            let refused = lane.call(|| async { Err::<u64, _>(Trouble::Refused(refusal(403))) });
            Ok(refused.await?.unwrap_or(unit))
        }
    };
    let (end, done) = swept(ask).await;
    assert!(matches!(
        end,
        End::Halted(Halt::AllRefused { calls: 10, .. })
    ));
    assert_eq!(done.len(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_signal_ends_the_sweep_at_once() {
    let mut work = Numbers {
        left: 501,
        done: Vec::new(),
    };
    let (signal, script) = mpsc::channel(1);
    signal.try_send(Signal::Interrupt).unwrap();
    let never = |_unit: u64| std::future::pending();
    let end = sweep(&mut work, never, 10, &mut Signals::Script(script)).await;
    assert_eq!(end, Ok(End::Interrupted(Signal::Interrupt)));
}

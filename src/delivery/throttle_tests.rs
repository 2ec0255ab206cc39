//! The throttle behind its gate against servers of several kinds, on a quiet machine and on a busy
//! one, in model time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

/// How a server refuses calls.
#[derive(Debug, Clone, Copy, Default)]
struct Server {
    /// Refuses so many in a thousand at random.
    random: u32,
    /// Most calls in a sliding second.
    limit: Option<usize>,
    /// Refused calls count, too.
    refused_count: bool,
    /// Calls per second of another program, evenly spaced.
    other: u32,
    /// Answer times in milliseconds, from and to.
    latency: Option<(u64, u64)>,
}

/// What came of it from the tenth second to the end of the second minute.
#[derive(Debug)]
struct Outcome {
    /// Accepted calls per second.
    accepted: f64,
    /// Share of our calls that were refused, in percent.
    refused: f64,
}

/// How late the sender wakes up.
#[derive(Debug, Clone, Copy)]
struct Host {
    /// Each time, up to so much.
    lateness: Duration,
    /// So often in a thousand, up to [`Host::stall`] later still.
    stalls: u32,
    stall: Duration,
}

const QUIET: Host = Host {
    lateness: Duration::from_millis(1),
    stalls: 0,
    stall: Duration::ZERO,
};
const BUSY: Host = Host {
    lateness: Duration::from_millis(2),
    stalls: 30,
    stall: Duration::from_millis(30),
};

fn up_to(random: &mut fastrand::Rng, most: Duration) -> Duration {
    most.mul_f64(random.f64())
}

fn simulate(server: Server, host: Host, seed: u64) -> Outcome {
    let mut random = fastrand::Rng::with_seed(seed);
    let start = Instant::now();
    let mut gate = Gate::new(Limit::new(Limit::QUOTA).unwrap(), start);
    let mut now = start;
    let mut window: VecDeque<Instant> = VecDeque::new();
    let mut others = start + up_to(&mut random, 20 * MILLISECOND);
    let mut answers = BinaryHeap::new();
    let (mut accepted, mut refused) = (0_u32, 0_u32);
    let (from, to) = server.latency.unwrap_or((20, 60));
    while now - start < 120 * SECOND {
        let due = gate.due(now).unwrap().max(now);
        if let Some(&Reverse((at, sent, taken))) = answers.peek()
            && at <= due
        {
            answers.pop();
            now = now.max(at);
            if taken {
                gate.accepted(sent, now);
            } else {
                gate.refused(sent, None, now);
            }
            continue;
        }
        now = due + up_to(&mut random, host.lateness);
        if random.u32(0..1000) < host.stalls {
            now += up_to(&mut random, host.stall);
        }
        while server.other > 0 && others <= now {
            offer(&mut window, server, others);
            others += SECOND / server.other;
        }
        let permit = gate.sent(now);
        gate.departed(permit, now);
        let taken = offer(&mut window, server, now) && random.u32(0..1000) >= server.random;
        if now - start >= 10 * SECOND {
            accepted += u32::from(taken);
            refused += u32::from(!taken);
        }
        let latency = Duration::from_micros(random.u64(from * 1000..to * 1000));
        answers.push(Reverse((now + latency, now, taken)));
    }
    Outcome {
        accepted: f64::from(accepted) / 110.0,
        refused: 100.0 * f64::from(refused) / f64::from(accepted + refused),
    }
}

/// Whether the server takes a call at `now`.
fn offer(window: &mut VecDeque<Instant>, server: Server, now: Instant) -> bool {
    while window.front().is_some_and(|&at| now - at >= SECOND) {
        window.pop_front();
    }
    let taken = server.limit.is_none_or(|limit| window.len() < limit);
    if taken || server.refused_count {
        window.push_back(now);
    }
    taken
}

/// Each server, with the least that must be accepted and the most that may be refused.
const SERVERS: [(&str, Server, f64, f64); 11] = {
    const fn server(random: u32, limit: usize, refused_count: bool, other: u32) -> Server {
        let limit = if limit == 0 { None } else { Some(limit) };
        Server {
            random,
            limit,
            refused_count,
            other,
            latency: None,
        }
    }
    const JITTERED: Option<(u64, u64)> = Some((5, 400));
    [
        ("refuses nothing", server(0, 0, false, 0), 198.0, 0.0),
        ("1 % at random", server(10, 0, false, 0), 195.0, 1.5),
        ("3 % at random", server(30, 0, false, 0), 190.0, 3.6),
        (
            "limit 150, refused calls count",
            server(0, 150, true, 0),
            147.0,
            0.5,
        ),
        (
            "limit 150, refused calls do not count",
            server(0, 150, false, 0),
            148.0,
            2.0,
        ),
        (
            "limit 100, refused calls count",
            server(0, 100, true, 0),
            98.0,
            0.5,
        ),
        (
            "limit 200, shared with 60/s",
            server(0, 200, true, 60),
            135.0,
            0.5,
        ),
        (
            "limit 150 and 1 % at random",
            server(10, 150, true, 0),
            144.0,
            1.5,
        ),
        (
            "jitter, 1 % at random",
            Server {
                latency: JITTERED,
                ..server(10, 0, false, 0)
            },
            195.0,
            1.5,
        ),
        (
            "jitter, limit 150",
            Server {
                latency: JITTERED,
                ..server(0, 150, true, 0)
            },
            144.0,
            1.0,
        ),
        (
            "slow, limit 150",
            Server {
                latency: Some((1_900, 2_100)),
                ..server(0, 150, true, 0)
            },
            133.0,
            8.0,
        ),
    ]
};

#[test]
fn each_server_gets_what_it_takes_and_little_more() {
    let mut failures = Vec::new();
    for (name, server, least, most_refused) in SERVERS {
        for host in [QUIET, BUSY] {
            for seed in 1..=4 {
                let outcome = simulate(server, host, seed);
                if outcome.accepted < least || outcome.refused > most_refused {
                    failures.push((name, host, seed, outcome));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// A gate of 200 calls per second and the model time.
struct Model {
    gate: Gate,
    now: Instant,
}

impl Model {
    fn new() -> Self {
        let now = Instant::now();
        let gate = Gate::new(Limit::new(Limit::QUOTA).unwrap(), now);
        Self { gate, now }
    }

    /// Sends a call when it is due, and lets 10 ms pass.
    fn send(&mut self) -> Instant {
        self.now = self.gate.due(self.now).unwrap().max(self.now);
        let sent = self.now;
        let permit = self.gate.sent(sent);
        self.gate.departed(permit, sent);
        self.now += Duration::from_millis(10);
        sent
    }

    fn accept(&mut self, calls: usize) {
        for _ in 0..calls {
            let sent = self.send();
            self.gate.accepted(sent, self.now);
        }
    }

    fn refuse(&mut self) -> Option<Duration> {
        let sent = self.send();
        self.gate.refused(sent, None, self.now)
    }
}

#[test]
fn one_refusal_among_many_answers_changes_nothing() {
    let mut model = Model::new();
    model.accept(1000);
    assert_eq!(model.refuse(), None);
    let next = model.gate.due(model.now).unwrap();
    assert!(next <= model.now, "{:?}", next - model.now);
}

#[test]
fn a_server_that_refuses_everything_is_asked_ever_more_seldom_until_it_accepts_a_call() {
    let mut model = Model::new();
    model.accept(10);
    let mut calls = 0;
    let quota_begins = model.now;
    while model.now - quota_begins < 600 * SECOND {
        model.refuse();
        calls += 1;
    }
    assert!(calls < 60, "{calls} calls in ten minutes");
    let pauses: Vec<_> = (0..3).filter_map(|_| model.refuse()).collect();
    assert_eq!(pauses, [60 * SECOND; 3]);
    model.accept(1);
    let pauses: Vec<_> = (0..40).filter_map(|_| model.refuse()).collect();
    let doubling = [250, 500, 1_000].map(Duration::from_millis);
    assert!(
        pauses.windows(3).any(|pauses| pauses == doubling),
        "{pauses:?}"
    );
}

#[test]
fn a_retry_after_is_obeyed_up_to_a_minute() {
    for (asked, pause) in [(3, 3), (60, 60), (3_600, 60)] {
        let mut model = Model::new();
        model.accept(500);
        let sent = model.send();
        let began = model.gate.refused(sent, Some(asked * SECOND), model.now);
        assert_eq!(began, Some(pause * SECOND));
        assert!(model.gate.due(model.now) >= Some(model.now + pause * SECOND));
    }
}

#[test]
fn when_a_limit_goes_the_full_pace_comes_back() {
    let mut model = Model::new();
    let mut taken = VecDeque::new();
    let server = Server {
        limit: Some(100),
        refused_count: true,
        ..Server::default()
    };
    let limited_until = model.now + 30 * SECOND;
    let mut calls_of_the_last_second = 0;
    let end = limited_until + 240 * SECOND;
    while model.now < end {
        let sent = model.send();
        if sent > limited_until || offer(&mut taken, server, sent) {
            model.gate.accepted(sent, model.now);
        } else {
            model.gate.refused(sent, None, model.now);
        }
        calls_of_the_last_second += u32::from(end - sent <= SECOND);
        model.now = sent;
    }
    assert!(
        calls_of_the_last_second >= 195,
        "{calls_of_the_last_second}"
    );
}

//! The gate in model time: what it promises holds whatever the caller does.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn limit(calls: u32) -> Limit {
    Limit::new(calls).unwrap()
}

/// A caller that sends as soon as it may, with what can hold it up.
struct Caller {
    gate: Gate,
    now: Instant,
    /// Calls that were let go, by when they depart.
    under_way: BTreeMap<(Instant, usize), Permit>,
    sent: usize,
    departures: Vec<Instant>,
}

impl Caller {
    fn new(calls: u32) -> Self {
        let now = Instant::now();
        Self {
            gate: Gate::new(limit(calls), now),
            now,
            under_way: BTreeMap::new(),
            sent: 0,
            departures: Vec::new(),
        }
    }

    /// Passes time, in which calls depart.
    fn pass(&mut self, until: Instant) {
        while let Some(entry) = self.under_way.first_entry()
            && entry.key().0 <= until
        {
            let ((at, _), permit) = entry.remove_entry();
            self.gate.departed(permit, at);
            self.departures.push(at);
        }
        self.now = self.now.max(until);
    }

    /// Sends one call, `late` after it is due, which departs `way` later.
    fn send(&mut self, late: Duration, way: Duration) {
        let due = loop {
            if let Some(due) = self.gate.due(self.now) {
                if due <= self.now {
                    break due;
                }
                self.pass(due + late);
            } else {
                let (first, _) = self.under_way.keys().next().copied().unwrap();
                self.pass(first);
            }
        };
        assert!(due <= self.now);
        let permit = self.gate.sent(self.now);
        self.under_way.insert((self.now + way, self.sent), permit);
        self.sent += 1;
        self.pass(self.now);
    }

    fn send_many(&mut self, calls: usize) {
        for _ in 0..calls {
            self.send(Duration::ZERO, Duration::ZERO);
        }
    }

    /// All departures, once all have departed.
    fn finish(mut self) -> Vec<Instant> {
        self.pass(self.now + 100 * SECOND);
        self.departures
    }
}

/// Most departures in any half-open second.
fn busiest(departures: &[Instant]) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (last, &now) in departures.iter().enumerate() {
        while now - departures[first] >= SECOND {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    most
}

/// Calls per second from the third second on.
fn steady_rate(departures: &[Instant]) -> f64 {
    let start = departures[0] + 2 * SECOND;
    let steady: Vec<_> = departures.iter().filter(|&&at| at >= start).collect();
    let span = *steady[steady.len() - 1] - *steady[0];
    let intervals = u32::try_from(steady.len() - 1).unwrap();
    f64::from(intervals) / span.as_secs_f64()
}

#[test]
fn a_limit_is_between_one_and_the_vendors_quota() {
    assert!(Limit::new(0).is_none());
    assert!(Limit::new(201).is_none());
    assert_eq!(limit(200).get(), 200);
    assert!(
        limit(200).sustained() >= 198.5,
        "the margin may cost 0.75 % of the quota at most"
    );
}

#[test]
fn no_second_holds_more_than_the_limit_and_the_rate_is_kept_from_the_third_second_on() {
    let mut caller = Caller::new(200);
    caller.send_many(4000);
    let departures = caller.finish();
    assert!(busiest(&departures) <= 200);
    let rate = steady_rate(&departures);
    assert!(rate >= 198.6, "{rate}");
}

#[test]
fn a_caller_that_wakes_up_late_and_stalls_now_and_then_keeps_the_rate() {
    let mut random = fastrand::Rng::with_seed(1);
    let mut caller = Caller::new(200);
    for _ in 0..12_000 {
        let stall = if random.u32(..150) == 0 {
            ms(35)
        } else {
            ms(0)
        };
        let late = Duration::from_micros(random.u64(0..3_000)) + stall;
        caller.send(late, Duration::from_micros(random.u64(0..500)));
    }
    let departures = caller.finish();
    assert!(busiest(&departures) <= 200);
    let rate = steady_rate(&departures);
    assert!(rate >= 198.0, "{rate}");
}

#[test]
fn after_a_stall_of_two_seconds_no_second_holds_more_than_the_limit() {
    let mut caller = Caller::new(200);
    for call in 0..3000 {
        let late = if call % 500 == 499 { ms(2_000) } else { ms(0) };
        caller.send(late, ms(0));
    }
    assert!(busiest(&caller.finish()) <= 200);
}

#[test]
fn a_call_that_waits_for_its_connection_counts_from_when_it_departs() {
    let mut random = fastrand::Rng::with_seed(2);
    let mut caller = Caller::new(200);
    for call in 0..6000 {
        let handshake = ms(random.u64(20..300));
        let way = if call < 50 || random.u8(..) < 5 {
            handshake
        } else {
            ms(0)
        };
        caller.send(ms(0), way);
    }
    let departures = caller.finish();
    let tightest = departures
        .windows(201)
        .map(|calls| calls[200] - calls[0])
        .min();
    assert!(tightest > Some(SECOND + ms(2)), "{tightest:?}");
}

#[test]
fn while_the_whole_limit_waits_for_connections_nothing_is_due() {
    let mut gate = Gate::new(limit(3), Instant::now());
    let start = Instant::now();
    let mut now = start;
    let mut permits = Vec::new();
    for _ in 0..3 {
        now = gate.due(now).unwrap().max(now);
        permits.push(gate.sent(now));
    }
    assert_eq!(gate.due(now + 5 * SECOND), None);
    gate.departed(permits.remove(0), now + 5 * SECOND);
    assert!(gate.due(now + 5 * SECOND) > Some(now + 6 * SECOND));
    assert_eq!(gate.busiest_second(), 1);
}

#[test]
fn another_limit_is_kept_at_once_whatever_was_sent_before() {
    let mut caller = Caller::new(200);
    caller.send_many(1000);
    caller.gate.set_limit(limit(50), caller.now);
    caller.send_many(300);
    caller.gate.set_limit(limit(200), caller.now);
    caller.send_many(1500);
    let departures = caller.finish();
    for (call, &at) in departures.iter().enumerate().take(1300).skip(1000) {
        let of_its_second = |&&earlier: &&Instant| at - earlier < SECOND;
        let in_its_second = departures[..=call].iter().filter(of_its_second).count();
        assert!(in_its_second <= 50, "{in_its_second}");
    }
    assert!(busiest(&departures) <= 200);
    let slowed = steady_rate(&departures[1000..1300]);
    assert!(slowed >= 49.0, "{slowed}");
    let raised = steady_rate(&departures[1300..]);
    assert!(raised >= 198.0, "{raised}");
}

#[test]
fn a_plain_quota_of_the_limit_would_double_the_first_second() {
    use governor::clock::FakeRelativeClock;
    let quota = governor::Quota::per_second(std::num::NonZeroU32::new(200).unwrap());
    let clock = FakeRelativeClock::default();
    let limiter = governor::RateLimiter::direct_with_clock(quota, clock.clone());
    let mut passed = 0;
    for _ in 0..1000 {
        while limiter.check().is_ok() {
            passed += 1;
        }
        clock.advance(ms(1));
    }
    assert!(
        passed >= 399,
        "the comparison that the gate exists for: {passed}"
    );
}

#[test]
fn the_gate_opens_no_earlier_than_it_was_told_and_asking_takes_nothing() {
    let start = Instant::now();
    let gate = Gate::new(limit(200), start + ms(700));
    for _ in 0..100 {
        assert_eq!(gate.due(start), Some(start + ms(700)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_pattern_of_stalls_handshakes_refusals_and_limits_overfills_a_second(
        calls in 1_u32..=200,
        steps in prop::collection::vec((0_u64..3000, 0_u8..16), 50..600),
    ) {
        let mut caller = Caller::new(calls);
        for (length, kind) in steps {
            match kind {
                0 => caller.pass(caller.now + ms(length)),
                1 => {
                    let retry_after = (length < 500).then(|| ms(length));
                    caller.gate.refused(caller.now, retry_after, caller.now);
                }
                2 => {
                    let part = u32::try_from(length).unwrap() % calls + 1;
                    caller.gate.set_limit(limit(part), caller.now);
                }
                3 | 4 => caller.send(ms(length / 100), ms(length)),
                _ => caller.send(ms(0), ms(0)),
            }
        }
        prop_assert!(busiest(&caller.finish()) <= calls as usize);
    }
}

//! What the simulator tells about its callers: calls, outcomes and pace, by command.
//!
//! Memory stays bounded: of the calls themselves only those of the last second are kept, and yet
//! the busiest second of the whole run is exact, since no window reaches further back.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::quota::SlidingSecond;
use super::world::Repeats;

/// The steady rate leaves out the first two seconds, in which a caller may still speed up.
const WARM_UP: Duration = Duration::from_secs(2);

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Carried out and answered.
    Ok,
    /// Refused by a rule of the service, with its code (or HTTP status).
    Refused(u32),
    /// Refused because of the quota, with its code (or HTTP status).
    RateLimited(u32),
    /// Carried out, but the answer was withheld.
    Lost,
    /// Hit by the fault of this name; not carried out.
    Faulted(String),
}

#[derive(Debug)]
struct Command {
    calls: u64,
    ok: u64,
    lost: u64,
    rate_limited: u64,
    refused_by_code: BTreeMap<u32, u64>,
    faulted: BTreeMap<String, u64>,
    second: SlidingSecond,
    busiest_second: usize,
    first: Instant,
    last: Instant,
    after_warm_up: u64,
}

/// The record of all calls.
#[derive(Debug)]
pub(super) struct Stats {
    opened: Instant,
    commands: BTreeMap<&'static str, Command>,
    /// Pace of commands that share a quota, by its name.
    shared: BTreeMap<&'static str, Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    second: SlidingSecond,
    busiest_second: usize,
}

/// The record as `GET /simulator/stats` shows it.
///
/// In each command, `calls` = `ok` + `lost` + the sum of `refused_by_code` + the sum of `faulted`,
/// but for calls whose body is still on its way.
#[derive(Debug, Serialize)]
pub(super) struct View<'a> {
    calls: u64,
    elapsed_seconds: f64,
    keys: Keys,
    /// The busiest second of commands that share a quota, by its name.
    shared_busiest_second: BTreeMap<&'a str, usize>,
    commands: BTreeMap<&'a str, CommandView<'a>>,
}

/// How often one (group, member) was set.
#[derive(Debug, Serialize)]
struct Keys {
    set: u64,
    repeated: u64,
    most_calls: u16,
}

#[derive(Debug, Serialize)]
struct CommandView<'a> {
    calls: u64,
    ok: u64,
    lost: u64,
    rate_limited: u64,
    refused_by_code: &'a BTreeMap<u32, u64>,
    faulted: &'a BTreeMap<String, u64>,
    busiest_second: usize,
    first_call: f64,
    last_call: f64,
    steady_rate: Option<f64>,
}

impl Stats {
    pub(super) fn new(opened: Instant) -> Self {
        Self {
            opened,
            commands: BTreeMap::new(),
            shared: BTreeMap::new(),
        }
    }

    /// Counts a call that shares its quota with others at its arrival.
    pub(super) fn arrive_shared(&mut self, quota: &'static str, now: Instant) {
        let entry = self.shared.entry(quota).or_default();
        entry.busiest_second = entry.busiest_second.max(entry.second.count(now));
    }

    /// Counts a call at its arrival.
    pub(super) fn arrive(&mut self, command: &'static str, now: Instant) {
        let entry = self
            .commands
            .entry(command)
            .or_insert_with(|| Command::new(now));
        entry.calls += 1;
        // Calls are handed in nearly, but not always, in the order of their arrival.
        entry.first = entry.first.min(now);
        entry.last = entry.last.max(now);
        entry.busiest_second = entry.busiest_second.max(entry.second.count(now));
        entry.after_warm_up += u64::from(now.duration_since(entry.first) >= WARM_UP);
    }

    /// Counts how a call ended.
    pub(super) fn settle(&mut self, command: &'static str, outcome: Outcome) {
        let Some(entry) = self.commands.get_mut(command) else {
            return;
        };
        match outcome {
            Outcome::Ok => entry.ok += 1,
            Outcome::Lost => entry.lost += 1,
            Outcome::Refused(code) => *entry.refused_by_code.entry(code).or_default() += 1,
            Outcome::RateLimited(code) => {
                *entry.refused_by_code.entry(code).or_default() += 1;
                entry.rate_limited += 1;
            }
            Outcome::Faulted(kind) => *entry.faulted.entry(kind).or_default() += 1,
        }
    }

    /// The record as it is shown.
    pub(super) fn view(&self, now: Instant, repeats: Repeats) -> View<'_> {
        View {
            calls: self.commands.values().map(|command| command.calls).sum(),
            elapsed_seconds: now.duration_since(self.opened).as_secs_f64(),
            keys: Keys {
                set: repeats.set,
                repeated: repeats.repeated,
                most_calls: repeats.most,
            },
            shared_busiest_second: self
                .shared
                .iter()
                .map(|(name, shared)| (*name, shared.busiest_second))
                .collect(),
            commands: self
                .commands
                .iter()
                .map(|(name, command)| (*name, command.view(self.opened)))
                .collect(),
        }
    }
}

impl Command {
    fn new(first: Instant) -> Self {
        Self {
            calls: 0,
            ok: 0,
            lost: 0,
            rate_limited: 0,
            refused_by_code: BTreeMap::new(),
            faulted: BTreeMap::new(),
            second: SlidingSecond::default(),
            busiest_second: 0,
            first,
            last: first,
            after_warm_up: 0,
        }
    }

    fn view(&self, opened: Instant) -> CommandView<'_> {
        let steady = self.last.duration_since(self.first).checked_sub(WARM_UP);
        let steady = steady
            .map(|time| time.as_secs_f64())
            .filter(|&seconds| seconds > 0.0);
        CommandView {
            calls: self.calls,
            ok: self.ok,
            lost: self.lost,
            rate_limited: self.rate_limited,
            refused_by_code: &self.refused_by_code,
            faulted: &self.faulted,
            busiest_second: self.busiest_second,
            first_call: self.first.duration_since(opened).as_secs_f64(),
            last_call: self.last.duration_since(opened).as_secs_f64(),
            #[expect(clippy::cast_precision_loss, reason = "no run makes 2^53 calls")]
            steady_rate: steady.map(|seconds| self.after_warm_up as f64 / seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(stats: &Stats, now: Instant) -> serde_json::Value {
        serde_json::to_value(stats.view(now, Repeats::default())).unwrap()
    }

    #[test]
    fn the_busiest_second_counts_the_very_first_calls() {
        let opened = Instant::now();
        let mut stats = Stats::new(opened);
        for call in 0..401_u64 {
            let burst = if call < 201 {
                Duration::ZERO
            } else {
                Duration::from_secs(1)
            };
            stats.arrive("set", opened + burst + Duration::from_millis(call * 5));
        }
        let view = shown(&stats, opened);
        assert_eq!(view["commands"]["set"]["busiest_second"], 200);
        stats.arrive("other", opened);
        assert_eq!(
            shown(&stats, opened)["commands"]["other"]["busiest_second"],
            1
        );
        assert_eq!(shown(&stats, opened)["calls"], 402);
    }

    #[test]
    fn the_steady_rate_is_that_of_the_calls_from_the_third_second_on() {
        let opened = Instant::now();
        let mut stats = Stats::new(opened);
        stats.arrive("set", opened);
        assert!(shown(&stats, opened)["commands"]["set"]["steady_rate"].is_null());
        for call in 1..=800_u64 {
            stats.arrive(
                "set",
                opened + Duration::from_secs(2) + Duration::from_millis(call * 5),
            );
        }
        let rate = shown(&stats, opened)["commands"]["set"]["steady_rate"]
            .as_f64()
            .unwrap();
        assert!((rate - 200.0).abs() < 1e-6, "{rate}");
    }

    #[test]
    fn outcomes_add_up_to_the_calls() {
        let opened = Instant::now();
        let mut stats = Stats::new(opened);
        let outcomes = [
            Outcome::Ok,
            Outcome::Lost,
            Outcome::Refused(10_010),
            Outcome::RateLimited(60_007),
            Outcome::Faulted("reset".to_owned()),
        ];
        for outcome in outcomes {
            stats.arrive("set", opened);
            stats.settle("set", outcome);
        }
        let view = shown(&stats, opened);
        assert_eq!(
            view["commands"]["set"],
            serde_json::json!({
                "calls": 5, "ok": 1, "lost": 1, "rate_limited": 1,
                "refused_by_code": {"10010": 1, "60007": 1}, "faulted": {"reset": 1},
                "busiest_second": 5, "first_call": 0.0, "last_call": 0.0, "steady_rate": null,
            })
        );
    }
}

//! How long calls took: a histogram of fixed size, exact below 64 ms and within 3 % above.

use serde::Serialize;

/// Below this many milliseconds each has a slot of its own.
const EXACT: u64 = 64;

/// Slots for each doubling above [`EXACT`]: their width is at most 1/32 of the value.
const PER_OCTAVE: u64 = 32;

/// The first doubling that has [`PER_OCTAVE`] slots: 64 is 2^6.
const FIRST_OCTAVE: u32 = 6;

/// The last doubling; 2^32 ms are seven weeks, and no call takes longer than its timeout.
const LAST_OCTAVE: u32 = 31;

/// A fold of latencies in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Latencies {
    slots: Vec<u64>,
    calls: u64,
    sum: u64,
    longest: u64,
}

/// Calls that took from `from_ms` to less than `to_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct LatencyBar {
    /// The shortest, in milliseconds.
    pub(crate) from_ms: u64,
    /// The first that is too long, in milliseconds.
    pub(crate) to_ms: u64,
    /// How many calls.
    pub(crate) calls: u64,
}

/// What is told of the latencies.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct LatencyPart {
    /// Calls that were answered.
    pub(crate) calls: u64,
    /// The mean.
    pub(crate) mean_ms: f64,
    /// Half of the calls took no longer.
    pub(crate) p50_ms: u64,
    /// Nine of ten took no longer.
    pub(crate) p90_ms: u64,
    /// 95 of 100 took no longer.
    pub(crate) p95_ms: u64,
    /// 99 of 100 took no longer.
    pub(crate) p99_ms: u64,
    /// 999 of 1000 took no longer.
    pub(crate) p999_ms: u64,
    /// The longest.
    pub(crate) max_ms: u64,
    /// The distribution, two bars for each doubling.
    pub(crate) histogram: Vec<LatencyBar>,
}

impl Default for Latencies {
    fn default() -> Self {
        let octaves = u64::from(LAST_OCTAVE - FIRST_OCTAVE + 1);
        let slots = usize::try_from(EXACT + octaves * PER_OCTAVE).unwrap_or(usize::MAX);
        Self {
            slots: vec![0; slots],
            calls: 0,
            sum: 0,
            longest: 0,
        }
    }
}

impl Latencies {
    /// One more call.
    pub(crate) fn add(&mut self, ms: u64) {
        self.calls += 1;
        self.sum = self.sum.saturating_add(ms);
        self.longest = self.longest.max(ms);
        let last = self.slots.len().saturating_sub(1);
        if let Some(slot) = self.slots.get_mut(slot(ms).min(last)) {
            *slot += 1;
        }
    }

    /// What is told of them; `None` before the first call.
    pub(crate) fn part(&self) -> Option<LatencyPart> {
        if self.calls == 0 {
            return None;
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "a mean needs no more than 52 bits"
        )]
        let mean = self.sum as f64 / self.calls as f64;
        Some(LatencyPart {
            calls: self.calls,
            mean_ms: (mean * 10.0).round() / 10.0,
            p50_ms: self.within(500),
            p90_ms: self.within(900),
            p95_ms: self.within(950),
            p99_ms: self.within(990),
            p999_ms: self.within(999),
            max_ms: self.longest,
            histogram: self.bars(),
        })
    }

    /// The time in which `share` of a thousand calls were answered.
    fn within(&self, share: u64) -> u64 {
        let wanted = (u128::from(self.calls) * u128::from(share)).div_ceil(1000);
        let mut passed = 0_u128;
        for (index, &calls) in self.slots.iter().enumerate() {
            passed += u128::from(calls);
            if passed >= wanted {
                return (first_of(index + 1) - 1).min(self.longest);
            }
        }
        self.longest
    }

    /// Bars whose bounds are 0, 1, 2, 3, 4, 6, 8, 12, 16, 24, …, from the first call to the last.
    fn bars(&self) -> Vec<LatencyBar> {
        let mut bars: Vec<LatencyBar> = Vec::new();
        let mut bounds = bounds().peekable();
        let mut from_ms = 0;
        for (index, &calls) in self.slots.iter().enumerate() {
            if bounds.peek().is_some_and(|&to| first_of(index) >= to) {
                from_ms = bounds.next().unwrap_or(from_ms);
            }
            let to_ms = bounds.peek().copied().unwrap_or(u64::MAX);
            match bars.last_mut() {
                Some(bar) if bar.from_ms == from_ms => bar.calls += calls,
                Some(_) | None => bars.push(LatencyBar {
                    from_ms,
                    to_ms,
                    calls,
                }),
            }
        }
        let last = bars.iter().rposition(|bar| bar.calls > 0).unwrap_or(0);
        bars.truncate(last + 1);
        let first = bars.iter().position(|bar| bar.calls > 0).unwrap_or(0);
        bars.split_off(first)
    }
}

/// 1, 2, 3, 4, 6, 8, 12, …: powers of two, and what lies half-way between them.
fn bounds() -> impl Iterator<Item = u64> {
    let powers = (1..=LAST_OCTAVE + 1).flat_map(|octave| {
        let power = 1_u64 << octave;
        [power, power + power / 2]
    });
    std::iter::once(1).chain(powers)
}

fn slot(ms: u64) -> usize {
    let slot = if ms < EXACT {
        ms
    } else {
        let octave = ms.ilog2();
        let within = (ms >> (octave - FIRST_OCTAVE + 1)) - PER_OCTAVE;
        EXACT + u64::from(octave - FIRST_OCTAVE) * PER_OCTAVE + within
    };
    usize::try_from(slot).unwrap_or(usize::MAX)
}

/// The shortest latency of a slot.
fn first_of(slot: usize) -> u64 {
    let slot = slot as u64;
    if slot < EXACT {
        return slot;
    }
    let (octave, within) = ((slot - EXACT) / PER_OCTAVE, (slot - EXACT) % PER_OCTAVE);
    (PER_OCTAVE + within) << (octave + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn percentiles_of_a_thousand_even_latencies_are_within_three_percent() {
        let mut latencies = Latencies::default();
        for ms in 1..=1000 {
            latencies.add(ms);
        }
        let part = latencies.part().unwrap();
        for (found, exact) in [
            (part.p50_ms, 500),
            (part.p90_ms, 900),
            (part.p99_ms, 990),
            (part.p999_ms, 999),
        ] {
            assert!(
                (exact..=exact + exact / 32 + 1).contains(&found),
                "{found} for {exact}"
            );
        }
        assert_eq!((part.max_ms, part.calls), (1000, 1000));
        assert!((part.mean_ms - 500.5).abs() < 0.01);
    }

    #[test]
    fn bars_begin_and_end_with_calls() {
        let mut latencies = Latencies::default();
        for ms in [7, 9, 70] {
            latencies.add(ms);
        }
        let bars = latencies.part().unwrap().histogram;
        let bounds: Vec<_> = bars
            .iter()
            .map(|bar| (bar.from_ms, bar.to_ms, bar.calls))
            .collect();
        assert_eq!(bounds.first(), Some(&(6, 8, 1)));
        assert_eq!(bounds.get(1), Some(&(8, 12, 1)));
        assert_eq!(bounds.last(), Some(&(64, 96, 1)));
    }

    #[test]
    fn no_call_has_no_percentiles() {
        assert_eq!(Latencies::default().part(), None);
    }

    proptest! {
        #[test]
        fn every_latency_is_in_its_slot(ms in 0_u64..1 << 32) {
            let slot = slot(ms);
            prop_assert!(first_of(slot) <= ms && ms < first_of(slot + 1));
        }

        #[test]
        fn bars_count_every_call_once_and_touch(all in prop::collection::vec(0_u64..100_000, 1..200)) {
            let mut latencies = Latencies::default();
            for &ms in &all {
                latencies.add(ms);
            }
            let bars = latencies.part().unwrap().histogram;
            prop_assert_eq!(bars.iter().map(|bar| bar.calls).sum::<u64>(), all.len() as u64);
            for pair in bars.windows(2) {
                prop_assert_eq!(pair[0].to_ms, pair[1].from_ms);
            }
            for bar in &bars {
                let inside = all.iter().filter(|&&ms| bar.from_ms <= ms && ms < bar.to_ms).count();
                prop_assert_eq!(bar.calls, inside as u64);
            }
        }
    }
}

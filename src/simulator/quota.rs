//! The quota of one command: so many calls in any half-open second.
//!
//! Calls are counted in the order of their arrival, which may differ a little from the order in
//! which the simulator comes to them.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// The length of the window, which starts at each call and does not contain its own end.
const SECOND: Duration = Duration::from_secs(1);

/// How long a call is remembered. A call that the simulator comes to up to two seconds late is
/// counted in every second that it belongs to.
const MEMORY: Duration = Duration::from_secs(3);

/// The calls of the last seconds, in the order of their arrival.
#[derive(Debug, Default)]
pub(super) struct SlidingSecond(VecDeque<Instant>);

impl SlidingSecond {
    /// Counts a call; the result is the largest number of calls in a second that contains it.
    pub(super) fn count(&mut self, arrived: Instant) -> usize {
        let busiest = self.busiest_with(arrived);
        self.insert(arrived);
        busiest
    }

    /// Counts a call if at most `limit` are then in any second, and says whether it did.
    pub(super) fn admit(&mut self, arrived: Instant, limit: u32) -> bool {
        let admitted = self.busiest_with(arrived) <= limit as usize;
        if admitted {
            self.insert(arrived);
        }
        admitted
    }

    /// Calls in the busiest of the seconds that contain `arrived`, a call at that moment included.
    fn busiest_with(&self, arrived: Instant) -> usize {
        let calls = &self.0;
        let first = calls.partition_point(|&call| arrived.duration_since(call) >= SECOND);
        let after = calls.partition_point(|&call| call <= arrived);
        let mut end = after;
        let mut busiest = 0;
        // A busiest second starts at a call: one of the second before, or this one.
        let starts = calls.range(first..after).copied().chain([arrived]);
        for (place, start) in (first..).zip(starts) {
            let within = |call: &Instant| call.duration_since(start) < SECOND;
            while calls.get(end).is_some_and(within) {
                end += 1;
            }
            busiest = busiest.max(end - place + 1);
            if end == calls.len() {
                break; // A later start contains fewer calls.
            }
        }
        busiest
    }

    fn insert(&mut self, arrived: Instant) {
        let newest = self.0.back().map_or(arrived, |&last| last.max(arrived));
        let too_old = |call: &Instant| newest.duration_since(*call) >= MEMORY;
        while self.0.front().is_some_and(too_old) {
            self.0.pop_front();
        }
        let place = self.0.partition_point(|&call| call <= arrived);
        self.0.insert(place, arrived);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_call_exactly_one_second_later_is_in_another_window() {
        let start = Instant::now();
        let mut second = SlidingSecond::default();
        assert!(second.admit(start, 1));
        assert!(!second.admit(start + SECOND - Duration::from_nanos(1), 1));
        assert!(second.admit(start + SECOND, 1));
    }

    proptest! {
        #[test]
        fn no_half_open_second_holds_more_than_the_limit_and_the_busiest_is_exact(
            gaps in prop::collection::vec((0..400_u64, 0..2_u64), 1..200),
            limit in 1..6_u32,
        ) {
            let start = Instant::now();
            // The second number of a pair says by how many calls the simulator comes late to it.
            let mut at = 0;
            let mut calls: Vec<(u64, Instant)> = Vec::new();
            for (place, (gap, late)) in (0..).zip(&gaps) {
                at += gap;
                calls.push((place + late * 3, start + Duration::from_millis(at)));
            }
            calls.sort_by_key(|&(place, _)| place);
            let times: Vec<Instant> = calls.into_iter().map(|(_, at)| at).collect();
            let busiest = |times: &[Instant]| {
                let from = |&t: &Instant| times.iter().filter(|&&u| t <= u && u < t + SECOND).count();
                times.iter().map(from).max().unwrap_or(0)
            };
            let mut quota = SlidingSecond::default();
            let admitted: Vec<Instant> =
                times.iter().copied().filter(|&at| quota.admit(at, limit)).collect();
            prop_assert!(busiest(&admitted) <= limit as usize);
            let mut counter = SlidingSecond::default();
            let counted = times.iter().map(|&at| counter.count(at)).max();
            prop_assert_eq!(counted, Some(busiest(&times)));
        }
    }
}

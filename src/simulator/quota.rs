//! The quota of one command: so many calls in any half-open second.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// The length of the window, which starts at each call and does not contain its own end.
const SECOND: Duration = Duration::from_secs(1);

/// The calls of the last second, oldest first.
#[derive(Debug, Default)]
pub(super) struct Second(VecDeque<Instant>);

impl Second {
    /// Forgets the calls that no window has in common with one at `now`.
    fn advance(&mut self, now: Instant) {
        while self
            .0
            .front()
            .is_some_and(|&call| now.duration_since(call) >= SECOND)
        {
            self.0.pop_front();
        }
    }

    /// Counts a call; the result is the number of calls in the window that ends with it.
    pub(super) fn count(&mut self, now: Instant) -> usize {
        self.advance(now);
        self.0.push_back(now);
        self.0.len()
    }

    /// Counts a call if at most `limit` are then in any second, and says whether it did.
    pub(super) fn admit(&mut self, now: Instant, limit: u32) -> bool {
        self.advance(now);
        let admitted = self.0.len() < limit as usize;
        if admitted {
            self.0.push_back(now);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_call_exactly_one_second_later_is_in_another_window() {
        let start = Instant::now();
        let mut second = Second::default();
        assert!(second.admit(start, 1));
        assert!(!second.admit(start + SECOND - Duration::from_nanos(1), 1));
        assert!(second.admit(start + SECOND, 1));
    }

    proptest! {
        #[test]
        fn no_half_open_second_holds_more_than_the_limit_and_the_busiest_is_exact(
            gaps in prop::collection::vec(0..400_u64, 1..200),
            limit in 1..6_u32,
        ) {
            let start = Instant::now();
            let times: Vec<Instant> = gaps
                .iter()
                .scan(0, |at, gap| { *at += gap; Some(start + Duration::from_millis(*at)) })
                .collect();
            let busiest = |times: &[Instant]| {
                let from = |&t: &Instant| times.iter().filter(|&&u| t <= u && u < t + SECOND).count();
                times.iter().map(from).max().unwrap_or(0)
            };
            let mut quota = Second::default();
            let admitted: Vec<Instant> =
                times.iter().copied().filter(|&at| quota.admit(at, limit)).collect();
            prop_assert!(busiest(&admitted) <= limit as usize);
            let mut counter = Second::default();
            let counted = times.iter().map(|&at| counter.count(at)).max();
            prop_assert_eq!(counted, Some(busiest(&times)));
        }
    }
}

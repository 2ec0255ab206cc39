//! How many calls may be without an answer at a time.

use std::time::Duration;

use super::gate::Limit;

/// What a stall may last, on top of the usual answer time, before it costs calls: twice the two
/// seconds in which the target may well be busy with itself.
const STALL: Duration = Duration::from_secs(4);

/// A small limit still leaves room for calls that wait while others are answered.
const LEAST: usize = 16;

/// What is left of the worst answer time after each answer: half of it after 700, which is three
/// and a half seconds at the full rate.
const FADE: f64 = 0.999;

/// Calls in flight: the rate times the worst answer time of late, and a stall on top.
///
/// A target that needs three seconds for an answer has six hundred calls in flight at 200 a second
/// when nothing is wrong; room of a fixed size would then be used up by the first short stall.
#[derive(Debug, Clone)]
pub(crate) struct ConcurrencyLimit {
    rate: f64,
    most: usize,
    fixed: Option<usize>,
    worst: Duration,
}

impl ConcurrencyLimit {
    /// A limit that follows the answer times, up to `most` calls.
    pub(crate) fn following(limit: Limit, most: usize) -> Self {
        Self {
            rate: f64::from(limit.get()),
            most,
            fixed: None,
            worst: Duration::ZERO,
        }
    }

    /// A limit of just so many calls.
    pub(crate) fn fixed(limit: Limit, calls: usize) -> Self {
        Self {
            fixed: Some(calls),
            ..Self::following(limit, calls)
        }
    }

    /// Calls that may be in flight now.
    pub(super) fn calls(&self) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate of 200 at most, times seconds"
        )]
        let following = (self.rate * (self.worst + STALL).as_secs_f64()) as usize;
        self.fixed
            .unwrap_or_else(|| following.max(LEAST).min(self.most))
    }

    /// Notes how long an answer took, or how long none came: while calls of one group time out, the
    /// others need room beside them.
    pub(super) fn answered(&mut self, latency: Duration) {
        self.worst = latency.max(self.worst.mul_f64(FADE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(calls: u32) -> Limit {
        Limit::new(calls).unwrap()
    }

    #[test]
    fn a_quick_target_gets_room_for_a_stall_and_a_slow_one_for_its_answers_too() {
        let mut room = ConcurrencyLimit::following(limit(200), 10_000);
        assert_eq!(room.calls(), 800);
        room.answered(Duration::from_secs(3));
        assert_eq!(room.calls(), 1_400);
        for _ in 0..10_000 {
            room.answered(Duration::from_millis(50));
        }
        assert_eq!(room.calls(), 810, "a bad minute is forgotten");
    }

    #[test]
    fn it_never_outgrows_its_bound_nor_shrinks_to_nothing() {
        let mut room = ConcurrencyLimit::following(limit(200), 960);
        room.answered(Duration::from_secs(30));
        assert_eq!(room.calls(), 960);
        assert_eq!(ConcurrencyLimit::following(limit(1), 960).calls(), LEAST);
    }

    #[test]
    fn a_number_that_the_user_gave_stays() {
        let mut room = ConcurrencyLimit::fixed(limit(200), 3);
        room.answered(Duration::from_secs(30));
        assert_eq!(room.calls(), 3);
    }
}

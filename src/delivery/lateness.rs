//! How late a call came to the server, as far as the time to its answer tells.

use std::time::Duration;

/// The longest delay that is believed to have passed before the call arrived; what a slow answer
/// took beyond it was the server's work.
const LONGEST: Duration = Duration::from_millis(15);

/// How fast the usual answer time follows answers that take longer.
const RISE: f64 = 0.002;

/// Compares answer times with the usual one, which is near the shortest of late.
#[derive(Debug, Default)]
pub(super) struct Lateness {
    usual: Option<Duration>,
}

impl Lateness {
    /// How much later than usual a call may have arrived whose answer took `latency`.
    pub(super) fn of(&mut self, latency: Duration) -> Duration {
        let usual = *self.usual.get_or_insert(latency);
        let late = latency.saturating_sub(usual);
        self.usual = Some(if late.is_zero() {
            latency
        } else {
            usual + late.mul_f64(RISE)
        });
        late.min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_answer_among_quick_ones_is_late_and_a_slower_target_is_not() {
        let ms = Duration::from_millis;
        let mut lateness = Lateness::default();
        for _ in 0..100 {
            assert_eq!(lateness.of(ms(20)), Duration::ZERO);
        }
        assert_eq!(lateness.of(ms(31)), ms(11));
        assert_eq!(lateness.of(ms(2_000)), LONGEST, "that was a stall");
        let of_a_slower_target = (0..5_000).map(|_| lateness.of(ms(60))).last();
        assert!(of_a_slower_target < Some(ms(1)), "{of_a_slower_target:?}");
        assert_eq!(lateness.of(ms(20)), Duration::ZERO);
        assert_eq!(lateness.of(ms(28)), ms(8), "the usual falls at once");
    }
}

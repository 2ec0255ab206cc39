//! How long a failed call waits before its next attempt.

use std::time::Duration;

/// Exponential backoff with jitter. Pure: the random number is passed in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
}

impl Backoff {
    /// Waits about `first` before the second attempt, doubling up to `longest`.
    pub(crate) const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest }
    }

    /// The wait after `attempts` failed attempts (1 and up). `random` is uniform in 0..1; the
    /// wait lies between half and all of the exponential step, so that calls which failed
    /// together do not come back together.
    pub(crate) fn wait(&self, attempts: u32, random: f64) -> Duration {
        let doublings = attempts.saturating_sub(1);
        let step = self
            .first
            .saturating_mul(2_u32.saturating_pow(doublings))
            .min(self.longest);
        step.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_wait_is_within_half_and_all_of_the_capped_step(attempts in 0_u32.., random in 0.0_f64..1.0) {
            let backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
            let wait = backoff.wait(attempts, random);
            prop_assert!(wait >= Duration::from_millis(250));
            prop_assert!(wait <= Duration::from_secs(30));
        }

        #[test]
        fn more_attempts_never_wait_less(attempts in 0_u32..100, random in 0.0_f64..1.0) {
            let backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
            prop_assert!(backoff.wait(attempts + 1, random) >= backoff.wait(attempts, random));
        }
    }
}

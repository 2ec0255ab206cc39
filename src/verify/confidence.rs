//! What a random sample says about all counts. Pure.

use serde::Serialize;

/// One-sided 95 % quantile of the normal distribution.
const Z: f64 = 1.644_853_6;

/// How much of the whole may differ, given what differs in a sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Confidence {
    /// Counts in the sample.
    pub(crate) sample: u64,
    /// Counts in all.
    pub(crate) of: u64,
    /// How sure the statement is, as a share.
    pub(crate) level: f64,
    /// At most this share of all counts differs.
    pub(crate) at_most_share: f64,
    /// At most so many counts differ.
    pub(crate) at_most: u64,
}

impl Confidence {
    /// The statement for a sample in which `different` counts differ.
    pub(crate) fn new(different: u64, sample: u64, of: u64) -> Self {
        let share = upper(different, sample, of);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a bound on a share of rows, rounded up"
        )]
        let at_most = ((share * of as f64).ceil() as u64).min(of);
        Self {
            sample,
            of,
            level: 0.95,
            at_most_share: share,
            at_most,
        }
    }
}

/// The upper end of the share. With nothing different, the exact bound, which is close to the
/// rule of three (3 / sample); else the end of Wilson's score interval.
#[expect(
    clippy::cast_precision_loss,
    reason = "shares need no more than 52 bits"
)]
fn upper(different: u64, sample: u64, of: u64) -> f64 {
    let (k, n) = (different as f64, sample as f64);
    if sample == 0 {
        return 1.0;
    }
    if sample >= of {
        return k / n;
    }
    if different == 0 {
        return 1.0 - 0.05_f64.powf(1.0 / n);
    }
    let share = k / n;
    let square = Z * Z;
    let centre = share + square / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
    ((centre + spread) / (1.0 + square / n)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clean_sample_bounds_the_rest_by_the_rule_of_three() {
        let confidence = Confidence::new(0, 1000, 1_000_000);
        assert!((confidence.at_most_share - 0.003).abs() < 0.0001);
        assert_eq!(confidence.at_most, 2992);
    }

    #[test]
    fn a_flawed_sample_bounds_the_rest_above_its_own_share() {
        // Wilson's interval, one-sided 95 %, for 10 of 100: 0.1604.
        let confidence = Confidence::new(10, 100, 5000);
        assert!(
            (confidence.at_most_share - 0.1604).abs() < 0.0005,
            "{confidence:?}"
        );
    }

    #[test]
    fn a_sample_of_everything_is_exact_and_one_of_nothing_says_nothing() {
        assert_eq!(Confidence::new(3, 50, 50).at_most, 3);
        assert_eq!(Confidence::new(0, 50, 50).at_most, 0);
        assert_eq!(Confidence::new(0, 0, 50).at_most, 50);
    }
}

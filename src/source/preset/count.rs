//! What a count is worth: known, a lower bound, negative or unknown; and what the user wants done
//! about it. Numbers are whole and exact: nothing here goes through a float.

use crate::record::Field;
use crate::settings::{OnCapped, OnMuted, OnNegative};
use crate::source::Record;

/// What the user wants done where an export does not say all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Choices {
    pub(crate) capped: OnCapped,
    pub(crate) negative: OnNegative,
    pub(crate) muted: OnMuted,
}

impl Choices {
    /// Whether a count can become another one, or leave its row out.
    pub(crate) fn change_counts(self) -> bool {
        self.capped != OnCapped::Error || self.negative != OnNegative::Error
    }
}

/// A count as the source gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// Missing, null or empty.
    Unknown,
    /// A whole number.
    Whole(i128),
    /// As many or more.
    AtLeast(i128),
    /// Something else, which `record` judges.
    Other,
}

impl Number {
    /// Reads a count in the way of `record::check`.
    pub(super) fn of(field: Field<'_>) -> Self {
        let text = match field {
            Field::Missing | Field::Null => return Self::Unknown,
            Field::Text(text) | Field::Number(text) => text.trim_ascii(),
            Field::Other(_) | Field::NotUtf8(_) | Field::Mapped { .. } | Field::Unmapped(_) => {
                return Self::Other;
            }
        };
        if text.is_empty() {
            return Self::Unknown;
        }
        // Nearly every count is a few plain digits.
        if text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = text
                .bytes()
                .fold(0_u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
            return Self::Whole(number.into());
        }
        let bound = match text.strip_suffix('+') {
            Some(bound) => Some(bound.trim_ascii_end()),
            None => text
                .strip_prefix('>')
                .map(|rest| rest.strip_prefix('=').unwrap_or(rest).trim_ascii_start()),
        };
        match bound {
            Some(bound) => digits(bound).map_or(Self::Other, Self::AtLeast),
            None => whole(text).map_or(Self::Other, Self::Whole),
        }
    }

    /// The number, or the lower bound of it.
    pub(super) const fn value(self) -> Option<i128> {
        match self {
            Self::Whole(number) | Self::AtLeast(number) => Some(number),
            Self::Unknown | Self::Other => None,
        }
    }

    /// The number of messages that are unread, if that is known; none below 0 are.
    pub(super) fn unread(self) -> Option<u64> {
        u64::try_from(self.value()?.max(0)).ok()
    }

    /// The same, with `cap` being where the system stops to count.
    pub(super) fn capped(self, cap: Option<u32>) -> Self {
        match (self, cap) {
            (Self::Whole(number), Some(cap)) if number >= i128::from(cap) => Self::AtLeast(number),
            (other, _) => other,
        }
    }
}

fn digits(text: &str) -> Option<i128> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn whole(text: &str) -> Option<i128> {
    let (sign, magnitude) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, decimals) = magnitude.split_once('.').unwrap_or((magnitude, "0"));
    let exact = !decimals.is_empty() && decimals.bytes().all(|byte| byte == b'0');
    digits(whole).filter(|_| exact).map(|number| sign * number)
}

/// What becomes of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It goes on as it is.
    AsIs,
    /// It goes on as this number, which is remarked upon.
    Becomes(i128, &'static str),
    /// It goes on as a lower bound, which is invalid.
    Bound(i128),
    /// Its row is left out, for this reason.
    Leave(&'static str),
}

/// The reason of rows whose counts are lower bounds, and the remark upon them.
pub(super) const AT_LEAST: &str = "at_least";
/// The reason of rows whose counts are below 0.
const NEGATIVE: &str = "negative";
/// The remark upon counts below 0 that become 0.
const NEGATIVE_AS_ZERO: &str = "negative_as_0";

/// Judges `number` by the user's choices.
pub(super) fn judge(number: Number, choices: Choices) -> Verdict {
    match number {
        Number::AtLeast(bound) => match choices.capped {
            OnCapped::Error => Verdict::Bound(bound),
            OnCapped::LowerBound => Verdict::Becomes(bound, AT_LEAST),
            OnCapped::Skip => Verdict::Leave(AT_LEAST),
        },
        Number::Whole(number) if number < 0 => match choices.negative {
            OnNegative::Error => Verdict::AsIs,
            OnNegative::Zero => Verdict::Becomes(0, NEGATIVE_AS_ZERO),
            OnNegative::Skip => Verdict::Leave(NEGATIVE),
        },
        Number::Whole(_) | Number::Unknown | Number::Other => Verdict::AsIs,
    }
}

/// What becomes of a plain row by the user's choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) enum Sifted {
    /// It goes on as it is.
    AsIs,
    /// It goes on with another count, and this is said of it.
    Remarked(&'static str, Option<u64>),
    /// It is left out, for this reason.
    Left(&'static str, Option<u64>),
}

/// `record`, a plain row, with its count as `choices` make it.
pub(in crate::source) fn sift(record: Record<'_>, choices: Choices) -> (Record<'_>, Sifted) {
    let Record::Row(mut row) = record else {
        return (record, Sifted::AsIs);
    };
    let number = Number::of(row.unread_num);
    let unread = number.unread();
    let sifted = match judge(number, choices) {
        // A bound is told from its letters by whoever checks the row.
        Verdict::AsIs | Verdict::Bound(_) => Sifted::AsIs,
        Verdict::Leave(reason) => Sifted::Left(reason, unread),
        Verdict::Becomes(number, remark) => {
            row.unread_num = match row.unread_num {
                Field::Text(text) | Field::Number(text) if number != 0 => Field::Text(bare(text)),
                Field::Missing
                | Field::Null
                | Field::Text(_)
                | Field::Number(_)
                | Field::Other(_)
                | Field::NotUtf8(_)
                | Field::Mapped { .. }
                | Field::Unmapped(_) => Field::Text("0"),
            };
            Sifted::Remarked(remark, unread)
        }
    };
    (Record::Row(row), sifted)
}

/// The digits of a bound.
fn bare(text: &str) -> &str {
    text.trim_matches(|letter: char| !letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact_and_bounds_are_told_from_them() {
        for (text, expected) in [
            ("5", Number::Whole(5)),
            (" 5 ", Number::Whole(5)),
            ("5.0", Number::Whole(5)),
            ("-3", Number::Whole(-3)),
            ("9007199254740993", Number::Whole(9_007_199_254_740_993)),
            ("99+", Number::AtLeast(99)),
            ("99 +", Number::AtLeast(99)),
            (">=99", Number::AtLeast(99)),
            ("> 99", Number::AtLeast(99)),
            ("", Number::Unknown),
            ("+", Number::Other),
            ("5.5", Number::Other),
            ("1e3", Number::Other),
            ("n/a", Number::Other),
        ] {
            assert_eq!(Number::of(Field::Text(text)), expected, "{text}");
        }
        assert_eq!(Number::of(Field::Null), Number::Unknown);
        assert_eq!(Number::of(Field::Other("true")), Number::Other);
    }

    #[test]
    fn a_count_at_the_cap_is_a_lower_bound() {
        assert_eq!(Number::Whole(999).capped(Some(1000)), Number::Whole(999));
        assert_eq!(
            Number::Whole(1000).capped(Some(1000)),
            Number::AtLeast(1000)
        );
        assert_eq!(Number::Whole(1000).capped(None), Number::Whole(1000));
    }

    #[test]
    fn what_is_unsure_is_done_as_the_user_chooses() {
        let choices = |capped, negative| Choices {
            capped,
            negative,
            muted: OnMuted::Keep,
        };
        let strict = Choices::default();
        assert_eq!(judge(Number::AtLeast(99), strict), Verdict::Bound(99));
        assert_eq!(judge(Number::Whole(-1), strict), Verdict::AsIs);
        let lenient = choices(OnCapped::LowerBound, OnNegative::Zero);
        assert_eq!(
            judge(Number::AtLeast(99), lenient),
            Verdict::Becomes(99, AT_LEAST)
        );
        assert_eq!(
            judge(Number::Whole(-1), lenient),
            Verdict::Becomes(0, NEGATIVE_AS_ZERO)
        );
        assert_eq!(judge(Number::Unknown, lenient), Verdict::AsIs);
        let skipping = choices(OnCapped::Skip, OnNegative::Skip);
        assert_eq!(
            judge(Number::AtLeast(99), skipping),
            Verdict::Leave(AT_LEAST)
        );
        assert_eq!(judge(Number::Whole(-1), skipping), Verdict::Leave(NEGATIVE));
    }
}

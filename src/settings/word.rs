//! Options that are one of several words. Their words are the same on the command line and in the
//! checkpoint.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The word of a value, as it is typed.
pub(crate) fn word(value: &impl ValueEnum) -> String {
    let word = value.to_possible_value();
    word.map(|word| word.get_name().to_owned())
        .unwrap_or_default()
}

/// `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    /// Detected from the first bytes.
    #[default]
    Auto,
    /// Delimited text with a header.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// One JSON array, or JSON documents one after the other.
    Json,
}

/// `--on-duplicate`: what to do with rows of one (group, member) that disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OnDuplicate {
    /// Rows that disagree are invalid; identical repeats are one call.
    #[default]
    Error,
    /// The first row counts.
    First,
    /// The last row counts.
    Last,
    /// The largest count, of the first row that has it.
    Max,
    /// The sum of the counts, in the place of the first row.
    Sum,
}

impl OnDuplicate {
    #[cfg(test)]
    /// Every choice.
    pub(crate) const ALL: [Self; 5] = [Self::Error, Self::First, Self::Last, Self::Max, Self::Sum];

    /// As it is typed.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::First => "first",
            Self::Last => "last",
            Self::Max => "max",
            Self::Sum => "sum",
        }
    }
}

/// `--on-invalid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OnInvalid {
    /// Send nothing while a row is invalid.
    #[default]
    Stop,
    /// Send the valid rows, record the others as rejected.
    Skip,
}

/// `--on-capped`: what to do with a count that is only a lower bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OnCapped {
    /// The row is invalid.
    #[default]
    Error,
    /// The bound is the count.
    LowerBound,
    /// The row is left out.
    Skip,
}

/// `--on-negative`: what to do with a count below 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OnNegative {
    /// The row is invalid.
    #[default]
    Error,
    /// The count is 0.
    Zero,
    /// The row is left out.
    Skip,
}

/// `--muted`: what to do with a conversation that its member has muted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OnMuted {
    /// The count stays.
    #[default]
    Keep,
    /// The count is 0.
    Zero,
    /// The row is left out.
    Skip,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is typed is what the checkpoint holds.
    fn agrees<T: ValueEnum + Serialize>() {
        for value in T::value_variants() {
            let typed = word(value);
            let written = serde_json::to_value(value).unwrap();
            assert_eq!(written, typed);
        }
    }

    #[test]
    fn words_are_written_as_they_are_typed() {
        agrees::<Format>();
        agrees::<OnDuplicate>();
        agrees::<OnInvalid>();
        agrees::<OnCapped>();
        agrees::<OnNegative>();
        agrees::<OnMuted>();
        for value in OnDuplicate::ALL {
            assert_eq!(serde_json::to_value(value).unwrap(), value.name());
        }
    }
}

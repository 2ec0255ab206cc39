//! What a report says, as plain data: the JSON form is this data, the page shows it, and neither
//! adds a number of its own.

mod import;
mod part;
mod validation;
mod verdict;
mod verification;

pub(crate) use import::{Facts, ImportReport};
pub(crate) use part::{
    CallsPart, FailurePart, InputPart, NextStep, PausesPart, RejectedPart, SessionNumbers,
    TargetPart,
};
pub(crate) use validation::{GroupPart, GroupsPart, Origin, ValidationReport};
pub(crate) use verdict::Level;
pub(crate) use verification::{
    AffectedOne, AffectedPart, AffectedResult, AskedPart, CheckedImport, ComparedRows,
    ConfidencePart, DifferencePart, DifferencesPart, Findings, GapBar, GapsPart, ResultPart,
    SumsPart, VerificationReport,
};

/// A number for a chart or a rate.
#[expect(
    clippy::cast_precision_loss,
    reason = "a chart and a rate need no more than 52 bits"
)]
pub(super) fn float(number: u64) -> f64 {
    number as f64
}

/// Two decimals: what the JSON holds is what the page shows.
fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

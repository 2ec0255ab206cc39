//! A session that its input ended: what is said, and the ways on.

use std::error::Error as _;

use super::Failure;
use crate::cli::command_line::CommandLine;
use crate::report::plural;
use crate::run::InputError;
use crate::source::Changed;

/// How to go on behind what happened to the input.
pub(in crate::cli) fn way(error: &InputError, resume: &CommandLine) -> CommandLine {
    let resume = resume.clone();
    match error.changed() {
        Some(_) => resume.flag("--changed-input"),
        None => resume,
    }
}

/// The failure of the session. Rows may have been sent before. `came` is how many rows the input
/// has beyond the plan.
pub(in crate::cli) fn failure(
    error: &InputError,
    resume: &CommandLine,
    came: Option<u64>,
) -> Failure {
    let changed = way(error, resume);
    let failure = Failure::checkpoint(words(error, came)).known_as(error.kind());
    let failure = match error.source() {
        Some(source) => failure.because(source),
        None => failure,
    };
    match error.changed() {
        Some(Changed::Grown { .. }) => failure
            .hint("wait until nothing writes to the input any more, or give a copy next time")
            .command("send what is new with", &changed),
        Some(Changed::Rewritten { .. } | Changed::Shorter { .. }) => failure
            .command(
                "if the input is right as it is now, continue with it",
                &changed,
            )
            .command(
                "if it is not, put the former file back, then continue with",
                resume,
            ),
        None => failure.command("when the input can be read again, continue with", resume),
    }
}

/// What went wrong with the input, and how many rows came.
pub(in crate::cli) fn words(error: &InputError, came: Option<u64>) -> String {
    let Some(Changed::Grown { withheld, .. }) = error.changed() else {
        return error.to_string();
    };
    let came = match came {
        Some(0) => "no row came".to_owned(),
        Some(rows) => format!(
            "{} came that {} not planned",
            plural(rows, "row"),
            was(rows)
        ),
        None => "how many rows came cannot be told yet".to_owned(),
    };
    let half = match withheld {
        0 => "",
        _ => "; the last planned row had no line end and may be half a row: it was not sent",
    };
    format!("{error}; {came}{half}")
}

const fn was(rows: u64) -> &'static str {
    if rows == 1 { "was" } else { "were" }
}

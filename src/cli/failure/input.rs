//! How the input fails a run: its bytes, its presets, and what a pass over it meets.

use super::{Failure, Kind};
use crate::run::InputError;
use crate::signals::Signal;
use crate::source::{self, preset};

/// What went wrong in a pass over the input.
pub(in crate::cli) fn input_failure(error: &InputError) -> Failure {
    if let Some(signal) = error.interrupted() {
        return interrupted(signal);
    }
    let kind = match error.changed() {
        Some(_) => Kind::Checkpoint,
        None => Kind::Input,
    };
    let failure = Failure::from_error(kind, error).known_as(error.kind());
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// The input cannot be read.
pub(in crate::cli) fn unreadable(error: &source::Error) -> Failure {
    if let source::Error::Interrupted(signal) = error {
        return interrupted(*signal);
    }
    let failure = Failure::from_error(Kind::Input, error);
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// A preset that cannot be used.
pub(in crate::cli) fn preset_failure(error: &preset::Error) -> Failure {
    let failure = Failure::from_error(Kind::Usage, error);
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// A signal came while the inputs were read.
fn interrupted(signal: Signal) -> Failure {
    Failure::interrupted(
        signal,
        "interrupted while the input was read; nothing was sent",
    )
}

//! The result of a command on stdout, in the form that was asked for.

use std::io::Write;

use super::args::OutputForm;
use super::failure::Failure;
use super::screen::width;
use crate::report::CommandResult;

/// Prints `result`.
pub(super) fn print(
    result: &impl CommandResult,
    form: OutputForm,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let printed = match form {
        OutputForm::Json => result.json(out),
        OutputForm::Text => result.text(out, width()),
    };
    printed.map_err(|error| Failure::from_output(&error))
}

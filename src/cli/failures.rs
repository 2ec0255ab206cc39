//! interim
use super::args;
use super::failure::Failure;
use super::screen::Screen;
use std::io::Write;
use std::process::ExitCode;
pub(super) fn run(
    _a: &args::Failures,
    _s: Screen,
    _o: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    Ok(ExitCode::SUCCESS)
}

//! interim
use super::args::{InputArgs, OutputForm};
use super::failure::{Failure, Kind};
use super::screen::Screen;
use crate::report::validation::Validation;
use crate::run::InputError;
use crate::run::Survey;
use crate::source::Inputs;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
pub(super) fn check_only(
    _i: &InputArgs,
    _q: u32,
    _o: OutputForm,
    _s: Screen,
    _out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    Ok(ExitCode::SUCCESS)
}
pub(super) fn run(
    _a: &super::args::Validate,
    _s: Screen,
    _o: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    Ok(ExitCode::SUCCESS)
}
pub(super) fn refuse(
    v: &Validation,
    _s: Screen,
    _o: OutputForm,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    for e in v.examples() {
        drop(writeln!(out, "{e}"));
    }
    Ok(ExitCode::from(3))
}
pub(super) fn survey_failure(e: &InputError) -> Failure {
    Failure::from_error(Kind::Input, e)
}
pub(super) fn calls_failure(e: &InputError) -> Failure {
    Failure::from_error(Kind::Input, e)
}
pub(super) fn write_rejects(_p: &Path, _i: &Inputs, _s: &Survey) -> Result<(), Failure> {
    Ok(())
}

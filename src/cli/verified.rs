//! A check that reached its end: its report, its result and every difference.

use std::io::Write;
use std::process::ExitCode;

use super::args;
use super::clock;
use super::command_line::{self, CommandLine};
use super::differences::{collect, differences_file, finish};
use super::failure::Failure;
use super::print::print;
use super::report::{ReportFile, write_verification};
use super::resolve::Given;
use crate::report::document::NextStep;
use crate::report::{CheckKind, CheckRun, Checked, VerifyReport};
use crate::verify::{Check, Tally};

/// Writes the reports, takes the progress log away, prints the result and gives the exit code.
pub(super) fn conclude(
    mut check: Check,
    run: &CheckRun<'_>,
    (args, reports, given): (&args::Verify, &[ReportFile], &Given),
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let tally = check.tally().told();
    let kind = match run.checked {
        Checked::Import { .. } => CheckKind::Groups,
        Checked::Conversations { .. } => CheckKind::Conversations,
    };
    let differences = collect(&mut check, kind, differences_file(args).as_ref())?;
    let result = VerifyReport::new(run, &tally, differences, next(run, given, &tally), clock());
    write_verification(reports, &result.report)?;
    finish(check)?;
    print(&result, args.result.output, out)?;
    Ok(ExitCode::from(u8::from(!result.is_well())))
}

/// What to type next after a check of an import.
fn next(run: &CheckRun<'_>, given: &Given, tally: &Tally) -> Vec<NextStep> {
    let Checked::Import { counts, sample, .. } = run.checked else {
        return Vec::new();
    };
    let step = |purpose: &str, command: CommandLine| NextStep {
        purpose: purpose.to_owned(),
        command: command.to_string(),
    };
    let mut next = Vec::new();
    if counts.succeeded < counts.calls {
        let command = command_line::status(run.subject);
        next.push(step("See which calls have not succeeded", command));
    }
    if tally.different() > 0 && sample {
        let command = command_line::verify(given);
        next.push(step("Look at all counts", command));
    }
    if tally.different() > 0 {
        let command = command_line::verify_differences(given);
        next.push(step("List every difference", command));
    }
    next
}

//! `validate`, and what an import shows of an input that it refuses.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::args::{self, InputArgs, OnInvalid, OutputForm};
use super::failure::{Failure, Kind};
use super::input;
use super::online::{self, Online};
use super::screen::{Screen, width};
use super::sending;
use crate::pace::Limit;
use crate::report::validation::{Checked, Rejects, Style, Validation, write_json, write_text};
use crate::run::{Calls, InputError, Step, Survey, survey};
use crate::source::Inputs;

/// Runs the command.
pub(super) fn run(
    args: &args::Validate,
    screen: Screen,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let file = online::file(args.preflight.as_deref(), &input::paths(&args.input));
    let online = args
        .online
        .then(|| Online::new(&args.target, &args.asking, file))
        .transpose()?;
    let check = Check {
        input: &args.input,
        qps: args.asking.qps,
        form: args.result.output,
        online,
    };
    check_only(check, screen, out)
}

/// What is checked without anything being sent.
#[derive(Debug)]
pub(super) struct Check<'a> {
    pub(super) input: &'a InputArgs,
    /// Calls a second that the estimate assumes.
    pub(super) qps: u32,
    pub(super) form: OutputForm,
    /// Whether the target is asked, and how.
    pub(super) online: Option<Online>,
}

/// Reads and judges the input, and sends nothing.
pub(super) fn check_only(
    check: Check<'_>,
    screen: Screen,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let limit = sending::limit(check.qps)?;
    let reading = &check.input.reading;
    let mut options = input::plan_options(reading, OnInvalid::Stop);
    let inputs = input::open(&input::paths(check.input), &mut options)?;
    for note in inputs.notes() {
        screen.say(&format!("reading {note}"))?;
    }
    let (mut survey, mut validation) = first_pass(&inputs, input::policy(&options)?)?;
    if let Some(online) = check.online {
        match online.check(&inputs, &survey, &options, screen)? {
            ControlFlow::Break(code) => return Ok(code),
            ControlFlow::Continue(found) => online::take(found, &mut survey, &mut validation)?,
        }
    }
    write_rejects(reading.rejects.as_deref(), &inputs, &survey)?;
    show(
        &FirstPass {
            inputs: &inputs,
            survey: &survey,
            validation: &validation,
            limit,
        },
        check.form,
        out,
    )
}

/// What a first pass found out.
#[derive(Debug, Clone, Copy)]
pub(super) struct FirstPass<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) survey: &'a Survey,
    pub(super) validation: &'a Validation,
    pub(super) limit: Limit,
}

/// Reads the whole input.
pub(super) fn first_pass(
    inputs: &Inputs,
    policy: crate::plan::Policy,
) -> Result<(Survey, Validation), Failure> {
    let mut validation = Validation::default();
    let surveyed = survey(inputs, policy, &std::env::temp_dir(), &mut |finding| {
        validation.apply(finding);
    });
    let survey = surveyed.map_err(|error| input_failure(&error))?;
    Ok((survey, validation))
}

/// Shows a first pass; 3 if a row is invalid.
pub(super) fn show(
    pass: &FirstPass<'_>,
    form: OutputForm,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let files: Vec<PathBuf> = pass.inputs.paths().map(Path::to_owned).collect();
    let checked = Checked {
        files: &files,
        rows: pass.survey.plan.rows,
        planned: pass.survey.plan.calls,
        qps: pass.limit.get(),
        maps: &pass.inputs.maps().usage(),
        validation: pass.validation,
    };
    let written = match form {
        OutputForm::Json => write_json(out, &checked),
        OutputForm::Text => write_text(
            out,
            &checked,
            // Without the line, the problem is still told by its place.
            &mut |location, column| pass.inputs.excerpt(location, column).unwrap_or(None),
            style(),
        ),
    };
    written.map_err(|error| Failure::from_output(&error))?;
    Ok(ExitCode::from(if checked.is_valid() { 0 } else { 3 }))
}

/// The width of the terminal, and whether it takes colours.
pub(super) fn style() -> Style {
    Style {
        width: width(),
        colour: anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    }
}

/// What went wrong in a pass over the input.
pub(super) fn input_failure(error: &InputError) -> Failure {
    let kind = match error {
        InputError::Changed { .. } => Kind::Checkpoint,
        InputError::Source(_) | InputError::Plan(_) | InputError::Findings(_) => Kind::Input,
    };
    let failure = Failure::from_error(kind, error);
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Writes every rejected row to `path`, if there is one, in the columns of its own input.
pub(super) fn write_rejects(
    path: Option<&Path>,
    inputs: &Inputs,
    survey: &Survey,
) -> Result<(), Failure> {
    let Some(path) = path else {
        return Ok(());
    };
    let failed = |source: io::Error| {
        Failure::usage(format!(
            "cannot write the rejects file `{}`",
            path.display()
        ))
        .because(&source)
        .hint("name a file in a directory that exists, on a disk with room")
    };
    let columns = inputs.columns();
    let mut rejects = Rejects::create(path, &columns.names, columns.delimiter).map_err(failed)?;
    let mut calls = Calls::new(inputs, survey).map_err(|error| input_failure(&error))?;
    while let Some(step) = calls.next().map_err(|error| input_failure(&error))? {
        if let Step::Rejected {
            location,
            problems,
            raw,
            row,
        } = step
        {
            let own = columns.cells(raw, row.as_ref());
            rejects
                .write(&own, problems, location.line)
                .map_err(failed)?;
        }
    }
    rejects.finish().map(drop).map_err(failed)
}

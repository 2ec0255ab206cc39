//! `validate`, and what an import shows of an input that it refuses.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::args::{self, InputArgs, OnInvalid, OutputForm};
use super::failure::{Failure, Kind};
use super::screen::{Screen, width};
use super::{input, sending};
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
    check_only(&args.input, args.qps, args.result.output, screen, out)
}

/// Reads and judges the input, and sends nothing.
pub(super) fn check_only(
    args: &InputArgs,
    qps: u32,
    form: OutputForm,
    screen: Screen,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let limit = sending::limit(qps)?;
    let mut options = input::plan_options(&args.reading, OnInvalid::Stop);
    let inputs = input::open(&input::paths(args), &mut options)?;
    for note in inputs.notes() {
        screen.say(&format!("reading {note}"))?;
    }
    let (survey, validation) = first_pass(
        &inputs,
        input::policy(&options)?,
        args.reading.rejects.as_deref(),
    )?;
    show(
        &FirstPass {
            inputs: &inputs,
            survey: &survey,
            validation: &validation,
            limit,
        },
        form,
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

/// Reads the whole input, and writes the rejects file if one is asked for.
pub(super) fn first_pass(
    inputs: &Inputs,
    policy: crate::plan::Policy,
    rejects: Option<&Path>,
) -> Result<(Survey, Validation), Failure> {
    let mut validation = Validation::default();
    let surveyed = survey(inputs, policy, &std::env::temp_dir(), &mut |finding| {
        validation.apply(finding);
    });
    let survey = surveyed.map_err(|error| input_failure(&error))?;
    if let Some(path) = rejects {
        write_rejects(path, inputs, &survey)?;
    }
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
        InputError::Source(_) | InputError::Plan(_) => Kind::Input,
    };
    let failure = Failure::from_error(kind, error);
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Writes every rejected row to `path`, in the columns of its own input.
fn write_rejects(path: &Path, inputs: &Inputs, survey: &Survey) -> Result<(), Failure> {
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

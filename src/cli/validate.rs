//! `validate`, and what an import shows of an input that it refuses.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::args::{self, InputArgs, OutputForm, RejectsArgs, ReportArgs};
use super::clock;
use super::command_line::{self, CommandLine};
use super::context::Context;
use super::detail::{Detail, Gathering};
use super::failure::{Failure, input_failure, output_failure};
use super::input;
use super::online::{self, Online};
use super::output::table;
use super::report::{self, ReportFile};
use super::screen::{Screen, width};
use super::second_pass::{RejectsFile, SecondPass};
use crate::delivery::Limit;
use crate::plan::Policy;
use crate::record::Tally;
use crate::report::document::{GroupsPart, InputPart, NextStep, Origin, ValidationReport};
use crate::report::validation::{Checked, Style, Validation, write_json, write_text};
use crate::run::{Survey, survey};
use crate::settings::{OnInvalid, Reading};
use crate::source::{InputPath, Inputs};
use crate::storage::OutputFile;

/// Runs the command.
pub(super) fn run(
    args: &args::Validate,
    context: Context<'_>,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let file = online::file(args.preflight.as_deref(), &input::paths(&args.input));
    let online = args
        .online
        .then(|| Online::new((&args.target, context.secrets), &args.asking, file))
        .transpose()?;
    let wanted = Wanted {
        qps: args.asking.qps,
        form: args.result.output,
        reports: &args.report,
        rejects: &args.rejects,
        online,
    };
    check_only(&args.input, wanted, context.screen, out)
}

/// What is to be told of a first pass, and how.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    /// Calls per second that the estimate assumes.
    pub(super) qps: Limit,
    /// The form of the result.
    pub(super) form: OutputForm,
    /// Where reports go.
    pub(super) reports: &'a ReportArgs,
    /// Where rejected rows go.
    pub(super) rejects: &'a RejectsArgs,
    /// How the target is asked, if it is.
    pub(super) online: Option<Online>,
}

/// Reads and judges the input, and sends nothing.
pub(super) fn check_only(
    args: &InputArgs,
    wanted: Wanted<'_>,
    screen: Screen,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let reports = ReportFile::all(&wanted.reports.report)?;
    let rejects = rejects_file(wanted.rejects)?;
    let mut options = input::plan_options(&args.reading, OnInvalid::Stop);
    let paths = input::paths(args);
    let inputs = input::open(&paths, &mut options)?;
    for note in inputs.taken_for() {
        screen.say(&format!("reading {note}"))?;
    }
    let policy = input::policy(&options);
    let (mut survey, mut validation) = first_pass(&inputs, policy)?;
    if let Some(online) = wanted.online {
        let found = online.check(&inputs, &survey, &options, screen)?;
        online::take(found, &mut survey, &mut validation)?;
    }
    let pass = FirstPass {
        paths: &paths,
        options: &options,
        inputs: &inputs,
        survey: &survey,
        validation: &validation,
        policy,
        limit: wanted.qps,
        rejects: rejects.as_ref(),
    };
    pass.tell(&reports, wanted.form, out)
}

/// What a first pass found out.
#[derive(Debug, Clone, Copy)]
pub(super) struct FirstPass<'a> {
    /// The inputs as they were named, and how they are read.
    pub(super) paths: &'a [InputPath],
    pub(super) options: &'a Reading,
    pub(super) inputs: &'a Inputs,
    pub(super) survey: &'a Survey,
    pub(super) validation: &'a Validation,
    pub(super) policy: Policy,
    pub(super) limit: Limit,
    /// Where rejected rows go.
    pub(super) rejects: Option<&'a OutputFile>,
}

impl FirstPass<'_> {
    /// Writes the rejected rows and the reports, and shows the result; 3 if a row is invalid.
    pub(super) fn tell(
        &self,
        reports: &[ReportFile],
        form: OutputForm,
        out: &mut dyn Write,
    ) -> Result<ExitCode, Failure> {
        let usage = self.inputs.maps().usage();
        let rejects = self.rejects;
        let mut pass = SecondPass {
            rejects: rejects
                .map(|output| RejectsFile::create(output, self.inputs))
                .transpose()?,
            detail: Gathering::new(self, &usage, !reports.is_empty())?,
            ..SecondPass::default()
        };
        pass.run(self.inputs, self.survey)?;
        let detail = match pass.detail {
            Some(gathered) => gathered.finish(&usage, self.validation)?,
            None => Detail::without_pass(&usage, self.validation),
        };
        let files = self.files();
        let tally = self.inputs.tally();
        let checked = self.checked(&files, &detail, &tally);
        if !reports.is_empty() {
            let origin = self.origin(detail.groups.clone());
            let report = ValidationReport::new(origin, &checked, &detail.shape);
            report::write_validation(reports, &report)?;
        }
        let written = match form {
            OutputForm::Json => write_json(out, &checked),
            OutputForm::Text => write_text(
                out,
                &checked,
                // Without the line, the problem is still told by its place.
                &mut |location, column| {
                    let recognised = self.validation.is_recognised(self.survey.plan.rows);
                    recognised.then(|| self.inputs.excerpt(location, column).ok().flatten())?
                },
                style(),
            ),
        };
        written.map_err(|error| Failure::from_output(&error))?;
        Ok(ExitCode::from(if checked.is_valid() { 0 } else { 3 }))
    }

    fn origin(&self, groups: GroupsPart) -> Origin {
        let inputs = self.survey.digests.iter().map(|digest| InputPart {
            path: digest.path.display().to_string(),
            bytes: digest.content.bytes,
        });
        Origin {
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            generated_at: clock(),
            inputs: inputs.collect(),
            on_duplicate: self.policy.on_duplicate.name(),
            groups,
            next: self.next(),
        }
    }

    fn next(&self) -> Vec<NextStep> {
        let (paths, options) = (self.paths, self.options);
        let step = |purpose: &str, command: CommandLine| NextStep {
            purpose: purpose.to_owned(),
            command: command.to_string(),
        };
        if self.survey.plan.rows.invalid == 0 {
            return vec![step(
                "Rehearse the whole import, without an account",
                command_line::rehearsal(paths, options, OnInvalid::Stop),
            )];
        }
        vec![
            step(
                "Write every rejected row to a file, to be corrected and fed back",
                command_line::rejects(paths, options),
            ),
            step(
                "Or rehearse with the valid rows alone",
                command_line::rehearsal(paths, options, OnInvalid::Skip),
            ),
        ]
    }

    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.inputs.paths().map(Path::to_owned).collect()
    }

    fn checked<'b>(
        &'b self,
        files: &'b [PathBuf],
        detail: &'b Detail,
        tally: &'b Tally,
    ) -> Checked<'b> {
        Checked {
            files,
            rows: self.survey.plan.rows,
            planned: self.survey.plan.calls,
            qps: self.limit.get(),
            maps: &detail.maps,
            clamps: detail.clamps.as_ref(),
            tally,
            validation: self.validation,
        }
    }
}

/// Reads the whole input.
pub(super) fn first_pass(inputs: &Inputs, policy: Policy) -> Result<(Survey, Validation), Failure> {
    let mut validation = Validation::default();
    let surveyed = survey(inputs, policy, &std::env::temp_dir(), &mut |finding| {
        validation.apply(finding);
    });
    let survey = surveyed.map_err(|error| input_failure(&error))?;
    if !validation.is_recognised(survey.plan.rows) {
        validation.withhold();
    }
    Ok((survey, validation))
}

/// The width of the terminal, and whether it takes colours.
pub(super) fn style() -> Style {
    Style {
        width: width(),
        colour: anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    }
}

/// Where every rejected row goes, if that is asked for: in a directory that can be written. Whether
/// it replaces a file is known when the rows are known: the same rows may stand there already.
pub(super) fn rejects_file(args: &RejectsArgs) -> Result<Option<OutputFile>, Failure> {
    let file = args.rejects.as_deref();
    let file = file.map(|path| table(path, args.force));
    if let Some(file) = &file {
        file.probe_directory()
            .map_err(|error| output_failure(&error))?;
    }
    Ok(file)
}

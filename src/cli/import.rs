//! `import`: a new one, or the next session of one that has a checkpoint.

use std::io::Write;
use std::process::ExitCode;

use super::args;
use super::context::Context;
use super::existing::open_checkpoint;
use super::failure::Failure;
use super::input;
use super::job::Job;
use super::online::{self, Online};
use super::report::ReportFile;
use super::target::Destination;
use super::validate::{self, Wanted};

/// Runs the command.
pub(super) fn run(
    args: &args::Import,
    context: Context<'_>,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let screen = context.screen;
    if args.dry_run {
        let wanted = Wanted {
            qps: args.sending.qps,
            form: args.result.output,
            reports: &args.report,
            rejects: &args.rejects,
            online: online(args, context)?,
        };
        return validate::check_only(&args.input, wanted, screen, out);
    }
    let destination = Destination::resolve(&args.target, context.secrets)?;
    let paths = input::paths(&args.input);
    let checkpoint = args
        .checkpoint
        .clone()
        .unwrap_or_else(|| input::default_checkpoint(&paths));
    // A checkpoint that is busy or damaged is known before hours of reading.
    let existing = match checkpoint.try_exists() {
        Ok(false) => None,
        Ok(true) | Err(_) => Some(open_checkpoint(&checkpoint, screen)?),
    };
    let mut options = input::plan_options(&args.input.reading, args.on_invalid);
    options.preflight = args.preflight.as_deref().map(input::side_file);
    Job {
        command: "import",
        online: online(args, context)?,
        inputs: input::open(&paths, &mut options)?,
        paths,
        options,
        target: destination.record(),
        destination,
        checkpoint,
        existing,
        unbound: None,
        sending: &args.sending,
        retry_failed: args.retry_failed,
        changed_input: args.changed_input,
        output: args.result.output,
        rejects: validate::rejects_file(&args.rejects)?,
        reports: ReportFile::all(&args.report.report)?,
        snapshot: args.snapshot.as_deref(),
        context,
    }
    .run(out)
}

/// The checks before the first call, if they are asked for.
fn online(args: &args::Import, context: Context<'_>) -> Result<Option<Online>, Failure> {
    let file = online::file(args.preflight.as_deref(), &input::paths(&args.input));
    args.online
        .then(|| Online::before_sending((&args.target, context.secrets), &args.sending, file))
        .transpose()
}

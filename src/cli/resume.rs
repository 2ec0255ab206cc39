//! `resume`: the next session of an import; input, target and options come from its checkpoint.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::args;
use super::command_line;
use super::context::Context;
use super::existing::open_checkpoint;
use super::failure::Failure;
use super::input;
use super::job::Job;
use super::report::ReportFile;
use super::resolve::Given;
use super::target::Destination;
use crate::checkpoint::Header;
use crate::source::InputPath;

/// Runs the command.
pub(super) fn run(
    args: &args::Resume,
    context: Context<'_>,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let screen = context.screen;
    let existing = open_checkpoint(&args.checkpoint, screen)?;
    let mut header = existing.ledger.header().clone();
    let paths = recorded_paths(&header, &args.checkpoint, context.given)?;
    let credential = (&args.credential, context.secrets);
    let destination = Destination::recorded(&header.target, args.endpoint.as_ref(), credential)?;
    if let Some(endpoint) = &args.endpoint {
        let was = &header.target.endpoint;
        screen.say(&format!(
            "the checkpoint names {was}; calls go to {endpoint} instead"
        ))?;
    }
    if args.changed_input
        && let Some(checks) = &mut header.options.preflight
    {
        // Checks of the changed input stand where those of the former one stood.
        checks.hash.clear();
    }
    Job {
        command: "resume",
        online: None,
        inputs: input::open(&paths, &mut header.options)?,
        paths,
        options: header.options,
        target: header.target,
        destination,
        checkpoint: args.checkpoint.clone(),
        existing: Some(existing),
        unbound: None,
        sending: &args.sending,
        retry_failed: args.retry_failed,
        changed_input: args.changed_input,
        output: args.result.output,
        rejects: None,
        snapshot: None,
        reports: ReportFile::all(&args.report.report)?,
        context,
    }
    .run(out)
}

/// The inputs that the header names.
fn recorded_paths(
    header: &Header,
    checkpoint: &Path,
    given: &Given,
) -> Result<Vec<InputPath>, Failure> {
    let streams = header.inputs.iter().any(|input| input.path == "-");
    if streams {
        let import = command_line::import_stdin(checkpoint, header, given);
        return Err(
            Failure::usage("the import read standard input, which is gone")
                .command("give the same bytes on standard input again, to", &import),
        );
    }
    Ok(header
        .inputs
        .iter()
        .map(|input| InputPath::File(PathBuf::from(&input.path)))
        .collect())
}

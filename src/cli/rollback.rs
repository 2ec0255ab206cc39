//! `rollback`: an import of what a snapshot holds, with a checkpoint of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::args;
use super::context::Context;
use super::existing::open_checkpoint;
use super::failure::Failure;
use super::input;
use super::job::Job;
use super::report::ReportFile;
use super::target::Destination;
use super::verify::beside;
use crate::settings::Reading;

/// Runs the command.
pub(super) fn run(
    args: &args::Rollback,
    context: Context<'_>,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let destination = Destination::resolve(&args.target, context.secrets)?;
    let checkpoint = args.checkpoint.clone();
    let checkpoint = checkpoint.unwrap_or_else(|| default_checkpoint(&args.snapshot));
    let existing = match checkpoint.try_exists() {
        Ok(false) => None,
        Ok(true) | Err(_) => Some(open_checkpoint(&checkpoint, context.screen)?),
    };
    let mut options = Reading::default();
    let paths = vec![input::input_path(&args.snapshot)];
    let inputs = input::open(&paths, &mut options)?;
    Job {
        command: "rollback",
        online: None,
        inputs,
        paths,
        options,
        target: destination.record(),
        destination,
        checkpoint,
        existing,
        unbound: None,
        sending: &args.sending,
        retry_failed: args.retry_failed,
        changed_input: false,
        output: args.result.output,
        rejects: None,
        reports: ReportFile::all(&args.report.report)?,
        snapshot: None,
        context,
    }
    .run(out)
}

/// In the working directory, as an import's.
pub(super) fn default_checkpoint(snapshot: &Path) -> PathBuf {
    let name = snapshot.file_name().unwrap_or_default();
    beside(Path::new(name), ".rollback.checkpoint.jsonl")
}

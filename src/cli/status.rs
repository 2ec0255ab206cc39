//! `status`: progress and failures of a log, from the log and its lock.

use std::io::Write;
use std::process::ExitCode;

use super::args;
use super::clock;
use super::command_line;
use super::failure::{Failure, checkpoint_failure};
use super::print::print;
use super::report::{self, ReportFile};
use crate::checkpoint::scan_with_writer;
use crate::report::Status;
use crate::report::document::ImportReport;
use crate::report::explained;

/// Reads the log and prints what it says.
pub(super) fn run(args: &args::Status, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let files = ReportFile::all(&args.report.report)?;
    let (scanned, writer) =
        scan_with_writer(&args.checkpoint).map_err(|error| checkpoint_failure(&error))?;
    let ledger = &scanned.ledger;
    let resume = command_line::recorded_resume(&args.checkpoint, ledger);
    if !files.is_empty() {
        let history = report::history(&args.checkpoint, scanned.end)?;
        let facts = report::facts(&args.checkpoint, ledger, (writer, &resume));
        let report = ImportReport::new(facts, &history, None, &explained);
        report::write_import(&files, &report)?;
    }
    let path = args.checkpoint.display().to_string();
    let log = (ledger, scanned.tail, writer);
    let status = Status::new((path, resume.to_string()), log, clock());
    print(&status, args.result.output, out)?;
    Ok(ExitCode::SUCCESS)
}

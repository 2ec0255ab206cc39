//! An export that reached its end: its result, and every doubt as CSV.

use std::io::Write;
use std::process::ExitCode;

use super::args::ExportQuickblox;
use super::differences::Csv;
use super::export::failure;
use super::failure::Failure;
use super::output::table;
use super::print::print;
use crate::export::{Export, Paths};
use crate::reads;
use crate::report::{DoubtSummary, ExportReport, plural};
use crate::storage::OutputFile;

/// Tells the result and gives the exit code.
pub(super) fn tell(
    mut export: Export,
    (users, asked): (u64, reads::Tally),
    args: &ExportQuickblox,
    paths: &Paths,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let (sums, exhausted) = (*export.sums(), export.exhausted());
    let doubts = collect(&mut export, doubts_file(args).as_ref())?;
    let report = ExportReport::new(
        (users, exhausted),
        (&sums, asked),
        paths,
        doubts,
        args.doubts.as_deref(),
    );
    print(&report, args.result, out)?;
    if exhausted > 0 {
        return Err(Failure::target(format!(
            "{} could not be read; the export is not complete",
            plural(exhausted, "user")
        ))
        .again("ask for them again with"));
    }
    let flawed = sums.refused + sums.nameless + sums.missing + sums.peerless > 0;
    Ok(ExitCode::from(u8::from(flawed)))
}

/// Where every doubt goes, if that is asked for.
pub(super) fn doubts_file(args: &ExportQuickblox) -> Option<OutputFile> {
    args.doubts.as_deref().map(|path| table(path, args.force))
}

/// Goes through all doubts once: the CSV gets every one, the result the first few.
fn collect(export: &mut Export, file: Option<&OutputFile>) -> Result<DoubtSummary, Failure> {
    let header = ["user", "dialog", "what"];
    let mut csv = file.map(|file| Csv::create(file, &header)).transpose()?;
    let mut doubts = DoubtSummary::default();
    let mut written = Ok(());
    let replayed = export.doubts(|doubt| {
        if let (Some(csv), Ok(())) = (&mut csv, &written) {
            let user = doubt.user.to_string();
            let cells = [&*user, doubt.dialog.as_deref().unwrap_or(""), &doubt.what];
            written = csv.write(cells.into_iter());
        }
        doubts.add(doubt);
    });
    replayed.map_err(|error| failure(&error))?;
    written.map_err(|error| Failure::from_output(&error))?;
    csv.map_or(Ok(()), Csv::finish)?;
    Ok(doubts)
}

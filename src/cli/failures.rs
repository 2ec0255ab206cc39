//! `failures`: what did not succeed, as a CSV that `import` reads as it is.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use super::args;
use super::command_line;
use super::failure::{Failure, checkpoint_failure, output_failure};
use super::output::table;
use super::screen::Screen;
use crate::checkpoint::{self, Count, Entry, Ledger, Outcome, Status, scan, visit};
use crate::record::guard;
use crate::report::{meaning, plural};
use crate::storage::Bitmap;
use crate::storage::OutputError;

/// The canonical columns, which `import` reads, and why; `row` is the record's number in the input.
const COLUMNS: [&str; 7] = [
    "group_id",
    "member_account",
    "unread_num",
    "group_type",
    "reason_code",
    "reason",
    "row",
];

/// Runs the command.
pub(super) fn run(
    args: &args::Failures,
    screen: Screen,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let scanned = scan(&args.checkpoint).map_err(|error| checkpoint_failure(&error))?;
    let written = if args.output == Path::new("-") {
        write(&args.checkpoint, &scanned.ledger, out)
    } else {
        let output = table(&args.output, args.force);
        output.create().map_err(Stopped::File).and_then(|mut file| {
            let rows = write(&args.checkpoint, &scanned.ledger, &mut file)?;
            file.commit().map_err(Stopped::File)?;
            Ok(rows)
        })
    };
    let rows = written.map_err(|stopped| match stopped {
        Stopped::Checkpoint(error) => checkpoint_failure(&error),
        Stopped::Output(source) => Failure::from_output(&source),
        Stopped::File(error) => output_failure(&error),
    })?;
    let doubt = scanned.ledger.counts().in_doubt;
    screen.say(&format!(
        "{} written to {}",
        plural(rows, "row"),
        args.output.display()
    ))?;
    if doubt > 0 {
        let calls = plural(doubt, "call");
        let resume = command_line::recorded_resume(&args.checkpoint, &scanned.ledger);
        let said = format!("{calls} without an answer are not among them; they are sent again by");
        screen.say_command(&said, &resume)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Why the file is not whole.
enum Stopped {
    Checkpoint(checkpoint::Error),
    Output(io::Error),
    File(OutputError),
}

impl From<checkpoint::Error> for Stopped {
    fn from(error: checkpoint::Error) -> Self {
        Self::Checkpoint(error)
    }
}

impl From<csv::Error> for Stopped {
    fn from(error: csv::Error) -> Self {
        Self::Output(error.into())
    }
}

/// Writes the rows whose last outcome is a failure or a rejection; how many there are.
fn write(path: &Path, ledger: &Ledger, out: impl Write) -> Result<u64, Stopped> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    let mut written = Bitmap::default();
    let mut skip = replaced_inputs(path)?;
    visit::<Stopped>(path, |entry| {
        match entry {
            // Rows before this line are rows of an input that was replaced.
            Entry::Replaced(_) => skip -= 1,
            Entry::Outcome(outcome) if skip == 0 && is_last_word(ledger, outcome) => {
                if written.insert(outcome.row) {
                    let cells = record(outcome);
                    writer.write_record(cells.iter().map(|cell| guard(cell).into_owned()))?;
                }
            }
            Entry::Outcome(_) | Entry::Header(_) | Entry::Session(_) | Entry::Admitted { .. } => {}
        }
        Ok(())
    })?;
    writer.flush().map_err(Stopped::Output)?;
    Ok(written.len())
}

/// How often the input was replaced.
fn replaced_inputs(path: &Path) -> Result<u64, checkpoint::Error> {
    let mut replaced = 0;
    visit::<checkpoint::Error>(path, |entry| {
        replaced += u64::from(matches!(entry, Entry::Replaced(_)));
        Ok(())
    })?;
    Ok(replaced)
}

/// Whether this is how the row ended: not a success, and not followed by another outcome.
fn is_last_word(ledger: &Ledger, outcome: &Outcome<'_>) -> bool {
    match outcome.status {
        Status::Succeeded => false,
        Status::Rejected => true,
        Status::Failed | Status::Exhausted => ledger.fails_with(outcome.row, outcome.code),
    }
}

fn record<'a>(outcome: &'a Outcome<'_>) -> [Cow<'a, str>; 7] {
    let unread_num = match &outcome.unread_num {
        Count::Number(number) => number.to_string().into(),
        Count::Raw(text) => Cow::Borrowed(&**text),
    };
    let (code, reason) = match outcome.status {
        Status::Rejected => {
            let code = outcome.info.split_once(':').map_or("", |(code, _)| code);
            (code.to_owned(), outcome.info.to_string())
        }
        Status::Succeeded | Status::Failed | Status::Exhausted => {
            let info = if outcome.info.is_empty() {
                String::new()
            } else {
                format!(": {}", outcome.info)
            };
            (
                outcome.code.to_string(),
                format!("{}{info}", meaning(outcome.code)),
            )
        }
    };
    [
        Cow::Borrowed(&*outcome.group_id),
        Cow::Borrowed(&*outcome.member_account),
        unread_num,
        outcome.group_type.as_deref().unwrap_or_default().into(),
        code.into(),
        reason.into(),
        outcome.row.to_string().into(),
    ]
}

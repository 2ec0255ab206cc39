//! An export that is over, told: text, JSON, and every doubt as CSV.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use super::args::{ExportQuickblox, OutputForm};
use super::differences::Csv;
use super::export::failure;
use super::failure::Failure;
use crate::export::{Doubt, Export, Paths, Sums};
use crate::report::quickblox_code::{advice, meaning};
use crate::report::{SHOWN, columns, count, plural, sanitised};
use crate::sweep;

/// `--result json`.
#[derive(Serialize)]
struct ExportResult<'a> {
    command: &'static str,
    outcome: &'static str,
    output: String,
    c2c_output: Option<String>,
    checkpoint: String,
    users: Users,
    counts: Counts,
    cross_check: CrossCheck,
    calls: u64,
    attempts: u64,
    rate_limited: u64,
    busiest_second: usize,
    refusals: Vec<Refusals>,
    doubts: &'a [Doubt],
}

/// Users who were refused alike, and what to do about it.
#[derive(Serialize)]
struct Refusals {
    status: i64,
    users: u64,
    meaning: String,
    hint: &'static str,
}

/// What came out of the doubts.
#[derive(Default)]
struct Doubts {
    /// The first few.
    shown: Vec<Doubt>,
    total: u64,
    /// Users by the status that refused them.
    refused: BTreeMap<i64, u64>,
}

#[derive(Serialize)]
struct Users {
    all: u64,
    exported: u64,
    refused: u64,
    nameless: u64,
    to_repeat: u64,
}

#[derive(Serialize)]
struct Counts {
    rows: u64,
    public_rows: u64,
    untyped_rows: u64,
    unread: u64,
    c2c_rows: u64,
    c2c_unread: u64,
    missing: u64,
    peerless: u64,
}

#[derive(Serialize)]
struct CrossCheck {
    users_with_more_elsewhere: u64,
    unread_elsewhere: u64,
    users_with_total_too_low: u64,
    dialogs_disagreeing: u64,
    unasked_dialogs: u64,
}

/// Tells the result and gives the exit code.
pub(super) fn tell(
    mut export: Export,
    (users, asked): (u64, sweep::Tally),
    args: &ExportQuickblox,
    paths: &Paths,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let (sums, exhausted) = (*export.sums(), export.exhausted());
    let doubts = collect(&mut export, args.doubts.as_deref())?;
    let written = match args.result {
        OutputForm::Json => {
            let result = ExportResult::new((users, exhausted), &sums, asked, paths, &doubts);
            serde_json::to_writer(&mut *out, &result)
                .map_err(io::Error::from)
                .and_then(|()| writeln!(out))
        }
        OutputForm::Text => text(out, (users, exhausted), &sums, paths)
            .and_then(|()| calls(out, asked))
            .and_then(|()| doubts.refusals_text(out))
            .and_then(|()| doubts.text(out, args.doubts.as_deref())),
    };
    written.map_err(|error| Failure::from_output(&error))?;
    if exhausted > 0 {
        return Err(Failure::target(format!(
            "{} users could not be read; the export is not complete",
            count(exhausted)
        ))
        .hint("the same command asks for them again"));
    }
    let flawed = sums.refused + sums.nameless + sums.missing + sums.peerless > 0;
    Ok(ExitCode::from(u8::from(flawed)))
}

impl<'a> ExportResult<'a> {
    fn new(
        (users, exhausted): (u64, u64),
        sums: &Sums,
        asked: sweep::Tally,
        paths: &Paths,
        doubts: &'a Doubts,
    ) -> Self {
        let path = |path: &Path| path.display().to_string();
        Self {
            command: "export quickblox",
            outcome: if exhausted == 0 {
                "completed"
            } else {
                "incomplete"
            },
            output: path(&paths.output),
            c2c_output: (sums.c2c_rows > 0).then(|| path(&paths.c2c)),
            checkpoint: path(&paths.checkpoint),
            users: Users {
                all: users,
                exported: sums.users,
                refused: sums.refused,
                nameless: sums.nameless,
                to_repeat: exhausted,
            },
            counts: Counts {
                rows: sums.rows,
                public_rows: sums.public_rows,
                untyped_rows: sums.untyped_rows,
                unread: sums.unread,
                c2c_rows: sums.c2c_rows,
                c2c_unread: sums.c2c_unread,
                missing: sums.missing,
                peerless: sums.peerless,
            },
            cross_check: CrossCheck {
                users_with_more_elsewhere: sums.more_elsewhere,
                unread_elsewhere: sums.unread_elsewhere,
                users_with_total_too_low: sums.total_too_low,
                dialogs_disagreeing: sums.disagreeing,
                unasked_dialogs: sums.unasked,
            },
            calls: asked.calls,
            attempts: asked.attempts,
            rate_limited: asked.rate_limited,
            busiest_second: asked.busiest_second,
            refusals: doubts.refusals(),
            doubts: &doubts.shown,
        }
    }
}

/// Goes through all doubts once: the CSV gets every one, the result the first few.
fn collect(export: &mut Export, file: Option<&Path>) -> Result<Doubts, Failure> {
    let header = ["user", "dialog", "what"];
    let mut csv = file.map(|path| Csv::create(path, &header)).transpose()?;
    let mut doubts = Doubts::default();
    let mut written = Ok(());
    let replayed = export.doubts(|doubt| {
        if let (Some(csv), Ok(())) = (&mut csv, &written) {
            let user = doubt.user.to_string();
            let cells = [&*user, doubt.dialog.as_deref().unwrap_or(""), &doubt.what];
            written = csv.write(cells.into_iter());
        }
        doubts.total += 1;
        if let Some(status) = doubt.status {
            *doubts.refused.entry(status).or_default() += 1;
        }
        if doubts.shown.len() < SHOWN {
            doubts.shown.push(doubt.clone());
        }
    });
    replayed.map_err(|error| failure(&error))?;
    written.map_err(|error| Failure::from_output(&error))?;
    csv.map_or(Ok(()), Csv::finish)?;
    Ok(doubts)
}

fn text(
    out: &mut dyn Write,
    (users, exhausted): (u64, u64),
    sums: &Sums,
    paths: &Paths,
) -> io::Result<()> {
    let path = |path: &Path| sanitised(&path.display().to_string());
    writeln!(
        out,
        "users       {}: {} exported, {} refused, {} without a name, {} to repeat",
        count(users),
        count(sums.users),
        count(sums.refused),
        count(sums.nameless),
        count(exhausted)
    )?;
    writeln!(
        out,
        "groups      {} counts, {} unread, in {}",
        count(sums.rows),
        count(sums.unread),
        path(&paths.output)
    )?;
    if sums.public_rows > 0 {
        let rows = count(sums.public_rows);
        writeln!(
            out,
            "  public    {rows} of them are of public dialogs, marked `quickblox_type`: 1"
        )?;
    }
    if sums.untyped_rows > 0 {
        let rows = count(sums.untyped_rows);
        writeln!(
            out,
            "  untyped   {rows} of them are of dialogs whose type --dialogs does not tell: one-to-one dialogs among them do not belong there"
        )?;
    }
    if sums.c2c_rows > 0 {
        writeln!(
            out,
            "one-to-one  {} counts, {} unread, in {}",
            count(sums.c2c_rows),
            count(sums.c2c_unread),
            path(&paths.c2c)
        )?;
    }
    cross_check(out, sums)
}

fn cross_check(out: &mut dyn Write, sums: &Sums) -> io::Result<()> {
    let lines = [
        (
            sums.disagreeing,
            "dialogs where unread.json and Dialog.json disagree; unread.json is taken",
        ),
        (
            sums.total_too_low,
            "users whose total is below the sum of their dialogs",
        ),
        (
            sums.more_elsewhere,
            "users have unread messages in dialogs that were not asked for",
        ),
        (
            sums.missing,
            "counts are missing in the answers and left out",
        ),
        (
            sums.peerless,
            "one-to-one dialogs whose other side is not known, left out",
        ),
    ];
    let told = lines.into_iter().filter(|&(number, _)| number > 0);
    for (index, (number, words)) in told.enumerate() {
        let heading = if index == 0 { "cross-check" } else { "" };
        writeln!(out, "{heading:<11} {} {words}", count(number))?;
    }
    Ok(())
}

fn calls(out: &mut dyn Write, asked: sweep::Tally) -> io::Result<()> {
    writeln!(
        out,
        "calls       {}, {} attempts, busiest second {}",
        count(asked.calls),
        count(asked.attempts),
        asked.busiest_second
    )
}

impl Doubts {
    fn refusals(&self) -> Vec<Refusals> {
        let refused = self.refused.iter();
        let refusals = refused.map(|(&status, &users)| Refusals {
            status,
            users,
            meaning: meaning(status),
            hint: advice(status),
        });
        refusals.collect()
    }

    /// Why users were refused, and what to do about it.
    fn refusals_text(&self, out: &mut dyn Write) -> io::Result<()> {
        for (index, refusal) in self.refusals().iter().enumerate() {
            let heading = if index == 0 { "refused" } else { "" };
            let users = plural(refusal.users, "user");
            writeln!(
                out,
                "{heading:<11} {users}: {}; {}",
                refusal.meaning, refusal.hint
            )?;
        }
        Ok(())
    }

    fn text(&self, out: &mut dyn Write, file: Option<&Path>) -> io::Result<()> {
        if self.shown.is_empty() {
            return Ok(());
        }
        writeln!(out)?;
        let rows = self.shown.iter().map(|doubt| {
            vec![
                doubt.user.to_string(),
                doubt.dialog.clone().unwrap_or_default(),
                doubt.what.clone(),
            ]
        });
        let rows: Vec<Vec<String>> = rows.collect();
        columns(out, &["user", "dialog", ""], &rows)?;
        let more = count(self.total - self.shown.len() as u64);
        match (more.as_str(), file) {
            ("0", _) => Ok(()),
            (more, None) => writeln!(out, "and {more} more: --doubts FILE.csv lists all"),
            (more, Some(file)) => {
                let file = sanitised(&file.display().to_string());
                writeln!(out, "and {more} more: all are in {file}")
            }
        }
    }
}

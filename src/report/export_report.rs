//! The result of an export: what was read, what is doubtful, and who was refused.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::difference_summary::SHOWN;
use super::frame::{CommandResult, field, list};
use super::number::{count, plural};
use super::quickblox_code::{advice, meaning};
use super::sanitised;
use super::table::columns;
use crate::export::{Doubt, Paths, Sums};
use crate::reads;

/// `--result json`.
#[derive(Debug, Serialize)]
pub(crate) struct ExportReport {
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
    /// The first doubts; the CSV has all.
    doubts: Vec<Doubt>,
    #[serde(skip)]
    all_doubts: u64,
    /// The file that has all doubts.
    #[serde(skip)]
    doubts_file: Option<String>,
}

/// Users who were refused alike, and what to do about it.
#[derive(Debug, Serialize)]
struct Refusals {
    status: i64,
    users: u64,
    meaning: String,
    hint: &'static str,
}

/// The doubts of an export, summed up.
#[derive(Debug, Default)]
pub(crate) struct DoubtSummary {
    /// The first few.
    shown: Vec<Doubt>,
    total: u64,
    /// Users by the status that refused them.
    refused: BTreeMap<i64, u64>,
}

impl DoubtSummary {
    /// One more.
    pub(crate) fn add(&mut self, doubt: &Doubt) {
        self.total += 1;
        if let Some(status) = doubt.status {
            *self.refused.entry(status).or_default() += 1;
        }
        if self.shown.len() < SHOWN {
            self.shown.push(doubt.clone());
        }
    }

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
}

#[derive(Debug, Serialize)]
struct Users {
    all: u64,
    exported: u64,
    refused: u64,
    nameless: u64,
    to_repeat: u64,
}

#[derive(Debug, Serialize)]
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

#[derive(Debug, Serialize)]
struct CrossCheck {
    users_with_more_elsewhere: u64,
    unread_elsewhere: u64,
    users_with_total_too_low: u64,
    dialogs_disagreeing: u64,
    unasked_dialogs: u64,
}

impl ExportReport {
    /// The result for so many users, of whom so many are to be asked for again.
    pub(crate) fn new(
        (users, exhausted): (u64, u64),
        (sums, asked): (&Sums, reads::Tally),
        paths: &Paths,
        doubts: DoubtSummary,
        doubts_file: Option<&Path>,
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
            doubts: doubts.shown,
            all_doubts: doubts.total,
            doubts_file: doubts_file.map(path),
        }
    }
}

impl CommandResult for ExportReport {
    fn text(&self, out: &mut dyn Write, _width: usize) -> io::Result<()> {
        let users = &self.users;
        let text = format!(
            "{}: {} exported, {} refused, {} without a name, {} to repeat",
            count(users.all),
            count(users.exported),
            count(users.refused),
            count(users.nameless),
            count(users.to_repeat)
        );
        field(out, "users", &text)?;
        self.counts(out)?;
        list(out, "cross-check", self.cross_checks())?;
        let attempts = plural(self.attempts, "attempt");
        let (calls, busiest) = (count(self.calls), self.busiest_second);
        field(
            out,
            "calls",
            &format!("{calls}, {attempts}, busiest second {busiest}"),
        )?;
        let refusals = self.refusals.iter().map(|refusal| {
            let users = plural(refusal.users, "user");
            format!("{users}: {}; {}", refusal.meaning, refusal.hint)
        });
        list(out, "refused", refusals)?;
        self.doubts(out)
    }
}

impl ExportReport {
    fn counts(&self, out: &mut dyn Write) -> io::Result<()> {
        let counts = &self.counts;
        let of = |rows, unread, path: &str| {
            let (rows, unread) = (plural(rows, "count"), count(unread));
            format!("{rows}, {unread} unread, in {}", sanitised(path))
        };
        field(out, "groups", &of(counts.rows, counts.unread, &self.output))?;
        if counts.public_rows > 0 {
            let rows = count(counts.public_rows);
            let text = format!("{rows} of them are of public dialogs, marked `quickblox_type`: 1");
            field(out, "  public", &text)?;
        }
        if counts.untyped_rows > 0 {
            let rows = count(counts.untyped_rows);
            let text = format!(
                "{rows} of them are of dialogs whose type --dialogs does not tell: one-to-one dialogs among them do not belong there"
            );
            field(out, "  untyped", &text)?;
        }
        if let Some(path) = &self.c2c_output {
            field(
                out,
                "one-to-one",
                &of(counts.c2c_rows, counts.c2c_unread, path),
            )?;
        }
        Ok(())
    }

    fn cross_checks(&self) -> Vec<String> {
        let (counts, check) = (&self.counts, &self.cross_check);
        let lines = [
            (
                check.dialogs_disagreeing,
                "dialogs where unread.json and Dialog.json disagree; unread.json is taken",
            ),
            (
                check.users_with_total_too_low,
                "users whose total is below the sum of their dialogs",
            ),
            (
                check.users_with_more_elsewhere,
                "users have unread messages in dialogs that were not asked for",
            ),
            (
                counts.missing,
                "counts are missing in the answers and left out",
            ),
            (
                counts.peerless,
                "one-to-one dialogs whose other side is not known, left out",
            ),
        ];
        let told = lines.into_iter().filter(|&(number, _)| number > 0);
        told.map(|(number, words)| format!("{} {words}", count(number)))
            .collect()
    }

    fn doubts(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.doubts.is_empty() {
            return Ok(());
        }
        writeln!(out)?;
        let rows = self.doubts.iter().map(|doubt| {
            vec![
                doubt.user.to_string(),
                doubt.dialog.clone().unwrap_or_default(),
                doubt.what.clone(),
            ]
        });
        let rows: Vec<Vec<String>> = rows.collect();
        columns(out, &["user", "dialog", ""], &rows)?;
        let more = count(self.all_doubts - self.doubts.len() as u64);
        match (more.as_str(), &self.doubts_file) {
            ("0", _) => Ok(()),
            (more, None) => writeln!(out, "and {more} more: --doubts FILE.csv lists all"),
            (more, Some(file)) => {
                let file = sanitised(file);
                writeln!(out, "and {more} more: all are in {file}")
            }
        }
    }
}

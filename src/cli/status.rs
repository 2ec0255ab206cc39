//! `status`: progress and failures of a log, from the log alone.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::args::{self, OutputForm};
use super::failure::Failure;
use super::report::{self, ReportFile};
use super::screen::width;
use super::words::{checkpoint_failure, meaning};
use crate::checkpoint::{Counts, Ledger, Session, SessionEvent, Tail, scan};
use crate::report::document::ImportReport;
use crate::report::{count, duration, sanitised, wrapped};

/// Reads the log and prints what it says.
pub(super) fn run(args: &args::Status, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let scanned = scan(&args.checkpoint).map_err(|error| checkpoint_failure(&error))?;
    let path = args.checkpoint.display().to_string();
    let files = ReportFile::all(&args.report.report)?;
    if !files.is_empty() {
        let history = report::history(&args.checkpoint, &scanned.ledger)?;
        let facts = report::facts(&args.checkpoint, &scanned.ledger);
        let told = ImportReport::new(facts, &history, None, &report::explained);
        report::write_import(&files, &told)?;
    }
    let printed = match args.result.output {
        OutputForm::Text => text(out, &path, &scanned.ledger, scanned.tail),
        OutputForm::Json => json(out, &path, &scanned.ledger),
    };
    printed.map_err(|error| Failure::from_output(&error))?;
    Ok(ExitCode::SUCCESS)
}

/// `status --output json`.
#[derive(Serialize)]
struct StatusResult<'a> {
    command: &'static str,
    checkpoint: &'a str,
    run: &'a str,
    state: &'static str,
    calls: Calls,
    rows: Rows,
    failures_by_code: BTreeMap<String, u64>,
    sessions: u64,
    last_activity: Timestamp,
}

#[derive(Serialize)]
struct Calls {
    planned: u64,
    succeeded: u64,
    failed: u64,
    exhausted: u64,
    in_doubt: u64,
    never_sent: u64,
}

#[derive(Serialize)]
struct Rows {
    read: u64,
    rejected: u64,
}

fn json(out: &mut dyn Write, path: &str, ledger: &Ledger) -> io::Result<()> {
    let counts = ledger.counts();
    let header = ledger.header();
    let codes = ledger.failures_by_code();
    let result = StatusResult {
        command: "status",
        checkpoint: path,
        run: &header.run,
        state: state(ledger.last_session()),
        calls: Calls {
            planned: counts.calls,
            succeeded: counts.succeeded,
            failed: counts.failed,
            exhausted: counts.exhausted,
            in_doubt: counts.in_doubt,
            never_sent: counts.never_sent,
        },
        rows: Rows {
            read: header.rows,
            rejected: counts.rejected,
        },
        failures_by_code: codes
            .iter()
            .map(|(code, n)| (code.to_string(), *n))
            .collect(),
        sessions: ledger.sessions(),
        last_activity: ledger.last_activity(),
    };
    serde_json::to_writer(&mut *out, &result)?;
    writeln!(out)
}

/// A stable word for where the import stands.
const fn state(last: Option<&Session>) -> &'static str {
    match last {
        None => "created",
        Some(session) => match session.event {
            SessionEvent::Started => "running",
            SessionEvent::Interrupted => "interrupted",
            SessionEvent::Stopped => "stopped",
            SessionEvent::Completed => "completed",
        },
    }
}

fn text(out: &mut dyn Write, path: &str, ledger: &Ledger, tail: Tail) -> io::Result<()> {
    let header = ledger.header();
    let counts = ledger.counts();
    let target = &header.target;
    writeln!(
        out,
        "checkpoint  {} (run {})",
        sanitised(path),
        sanitised(&header.run)
    )?;
    for input in &header.inputs {
        let bytes = count(input.bytes);
        writeln!(
            out,
            "input       {} ({bytes} bytes)",
            sanitised(&input.path)
        )?;
    }
    writeln!(
        out,
        "target      app {} at {}, as {}",
        target.sdk_app_id,
        sanitised(&target.endpoint),
        sanitised(&target.identifier)
    )?;
    calls(out, &counts)?;
    if counts.rejected > 0 {
        writeln!(
            out,
            "rejected    {} of {} rows",
            count(counts.rejected),
            count(header.rows)
        )?;
    }
    for (index, (code, calls)) in ledger.failures_by_code().into_iter().enumerate() {
        let heading = if index == 0 { "failures" } else { "" };
        let failures = format!("{} × {}", count(calls), meaning(code));
        for (line, text) in wrapped(&failures, width().saturating_sub(12))
            .iter()
            .enumerate()
        {
            writeln!(out, "{:<11} {text}", if line == 0 { heading } else { "" })?;
        }
    }
    sessions(out, ledger)?;
    if let Tail::Torn(bytes) = tail {
        writeln!(
            out,
            "tail        {bytes} bytes of a line that is not whole (yet)"
        )?;
    }
    if counts.succeeded + counts.failed < counts.calls {
        writeln!(out, "next        im-unread resume {}", sanitised(path))?;
    }
    Ok(())
}

fn calls(out: &mut dyn Write, counts: &Counts) -> io::Result<()> {
    writeln!(out, "calls       {} planned", count(counts.calls))?;
    let parts = [
        ("succeeded", counts.succeeded, ""),
        ("failed", counts.failed, "refused for good"),
        (
            "exhausted",
            counts.exhausted,
            "attempts used up; sent again on resume",
        ),
        (
            "in doubt",
            counts.in_doubt,
            "perhaps sent, no answer; sent again on resume",
        ),
        ("never sent", counts.never_sent, ""),
    ];
    for (name, number, note) in parts {
        let share = percent(number, counts.calls);
        let line = format!("  {name:<10} {:>12} {share:>7}  {note}", count(number));
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    // Rounded down, so that 100 % means all.
    let tenths = u128::from(part) * 1000 / u128::from(whole);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn sessions(out: &mut dyn Write, ledger: &Ledger) -> io::Result<()> {
    let age = super::clock().duration_since(ledger.last_activity());
    let age = duration(Duration::try_from(age).unwrap_or_default());
    let Some(last) = ledger.last_session() else {
        return writeln!(out, "sessions    none yet");
    };
    let words = match last.event {
        SessionEvent::Started => {
            format!("the last is running, or ended without a word; last line {age} ago")
        }
        SessionEvent::Completed => format!("the last completed {age} ago"),
        SessionEvent::Interrupted => format!("the last was interrupted {age} ago"),
        SessionEvent::Stopped => format!("the last stopped {age} ago"),
    };
    write!(out, "sessions    {}; {words}", count(ledger.sessions()))?;
    if let Some(reason) = &last.reason {
        write!(out, ": {}", sanitised(&reason.kind))?;
        if let Some(code) = reason.code {
            write!(out, " {code}")?;
        }
        write!(out, " ({})", sanitised(&reason.message))?;
    }
    writeln!(out)
}

//! `--report`: what a log says and what a session observed, written as a page or as JSON.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::ReportForm;
use super::clock;
use super::command_line::{self, CommandLine};
use super::failure::{Failure, checkpoint_failure, output_failure};
use crate::checkpoint::{
    self, Count, Counts, Entry, Ledger, Outcome, SessionEvent, Status, Writer, visit_up_to,
};
use crate::event::Verdict;
use crate::report::document::{
    CallsPart, Facts, ImportReport, InputPart, NextStep, TargetPart, ValidationReport,
    VerificationReport,
};
use crate::report::validation::left_parts;
use crate::report::{
    History, Settled, State, StopReason, import_html, is_report, validation_html, verification_html,
};
use crate::storage::{OutputFile, Replace};

/// Where a report goes; its form is that of the file's name.
#[derive(Debug, Clone)]
pub(super) struct ReportFile {
    output: OutputFile,
    form: ReportForm,
}

impl ReportFile {
    /// The files that were asked for, each in a directory that can be written: a report that
    /// cannot be written should fail before the work that it is about.
    pub(super) fn all(paths: &[PathBuf]) -> Result<Vec<Self>, Failure> {
        paths.iter().map(|path| Self::new(path)).collect()
    }

    fn new(path: &Path) -> Result<Self, Failure> {
        let form = ReportForm::of(path)
            .ok_or_else(|| Failure::bug(format!("`{}` has no form of a report", path.display())))?;
        let replace = Replace::Only {
            kind: "a report of im-unread",
            is_one: is_report,
        };
        let output = OutputFile::new(path, replace);
        output.probe().map_err(|error| output_failure(&error))?;
        Ok(Self { output, form })
    }

    fn write<R: Serialize>(&self, report: &R, html: fn(&R) -> String) -> Result<(), Failure> {
        let content = match self.form {
            ReportForm::Html => html(report).into_bytes(),
            ReportForm::Json => {
                let mut json = serde_json::to_vec_pretty(report)
                    .map_err(|error| Failure::bug("the report has no JSON").because(&error))?;
                json.push(b'\n');
                json
            }
        };
        self.output
            .write(&content)
            .map_err(|error| output_failure(&error))
    }
}

/// Writes the report of an import.
pub(super) fn write_import(files: &[ReportFile], report: &ImportReport) -> Result<(), Failure> {
    files
        .iter()
        .try_for_each(|file| file.write(report, import_html))
}

/// Writes the report of a first pass.
pub(super) fn write_validation(
    files: &[ReportFile],
    report: &ValidationReport,
) -> Result<(), Failure> {
    files
        .iter()
        .try_for_each(|file| file.write(report, validation_html))
}

/// Writes the report of a check.
pub(super) fn write_verification(
    files: &[ReportFile],
    report: &VerificationReport,
) -> Result<(), Failure> {
    files
        .iter()
        .try_for_each(|file| file.write(report, verification_html))
}

/// Reads the history of a log up to its byte `end`: where the scan ended that its numbers come of,
/// so that both agree while the log grows, and whatever the clock did meanwhile.
pub(super) fn history(path: &Path, end: u64) -> Result<History, Failure> {
    let mut history = History::default();
    let read = visit_up_to(end, path, |entry| {
        match entry {
            Entry::Outcome(outcome) => tell(&mut history, outcome),
            Entry::Admitted { at, .. } => history.timeline_mut().lives(*at),
            Entry::Session(session) => {
                let timeline = history.timeline_mut();
                match session.event {
                    SessionEvent::Started => timeline.began(session.at),
                    SessionEvent::Interrupted => timeline.ended(session.at, "interrupted"),
                    SessionEvent::Stopped => timeline.ended(session.at, "stopped"),
                    SessionEvent::Completed => timeline.ended(session.at, "completed"),
                }
            }
            Entry::Replaced(_) => history.replaced(),
            Entry::Header(_) => {}
        }
        Ok::<(), checkpoint::Error>(())
    });
    read.map_err(|error| checkpoint_failure(&error))?;
    Ok(history)
}

fn tell(history: &mut History, outcome: &Outcome<'_>) {
    let verdict = match outcome.status {
        Status::Succeeded => Verdict::Succeeded,
        Status::Failed => Verdict::Failed,
        Status::Exhausted => Verdict::Exhausted,
        Status::Rejected => return history.rejected(outcome.at, &outcome.info),
    };
    history.settled(Settled {
        row: outcome.row,
        verdict,
        group_id: &outcome.group_id,
        member_account: &outcome.member_account,
        unread_num: match outcome.unread_num {
            Count::Number(number) => Some(number),
            Count::Raw(_) => None,
        },
        code: outcome.code,
        info: &outcome.info,
        attempts: outcome.attempts,
        at: outcome.at,
        ms: outcome.ms,
    });
}

/// What a log says apart from its history.
pub(super) fn facts(
    path: &Path,
    ledger: &Ledger,
    (writer, resume): (Writer, &CommandLine),
) -> Facts {
    let (header, counts) = (ledger.header(), ledger.counts());
    let checkpoint = path.display().to_string();
    let state = State::of(ledger, writer);
    Facts {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        generated_at: clock(),
        run: header.run.clone(),
        inputs: InputPart::of(header),
        target: TargetPart::of(&header.target),
        rows: header.rows,
        left_out: left_parts(&header.tally.left_out),
        remarks: left_parts(&header.tally.remarks),
        rejected: counts.rejected,
        calls: CallsPart::of(ledger, writer),
        failures_by_code: ledger.failures_by_code(),
        next: next((path, resume), counts, state),
        checkpoint,
        state,
        reason: StopReason::recorded(ledger),
    }
}

fn next(
    (checkpoint, resume): (&Path, &CommandLine),
    counts: Counts,
    state: State,
) -> Vec<NextStep> {
    let step = |purpose: &str, command: &CommandLine| NextStep {
        purpose: purpose.to_owned(),
        command: command.to_string(),
    };
    let mut next = Vec::new();
    if state != State::Running && counts.succeeded + counts.failed < counts.calls {
        next.push(step("Send what is left", resume));
    }
    if counts.failed + counts.exhausted + counts.rejected > 0 {
        let command = command_line::failures(checkpoint);
        next.push(step("See every row that failed", &command));
    }
    next
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::checkpoint::{FORMAT, Header, Log, Target, scan};
    use crate::settings::Reading;

    /// The clock was set back by an hour between two outcomes, and a third one came after the scan.
    #[test]
    fn a_history_has_all_that_the_scan_read_whatever_the_clock_did() {
        let at = |second: i64| Timestamp::from_second(1_790_000_000 + second).unwrap();
        let header = Header {
            format: FORMAT,
            run: "00ff".into(),
            tool: "0.1.0".into(),
            created: at(0),
            inputs: vec![checkpoint::Input {
                path: "in.csv".into(),
                bytes: 120,
                hash: "ab".into(),
            }],
            target: Target {
                endpoint: "https://console.tim.qq.com".into(),
                sdk_app_id: 1_400_000_001,
                identifier: "administrator".into(),
                world: None,
            },
            options: Reading::default(),
            rows: 9,
            calls: 9,
            tally: crate::record::Tally::default(),
        };
        let failed = |row, second| {
            Entry::Outcome(Outcome {
                row,
                status: Status::Failed,
                group_id: "g".into(),
                member_account: "u".into(),
                unread_num: Count::Number(5),
                group_type: None,
                code: 10_010,
                info: "".into(),
                attempts: 1,
                at: at(second),
                ms: 12,
            })
        };
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.jsonl");
        let mut log = Log::create(&path, header).unwrap();
        log.append(&failed(1, 7_200)).unwrap();
        log.append(&failed(2, 3_600)).unwrap();
        let scanned = scan(&path).unwrap();
        log.append(&failed(3, 1_800)).unwrap();
        let history = history(&path, scanned.end).unwrap();
        assert_eq!(scanned.ledger.counts().failed, 2);
        assert_eq!(history.examples(10_010).len(), 2);
    }
}

//! The result of `status`: where an import stands, from its log and its lock.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::code::meaning;
use super::document::{CallsPart, InputPart, TargetPart};
use super::frame::{CommandResult, field, list, wrapped_list};
use super::number::{count, duration, percent, plural};
use super::result::StopReason;
use super::sanitised;
use super::state::{Process, State};
use crate::checkpoint::{Ledger, SessionEvent, Writer};
use crate::storage::Tail;

/// `status --output json`.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    command: &'static str,
    checkpoint: String,
    run: String,
    state: State,
    process: Process,
    calls: CallsPart,
    rows: Rows,
    failures_by_code: BTreeMap<String, u64>,
    sessions: u64,
    last_activity: Timestamp,
    #[serde(skip)]
    text: OnlyText,
}

#[derive(Debug, Serialize)]
struct Rows {
    read: u64,
    rejected: u64,
}

/// What the text says besides.
#[derive(Debug)]
struct OnlyText {
    /// The command that sends what is left.
    resume: String,
    inputs: Vec<InputPart>,
    target: TargetPart,
    last_event: Option<SessionEvent>,
    /// Since the last line.
    age: Duration,
    reason: Option<StopReason>,
    failures: BTreeMap<i64, u64>,
    torn_bytes: Option<u64>,
}

impl Status {
    /// What the log at `checkpoint` says at the time `now`.
    pub(crate) fn new(
        (checkpoint, resume): (String, String),
        (ledger, tail, writer): (&Ledger, Tail, Writer),
        now: Timestamp,
    ) -> Self {
        let header = ledger.header();
        let failures = ledger.failures_by_code();
        let age = now.duration_since(ledger.last_activity());
        Self {
            command: "status",
            checkpoint,
            run: header.run.clone(),
            state: State::of(ledger, writer),
            process: Process::of(ledger, writer),
            calls: CallsPart::of(ledger, writer),
            rows: Rows {
                read: header.rows,
                rejected: ledger.counts().rejected,
            },
            failures_by_code: failures
                .iter()
                .map(|(code, calls)| (code.to_string(), *calls))
                .collect(),
            sessions: ledger.sessions(),
            last_activity: ledger.last_activity(),
            text: OnlyText {
                resume,
                inputs: InputPart::of(header),
                target: TargetPart::of(&header.target),
                last_event: ledger.last_session().map(|session| session.event),
                age: Duration::try_from(age).unwrap_or_default(),
                reason: StopReason::recorded(ledger),
                failures,
                torn_bytes: match tail {
                    Tail::Torn(bytes) => Some(bytes),
                    Tail::Clean | Tail::Unterminated => None,
                },
            },
        }
    }

    fn calls(&self, out: &mut dyn Write) -> io::Result<()> {
        let calls = self.calls;
        field(out, "calls", &format!("{} planned", count(calls.planned)))?;
        let parts = [
            ("succeeded", calls.succeeded, ""),
            ("failed", calls.failed, "refused for good"),
            (
                "exhausted",
                calls.exhausted,
                "attempts used up; sent again on resume",
            ),
            (
                "in flight",
                calls.in_flight,
                "sent or about to be; no answer yet",
            ),
            (
                "in doubt",
                calls.in_doubt,
                "perhaps sent, no answer; sent again on resume",
            ),
            ("never sent", calls.never_sent, ""),
        ];
        // Calls are in flight as long as a process works on the import, and in doubt after it.
        let hidden = if self.process == Process::Running {
            "in doubt"
        } else {
            "in flight"
        };
        for (name, number, note) in parts.into_iter().filter(|part| part.0 != hidden) {
            let share = percent(number, calls.planned);
            let line = format!("  {name:<10} {:>12} {share:>7}  {note}", count(number));
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn sessions(&self) -> String {
        let age = duration(self.text.age);
        let Some(last) = self.text.last_event else {
            return "none yet".to_owned();
        };
        let ended = match last {
            SessionEvent::Started => match self.process {
                Process::Running => format!("the last is running; last line {age} ago"),
                Process::Crashed | Process::Ended => {
                    format!("the last crashed; last line {age} ago")
                }
                Process::Unknown => {
                    format!("the last is running, or crashed; last line {age} ago")
                }
            },
            SessionEvent::Completed => format!("the last completed {age} ago"),
            SessionEvent::Interrupted => format!("the last was interrupted {age} ago"),
            SessionEvent::Stopped => format!("the last stopped {age} ago"),
        };
        let reason = self.text.reason.as_ref().map_or(String::new(), |reason| {
            let code = reason.code.map_or(String::new(), |code| format!(" {code}"));
            let (kind, message) = (sanitised(&reason.kind), sanitised(&reason.message));
            format!(": {kind}{code} ({message})")
        });
        let next = if self.process == Process::Running && last != SessionEvent::Started {
            "; another is about to begin"
        } else {
            ""
        };
        format!("{}; {ended}{reason}{next}", count(self.sessions))
    }
}

impl CommandResult for Status {
    fn text(&self, out: &mut dyn Write, width: usize) -> io::Result<()> {
        let (path, run) = (sanitised(&self.checkpoint), sanitised(&self.run));
        field(out, "checkpoint", &format!("{path} (run {run})"))?;
        for input in &self.text.inputs {
            let bytes = plural(input.bytes, "byte");
            field(
                out,
                "input",
                &format!("{} ({bytes})", sanitised(&input.path)),
            )?;
        }
        field(out, "target", &self.text.target.text())?;
        self.calls(out)?;
        if self.rows.rejected > 0 {
            let rows = plural(self.rows.read, "row");
            let rejected = format!("{} of {rows}", count(self.rows.rejected));
            field(out, "rejected", &rejected)?;
        }
        let failures = self.text.failures.iter();
        let failures =
            failures.map(|(&code, &calls)| format!("{} × {}", count(calls), meaning(code)));
        wrapped_list(out, "failures", failures, width)?;
        field(out, "sessions", &self.sessions())?;
        let torn = self
            .text
            .torn_bytes
            .map(|bytes| format!("{bytes} bytes of a line that is not whole (yet)"));
        list(out, "tail", torn)?;
        if self.process != Process::Running
            && self.calls.succeeded + self.calls.failed < self.calls.planned
        {
            field(out, "next", &sanitised(&self.text.resume))?;
        }
        Ok(())
    }
}

//! The plan before the first call, and the question.

use std::io::{self, BufRead as _, Write};
use std::time::Duration;

use jiff::Timestamp;

use super::failure::Failure;
use super::words::advice;
use crate::pace::Limit;
use crate::record::RowCounts;
use crate::report::{clock_time, count, duration, sanitised};

/// All that the plan tells.
#[derive(Debug)]
pub(super) struct Outlook<'a> {
    pub(super) rows: RowCounts,
    pub(super) calls: u64,
    /// Rejected rows by reason, the commonest first.
    pub(super) rejects: Vec<(&'static str, u64)>,
    pub(super) target: &'a crate::checkpoint::Target,
    pub(super) limit: Limit,
    pub(super) checkpoint: &'a str,
    /// What earlier sessions leave to this one.
    pub(super) earlier: Option<Earlier>,
    /// How long nothing was sent, if that is worth a question.
    pub(super) idle: Option<Duration>,
    pub(super) credential_ends: Option<Timestamp>,
    pub(super) now: Timestamp,
}

/// What earlier sessions of the import did.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Earlier {
    /// Calls that this session leaves alone.
    pub(super) done: u64,
    /// Those of them that failed.
    pub(super) failed: u64,
    /// Calls that were perhaps sent.
    pub(super) in_doubt: u64,
    /// What another input changes.
    pub(super) changes: Option<Changes>,
}

/// How a changed input differs from what was done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Changes {
    pub(super) new: u64,
    pub(super) changed: u64,
    pub(super) gone: u64,
}

impl Outlook<'_> {
    /// Calls that this session sends.
    pub(super) fn to_send(&self) -> u64 {
        self.calls
            .saturating_sub(self.earlier.map_or(0, |earlier| earlier.done))
    }

    /// How long that takes at the quota.
    fn takes(&self) -> Duration {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let calls = self.to_send() as f64;
        Duration::from_secs_f64(calls / self.limit.sustained())
    }

    /// When the session ends if nothing holds it up.
    fn ends(&self) -> Timestamp {
        self.now.checked_add(self.takes()).unwrap_or(self.now)
    }

    /// Writes the plan.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.rows;
        writeln!(
            out,
            "  rows       {} read: {} valid, {} invalid, {} duplicate, {} skipped",
            count(rows.read),
            count(rows.valid),
            count(rows.invalid),
            count(rows.duplicates),
            count(rows.skipped),
        )?;
        for (index, (code, rows)) in self.rejects.iter().enumerate() {
            let heading = if index == 0 { "rejected" } else { "" };
            writeln!(out, "  {heading:<10} {} {code}", count(*rows))?;
        }
        match self.earlier {
            None => writeln!(out, "  calls      {}", count(self.calls))?,
            Some(earlier) => self.write_earlier(earlier, out)?,
        }
        writeln!(
            out,
            "  target     app {} at {}, as {}",
            self.target.sdk_app_id,
            sanitised(&self.target.endpoint),
            sanitised(&self.target.identifier),
        )?;
        writeln!(
            out,
            "  pace       {} calls/s: about {}, until {}",
            self.limit.get(),
            duration(self.takes()),
            clock_time(self.ends(), self.now),
        )?;
        let state = if self.earlier.is_some() {
            "continued"
        } else {
            "new"
        };
        writeln!(out, "  checkpoint {} ({state})", sanitised(self.checkpoint))?;
        self.warn(out)
    }

    fn write_earlier(&self, earlier: Earlier, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "  calls      {} planned: {} done, {} to send",
            count(self.calls),
            count(earlier.done),
            count(self.to_send()),
        )?;
        if let Some(changes) = earlier.changes {
            writeln!(
                out,
                "  changed    {} new, {} with another count, {} no longer in the input",
                count(changes.new),
                count(changes.changed),
                count(changes.gone),
            )?;
        }
        if earlier.in_doubt > 0 {
            let calls = count(earlier.in_doubt);
            writeln!(
                out,
                "  in doubt   {calls} perhaps sent before; they go again"
            )?;
        }
        Ok(())
    }

    /// Says before the first call what would end the session early.
    fn warn(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(idle) = self.idle {
            writeln!(
                out,
                "  warning    nothing was sent for {}: a count set now overwrites what users have\n             read since then",
                duration(idle)
            )?;
        }
        let Some(ends) = self.credential_ends.filter(|ends| *ends < self.ends()) else {
            return Ok(());
        };
        writeln!(
            out,
            "  warning    the UserSig ends at {}, before the import does: {}",
            clock_time(ends, self.now),
            advice(70001),
        )
    }
}

/// Asks whether to go on; only an explicit yes counts.
pub(super) fn agreed(question: &str, out: &mut dyn Write) -> Result<bool, Failure> {
    let asked = |error: io::Error| Failure::usage("the question cannot be asked").because(&error);
    write!(out, "{question} [y/N] ").map_err(asked)?;
    out.flush().map_err(asked)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(asked)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

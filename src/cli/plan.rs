//! The plan before the first call, and the question.

use std::io::{self, BufRead as _, Write};
use std::time::Duration;

use jiff::Timestamp;

use super::failure::Failure;
use crate::delivery::Limit;
use crate::record::{RowCounts, Tally};
use crate::report::validation::left_text;
use crate::report::{Page, clock_time, count, duration, rows_text, sanitised};
use crate::run::Totals;

/// All that the plan tells.
#[derive(Debug)]
pub(super) struct Outlook<'a> {
    pub(super) rows: RowCounts,
    pub(super) calls: u64,
    /// Sums over the calls.
    pub(super) totals: Totals,
    /// What a preset left out of the rows.
    pub(super) tally: Tally,
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
    pub(super) fn write(&self, page: &mut Page<'_>) -> io::Result<()> {
        page.field("rows", &rows_text(self.rows))?;
        let rejects = self.rejects.iter();
        page.list(
            "rejected",
            rejects.map(|(code, rows)| format!("{} {code}", count(*rows))),
        )?;
        page.list("left out", left_text(&self.tally.left_out))?;
        page.list("remarks", left_text(&self.tally.remarks))?;
        let Totals {
            unread,
            highest,
            zeros,
            rows: _,
        } = self.totals;
        let (unread, highest, zeros) = (count(unread), count(highest.into()), count(zeros));
        page.field(
            "unread",
            &format!("{unread} in all, {highest} at most, {zeros} are 0"),
        )?;
        match self.earlier {
            None => page.field("calls", &count(self.calls))?,
            Some(earlier) => self.write_earlier(earlier, page)?,
        }
        page.field(
            "target",
            &format!(
                "app {} at {}, as {}",
                self.target.sdk_app_id,
                sanitised(&self.target.endpoint),
                sanitised(&self.target.identifier),
            ),
        )?;
        let (takes, ends) = (duration(self.takes()), clock_time(self.ends(), self.now));
        page.field(
            "pace",
            &format!("{} calls/s: about {takes}, until {ends}", self.limit.get()),
        )?;
        let state = if self.earlier.is_some() {
            "continued"
        } else {
            "new"
        };
        page.field(
            "checkpoint",
            &format!("{} ({state})", sanitised(self.checkpoint)),
        )?;
        self.warn(page)
    }

    fn write_earlier(&self, earlier: Earlier, page: &mut Page<'_>) -> io::Result<()> {
        let (planned, done) = (count(self.calls), count(earlier.done));
        let left = count(self.to_send());
        page.field(
            "calls",
            &format!("{planned} planned: {done} done, {left} to send"),
        )?;
        if let Some(changes) = earlier.changes {
            let (new, changed) = (count(changes.new), count(changes.changed));
            let gone = count(changes.gone);
            page.field(
                "changed",
                &format!("{new} new, {changed} with another count, {gone} no longer in the input"),
            )?;
        }
        if earlier.in_doubt > 0 {
            let calls = count(earlier.in_doubt);
            page.field(
                "in doubt",
                &format!("{calls} perhaps sent before; they go again"),
            )?;
        }
        Ok(())
    }

    /// Says before the first call what would spoil the result or end the session early.
    fn warn(&self, page: &mut Page<'_>) -> io::Result<()> {
        if let Some(idle) = self.idle {
            let idle = duration(idle);
            page.field(
                "warning",
                &format!("nothing was sent for {idle}: a count that is set now overwrites what users have read since then"),
            )?;
        }
        let Some(ends) = self.credential_ends.filter(|ends| *ends < self.ends()) else {
            return Ok(());
        };
        let ends = clock_time(ends, self.now);
        page.field(
            "warning",
            &format!("the UserSig ends at {ends}, before the import does; with the secret key instead of a UserSig, the tool signs anew by itself"),
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

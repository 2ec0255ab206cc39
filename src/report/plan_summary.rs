//! The plan of an import, shown before its first call.

use std::io;
use std::time::Duration;

use jiff::Timestamp;

use super::validation::left_text;
use super::{Page, clock_time, count, duration, plural, rows_text, sanitised};
use crate::delivery::Limit;
use crate::plan::Totals;
use crate::record::{RowCounts, Tally};

/// The plan.
#[derive(Debug)]
pub(crate) struct PlanSummary<'a> {
    pub(crate) rows: RowCounts,
    pub(crate) calls: u64,
    /// Sums over the calls.
    pub(crate) totals: Totals,
    /// What a preset left out of the rows.
    pub(crate) tally: Tally,
    /// Rejected rows by reason, the commonest first.
    pub(crate) rejects: Vec<(&'static str, u64)>,
    pub(crate) target: &'a crate::checkpoint::Target,
    pub(crate) limit: Limit,
    pub(crate) checkpoint: &'a str,
    /// What earlier sessions leave to this one.
    pub(crate) earlier: Option<Earlier>,
    /// How long nothing was sent, if that is worth a question.
    pub(crate) idle: Option<Duration>,
    pub(crate) credential_ends: Option<Timestamp>,
    pub(crate) now: Timestamp,
}

/// What earlier sessions of the import did.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Earlier {
    /// Calls that this session leaves alone.
    pub(crate) done: u64,
    /// Those of them that failed.
    pub(crate) failed: u64,
    /// Calls that were perhaps sent.
    pub(crate) in_doubt: u64,
    /// What another input changes.
    pub(crate) changes: Option<Changes>,
}

/// How a changed input differs from what was done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Changes {
    pub(crate) new: u64,
    pub(crate) changed: u64,
    pub(crate) gone: u64,
}

impl PlanSummary<'_> {
    /// Calls that this session sends.
    pub(crate) fn to_send(&self) -> u64 {
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
    pub(crate) fn write(&self, page: &mut Page<'_>) -> io::Result<()> {
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
            let calls = plural(earlier.in_doubt, "call");
            page.field(
                "in doubt",
                &format!("{calls} perhaps sent before; sent again"),
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
            &format!("the UserSig ends at {ends}, before the import does; with the secret key instead of a UserSig, the tool renews UserSigs before they expire"),
        )
    }
}

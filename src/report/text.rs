//! The result of an import as lines for people. Reads without colour.

use std::io;

use tokio::time::Instant;

use super::layout::Page;
use super::number::{count, duration, plural, rate};
use super::summary::Summary;
use crate::record::RowCounts;

/// Writes the numbers of a finished session. `meaning` tells what an API code means, in short.
pub(crate) fn import_text(
    page: &mut Page<'_>,
    summary: &Summary,
    meaning: &dyn Fn(i64) -> String,
    now: Instant,
) -> io::Result<()> {
    let plan = summary.plan;
    page.field("rows", &rows_text(plan.rows))?;
    page.field(
        "calls",
        &format!(
            "{} planned: {} succeeded, {} failed, {} already done, {} left",
            count(plan.planned),
            count(summary.succeeded),
            count(summary.failed),
            count(plan.already_done),
            count(summary.remaining()),
        ),
    )?;
    page.field(
        "attempts",
        &format!(
            "{}: {}, {} asked to slow down",
            count(summary.attempts),
            plural(summary.retries, "repeat"),
            count(summary.rate_limited),
        ),
    )?;
    page.field(
        "pace",
        &format!(
            "{} calls/s of {} on average, busiest second {}",
            rate(summary.achieved()),
            plan.limit,
            count(summary.busiest_second()),
        ),
    )?;
    page.field("time", &duration(summary.elapsed(now)))?;
    if summary.outages > 0 {
        let outages = plural(summary.outages, "outage");
        page.field(
            "outages",
            &format!("{outages}, {} in all", duration(summary.outage_time(now))),
        )?;
    }
    let codes = summary.failures_by_code.iter();
    page.list(
        "failures",
        codes.map(|(&code, &calls)| format!("{} × {}", count(calls), meaning(code))),
    )?;
    if plan.already_failed > 0 {
        let calls = plural(plan.already_failed, "call");
        page.field("earlier", &format!("{calls} failed in earlier sessions"))?;
    }
    Ok(())
}

/// The rows of an input in one line.
pub(crate) fn rows_text(rows: RowCounts) -> String {
    format!(
        "{} read: {} valid, {} invalid, {} duplicate, {} skipped",
        count(rows.read),
        count(rows.valid),
        count(rows.invalid),
        count(rows.duplicates),
        count(rows.skipped),
    )
}

//! The result of an import as lines for people. Reads without colour and within 80 columns.

use std::io::{self, Write};

use tokio::time::Instant;

use super::number::{count, duration, plural, rate};
use super::summary::Summary;

/// Writes the numbers of a finished session. `meaning` tells what an API code means, in short.
pub(crate) fn import_text(
    out: &mut dyn Write,
    summary: &Summary,
    meaning: &dyn Fn(i64) -> String,
    now: Instant,
) -> io::Result<()> {
    let plan = summary.plan;
    let rows = plan.rows;
    writeln!(
        out,
        "  rows       {} read: {} valid, {} invalid, {} duplicate, {} skipped",
        count(rows.read),
        count(rows.valid),
        count(rows.invalid),
        count(rows.duplicates),
        count(rows.skipped),
    )?;
    writeln!(
        out,
        "  calls      {} planned: {} succeeded, {} failed, {} already done, {} left",
        count(plan.planned),
        count(summary.succeeded),
        count(summary.failed),
        count(plan.already_done),
        count(summary.remaining()),
    )?;
    writeln!(
        out,
        "  attempts   {}: {}, {} asked to slow down",
        count(summary.attempts),
        plural(summary.retries, "repeat"),
        count(summary.rate_limited),
    )?;
    writeln!(
        out,
        "  pace       {} calls/s of {} on average, busiest second {}",
        rate(summary.achieved()),
        plan.limit,
        count(summary.busiest_second()),
    )?;
    writeln!(out, "  time       {}", duration(summary.elapsed(now)))?;
    if summary.outages > 0 {
        writeln!(
            out,
            "  outages    {}, {} in all",
            count(summary.outages),
            duration(summary.outage_time)
        )?;
    }
    for (index, (&code, &calls)) in summary.failures_by_code.iter().enumerate() {
        let heading = if index == 0 { "failures" } else { "" };
        writeln!(
            out,
            "  {heading:<10} {} with {}",
            count(calls),
            meaning(code)
        )?;
    }
    if plan.already_failed > 0 {
        let calls = plural(plan.already_failed, "call");
        writeln!(out, "  earlier    {calls} failed in earlier sessions")?;
    }
    Ok(())
}

/// `text` without anything that could steer a terminal or break a line.
pub(crate) fn sanitised(text: &str) -> String {
    text.chars()
        .flat_map(|character| {
            let escape = character.is_control()
                || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            let escaped = escape.then(|| character.escape_default());
            let plain = (!escape).then_some(character);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

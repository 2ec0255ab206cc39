//! The page of an import.

use maud::{Markup, html};

use super::chart::{self, Band, Bar, Pace};
use super::layout::{
    self, Head, inputs, moment, next_steps, number, number_cell, section, share, span, tile, words,
};
use super::left::left;
use super::trouble;
use crate::report::document::{ImportReport, SessionNumbers};
use crate::report::latency::LatencyPart;
use crate::report::number::rate;
use crate::report::pause::PauseKind;

/// The page for `report`.
pub(crate) fn import_html(report: &ImportReport) -> String {
    let subject = subject(report);
    let head = Head {
        title: "Import report",
        subject: &subject,
        level: report.verdict.level,
        verdict: &report.verdict.sentence,
        tool: &report.tool,
        generated_at: report.generated_at,
    };
    let body = html! {
        @if let Some(reason) = &report.reason {
            div.reason {
                p { (reason.message) }
                @if !reason.hint.is_empty() { p { strong { "What to do: " } (words(&reason.hint)) } }
            }
        }
        (totals(report))
        (throughput(report))
        @if let Some(latency) = &report.latency { (latencies(latency)) }
        (trouble::failures(&report.failures))
        (trouble::pauses(&report.pauses))
        (trouble::rejected(&report.rejected))
        (left("left_out", &report.left_out))
        (left("remarks", &report.remarks))
        @if let Some(session) = &report.session { (this_session(session)) }
        (sessions(report))
        (next_steps(&report.next))
        (origin(report))
    };
    layout::page(&head, &body)
}

fn subject(report: &ImportReport) -> String {
    let names: Vec<&str> = report
        .inputs
        .iter()
        .map(|input| input.path.as_str())
        .collect();
    format!("{} → app {}", names.join(", "), report.target.sdk_app_id)
}

fn totals(report: &ImportReport) -> Markup {
    let calls = report.calls;
    let part = |part| share(part, calls.planned);
    html! {
        dl.tiles {
            (tile("Calls planned", &number("calls.planned", calls.planned), ""))
            (tile("Succeeded", &number("calls.succeeded", calls.succeeded), &part(calls.succeeded)))
            (tile("Failed", &number("calls.failed", calls.failed), if calls.failed > 0 { "refused for good" } else { "" }))
            @if calls.exhausted > 0 {
                (tile("Exhausted", &number("calls.exhausted", calls.exhausted), "attempts used up; go again on resume"))
            }
            @if calls.in_flight > 0 {
                (tile("In flight", &number("calls.in_flight", calls.in_flight), "sent or about to be; no answer yet"))
            }
            @if calls.in_doubt > 0 {
                (tile("In doubt", &number("calls.in_doubt", calls.in_doubt), "perhaps sent; go again on resume"))
            }
            (tile("Left to send", &number("remaining", report.remaining), &the_rest(report)))
            (tile("Rows rejected", &number("rows.rejected", report.rows.rejected), &format!("of {} read", crate::report::count(report.rows.read))))
            (tile("Running time", &html! { (span(report.time.running_seconds)) }, &format!("{} calls/s on average", rate(report.time.per_second))))
        }
    }
}

/// How long the rest takes.
fn the_rest(report: &ImportReport) -> String {
    if report.remaining == 0 {
        return String::new();
    }
    let quota = span(report.time.remaining_seconds_at_quota);
    match report.time.remaining_seconds_at_pace {
        Some(seconds) => format!("{} at the pace so far, {quota} at the quota", span(seconds)),
        None => format!("{quota} at the quota"),
    }
}

fn throughput(report: &ImportReport) -> Markup {
    let part = &report.throughput;
    let steps: Vec<(f64, f64, f64, f64)> = part
        .buckets
        .iter()
        .map(|bucket| {
            let calls = bucket.succeeded + bucket.failed;
            let failed = share_of(bucket.failed, calls) * bucket.per_second;
            let to = bucket.from_seconds + bucket.seconds;
            (bucket.from_seconds, to, bucket.per_second, failed)
        })
        .collect();
    if steps.is_empty() {
        return html! {};
    }
    let bands: Vec<Band> = report
        .pauses
        .list
        .iter()
        .map(|pause| Band {
            from: pause.from_seconds,
            to: pause.from_seconds + pause.seconds,
            slow: pause.kind == PauseKind::RateLimited,
        })
        .collect();
    let later = report
        .sessions
        .iter()
        .filter(|session| session.from_seconds > 0.0);
    let breaks: Vec<f64> = later.map(|session| session.from_seconds).collect();
    let drawing = Pace {
        steps: &steps,
        limit: f64::from(part.quota),
        bands: &bands,
        breaks: &breaks,
    };
    let description = format!(
        "Calls per second over {} of running time: {} on average, {} at most, against the quota of {}",
        span(report.time.running_seconds),
        rate(report.time.per_second),
        rate(part.highest_per_second),
        part.quota
    );
    let note = format!(
        "Calls per second by the moment their last attempt left, in steps of {}; the dashed line is the quota of {} calls/s. Time between sessions is left out.",
        span(crate::report::document::float(part.bucket_seconds)),
        part.quota
    );
    section(
        "throughput",
        "Throughput",
        &note,
        &html! {
            (chart::pace(&drawing, &description))
            (legend(&drawing))
        },
    )
}

fn legend(pace: &Pace<'_>) -> Markup {
    let failed = pace.steps.iter().any(|step| step.3 > 0.0);
    let bands = pace.bands;
    html! {
        ul.legend aria-hidden="true" {
            li.main { "calls settled" }
            @if failed { li.bad { "of them failed" } }
            li.limit { "quota" }
            @if bands.iter().any(|band| band.slow) { li.slow { "asked to slow down" } }
            @if bands.iter().any(|band| !band.slow) { li.down { "down, or no outcome" } }
            @if !pace.breaks.is_empty() { li.break { "a new session" } }
        }
    }
}

fn share_of(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    crate::report::document::float(part) / crate::report::document::float(whole)
}

fn latencies(latency: &LatencyPart) -> Markup {
    let bars: Vec<Bar> = latency
        .histogram
        .iter()
        .map(|bar| Bar {
            label: milliseconds(bar.from_ms),
            height: bar.calls,
        })
        .collect();
    let last = latency.histogram.last().map_or(0, |bar| bar.to_ms);
    let description = format!(
        "Distribution of latencies: half of the calls took at most {} ms, 99 of 100 at most {} ms",
        latency.p50_ms, latency.p99_ms
    );
    let rows = [
        ("half of the calls", "latency.p50_ms", latency.p50_ms),
        ("90 %", "latency.p90_ms", latency.p90_ms),
        ("95 %", "latency.p95_ms", latency.p95_ms),
        ("99 %", "latency.p99_ms", latency.p99_ms),
        ("99.9 %", "latency.p999_ms", latency.p999_ms),
        ("all", "latency.max_ms", latency.max_ms),
    ];
    let note =
        "How long the last attempt of a call took until its answer. Two bars for each doubling.";
    section(
        "latency",
        "Latency",
        note,
        &html! {
            div.pair {
                div { (chart::histogram(&bars, &milliseconds(last), &description)) }
                table.plain {
                    thead { tr { th scope="col" { "Answered within" } th.number scope="col" { "ms" } } }
                    tbody {
                        @for (name, path, value) in rows {
                            tr { th scope="row" { (name) } td.number { (number(path, value)) } }
                        }
                        tr { th scope="row" { "calls answered" } td.number { (number("latency.calls", latency.calls)) } }
                    }
                }
            }
        },
    )
}

fn milliseconds(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms} ms"),
        1000.. => format!(
            "{} s",
            chart::short(crate::report::document::float(ms / 100) / 10.0)
        ),
    }
}

fn this_session(session: &SessionNumbers) -> Markup {
    let note = format!(
        "What the process that wrote this page sent, within its limit of {} calls/s.",
        session.qps_limit
    );
    section(
        "session",
        "This session",
        &note,
        &html! {
            dl.tiles.small {
                (tile("Succeeded", &number("session.succeeded", session.succeeded), ""))
                (tile("Failed", &number("session.failed", session.failed), ""))
                (tile("Attempts", &number("session.attempts", session.attempts), ""))
                (tile("Repeats", &number("session.retries", session.retries), ""))
                (tile("Asked to slow down", &number("session.rate_limited", session.rate_limited), ""))
                (tile("Busiest second", &number("session.busiest_second", session.busiest_second), "calls sent"))
                (tile("Sent per second", &html! { (rate(session.achieved_qps)) }, "on average"))
                (tile("Took", &html! { (span(session.elapsed_seconds)) }, ""))
            }
        },
    )
}

fn sessions(report: &ImportReport) -> Markup {
    if report.sessions.len() < 2 {
        return html! {};
    }
    section(
        "sessions",
        "Sessions",
        "",
        &html! {
            table.cards data-sort {
                thead { tr {
                    th scope="col" data-type="number" { "Session" }
                    th scope="col" { "Began" }
                    th scope="col" { "Last line" }
                    th scope="col" { "End" }
                    th.number scope="col" data-type="number" { "Calls settled" }
                } }
                tbody {
                    @for (index, session) in report.sessions.iter().enumerate() {
                        tr {
                            td data-label="Session" data-value=(session.number) { (session.number) }
                            td data-label="Began" data-value=(session.began.to_string()) { (moment(session.began)) }
                            td data-label="Last line" data-value=(session.last.to_string()) { (moment(session.last)) }
                            td data-label="End" { (session.end) }
                            (number_cell("Calls settled", &format!("sessions.{index}.calls"), session.calls))
                        }
                    }
                }
            }
        },
    )
}

/// What the report is about, for whoever finds the page in a year.
fn origin(report: &ImportReport) -> Markup {
    section(
        "origin",
        "Where this comes from",
        "",
        &html! {
            dl.facts {
                dt { "Target" }
                dd { "app " (report.target.sdk_app_id) " at " (report.target.endpoint) ", as " bdi { (report.target.identifier) } }
                (inputs(&report.inputs))
                dt { "Rows read" }
                dd { (number("rows.read", report.rows.read)) }
                dt { "Checkpoint" }
                dd { bdi { code { (report.checkpoint) } } ", run " code { (report.run) } }
                @if let (Some(began), Some(last)) = (report.time.began, report.time.last) {
                    dt { "From" }
                    dd { (moment(began)) " to " (moment(last)) ", sessions: " (number("time.sessions", report.time.sessions)) }
                }
            }
        },
    )
}

//! The page of a check.

use maud::{Markup, html};

use super::chart::{self, Bar};
use super::layout::{
    self, Head, inputs, moment, next_steps, number, number_cell, section, share, span, tile,
};
use crate::report::document::{
    AffectedOne, AffectedPart, AskedPart, ConfidencePart, DifferencePart, DifferencesPart,
    Findings, GapsPart, VerificationReport,
};
use crate::report::number::{count, plural};

/// The page for `report`.
pub(crate) fn verification_html(report: &VerificationReport) -> String {
    let found = &report.found;
    let head = Head {
        title: "Verification report",
        subject: &format!("{} → app {}", found.subject, found.target.sdk_app_id),
        level: report.verdict.level,
        verdict: &report.verdict.sentence,
        tool: &report.tool,
        generated_at: report.generated_at,
    };
    let body = html! {
        (totals(found))
        (results(found))
        @if let Some(confidence) = &found.confidence { (sample(confidence)) }
        (gaps(&found.gaps))
        (affected(&found.affected, found.import.is_some()))
        (differences(&found.differences))
        (cost(&found.asked))
        (next_steps(&found.next))
        (origin(found))
    };
    layout::page(&head, &body)
}

fn totals(found: &Findings) -> Markup {
    let different = found.differences.total;
    html! {
        dl.tiles {
            @if let Some(import) = &found.import {
                (tile("Counts set", &number("import.counts_set", import.counts_set), "by calls that succeeded"))
            }
            @if let Some(rows) = found.rows {
                (tile("Rows read", &number("rows.read", rows.read), ""))
                (tile("Invalid", &number("rows.invalid", rows.invalid), "left out"))
                @if rows.repeated > 0 {
                    (tile("Repeated", &number("rows.repeated", rows.repeated), "a later row counts"))
                }
            }
            (tile("Looked at", &number("checked", found.checked), ""))
            (tile("Different", &number("differences.total", different), &share(different, found.checked)))
            (tile("Unread expected", &number("sums.expected", found.sums.expected), "all counts together"))
            (tile("Unread found", &number("sums.found", found.sums.found), "where that is known"))
            @if let Some(import) = &found.import {
                @if found.not_set() > 0 {
                    (tile("Calls succeeded", &number("import.calls_succeeded", import.calls_succeeded), &format!("of {} planned", count(import.calls_planned))))
                }
            }
        }
    }
}

fn results(found: &Findings) -> Markup {
    let most = found.results.iter().map(|part| part.counts).max();
    section(
        "results",
        "Results",
        "How each count that was looked at came out.",
        &html! {
            table.cards {
                thead { tr {
                    th scope="col" { "Result" }
                    th.number scope="col" { "Counts" }
                    th.number scope="col" { "Share" }
                    th.bars scope="col" { span.hidden { "Share as a bar" } }
                    th scope="col" { "Meaning" }
                } }
                tbody {
                    @for (index, part) in found.results.iter().enumerate() {
                        tr {
                            td data-label="Result" { code { (part.result) } }
                            (number_cell("Counts", &format!("results.{index}.counts"), part.counts))
                            td.number data-label="Share" { (share(part.counts, found.checked)) }
                            td.bars { @if part.counts > 0 { (chart::cell_bar(part.counts, most.unwrap_or(0))) } }
                            td data-label="Meaning" { (part.meaning) }
                        }
                    }
                }
            }
        },
    )
}

fn sample(confidence: &ConfidencePart) -> Markup {
    section(
        "sample",
        "What the sample proves",
        "",
        &html! {
            p {
                "Of " (number("confidence.of", confidence.of)) " counts, "
                (number("confidence.sample", confidence.sample)) " were chosen at random and looked at. With "
                (format!("{:.0}", confidence.level * 100.0)) " % confidence at most "
                strong { (format!("{:.2}", confidence.at_most_share * 100.0)) " %" }
                " of all counts differ: " (number("confidence.at_most", confidence.at_most)) " of them."
            }
        },
    )
}

fn differences(part: &DifferencesPart) -> Markup {
    if part.total == 0 {
        return html! {};
    }
    let shown = part.shown.len() as u64;
    let note = match (&part.file, part.total - shown) {
        (_, 0) => "All of them.".to_owned(),
        (Some(file), _) => {
            format!(
                "The first {} of {}, by result; `{file}` has all.",
                count(shown),
                count(part.total)
            )
        }
        (None, _) => format!(
            "The first {} of {}, by result; `--differences FILE.csv` lists all.",
            count(shown),
            count(part.total)
        ),
    };
    let audit = part.shown.iter().any(|one| one.peer.is_some());
    let (first, second) = if audit {
        ("Account", "Peer")
    } else {
        ("Group", "Member")
    };
    section(
        "differences",
        "Differences",
        &note,
        &html! {
            table.cards data-sort data-filter="differences" data-kinds {
                thead { tr {
                    th.number scope="col" data-type="number" { "Row" }
                    th scope="col" { (first) }
                    th scope="col" { (second) }
                    th.number scope="col" data-type="number" { "Expected" }
                    th.number scope="col" data-type="number" { "Found" }
                    th scope="col" { "Result, and why" }
                } }
                tbody {
                    @for (index, one) in part.shown.iter().enumerate() {
                        (difference(index, one, [first, second]))
                    }
                }
            }
        },
    )
}

fn difference(index: usize, one: &DifferencePart, [first, second]: [&str; 2]) -> Markup {
    let place = |field: &str| format!("differences.shown.{index}.{field}");
    let major = one.group_id.as_ref().or(one.account.as_ref());
    let minor = one.member_account.as_ref().or(one.peer.as_ref());
    html! {
        tr data-kind=(one.result) {
            (number_cell("Row", &place("row"), one.row))
            td data-label=(first) { @if let Some(id) = major { bdi { code { (id) } } } }
            td data-label=(second) { @if let Some(id) = minor { bdi { code { (id) } } } }
            (number_cell("Expected", &place("expected"), u64::from(one.expected)))
            @match one.found {
                Some(found) => (number_cell("Found", &place("found"), found)),
                None => td.number data-label="Found" data-value="-1" { "–" },
            }
            td data-label="Result" {
                span.tag.(tone(one.result)) { (one.result) }
                @if !one.reason.is_empty() { " " (one.reason) }
            }
        }
    }
}

fn tone(result: &str) -> &'static str {
    if result == "mismatched" {
        "bad"
    } else {
        "warn"
    }
}

fn gaps(part: &GapsPart) -> Markup {
    let Some(last) = part.histogram.last() else {
        return html! {};
    };
    #[expect(clippy::cast_precision_loss, reason = "a label of an axis")]
    let label = |number: u64| chart::short(number as f64);
    let bars: Vec<Bar> = part
        .histogram
        .iter()
        .map(|bar| Bar {
            label: label(bar.from),
            height: bar.counts,
        })
        .collect();
    let description = format!(
        "Distribution of the gaps between what should be there and what is: {} lower, {} higher",
        plural(part.lower, "count"),
        count(part.higher)
    );
    section(
        "gaps",
        "By how much counts differ",
        "Between what should be there and what is, in bars that double; how many counts are off by that.",
        &html! {
            div.pair {
                div { (chart::histogram(&bars, &label(last.to.saturating_add(1)), &description)) }
                table.plain {
                    tbody {
                        tr { th scope="row" { "lower than expected" } td.number { (number("gaps.lower", part.lower)) } }
                        tr { th scope="row" { "higher than expected" } td.number { (number("gaps.higher", part.higher)) } }
                    }
                }
            }
        },
    )
}

fn affected(part: &AffectedPart, groups: bool) -> Markup {
    if part.most.is_empty() {
        return html! {};
    }
    let (heading, name, noun) = if groups {
        ("Groups with differences", "Group", "group")
    } else {
        ("Accounts with differences", "Account", "account")
    };
    let note = format!(
        "The {} with the most, of {}.",
        plural(part.most.len() as u64, noun),
        count(part.count)
    );
    let most = part.most.iter().map(|one| one.differences).max();
    section(
        "affected",
        heading,
        &note,
        &html! {
            table.cards data-sort data-filter="affected" {
                thead { tr {
                    th scope="col" { (name) }
                    th.number scope="col" data-type="number" { "Differences" }
                    th.bars scope="col" data-plain { span.hidden { "Differences as a bar" } }
                    th scope="col" { "Results" }
                } }
                tbody {
                    @for (index, one) in part.most.iter().enumerate() {
                        tr {
                            td data-label=(name) { bdi { code { (one.id) } } }
                            (number_cell("Differences", &format!("affected.most.{index}.differences"), one.differences))
                            td.bars { (chart::cell_bar(one.differences, most.unwrap_or(0))) }
                            td data-label="Results" { (affected_results(index, one)) }
                        }
                    }
                }
            }
        },
    )
}

fn affected_results(index: usize, one: &AffectedOne) -> Markup {
    html! {
        @for (place, part) in one.results.iter().enumerate() {
            @if place > 0 { ", " }
            (number(&format!("affected.most.{index}.results.{place}.counts"), part.counts)) " " (part.result)
        }
    }
}

fn cost(asked: &AskedPart) -> Markup {
    let repeats = asked.attempts.saturating_sub(asked.calls);
    section(
        "cost",
        "What it cost",
        "Calls that only read, each command at its own quota.",
        &html! {
            dl.tiles.small {
                (tile("Calls", &number("asked.calls", asked.calls), &format!("by {}", asked.by)))
                (tile("Attempts", &number("asked.attempts", asked.attempts), &plural(repeats, "repeat")))
                @if asked.rate_limited > 0 {
                    (tile("Asked to slow down", &number("asked.rate_limited", asked.rate_limited), "times"))
                }
                (tile("Busiest second", &number("asked.busiest_second", asked.busiest_second), "calls of one command"))
                (tile("Took", &html! { (span(asked.seconds)) }, ""))
            }
            @if let Some(begun) = asked.continued {
                p.note { "The check was begun at " (moment(begun)) "; what earlier sessions asked is not among these numbers." }
            }
            @if let (Some(group), Some(member)) = (asked.calls_by_group, asked.calls_by_member) {
                p.note {
                    "All of it takes " (number("asked.calls_by_group", group)) " calls by group and "
                    (number("asked.calls_by_member", member)) " by member."
                }
            }
        },
    )
}

fn origin(found: &Findings) -> Markup {
    section(
        "origin",
        "Where this comes from",
        "",
        &html! {
            dl.facts {
                dt { @if found.import.is_some() { "Checkpoint" } @else { "Rows" } }
                dd { bdi { code { (found.subject) } } }
                @if let Some(import) = &found.import {
                    dt { "Run" } dd { code { (import.run) } }
                }
                (inputs(&found.inputs))
                dt { "Target" }
                dd { "app " (found.target.sdk_app_id) " at " bdi { (found.target.endpoint) } ", as " bdi { (found.target.identifier) } }
            }
        },
    )
}

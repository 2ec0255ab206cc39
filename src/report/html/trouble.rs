//! What went wrong in an import: failures, pauses, rejected rows.

use maud::{Markup, html};

use super::layout::{moment, number, number_cell, section, span, tile, words};
use crate::report::count;
use crate::report::document::{FailurePart, PausesPart, RejectedPart};
use crate::report::pause::PauseKind;

/// Failed calls by code, each with what to do and examples.
pub(super) fn failures(failures: &[FailurePart]) -> Markup {
    if failures.is_empty() {
        return html! {};
    }
    let note = "Calls by the API's code. A code of -1 means that no usable answer came.";
    section(
        "failures",
        "Failures by code",
        note,
        &html! {
            table.cards data-sort data-filter="failures" {
                thead { tr {
                    th scope="col" data-type="number" { "Code" }
                    th.number scope="col" data-type="number" { "Calls" }
                    th scope="col" { "Meaning, and what to do" }
                } }
                tbody {
                    @for (index, failure) in failures.iter().enumerate() {
                        tr {
                            td data-label="Code" data-value=(failure.code) { code { (failure.code) } }
                            (number_cell("Calls", &format!("failures.{index}.calls"), failure.calls))
                            td data-label="Meaning" {
                                strong { (failure.meaning) }
                                p { (words(&failure.advice)) }
                                (examples(failure))
                            }
                        }
                    }
                }
            }
        },
    )
}

fn examples(failure: &FailurePart) -> Markup {
    html! {
        @if !failure.examples.is_empty() {
            details {
                summary { "Examples" }
                ul.examples {
                    @for example in &failure.examples {
                        li {
                            "row " (count(example.row)) ": member "
                            bdi { code { (example.member_account) } } " of group "
                            bdi { code { (example.group_id) } }
                            @if let Some(unread) = example.unread_num { ", count " (count(u64::from(unread))) }
                            @if !example.info.is_empty() { ": " bdi { q { (example.info) } } }
                        }
                    }
                }
            }
        }
    }
}

/// When the import stood still.
pub(super) fn pauses(pauses: &PausesPart) -> Markup {
    if pauses.list.is_empty() {
        return html! {};
    }
    let kinds = [
        (PauseKind::RateLimited, "rate_limited", pauses.rate_limited),
        (PauseKind::Outage, "outage", pauses.outage),
        (PauseKind::Silence, "silence", pauses.silence),
    ];
    let note = "When no new calls were settled. Only the process that sends them knows why; of other sessions the log shows the gap.";
    section(
        "pauses",
        "Pauses",
        note,
        &html! {
            dl.tiles.small {
                @for (kind, name, sum) in kinds {
                    @if sum.count > 0 {
                        (tile(kind.words(), &number(&format!("pauses.{name}.count"), sum.count), &format!("{} in all", span(sum.seconds))))
                    }
                }
            }
            table.cards data-sort data-filter="pauses" data-kinds {
                thead { tr {
                    th scope="col" { "Began" }
                    th.number scope="col" data-type="number" { "Lasted" }
                    th scope="col" { "Why" }
                } }
                tbody {
                    @for pause in &pauses.list {
                        tr data-kind=(pause.kind.words()) {
                            td data-label="Began" data-value=(pause.at.to_string()) { (moment(pause.at)) }
                            td.number data-label="Lasted" data-value=(pause.seconds) { (span(pause.seconds)) }
                            td data-label="Why" {
                                (pause.kind.words())
                                @if let Some(code) = pause.code { " (" code { (code) } ")" }
                                @if !pause.info.is_empty() { ": " bdi { (pause.info) } }
                            }
                        }
                    }
                }
            }
        },
    )
}

/// Rejected rows by reason.
pub(super) fn rejected(reasons: &[RejectedPart]) -> Markup {
    if reasons.is_empty() {
        return html! {};
    }
    let note = "Invalid rows that were skipped, by the first problem of each. They are in the log and in the output of `im-unread failures`.";
    section(
        "rejected",
        "Rejected rows",
        note,
        &html! {
            table.cards data-sort data-filter="rejected" {
                thead { tr {
                    th scope="col" { "Problem" }
                    th.number scope="col" data-type="number" { "Rows" }
                    th scope="col" { "What to do" }
                } }
                tbody {
                    @for (index, reason) in reasons.iter().enumerate() {
                        tr {
                            td data-label="Problem" { strong { (reason.title) } br; code { (reason.code) } }
                            (number_cell("Rows", &format!("rejected.{index}.rows"), reason.rows))
                            td data-label="What to do" { (words(reason.help)) }
                        }
                    }
                }
            }
        },
    )
}

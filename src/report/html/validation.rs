//! The page of a first pass.

use maud::{Markup, html};

use super::chart::{self, Bar};
use super::coverage;
use super::layout::{
    self, Head, inputs, next_steps, number, number_cell, section, share, span, tile, words,
};
use super::left::left;
use crate::report::document::{GroupsPart, ValidationReport};
use crate::report::number::{count, plural};
use crate::report::shape::{CountsPart, TypePart};
use crate::report::validation::{Problem, Shown};

/// The page for `report`.
pub(crate) fn validation_html(report: &ValidationReport) -> String {
    let names: Vec<&str> = report
        .inputs
        .iter()
        .map(|input| input.path.as_str())
        .collect();
    let head = Head {
        title: "Validation report",
        subject: &names.join(", "),
        level: report.verdict.level,
        verdict: &report.verdict.sentence,
        tool: &report.tool,
        generated_at: report.generated_at,
    };
    let body = html! {
        (totals(report))
        (problems(&report.problems))
        @if let Some(clamps) = &report.clamps { (coverage::clamps(clamps)) }
        @if report.calls.planned > 0 {
            (counts(&report.counts))
            (types(&report.group_types, report.calls.planned))
            (groups(&report.groups))
        }
        (duplicates(report))
        (coverage::maps(&report.maps))
        (left("left_out", &report.left_out))
        (left("remarks", &report.remarks))
        (next_steps(&report.next))
        (section("origin", "Where this comes from", "", &html! {
            dl.facts { (inputs(&report.inputs)) }
        }))
    };
    layout::page(&head, &body)
}

fn totals(report: &ValidationReport) -> Markup {
    let rows = report.rows;
    let time = format!("at {} calls/s", report.estimate.qps);
    html! {
        dl.tiles {
            (tile("Rows read", &number("rows.read", rows.read), ""))
            (tile("Invalid", &number("rows.invalid", rows.invalid), &share(rows.invalid, rows.read)))
            (tile("Duplicates", &number("rows.duplicates", rows.duplicates), "part of another row's call"))
            @if rows.skipped > 0 {
                (tile("Skipped", &number("rows.skipped", rows.skipped), "a count of 0"))
            }
            (tile("Calls to send", &number("calls.planned", report.calls.planned), "one for each member of a group"))
            (tile("Groups", &number("groups.count", report.groups.count), ""))
            (tile("Takes", &html! { (span(report.estimate.seconds_at_qps)) }, &time))
        }
    }
}

fn problems(problems: &[Problem]) -> Markup {
    if problems.is_empty() {
        return html! {};
    }
    let note = "Counts are complete; of each kind the first examples are shown. A row can have several problems. Rows with an error are not sent, rows with a warning are. `im-unread explain CODE` tells more.";
    section(
        "problems",
        "Problems",
        note,
        &html! {
            table.cards data-sort data-filter="problems" data-kinds {
                thead { tr {
                    th scope="col" { "Problem" }
                    th scope="col" { "Severity" }
                    th.number scope="col" data-type="number" { "Count" }
                    th scope="col" { "Expected, and what to do" }
                } }
                tbody {
                    @for (index, problem) in problems.iter().enumerate() {
                        tr data-kind=(problem.severity) {
                            td data-label="Problem" {
                                strong { (problem.title) } br; code { (problem.code) }
                                (examples(problem))
                            }
                            td data-label="Severity" { span.tag.(tone(problem.severity)) { (problem.severity) } }
                            (number_cell("Count", &format!("problems.{index}.count"), problem.count))
                            td data-label="Expected" {
                                (words(problem.expected))
                                @if let Some(example) = problem.examples.first() { p { (words(example.help)) } }
                            }
                        }
                    }
                }
            }
        },
    )
}

fn tone(severity: &str) -> &'static str {
    if severity == "error" { "bad" } else { "warn" }
}

/// The first example in sight, the others behind a click.
fn examples(problem: &Problem) -> Markup {
    let more = problem.count.saturating_sub(problem.examples.len() as u64);
    let Some((first, others)) = problem.examples.split_first() else {
        return html! {};
    };
    html! {
        p.example { (place(first)) }
        @if !others.is_empty() {
            details {
                summary { (plural(others.len() as u64, "more example")) }
                ul.examples {
                    @for example in others { li { (place(example)) } }
                    @if more > 0 { li.note { "and " (count(more)) " more" } }
                }
            }
        }
    }
}

fn place(example: &Shown) -> Markup {
    html! {
        bdi { (example.file) } ":" (example.line) ", " code { (example.column) } ": "
        @if example.found.is_empty() { "nothing" } @else { bdi { code.found { (example.found) } } }
        @if let Some(other) = &example.other {
            ", but " code.found { (other.unread_num) } " on line " (count(other.line))
            @if other.file != example.file { " of " bdi { (other.file) } }
        }
    }
}

fn counts(counts: &CountsPart) -> Markup {
    let bars: Vec<Bar> = counts
        .histogram
        .iter()
        .map(|bar| Bar {
            label: chart::short(f64::from(bar.from)),
            height: bar.calls,
        })
        .collect();
    let last = counts
        .histogram
        .last()
        .map_or(0, |bar| u64::from(bar.to) + 1);
    let last = chart::short(crate::report::document::float(last));
    let description = format!(
        "Distribution of the counts to set: {} of 0, the highest is {}",
        count(counts.zeros),
        count(u64::from(counts.highest))
    );
    let note =
        "The counts that would be set, in bars that double; how many calls set a count in each.";
    section(
        "counts",
        "Unread counts",
        note,
        &html! {
            div.pair {
                div { (chart::histogram(&bars, &last, &description)) }
                table.plain {
                    tbody {
                        tr { th scope="row" { "highest count" } td.number { (number("counts.highest", u64::from(counts.highest))) } }
                        tr { th scope="row" { "mean" } td.number { (format!("{:.1}", counts.mean)) } }
                        tr { th scope="row" { "counts of 0" } td.number { (number("counts.zeros", counts.zeros)) } }
                        tr { th scope="row" { "all counts together" } td.number { (number("counts.sum", counts.sum)) } }
                    }
                }
            }
        },
    )
}

fn types(types: &[TypePart], planned: u64) -> Markup {
    let most = types.iter().map(|part| part.calls).max().unwrap_or(0);
    let note = "Calls by the type that the input tells of their group. Groups that keep no unread counts are among the problems.";
    section(
        "types",
        "Group types",
        note,
        &html! {
            table.plain {
                thead { tr {
                    th scope="col" { "Type" }
                    th.number scope="col" { "Calls" }
                    th.number scope="col" { "Share" }
                    th.bars scope="col" { span.hidden { "Share as a bar" } }
                } }
                tbody {
                    @for (index, part) in types.iter().enumerate() {
                        tr {
                            th scope="row" { (part.group_type.unwrap_or("not told")) }
                            td.number { (number(&format!("group_types.{index}.calls"), part.calls)) }
                            td.number { (share(part.calls, planned)) }
                            td.bars { (chart::cell_bar(part.calls, most)) }
                        }
                    }
                }
            }
        },
    )
}

fn groups(groups: &GroupsPart) -> Markup {
    let most = groups
        .biggest
        .iter()
        .map(|group| group.calls)
        .max()
        .unwrap_or(0);
    let note = format!(
        "The {} with the most calls, of {}.",
        plural(groups.biggest.len() as u64, "group"),
        count(groups.count)
    );
    section(
        "groups",
        "Biggest groups",
        &note,
        &html! {
            table.cards data-sort data-filter="groups" {
                thead { tr {
                    th scope="col" { "Group" }
                    th.number scope="col" data-type="number" { "Calls" }
                    th.bars scope="col" data-plain { span.hidden { "Calls as a bar" } }
                    th.number scope="col" data-type="number" { "Unread messages" }
                } }
                tbody {
                    @for (index, group) in groups.biggest.iter().enumerate() {
                        tr {
                            td data-label="Group" { bdi { code { (group.group_id) } } }
                            (number_cell("Calls", &format!("groups.biggest.{index}.calls"), group.calls))
                            td.bars { (chart::cell_bar(group.calls, most)) }
                            (number_cell("Unread messages", &format!("groups.biggest.{index}.unread"), group.unread))
                        }
                    }
                }
            }
        },
    )
}

fn duplicates(report: &ValidationReport) -> Markup {
    let part = report.duplicates;
    if part.folded + part.conflicting == 0 {
        return html! {};
    }
    let rule = match part.policy {
        "first" => "the first row counts",
        "last" => "the last row counts",
        "max" => "the highest count is set",
        "sum" => "the counts are added up",
        _ => "identical repeats are one call, rows that disagree are invalid",
    };
    let note = format!(
        "Rows of one member of one group, by `--on-duplicate {}`: {rule}.",
        part.policy
    );
    section(
        "duplicates",
        "Duplicates",
        &note,
        &html! {
            dl.tiles.small {
                (tile("Folded", &number("duplicates.folded", part.folded), "part of another row's call"))
                (tile("In conflict", &number("duplicates.conflicting", part.conflicting), "invalid"))
            }
        },
    )
}

//! Where the input and the target do not meet: counts that will be cut, and ids that maps lack.

use maud::{Markup, html};

use super::layout::{number, number_cell, section, tile};
use crate::report::number::count;
use crate::report::validation::{ClampedGroup, ClampsPart, MapPart, MergedIds, UnmappedId};

/// The counts that the target cuts.
pub(super) fn clamps(clamps: &ClampsPart) -> Markup {
    let note = "The target sets no count above the number of messages of the group: such a call succeeds and sets that number instead. This is what the online checks found.";
    section(
        "clamps",
        "Counts that will be cut",
        note,
        &html! {
            dl.tiles.small {
                (tile("Calls", &number("clamps.calls", clamps.calls), "set less than their count"))
                @if clamps.calls > 0 {
                    (tile("Groups", &number("clamps.groups.count", clamps.groups.count), "of these calls"))
                    (tile("Messages", &number("clamps.lost", clamps.lost), "that will not be counted"))
                }
            }
            @if clamps.calls > 0 { (worst(clamps)) (clamped_groups(clamps)) }
        },
    )
}

fn worst(clamps: &ClampsPart) -> Markup {
    html! {
        (list_of("Calls that lose most", clamps.worst.len(), clamps.calls))
        table.cards data-sort data-filter="cut counts" id="clamped-calls" {
            thead { tr {
                th scope="col" { "Group" }
                th scope="col" { "Member" }
                th scope="col" data-type="number" { "Line" }
                th.number scope="col" data-type="number" { "Count" }
                th.number scope="col" data-type="number" { "Becomes" }
            } }
            tbody {
                @for (index, call) in clamps.worst.iter().enumerate() {
                    @let path = |member: &str| format!("clamps.worst.{index}.{member}");
                    tr {
                        td data-label="Group" { bdi { code { (call.group_id) } } }
                        td data-label="Member" { bdi { code { (call.member_account) } } }
                        td data-label="Line" data-value=(call.line) { bdi { (call.file) } ":" (call.line) }
                        (number_cell("Count", &path("unread_num"), u64::from(call.unread_num)))
                        (number_cell("Becomes", &path("becomes"), u64::from(call.becomes)))
                    }
                }
            }
        }
    }
}

fn clamped_groups(clamps: &ClampsPart) -> Markup {
    let groups: &[ClampedGroup] = &clamps.groups.biggest;
    html! {
        (list_of("Groups with the most such calls", groups.len(), clamps.groups.count))
        table.plain data-sort id="clamped-groups" {
            thead { tr {
                th scope="col" { "Group" }
                th.number scope="col" data-type="number" { "Calls" }
                th.number scope="col" data-type="number" { "Not counted" }
            } }
            tbody {
                @for (index, group) in groups.iter().enumerate() {
                    @let path = |member: &str| format!("clamps.groups.biggest.{index}.{member}");
                    tr {
                        td data-label="Group" { bdi { code { (group.group_id) } } }
                        (number_cell("Calls", &path("calls"), group.calls))
                        (number_cell("Not counted", &path("lost"), group.lost))
                    }
                }
            }
        }
    }
}

/// The heading of a list, and which part of it is shown if that is not all.
fn list_of(heading: &str, shown: usize, all: u64) -> Markup {
    html! {
        h3 { (heading) }
        @if (shown as u64) < all { p.note { (count(shown as u64)) " of " (count(all)) " are listed." } }
    }
}

/// How far each id map covers the input.
pub(super) fn maps(maps: &[MapPart]) -> Markup {
    if maps.is_empty() {
        return html! {};
    }
    let note = "Rows whose id a map does not have are invalid. Ids that no row has do no harm: they may belong to another export.";
    section(
        "maps",
        "Id maps",
        note,
        &html! { @for (index, part) in maps.iter().enumerate() { (map(index, part)) } },
    )
}

fn map(index: usize, map: &MapPart) -> Markup {
    let at = |member: &str, value| number(&format!("maps.{index}.{member}"), value);
    let rows = html! { "in " (at("unmapped_rows", map.unmapped_rows)) " rows" };
    html! {
        h3 { "Ids of " code { (map.column) } " by " bdi { (map.file) } }
        dl.tiles.small {
            (tile("Ids in the map", &at("entries", map.entries), ""))
            (tile("Used", &at("used", map.used), "by a row or more"))
            (tile("Unused", &at("unused", map.unused), "by no row"))
            div.tile {
                dt { "Not in the map" }
                dd.value { (at("unmapped_ids", map.unmapped_ids)) }
                dd.note { (rows) }
            }
            @if map.merged > 0 {
                (tile("Merged", &at("merged", map.merged), "ids with the target of another"))
            }
        }
        (unmapped(index, map))
        (unused(map))
        (merged(map))
    }
}

fn unmapped(index: usize, map: &MapPart) -> Markup {
    let ids: &[UnmappedId] = &map.unmapped_examples;
    if ids.is_empty() {
        return html! {};
    }
    html! {
        (list_of("Ids that the map lacks, by their rows", ids.len(), map.unmapped_ids))
        table.plain data-sort {
            thead { tr {
                th scope="col" { "Id" }
                th.number scope="col" data-type="number" { "Rows" }
            } }
            tbody {
                @for (place, id) in ids.iter().enumerate() {
                    tr {
                        td data-label="Id" { bdi { code { (id.id) } } }
                        (number_cell("Rows", &format!("maps.{index}.unmapped_examples.{place}.rows"), id.rows))
                    }
                }
            }
        }
    }
}

fn unused(map: &MapPart) -> Markup {
    let more = map.unused.saturating_sub(map.unused_examples.len() as u64);
    html! {
        @if !map.unused_examples.is_empty() {
            details {
                summary { "Ids that no row has" }
                ul.examples {
                    @for id in &map.unused_examples { li { bdi { code { (id) } } } }
                    @if more > 0 { li.note { "and " (count(more)) " more" } }
                }
            }
        }
    }
}

fn merged(map: &MapPart) -> Markup {
    let examples: &[MergedIds] = &map.merged_examples;
    let more = map.merged.saturating_sub(examples.len() as u64);
    html! {
        @if !examples.is_empty() {
            details {
                summary { "Ids that are one at the target" }
                ul.examples {
                    @for MergedIds { target, sources: [first, second] } in examples {
                        li { bdi { code { (first) } } " and " bdi { code { (second) } } " are " bdi { code { (target) } } }
                    }
                    @if more > 0 { li.note { "and " (count(more)) " more" } }
                }
            }
        }
    }
}

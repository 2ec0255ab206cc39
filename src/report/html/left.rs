//! The sections on what was left out of an input, and on what is remarked upon.

use maud::{Markup, html};

use super::layout::{number_cell, section};
use crate::report::validation::LeftPart;

/// The section for the list that the JSON calls `path`; nothing of an empty one.
pub(super) fn left(path: &str, parts: &[LeftPart]) -> Markup {
    if parts.is_empty() {
        return html! {};
    }
    let (heading, note) = match path {
        "left_out" => (
            "Left out",
            "Rows of the export that get no call, by reason, with the unread messages they hold.",
        ),
        _ => (
            "Remarks",
            "Rows that were taken, and whose counts are not what an exact export would say.",
        ),
    };
    section(
        path,
        heading,
        note,
        &html! {
            table.cards {
                thead { tr {
                    th scope="col" { "Reason" }
                    th.number scope="col" { "Rows" }
                    th.number scope="col" { "Unread" }
                    th.number scope="col" { "Rows without a count" }
                } }
                tbody {
                    @for (index, part) in parts.iter().enumerate() {
                        tr {
                            td data-label="Reason" { code { (part.reason) } }
                            (number_cell("Rows", &format!("{path}.{index}.rows"), part.rows))
                            (number_cell("Unread", &format!("{path}.{index}.unread"), part.unread))
                            (number_cell("Rows without a count", &format!("{path}.{index}.unknown"), part.unknown))
                        }
                    }
                }
            }
        },
    )
}

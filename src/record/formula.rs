//! Cells that a spreadsheet would take for a formula.
//!
//! Files that this program writes for people to open (rejects, failures) put an apostrophe before
//! such cells, and before cells that begin with one. Inputs with a `reason_code` column are such
//! files, and have it taken off again: what is written reads back unchanged. Plain numbers and
//! the vendor's own ids (`@TGS#…`) are no formulas and stay as they are.

use std::borrow::Cow;

/// The columns that such files add to those of the input.
pub(crate) const ADDED_COLUMNS: [&str; 3] = ["reason_code", "reason", "line"];

/// Whether a spreadsheet may take `cell` for a formula.
fn is_start_of_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A number or an id of the vendor's.
fn is_harmless(cell: &str) -> bool {
    let digits = cell.strip_prefix(['-', '+']);
    if let Some(digits) = digits {
        return !digits.is_empty()
            && digits
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.');
    }
    cell.strip_prefix("@TGS#").is_some_and(|id| {
        id.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'#' | b'@' | b'_'))
    })
}

/// `cell` as it is written to a file that may be opened in a spreadsheet.
pub(crate) fn guard(cell: &str) -> Cow<'_, str> {
    let formula = is_start_of_formula(cell) && !is_harmless(cell);
    if formula || cell.starts_with('\'') {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// What `guard` was given to write `cell`.
pub(crate) fn unguard(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with('\'') || is_start_of_formula(rest) => rest,
        Some(_) | None => cell,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_are_guarded_and_ids_and_numbers_are_not() {
        for cell in [
            "=1+1", "+A1", "-A1", "@SUM(A1)", "\tx", "\rx", "'x", "@TGS#2|x", "-", "-1+1",
        ] {
            assert_eq!(guard(cell), format!("'{cell}"));
        }
        for cell in [
            "",
            "g",
            "@TGS#2CLUZEAEJ",
            "@TGS#_@TGS#cQVLVHIM62CJ",
            "-1",
            "+5",
            "-1.5",
            "a=b",
        ] {
            assert_eq!(guard(cell), cell);
        }
    }

    proptest! {
        #[test]
        fn what_is_guarded_reads_back_unchanged(cell in "['=+@\t\r1a#TGS-]{0,8}|.{0,8}") {
            let guarded = guard(&cell);
            prop_assert_eq!(unguard(&guarded), cell.as_str());
        }
    }
}

//! The XML forms of answers (reference, unread count): what older callers ask for.

use std::fmt::Write as _;

use serde_json::Value;

/// The counts of a user: an item a dialog, and the total.
pub(super) fn counts(counts: &Value) -> String {
    let mut text =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<items type=\"array\">");
    let total = &counts["total"];
    for (id, count) in counts.as_object().into_iter().flatten() {
        if id != "total" {
            let id = escaped(id);
            write!(
                text,
                "<item><chat_dialog_id>{id}</chat_dialog_id><count type=\"integer\">{count}</count></item>"
            )
            .expect("a text takes all that is written to it");
        }
    }
    writeln!(text, "<total type=\"integer\">{total}</total></items>")
        .expect("a text takes all that is written to it");
    text
}

/// The texts of a refusal.
pub(super) fn errors(errors: &Value) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<errors>");
    for error in errors.as_array().into_iter().flatten() {
        let error = escaped(error.as_str().unwrap_or_default());
        write!(text, "<error>{error}</error>").expect("a text takes all that is written to it");
    }
    text.push_str("</errors>\n");
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn counts_and_errors_have_the_form_of_the_reference() {
        let text = counts(&json!({"total": 10, "a<b": 0}));
        let expected = "<items type=\"array\"><item><chat_dialog_id>a&lt;b</chat_dialog_id>\
            <count type=\"integer\">0</count></item><total type=\"integer\">10</total></items>\n";
        assert_eq!(text.split_once('\n').unwrap().1, expected);
        let text = errors(&json!(["no & never"]));
        assert!(text.ends_with("<errors><error>no &amp; never</error></errors>\n"));
    }
}

//! Whether a file is a report of this tool, by its beginning.

use super::html::GENERATOR;

/// Whether a file that begins with `head` is a report, as a page or as JSON.
pub(crate) fn is_report(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head);
    is_page(&head) || is_json(&head)
}

fn is_page(head: &str) -> bool {
    let mark = format!("<meta name=\"generator\" content=\"{GENERATOR}\">");
    head.starts_with("<!DOCTYPE html>") && head.contains(&mark)
}

/// The members that all reports begin with, in their order.
fn is_json(head: &str) -> bool {
    let Some(mut rest) = head.strip_prefix('{') else {
        return false;
    };
    ["report", "version", "tool", "generated_at"]
        .iter()
        .all(|name| {
            let member = rest.trim_start().strip_prefix(&format!("\"{name}\": "));
            let after = member.and_then(|member| member.split_once(",\n"));
            let known = after.is_some();
            rest = after.map_or("", |(_, after)| after);
            known
        })
}

#[cfg(test)]
mod tests {
    use super::is_report;

    #[test]
    fn a_report_is_known_by_its_beginning_and_other_files_are_not() {
        let json = "{\n  \"report\": \"import\",\n  \"version\": 1,\n  \"tool\": \"0.1.0\",\n  \"generated_at\": \"2026-01-01T00:00:00Z\",\n  \"ver";
        for (head, expected) in [
            (json, true),
            (
                "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"generator\" content=\"im-unread\"><meta",
                true,
            ),
            ("<!DOCTYPE html><html><head><title>im-unread", false),
            ("{\"report\": \"import\"}", false),
            ("{\n  \"report\": \"import\",\n  \"name\": 1,\n", false),
            ("[{\"group_id\":\"g\"}]", false),
            ("group,user,count\n", false),
        ] {
            assert_eq!(is_report(head.as_bytes()), expected, "{head}");
        }
    }
}

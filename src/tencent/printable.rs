//! Text of a server made safe for a terminal, a log line and a report.

use crate::record::push_escaped;

/// How many characters of a server's or a cause's text are kept.
pub(super) const INFO_MAX: usize = 200;

/// The length from which an unbroken run of signature characters is hidden: group ids end at 48
/// bytes and every UserSig is longer than 100, so nothing worth reading is lost.
const SIGNATURE_RUN: usize = 64;

/// `text` on one line, with everything that could steer a terminal or a reader escaped, runs that
/// look like a signature hidden, and at most `limit` characters, the last of which is `…` if more
/// were there.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    let mut out = String::new();
    // A text may be megabytes long. No character takes more than 4 bytes, so beyond four times
    // the limit there is enough to cut.
    let enough = limit.saturating_mul(4);
    for part in parts(text) {
        match part {
            Part::Signature => out.push_str("[hidden]"),
            Part::Text(text) => {
                for character in text.chars() {
                    push_escaped(&mut out, character);
                    if out.len() > enough {
                        return cut(out, limit);
                    }
                }
            }
        }
    }
    cut(out, limit)
}

enum Part<'a> {
    Text(&'a str),
    Signature,
}

/// Splits at the edges of runs of signature characters.
fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let inside = in_signature(rest.chars().next()?);
        let end = rest
            .find(|character| in_signature(character) != inside)
            .unwrap_or(rest.len());
        let (part, later) = rest.split_at_checked(end)?;
        rest = later;
        Some(if inside && part.len() >= SIGNATURE_RUN {
            Part::Signature
        } else {
            Part::Text(part)
        })
    })
}

/// Whether a UserSig, or base64 of any alphabet, may contain the character.
fn in_signature(character: char) -> bool {
    character.is_ascii_alphanumeric() || "*-_+/=%".contains(character)
}

fn cut(mut text: String, limit: usize) -> String {
    if text.chars().count() > limit {
        let end = text
            .char_indices()
            .nth(limit.saturating_sub(1))
            .map_or(0, |(at, _)| at);
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::is_shown;

    #[test]
    fn terminal_escapes_line_breaks_and_direction_marks_are_spelt_out() {
        let hostile = "a\u{1b}[31mb\r\nc\u{202e}d\u{9b}e\u{2028}\0";
        let shown = r"a\u{1b}[31mb\r\nc\u{202e}d\u{9b}e\u{2028}\u{0}";
        assert_eq!(shortened(hostile, 200), shown);
    }

    #[test]
    fn ordinary_text_of_any_language_stays_as_it_is() {
        let text = "this group does not exist: @TGS#2J4SZEAEL 群组不存在 “é”";
        assert_eq!(shortened(text, 200), text);
    }

    #[test]
    fn a_signature_in_the_text_is_hidden_wherever_the_cut_falls() {
        let signature = "eJwtzE0LgkAYBOD-Mt*".repeat(9);
        let text = format!("verify failed: {signature}, retry");
        assert_eq!(shortened(&text, 200), "verify failed: [hidden], retry");
        assert_eq!(shortened(&text, 20), "verify failed: [hid…");
    }

    #[test]
    fn what_is_cut_off_is_marked_however_much_it_is() {
        assert_eq!(shortened(&"- ".repeat(3_000_000), 5), "- - …");
        assert_eq!(shortened(&"\u{1b}".repeat(90), 5), "\\u{1…");
        assert_eq!(shortened("exact", 5), "exact");
    }

    proptest! {
        #[test]
        fn the_result_is_one_short_line_without_control_characters(text in any::<String>(), limit in 1_usize..300) {
            let shown = shortened(&text, limit);
            prop_assert!(shown.chars().count() <= limit);
            prop_assert!(shown.chars().all(is_shown));
        }
    }
}

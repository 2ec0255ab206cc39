//! Text of strangers made safe to show: on a terminal, in a log line, in a report. Pure.
//!
//! One rule for which characters may stand as they are; how much of a text is shown is a matter of
//! the place.

use std::fmt::Write as _;

/// `text` with everything that could steer a terminal, break a line or hide from a reader spelt
/// out.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        push_escaped(&mut safe, character);
    }
    safe
}

/// Adds a character as it is, or its escape if it must not be shown as it is.
pub(crate) fn push_escaped(out: &mut String, character: char) {
    match character {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        _ if !is_shown(character) => {
            write!(out, "\\u{{{:x}}}", u32::from(character)).expect("a String takes every write");
        }
        _ => out.push(character),
    }
}

/// Whether a character prints something and leaves what stands around it alone. Line separators,
/// joiners, direction overrides and tags do not.
pub(crate) fn is_shown(character: char) -> bool {
    let invisible = matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    );
    !invisible && !character.is_control()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_steers_breaks_or_hides_is_spelt_out_and_the_rest_stays() {
        let hostile = "a\u{1b}[31mb\r\nc\u{202e}d\u{9b}e\u{2028}\0\u{feff}\u{200b}";
        let shown = r"a\u{1b}[31mb\r\nc\u{202e}d\u{9b}e\u{2028}\u{0}\u{feff}\u{200b}";
        assert_eq!(escaped(hostile), shown);
        let text = r#"@TGS#2J4SZEAEL 群组不存在 “é” "quoted" back\slash"#;
        assert_eq!(escaped(text), text);
    }

    proptest! {
        #[test]
        fn every_character_of_the_result_is_shown(text in any::<String>()) {
            prop_assert!(escaped(&text).chars().all(is_shown));
        }
    }
}

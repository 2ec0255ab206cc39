//! A line of an input as it is shown to a person.

use std::ops::Range;

use super::secret::{WITHHELD, is_perhaps_secret};

/// One physical line of a record, safe to print, and the part of it that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excerpt {
    /// Its physical line number, from 1.
    pub(crate) line: u64,
    /// The line, without anything that could act on a terminal; very long ones are cut.
    pub(crate) text: String,
    /// Bytes of `text` to underline.
    pub(crate) span: Range<usize>,
}

/// Most bytes of a line before and after the part that matters: more than a terminal shows.
const AROUND: usize = 400;

impl Excerpt {
    /// Cuts the line out of `raw`, a record that starts on line `line`, in which `span` matters.
    /// Shows nothing of a record that is perhaps a secret.
    pub(crate) fn cut(line: u64, raw: &[u8], span: Range<usize>) -> Self {
        if is_perhaps_secret(raw) {
            return Self {
                line,
                text: WITHHELD.to_owned(),
                span: 0..WITHHELD.len(),
            };
        }
        let start = span.start.min(raw.len());
        let (before, rest) = raw.split_at(start);
        let lines_before = memchr::memchr_iter(b'\n', before).count() as u64;
        let before = before
            .rsplit(|&byte| byte == b'\n')
            .next()
            .unwrap_or_default();
        let before = before
            .get(before.len().saturating_sub(AROUND)..)
            .unwrap_or_default();
        let first_line = |bytes: &[u8]| memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
        let rest = rest
            .get(..first_line(rest))
            .unwrap_or_default()
            .trim_ascii_end();
        let length = span.end.saturating_sub(start).min(rest.len()).min(AROUND);
        let (marked, after) = rest.split_at(length);
        let after = after.get(..after.len().min(AROUND)).unwrap_or_default();
        let mut text = printable(before);
        let start = text.len();
        text.push_str(&printable(marked));
        let span = start..text.len();
        text.push_str(&printable(after));
        Self {
            line: line + lines_before,
            text,
            span,
        }
    }
}

/// `bytes` as text in which every character that could act on a terminal is replaced.
fn printable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .map(|character| match character {
            '"' | '\'' | '\\' | '\t' => character,
            // The escaped form of a character that prints is the character itself.
            other if other.escape_debug().len() == 1 => other,
            _ => char::REPLACEMENT_CHARACTER,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_line_that_holds_the_part_is_shown_without_control_characters() {
        let raw = b"one,\"two\nth\x1b[1mree\",\xff,four\r\nfive";
        let excerpt = Excerpt::cut(7, raw, 20..21);
        let expected = Excerpt {
            line: 8,
            text: "th\u{fffd}[1mree\",\u{fffd},four".to_owned(),
            span: 13..16,
        };
        assert_eq!(excerpt, expected);
    }

    proptest! {
        #[test]
        fn the_span_lies_on_characters_of_the_text(
            raw in prop::collection::vec(any::<u8>(), 0..900), start in 0..1000_usize, length in 0..1000_usize
        ) {
            let excerpt = Excerpt::cut(1, &raw, start..start + length);
            prop_assert!(excerpt.text.get(excerpt.span).is_some());
            prop_assert!(!excerpt.text.contains('\n'));
        }
    }
}

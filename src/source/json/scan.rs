//! Where a JSON value ends, without looking at what it means.

use memchr::memchr2;

/// Deepest nesting that is followed. `serde_json` stops at the same depth.
const DEPTH: u32 = 127;

/// What stands at the front of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) enum Scan {
    /// A value of this many bytes; brackets and quotes in it are balanced.
    Value(usize),
    /// The value goes on behind the window.
    Cut,
    /// At this byte no value can go on.
    Broken(usize),
}

/// Finds the end of the value that starts at the first byte of `window`.
pub(in crate::source) fn value(window: &[u8]) -> Scan {
    match window.first() {
        None => Scan::Cut,
        Some(b'{' | b'[') => nested(window),
        Some(b'"') => match string(window, 0) {
            Some(end) => Scan::Value(end),
            None => Scan::Cut,
        },
        Some(_) => scalar(window),
    }
}

/// The byte behind the string that opens at `start`.
fn string(window: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        let hit = at + memchr2(b'"', b'\\', window.get(at..)?)?;
        if window.get(hit) == Some(&b'"') {
            return Some(hit + 1);
        }
        at = hit + 2;
    }
}

fn nested(window: &[u8]) -> Scan {
    // One bit a level, the innermost last: 1 for an object, 0 for an array.
    let mut levels: u128 = 0;
    let mut depth = 0;
    let mut at = 0;
    while let Some(&byte) = window.get(at) {
        at += 1;
        match byte {
            b'"' => match string(window, at - 1) {
                Some(end) => at = end,
                None => return Scan::Cut,
            },
            b'{' | b'[' => {
                if depth == DEPTH {
                    return Scan::Broken(at - 1);
                }
                levels = levels << 1 | u128::from(byte == b'{');
                depth += 1;
            }
            b'}' | b']' => {
                if levels & 1 != u128::from(byte == b'}') {
                    return Scan::Broken(at - 1);
                }
                levels >>= 1;
                depth -= 1;
                if depth == 0 {
                    return Scan::Value(at);
                }
            }
            _ => {}
        }
    }
    Scan::Cut
}

fn scalar(window: &[u8]) -> Scan {
    let inside = |byte: &&u8| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b']' | b'}');
    match window.iter().take_while(inside).count() {
        0 => Scan::Broken(0),
        end if end == window.len() => Scan::Cut,
        end => Scan::Value(end),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_end_where_their_brackets_and_quotes_do() {
        for (text, expected) in [
            ("{} x", Scan::Value(2)),
            (r#"{"a}":"\"}",  "b":[{}]},"#, Scan::Value(23)),
            (r#""a\\" "#, Scan::Value(5)),
            ("12,", Scan::Value(2)),
            ("12", Scan::Cut),
            ("{\"a\":1", Scan::Cut),
            ("{\"a", Scan::Cut),
            ("{\"a\\", Scan::Cut),
            ("", Scan::Cut),
            ("{]", Scan::Broken(1)),
            (",", Scan::Broken(0)),
        ] {
            assert_eq!(value(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(value("[".repeat(1000).as_bytes()), Scan::Broken(127));
    }

    proptest! {
        #[test]
        fn a_value_cut_anywhere_is_never_taken_for_a_shorter_one(
            keys in prop::collection::vec(".{0,8}", 0..5), cut in 0_usize..200
        ) {
            let object: serde_json::Map<String, serde_json::Value> =
                keys.into_iter().map(|key| (key.clone(), serde_json::json!([key, {"n": 1}]))).collect();
            let text = serde_json::to_string(&object).unwrap();
            prop_assert_eq!(value(text.as_bytes()), Scan::Value(text.len()));
            if cut < text.len() {
                prop_assert_eq!(value(&text.as_bytes()[..cut]), Scan::Cut);
            }
        }

        #[test]
        fn no_bytes_make_the_scan_panic(bytes: Vec<u8>) {
            let end = match value(&bytes) {
                Scan::Value(end) | Scan::Broken(end) => end,
                Scan::Cut => 0,
            };
            prop_assert!(end <= bytes.len());
        }
    }
}

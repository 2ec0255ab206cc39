//! The members of an object at a fraction of the cost of a full parser: the values that records
//! mostly have are told by their first byte. What this does not know, keys with escapes among it,
//! is left to `serde_json`, as is everything that is wrong.

use crate::source::word::Word;

/// Deepest nesting that is followed.
const DEPTH: usize = 64;

/// Hands key and value of each member to `each`, values in the letters of the file. Tells whether
/// no value has escapes, or anything inside; `None` when `text` is not an object that can be told
/// here, and `each` may then have seen some of its members.
#[inline]
pub(in crate::source) fn members<'a>(
    text: &'a str,
    mut each: impl FnMut(&'a str, &'a str),
) -> Option<bool> {
    let mut cursor = Cursor {
        text,
        at: 0,
        plain: true,
    };
    cursor.expect(b'{')?;
    cursor.skip_space();
    if cursor.rest().first() == Some(&b'}') {
        return (cursor.at + 1 == text.len()).then_some(true);
    }
    loop {
        let key = cursor.key()?;
        cursor.expect(b':')?;
        let value = cursor.value()?;
        each(key, value);
        match cursor.next()? {
            b',' => {}
            b'}' => return (cursor.at == text.len()).then_some(cursor.plain),
            _ => return None,
        }
    }
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// Whether no value so far has escapes, or anything inside.
    plain: bool,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn skip_space(&mut self) {
        // Few write any.
        if self.rest().first().is_none_or(|&byte| byte > b' ') {
            return;
        }
        let space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.at += self.rest().iter().take_while(space).count();
    }

    /// The next byte that is not a space.
    fn next(&mut self) -> Option<u8> {
        self.skip_space();
        let byte = *self.rest().first()?;
        self.at += 1;
        Some(byte)
    }

    fn expect(&mut self, expected: u8) -> Option<()> {
        (self.next()? == expected).then_some(())
    }

    /// A key without escapes, without its quotes.
    fn key(&mut self) -> Option<&'a str> {
        self.expect(b'"')?;
        let start = self.at;
        self.at += plain_bytes(self.rest());
        let key = self.text.get(start..self.at)?;
        (self.rest().first() == Some(&b'"')).then(|| self.at += 1)?;
        Some(key)
    }

    fn value(&mut self) -> Option<&'a str> {
        self.skip_space();
        let start = self.at;
        match self.rest().first()? {
            b'"' => {
                let inside = self.rest().get(1..)?;
                let end = plain_bytes(inside);
                if inside.get(end) == Some(&b'"') {
                    self.at += end + 2;
                } else {
                    self.plain = false;
                    self.string()?;
                }
            }
            b'{' | b'[' => {
                self.plain = false;
                self.nested(DEPTH)?;
            }
            _ => self.scalar()?,
        }
        self.text.get(start..self.at)
    }

    /// Goes behind a string, escapes and all.
    fn string(&mut self) -> Option<()> {
        self.expect(b'"')?;
        loop {
            self.at += plain_bytes(self.rest());
            self.at += match self.rest() {
                [b'"', ..] => {
                    self.at += 1;
                    return Some(());
                }
                [b'\\', b'u', digits @ ..] => {
                    let digits = digits.first_chunk::<4>()?;
                    digits.iter().all(u8::is_ascii_hexdigit).then_some(6)?
                }
                [b'\\', escaped, ..] => b"\"\\/bfnrt".contains(escaped).then_some(2)?,
                _ => return None,
            };
        }
    }

    /// Goes behind a number or a word.
    fn scalar(&mut self) -> Option<()> {
        let rest = self.rest();
        self.at += match rest.first()? {
            b'-' | b'0'..=b'9' => number(rest)?,
            _ => {
                let words: [&[u8]; 3] = [b"null", b"true", b"false"];
                words.iter().find(|word| rest.starts_with(word))?.len()
            }
        };
        Some(())
    }

    /// Goes behind an object or an array, at most `depth` deep.
    fn nested(&mut self, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let object = self.next()? == b'{';
        let end = if object { b'}' } else { b']' };
        self.skip_space();
        if self.rest().first() == Some(&end) {
            self.at += 1;
            return Some(());
        }
        loop {
            if object {
                self.string()?;
                self.expect(b':')?;
            }
            self.skip_space();
            match self.rest().first()? {
                b'"' => self.string()?,
                b'{' | b'[' => self.nested(depth)?,
                _ => self.scalar()?,
            }
            match self.next()? {
                b',' => {}
                byte if byte == end => return Some(()),
                _ => return None,
            }
        }
    }
}

/// How many bytes the number at the front of `text` has.
#[inline]
fn number(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let sign = usize::from(text.first() == Some(&b'-'));
    let whole = digits(sign);
    if whole == 0 || (whole > 1 && text.get(sign) == Some(&b'0')) {
        return None;
    }
    let mut end = sign + whole;
    if text.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        end += 1 + (fraction > 0).then_some(fraction)?;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        end += 1 + sign + (exponent > 0).then_some(exponent)?;
    }
    Some(end)
}

/// How many bytes there are before the first quote, backslash or control character.
#[inline]
fn plain_bytes(text: &[u8]) -> usize {
    let (words, rest) = text.as_chunks();
    let mut at = 0;
    for word in words {
        if let Some(special) = Word::new(*word).first_special() {
            return at + special;
        }
        at += 8;
    }
    let is_plain = |&&byte: &&u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    at + rest.iter().take_while(is_plain).count()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    fn collected(text: &str) -> Option<(Vec<(&str, &str)>, bool)> {
        let mut all = Vec::new();
        let plain = members(text, |key, value| all.push((key, value)))?;
        Some((all, plain))
    }

    #[test]
    fn objects_are_taken_apart_and_what_is_none_is_left() {
        let text = r#"{"a": "x", "b":12 ,"c":null,"é":"中","t":true, "n":-1.5e+3}"#;
        let expected = [
            ("a", "\"x\""),
            ("b", "12"),
            ("c", "null"),
            ("é", "\"中\""),
            ("t", "true"),
            ("n", "-1.5e+3"),
        ];
        assert_eq!(collected(text), Some((expected.to_vec(), true)));
        let nested = r#"{"x":{"":[[], {} ,"\u00e9]"]},"y":"\"\n"}"#;
        let expected = [("x", r#"{"":[[], {} ,"\u00e9]"]}"#), ("y", r#""\"\n""#)];
        assert_eq!(collected(nested), Some((expected.to_vec(), false)));
        let deep = |depth| format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        assert!(collected(&deep(DEPTH)).is_some());
        assert!(collected(&deep(DEPTH + 1)).is_none());
        assert_eq!(collected("{ }"), Some((Vec::new(), true)));
        for other in [
            "{}x",
            r#"{"a\n":1}"#,
            r#"{"a":01}"#,
            r#"{"a":-}"#,
            r#"{"a":1.}"#,
            r#"{"a":1e}"#,
            r#"{"a":"\x"}"#,
            r#"{"a":"\u12g4"}"#,
            "{\"a\":\"\n\"}",
            r#"{"a":[1,]}"#,
            r#"{"a":{"b"}}"#,
            r#"{"a":[1}}"#,
            r#"{"a":1"#,
            r#"{"a":1}x"#,
            r#"{"a" 1}"#,
            r#"{"a":1,}"#,
            r#"{"a":nul}"#,
            "[1]",
            "",
        ] {
            assert_eq!(collected(other), None, "{other}");
        }
    }

    /// Any value, with spaces between its parts.
    fn value() -> impl Strategy<Value = String> {
        let scalar = prop_oneof![
            r#""([a é]|\\[nu"/\\]|\\u00[0-9a-f]{2}){0,4}""#,
            r"-?(0|[1-9][0-9]{0,3})(\.[0-9]{1,2})?([eE][+-]?[0-9])?",
            "null|true|false",
        ];
        scalar.prop_recursive(3, 12, 3, |inner| {
            let member = ("[ab]?", " ?", inner.clone());
            let member = member.prop_map(|(key, space, value)| format!("\"{key}\"{space}:{value}"));
            let list = |of: BoxedStrategy<String>| prop::collection::vec(of, 0..3);
            prop_oneof![
                list(member.boxed()).prop_map(|all| format!("{{{}}}", all.join(" ,\n"))),
                list(inner.boxed()).prop_map(|all| format!("[ {} ]", all.join(",\t"))),
            ]
        })
    }

    /// The members of `text` by the full parser, the last of those with the same key.
    fn parsed(text: &str) -> Option<BTreeMap<String, &RawValue>> {
        serde_json::from_str(text).ok()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn the_members_are_those_of_the_full_parser(
            values in prop::collection::vec(value(), 1..4),
            damage in prop::option::of((any::<prop::sample::Index>(), r#"[\]\[{}",:\\0e.+t \n-]?"#)),
        ) {
            let members = values.iter().enumerate();
            let members: Vec<_> = members.map(|(at, value)| format!("\"{}\": {value}", at % 3)).collect();
            let mut text = format!("{{{}}}", members.join(",\r\n"));
            let whole = damage.is_none();
            if let Some((at, letter)) = damage {
                let places: Vec<_> = text.char_indices().collect();
                let (at, old) = *at.get(&places);
                text.replace_range(at..at + old.len_utf8(), &letter);
            }
            let found = collected(&text);
            prop_assert!(!whole || found.is_some() || parsed(&text).is_none(), "{}", text);
            if let Some((found, plain)) = found {
                let expected = parsed(&text).expect("what is told here is an object");
                let expected: BTreeMap<_, _> = expected.iter().map(|(key, raw)| (key.as_str(), raw.get())).collect();
                let inside = |value: &str| value.starts_with(['{', '[']) || value.contains('\\');
                prop_assert_eq!(plain, !found.iter().any(|(_, value)| inside(value)));
                prop_assert_eq!(found.into_iter().collect::<BTreeMap<_, _>>(), expected);
            }
        }
    }
}

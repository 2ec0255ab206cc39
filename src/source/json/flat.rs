//! The members of the plain objects that exports mostly consist of, at a fraction of the cost of
//! a full parser: no nesting, no escapes, whole numbers. Anything else is left to `serde_json`.

use crate::source::word::Word;

/// Hands key and value of each member to `each`, values in the letters of the file. `None` when
/// `text` is not such an object; `each` may then have seen some of its members.
pub(in crate::source) fn members<'a>(
    text: &'a str,
    mut each: impl FnMut(&'a str, &'a str),
) -> Option<()> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.expect(b'{')?;
    loop {
        let key = cursor.string()?;
        cursor.expect(b':')?;
        let value = cursor.value()?;
        each(key.get(1..key.len().checked_sub(1)?)?, value);
        match cursor.next()? {
            b',' => {}
            b'}' => return (cursor.at == text.len()).then_some(()),
            _ => return None,
        }
    }
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    #[inline]
    fn skip_space(&mut self) {
        // Few write any.
        if !matches!(self.text.as_bytes().get(self.at), Some(b' ' | b'\t')) {
            return;
        }
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        self.at += rest
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
    }

    /// The next byte that is not a space.
    fn next(&mut self) -> Option<u8> {
        self.skip_space();
        let byte = *self.text.as_bytes().get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn expect(&mut self, expected: u8) -> Option<()> {
        (self.next()? == expected).then_some(())
    }

    /// A string, quotes included.
    fn string(&mut self) -> Option<&'a str> {
        self.expect(b'"')?;
        let start = self.at - 1;
        let rest = self.text.as_bytes().get(self.at..)?;
        let end = plain_bytes(rest);
        if rest.get(end) != Some(&b'"') {
            return None;
        }
        self.at += end + 1;
        self.text.get(start..self.at)
    }

    fn value(&mut self) -> Option<&'a str> {
        self.skip_space();
        let rest = self.text.as_bytes().get(self.at..)?;
        let bytes = match rest.first()? {
            b'"' => return self.string(),
            b'0'..=b'9' => {
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                if digits > 1 && rest.first() == Some(&b'0') {
                    return None;
                }
                digits
            }
            _ => *[&b"null"[..], b"true", b"false"]
                .iter()
                .find(|word| rest.starts_with(word))
                .map(|word| word.len())
                .as_ref()?,
        };
        let start = self.at;
        self.at += bytes;
        self.text.get(start..self.at)
    }
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
    use proptest::prelude::*;

    use super::*;

    fn collected(text: &str) -> Option<Vec<(String, String)>> {
        let mut all = Vec::new();
        members(text, |key, value| {
            all.push((key.to_owned(), value.to_owned()));
        })?;
        Some(all)
    }

    #[test]
    fn plain_objects_are_taken_apart_and_others_are_left() {
        let text = r#"{"a": "x", "b":12 ,"c":null,"é":"中","t":true}"#;
        let expected = [
            ("a", "\"x\""),
            ("b", "12"),
            ("c", "null"),
            ("é", "\"中\""),
            ("t", "true"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(collected(text).unwrap(), expected);
        for other in [
            "{}",
            r#"{"a":1.5}"#,
            r#"{"a":-1}"#,
            r#"{"a":01}"#,
            r#"{"a":"\n"}"#,
            r#"{"a":{}}"#,
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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn what_is_accepted_is_json_with_these_members(text in r#"\{("[ab\\]?":(1|0|01|-1|"x"|null|tru|"\x01"),? ?){0,3}\}?"#) {
            if let Some(found) = collected(&text) {
                let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
                for (key, value) in &found {
                    prop_assert!(parsed.get(key).is_some());
                    prop_assert!(serde_json::from_str::<serde_json::Value>(value).is_ok());
                }
            }
        }
    }
}

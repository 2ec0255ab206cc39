//! Whether a text is perhaps a secret: a key or a signature that stands where a row or the name of
//! a file was expected. Nothing of such a text is shown.

/// What is shown instead.
pub(crate) const WITHHELD: &str = "(not shown: it may be a secret)";

/// Keys and signatures are longer than this; most words are shorter. In bytes.
const LONGEST_WORD: usize = 19;

/// Whether `text` is one long token and nothing else, in the letters of hexadecimal, base64 or
/// `UserSig` (`*` and `-` instead of `+` and `/`).
pub(crate) fn is_perhaps_secret(text: &[u8]) -> bool {
    let token = text.trim_ascii();
    let token = match token {
        [b'"', inner @ .., b'"'] => inner,
        other => other,
    };
    token.len() > LONGEST_WORD
        && token.iter().any(u8::is_ascii_alphabetic)
        && token
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/=_*-".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_token_alone_is_perhaps_a_secret() {
        for (text, expected) in [
            ("6add8722121b217067587fa3b785e2a2f65dc2b289652cdf\n", true),
            ("\"6add8722121b217067587fa3b785e2a2\"", true),
            ("eJwtjNEKgjAYhd-lvw7bxlxu0EWBgRBCKFTeLTblJ9Q1*_", true),
            ("a+b/c=a+b/c=a+b/c=a+b/c=", true),
            ("group-1,alice-the-first,17", false),
            ("{\"group_id\":\"g1\"}", false),
            ("the-key-of-the-app.txt", false),
            ("12345678901234567890", false),
            ("alice", false),
            ("", false),
        ] {
            assert_eq!(is_perhaps_secret(text.as_bytes()), expected, "{text}");
        }
    }
}

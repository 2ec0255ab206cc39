//! The letters of ids: a first pass looks at each of several hundred million.

/// The strangest letter of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Letters {
    /// Those the vendor advises for accounts: letters and digits of ASCII, `_` and `-`.
    Usual,
    /// Other printable ASCII.
    Unusual,
    /// Everything else.
    Unprintable,
}

/// What kind the strangest letter of `text` is.
#[inline]
pub(super) fn letters(text: &str) -> Letters {
    let (fours, rest) = text.as_bytes().as_chunks();
    let bits = fours.iter().fold(0, |bits, &[a, b, c, d]| {
        bits | bit_of(a) | bit_of(b) | bit_of(c) | bit_of(d)
    });
    let bits = rest.iter().fold(bits, |bits, &byte| bits | bit_of(byte));
    if bits & UNPRINTABLE != 0 {
        Letters::Unprintable
    } else if bits & UNUSUAL != 0 {
        Letters::Unusual
    } else {
        Letters::Usual
    }
}

const UNUSUAL: u8 = 1;
const UNPRINTABLE: u8 = 2;

/// The bit of each byte; none for a usual one.
#[expect(
    clippy::indexing_slicing,
    reason = "a byte is below 256, the table's length"
)]
const BITS: [u8; 256] = {
    let mut table = [UNPRINTABLE; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        let usual = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        table[byte as usize] = if usual { 0 } else { UNUSUAL };
        byte += 1;
    }
    table
};

#[expect(
    clippy::indexing_slicing,
    reason = "a byte is below 256, the table's length"
)]
const fn bit_of(byte: u8) -> u8 {
    BITS[byte as usize]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one_by_one(text: &str) -> Letters {
        let kinds = text.bytes().map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => Letters::Usual,
            b' '..=b'~' => Letters::Unusual,
            _ => Letters::Unprintable,
        });
        kinds.max().unwrap_or(Letters::Usual)
    }

    #[test]
    fn every_byte_is_told_in_every_place() {
        for letter in (0..0x250_u32).filter_map(char::from_u32) {
            for length in 0..20 {
                for at in 0..=length {
                    let text = format!("{}{letter}{}", "a".repeat(at), "Z".repeat(length - at));
                    assert_eq!(letters(&text), one_by_one(&text), "{text:?}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_told_as_letter_by_letter(text in "([ -~]|\\PC|[a-z_-]){0,60}") {
            prop_assert_eq!(letters(&text), one_by_one(&text));
        }
    }
}

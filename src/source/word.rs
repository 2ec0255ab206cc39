//! Eight bytes looked at together. Cells and strings are short: a search that starts anew for each
//! of them would mostly start.

/// Eight bytes, the first the lowest. Answers have the highest bit of each byte that something is
/// true of, and no other bit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word(u64);

/// All bits of a byte but the highest.
const LOW: u64 = each(0x7f);

const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

impl Word {
    pub(super) const fn new(bytes: [u8; 8]) -> Self {
        Self(u64::from_le_bytes(bytes))
    }

    /// Those that equal `byte`.
    #[inline]
    pub(super) const fn equal(self, byte: u8) -> u64 {
        let differing = self.0 ^ each(byte);
        // A byte is 0 if neither its low seven bits carry into the highest nor that one is set.
        !(((differing & LOW) + LOW) | differing | LOW)
    }

    /// Where the first quote, backslash or control character of ASCII is, by which a string of
    /// JSON ends or is not plain.
    #[inline]
    pub(super) const fn first_special(self) -> Option<usize> {
        let Self(word) = self;
        let (quotes, backslashes) = (word ^ each(b'"'), word ^ each(b'\\'));
        // Taken from a byte that is less, a number borrows: from the bytes above it too, which
        // does not matter for the first.
        let less = (quotes.wrapping_sub(each(1)) & !quotes)
            | (backslashes.wrapping_sub(each(1)) & !backslashes)
            | (word.wrapping_sub(each(b' ')) & !word);
        let hits = less & !LOW;
        if hits == 0 { None } else { Some(first(hits)) }
    }
}

/// Which byte the first of `hits` is.
#[inline]
pub(super) const fn first(hits: u64) -> usize {
    (hits.trailing_zeros() / 8) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hits(bytes: [u8; 8], is_one: impl Fn(u8) -> bool) -> u64 {
        u64::from_le_bytes(bytes.map(|byte| if is_one(byte) { 0x80 } else { 0 }))
    }

    proptest! {
        #[test]
        fn each_byte_is_answered_for(bytes: [u8; 8], byte: u8, at in 0_usize..8) {
            let mut bytes = bytes;
            bytes[at] = byte;
            let word = Word::new(bytes);
            prop_assert_eq!(word.equal(byte), hits(bytes, |other| other == byte));
            let first_of_all = bytes.iter().position(|&other| other == byte);
            prop_assert_eq!(Some(first(word.equal(byte))), first_of_all);
        }

        #[test]
        fn the_first_special_byte_is_found(text in "[a\"\\\\\u{0}-\u{ff}]{8}") {
            let (words, _) = text.as_bytes().as_chunks();
            for word in words {
                let special = |byte: &u8| matches!(byte, ..b' ' | b'"' | b'\\');
                prop_assert_eq!(Word::new(*word).first_special(), word.iter().position(special));
            }
        }
    }
}

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

    /// Those that are not above `byte`, which is below 127, and perhaps some behind one of them
    /// that are one more.
    #[inline]
    pub(super) const fn up_to(self, byte: u8) -> u64 {
        // Taken from a byte that is less, a number borrows from the byte above.
        self.0.wrapping_sub(each(byte + 1)) & !self.0 & !LOW
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

/// Where in a text the bytes are that are looked for, from its start to its end.
#[derive(Debug)]
pub(super) struct Marks<'a, F> {
    words: std::slice::Iter<'a, [u8; 8]>,
    hits_of: F,
    /// Those of the word before that are still to come.
    hits: u64,
    /// Where the next word starts.
    next: usize,
    /// Those of what is left behind the words.
    tail: u64,
}

impl<'a, F: Fn(Word) -> u64> Marks<'a, F> {
    /// Looks through `text`, of which `hits_of` finds the marks in a word.
    #[inline]
    pub(super) fn new(text: &'a [u8], hits_of: F) -> Self {
        let (words, rest) = text.as_chunks();
        let missing = 8 * (8 - rest.len());
        let tail = match text.last_chunk() {
            _ if rest.is_empty() => 0,
            // The bytes before the rest are those of the word before.
            Some(last) => hits_of(Word::new(*last)) >> missing,
            None => {
                let mut short = [0; 8];
                for (byte, &left) in short.iter_mut().zip(rest) {
                    *byte = left;
                }
                hits_of(Word::new(short)) & (u64::MAX >> missing)
            }
        };
        Self {
            words: words.iter(),
            hits_of,
            hits: 0,
            next: 0,
            tail,
        }
    }
}

impl<F: Fn(Word) -> u64> Iterator for Marks<'_, F> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.hits == 0 {
            self.hits = match self.words.next() {
                Some(word) => (self.hits_of)(Word::new(*word)),
                None if self.tail == 0 => return None,
                None => std::mem::take(&mut self.tail),
            };
            self.next += 8;
        }
        let mark = self.next - 8 + first(self.hits);
        self.hits &= self.hits - 1;
        Some(mark)
    }
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
        fn marks_are_where_the_bytes_are(text in "[a,\"\u{0}]{0,40}") {
            let expected = text.bytes().enumerate().filter(|&(_, byte)| matches!(byte, b',' | 0));
            let expected: Vec<_> = expected.map(|(at, _)| at).collect();
            let marks = Marks::new(text.as_bytes(), |word| word.equal(b',') | word.equal(0));
            prop_assert_eq!(marks.collect::<Vec<_>>(), expected);
        }

        #[test]
        fn no_small_byte_is_missed(bytes: [u8; 8], small in 0_u8..127) {
            let all = hits(bytes, |byte| byte <= small);
            let found = Word::new(bytes).up_to(small);
            prop_assert_eq!(found & all, all);
            let one_more = hits(bytes, |byte| byte == small + 1);
            prop_assert_eq!(found & !all & !one_more, 0);
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

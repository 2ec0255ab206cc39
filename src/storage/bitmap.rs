//! A growing set of numbers, one bit each.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

/// A set of numbers from 1 up. Ten million rows take 1.25 MB.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Bitmap {
    words: Vec<u64>,
    len: u64,
}

impl Bitmap {
    /// Adds `number`; true if it was not in the set.
    pub(crate) fn insert(&mut self, number: u64) -> bool {
        let (word, bit) = place(number);
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let Some(slot) = self.words.get_mut(word) else {
            return false;
        };
        let fresh = *slot & bit == 0;
        *slot |= bit;
        self.len += u64::from(fresh);
        fresh
    }

    /// Takes `number` out; true if it was in the set.
    pub(crate) fn remove(&mut self, number: u64) -> bool {
        let (word, bit) = place(number);
        let Some(slot) = self.words.get_mut(word) else {
            return false;
        };
        let present = *slot & bit != 0;
        *slot &= !bit;
        self.len -= u64::from(present);
        present
    }

    /// Whether `number` is in the set.
    pub(crate) fn contains(&self, number: u64) -> bool {
        let (word, bit) = place(number);
        self.words.get(word).is_some_and(|slot| slot & bit != 0)
    }

    /// How many numbers are in the set.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }
}

impl Bitmap {
    /// Adds all of `other`.
    pub(crate) fn extend(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            *word |= more;
        }
        self.len = self
            .words
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum();
    }

    /// The set as text for a line of the log: its words in little-endian order, compressed, in
    /// base64. Long runs of done rows take next to nothing.
    pub(crate) fn pack(&self) -> String {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        for word in &self.words {
            encoder
                .write_all(&word.to_le_bytes())
                .expect("memory takes every write");
        }
        STANDARD.encode(encoder.finish().expect("memory takes every write"))
    }

    /// The set that [`Bitmap::pack`] wrote; `None` if it is none, or holds numbers beyond `most`.
    pub(crate) fn unpack(text: &str, most: u64) -> Option<Self> {
        let compressed = STANDARD.decode(text).ok()?;
        // What `most` numbers need, and a word: hostile text must not fill the memory.
        let limit = (most / 64 + 1) * 8;
        let mut bytes = Vec::new();
        let mut decoder = ZlibDecoder::new(compressed.as_slice()).take(limit + 1);
        decoder.read_to_end(&mut bytes).ok()?;
        let (words, rest) = bytes.as_chunks::<8>();
        if bytes.len() as u64 > limit || !rest.is_empty() {
            return None;
        }
        let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let len = words.iter().map(|word| u64::from(word.count_ones())).sum();
        let bitmap = Self { words, len };
        let last = bitmap.last().unwrap_or(0);
        (last <= most && !bitmap.contains(0)).then_some(bitmap)
    }

    /// The largest number.
    fn last(&self) -> Option<u64> {
        let (index, word) = self
            .words
            .iter()
            .enumerate()
            .rfind(|(_, word)| **word != 0)?;
        Some(index as u64 * 64 + u64::from(word.ilog2()))
    }
}

/// Word and bit of a number. Row numbers come from a header that bounds them, so they fit.
fn place(number: u64) -> (usize, u64) {
    let word = usize::try_from(number / 64).unwrap_or(usize::MAX);
    (word, 1 << (number % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_unpacks_within_the_rows_it_is_of(rows in prop::collection::btree_set(1_u64..5000, 0..300)) {
            let mut bitmap = Bitmap::default();
            for &row in &rows {
                bitmap.insert(row);
            }
            let most = rows.last().copied().unwrap_or(0);
            let unpacked = Bitmap::unpack(&bitmap.pack(), most).unwrap();
            prop_assert_eq!(unpacked.len(), rows.len() as u64);
            prop_assert!(rows.iter().all(|&row| unpacked.contains(row)));
            prop_assert!(most == 0 || Bitmap::unpack(&bitmap.pack(), most - 1).is_none());
        }

        #[test]
        fn it_agrees_with_an_ordinary_set(steps in prop::collection::vec((any::<bool>(), 0_u64..300), 0..200)) {
            let mut bitmap = Bitmap::default();
            let mut set = BTreeSet::new();
            for (insert, number) in steps {
                if insert {
                    prop_assert_eq!(bitmap.insert(number), set.insert(number));
                } else {
                    prop_assert_eq!(bitmap.remove(number), set.remove(&number));
                }
                prop_assert_eq!(bitmap.len(), set.len() as u64);
            }
            for number in 0..300 {
                prop_assert_eq!(bitmap.contains(number), set.contains(&number));
            }
        }
    }
}

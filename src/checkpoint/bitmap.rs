//! A growing set of row numbers, one bit a row.

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

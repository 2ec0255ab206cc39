//! One bit a row.

/// A set of row numbers, one bit each: 1.25 MB for ten million rows.
#[derive(Debug, Default)]
pub(super) struct Bitmap {
    words: Vec<u64>,
}

impl Bitmap {
    /// Adds `row`.
    pub(super) fn insert(&mut self, row: u64) {
        let (word, bit) = place(row);
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        if let Some(word) = self.words.get_mut(word) {
            *word |= bit;
        }
    }

    /// Adds all rows of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, bits) in self.words.iter_mut().zip(other.words) {
            *word |= bits;
        }
    }

    /// Whether `row` was added.
    pub(super) fn contains(&self, row: u64) -> bool {
        let (word, bit) = place(row);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }
}

fn place(row: u64) -> (usize, u64) {
    let word = usize::try_from(row / 64).expect("a bitmap is as large as memory at most");
    (word, 1 << (row % 64))
}

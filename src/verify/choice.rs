//! A random sample of rows, and how many different names there are: what a pass keeps in memory.

use super::observe::Expected;

/// A random choice of so many rows out of any number (Vitter's algorithm R).
#[derive(Debug)]
pub(super) struct Reservoir {
    size: usize,
    seen: u64,
    random: fastrand::Rng,
    pub(super) rows: Vec<Expected>,
}

impl Reservoir {
    pub(super) fn new(size: usize, seed: u64) -> Self {
        Self {
            size,
            seen: 0,
            random: fastrand::Rng::with_seed(seed),
            rows: Vec::new(),
        }
    }

    pub(super) fn offer(&mut self, row: impl FnOnce() -> Expected) {
        self.seen += 1;
        if self.rows.len() < self.size {
            self.rows.push(row());
            return;
        }
        let place = usize::try_from(self.random.u64(..self.seen)).unwrap_or(usize::MAX);
        if let Some(slot) = self.rows.get_mut(place) {
            *slot = row();
        }
    }
}

/// Counts distinct texts by a 64-bit hash: among ten million, two agree by chance once in 370,000
/// runs, and then a cost is off by one.
#[derive(Debug, Default)]
pub(super) struct Distinct {
    hashes: Vec<u64>,
    known: usize,
}

impl Distinct {
    pub(super) fn add(&mut self, text: &str) {
        self.hashes
            .push(xxhash_rust::xxh3::xxh3_64(text.as_bytes()));
        if self.hashes.len() > 2 * self.known + (1 << 16) {
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        self.known = self.hashes.len();
    }

    pub(super) fn count(mut self) -> u64 {
        self.settle();
        self.known as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_its_size_and_is_the_same_for_the_same_seed() {
        let chosen = |seed| {
            let mut reservoir = Reservoir::new(10, seed);
            for row in 1..=1000 {
                reservoir.offer(|| Expected {
                    group: "g".into(),
                    member: "m".into(),
                    unread: 0,
                    row,
                });
            }
            let mut rows: Vec<u64> = reservoir.rows.iter().map(|row| row.row).collect();
            rows.sort_unstable();
            rows.dedup();
            rows
        };
        assert_eq!(chosen(1).len(), 10);
        assert_eq!(chosen(1), chosen(1));
        assert_ne!(chosen(1), chosen(2));
    }
}

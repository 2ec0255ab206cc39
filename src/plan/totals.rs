//! Sums over calls.

/// Sums over rows or calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Totals {
    /// How many there are.
    pub(crate) rows: u64,
    /// All unread counts together.
    pub(crate) unread: u64,
    /// The highest unread count.
    pub(crate) highest: u32,
    /// Those whose count is 0.
    pub(crate) zeros: u64,
}

impl Totals {
    /// One more.
    pub(crate) fn add(&mut self, unread_num: u32) {
        self.rows += 1;
        self.unread += u64::from(unread_num);
        self.highest = self.highest.max(unread_num);
        self.zeros += u64::from(unread_num == 0);
    }

    /// All of `other` too.
    pub(super) fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.unread += other.unread;
        self.highest = self.highest.max(other.highest);
        self.zeros += other.zeros;
    }

    /// Leaves out those whose count is 0; returns how many they were.
    pub(super) fn skip_zeros(&mut self) -> u64 {
        self.rows -= self.zeros;
        std::mem::take(&mut self.zeros)
    }
}

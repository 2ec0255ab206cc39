//! What a pass left out, and what it remarked upon.

use std::collections::BTreeMap;

/// Rows of one reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    /// How many there are.
    pub(crate) rows: u64,
    /// Their counts together, where they are known.
    pub(crate) unread: u64,
    /// Those whose count is not known.
    pub(crate) unknown: u64,
}

impl Sum {
    fn add(&mut self, unread: Option<u64>) {
        self.rows += 1;
        match unread {
            Some(unread) => self.unread = self.unread.saturating_add(unread),
            None => self.unknown += 1,
        }
    }

    fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.unread = self.unread.saturating_add(other.unread);
        self.unknown += other.unknown;
    }
}

/// The sums of a pass, by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Rows that were left out.
    pub(crate) left_out: BTreeMap<String, Sum>,
    /// Rows that were taken, and that somebody should know of.
    pub(crate) remarks: BTreeMap<String, Sum>,
}

impl Tally {
    /// Takes a row that is left out.
    pub(crate) fn leave(&mut self, reason: &str, unread: Option<u64>) {
        add(&mut self.left_out, reason, unread);
    }

    /// Takes a row that is remarked upon.
    pub(crate) fn remark(&mut self, reason: &str, unread: Option<u64>) {
        add(&mut self.remarks, reason, unread);
    }

    /// Takes the sums of another part of the pass.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (into, from) in [
            (&mut self.left_out, &other.left_out),
            (&mut self.remarks, &other.remarks),
        ] {
            for (reason, sum) in from {
                into.entry(reason.clone()).or_default().merge(*sum);
            }
        }
    }

    /// Whether there is nothing to tell.
    pub(crate) fn is_empty(&self) -> bool {
        self.left_out.is_empty() && self.remarks.is_empty()
    }
}

fn add(sums: &mut BTreeMap<String, Sum>, reason: &str, unread: Option<u64>) {
    // Nearly always the reason is known, and then nothing is allocated.
    match sums.get_mut(reason) {
        Some(sum) => sum.add(unread),
        None => sums.entry(reason.to_owned()).or_default().add(unread),
    }
}

//! The fold of a plan's calls into what they look like: how high the counts are, of which types
//! the groups. Pure, and of fixed size.

use serde::Serialize;

use crate::record::GroupType;

/// One bar for 0, and one for each power of two that a count can reach.
const BARS: usize = 1 + u32::BITS as usize;

/// The fold.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    bars: [u64; BARS],
    types: [u64; GroupType::ALL.len()],
    untyped: u64,
    calls: u64,
    sum: u64,
    highest: u32,
}

/// Calls with a count from `from` to `to`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct CountBar {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) calls: u64,
}

/// What is told of the counts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct CountsPart {
    /// All counts together.
    pub(crate) sum: u64,
    pub(crate) highest: u32,
    /// Calls that set a count to 0.
    pub(crate) zeros: u64,
    pub(crate) mean: f64,
    /// From the lowest count to the highest.
    pub(crate) histogram: Vec<CountBar>,
}

/// Calls for groups of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct TypePart {
    /// Null where the input tells none.
    pub(crate) group_type: Option<&'static str>,
    pub(crate) calls: u64,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            bars: [0; BARS],
            types: [0; GroupType::ALL.len()],
            untyped: 0,
            calls: 0,
            sum: 0,
            highest: 0,
        }
    }
}

impl Shape {
    /// One more call.
    pub(crate) fn add(&mut self, unread_num: u32, group_type: Option<GroupType>) {
        self.calls += 1;
        self.sum += u64::from(unread_num);
        self.highest = self.highest.max(unread_num);
        if let Some(bar) = self.bars.get_mut(bar(unread_num)) {
            *bar += 1;
        }
        let known = group_type.and_then(|group_type| {
            let index = GroupType::ALL.iter().position(|&one| one == group_type)?;
            self.types.get_mut(index)
        });
        *known.unwrap_or(&mut self.untyped) += 1;
    }

    /// What is told of the counts.
    pub(crate) fn counts(&self) -> CountsPart {
        let [zeros, ..] = self.bars;
        #[expect(
            clippy::cast_precision_loss,
            reason = "a mean needs no more than 52 bits"
        )]
        let mean = self.sum as f64 / self.calls.max(1) as f64;
        let bars = self.bars.iter().zip(0_u32..);
        let bars = bars.map(|(&calls, bits)| CountBar {
            from: if bits == 0 { 0 } else { 1 << (bits - 1) },
            to: u32::try_from((1_u64 << bits) - 1).unwrap_or(u32::MAX),
            calls,
        });
        let used = |bar: &CountBar| bar.calls > 0;
        let bars: Vec<CountBar> = bars.collect();
        let first = bars.iter().position(used).unwrap_or(0);
        let end = bars.iter().rposition(used).map_or(0, |last| last + 1);
        CountsPart {
            sum: self.sum,
            highest: self.highest,
            zeros,
            mean: (mean * 10.0).round() / 10.0,
            histogram: bars.get(first..end).unwrap_or_default().to_vec(),
        }
    }

    /// Calls by group type, the most frequent first; types without a call are left out.
    pub(crate) fn types(&self) -> Vec<TypePart> {
        let known = GroupType::ALL.iter().zip(self.types);
        let known = known.map(|(group_type, calls)| (Some(group_type.name()), calls));
        let mut types: Vec<TypePart> = known
            .chain([(None, self.untyped)])
            .filter(|&(_, calls)| calls > 0)
            .map(|(group_type, calls)| TypePart { group_type, calls })
            .collect();
        types.sort_by_key(|part| std::cmp::Reverse(part.calls));
        types
    }
}

/// 0 for 0, and the number of bits for the others.
fn bar(unread_num: u32) -> usize {
    (u32::BITS - unread_num.leading_zeros()) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_fall_into_bars_that_double() {
        let mut shape = Shape::default();
        for unread_num in [1, 2, 3, 4, 7, 8, 8] {
            shape.add(unread_num, None);
        }
        let counts = shape.counts();
        let bars: Vec<_> = counts
            .histogram
            .iter()
            .map(|bar| (bar.from, bar.to, bar.calls))
            .collect();
        assert_eq!(bars, [(1, 1, 1), (2, 3, 2), (4, 7, 2), (8, 15, 2)]);
        assert_eq!((counts.sum, counts.highest, counts.zeros), (33, 8, 0));
    }

    #[test]
    fn the_lowest_and_the_highest_count_have_bars() {
        let mut shape = Shape::default();
        shape.add(0, None);
        shape.add(u32::MAX, None);
        let counts = shape.counts();
        assert_eq!(counts.histogram.len(), BARS);
        assert_eq!(counts.zeros, 1);
        let last = counts.histogram.last().unwrap();
        assert_eq!((last.from, last.to, last.calls), (1 << 31, u32::MAX, 1));
    }

    #[test]
    fn types_are_told_by_frequency_and_a_missing_one_too() {
        let mut shape = Shape::default();
        for group_type in [Some(GroupType::Public), None, None] {
            shape.add(1, group_type);
        }
        let types: Vec<_> = shape
            .types()
            .iter()
            .map(|part| (part.group_type, part.calls))
            .collect();
        assert_eq!(types, [(None, 2), (Some("Public"), 1)]);
    }

    #[test]
    fn no_call_has_no_bars() {
        assert_eq!(Shape::default().counts().histogram, []);
    }
}

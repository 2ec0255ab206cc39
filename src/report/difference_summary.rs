//! The differences of a check that reached its end: the first few for the result, and for a report
//! examples, gaps and the places where they are.

use std::path::Path;

use super::document::{
    AffectedOne, AffectedPart, AffectedResult, DifferencePart, DifferencesPart, GapBar, GapsPart,
};
use crate::verify::{Affected, Difference, Verdict};

/// Most differences that are shown on a terminal, and in JSON; the CSV has all.
pub(crate) const SHOWN: usize = 20;

/// Examples of each verdict in a report, as of each problem in that of a validation.
const EXAMPLES: usize = 20;

/// Groups or accounts in a report.
pub(crate) const PLACES: usize = 10;

/// A bar for each power of two up to the highest count.
const BARS: usize = u32::BITS as usize;

/// The order of verdicts in a report: what needs somebody's attention first.
const ORDER: [Verdict; 6] = [
    Verdict::Mismatched,
    Verdict::UnknownAccount,
    Verdict::NotMember,
    Verdict::Unverifiable,
    Verdict::Clamped,
    Verdict::Capped,
];

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CheckKind {
    /// Members of groups.
    Groups,
    /// One-to-one conversations, in which the peer stands for the group.
    Conversations,
}

impl CheckKind {
    /// The columns of `--differences`.
    pub(crate) const fn columns(self) -> [&'static str; 7] {
        let [group, member] = match self {
            Self::Groups => ["group_id", "member_account"],
            Self::Conversations => ["peer", "account"],
        };
        [
            "row",
            group,
            member,
            "expected",
            "found",
            "reason_code",
            "reason",
        ]
    }

    /// The group or the account of a difference.
    pub(crate) fn place(self, difference: &Difference) -> &str {
        match self {
            Self::Groups => &difference.group,
            Self::Conversations => &difference.member,
        }
    }

    /// Titles of the group and the member, for a table.
    pub(crate) const fn titles(self) -> [&'static str; 2] {
        match self {
            Self::Groups => ["group", "member"],
            Self::Conversations => ["peer", "account"],
        }
    }

    fn part(self, difference: &Difference) -> DifferencePart {
        let (group, member) = (difference.group.clone(), difference.member.clone());
        let part = DifferencePart {
            row: difference.row,
            expected: difference.expected,
            found: difference.found,
            result: difference.verdict.name(),
            reason: difference.reason.clone(),
            ..DifferencePart::default()
        };
        match self {
            Self::Groups => DifferencePart {
                group_id: Some(group),
                member_account: Some(member),
                ..part
            },
            Self::Conversations => DifferencePart {
                peer: Some(group),
                account: Some(member),
                ..part
            },
        }
    }
}

/// What is kept of the differences.
#[derive(Debug)]
pub(crate) struct DifferenceSummary {
    /// The first ones, for the result.
    pub(crate) shown: Vec<Difference>,
    pub(crate) kind: CheckKind,
    pub(crate) total: u64,
    pub(crate) file: Option<String>,
    examples: [Vec<Difference>; ORDER.len()],
    lower: u64,
    higher: u64,
    bars: [u64; BARS],
    pub(crate) affected: Affected,
}

impl DifferenceSummary {
    /// None yet; all of them go to `file`.
    pub(crate) fn new(kind: CheckKind, file: Option<&Path>) -> Self {
        Self {
            shown: Vec::new(),
            kind,
            total: 0,
            file: file.map(|path| path.display().to_string()),
            examples: Default::default(),
            lower: 0,
            higher: 0,
            bars: [0; BARS],
            affected: Affected {
                count: 0,
                most: Vec::new(),
            },
        }
    }

    /// One more.
    pub(crate) fn add(&mut self, difference: Difference) {
        self.total += 1;
        if let Some(found) = difference.found {
            let expected = u64::from(difference.expected);
            self.lower += u64::from(found < expected);
            self.higher += u64::from(found > expected);
            if let Some(bar) = bar(expected.abs_diff(found)) {
                *self.bars.get_mut(bar).unwrap_or(&mut 0) += 1;
            }
        }
        let place = ORDER.iter().position(|&one| one == difference.verdict);
        let examples = place.and_then(|place| self.examples.get_mut(place));
        if let Some(examples) = examples.filter(|examples| examples.len() < EXAMPLES) {
            examples.push(difference.clone());
        }
        if self.shown.len() < SHOWN {
            self.shown.push(difference);
        }
    }

    /// The differences, as a report has them.
    pub(crate) fn differences(&self) -> DifferencesPart {
        let shown = self.examples.iter().flatten();
        DifferencesPart {
            total: self.total,
            shown: shown.map(|one| self.kind.part(one)).collect(),
            file: self.file.clone(),
        }
    }

    /// By how much counts differ, from the smallest gap to the largest.
    pub(crate) fn gaps(&self) -> GapsPart {
        let bars = self.bars.iter().zip(0_u32..);
        let bars: Vec<GapBar> = bars
            .map(|(&counts, bits)| GapBar {
                from: 1 << bits,
                to: (2 << bits) - 1,
                counts,
            })
            .collect();
        let used = |bar: &GapBar| bar.counts > 0;
        let first = bars.iter().position(used).unwrap_or(0);
        let end = bars.iter().rposition(used).map_or(0, |last| last + 1);
        GapsPart {
            lower: self.lower,
            higher: self.higher,
            histogram: bars.get(first..end).unwrap_or_default().to_vec(),
        }
    }

    /// Where the differences are.
    pub(crate) fn affected(&self) -> AffectedPart {
        let most = self.affected.most.iter().map(|place| AffectedOne {
            id: place.id().to_owned(),
            differences: place.differences,
            results: place
                .verdicts()
                .into_iter()
                .map(|(verdict, counts)| AffectedResult {
                    result: verdict.name(),
                    counts,
                })
                .collect(),
        });
        AffectedPart {
            count: self.affected.count,
            most: most.collect(),
        }
    }
}

/// The bar of a gap: by its highest bit; none for no gap.
fn bar(gap: u64) -> Option<usize> {
    let bits = gap.checked_ilog2()?;
    usize::try_from(bits).ok().map(|bar| bar.min(BARS - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(row: u64, expected: u32, found: Option<u64>, verdict: Verdict) -> Difference {
        Difference {
            row,
            group: "g".to_owned(),
            member: "m".to_owned(),
            expected,
            found,
            verdict,
            reason: String::new(),
            reckoned: false,
        }
    }

    #[test]
    fn each_verdict_has_its_examples_and_the_worst_come_first() {
        let mut found = DifferenceSummary::new(CheckKind::Groups, None);
        for row in 1..=300 {
            found.add(difference(row, 9, Some(4), Verdict::Clamped));
        }
        found.add(difference(301, 9, None, Verdict::NotMember));
        found.add(difference(302, 9, Some(12), Verdict::Mismatched));
        let part = found.differences();
        let rows: Vec<u64> = part.shown.iter().map(|one| one.row).collect();
        assert_eq!((part.total, rows.len()), (302, EXAMPLES + 2));
        assert_eq!(rows[..3], [302, 301, 1]);
        assert_eq!(found.shown.len(), SHOWN);
        let gaps = found.gaps();
        assert_eq!((gaps.lower, gaps.higher), (300, 1));
        let bars: Vec<_> = gaps
            .histogram
            .iter()
            .map(|bar| (bar.from, bar.to, bar.counts))
            .collect();
        assert_eq!(bars, [(2, 3, 1), (4, 7, 300)]);
    }

    #[test]
    fn the_widest_gap_has_a_bar() {
        let mut found = DifferenceSummary::new(CheckKind::Conversations, None);
        found.add(difference(1, u32::MAX, Some(0), Verdict::Mismatched));
        found.add(difference(2, 0, Some(u64::MAX), Verdict::Mismatched));
        let gaps = found.gaps();
        assert_eq!(gaps.histogram.len(), 1);
        assert_eq!(
            gaps.histogram.first().map(|bar| bar.to),
            Some(u32::MAX.into())
        );
    }
}

//! Inputs: records that make calls, others that do not, and what may become of them.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use fastrand::Rng;

use crate::checkpoint::Input;

/// A member of a group, and its ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Member {
    pub(super) group: u8,
    pub(super) number: u8,
}

impl Member {
    pub(super) fn group_id(self) -> String {
        format!("g{}", self.group)
    }

    pub(super) fn account(self) -> String {
        format!("m{}", self.number)
    }

    /// The member with these ids.
    pub(super) fn of(group_id: &str, account: &str) -> Option<Self> {
        Some(Self {
            group: group_id.strip_prefix('g')?.parse().ok()?,
            number: account.strip_prefix('m')?.parse().ok()?,
        })
    }

    /// Whether the target refuses it for good.
    pub(super) const fn is_unknown_to_target(self) -> bool {
        self.number % 13 == 5
    }
}

/// One record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Record {
    /// Makes a call.
    Call(Member, u32),
    /// Is invalid.
    Invalid,
    /// Makes no call: an identical repeat, a count of 0 that is skipped.
    Passed,
}

/// An input file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Sheet(Vec<Record>);

impl Sheet {
    /// A first input.
    pub(super) fn draw(rng: &mut Rng) -> Self {
        let (records, groups) = (rng.u8(1..=40), rng.u8(1..=8));
        let record = |number| {
            let group = rng.u8(..groups);
            match rng.u8(..20) {
                0 => Record::Invalid,
                1 => Record::Passed,
                _ => Record::Call(Member { group, number }, rng.u32(..1_000)),
            }
        };
        Self((0..records).map(record).collect())
    }

    /// Somebody edits it: counts change, records go, come and move.
    pub(super) fn edited(&self, rng: &mut Rng) -> Self {
        let mut records: Vec<Record> = self.0.clone();
        records.retain(|_| rng.u8(..12) > 0);
        for record in &mut records {
            if let Record::Call(_, count) = record
                && rng.u8(..4) == 0
            {
                *count = rng.u32(..1_000);
            }
        }
        let edited = Self(records).appended(rng);
        let mut records = edited.0;
        if rng.bool() {
            rng.shuffle(&mut records);
        }
        Self(records)
    }

    /// Records are appended to it.
    pub(super) fn appended(&self, rng: &mut Rng) -> Self {
        let mut records = self.0.clone();
        for _ in 0..rng.u8(1..=4) {
            let taken = |number: u8| {
                let has = |record: &Record| matches!(record, Record::Call(member, _) if member.number == number);
                records.iter().any(has)
            };
            let free = (0..=u8::MAX).find(|&number| !taken(number));
            let group = rng.u8(..8);
            records.extend(
                free.map(|number| Record::Call(Member { group, number }, rng.u32(..1_000))),
            );
        }
        Self(records)
    }

    /// Record number `row`, from 1.
    pub(super) fn record(&self, row: u64) -> Option<Record> {
        let place = usize::try_from(row).ok()?.checked_sub(1)?;
        self.0.get(place).copied()
    }

    /// How many records there are.
    pub(super) fn rows(&self) -> u64 {
        self.0.len() as u64
    }

    /// The records that make calls, with their numbers.
    pub(super) fn calls(&self) -> impl Iterator<Item = (u64, Member, u32)> {
        let numbered = (1..).zip(&self.0);
        numbered.filter_map(|(row, record)| match *record {
            Record::Call(member, count) => Some((row, member, count)),
            Record::Invalid | Record::Passed => None,
        })
    }

    /// As the header of the log has it.
    pub(super) fn identity(&self) -> Vec<Input> {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        vec![Input {
            path: "/in.csv".into(),
            bytes: 1 << 20,
            hash: format!("{:016x}", hasher.finish()),
        }]
    }
}

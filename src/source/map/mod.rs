//! Id maps: the ids of the export on one side, those of the target on the other.
//!
//! A map replaces the ids of raw rows before anybody judges them, so the target's rules apply to
//! what is sent. It holds some 25 bytes an entry besides the letters of its ids: one text, the
//! ends of the ids in it, and a hash table of entry numbers. Which entries were looked up is
//! remembered, whichever pass it was. Reading the file is left to `load`.

mod error;
mod json;
mod load;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::Record;
use crate::record::{Column, Field, RawRow, shown};

/// Where the two ids of an entry end in the text; the first starts where the entry before ends.
#[derive(Debug, Clone, Copy)]
struct Ends {
    source: u32,
    target: u32,
}

/// One map, complete.
#[derive(Debug)]
pub(crate) struct IdMap {
    path: PathBuf,
    hash: String,
    seed: u64,
    text: String,
    ends: Vec<Ends>,
    table: HashTable<u32>,
    used: Vec<AtomicU64>,
    merged: Vec<(u32, u32)>,
    merged_count: u64,
}

/// Ids that are named as examples of each kind.
const EXAMPLES: usize = 10;

/// Two ids of the export that are one at the target; all of them safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Merged {
    /// The id at the target.
    pub(crate) target: String,
    /// The first id that has it.
    pub(crate) first: String,
    /// Another one.
    pub(crate) second: String,
}

/// How far a map was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MapUse {
    /// The ids it is about: groups or accounts.
    pub(crate) column: Column,
    /// Its file.
    pub(crate) path: PathBuf,
    /// How many ids it has.
    pub(crate) entries: u64,
    /// How many of them no row has.
    pub(crate) unused: u64,
    /// The first of those, safe to print.
    pub(crate) unused_examples: Vec<String>,
    /// How many of them have the target of an earlier one.
    pub(crate) merged: u64,
    /// The first of those.
    pub(crate) merged_examples: Vec<Merged>,
}

impl IdMap {
    /// The file it was read from.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// BLAKE3 of the file's bytes, in hexadecimal.
    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }

    /// What the map has for `source`; the entry counts as used from then on.
    pub(crate) fn target(&self, source: &str) -> Option<&str> {
        let same = |&entry: &u32| self.source_of(entry) == source;
        let &entry = self.table.find(self.hash_of(source), same)?;
        if let Some(word) = self.used.get(entry as usize / 64) {
            let bit = 1 << (entry % 64);
            // Nearly every lookup finds the bit set, and reading does not contend.
            if word.load(Ordering::Relaxed) & bit == 0 {
                word.fetch_or(bit, Ordering::Relaxed);
            }
        }
        Some(self.target_of(entry))
    }

    fn hash_of(&self, id: &str) -> u64 {
        xxh3_64_with_seed(id.as_bytes(), self.seed)
    }

    fn source_of(&self, entry: u32) -> &str {
        let (start, ends) = self.bounds(entry);
        self.slice(start..ends.source)
    }

    fn target_of(&self, entry: u32) -> &str {
        let (_, ends) = self.bounds(entry);
        self.slice(ends.source..ends.target)
    }

    fn bounds(&self, entry: u32) -> (u32, Ends) {
        let nothing = Ends {
            source: 0,
            target: 0,
        };
        let at = |entry: u32| self.ends.get(entry as usize).copied();
        let before = entry.checked_sub(1).and_then(at).unwrap_or(nothing);
        (before.target, at(entry).unwrap_or(nothing))
    }

    fn slice(&self, range: Range<u32>) -> &str {
        let range = range.start as usize..range.end as usize;
        self.text.get(range).unwrap_or_default()
    }

    fn usage(&self, column: Column) -> MapUse {
        let used: u64 = self
            .used
            .iter()
            .map(|word| u64::from(word.load(Ordering::Relaxed).count_ones()))
            .sum();
        let entries = self.ends.len() as u64;
        MapUse {
            column,
            path: self.path.clone(),
            entries,
            unused: entries - used,
            unused_examples: self.unused().take(EXAMPLES).collect(),
            merged: self.merged_count,
            merged_examples: self.merged.iter().map(|&pair| self.merged(pair)).collect(),
        }
    }

    /// The ids that nobody asked for, in the order of the file.
    fn unused(&self) -> impl Iterator<Item = String> {
        let words = self.used.iter().map(|word| word.load(Ordering::Relaxed));
        let entries = (0_u32..).step_by(64).zip(words);
        let free = entries.filter(|&(_, word)| word != u64::MAX);
        let free = free.flat_map(|(first, word)| {
            let bits = (0..64).filter(move |bit| word & (1 << bit) == 0);
            bits.map(move |bit| first + bit)
        });
        let free = free.take_while(|&entry| (entry as usize) < self.ends.len());
        free.map(|entry| shown(self.source_of(entry)))
    }

    fn merged(&self, (first, second): (u32, u32)) -> Merged {
        Merged {
            target: shown(self.target_of(first)),
            first: shown(self.source_of(first)),
            second: shown(self.source_of(second)),
        }
    }

    /// `field` with its id replaced. What is no id at all stays as it is, to be judged as such.
    fn map<'a>(&'a self, field: Field<'a>) -> Field<'a> {
        match field {
            Field::Text(source) | Field::Number(source) if !source.trim_ascii().is_empty() => {
                match self.target(source) {
                    Some(target) => Field::Mapped { source, target },
                    None => Field::Unmapped(source),
                }
            }
            Field::Missing
            | Field::Null
            | Field::Text(_)
            | Field::Number(_)
            | Field::Other(_)
            | Field::NotUtf8(_)
            | Field::Mapped { .. }
            | Field::Unmapped(_) => field,
        }
    }
}

/// The maps of an input: one for each kind of id, or none.
#[derive(Debug, Default)]
pub(crate) struct Maps {
    /// `--map-groups`.
    pub(crate) groups: Option<IdMap>,
    /// `--map-accounts`.
    pub(crate) accounts: Option<IdMap>,
}

impl Maps {
    /// Replaces the ids of `row`.
    pub(super) fn replace<'a>(&'a self, row: &mut RawRow<'a>) {
        if let Some(groups) = &self.groups {
            row.group_id = groups.map(row.group_id);
        }
        if let Some(accounts) = &self.accounts {
            row.member_account = accounts.map(row.member_account);
        }
    }

    /// The same for a record by value.
    pub(super) fn map<'a>(&'a self, mut record: Record<'a>) -> Record<'a> {
        if let Record::Row(row) = &mut record {
            self.replace(row);
        }
        record
    }

    /// How far each map was used so far.
    pub(crate) fn usage(&self) -> Vec<MapUse> {
        [
            (Column::GroupId, &self.groups),
            (Column::MemberAccount, &self.accounts),
        ]
        .into_iter()
        .filter_map(|(column, map)| Some(map.as_ref()?.usage(column)))
        .collect()
    }
}

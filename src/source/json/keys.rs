//! Which member of a JSON object stands for which field.

use super::extract::member;
use crate::record::Column;
use crate::source::columns::{self, NamedColumn};

/// The fields a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    /// How certain it is for each of `Column::CELLS`; 0 is the most certain.
    ranks: [Option<usize>; 4],
}

impl Meaning {
    /// Whether the member matters to no field.
    pub(super) fn is_nothing(self) -> bool {
        self.ranks.iter().all(Option::is_none)
    }

    /// How certain it is that the member stands for `column`.
    pub(super) fn rank(self, column: Column) -> Option<usize> {
        let index = Column::CELLS.into_iter().position(|cell| cell == column)?;
        self.ranks.get(index).copied().flatten()
    }
}

/// Keys seen so far that are remembered. Objects of one export share a handful; files with
/// arbitrary keys must not make memory grow.
const REMEMBERED: usize = 64;

/// The rules and what they said about the keys seen so far.
#[derive(Debug)]
pub(super) struct Keys {
    /// The user's dotted path for each of `Column::CELLS`.
    paths: [Option<Vec<String>>; 4],
    /// Keys in the order in which they were first seen.
    seen: Vec<(String, Meaning)>,
}

impl Keys {
    /// The contract's aliases, overridden by the user's names.
    pub(super) fn new(named: &[NamedColumn]) -> Self {
        let path = |column| {
            let name = named.iter().rev().find(|name| name.column == column)?;
            Some(name.name.split('.').map(str::to_owned).collect())
        };
        Self {
            paths: Column::CELLS.map(path),
            seen: Vec::new(),
        }
    }

    /// What `key` stands for. `ordinal` is its place in the object: the records of an export
    /// mostly have the same keys in the same order, so one comparison finds it.
    pub(super) fn meaning(&mut self, key: &str, ordinal: usize) -> Meaning {
        if let Some((seen, meaning)) = self.seen.get(ordinal)
            && seen == key
        {
            return *meaning;
        }
        if let Some((_, meaning)) = self.seen.iter().find(|(seen, _)| seen == key) {
            return *meaning;
        }
        let meaning = self.judge(key);
        if self.seen.len() < REMEMBERED {
            self.seen.push((key.to_owned(), meaning));
        }
        meaning
    }

    fn judge(&self, key: &str) -> Meaning {
        let mut ranks = [None; 4];
        let alias = columns::meaning(key);
        for ((rank, path), column) in ranks.iter_mut().zip(&self.paths).zip(Column::CELLS) {
            *rank = match path {
                Some(path) => path.first().is_some_and(|first| first == key).then_some(0),
                None => alias
                    .filter(|&(meant, _)| meant == column)
                    .map(|(_, rank)| rank),
            };
        }
        Meaning { ranks }
    }

    /// Follows the rest of the user's path for `column` into `value`.
    pub(super) fn descend<'a>(&self, column: Column, value: &'a str) -> Option<&'a str> {
        let index = Column::CELLS.into_iter().position(|cell| cell == column)?;
        let Some(Some(path)) = self.paths.get(index) else {
            return Some(value);
        };
        path.iter()
            .skip(1)
            .try_fold(value, |value, name| member(value, name))
    }

    /// The keys seen so far, for a message.
    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.iter().map(|(key, _)| key.clone()).collect()
    }
}

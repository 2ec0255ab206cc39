//! Which member of a JSON object stands for which field.

use super::extract::member;
use crate::record::Column;
use crate::settings::NamedColumn;
use crate::source::columns;

/// The fields a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    /// How certain it is for each of `Column::CELLS`; 0 is the most certain.
    ranks: [u8; 4],
}

impl Meaning {
    /// In the place of a rank: the key does not stand for the field.
    const NONE: u8 = u8::MAX;

    /// Whether the member matters to no field.
    pub(super) fn is_nothing(self) -> bool {
        self.ranks == [Self::NONE; 4]
    }

    /// How certain it is that the member stands for `Column::CELLS` number `index`.
    pub(super) fn rank(self, index: usize) -> Option<u8> {
        let rank = self.ranks.get(index).copied();
        rank.filter(|&rank| rank != Self::NONE)
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
    /// Whether any of them leads into a member.
    any_nested: bool,
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
        let paths: [Option<Vec<String>>; 4] = Column::CELLS.map(path);
        Self {
            any_nested: paths.iter().flatten().any(|path| path.len() > 1),
            paths,
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
        let mut ranks = [Meaning::NONE; 4];
        let alias = columns::meaning(key);
        for ((rank, path), column) in ranks.iter_mut().zip(&self.paths).zip(Column::CELLS) {
            let certain = match path {
                Some(path) => path.first().is_some_and(|first| first == key).then_some(0),
                None => alias
                    .filter(|&(meant, _)| meant == column)
                    .and_then(|(_, rank)| u8::try_from(rank).ok()),
            };
            *rank = certain.unwrap_or(Meaning::NONE);
        }
        Meaning { ranks }
    }

    /// Follows the rest of the user's path for `column` into `value`.
    #[inline]
    pub(super) fn descend<'a>(&self, column: Column, value: &'a str) -> Option<&'a str> {
        if !self.any_nested {
            return Some(value);
        }
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

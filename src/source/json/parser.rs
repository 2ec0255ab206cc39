//! The records of one JSON file as raw rows.

use std::ops::Range;

use super::extract::Fields;
use super::keys::Keys;
use super::slot::not_utf8;
use crate::record::{Column, Location, Problem, RawRow};
use crate::settings::NamedColumn;
use crate::source::{Malformed, Record};

/// Takes the records of one file apart, each on its own.
#[derive(Debug)]
pub(in crate::source) struct Parser {
    keys: Keys,
    fields: Fields,
    /// What is wrong with the current record as a whole.
    problem: Option<Problem>,
}

impl Parser {
    /// For records whose members are named as usual, or as the user says.
    pub(in crate::source) fn new(named: &[NamedColumn]) -> Self {
        Self {
            keys: Keys::new(named),
            fields: Fields::new(),
            problem: None,
        }
    }

    /// Takes the record `raw` apart; `text` is `raw` too, if it is UTF-8.
    pub(in crate::source) fn read(&mut self, raw: &[u8], text: Option<&str>) {
        self.problem = match text {
            Some(text) => self.fields.read(text, &mut self.keys).err(),
            None => Some(not_utf8(raw)),
        };
    }

    /// The record that was read; `raw` and `text` are those it was read from.
    pub(super) fn record<'a>(
        &'a self,
        raw: &'a [u8],
        text: &'a str,
        location: Location,
    ) -> Record<'a> {
        if let Some(problem) = &self.problem {
            return Record::Malformed(Malformed {
                location,
                problem: problem.clone(),
                raw,
            });
        }
        let mut row = RawRow::new(location, raw);
        self.fill(&mut row, text);
        Record::Row(row)
    }

    /// What is wrong with the record that was read, as a whole.
    pub(in crate::source) const fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// Finds the fields of `row`; `text` is what was read.
    #[inline]
    pub(in crate::source) fn fill<'a>(&'a self, row: &mut RawRow<'a>, text: &'a str) {
        self.fields.fill(row, text);
    }

    /// Bytes of the record in which the value of `column` stands.
    pub(super) fn value_range(&self, column: Column) -> Option<Range<usize>> {
        if self.problem.is_some() {
            None
        } else {
            self.fields.range(column)
        }
    }

    /// The keys met so far, for a message.
    pub(super) fn keys_seen(&self) -> Vec<String> {
        self.keys.seen()
    }
}

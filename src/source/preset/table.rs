//! Tables that rows are joined with: read whole before the rows, like an id map.
//!
//! A table holds the letters of its keys and values once, and some 12 bytes a value besides.

use std::collections::HashMap;

use super::feed::Feed;
use super::form::TableRows;
use super::pick::{all_hold, text};
use crate::record::Field;
use crate::source::Error;

/// One table, complete.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) name: String,
    /// Number of the entry of each key.
    entries: HashMap<Box<str>, u32>,
    width: usize,
    text: String,
    /// Where each value is in the text; nothing for one that is missing.
    values: Vec<Option<(u32, u32)>>,
    /// For a table that counts: the number of records of each entry, in letters.
    tallies: Vec<u64>,
    tallied: Vec<Box<str>>,
}

/// The tables of a run.
#[derive(Debug, Default)]
pub(in crate::source) struct Tables(pub(super) Vec<Table>);

impl Tables {
    /// The table `name`, if one of the inputs made it.
    pub(super) fn find(&self, name: &str) -> Option<(usize, &Table)> {
        let mut tables = self.0.iter().enumerate();
        tables.find(|(_, table)| table.name == name)
    }

    /// Value number `value` of an entry of table number `table`.
    pub(super) fn value(&self, table: usize, entry: u32, value: usize) -> Field<'_> {
        let table = self.0.get(table);
        table.map_or(Field::Missing, |table| table.value(entry, value))
    }

    /// Adds the records of `feed` to the table they belong to.
    pub(super) fn read(&mut self, rows: &TableRows, feed: &mut Feed) -> Result<(), Error> {
        let known = self.0.iter().position(|table| table.name == rows.name);
        let at = known.unwrap_or_else(|| {
            self.0.push(Table {
                name: rows.name.clone(),
                width: rows.values.len(),
                ..Table::default()
            });
            self.0.len() - 1
        });
        let Some(table) = self.0.get_mut(at) else {
            return Ok(());
        };
        while feed.advance()? {
            let wanted = rows.when.is_empty() || all_hold(&rows.when, feed);
            if feed.problem().is_none() && wanted && !all_hold(&rows.unless, feed) {
                table.add(rows, feed);
            }
        }
        Ok(())
    }

    /// Ends the reading.
    pub(in crate::source) fn finish(&mut self) {
        for table in &mut self.0 {
            let letters = table.tallies.iter().map(|tally| tally.to_string().into());
            table.tallied = letters.collect();
        }
    }
}

impl Table {
    fn add(&mut self, rows: &TableRows, feed: &Feed) {
        let Some(key) = text(rows.key.get(feed).field()) else {
            return;
        };
        let Some(number) = self.number(key) else {
            return;
        };
        let start = number as usize * self.width;
        for (at, source) in rows.values.iter().enumerate() {
            let Some(value) = text(feed.value(source)) else {
                continue;
            };
            let from = u32::try_from(self.text.len());
            self.text.push_str(value);
            let to = u32::try_from(self.text.len());
            if let (Ok(from), Ok(to), Some(place)) = (from, to, self.values.get_mut(start + at)) {
                *place = Some((from, to));
            }
        }
        if rows.tally
            && let Some(tally) = self.tallies.get_mut(number as usize)
        {
            let more = rows.and.as_ref().and_then(|list| feed.length(list));
            *tally += 1 + more.unwrap_or(0);
        }
    }

    /// The entry of `key`, which is made if there is none.
    fn number(&mut self, key: &str) -> Option<u32> {
        if let Some(&number) = self.entries.get(key) {
            return Some(number);
        }
        let number = u32::try_from(self.entries.len()).ok()?;
        self.entries.insert(key.into(), number);
        self.values.extend(std::iter::repeat_n(None, self.width));
        self.tallies.push(0);
        Some(number)
    }

    /// The entry of `key`.
    pub(super) fn entry(&self, key: &str) -> Option<u32> {
        self.entries.get(key).copied()
    }

    /// Value number `value` of an entry; behind the values comes the number of records.
    pub(super) fn value(&self, entry: u32, value: usize) -> Field<'_> {
        if value >= self.width {
            let tallied = self.tallied.get(entry as usize);
            return tallied.map_or(Field::Missing, |letters| Field::Number(letters));
        }
        let place = self.values.get(entry as usize * self.width + value);
        let Some(&Some((from, to))) = place else {
            return Field::Missing;
        };
        let range = from as usize..to as usize;
        self.text.get(range).map_or(Field::Missing, Field::Text)
    }
}

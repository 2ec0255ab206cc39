//! Tables that rows are joined with: read whole before the rows, like an id map.
//!
//! A table holds the letters of its keys and values once, and 8 bytes a value besides.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::ops::Range;
use std::path::Path;

use serde::de::IgnoredAny;

use super::RECORD_CAP;
use super::feed::Feed;
use super::form::{Source, TableRows};
use super::pick::{Truth, all_hold, text};
use super::walk::{Fan, PassedOver, unquoted};
use crate::record::Field;
use crate::source::{Error, Unfit};

/// Where a value is in the text of a table: 40 bits for its first byte, 24 for its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span(NonZeroU64);

/// Bits of a span that hold the length: a value is shorter than the longest record.
const LENGTH_BITS: u32 = RECORD_CAP.ilog2();

/// Most bytes of all values of a table: 1 TiB.
const TEXT_CAP: u64 = 1 << (u64::BITS - LENGTH_BITS);

impl Span {
    /// `None` for what does not fit.
    fn new(start: usize, length: usize) -> Option<Self> {
        let (start, length) = (u64::try_from(start).ok()?, u64::try_from(length).ok()?);
        let fits = start < TEXT_CAP && length < (1 << LENGTH_BITS);
        // All ones stand for nothing, so that a span and an absent one take 8 bytes.
        let packed = fits.then_some(!(start << LENGTH_BITS | length))?;
        NonZeroU64::new(packed).map(Self)
    }

    fn range(self) -> Option<Range<usize>> {
        let packed = !self.0.get();
        let start = usize::try_from(packed >> LENGTH_BITS).ok()?;
        let length = usize::try_from(packed & ((1 << LENGTH_BITS) - 1)).ok()?;
        Some(start..start + length)
    }
}

/// One table, complete.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) name: String,
    /// Number of the entry of each key.
    entries: HashMap<Box<str>, u32>,
    width: usize,
    text: String,
    /// Where each value is in the text; nothing for one that is missing.
    values: Vec<Option<Span>>,
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
    pub(super) fn read(
        &mut self,
        path: &Path,
        rows: &TableRows,
        feed: &mut Feed,
    ) -> Result<(), Error> {
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
            let added = match wanted(rows, feed) {
                Ok(false) => Ok(()),
                Ok(true) => table.add_all(rows, feed),
                Err(unusable) => Err(unusable),
            };
            added.map_err(|why| match why {
                Unusable::NoRoom => Unfit::TableTooLarge {
                    path: path.to_owned(),
                    values: u32::MAX.into(),
                    bytes: TEXT_CAP,
                },
                Unusable::Record(what) => Unfit::TableRecord {
                    path: path.to_owned(),
                    line: feed.place().line,
                    what,
                },
            })?;
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

/// Why a table cannot be made.
enum Unusable {
    /// It is larger than can be addressed.
    NoRoom,
    /// What is wrong with a record.
    Record(String),
}

/// Whether the record at which `feed` is belongs to the table.
fn wanted(rows: &TableRows, feed: &Feed) -> Result<bool, Unusable> {
    if let Some(problem) = feed.problem() {
        return Err(Unusable::Record(problem.reason()));
    }
    let when = if rows.when.is_empty() {
        Truth::Yes
    } else {
        all_hold(&rows.when, feed)
    };
    match (when, all_hold(&rows.unless, feed)) {
        (Truth::No, _) | (_, Truth::Yes) => Ok(false),
        (Truth::Unknown(source), _) | (_, Truth::Unknown(source)) => Err(lacks(rows, source)),
        (Truth::Yes, Truth::No) => Ok(true),
    }
}

fn lacks(rows: &TableRows, source: &Source) -> Unusable {
    Unusable::Record(format!("it has no `{}`", rows.shape.name(source)))
}

impl Table {
    /// Adds the record at which `feed` is, or all that one of its cells holds.
    fn add_all(&mut self, rows: &TableRows, feed: &mut Feed) -> Result<(), Unusable> {
        let Some((cell, trail)) = &rows.inside else {
            return self.add(rows, feed);
        };
        let json = text(feed.value(cell)).map(str::to_owned);
        let json = json.ok_or_else(|| lacks(rows, cell))?;
        if serde_json::from_str::<IgnoredAny>(&json).is_err() {
            let name = rows.shape.name(cell);
            return Err(Unusable::Record(format!("`{name}` is no JSON")));
        }
        let mut fan = Fan::default();
        fan.begin(0, 0..json.len(), None);
        fan.follow(&json, &trail.steps, PassedOver::default());
        for row in 0.. {
            let element = fan.row(row).and_then(|row| fan.element(row));
            let Some(value) = element.and_then(|element| json.get(element.value.clone())) else {
                break;
            };
            let value = value.starts_with('"').then(|| unquoted(value).into_owned());
            feed.set_inside(value);
            self.add(rows, feed)?;
        }
        feed.set_inside(None);
        Ok(())
    }

    /// Adds the record at which `feed` is.
    fn add(&mut self, rows: &TableRows, feed: &Feed) -> Result<(), Unusable> {
        let key = text(rows.key.get(feed).field());
        let Some(key) = key.filter(|key| !key.is_empty()) else {
            return Err(Unusable::Record("it lacks its key".to_owned()));
        };
        let number = self.number(key).ok_or(Unusable::NoRoom)?;
        let start = number as usize * self.width;
        for (at, source) in rows.values.iter().enumerate() {
            let Some(value) = text(feed.value(source)) else {
                continue;
            };
            let span = Span::new(self.text.len(), value.len()).ok_or(Unusable::NoRoom)?;
            self.text.push_str(value);
            if let Some(place) = self.values.get_mut(start + at) {
                *place = Some(span);
            }
        }
        if rows.tally
            && let Some(tally) = self.tallies.get_mut(number as usize)
        {
            *tally += 1;
            if let Some(list) = &rows.and {
                match feed.length(list) {
                    Some(more) => *tally += more,
                    None if feed.is_lacking(list) => return Err(lacks(rows, list)),
                    None => {}
                }
            }
        }
        Ok(())
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
        let range = place.and_then(|span| span.as_ref()?.range());
        let value = range.and_then(|range| self.text.get(range));
        value.map_or(Field::Missing, Field::Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_beyond_four_gigabytes_are_found_and_what_has_no_room_is_told() {
        assert_eq!(size_of::<Option<Span>>(), 8);
        for (start, length) in [
            (0, 0),
            (7, 3),
            (u32::MAX as usize + 5, 12),
            ((1 << 40) - 1, RECORD_CAP - 1),
        ] {
            let span = Span::new(start, length);
            let range = span.and_then(Span::range);
            let fits = (start, length) != ((1 << 40) - 1, RECORD_CAP - 1);
            assert_eq!(range, fits.then(|| start..start + length), "{start}");
        }
        assert_eq!(Span::new(1 << 40, 0), None);
        assert_eq!(Span::new(0, RECORD_CAP), None);
    }
}

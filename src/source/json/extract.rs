//! The fields of one JSON object, found in its text without building a tree.
//!
//! Numbers keep the letters of the file. The wrappers of `MongoDB`'s Extended JSON
//! (`{"$numberInt":"5"}`, `{"$oid":"…"}`) are taken off.

use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer as _, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::flat;
use super::keys::{Keys, Meaning};
use crate::record::{Code, Column, Field, Problem};

/// Where the text of a field stands: in the record or, when it had escapes, in the scratch text.
#[derive(Debug, Clone)]
enum Span {
    Record(Range<usize>),
    Scratch(Range<usize>),
}

#[derive(Debug, Clone)]
enum Slot {
    Missing,
    Null,
    Text(Span),
    Number(Span),
    Other(Span),
}

/// The fields of the current record.
#[derive(Debug)]
pub(super) struct Fields {
    slots: [Slot; 4],
    /// Bytes of the record in which each value stands, quotes included.
    ranges: [Option<Range<usize>>; 4],
    scratch: String,
}

impl Fields {
    pub(super) const fn new() -> Self {
        Self {
            slots: [const { Slot::Missing }; 4],
            ranges: [const { None }; 4],
            scratch: String::new(),
        }
    }

    /// Reads the fields out of `text`, one JSON value.
    pub(super) fn read(&mut self, text: &str, keys: &mut Keys) -> Result<(), Problem> {
        self.scratch.clear();
        self.slots = [const { Slot::Missing }; 4];
        self.ranges = [const { None }; 4];
        if !text.starts_with('{') {
            return Err(not_an_object(text));
        }
        let found = Found::of(text, keys).map_err(|error| malformed(text, &error))?;
        if let Some(column) = found.twice {
            return Err(Problem::new(Code::RecordAmbiguous, column, column.name()));
        }
        let values = found.values;
        for (index, (column, value)) in Column::CELLS.into_iter().zip(values).enumerate() {
            let value = value.and_then(|(_, value)| keys.descend(column, value));
            let Some(value) = value else { continue };
            let slot = self
                .slot(text, value)
                .map_err(|error| malformed(text, &error))?;
            if let (Some(place), Some(range)) =
                (self.slots.get_mut(index), self.ranges.get_mut(index))
            {
                *place = slot;
                *range = Some(range_of(text, value));
            }
        }
        Ok(())
    }

    fn slot(&mut self, text: &str, value: &str) -> Result<Slot, serde_json::Error> {
        Ok(match value.as_bytes().first() {
            Some(b'"') => Slot::Text(self.string(text, value)?),
            Some(b'n') => Slot::Null,
            Some(b't' | b'f' | b'[') => Slot::Other(within(text, value)),
            Some(b'{') => return self.wrapped(text, value),
            Some(_) | None => Slot::Number(within(text, value)),
        })
    }

    fn string(&mut self, text: &str, value: &str) -> Result<Span, serde_json::Error> {
        if memchr::memchr(b'\\', value.as_bytes()).is_none() {
            let inside = value
                .get(1..value.len().saturating_sub(1))
                .unwrap_or_default();
            return Ok(within(text, inside));
        }
        let start = self.scratch.len();
        self.scratch
            .push_str(&serde_json::from_str::<String>(value)?);
        Ok(Span::Scratch(start..self.scratch.len()))
    }

    fn wrapped(&mut self, text: &str, value: &str) -> Result<Slot, serde_json::Error> {
        let mut wrapper = Wrapper(None);
        serde_json::Deserializer::from_str(value).deserialize_map(&mut wrapper)?;
        let Some((kind, inner)) = wrapper.0 else {
            return Ok(Slot::Other(within(text, value)));
        };
        let inner = inner.get();
        match (inner.as_bytes().first(), kind) {
            (Some(b'"'), Wrapped::Number) => Ok(Slot::Number(self.string(text, inner)?)),
            (Some(b'"'), Wrapped::Id) => Ok(Slot::Text(self.string(text, inner)?)),
            (Some(b'-' | b'0'..=b'9'), _) => Ok(Slot::Number(within(text, inner))),
            (Some(_) | None, _) => Ok(Slot::Other(within(text, value))),
        }
    }

    /// The field of `column`; `text` is the record that was read.
    pub(super) fn get<'a>(&'a self, text: &'a str, column: Column) -> Field<'a> {
        let resolve = |span: &Span| match span {
            Span::Record(range) => text.get(range.clone()).unwrap_or_default(),
            Span::Scratch(range) => self.scratch.get(range.clone()).unwrap_or_default(),
        };
        let index = Column::CELLS.into_iter().position(|cell| cell == column);
        match index.and_then(|index| self.slots.get(index)) {
            None | Some(Slot::Missing) => Field::Missing,
            Some(Slot::Null) => Field::Null,
            Some(Slot::Text(span)) => Field::Text(resolve(span)),
            Some(Slot::Number(span)) => Field::Number(resolve(span)),
            Some(Slot::Other(span)) => Field::Other(resolve(span)),
        }
    }

    /// Bytes of the record in which the value of `column` stands, if it has one.
    pub(super) fn range(&self, column: Column) -> Option<Range<usize>> {
        let index = Column::CELLS.into_iter().position(|cell| cell == column)?;
        self.ranges.get(index)?.clone()
    }
}

/// The place of `part`, a slice of `text`, in it.
fn range_of(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    start..start + part.len()
}

fn within(text: &str, part: &str) -> Span {
    Span::Record(range_of(text, part))
}

fn not_an_object(text: &str) -> Problem {
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => Problem::new(Code::RecordNotObject, Column::Record, text),
        Err(error) => malformed(text, &error),
    }
}

/// Shows the record around the place where the parser gave up.
fn malformed(text: &str, error: &serde_json::Error) -> Problem {
    /// Characters before that place: enough to recognise it.
    const BEFORE: usize = 30;
    let lines: usize = text
        .split_inclusive('\n')
        .take(error.line() - 1)
        .map(str::len)
        .sum();
    let mut start = (lines + error.column())
        .saturating_sub(BEFORE)
        .min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let around = text.get(start..).unwrap_or_default();
    let found = if start == 0 {
        around.to_owned()
    } else {
        format!("…{around}")
    };
    Problem::new(Code::RecordMalformed, Column::Record, found)
}

/// The values of the members that stand for a field.
#[derive(Default)]
struct Found<'de> {
    /// How certain the member is, and its value in the letters of the file.
    values: [Option<(usize, &'de str)>; 4],
    /// A field for which two members stand.
    twice: Option<Column>,
}

impl<'de> Found<'de> {
    fn of(text: &'de str, keys: &mut Keys) -> Result<Self, serde_json::Error> {
        let mut found = Self::default();
        let mut ordinal = 0;
        let plain = flat::members(text, |key, value| {
            found.take(keys.meaning(key, ordinal), value);
            ordinal += 1;
        });
        if plain.is_some() {
            return Ok(found);
        }
        let mut parser = serde_json::Deserializer::from_str(text);
        let found = parser.deserialize_map(Members { keys })?;
        parser.end()?;
        Ok(found)
    }

    fn take(&mut self, meaning: Meaning, value: &'de str) {
        if meaning.is_nothing() {
            return;
        }
        for (column, slot) in Column::CELLS.into_iter().zip(&mut self.values) {
            let Some(rank) = meaning.rank(column) else {
                continue;
            };
            match *slot {
                Some((known, _)) if known == rank => self.twice = Some(column),
                Some((known, _)) if known < rank => {}
                Some(_) | None => *slot = Some((rank, value)),
            }
        }
    }
}

/// Collects them by way of the full parser.
struct Members<'k> {
    keys: &'k mut Keys,
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Found<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found<'de>, A::Error> {
        let mut found = Found::default();
        let mut ordinal = 0;
        while let Some(meaning) = map.next_key_seed(Key {
            keys: self.keys,
            ordinal,
        })? {
            ordinal += 1;
            if meaning.is_nothing() {
                map.next_value::<IgnoredAny>()?;
            } else {
                found.take(meaning, map.next_value::<&'de RawValue>()?.get());
            }
        }
        Ok(found)
    }
}

struct Key<'k> {
    keys: &'k mut Keys,
    ordinal: usize,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Meaning;

    fn deserialize<D: serde::Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Meaning, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Meaning;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Meaning, E> {
        Ok(self.keys.meaning(key, self.ordinal))
    }
}

/// What Extended JSON wraps.
#[derive(Debug, Clone, Copy)]
enum Wrapped {
    Number,
    Id,
}

/// The only member of an object, if it is one of Extended JSON's wrappers.
struct Wrapper<'de>(Option<(Wrapped, &'de RawValue)>);

impl<'de> Visitor<'de> for &mut Wrapper<'de> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut members = 0;
        while let Some(key) = map.next_key::<String>()? {
            members += 1;
            let kind = match key.as_str() {
                "$numberInt" | "$numberLong" | "$numberDouble" | "$numberDecimal" => {
                    Wrapped::Number
                }
                "$oid" => Wrapped::Id,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            self.0 = Some((kind, map.next_value()?));
        }
        if members != 1 {
            self.0 = None;
        }
        Ok(())
    }
}

/// The member `name` of the object `text`.
pub(super) fn member<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    struct Named<'n>(&'n str);
    impl<'de> Visitor<'de> for Named<'_> {
        type Value = Option<&'de RawValue>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = None;
            while let Some(key) = map.next_key::<String>()? {
                if key != self.0 {
                    map.next_value::<IgnoredAny>()?;
                } else if found.replace(map.next_value()?).is_some() {
                    return Err(A::Error::custom("a member stands twice"));
                }
            }
            Ok(found)
        }
    }
    let value = serde_json::Deserializer::from_str(text)
        .deserialize_map(Named(name))
        .ok()??;
    Some(value.get())
}

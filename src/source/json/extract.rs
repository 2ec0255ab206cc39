//! The fields of one JSON object, found in its text without building a tree.
//!
//! Numbers keep the letters of the file. The wrappers of `MongoDB`'s Extended JSON
//! (`{"$numberInt":"5"}`, `{"$oid":"…"}`) are taken off.

use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer as _, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::flat;
use super::keys::{Keys, Meaning};
use super::slot::{Slot, malformed, not_an_object, plain_slot, range_of, slot as read_slot};
use crate::record::{Code, Column, Problem, RawRow};

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
        let values = Column::CELLS.into_iter().zip(found.values);
        let places = self.slots.iter_mut().zip(&mut self.ranges);
        for ((column, value), (slot, range)) in values.zip(places) {
            let value = value.and_then(|(_, value)| keys.descend(column, value));
            let Some(value) = value else { continue };
            *slot = if found.plain {
                plain_slot(text, value)
            } else {
                read_slot(text, value, &mut self.scratch)
                    .map_err(|error| malformed(text, &error))?
            };
            *range = Some(range_of(text, value));
        }
        Ok(())
    }

    /// Sets the fields of `row`; `text` is the record that was read.
    #[inline]
    pub(super) fn fill<'a>(&'a self, row: &mut RawRow<'a>, text: &'a str) {
        let Self { slots, scratch, .. } = self;
        let [group_id, member_account, unread_num, group_type] = slots;
        row.group_id = group_id.field(text, scratch);
        row.member_account = member_account.field(text, scratch);
        row.unread_num = unread_num.field(text, scratch);
        row.group_type = group_type.field(text, scratch);
    }

    /// Bytes of the record in which the value of `column` stands, if it has one.
    pub(super) fn range(&self, column: Column) -> Option<Range<usize>> {
        let index = Column::CELLS.into_iter().position(|cell| cell == column)?;
        self.ranges.get(index)?.clone()
    }
}

/// The values of the members that stand for a field.
#[derive(Default)]
struct Found<'de> {
    /// How certain the member is, and its value in the letters of the file.
    values: [Option<(u8, &'de str)>; 4],
    /// A field for which two members stand.
    twice: Option<Column>,
    /// Whether no value has escapes, or anything inside.
    plain: bool,
}

impl<'de> Found<'de> {
    fn of(text: &'de str, keys: &mut Keys) -> Result<Self, serde_json::Error> {
        let mut found = Self::default();
        let mut ordinal = 0;
        let plain = flat::members(text, |key, value| {
            found.take(keys.meaning(key, ordinal), value);
            ordinal += 1;
        });
        if let Some(plain) = plain {
            found.plain = plain;
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
        for (index, slot) in self.values.iter_mut().enumerate() {
            let Some(rank) = meaning.rank(index) else {
                continue;
            };
            match *slot {
                Some((known, _)) if known == rank => self.twice = Column::CELLS.get(index).copied(),
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
    let (mut found, mut twice) = (None, false);
    let told = flat::members(text, |key, value| {
        twice |= key == name && found.replace(value).is_some();
    });
    if told.is_some() {
        return found.filter(|_| !twice);
    }
    let value = serde_json::Deserializer::from_str(text)
        .deserialize_map(Named(name))
        .ok()??;
    Some(value.get())
}

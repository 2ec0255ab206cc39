//! The values of one JSON value that a form needs, found in one go through its text.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::record::{Code, Column, Field, Problem};
use crate::source::json::flat;
use crate::source::json::slot::{Slot, malformed, not_an_object, plain_slot, range_of, slot};

/// What is wanted of a value.
#[derive(Debug, Default)]
struct Wanted {
    /// The number under which the value itself is wanted.
    slot: Option<usize>,
    members: Vec<(String, Self)>,
}

impl Wanted {
    fn add(&mut self, path: &[String], slot: usize) {
        let Some((name, rest)) = path.split_first() else {
            self.slot = Some(slot);
            return;
        };
        let known = self.members.iter().position(|(member, _)| member == name);
        let index = known.unwrap_or_else(|| {
            self.members.push((name.clone(), Self::default()));
            self.members.len() - 1
        });
        if let Some((_, member)) = self.members.get_mut(index) {
            member.add(rest, slot);
        }
    }

    fn find(&self, key: &str) -> Option<usize> {
        self.members.iter().position(|(member, _)| member == key)
    }
}

/// Keys remembered by their place: the records of an export share a handful.
const REMEMBERED: usize = 64;

/// The values wanted of the current record.
#[derive(Debug)]
pub(super) struct Values {
    wanted: Wanted,
    /// Where each value stands in the text it was read from.
    ranges: Vec<Option<Range<usize>>>,
    slots: Vec<Slot>,
    scratch: String,
    /// The keys at the top of the records so far, and which wanted member each is.
    seen: Vec<(String, Option<usize>)>,
}

impl Values {
    /// Wants the values at the end of `paths`.
    pub(super) fn new<'p>(paths: impl Iterator<Item = &'p [String]>) -> Self {
        let mut wanted = Wanted::default();
        let mut slots = Vec::new();
        for (slot, path) in paths.enumerate() {
            wanted.add(path, slot);
            slots.push(Slot::Missing);
        }
        Self {
            wanted,
            ranges: vec![None; slots.len()],
            slots,
            scratch: String::new(),
            seen: Vec::new(),
        }
    }

    /// Forgets the values.
    pub(super) fn clear(&mut self) {
        self.scratch.clear();
        self.ranges.fill(None);
        self.slots.fill(Slot::Missing);
    }

    /// Reads `text`, one JSON value.
    pub(super) fn read(&mut self, text: &str) -> Result<(), Problem> {
        self.clear();
        let (mut twice, mut plain) = (None, false);
        if let Some(slot) = self.wanted.slot
            && let Some(range) = self.ranges.get_mut(slot)
        {
            *range = Some(0..text.len());
        }
        if !self.wanted.members.is_empty() {
            if !text.starts_with('{') {
                return Err(not_an_object(text));
            }
            (twice, plain) = self
                .members(text)
                .map_err(|error| malformed(text, &error))?;
        }
        if let Some(name) = twice {
            return Err(Problem::new(Code::RecordAmbiguous, Column::Record, name));
        }
        for (range, place) in self.ranges.iter().zip(&mut self.slots) {
            let Some(value) = range.clone().and_then(|range| text.get(range)) else {
                continue;
            };
            *place = if plain && self.wanted.slot.is_none() {
                plain_slot(text, value)
            } else {
                slot(text, value, &mut self.scratch).map_err(|e| malformed(text, &e))?
            };
        }
        Ok(())
    }

    /// Notes the wanted members of an object; the name of one that stands twice, and whether no
    /// value has escapes, or anything inside.
    fn members(&mut self, text: &str) -> Result<(Option<String>, bool), serde_json::Error> {
        let Self {
            wanted,
            ranges,
            seen,
            ..
        } = self;
        let mut members = Nested {
            text,
            ranges,
            twice: None,
        };
        let mut ordinal = 0;
        let mut which = |key: &str| {
            ordinal += 1;
            remembered(seen, wanted, key, ordinal - 1)
        };
        if let Some(plain) = members.flat(text, wanted, &mut which) {
            return Ok((members.twice, plain));
        }
        members.ranges.fill(None);
        members.twice = None;
        members.object(text, wanted)?;
        Ok((members.twice, false))
    }

    /// The value of this number; `text` is the one that was read.
    pub(super) fn field<'a>(&'a self, slot: usize, text: &'a str) -> Field<'a> {
        let slot = self.slots.get(slot);
        slot.map_or(Field::Missing, |slot| slot.field(text, &self.scratch))
    }

    /// Where the value of this number stands in the text that was read.
    pub(super) fn range(&self, slot: usize) -> Option<Range<usize>> {
        self.ranges.get(slot)?.clone()
    }
}

/// Which wanted member `key` is. Records mostly have the same keys in the same order, so one
/// comparison tells.
fn remembered(
    seen: &mut Vec<(String, Option<usize>)>,
    wanted: &Wanted,
    key: &str,
    ordinal: usize,
) -> Option<usize> {
    if let Some((known, member)) = seen.get(ordinal)
        && known == key
    {
        return *member;
    }
    let member = wanted.find(key);
    if seen.len() == ordinal && seen.len() < REMEMBERED {
        seen.push((key.to_owned(), member));
    }
    member
}

/// Looks through an object, and the wanted ones inside.
struct Nested<'t, 'r> {
    text: &'t str,
    ranges: &'r mut Vec<Option<Range<usize>>>,
    twice: Option<String>,
}

impl<'t> Nested<'t, '_> {
    /// Tells whether no value has escapes, or anything inside; `None` where that takes the full
    /// parser. `which` finds the wanted member that a key is.
    fn flat(
        &mut self,
        object: &'t str,
        wanted: &Wanted,
        which: &mut dyn FnMut(&str) -> Option<usize>,
    ) -> Option<bool> {
        // A bit for each that was met.
        let mut met = 0_u64;
        let mut whole = true;
        let plain = flat::members(object, |key, value| {
            let Some(index) = which(key) else { return };
            let Some((name, wanted)) = wanted.members.get(index) else {
                return;
            };
            let bit = u32::try_from(index)
                .ok()
                .and_then(|at| 1_u64.checked_shl(at));
            whole &= bit.is_some();
            if met & bit.unwrap_or(0) != 0 {
                self.twice.get_or_insert_with(|| name.clone());
            }
            met |= bit.unwrap_or(0);
            if self.note(wanted, value) {
                let inside = self.flat(value, wanted, &mut |key| wanted.find(key));
                whole &= inside.is_some();
            }
        })?;
        whole.then_some(plain)
    }

    /// Notes where the value of a wanted member is; whether more is wanted inside.
    fn note(&mut self, wanted: &Wanted, value: &'t str) -> bool {
        if let Some(slot) = wanted.slot
            && let Some(place) = self.ranges.get_mut(slot)
        {
            *place = Some(range_of(self.text, value));
        }
        !wanted.members.is_empty() && value.starts_with('{')
    }

    /// Looks through the same by way of the full parser.
    fn object(&mut self, object: &'t str, wanted: &Wanted) -> Result<(), serde_json::Error> {
        let mut found = BTreeMap::new();
        let mut parser = serde_json::Deserializer::from_str(object);
        parser.deserialize_map(Members {
            wanted,
            found: &mut found,
            twice: &mut self.twice,
        })?;
        parser.end()?;
        for (member, value) in found {
            let Some((_, wanted)) = wanted.members.get(member) else {
                continue;
            };
            if self.note(wanted, value) {
                self.object(value, wanted)?;
            }
        }
        Ok(())
    }
}

struct Members<'w, 'f, 't> {
    wanted: &'w Wanted,
    found: &'f mut BTreeMap<usize, &'t str>,
    twice: &'f mut Option<String>,
}

impl<'t> Visitor<'t> for Members<'_, '_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(member) = map.next_key_seed(Key(self.wanted))? {
            let Some(member) = member else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = map.next_value::<&'t RawValue>()?.get();
            if self.found.insert(member, value).is_some() {
                let name = self.wanted.members.get(member);
                let name = name.map(|(name, _)| name.clone());
                *self.twice = self.twice.take().or(name);
            }
        }
        Ok(())
    }
}

/// Which wanted member a key is.
struct Key<'w>(&'w Wanted);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Option<usize>, E> {
        Ok(self.0.find(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(paths: &[&str]) -> Values {
        let paths: Vec<Vec<String>> = paths
            .iter()
            .map(|path| {
                path.split('.')
                    .filter(|part| !part.is_empty())
                    .map(str::to_owned)
                    .collect()
            })
            .collect();
        Values::new(paths.iter().map(Vec::as_slice))
    }

    #[test]
    fn wanted_values_are_found_at_any_depth() {
        let mut values = values(&["a", "u._id", "u.x.y", "n", "u"]);
        let text = r#"{"a":"\u0041","skip":{"a":[1]},"u":{"_id":{"$oid":"f"},"x":{"y":9007199254740993}},"n":null}"#;
        values.read(text).unwrap();
        let field = |slot| values.field(slot, text);
        assert_eq!(field(0), Field::Text("A"));
        assert_eq!(field(1), Field::Text("f"));
        assert_eq!(field(2), Field::Number("9007199254740993"));
        assert_eq!(field(3), Field::Null);
        assert!(matches!(field(4), Field::Other(_)));
        assert_eq!(
            text.get(values.range(1).unwrap()).unwrap(),
            r#"{"$oid":"f"}"#
        );
    }

    #[test]
    fn plain_and_nested_records_are_told_alike() {
        let mut values = values(&["a", "b"]);
        for text in [r#"{"x":1,"a":2}"#, r#"{"x":[],"a":2}"#] {
            values.read(text).unwrap();
            assert_eq!(values.field(0, text), Field::Number("2"), "{text}");
            assert_eq!(values.field(1, text), Field::Missing, "{text}");
        }
        for text in [r#"{"a":1,"a":2}"#, r#"{"a":1,"x":[],"a":2}"#] {
            assert_eq!(values.read(text).unwrap_err().code, Code::RecordAmbiguous);
        }
        let both = values.read(r#"{"b":1,"a":1,"b":2,"a":{}}"#).unwrap_err();
        assert_eq!(both.found, "b");
        assert_eq!(values.read("7").unwrap_err().code, Code::RecordNotObject);
        let broken = values.read(r#"{"a":{"b":tru}}"#).unwrap_err();
        assert_eq!(broken.code, Code::RecordMalformed);
    }

    #[test]
    fn a_value_that_is_no_object_can_itself_be_wanted() {
        let mut values = values(&[""]);
        values.read("7").unwrap();
        assert_eq!(values.field(0, "7"), Field::Number("7"));
    }
}

//! One JSON value as a field, without its quotes, escapes and Extended JSON wrappers.

use std::ops::Range;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::flat;
use crate::record::{Code, Column, Field, Problem, is_perhaps_secret};

/// Where the text of a field stands: in the record or, when it had escapes, in the scratch text.
#[derive(Debug, Clone)]
pub(in crate::source) enum Span {
    Record(Range<usize>),
    Scratch(Range<usize>),
}

#[derive(Debug, Clone)]
pub(in crate::source) enum Slot {
    Missing,
    Null,
    Text(Span),
    Number(Span),
    Other(Span),
}

impl Slot {
    /// The field; `text` and `scratch` are those it was read with.
    #[expect(
        clippy::inline_always,
        reason = "a field is written in place, not moved"
    )]
    #[inline(always)]
    pub(in crate::source) fn field<'a>(&self, text: &'a str, scratch: &'a str) -> Field<'a> {
        let resolve = |span: &Span| match span {
            Span::Record(range) => text.get(range.clone()).unwrap_or_default(),
            Span::Scratch(range) => scratch.get(range.clone()).unwrap_or_default(),
        };
        match self {
            Self::Missing => Field::Missing,
            Self::Null => Field::Null,
            Self::Text(span) => Field::Text(resolve(span)),
            Self::Number(span) => Field::Number(resolve(span)),
            Self::Other(span) => Field::Other(resolve(span)),
        }
    }
}

/// Reads `value`, a part of `text` that has neither escapes nor anything inside.
#[inline]
pub(in crate::source) fn plain_slot(text: &str, value: &str) -> Slot {
    match value.as_bytes().first() {
        Some(b'"') => Slot::Text(within(text, unquoted(value))),
        Some(b'n') => Slot::Null,
        Some(b't' | b'f') => Slot::Other(within(text, value)),
        Some(_) | None => Slot::Number(within(text, value)),
    }
}

fn unquoted(value: &str) -> &str {
    let inside = value.get(1..value.len().saturating_sub(1));
    inside.unwrap_or_default()
}

/// Reads `value`, a part of `text`; what has escapes goes into `scratch`.
pub(in crate::source) fn slot(
    text: &str,
    value: &str,
    scratch: &mut String,
) -> Result<Slot, serde_json::Error> {
    Ok(match value.as_bytes().first() {
        Some(b'"') => Slot::Text(string(text, value, scratch)?),
        Some(b'n') => Slot::Null,
        Some(b't' | b'f' | b'[') => Slot::Other(within(text, value)),
        Some(b'{') => return wrapped(text, value, scratch),
        Some(_) | None => Slot::Number(within(text, value)),
    })
}

fn string(text: &str, value: &str, scratch: &mut String) -> Result<Span, serde_json::Error> {
    if memchr::memchr(b'\\', value.as_bytes()).is_none() {
        return Ok(within(text, unquoted(value)));
    }
    let start = scratch.len();
    scratch.push_str(&serde_json::from_str::<String>(value)?);
    Ok(Span::Scratch(start..scratch.len()))
}

fn wrapped(text: &str, value: &str, scratch: &mut String) -> Result<Slot, serde_json::Error> {
    let mut wrapper = Wrapper::default();
    if flat::members(value, |key, inner| wrapper.take(key, inner)).is_none() {
        wrapper = Wrapper::default();
        serde_json::Deserializer::from_str(value).deserialize_map(&mut wrapper)?;
    }
    let Some((kind, inner)) = wrapper.inner() else {
        return Ok(Slot::Other(within(text, value)));
    };
    match (inner.as_bytes().first(), kind) {
        (Some(b'"'), Wrapped::Number) => Ok(Slot::Number(string(text, inner, scratch)?)),
        (Some(b'"'), Wrapped::Id) => Ok(Slot::Text(string(text, inner, scratch)?)),
        (Some(b'-' | b'0'..=b'9'), _) => Ok(Slot::Number(within(text, inner))),
        (Some(_) | None, _) => Ok(Slot::Other(within(text, value))),
    }
}

/// The place of `part`, a slice of `text`, in it.
pub(in crate::source) fn range_of(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    start..start + part.len()
}

fn within(text: &str, part: &str) -> Span {
    Span::Record(range_of(text, part))
}

/// Why `text`, which is no object, is no record.
pub(in crate::source) fn not_an_object(text: &str) -> Problem {
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => Problem::new(Code::RecordNotObject, Column::Record, text),
        Err(error) => malformed(text, &error),
    }
}

/// That `raw`, a record, is not UTF-8.
pub(in crate::source) fn not_utf8(raw: &[u8]) -> Problem {
    let found = String::from_utf8_lossy(raw);
    Problem::new(Code::RecordNotUtf8, Column::Record, found)
}

/// Shows the record around the place where the parser gave up, unless it is perhaps a secret.
pub(in crate::source) fn malformed(text: &str, error: &serde_json::Error) -> Problem {
    /// Characters before that place: enough to recognise it.
    const BEFORE: usize = 30;
    if is_perhaps_secret(text.as_bytes()) {
        return Problem::new(Code::RecordMalformed, Column::Record, text);
    }
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

/// What Extended JSON wraps.
#[derive(Debug, Clone, Copy)]
enum Wrapped {
    Number,
    Id,
}

/// The members of an object that may be one of Extended JSON's wrappers.
#[derive(Default)]
struct Wrapper<'de> {
    members: usize,
    wrapped: Option<(Wrapped, &'de str)>,
}

impl<'de> Wrapper<'de> {
    fn take(&mut self, key: &str, value: &'de str) {
        self.members += 1;
        let kind = match key {
            "$numberInt" | "$numberLong" | "$numberDouble" | "$numberDecimal" => Wrapped::Number,
            "$oid" => Wrapped::Id,
            _ => return,
        };
        self.wrapped = Some((kind, value));
    }

    /// What is wrapped, if that is all there is.
    fn inner(self) -> Option<(Wrapped, &'de str)> {
        self.wrapped.filter(|_| self.members == 1)
    }
}

impl<'de> Visitor<'de> for &mut Wrapper<'de> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            self.take(&key, map.next_value::<&RawValue>()?.get());
        }
        Ok(())
    }
}

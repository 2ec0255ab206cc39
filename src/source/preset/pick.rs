//! From the slots of a row to the value of a field.

use super::feed::Feed;
use super::form::{Choice, Condition, Meaning, Pick, Rule, Source};
use crate::record::Field;

/// What a pick came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Picked<'a> {
    Field(Field<'a>),
    /// The row is left out, for this reason.
    Leave(&'a str),
}

impl<'a> Picked<'a> {
    /// The field; a row that is left out has none.
    pub(super) const fn field(self) -> Field<'a> {
        match self {
            Self::Field(field) => field,
            Self::Leave(_) => Field::Missing,
        }
    }
}

impl Pick {
    /// The first choice that has a value; null if one is null and none has a value.
    #[inline]
    pub(super) fn get<'a>(&'a self, feed: &'a Feed) -> Picked<'a> {
        if let [only] = self.choices.as_slice()
            && only.is_bare()
        {
            return Picked::Field(feed.value(&only.source));
        }
        self.find(feed)
            .map_or(Picked::Field(Field::Missing), |(picked, _)| picked)
    }

    /// The same, with the source of the value.
    pub(super) fn find<'a>(&'a self, feed: &'a Feed) -> Option<(Picked<'a>, &'a Source)> {
        let mut null = None;
        for choice in &self.choices {
            match choice.get(feed) {
                None => {}
                Some(Picked::Field(Field::Null)) => null = Some(choice),
                Some(picked) => return Some((picked, &choice.source)),
            }
        }
        null.map(|choice| (Picked::Field(Field::Null), &choice.source))
    }

    /// The field that should have given the value, where it is not there and another gave one.
    pub(super) fn passed_over(&self, feed: &Feed) -> Option<&Source> {
        let lacking = self.lacking(feed)?;
        let found = self.find(feed).map(|(picked, _)| picked);
        let found = found.filter(|found| *found != Picked::Field(Field::Null));
        found.map(|_| lacking)
    }

    /// The field that should have given the value, where it is not there.
    pub(super) fn lacking(&self, feed: &Feed) -> Option<&Source> {
        if !self.decides() {
            return None;
        }
        for choice in &self.choices {
            if feed.is_lacking(&choice.source) {
                return Some(&choice.source);
            }
            if !matches!(choice.get(feed), None | Some(Picked::Field(Field::Null))) {
                return None;
            }
        }
        None
    }
}

impl Choice {
    /// Whether the value is taken as it stands.
    fn is_bare(&self) -> bool {
        self.patterns.is_empty() && self.unless.is_empty() && self.map.is_empty()
    }

    pub(super) fn get<'a>(&'a self, feed: &'a Feed) -> Option<Picked<'a>> {
        let field = feed.value(&self.source);
        if self.is_bare() {
            return (field != Field::Missing).then_some(Picked::Field(field));
        }
        let Some(text) = text(field) else {
            return (field == Field::Null).then_some(Picked::Field(field));
        };
        if self.unless.iter().any(|unless| unless == text) {
            return None;
        }
        let (field, text) = if self.patterns.is_empty() {
            (field, text)
        } else {
            let mut parts = self.patterns.iter();
            let part = parts.find_map(|pattern| pattern.wanted(text))?;
            (Field::Text(part), part)
        };
        let mut meanings = self.map.iter();
        match meanings.find(|(pattern, _)| pattern.fits(text)) {
            None => Some(Picked::Field(field)),
            Some((_, Meaning::Nothing)) => None,
            Some((_, Meaning::Value(value))) => Some(Picked::Field(Field::Text(value))),
            Some((_, Meaning::Leave(reason))) => Some(Picked::Leave(reason)),
        }
    }
}

/// The letters of a value that is there.
pub(super) fn text(field: Field<'_>) -> Option<&str> {
    match field {
        Field::Missing | Field::Null | Field::NotUtf8(_) => None,
        Field::Text(text)
        | Field::Number(text)
        | Field::Other(text)
        | Field::Mapped { source: text, .. }
        | Field::Unmapped(text) => Some(text),
    }
}

/// Whether something is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth<'a> {
    Yes,
    No,
    /// The field that would tell is not there.
    Unknown(&'a Source),
}

impl From<bool> for Truth<'_> {
    fn from(truth: bool) -> Self {
        if truth { Self::Yes } else { Self::No }
    }
}

impl Condition {
    fn truth(&self, feed: &Feed) -> Truth<'_> {
        let source = &self.source;
        match (present(feed, source), self.model.missing) {
            (Some(text), missing) => (missing != Some(true) && self.fits(text, feed)).into(),
            // An empty cell is a value of its column.
            (None, Some(missing)) if !feed.has_no_column(source) => missing.into(),
            (None, _) if feed.is_lacking(source) => Truth::Unknown(source),
            (None, missing) => (missing == Some(true)).into(),
        }
    }

    /// Whether the value is what is said of it.
    fn fits(&self, text: &str, feed: &Feed) -> bool {
        let model = &self.model;
        let number = || text.trim_ascii().parse::<u64>().ok();
        (model.is.is_empty() || model.is.iter().any(|pattern| pattern.fits(text)))
            && !model.not.iter().any(|pattern| pattern.fits(text))
            && model
                .above
                .is_none_or(|above| number().is_some_and(|number| number > above))
            && model.longer.is_none_or(|longer| {
                let length = feed.length(&self.source);
                length.is_some_and(|length| length > longer)
            })
            && model.bit.is_none_or(|bit| {
                number().is_some_and(|number| number.checked_shr(bit).unwrap_or(0) & 1 == 1)
            })
    }
}

/// The letters of a value that is there and not blank.
fn present<'a>(feed: &'a Feed, source: &'a Source) -> Option<&'a str> {
    text(feed.value(source)).filter(|text| !text.trim_ascii().is_empty())
}

/// Whether all of `conditions` hold; none of no conditions do. One that does not hold decides,
/// whatever is unknown of the others.
pub(super) fn all_hold<'r>(conditions: &'r [Condition], feed: &Feed) -> Truth<'r> {
    let mut all = Truth::from(!conditions.is_empty());
    for condition in conditions {
        match condition.truth(feed) {
            Truth::Yes => {}
            Truth::No => return Truth::No,
            unknown @ Truth::Unknown(_) => all = unknown,
        }
    }
    all
}

/// The first of `rules` that is about the row. With none, the field that would tell of one.
pub(super) fn applying<'r>(rules: &'r [Rule], feed: &Feed) -> Result<Option<&'r Rule>, &'r Source> {
    let mut lacking = None;
    for rule in rules {
        match all_hold(&rule.when, feed) {
            Truth::Yes => return Ok(Some(rule)),
            Truth::No => {}
            Truth::Unknown(source) => lacking = lacking.or(Some(source)),
        }
    }
    lacking.map_or(Ok(None), Err)
}

/// Whether a value is a list or a map without anything in it.
pub(super) fn is_empty_list(text: &[u8]) -> bool {
    match text.split_first() {
        Some((b'[', rest)) => rest.trim_ascii_start().starts_with(b"]"),
        Some((b'{', rest)) => rest.trim_ascii_start().starts_with(b"}"),
        Some(_) | None => false,
    }
}

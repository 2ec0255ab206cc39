//! The rows of a JSON file: records one after the other, and in each of them its rows.

use std::ops::Range;

use serde::de::IgnoredAny;

use super::extract::Values;
use super::form::{Others, Shape};
use super::outer::Outer;
use super::path::{Step, Trail};
use super::pattern::Pattern;
use super::pick::text;
use super::stream::Streamed;
use super::walk::{Fan, Parts, PassedOver, unquoted};
use crate::record::{Code, Column, Field, Problem};
use crate::source::buffer::Buffer;
use crate::source::json::slot::{malformed, not_utf8};
use crate::source::json::window::{Documents, Window};
use crate::source::stretch::Stretch;
use crate::source::{Error, Place};

/// How the documents of a file are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Each as a whole.
    Whole,
    /// Each as a whole, in an envelope that names user or group.
    Envelopes,
    /// In the window, however large they are.
    Streamed {
        /// Whether the file is one array of them.
        array: bool,
    },
    /// One row alone, without what is around it.
    Alone,
}

/// The values wanted of the elements so many steps around a row.
#[derive(Debug)]
struct Level {
    up: usize,
    values: Values,
    /// The element they were read from.
    element: Option<usize>,
}

/// Which records have no rows.
#[derive(Debug)]
enum OtherKinds {
    None,
    Any,
    /// Those whose kind is none of these.
    Unlike(Values, String, Vec<Pattern>),
}

impl OtherKinds {
    fn new(others: &Others) -> Self {
        match others {
            Others::None => Self::None,
            Others::Any => Self::Any,
            Others::Unlike(path, kinds) => {
                let values = Values::new(std::iter::once(path.as_slice()));
                Self::Unlike(values, path.join("."), kinds.clone())
            }
        }
    }

    /// Whether `record` is one of them.
    fn have(&mut self, record: &str) -> Result<bool, Problem> {
        let (values, name, kinds) = match self {
            Self::None => return Ok(false),
            Self::Any => return Ok(true),
            Self::Unlike(values, name, kinds) => (values, name, kinds),
        };
        values.read(record)?;
        let kind = text(values.field(0, record)).ok_or_else(|| incomplete(name))?;
        Ok(!kinds.iter().any(|known| known.fits(kind)))
    }
}

/// Where records come from.
#[derive(Debug)]
enum Origin {
    /// Whole documents, each of which may have rows in it.
    Documents(Documents, Way),
    /// What is found in documents of any size.
    Streamed(Streamed),
}

/// The rows of a JSON file.
#[derive(Debug)]
pub(super) struct Unfold {
    origin: Origin,
    /// The ways from a record to its rows.
    trails: Vec<Vec<Step>>,
    skip_keys: Vec<String>,
    may_lack: Vec<String>,
    /// The lists in which rows stand, for a message, and which records may do without.
    lists: String,
    others: OtherKinds,
    levels: Vec<Level>,
    /// For each slot of the shape, the level and the number there.
    places: Vec<(usize, usize)>,
    /// The text of the current record.
    text: String,
    fan: Fan,
    /// The number of the next row of the record, and the element that the current one is.
    next: usize,
    element: usize,
    /// What an envelope says.
    outer: Outer,
    /// Up to where lines of the record were counted, and how many.
    counted: (usize, u64),
}

impl Unfold {
    /// Reads `documents` in the shape `shape`.
    pub(super) fn new(documents: Documents, way: Way, shape: &Shape) -> Self {
        let (origin, trails) = match way {
            Way::Streamed { array } => {
                let window = documents.into_window();
                let streamed = Streamed::new(window, array, shape);
                (Origin::Streamed(streamed), steps(&shape.rows))
            }
            Way::Whole | Way::Envelopes => {
                let both = shape.records.iter().flat_map(|record| {
                    let rows = shape.rows.iter();
                    rows.map(|row| [record.steps.as_slice(), &row.steps].concat())
                });
                (Origin::Documents(documents, way), both.collect())
            }
            Way::Alone => (Origin::Documents(documents, way), vec![Vec::new()]),
        };
        let (levels, places) = levels(shape);
        let lists = [&shape.records, &shape.rows].map(|trails| {
            let texts = trails.iter().map(|trail| trail.text.as_str());
            let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
            texts.join(", ")
        });
        Self {
            lists: lists
                .into_iter()
                .filter(|list| !list.is_empty())
                .collect::<Vec<_>>()
                .join(" with "),
            others: OtherKinds::new(&shape.others),
            may_lack: shape.may_lack_lists.clone(),
            origin,
            trails,
            skip_keys: shape.skip_keys.clone(),
            levels,
            places,
            text: String::new(),
            fan: Fan::default(),
            next: 0,
            element: 0,
            outer: Outer::default(),
            counted: (0, 0),
        }
    }

    /// Goes to the next row; `false` at the end of the file. What is wrong with it as a whole goes
    /// to `problem`.
    pub(super) fn advance(&mut self, problem: &mut Option<Problem>) -> Result<bool, Error> {
        loop {
            if let Some(element) = self.fan.row(self.next) {
                self.next += 1;
                self.element = element;
                *problem = self.read_levels().err();
                return Ok(true);
            }
            if !self.next_record()? {
                return Ok(false);
            }
            if let Err(why) = self.unfold() {
                let whole = 0..self.raw_record().len();
                self.fan.begin(0, whole, None);
                self.next = usize::MAX;
                self.element = 0;
                *problem = Some(why);
                return Ok(true);
            }
        }
    }

    /// Takes a stretch of what comes next, if each record is a row of its own; `false` if not.
    pub(super) fn take_stretch(&mut self, stretch: &mut Stretch) -> Result<bool, Error> {
        match (&mut self.origin, self.trails.as_slice()) {
            (Origin::Documents(documents, Way::Whole), [only]) if only.is_empty() => {
                documents.take_stretch(stretch)
            }
            _ => Ok(false),
        }
    }

    fn next_record(&mut self) -> Result<bool, Error> {
        self.next = 0;
        self.counted = (0, 0);
        for level in &mut self.levels {
            level.element = None;
        }
        match &mut self.origin {
            Origin::Documents(documents, Way::Alone) => documents.advance_alone(),
            Origin::Documents(documents, _) => documents.advance(),
            Origin::Streamed(streamed) => streamed.advance(),
        }
    }

    /// Finds the rows of the record.
    fn unfold(&mut self) -> Result<(), Problem> {
        let raw = match &self.origin {
            Origin::Documents(documents, _) => documents.window().raw(),
            Origin::Streamed(streamed) => streamed.window().raw(),
        };
        self.text.clear();
        let Ok(text) = std::str::from_utf8(raw) else {
            return Err(not_utf8(raw));
        };
        self.text.push_str(text);
        let mut value = 0..self.text.len();
        let mut key = None;
        match &self.origin {
            Origin::Documents(_, Way::Envelopes) => {
                well_formed(&self.text, value.clone())?;
                value = self.open_envelope()?;
            }
            Origin::Documents(_, Way::Alone) => (value, key) = member(&self.text),
            Origin::Documents(..) => {}
            Origin::Streamed(streamed) => {
                value = streamed.value();
                key = streamed.key().map(str::to_owned);
            }
        }
        self.fan.begin(0, value.clone(), key.as_deref());
        match self.trails.as_slice() {
            // The values of the row are wanted, and whether it is well-formed turns out then.
            [only] if only.is_empty() => self.fan.take_record(),
            _ => {
                well_formed(&self.text, value.clone())?;
                let over = PassedOver {
                    skip_keys: &self.skip_keys,
                    may_lack: &self.may_lack,
                };
                let record = value;
                for trail in &self.trails {
                    self.fan.follow(&self.text, trail, over);
                }
                if let Some(name) = self.fan.twice.take() {
                    return Err(Problem::new(Code::RecordAmbiguous, Column::Record, name));
                }
                let lacking = self.fan.lacking.take();
                let text = self.text.get(record).unwrap_or_default();
                if (lacking.is_some() || !self.fan.reached) && !self.others.have(text)? {
                    return Err(incomplete(lacking.as_ref().unwrap_or(&self.lists)));
                }
            }
        }
        Ok(())
    }

    /// Takes the record out of `{"user":…,"group":…,"data":…}`.
    fn open_envelope(&mut self) -> Result<Range<usize>, Problem> {
        self.outer = Outer::default();
        let mut data = None;
        let mut parts = Parts::new(&self.text, 0..self.text.len());
        while let Some((key, value)) = parts.next() {
            let name = key.and_then(|key| self.text.get(key)).map(unquoted);
            let letters = self.text.get(value.clone()).unwrap_or_default();
            let text = || match letters.as_bytes().first() {
                Some(b'"') => Some(unquoted(letters).into_owned()),
                Some(b'0'..=b'9') => Some(letters.to_owned()),
                Some(_) | None => None,
            };
            let before = match name.as_deref() {
                Some("user") => std::mem::replace(&mut self.outer.user, text()).is_some(),
                Some("group") => std::mem::replace(&mut self.outer.group, text()).is_some(),
                Some("data") => data.replace(value).is_some(),
                Some(_) | None => false,
            };
            if before {
                let name = name.unwrap_or_default();
                return Err(Problem::new(Code::RecordAmbiguous, Column::Record, name));
            }
        }
        let data = data.filter(|data| self.text.get(data.clone()) != Some("null"));
        data.ok_or_else(|| {
            let found = self.text.as_str();
            Problem::new(Code::RecordMalformed, Column::Record, found)
        })
    }

    fn read_levels(&mut self) -> Result<(), Problem> {
        for level in &mut self.levels {
            let element = self.fan.around(self.element, level.up);
            if element.is_some() && element == level.element {
                continue;
            }
            level.element = element;
            let value = element.and_then(|element| self.fan.element(element));
            match value.and_then(|element| self.text.get(element.value.clone())) {
                Some(text) => level.values.read(text)?,
                None => level.values.clear(),
            }
        }
        Ok(())
    }

    /// The value of slot number `slot`.
    #[inline]
    pub(super) fn value(&self, slot: usize) -> Field<'_> {
        let Some(&(level, number)) = self.places.get(slot) else {
            return Field::Missing;
        };
        let Some(level) = self.levels.get(level) else {
            return Field::Missing;
        };
        let element = level.element.and_then(|element| self.fan.element(element));
        match element.and_then(|element| self.text.get(element.value.clone())) {
            Some(text) => level.values.field(number, text),
            None => Field::Missing,
        }
    }

    /// The name of the nearest member, `up` elements around the row or further out.
    pub(super) fn key(&self, up: usize) -> Option<&str> {
        self.fan.key(self.fan.around(self.element, up)?)
    }

    /// Where slot number `slot` stands in the bytes of the row, if it is in the row itself.
    pub(super) fn range(&self, slot: usize) -> Option<Range<usize>> {
        let &(level, number) = self.places.get(slot)?;
        let level = self.levels.get(level).filter(|level| level.up == 0)?;
        let range = level.values.range(number)?;
        let element = self.fan.element(self.element)?;
        let offset = element.value.start - element.start;
        Some(range.start + offset..range.end + offset)
    }

    /// What an envelope says of the record.
    pub(super) const fn outer(&self) -> &Outer {
        &self.outer
    }

    const fn window(&self) -> &Window {
        match &self.origin {
            Origin::Documents(documents, _) => documents.window(),
            Origin::Streamed(streamed) => streamed.window(),
        }
    }

    fn raw_record(&self) -> &[u8] {
        self.window().raw()
    }

    /// The bytes of the row, with its name if it is a member of a map.
    pub(super) fn raw(&self) -> &[u8] {
        let row = self.fan.element(self.element);
        let range = row.map(|row| row.start..row.value.end);
        range
            .and_then(|range| self.raw_record().get(range))
            .unwrap_or_default()
    }

    /// Where the row starts.
    pub(super) fn place(&mut self) -> Place {
        let record = self.window().place();
        let start = self.fan.element(self.element).map_or(0, |row| row.start);
        if start == 0 {
            return record;
        }
        // Rows mostly follow each other, so each line is counted once.
        let (mut from, mut lines) = self.counted;
        if from > start {
            (from, lines) = (0, 0);
        }
        let between = self.text.as_bytes().get(from..start).unwrap_or_default();
        lines += memchr::memchr_iter(b'\n', between).count() as u64;
        self.counted = (start, lines);
        Place {
            line: record.line + lines,
            byte: record.byte + start as u64,
        }
    }

    /// The window on the file.
    pub(super) fn buffer(&self) -> &Buffer {
        self.window().buffer()
    }
}

fn incomplete(lists: &str) -> Problem {
    Problem::new(Code::RecordIncomplete, Column::Record, lists)
}

fn steps(trails: &[Trail]) -> Vec<Vec<Step>> {
    trails.iter().map(|trail| trail.steps.clone()).collect()
}

/// The slots of `shape`, by how far up they are.
fn levels(shape: &Shape) -> (Vec<Level>, Vec<(usize, usize)>) {
    let mut ups: Vec<usize> = shape.slots.iter().map(|slot| slot.up).collect();
    ups.sort_unstable();
    ups.dedup();
    let mut counts = vec![0; ups.len()];
    let places = shape.slots.iter().filter_map(|slot| {
        let level = ups.iter().position(|&up| up == slot.up)?;
        let count = counts.get_mut(level)?;
        *count += 1;
        Some((level, *count - 1))
    });
    let places = places.collect();
    let levels = ups.iter().map(|&up| {
        let paths = shape.slots.iter().filter(|slot| slot.up == up);
        Level {
            up,
            values: Values::new(paths.map(|slot| slot.path.as_slice())),
            element: None,
        }
    });
    (levels.collect(), places)
}

fn well_formed(text: &str, range: Range<usize>) -> Result<(), Problem> {
    let text = text.get(range).unwrap_or_default();
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(malformed(text, &error)),
    }
}

/// Where the value of a member is, and its name, quotes included; any other text is a value.
fn member(text: &str) -> (Range<usize>, Option<String>) {
    let whole = format!("{{{text}}}");
    let found = Parts::new(&whole, 0..whole.len()).next();
    match found {
        // The added bracket is not in the text.
        Some((Some(key), value)) if value.end == whole.len() - 1 => {
            let name = whole.get(key).map(str::to_owned);
            (value.start - 1..value.end - 1, name)
        }
        Some(_) | None => (0..text.len(), None),
    }
}

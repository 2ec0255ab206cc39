//! The rows of one file in the shape that a preset says, one at a time, with their values at hand.

use std::ops::Range;
use std::sync::Arc;

use super::form::{Join, Shape, Source};
use super::outer::Outer;
use super::pick::{Picked, text};
use super::table::Tables;
use super::unfold::{Unfold, Way};
use super::walk::Parts;
use crate::record::{Code, Column, Field, Location, Problem};
use crate::source::buffer::Buffer;
use crate::source::columns::normal;
use crate::source::json::window::Documents;
use crate::source::stretch::Stretch;
use crate::source::{Error, Malformed, Place, Record, csv};

/// Where rows come from.
#[derive(Debug)]
enum Body {
    Csv {
        reader: Box<csv::Reader>,
        /// The column of each slot.
        indices: Vec<Option<usize>>,
    },
    Json(Box<Unfold>),
}

/// The rows of one file.
#[derive(Debug)]
pub(super) struct Feed {
    shape: Arc<Shape>,
    tables: Arc<Tables>,
    /// What is known from outside of the file.
    outer: Outer,
    body: Body,
    /// The table and the entry that each join finds for the row.
    entries: Vec<Option<(usize, u32)>>,
    concatenations: Vec<String>,
    /// The value at hand of those in a cell.
    inside: Option<String>,
    problem: Option<Problem>,
    place: Place,
}

impl Feed {
    /// Reads a file of columns, whose names are `header`; the reader stands behind them.
    pub(super) fn csv(
        mut reader: Box<csv::Reader>,
        header: &[String],
        shape: &Arc<Shape>,
        (tables, outer): (Arc<Tables>, Outer),
    ) -> Self {
        reader.select([None; 4], header);
        let indices = columns(header, shape);
        let body = Body::Csv { indices, reader };
        Self::new(body, shape, tables, outer)
    }

    /// Reads a JSON file.
    pub(super) fn json(
        documents: Documents,
        way: Way,
        shape: &Arc<Shape>,
        (tables, outer): (Arc<Tables>, Outer),
    ) -> Self {
        let unfold = Unfold::new(documents, way, shape);
        Self::new(Body::Json(Box::new(unfold)), shape, tables, outer)
    }

    fn new(body: Body, shape: &Arc<Shape>, tables: Arc<Tables>, outer: Outer) -> Self {
        Self {
            entries: vec![None; shape.joins.len()],
            concatenations: vec![String::new(); shape.concatenations.len()],
            inside: None,
            shape: Arc::clone(shape),
            tables,
            outer,
            body,
            problem: None,
            place: Place { line: 1, byte: 0 },
        }
    }

    /// Tells that the fields of rows are what stands in these four slots.
    pub(super) fn select(&mut self, slots: Option<[Option<usize>; 4]>) {
        if let (Some(slots), Body::Csv { reader, indices }) = (slots, &mut self.body) {
            let index = |slot: usize| indices.get(slot).copied().flatten();
            reader.select_cells(slots.map(|slot| slot.and_then(index)));
        }
    }

    /// The reader of a file of columns.
    pub(super) const fn columns(&self) -> Option<&csv::Reader> {
        match &self.body {
            Body::Csv { reader, .. } => Some(reader),
            Body::Json(_) => None,
        }
    }

    /// Takes a stretch of what comes next, if each record is a row of its own; `false` if not.
    pub(super) fn take_stretch(&mut self, stretch: &mut Stretch) -> Result<bool, Error> {
        match &mut self.body {
            Body::Csv { reader, .. } => reader.take_stretch(stretch),
            Body::Json(unfold) => unfold.take_stretch(stretch),
        }
    }

    /// Goes to the next row; `false` at the end of the file.
    pub(super) fn advance(&mut self) -> Result<bool, Error> {
        self.problem = None;
        let there = match &mut self.body {
            Body::Csv { reader, .. } => {
                let there = reader.advance()?;
                self.problem = reader.ragged().filter(|_| there);
                self.place = reader.place();
                there
            }
            Body::Json(unfold) => {
                let there = unfold.advance(&mut self.problem)?;
                self.place = unfold.place();
                there
            }
        };
        let more = !(self.shape.joins.is_empty() && self.concatenations.is_empty());
        if there && more && self.problem.is_none() {
            let shape = Arc::clone(&self.shape);
            self.concatenate(&shape);
            if !shape.joins.is_empty() {
                self.join(&shape);
                self.concatenate(&shape);
            }
        }
        Ok(there)
    }

    /// Notes that the row lacks the field `name`, without which nobody can judge it.
    pub(super) fn lack(&mut self, name: &str) {
        let problem = Problem::new(Code::RecordIncomplete, Column::Record, name);
        self.problem = Some(problem);
    }

    /// Whether the value of `source` is not there, and should be. An empty cell is no value; an
    /// empty text in JSON is one.
    pub(super) fn is_lacking(&self, source: &Source) -> bool {
        let absent = match self.value(source) {
            Field::Missing | Field::Null => true,
            Field::Text(text) => text.trim_ascii().is_empty() && self.columns().is_some(),
            Field::Number(_)
            | Field::Other(_)
            | Field::NotUtf8(_)
            | Field::Mapped { .. }
            | Field::Unmapped(_) => false,
        };
        if !absent {
            return false;
        }
        let expected = match source {
            Source::Slot(_) => true,
            Source::Joined { join, .. } => self.entries.get(*join).is_some_and(Option::is_some),
            Source::Key(_)
            | Source::User
            | Source::Group
            | Source::Constant(_)
            | Source::Concatenation(_)
            | Source::InsideCell => false,
        };
        expected && !self.shape.may_lack.contains(source)
    }

    /// Whether the file is one of columns, and has none for `source`.
    pub(super) fn has_no_column(&self, source: &Source) -> bool {
        match (source, &self.body) {
            (Source::Slot(slot), Body::Csv { indices, .. }) => {
                indices.get(*slot).is_none_or(Option::is_none)
            }
            _ => false,
        }
    }

    fn concatenate(&mut self, shape: &Shape) {
        for (at, (parts, with)) in shape.concatenations.iter().enumerate() {
            let place = self.concatenations.get_mut(at);
            let mut whole = place.map(std::mem::take).unwrap_or_default();
            whole.clear();
            for (number, part) in parts.iter().enumerate() {
                let part = part.get(self).map_or(Field::Missing, Picked::field);
                let Some(part) = text(part).filter(|part| !part.is_empty()) else {
                    // With a part missing, the whole is.
                    whole.clear();
                    break;
                };
                if number > 0 {
                    whole.push_str(with);
                }
                whole.push_str(part);
            }
            if let Some(place) = self.concatenations.get_mut(at) {
                *place = whole;
            }
        }
    }

    fn join(&mut self, shape: &Shape) {
        for (at, join) in shape.joins.iter().enumerate() {
            let found = self.tables.find(&join.table).and_then(|(number, table)| {
                let key = text(join.key.get(self).field())?;
                Some((number, table.entry(key)?))
            });
            if let Some(place) = self.entries.get_mut(at) {
                *place = found;
            }
        }
    }

    /// Takes `value` for the one at hand of those in a cell.
    pub(super) fn set_inside(&mut self, value: Option<String>) {
        self.inside = value;
        let shape = Arc::clone(&self.shape);
        self.concatenate(&shape);
    }

    /// Why the row is left out, if a table that is there does not have it.
    pub(super) fn unmatched<'r>(&self, joins: &'r [Join]) -> Option<&'r str> {
        let mut joins = joins.iter().zip(&self.entries);
        joins.find_map(|(join, entry)| {
            let reason = join.otherwise.as_deref().filter(|_| entry.is_none())?;
            text(join.key.get(self).field())?;
            self.tables.find(&join.table).map(|_| reason)
        })
    }

    /// The field by which a table is looked up, where the row does not have it.
    pub(super) fn unkeyed<'r>(&self, joins: &'r [Join]) -> Option<&'r Source> {
        let mut keys = joins.iter().flat_map(|join| &join.key.choices);
        let lacking = keys.find(|key| self.is_lacking(&key.source));
        lacking.map(|key| &key.source)
    }

    /// What is wrong with the row as a whole.
    pub(super) const fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// The value that `source` has for the row.
    #[inline]
    pub(super) fn value<'a>(&'a self, source: &'a Source) -> Field<'a> {
        match (source, &self.body) {
            (Source::Slot(slot), Body::Csv { reader, indices }) => match indices.get(*slot) {
                Some(&Some(index)) => reader.cell(index),
                Some(None) | None => Field::Missing,
            },
            (Source::Slot(slot), Body::Json(unfold)) => unfold.value(*slot),
            (Source::Key(up), Body::Json(unfold)) => known(unfold.key(*up)),
            (Source::Key(_), Body::Csv { .. }) => Field::Missing,
            (Source::User, _) => self.outer(|outer| outer.user.as_deref()),
            (Source::Group, _) => self.outer(|outer| outer.group.as_deref()),
            (Source::Joined { join, value }, _) => match self.entries.get(*join) {
                Some(&Some((table, entry))) => self.tables.value(table, entry, *value),
                Some(None) | None => Field::Missing,
            },
            (Source::InsideCell, _) => known(self.inside.as_deref()),
            (Source::Constant(text), _) => Field::Text(text),
            (Source::Concatenation(number), _) => {
                let whole = self.concatenations.get(*number).map(String::as_str);
                known(whole.filter(|whole| !whole.is_empty()))
            }
        }
    }

    /// What the envelope says, or else what is known of the file.
    fn outer<'a>(&'a self, part: impl Fn(&'a Outer) -> Option<&'a str>) -> Field<'a> {
        let envelope = match &self.body {
            Body::Csv { .. } => None,
            Body::Json(unfold) => part(unfold.outer()),
        };
        known(envelope.or_else(|| part(&self.outer)))
    }

    /// How many elements the list has that `source` is for the row.
    pub(super) fn length(&self, source: &Source) -> Option<u64> {
        let list = text(self.value(source)).filter(|list| list.starts_with('['))?;
        let mut parts = Parts::new(list, 0..list.len());
        let mut elements = 0;
        while parts.next().is_some() {
            elements += 1;
        }
        Some(elements)
    }

    /// Where the row starts.
    pub(super) const fn place(&self) -> Place {
        self.place
    }

    /// The bytes of the row.
    pub(super) fn raw(&self) -> &[u8] {
        match &self.body {
            Body::Csv { reader, .. } => reader.raw(),
            Body::Json(unfold) => unfold.raw(),
        }
    }

    /// Where in the bytes of the row the value of `source` stands.
    pub(super) fn range(&self, source: &Source) -> Option<Range<usize>> {
        let Source::Slot(slot) = source else {
            return None;
        };
        match &self.body {
            Body::Csv { reader, indices } => reader.range_of_cell((*indices.get(*slot)?)?),
            Body::Json(unfold) => unfold.range(*slot),
        }
    }

    /// The row as one that cannot be taken apart, if it is one.
    pub(super) fn malformed(&self, location: Location) -> Option<Record<'_>> {
        let problem = self.problem.as_ref()?.clone();
        Some(Record::Malformed(Malformed {
            location,
            problem,
            raw: self.raw(),
        }))
    }

    /// The window on the file.
    pub(super) fn buffer(&self) -> &Buffer {
        match &self.body {
            Body::Csv { reader, .. } => reader.buffer(),
            Body::Json(unfold) => unfold.buffer(),
        }
    }
}

fn known(text: Option<&str>) -> Field<'_> {
    text.map_or(Field::Missing, Field::Text)
}

/// The column of each slot of `shape`.
pub(super) fn columns(header: &[String], shape: &Shape) -> Vec<Option<usize>> {
    let indices = shape.slots.iter().map(|slot| {
        let named = slot.up == 0 && !slot.path.is_empty();
        // `mongoexport --type=csv` names the column of a nested field by its dotted path.
        named.then(|| column(header, &slot.path.join(".")))?
    });
    indices.collect()
}

/// Which column is called `name`; case, spaces, `_` and `-` do not matter.
pub(super) fn column(header: &[String], name: &str) -> Option<usize> {
    let exact = header.iter().position(|cell| cell == name);
    exact.or_else(|| header.iter().position(|cell| normal(cell) == normal(name)))
}

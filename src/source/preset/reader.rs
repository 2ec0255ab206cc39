//! The engine: what becomes of each row of a form.

use std::ops::Range;
use std::sync::Arc;

use super::count::{Choices, Number, Verdict, judge};
use super::feed::Feed;
use super::form::Source;
use super::form::{Count, Rows};
use super::pick::{Picked, Truth, all_hold, applying};
use crate::record::{Column, Field, Location, RawRow, Tally};
use crate::settings::OnMuted;
use crate::source::buffer::Buffer;
use crate::source::stretch::Stretch;
use crate::source::{Advance, Error, Place, Record};

/// The reason of muted rows that are left out, and the remark upon those that are not.
const MUTED: &str = "muted";
/// The remark upon muted rows whose count becomes 0.
const MUTED_AS_ZERO: &str = "muted_as_0";

/// The count of a row as it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// As it stands in the row.
    Picked,
    /// None.
    Missing,
    /// This number.
    Number(i128),
    /// This number or more.
    AtLeast(i128),
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decision<'r> {
    /// Why it is left out, if it is.
    pub(super) left: Option<&'r str>,
    /// What is said of it if it is taken.
    remarks: [Option<&'r str>; 3],
    shown: Shown,
    /// Its count, if that is known.
    unread: Option<u64>,
    /// The field without which nobody can judge the row, if it is not there.
    lacking: Option<&'r Source>,
}

/// Why a row is left out, and the count it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Left {
    /// The reason's name.
    pub(crate) reason: String,
    /// The count, if it is known.
    pub(crate) unread: Option<u64>,
}

/// Reads the rows of one file by a form.
#[derive(Debug)]
pub(crate) struct Reader {
    rows: Arc<Rows>,
    feed: Feed,
    choices: Choices,
    /// Whether every row goes on as it is.
    plain: bool,
    shown: Shown,
    /// The count in letters, if it is not in the row.
    count: String,
    tally: Tally,
}

/// What the count of a row comes to, before anybody's choices.
#[derive(Debug, Clone, Copy)]
struct Counted<'a> {
    number: Number,
    /// Where it stands, if it was not computed.
    field: Option<Field<'a>>,
}

impl Reader {
    pub(super) fn new(rows: Arc<Rows>, mut feed: Feed, choices: Choices) -> Self {
        let plain = rows.are_plain() && choices == Choices::default();
        if plain {
            feed.select(rows.plain_slots());
        }
        Self {
            rows,
            feed,
            choices,
            plain,
            shown: Shown::Picked,
            count: String::new(),
            tally: Tally::default(),
        }
    }

    /// Goes to the next row.
    pub(in crate::source) fn step(&mut self) -> Result<Advance, Error> {
        Ok(if !self.feed.advance()? {
            Advance::End
        } else if self.plain || self.settle() {
            Advance::Row
        } else {
            Advance::LeftOut
        })
    }

    /// Takes a stretch of what comes next, if each record is a row that goes on as it is. They are
    /// taken apart by the parser that `Prepared` has for the file.
    pub(in crate::source) fn take_stretch(&mut self, stretch: &mut Stretch) -> Result<bool, Error> {
        Ok(self.plain && self.feed.take_stretch(stretch)?)
    }

    /// Goes to the next row, whatever becomes of it; `false` at the end of the file.
    pub(in crate::source) fn advance_to_any(&mut self) -> Result<bool, Error> {
        self.feed.advance()
    }

    /// Why the current row is left out, if it is. Prepares the count of a row that is taken.
    pub(in crate::source) fn judge(&mut self) -> Option<Left> {
        let decision = decide(&self.rows, &self.feed, self.choices);
        let left = decision.left.map(|reason| Left {
            reason: reason.to_owned(),
            unread: decision.unread,
        });
        if left.is_none() {
            self.settle();
        }
        left
    }

    /// Decides about the current row, and notes what is decided; whether it is taken.
    fn settle(&mut self) -> bool {
        use std::fmt::Write as _;
        let Self {
            rows,
            feed,
            choices,
            shown,
            count,
            tally,
            ..
        } = self;
        let decision = decide(rows, feed, *choices);
        if let Some(source) = decision.lacking {
            feed.lack(&rows.shape.name(source));
            return true;
        }
        if let Some(reason) = decision.left {
            tally.leave(reason, decision.unread);
            return false;
        }
        for remark in decision.remarks.into_iter().flatten() {
            tally.remark(remark, decision.unread);
        }
        *shown = decision.shown;
        count.clear();
        match decision.shown {
            Shown::Picked | Shown::Missing => Ok(()),
            Shown::Number(number) => write!(count, "{number}"),
            Shown::AtLeast(bound) => write!(count, "{bound}+"),
        }
        .expect("writing to a string cannot fail");
        true
    }

    /// The current row with its count as it stands in the input.
    pub(in crate::source) fn found(&self, location: Location) -> Record<'_> {
        match self.record(location) {
            Record::Row(row) => Record::Row(RawRow {
                unread_num: counted(&self.rows, &self.feed)
                    .field
                    .unwrap_or(Field::Missing),
                ..row
            }),
            Record::Malformed(bad) => Record::Malformed(bad),
        }
    }

    /// The current row.
    pub(in crate::source) fn record(&self, location: Location) -> Record<'_> {
        if self.plain
            && let Some(columns) = self.feed.columns()
        {
            return columns.record(location);
        }
        if let Some(record) = self.feed.malformed(location) {
            return record;
        }
        let rows = &self.rows;
        Record::Row(RawRow {
            location,
            group_id: rows.group.get(&self.feed).field(),
            member_account: rows.member.get(&self.feed).field(),
            unread_num: match self.shown {
                Shown::Missing => Field::Missing,
                Shown::Number(_) | Shown::AtLeast(_) => Field::Text(&self.count),
                Shown::Picked => match &rows.count {
                    Count::Field(pick) => pick.get(&self.feed).field(),
                    Count::Length(_) | Count::Difference { .. } => {
                        counted(rows, &self.feed).field.unwrap_or(Field::Missing)
                    }
                },
            },
            group_type: rows.group_type.get(&self.feed).field(),
            raw: self.feed.raw(),
        })
    }

    /// Whether the row has a count, or all that one is computed of.
    pub(super) fn has_count(&self) -> bool {
        match &self.rows.count {
            Count::Field(pick) => pick.get(&self.feed) != Picked::Field(Field::Missing),
            Count::Length(list) => self.feed.value(list) != Field::Missing,
            Count::Difference { marker, .. } => {
                marker.get(&self.feed) != Picked::Field(Field::Missing)
            }
        }
    }

    /// Whether the row cannot be taken apart.
    pub(super) const fn is_malformed(&self) -> bool {
        self.feed.problem().is_some()
    }

    /// Bytes of the current row in which the value of `column` stands.
    pub(in crate::source) fn value_range(&self, column: Column) -> Option<Range<usize>> {
        let pick = match (column, &self.rows.count) {
            (Column::GroupId, _) => &self.rows.group,
            (Column::MemberAccount, _) => &self.rows.member,
            (Column::GroupType, _) => &self.rows.group_type,
            (Column::UnreadNum, Count::Field(pick) | Count::Difference { marker: pick, .. }) => {
                pick
            }
            (Column::UnreadNum | Column::Record, _) => return None,
        };
        let (_, source) = pick.find(&self.feed)?;
        self.feed.range(source)
    }

    /// Where the current row starts.
    pub(in crate::source) const fn place(&self) -> Place {
        self.feed.place()
    }

    /// What was left out so far, and what was remarked upon.
    pub(in crate::source) const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The window on the file.
    pub(in crate::source) fn buffer(&self) -> &Buffer {
        self.feed.buffer()
    }
}

/// What becomes of the current row of `feed`.
pub(super) fn decide<'r>(rows: &'r Rows, feed: &'r Feed, choices: Choices) -> Decision<'r> {
    let mut decision = Decision {
        left: None,
        remarks: [None; 3],
        shown: Shown::Picked,
        unread: None,
        lacking: None,
    };
    if feed.problem().is_some() {
        return decision;
    }
    let counted = counted(rows, feed);
    let number = counted.number.capped(rows.cap);
    decision.unread = number.unread();
    let is_muted = all_hold(&rows.muted, feed);
    match leaving(rows, feed) {
        Ok(None) => decision.lacking = lacking(rows, feed, (is_muted, choices.muted)),
        Ok(reason) => decision.left = reason,
        Err(source) => decision.lacking = Some(source),
    }
    if decision.left.is_some() || decision.lacking.is_some() {
        return decision;
    }
    if counted.field.is_none() {
        decision.shown = number.value().map_or(Shown::Missing, Shown::Number);
    }
    let mut muted = None;
    if is_muted == Truth::Yes {
        match choices.muted {
            OnMuted::Keep => muted = Some(MUTED),
            OnMuted::Skip => decision.left = Some(MUTED),
            OnMuted::Zero => {
                decision.shown = Shown::Number(0);
                decision.remarks = [Some(MUTED_AS_ZERO), None, None];
                return decision;
            }
        }
    }
    let mut changed = None;
    match judge(number, choices) {
        Verdict::AsIs => {}
        Verdict::Leave(reason) => {
            decision.left.get_or_insert(reason);
        }
        Verdict::Bound(bound) => decision.shown = Shown::AtLeast(bound),
        Verdict::Becomes(number, remark) => {
            changed = Some(remark);
            decision.shown = Shown::Number(number);
        }
    }
    let remark = applying(&rows.remarks, feed).ok().flatten();
    let by_rule = remark.map(|rule| rule.reason.as_str());
    decision.remarks = [by_rule, muted, changed];
    decision
}

/// Why the row is left out by its rules and its type, if it is.
///
/// # Errors
///
/// The field that would tell is not there.
fn leaving<'r>(rows: &'r Rows, feed: &'r Feed) -> Result<Option<&'r str>, &'r Source> {
    let ruled = applying(&rows.leave, feed);
    let by_rule = ruled.ok().flatten().map(|rule| rule.reason.as_str());
    let by_rule = feed.unmatched(&rows.shape.joins).or(by_rule);
    if by_rule.is_some() {
        return Ok(by_rule);
    }
    if let Some(source) = feed.unkeyed(&rows.shape.joins) {
        return Err(source);
    }
    match rows.group_type.get(feed) {
        Picked::Leave(reason) if rows.types_leave => Ok(Some(reason)),
        Picked::Leave(_) | Picked::Field(_) => ruled.map(|_| None),
    }
}

/// The field that decides the type or the count of a row, and that it does not have.
fn lacking<'r>(
    rows: &'r Rows,
    feed: &'r Feed,
    (is_muted, choice): (Truth<'r>, OnMuted),
) -> Option<&'r Source> {
    let counts = || match &rows.count {
        Count::Field(pick) => pick.passed_over(feed),
        Count::Length(_) => None,
        Count::Difference {
            head,
            marker,
            first,
        } => {
            let oldest = first.choices.first().map(|choice| &choice.source);
            let oldest = || oldest.filter(|source| feed.is_lacking(source));
            let sides = head.passed_over(feed).or_else(|| marker.passed_over(feed));
            sides.or_else(oldest)
        }
    };
    let muted = || match is_muted {
        Truth::Unknown(source) if choice != OnMuted::Keep => Some(source),
        Truth::Yes | Truth::No | Truth::Unknown(_) => None,
    };
    let described = rows.group_type.lacking(feed);
    described.or_else(counts).or_else(muted)
}

fn counted<'a>(rows: &'a Rows, feed: &'a Feed) -> Counted<'a> {
    match &rows.count {
        Count::Field(pick) => {
            let field = pick.get(feed).field();
            Counted {
                number: Number::of(field),
                field: Some(field),
            }
        }
        Count::Length(list) => {
            let length = feed.length(list);
            Counted {
                number: length.map_or(Number::Unknown, |length| Number::Whole(length.into())),
                field: None,
            }
        }
        Count::Difference {
            head,
            marker,
            first,
        } => {
            let (head, marker) = (head.get(feed).field(), marker.get(feed).field());
            let first = Number::of(first.get(feed).field());
            difference(head, marker, first)
        }
    }
}

/// What is above the marker. Messages before the first are gone for the member, as if read.
fn difference<'a>(head: Field<'a>, marker: Field<'a>, first: Number) -> Counted<'a> {
    let given = |field| Counted {
        number: Number::Other,
        field: Some(field),
    };
    let (number, field) = match (Number::of(head), Number::of(marker)) {
        (Number::Other, _) => return given(head),
        (_, Number::Other) => return given(marker),
        (Number::Whole(head), Number::Whole(marker)) => {
            let gone = match first {
                Number::Whole(first) => first.saturating_sub(1),
                Number::Unknown | Number::AtLeast(_) | Number::Other => marker,
            };
            let read = marker.max(gone);
            (Number::Whole(head.saturating_sub(read)), None)
        }
        (_, _) => (Number::Unknown, None),
    };
    Counted { number, field }
}

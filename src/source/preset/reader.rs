//! The engine: what becomes of each row of a form.

use std::ops::Range;
use std::sync::Arc;

use super::count::{Choices, Number, OnMuted, Verdict, judge};
use super::feed::Feed;
use super::form::{Count, Rows};
use super::pick::{Picked, all_hold, applying};
use super::tally::Tally;
use crate::record::{Column, Field, Location, RawRow};
use crate::source::{Error, Place, Record};

/// The reason of muted rows that are left out, and the remark upon those that are not.
const MUTED: &str = "muted";
/// The remark upon muted rows whose count becomes 0.
const MUTED_AS_ZERO: &str = "muted_as_0";

/// Where the count of the current row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// In the row, as it is.
    Picked,
    /// Nowhere.
    Missing,
    /// In `Reader::count`, in letters.
    Text,
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
    shown: Shown,
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
    pub(super) fn new(rows: Arc<Rows>, feed: Feed, choices: Choices) -> Self {
        Self {
            rows,
            feed,
            choices,
            shown: Shown::Missing,
            count: String::new(),
            tally: Tally::default(),
        }
    }

    /// Goes to the next row that is taken; `false` at the end of the file.
    pub(in crate::source) fn advance(&mut self) -> Result<bool, Error> {
        while self.feed.advance()? {
            match self.judge() {
                None => return Ok(true),
                Some(left) => self.tally.leave(&left.reason, left.unread),
            }
        }
        Ok(false)
    }

    /// Goes to the next row, whatever becomes of it; `false` at the end of the file.
    pub(super) fn advance_to_any(&mut self) -> Result<bool, Error> {
        self.feed.advance()
    }

    /// Why the current row is left out, if it is. Prepares the count of a row that is taken.
    pub(super) fn judge(&mut self) -> Option<Left> {
        self.shown = Shown::Picked;
        if self.feed.problem().is_some() {
            return None;
        }
        let rows = Arc::clone(&self.rows);
        let counted = counted(&rows, &self.feed);
        let number = counted.number.capped(rows.cap);
        let unread = number.unread();
        let leave = |reason: &str| {
            Some(Left {
                reason: reason.to_owned(),
                unread,
            })
        };
        if let Some(rule) = applying(&rows.leave, &self.feed) {
            return leave(&rule.reason);
        }
        if let Picked::Leave(reason) = rows.group_type.get(&self.feed) {
            return leave(reason);
        }
        if counted.field.is_none() {
            self.shown = Shown::Missing;
            if let Some(number) = number.value() {
                self.show(number, "");
            }
        }
        if let Some(rule) = applying(&rows.remarks, &self.feed) {
            self.tally.remark(&rule.reason, unread);
        }
        if all_hold(&rows.muted, &self.feed) {
            match self.choices.muted {
                OnMuted::Keep => self.tally.remark(MUTED, unread),
                OnMuted::Skip => return leave(MUTED),
                OnMuted::Zero => {
                    self.tally.remark(MUTED_AS_ZERO, unread);
                    self.show(0, "");
                    return None;
                }
            }
        }
        match judge(number, self.choices) {
            Verdict::AsIs => {}
            Verdict::Leave(reason) => return leave(reason),
            Verdict::Bound(bound) => self.show(bound, "+"),
            Verdict::Becomes(number, remark) => {
                self.tally.remark(remark, unread);
                self.show(number, "");
            }
        }
        None
    }

    fn show(&mut self, number: i128, mark: &str) {
        use std::fmt::Write as _;
        self.shown = Shown::Text;
        self.count.clear();
        write!(self.count, "{number}{mark}").expect("writing to a string cannot fail");
    }

    /// The current row.
    pub(in crate::source) fn record(&self, location: Location) -> Record<'_> {
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
                Shown::Text => Field::Text(&self.count),
                Shown::Picked => counted(rows, &self.feed).field.unwrap_or(Field::Missing),
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

    /// Size and hash of the file, once it was read to its end.
    pub(in crate::source) fn digest(&self) -> (u64, String) {
        self.feed.digest()
    }
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

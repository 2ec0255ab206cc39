//! The fields of a record as a source found them, before anyone judged them.

use std::borrow::Cow;

use super::Location;

/// Which of the canonical fields a cell belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Column {
    /// `group_id`.
    GroupId,
    /// `member_account`.
    MemberAccount,
    /// `unread_num`.
    UnreadNum,
    /// `group_type`.
    GroupType,
    /// The record as a whole: it could not be taken apart.
    Record,
}

impl Column {
    /// The four columns that cells belong to, in the contract's order.
    pub(crate) const CELLS: [Self; 4] = [
        Self::GroupId,
        Self::MemberAccount,
        Self::UnreadNum,
        Self::GroupType,
    ];

    /// The column a user names by its canonical name, as in `--column group_id=NAME`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::CELLS.into_iter().find(|column| column.name() == name)
    }

    /// The canonical name, as the contract spells it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::GroupId => "group_id",
            Self::MemberAccount => "member_account",
            Self::UnreadNum => "unread_num",
            Self::GroupType => "group_type",
            Self::Record => "record",
        }
    }
}

/// One cell as the source gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field<'a> {
    /// The record has no such member, or the file has no such column.
    Missing,
    /// An explicit null.
    Null,
    /// Text: a CSV cell or a JSON string.
    Text(&'a str),
    /// A JSON number, in the letters of the file: never through a float.
    Number(&'a str),
    /// A JSON value of a kind that is never right here (an object, a list, a boolean), in the
    /// letters of the file.
    Other(&'a str),
    /// Bytes that are not UTF-8.
    NotUtf8(&'a [u8]),
    /// An id for which an id map has another.
    Mapped {
        /// In the letters of the input.
        source: &'a str,
        /// What the map has for it.
        target: &'a str,
    },
    /// An id that the id map does not have, in the letters of the input.
    Unmapped(&'a str),
}

impl<'a> Field<'a> {
    /// The id a map has, or the letters of the input; empty where there are none.
    pub(crate) fn text(self) -> Cow<'a, str> {
        match self {
            Self::Missing | Self::Null => Cow::Borrowed(""),
            Self::Text(text) | Self::Number(text) | Self::Other(text) => Cow::Borrowed(text),
            Self::Mapped { target, .. } => Cow::Borrowed(target),
            Self::Unmapped(source) => Cow::Borrowed(source),
            Self::NotUtf8(bytes) => String::from_utf8_lossy(bytes),
        }
    }
}

/// One record, unjudged. It borrows from the reader's buffer and lives until the next is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawRow<'a> {
    /// Where it stood.
    pub(crate) location: Location,
    /// The group's id.
    pub(crate) group_id: Field<'a>,
    /// The member's account.
    pub(crate) member_account: Field<'a>,
    /// The unread count.
    pub(crate) unread_num: Field<'a>,
    /// The group's type, if the source tells it.
    pub(crate) group_type: Field<'a>,
    /// The record in the bytes of the file, without the line's end: what a rejects file repeats.
    pub(crate) raw: &'a [u8],
}

impl<'a> RawRow<'a> {
    /// A row of which no field is known yet.
    #[inline]
    pub(crate) const fn new(location: Location, raw: &'a [u8]) -> Self {
        Self {
            location,
            group_id: Field::Missing,
            member_account: Field::Missing,
            unread_num: Field::Missing,
            group_type: Field::Missing,
            raw,
        }
    }
}

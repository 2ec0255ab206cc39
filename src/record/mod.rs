//! What a valid unread record is: ids, counts and group types as types that cannot be wrong, and
//! problems and locations as plain data. Pure: nothing here reads, writes or knows a format.
//!
//! Source of the rules: the vendor's pages on accounts, groups and `set_unread_msg_num`
//! (editions of 2025), summarised in the README's table of canonical fields.

mod check;
mod clamp;
mod code;
mod counts;
mod excerpt;
mod explain;
mod field;
mod formula;
mod group_type;
mod help;
mod letters;
mod location;
mod printable;
mod problem;
mod secret;
mod severity;
mod tally;

pub(crate) use check::{Row, check};
pub(crate) use clamp::Clamp;
pub(crate) use code::Code;
pub(crate) use counts::RowCounts;
pub(crate) use excerpt::Excerpt;
pub(crate) use field::{Column, Field, RawRow};
pub(crate) use formula::{ADDED_COLUMNS, guard, unguard};
pub(crate) use group_type::GroupType;
pub(crate) use location::Location;
#[cfg(test)]
pub(crate) use printable::is_shown;
pub(crate) use printable::{escaped, push_escaped};
pub(crate) use problem::{Finding, OtherRow, Problem, shown};
pub(crate) use secret::{WITHHELD, is_perhaps_secret};
pub(crate) use severity::Severity;
pub(crate) use tally::{Sum, Tally};

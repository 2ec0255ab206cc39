//! The lines behind the first as data, and the members of all. See `FORMAT.md`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::header::{Header, Input};
use crate::settings::SideFile;
use crate::storage::{self, BadLine};

/// How a row ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// `ErrorCode` 0.
    Succeeded,
    /// Refused for good.
    Failed,
    /// Every attempt failed for a passing reason.
    Exhausted,
    /// Invalid, and skipped.
    Rejected,
}

/// A count: a number, or the letters of the input for a rejected row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Count<'a> {
    /// 0..=4294967295.
    Number(u32),
    /// As the input had it.
    Raw(Cow<'a, str>),
}

/// How one call or row came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outcome<'a> {
    /// The record's number in the input, from 1.
    pub(crate) row: u64,
    /// How it ended.
    pub(crate) status: Status,
    /// The group.
    pub(crate) group_id: Cow<'a, str>,
    /// The member.
    pub(crate) member_account: Cow<'a, str>,
    /// The count that was to be set.
    pub(crate) unread_num: Count<'a>,
    /// The type that the input gave a rejected row, if it gave one: without it, the row would
    /// pass the next time for the wrong reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) group_type: Option<Cow<'a, str>>,
    /// The API's error code; -1 without an answer.
    pub(crate) code: i64,
    /// The API's words, or the problems of a rejected row.
    pub(crate) info: Cow<'a, str>,
    /// How often it was sent.
    pub(crate) attempts: u32,
    /// When it was settled.
    pub(crate) at: Timestamp,
    /// How long the last attempt took, in milliseconds.
    pub(crate) ms: u64,
}

/// What happened to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionEvent {
    /// It began.
    Started,
    /// A signal ended it; nothing is in flight.
    Interrupted,
    /// The target or the checkpoint ended it.
    Stopped,
    /// Every call has its outcome.
    Completed,
}

/// Why a session ended early.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reason {
    /// A stable word: `credential`, `outage`, `signal`, ….
    pub(crate) kind: String,
    /// The API's error code, if one was the cause.
    pub(crate) code: Option<i64>,
    /// The API's words or ours.
    pub(crate) message: String,
}

/// A session's start or end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    /// What happened.
    pub(crate) event: SessionEvent,
    /// When.
    pub(crate) at: Timestamp,
    /// Calls up to this number may have been sent; exact at the end of a session.
    pub(crate) admitted: u64,
    /// Why, for an early end.
    pub(crate) reason: Option<Reason>,
    /// At its start: the options that a command to continue repeats, as words. No secret, but the
    /// name of the file that holds one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) resume: Vec<String>,
}

/// A (group, member) whose count an earlier line records, and that a call may set to another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Overwritten(pub(crate) u64, pub(crate) String, pub(crate) String);

impl Overwritten {
    /// What the call with this number sets anew: a member of a group.
    pub(crate) fn new(call: u64, group_id: &str, member_account: &str) -> Self {
        Self(call, group_id.to_owned(), member_account.to_owned())
    }
}

/// Another input took the place of the one so far; row numbers after this line are its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Replaced {
    /// When.
    pub(crate) at: Timestamp,
    /// The inputs from now on.
    pub(crate) inputs: Vec<Input>,
    /// Their rows.
    pub(crate) rows: u64,
    /// Their calls.
    pub(crate) calls: u64,
    /// Rows of the new input whose very call succeeded before, packed.
    pub(crate) succeeded: String,
    /// Rows of the new input whose very call was refused for good before, packed, by code.
    #[serde(deserialize_with = "by_code")]
    pub(crate) failed: BTreeMap<i64, String>,
    /// Rows of the new input that set another count than the one that an earlier line records,
    /// packed; nothing if there are none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) overwrites: String,
    /// The online checks of the new input, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) preflight: Option<SideFile>,
}

/// JSON has text only as a key, and behind the `type` of a line `serde` no longer takes it for a
/// number.
fn by_code<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<i64, String>, D::Error> {
    let texts: BTreeMap<String, String> = BTreeMap::deserialize(from)?;
    texts
        .into_iter()
        .map(|(code, rows)| Ok((code.parse().map_err(D::Error::custom)?, rows)))
        .collect()
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "a log has one header")]
pub(crate) enum Entry<'a> {
    /// The first line.
    Header(Header),
    /// A session's start or end.
    Session(Session),
    /// Calls up to this number may be sent from now on.
    Admitted {
        /// The number.
        calls: u64,
        /// When.
        at: Timestamp,
        /// Those among them that replace a count which an earlier line records.
        overwrites: Vec<Overwritten>,
    },
    /// A call or row is settled.
    Outcome(Outcome<'a>),
    /// The input changed (`--changed-input`).
    Replaced(Replaced),
}

/// The members that tell the kinds of lines apart, and the lines themselves.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a log has one header")]
enum Typed<'a> {
    Header(Cow<'a, Header>),
    Session(Cow<'a, Session>),
    Input(Cow<'a, Replaced>),
    Admitted {
        calls: u64,
        at: Timestamp,
        #[serde(default, skip_serializing_if = "<[Overwritten]>::is_empty")]
        overwrites: Cow<'a, [Overwritten]>,
    },
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Header(header) => Typed::Header(Cow::Borrowed(header)).serialize(to),
            Self::Session(session) => Typed::Session(Cow::Borrowed(session)).serialize(to),
            Self::Admitted {
                calls,
                at,
                overwrites,
            } => Typed::Admitted {
                calls: *calls,
                at: *at,
                overwrites: Cow::Borrowed(overwrites),
            }
            .serialize(to),
            Self::Outcome(outcome) => outcome.serialize(to),
            Self::Replaced(replaced) => Typed::Input(Cow::Borrowed(replaced)).serialize(to),
        }
    }
}

/// Reads a line whose checksum holds.
pub(crate) fn decode(line: &[u8]) -> Result<Entry<'_>, BadLine> {
    if line.starts_with(b"{\"row\":") {
        return storage::decode(line).map(Entry::Outcome);
    }
    Ok(match storage::decode(line)? {
        Typed::Header(header) => Entry::Header(header.into_owned()),
        Typed::Session(session) => Entry::Session(session.into_owned()),
        Typed::Input(replaced) => Entry::Replaced(replaced.into_owned()),
        Typed::Admitted {
            calls,
            at,
            overwrites,
        } => Entry::Admitted {
            calls,
            at,
            overwrites: overwrites.into_owned(),
        },
    })
}

/// Row and status of an outcome line, by its fixed prefix alone; `None` for any other line.
pub(crate) fn peek(content: &[u8]) -> Option<(u64, Status)> {
    let rest = content.strip_prefix(b"{\"row\":")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = rest.split_at_checked(digits)?;
    let row = number.iter().try_fold(0_u64, |row, digit| {
        row.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    })?;
    let rest = rest.strip_prefix(b",\"status\":\"")?;
    let status = match rest.first()? {
        b's' => Status::Succeeded,
        b'f' => Status::Failed,
        b'e' => Status::Exhausted,
        b'r' => Status::Rejected,
        _ => return None,
    };
    (digits > 0).then_some((row, status))
}

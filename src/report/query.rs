//! The result of `query`: single counts, each with why there is none.

use std::io::{self, Write};

use serde::Serialize;

use super::code::meaning;
use super::frame::CommandResult;
use super::quickblox_code::refused_with_advice;
use super::table::{columns, found_text};
use crate::reads::Refused;
use crate::verify::Observed;

/// `--output json`.
#[derive(Debug, Serialize)]
pub(crate) struct QueryResult<'a> {
    pub(crate) command: &'static str,
    /// Whose counts, unless they are those of a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group_id: Option<&'a str>,
    pub(crate) counts: Vec<CountPart>,
    /// The title of the first column.
    #[serde(skip)]
    pub(crate) title: &'static str,
}

impl QueryResult<'_> {
    /// Whether every count is known.
    pub(crate) fn is_complete(&self) -> bool {
        self.counts.iter().all(|part| part.error.is_none())
    }
}

impl CommandResult for QueryResult<'_> {
    fn text(&self, out: &mut dyn Write, _width: usize) -> io::Result<()> {
        table(out, self.title, &self.counts)
    }
}

/// One count, or why there is none.
#[derive(Debug, Serialize)]
pub(crate) struct CountPart {
    /// Whose, or in which conversation.
    #[serde(flatten)]
    key: CountKey,
    /// The count.
    unread: Option<u64>,
    /// Messages in the group, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<u64>,
    /// Why there is no count.
    error: Option<CountError>,
}

/// What a count belongs to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CountKey {
    /// A one-to-one conversation.
    Peer(String),
    /// All conversations of the account.
    All(&'static str),
    /// A member of the group.
    MemberAccount(String),
    /// A dialog of `QuickBlox`.
    Dialog(String),
}

impl CountKey {
    fn text(&self) -> &str {
        match self {
            Self::Peer(text) | Self::MemberAccount(text) | Self::Dialog(text) => text,
            Self::All(text) => text,
        }
    }
}

/// Why there is no count.
#[derive(Debug, Serialize)]
pub(crate) struct CountError {
    /// The service's code, if it gave one.
    code: Option<i64>,
    /// In words.
    message: String,
}

impl CountError {
    fn refused(refused: &Refused) -> Self {
        let known = (refused.code != -1).then_some(refused.code);
        let message = match known {
            Some(code) if refused.info.is_empty() => meaning(code),
            Some(code) => format!("{}: {}", meaning(code), refused.info),
            None => refused.info.clone(),
        };
        Self {
            code: known,
            message,
        }
    }

    fn plain(message: impl Into<String>) -> Self {
        Self {
            code: None,
            message: message.into(),
        }
    }
}

impl CountPart {
    /// A one-to-one count.
    pub(crate) fn conversation(peer: &str, result: Option<Result<u64, Refused>>) -> Self {
        let key = CountKey::Peer(peer.to_owned());
        match result {
            Some(result) => Self::answered(key, result),
            None => Self::failed(key, CountError::plain("the answer leaves the peer out")),
        }
    }

    /// An account's count over all its conversations.
    pub(crate) fn all_conversations(result: Result<u64, Refused>) -> Self {
        Self::answered(CountKey::All("conversations"), result)
    }

    /// A member's count in a group.
    pub(crate) fn member(member: &str, observed: &Observed) -> Self {
        let key = CountKey::MemberAccount(member.to_owned());
        match observed {
            Observed::Count {
                unread, messages, ..
            } => Self {
                messages: *messages,
                ..Self::counted(key, *unread)
            },
            Observed::Conversation { unread, .. } => Self::counted(key, *unread),
            Observed::KeepsNone { kind } => {
                let why = format!("a {kind} group keeps no counts");
                Self::failed(key, CountError::plain(why))
            }
            Observed::NoMember => Self::failed(key, CountError::plain("not a member")),
            Observed::NoGroup(refused)
            | Observed::NoAccount(refused)
            | Observed::UnknownAccount(refused) => Self::failed(key, CountError::refused(refused)),
            Observed::Unknown(why) => Self::failed(key, CountError::plain(why.clone())),
        }
    }

    /// A count of a `QuickBlox` dialog.
    pub(crate) fn dialog(id: &str, count: Option<u64>) -> Self {
        let key = CountKey::Dialog(id.to_owned());
        match count {
            Some(count) => Self::counted(key, count),
            None => Self::failed(key, CountError::plain("the answer leaves the dialog out")),
        }
    }

    /// A user's count over all dialogs.
    pub(crate) fn all_dialogs(total: Option<u64>) -> Self {
        let key = CountKey::All("dialogs");
        match total {
            Some(total) => Self::counted(key, total),
            None => Self::failed(key, CountError::plain("the answer has no total")),
        }
    }

    /// A `QuickBlox` dialog, or all of a user's, that were refused.
    pub(crate) fn refused_dialog(id: Option<&str>, why: &Refused) -> Self {
        let key = id.map_or(CountKey::All("dialogs"), |id| {
            CountKey::Dialog(id.to_owned())
        });
        let error = CountError {
            code: (why.code != -1).then_some(why.code),
            message: refused_with_advice(why),
        };
        Self::failed(key, error)
    }

    fn answered(key: CountKey, result: Result<u64, Refused>) -> Self {
        match result {
            Ok(unread) => Self::counted(key, unread),
            Err(refused) => Self::failed(key, CountError::refused(&refused)),
        }
    }

    fn counted(key: CountKey, unread: u64) -> Self {
        Self {
            key,
            unread: Some(unread),
            messages: None,
            error: None,
        }
    }

    fn failed(key: CountKey, error: CountError) -> Self {
        Self {
            key,
            unread: None,
            messages: None,
            error: Some(error),
        }
    }
}

fn table(out: &mut dyn Write, title: &str, parts: &[CountPart]) -> io::Result<()> {
    let messages = parts.iter().any(|part| part.messages.is_some());
    let mut header = vec![title, "unread"];
    if messages {
        header.push("of messages");
    }
    header.push("");
    let rows: Vec<Vec<String>> = parts
        .iter()
        .map(|part| {
            let mut row = vec![part.key.text().to_owned(), found_text(part.unread, "-")];
            if messages {
                row.push(found_text(part.messages, "-"));
            }
            row.push(
                part.error
                    .as_ref()
                    .map_or(String::new(), |error| error.message.clone()),
            );
            row
        })
        .collect();
    columns(out, &header, &rows)
}

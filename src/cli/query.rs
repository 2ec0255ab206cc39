//! `query`: one look at single counts.

use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::args::{self, OutputForm};
use super::asking::{halted, pace, timeouts, with_client};
use super::differences::{columns, found_text};
use super::failure::Failure;
use super::quickblox::{resolve, with_quickblox};
use super::target::Destination;
use crate::report::meaning;
use crate::sweep::Api;
use crate::sweep::Refused;
use crate::tencent::Command;
use crate::verify::{Expected, Observed, by_group};

/// Runs the command.
pub(super) fn run(args: &args::Query, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    match args {
        args::Query::C2c(args) => c2c(args, out),
        args::Query::Group(args) => group(args, out),
        args::Query::Quickblox(args) => quickblox(args, out),
    }
}

/// One count, or why there is none.
#[derive(Debug, Serialize)]
pub(super) struct Part {
    /// Whose, or in which conversation.
    #[serde(flatten)]
    pub(super) key: Key,
    /// The count.
    pub(super) unread: Option<u64>,
    /// Messages in the group, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) messages: Option<u64>,
    /// Why there is no count.
    pub(super) error: Option<PartError>,
}

/// What a count belongs to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Key {
    /// A one-to-one conversation.
    Peer(String),
    /// All conversations of the account.
    All(&'static str),
    /// A member of the group.
    MemberAccount(String),
    /// A dialog of `QuickBlox`.
    Dialog(String),
}

impl Key {
    fn text(&self) -> &str {
        match self {
            Self::Peer(text) | Self::MemberAccount(text) | Self::Dialog(text) => text,
            Self::All(text) => text,
        }
    }
}

/// Why there is no count.
#[derive(Debug, Serialize)]
pub(super) struct PartError {
    /// The service's code, if it gave one.
    pub(super) code: Option<i64>,
    /// In words.
    pub(super) message: String,
}

impl PartError {
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

/// `--output json`.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    command: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<&'a str>,
    counts: &'a [Part],
}

fn c2c(args: &args::QueryC2c, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let reached = Destination::resolve(&args.target)?.reach_alone()?;
    let pace = pace(&args.asking)?;
    let timeouts = timeouts(&args.asking.timeout)?;
    let parts = with_client(&reached, timeouts, async |client| {
        let api = Api::new(client, pace);
        c2c_parts(&api, &args.account, &args.peers).await
    })?;
    let answer = Answer {
        command: "query c2c",
        account: Some(&args.account),
        group_id: None,
        counts: &parts,
    };
    tell(&answer, "peer", args.result.output, out)
}

async fn c2c_parts<T: crate::tencent::Transport>(
    api: &Api<'_, T>,
    account: &str,
    peers: &[String],
) -> Result<Vec<Part>, Failure> {
    let part = |key, result: Result<u64, Refused>| match result {
        Ok(unread) => counted(key, unread),
        Err(refused) => failed(key, PartError::refused(&refused)),
    };
    if peers.is_empty() {
        let total = api.c2c_total(account).await.map_err(|halt| halted(&halt))?;
        return Ok(vec![part(Key::All("conversations"), total)]);
    }
    let mut parts = Vec::new();
    for batch in peers.chunks(Command::GetC2cUnreadMsgNum.batch()) {
        let ids: Vec<&str> = batch.iter().map(String::as_str).collect();
        let answer = api.c2c(account, &ids).await.map_err(|halt| halted(&halt))?;
        for peer in batch {
            let key = Key::Peer(peer.clone());
            parts.push(match &answer {
                Err(refused) => failed(key, PartError::refused(refused)),
                Ok(each) => match each.iter().find(|(id, _)| id == peer) {
                    Some((_, result)) => part(key, result.clone().map_err(Refused::from)),
                    None => failed(key, PartError::plain("the answer leaves the peer out")),
                },
            });
        }
    }
    Ok(parts)
}

fn group(args: &args::QueryGroup, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let reached = Destination::resolve(&args.target)?.reach_alone()?;
    let pace = pace(&args.asking)?;
    let timeouts = timeouts(&args.asking.timeout)?;
    let rows: Vec<Expected> = args
        .members
        .iter()
        .map(|member| Expected {
            group: args.group.as_str().into(),
            member: member.as_str().into(),
            unread: 0,
            row: 0,
        })
        .collect();
    let observed = with_client(&reached, timeouts, async |client| {
        let api = Api::new(client, pace);
        by_group(&api, &rows).await.map_err(|halt| halted(&halt))
    })?;
    let parts: Vec<Part> = args
        .members
        .iter()
        .zip(&observed)
        .map(|(member, observed)| member_part(member, observed))
        .collect();
    let answer = Answer {
        command: "query group",
        account: None,
        group_id: Some(&args.group),
        counts: &parts,
    };
    tell(&answer, "member", args.result.output, out)
}

fn quickblox(args: &args::QueryQuickblox, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let dialogs: Vec<&str> = args.dialogs.iter().map(String::as_str).collect();
    let parts = with_quickblox(resolve(&args.quickblox)?, async |api| {
        let mut parts = Vec::new();
        let none: &[&str] = &[];
        let batches = if dialogs.is_empty() {
            vec![none]
        } else {
            api.client.batches(&dialogs)
        };
        for batch in batches {
            let answer = api.lane.call(|| api.client.unread(args.user, batch)).await;
            match answer.map_err(|halt| super::quickblox::halted(&halt))? {
                Ok(unread) if batch.is_empty() => parts.push(total_part(unread.total)),
                Ok(unread) => {
                    let counts = batch.iter().zip(unread.counts);
                    parts.extend(counts.map(|(id, count)| dialog_part(id, count)));
                }
                Err(why) if batch.is_empty() => {
                    parts.push(failed(Key::All("dialogs"), refused_part(&why)));
                }
                Err(why) => parts.extend(
                    batch
                        .iter()
                        .map(|id| failed(Key::Dialog((*id).to_owned()), refused_part(&why))),
                ),
            }
        }
        Ok(parts)
    })?;
    let user = args.user.to_string();
    let answer = Answer {
        command: "query quickblox",
        account: Some(&user),
        group_id: None,
        counts: &parts,
    };
    tell(&answer, "dialog", args.result.output, out)
}

fn refused_part(why: &Refused) -> PartError {
    PartError {
        code: (why.code != -1).then_some(why.code),
        message: super::quickblox::refused_with_advice(why),
    }
}

fn total_part(total: Option<u64>) -> Part {
    let key = Key::All("dialogs");
    match total {
        Some(total) => counted(key, total),
        None => failed(key, PartError::plain("the answer has no total")),
    }
}

fn dialog_part(id: &str, count: Option<u64>) -> Part {
    let key = Key::Dialog(id.to_owned());
    match count {
        Some(count) => counted(key, count),
        None => failed(key, PartError::plain("the answer leaves the dialog out")),
    }
}

fn member_part(member: &str, observed: &Observed) -> Part {
    let key = Key::MemberAccount(member.to_owned());
    match observed {
        Observed::Count {
            unread, messages, ..
        } => Part {
            messages: *messages,
            ..counted(key, *unread)
        },
        Observed::KeepsNone { kind } => {
            let why = format!("a {kind} group keeps no counts");
            failed(key, PartError::plain(why))
        }
        Observed::NoMember => failed(key, PartError::plain("not a member")),
        Observed::NoGroup(refused)
        | Observed::NoAccount(refused)
        | Observed::UnknownAccount(refused) => failed(key, PartError::refused(refused)),
        Observed::Unknown(why) => failed(key, PartError::plain(why.clone())),
    }
}

fn counted(key: Key, unread: u64) -> Part {
    Part {
        key,
        unread: Some(unread),
        messages: None,
        error: None,
    }
}

fn failed(key: Key, error: PartError) -> Part {
    Part {
        key,
        unread: None,
        messages: None,
        error: Some(error),
    }
}

fn tell(
    answer: &Answer<'_>,
    title: &str,
    form: OutputForm,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let written = match form {
        OutputForm::Json => serde_json::to_writer(&mut *out, answer)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out)),
        OutputForm::Text => table(out, title, answer.counts),
    };
    written.map_err(|error| Failure::from_output(&error))?;
    let flawed = answer.counts.iter().any(|part| part.error.is_some());
    Ok(ExitCode::from(u8::from(flawed)))
}

fn table(out: &mut dyn Write, title: &str, parts: &[Part]) -> io::Result<()> {
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

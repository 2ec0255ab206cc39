//! A world in its file form, written piece by piece: no second copy of a large one is held.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::value::RawValue;

use super::conversation::{Conversation, Message, Standing};
use super::{AccountNumber, GroupNumber, MemberNumber, World};

/// Entries written at a time: some 64 KiB of text, the size of a socket's buffer.
const PIECE: u32 = 1_024;

/// How far a world has been written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cursor {
    stage: Stage,
    wrote_one: bool,
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    Accounts(u32),
    Group(u32),
    Members(u32, Option<MemberNumber>, bool),
    Conversations(u32, u32),
    QuickBlox,
    Done,
}

impl Default for Stage {
    fn default() -> Self {
        Self::Accounts(0)
    }
}

#[derive(Serialize)]
struct ConversationLine<'a> {
    account: &'a str,
    peer: &'a str,
    unread: u32,
    #[serde(skip_serializing_if = "is_zero")]
    read_before: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<MessageLine<'a>>,
}

#[derive(Serialize)]
struct MessageLine<'a> {
    time: u32,
    from: &'a str,
    unread: bool,
    recalled: bool,
    seq: u32,
    random: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_data: Option<&'a str>,
}

#[derive(Serialize)]
struct MemberLine<'a> {
    account: &'a str,
    role: &'static str,
    unread: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    joined_at: Option<u32>,
}

#[derive(Serialize)]
struct TopicLine<'a> {
    topic_id: &'a str,
    name: &'a str,
    message_count: u32,
    unread: BTreeMap<&'a str, u32>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl World {
    #[cfg(test)]
    /// Writes the world in its file form.
    pub(crate) fn to_json(&self, mut writer: impl std::io::Write) -> std::io::Result<()> {
        let mut cursor = Cursor::default();
        while let Some(piece) = self.piece(&mut cursor) {
            writer.write_all(piece.as_bytes())?;
        }
        writer.flush()
    }

    /// The next piece of the file form, or nothing after the last.
    pub(crate) fn piece(&self, cursor: &mut Cursor) -> Option<String> {
        let mut text = String::new();
        match cursor.stage {
            Stage::Accounts(next) => self.write_accounts(next, cursor, &mut text),
            Stage::Group(next) => self.write_group(next, cursor, &mut text),
            Stage::Members(group, next, first) => {
                self.write_members((group, next, first), cursor, &mut text);
            }
            Stage::Conversations(reader, peer) => {
                self.write_conversations((reader, peer), cursor, &mut text);
            }
            Stage::QuickBlox => {
                push_json(&mut text, &self.quickblox);
                self.write_quirks(&mut text);
                text.push_str("}\n");
                cursor.stage = Stage::Done;
            }
            Stage::Done => return None,
        }
        Some(text)
    }

    fn write_accounts(&self, next: u32, cursor: &mut Cursor, text: &mut String) {
        if next == 0 {
            text.push_str("{\"accounts\":[");
        }
        let end = self.accounts.len().min(next.saturating_add(PIECE));
        for number in next..end {
            if self.first_of_account(AccountNumber(number)).is_none() {
                separate(text, &mut cursor.wrote_one);
                push_json(text, self.accounts.get(number));
            }
        }
        cursor.stage = Stage::Accounts(end);
        if end == self.accounts.len() {
            text.push_str("],\n\"groups\":[");
            *cursor = Cursor {
                stage: Stage::Group(0),
                wrote_one: false,
            };
        }
    }

    fn write_group(&self, number: u32, cursor: &mut Cursor, text: &mut String) {
        if number == self.group_ids.len() {
            text.push_str("],\n\"c2c\":[");
            *cursor = Cursor {
                stage: Stage::Conversations(0, 0),
                wrote_one: false,
            };
            return;
        }
        separate(text, &mut cursor.wrote_one);
        let group = GroupNumber(number);
        text.push_str("\n{\"group_id\":");
        push_json(text, self.group_ids.get(number));
        text.push_str(",\"type\":");
        push_json(text, self.kind(group).rest_name());
        text.push_str(",\"message_count\":");
        push_json(text, &self.messages(group));
        let entry = self.group_entry(group);
        for (name, second) in [
            ("created_at", entry.created_at),
            ("last_message_at", entry.last_message_at),
        ] {
            if second > 0 {
                write!(text, ",\"{name}\":{second}").expect("a text takes all that is written");
            }
        }
        text.push_str(",\"members\":[");
        cursor.stage = Stage::Members(number, self.first_of_group(group), true);
    }

    fn write_members(
        &self,
        (group, mut next, first): (u32, Option<MemberNumber>, bool),
        cursor: &mut Cursor,
        text: &mut String,
    ) {
        let mut wrote_one = !first;
        for _ in 0..PIECE {
            let Some(number) = next else { break };
            let member = self.member(number);
            separate(text, &mut wrote_one);
            let (account, role) = (member.account, member.role.name());
            push_json(
                text,
                &MemberLine {
                    account,
                    role,
                    unread: member.unread,
                    joined_at: self.joined_at.get(&number.0).copied(),
                },
            );
            next = self.next_in_group(number);
        }
        cursor.stage = Stage::Members(group, next, false);
        if next.is_none() {
            text.push(']');
            self.write_topics(GroupNumber(group), text);
            text.push('}');
            cursor.stage = Stage::Group(group + 1);
        }
    }

    fn write_conversations(&self, place: (u32, u32), cursor: &mut Cursor, text: &mut String) {
        let mut rest = self.conversations.all.range(place..);
        for _ in 0..PIECE {
            let Some((&accounts, conversation)) = rest.next() else {
                text.push_str("],\n\"quickblox\":");
                cursor.stage = Stage::QuickBlox;
                return;
            };
            for line in self.conversation_lines(accounts, conversation) {
                separate(text, &mut cursor.wrote_one);
                push_json(text, &line);
            }
        }
        cursor.stage = match rest.next() {
            Some((&(lower, higher), _)) => Stage::Conversations(lower, higher),
            None => Stage::Conversations(u32::MAX, u32::MAX),
        };
    }

    fn write_quirks(&self, text: &mut String) {
        let quirks: BTreeMap<_, _> = self.quirks.changed().collect();
        if !quirks.is_empty() {
            text.push_str(",\n\"quirks\":");
            push_json(text, &quirks);
        }
    }

    fn write_topics(&self, group: GroupNumber, text: &mut String) {
        let Some(topics) = self.topics(group) else {
            return;
        };
        let line = |topic| {
            let topic: &super::Topic = topic;
            let unread = topic.unread.iter();
            TopicLine {
                topic_id: &topic.id,
                name: &topic.name,
                message_count: topic.messages,
                unread: unread
                    .map(|(&account, &count)| (self.accounts.get(account), count))
                    .collect(),
            }
        };
        text.push_str(",\"topics\":");
        push_json(text, &topics.iter().map(line).collect::<Vec<_>>());
    }

    /// What there is to be said of a conversation: of the account with the lower number, which also
    /// holds the messages, and of the other one.
    fn conversation_lines<'a>(
        &'a self,
        (lower, higher): (u32, u32),
        conversation: &'a Conversation,
    ) -> impl Iterator<Item = ConversationLine<'a>> {
        let sides = [(lower, higher, false), (higher, lower, true)];
        let lines = sides.into_iter().map(move |(reader, peer, of_higher)| {
            let reading = conversation.reading(of_higher);
            let messages = if of_higher {
                &[][..]
            } else {
                &conversation.messages
            };
            ConversationLine {
                account: self.accounts.get(reader),
                peer: self.accounts.get(peer),
                unread: reading.older,
                read_before: reading.read_before,
                messages: messages
                    .iter()
                    .map(|message| self.message_line(message))
                    .collect(),
            }
        });
        lines.filter(|line| line.unread + line.read_before > 0 || !line.messages.is_empty())
    }

    fn message_line<'a>(&'a self, message: &Message) -> MessageLine<'a> {
        let content = self.c2c_content(message);
        MessageLine {
            time: message.key.sent_at,
            from: self.account_name(message.sender),
            unread: message.standing == Standing::Unread,
            recalled: message.standing == Standing::Recalled,
            seq: message.key.sequence,
            random: message.key.random,
            body: content.and_then(|content| serde_json::from_str(&content.body).ok()),
            custom_data: content.and_then(|content| content.custom_data.as_deref()),
        }
    }
}

fn separate(text: &mut String, wrote_one: &mut bool) {
    if std::mem::replace(wrote_one, true) {
        text.push(',');
    }
}

fn push_json<T: Serialize + ?Sized>(text: &mut String, value: &T) {
    let json = serde_json::to_string(value).expect("texts and numbers are always valid JSON");
    text.push_str(&json);
}

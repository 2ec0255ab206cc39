//! The file form of a world, one JSON object:
//!
//! ```json
//! {"accounts": ["dora"],
//!  "groups": [{"group_id": "@TGS#2CLUZEAEJ", "type": "Public", "message_count": 12,
//!              "members": [{"account": "bob", "role": "Member", "unread": 5}]}],
//!  "c2c": [{"account": "bob", "peer": "dora", "messages": [{"ago": 60}]}],
//!  "quickblox": {"users": [{"id": 7, "login": "bob"}],
//!                "dialogs": [{"_id": "5f3a…", "type": 2, "name": "team", "user_id": 7,
//!                             "occupants_ids": [7], "unread": {"7": 5}}]},
//!  "quirks": {"read-mark": "inclusive"}}
//! ```
//!
//! The chapter of the simulator in the manual tells each field. Reading takes a large world piece
//! by piece, and names the line and column of what is wrong.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;
use serde_json::value::RawValue;
use thiserror::Error;

use super::conversation::{Content, MessageKey, Standing};
use super::{AccountNumber, GroupType, Role, Topic, World};
use crate::simulator::quirk::Choice;

/// The parts of a world.
const PARTS: &[&str] = &[
    "accounts",
    "groups",
    "c2c",
    "quickblox",
    "quirks",
    "comment",
];

/// A file that is no world.
#[derive(Debug, Error)]
pub(crate) enum LoadError {
    /// The file cannot be read.
    #[error("the world cannot be read")]
    Io(#[source] io::Error),
    /// What stands there is no world.
    #[error("line {line}, column {column}: {problem}")]
    Form {
        /// The line, from 1.
        line: usize,
        /// The column where it was noticed, in bytes from 1.
        column: usize,
        /// What is wrong.
        problem: String,
    },
}

impl From<serde_json::Error> for LoadError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_io() {
            return Self::Io(error.into());
        }
        let (line, column) = (error.line(), error.column());
        let problem = error.to_string();
        let place = format!(" at line {line} column {column}");
        Self::Form {
            line,
            column,
            problem: problem.strip_suffix(&place).unwrap_or(&problem).to_owned(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupForm {
    group_id: String,
    #[serde(rename = "type", default)]
    kind: KindForm,
    #[serde(default)]
    message_count: u32,
    #[serde(default)]
    created_at: u32,
    #[serde(default)]
    last_message_at: u32,
    #[serde(default)]
    members: Vec<MemberForm>,
    topics: Option<Vec<TopicForm>>,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct KindForm(GroupType);

impl Default for KindForm {
    fn default() -> Self {
        Self(GroupType::Private)
    }
}

impl TryFrom<String> for KindForm {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let expected = "expected Work, Public, Meeting, AVChatRoom or Community";
        text.parse()
            .map(Self)
            .map_err(|error| format!("{error}: {expected}"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberForm {
    account: String,
    #[serde(default)]
    role: RoleForm,
    #[serde(default)]
    unread: u32,
    joined_at: Option<u32>,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct RoleForm(Role);

impl Default for RoleForm {
    fn default() -> Self {
        Self(Role::Member)
    }
}

impl TryFrom<String> for RoleForm {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let roles = [Role::Owner, Role::Admin, Role::Member, Role::NotMember];
        let role = roles.into_iter().find(|role| role.name() == text);
        let wrong =
            || format!("`{text}` is not a role: expected Owner, Admin, Member or NotMember");
        role.map(Self).ok_or_else(wrong)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicForm {
    #[serde(default)]
    topic_id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    message_count: u32,
    #[serde(default)]
    unread: BTreeMap<String, u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConversationForm {
    account: String,
    peer: String,
    #[serde(default)]
    unread: u32,
    #[serde(default)]
    read_before: u32,
    #[serde(default)]
    messages: Vec<MessageForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageForm {
    time: Option<u32>,
    ago: Option<u32>,
    from: Option<String>,
    #[serde(default = "yes")]
    unread: bool,
    #[serde(default)]
    recalled: bool,
    seq: Option<u32>,
    random: Option<u32>,
    text: Option<String>,
    body: Option<Box<RawValue>>,
    custom_data: Option<String>,
}

fn yes() -> bool {
    true
}

impl MessageForm {
    fn content(&self) -> Option<Content> {
        let body = match (&self.body, &self.text) {
            (Some(body), _) => body.get().into(),
            (None, Some(text)) => {
                let part = serde_json::json!([{
                    "MsgType": "TIMTextElem", "MsgContent": {"Text": text},
                }]);
                part.to_string().into()
            }
            (None, None) => return None,
        };
        Some(Content {
            body,
            custom_data: self.custom_data.as_deref().map(Into::into),
        })
    }
}

impl World {
    /// Reads a world from its file form.
    pub(crate) fn from_json(reader: impl Read) -> Result<Self, LoadError> {
        Ok(serde_json::from_reader(io::BufReader::new(reader))?)
    }

    fn load_conversation(&mut self, form: &ConversationForm) -> Result<(), String> {
        let account = self.add_account(&form.account);
        let peer = self.add_account(&form.peer);
        if form.unread > 0 || form.messages.is_empty() {
            self.set_c2c_unread(account, peer, form.unread);
        }
        if form.read_before > 0 {
            self.set_read_before(account, peer, form.read_before);
        }
        for (number, message) in (1_u32..).zip(&form.messages) {
            self.load_message(form, (account, peer), (number, message))?;
        }
        Ok(())
    }

    fn load_message(
        &mut self,
        form: &ConversationForm,
        (account, peer): (AccountNumber, AccountNumber),
        (number, message): (u32, &MessageForm),
    ) -> Result<(), String> {
        let (account_name, peer_name) = (&form.account, &form.peer);
        let what = || format!("message {number} of `{peer_name}` and `{account_name}`");
        let (sender, receiver) = match &message.from {
            None => (peer, account),
            Some(name) if name == peer_name => (peer, account),
            Some(name) if name == account_name => (account, peer),
            Some(name) => return Err(format!("{} is from `{name}`, who is neither", what())),
        };
        let (sent_at, is_relative) = match (message.time, message.ago) {
            (Some(second), None) => (second, false),
            (None, Some(seconds)) => (seconds, true),
            _ => return Err(format!("{} needs either `time` or `ago`", what())),
        };
        let key = MessageKey {
            sequence: message.seq.unwrap_or(number),
            random: message.random.unwrap_or(1),
            sent_at,
        };
        let mut entry = Self::message(sender, key);
        entry.standing = match (message.recalled, message.unread) {
            (true, _) => Standing::Recalled,
            (false, true) => Standing::Unread,
            (false, false) => Standing::History,
        };
        entry.is_relative = is_relative;
        self.add_c2c(receiver, entry, message.content());
        Ok(())
    }

    fn load_group(&mut self, form: &GroupForm) -> Result<(), String> {
        if self.group(&form.group_id).is_some() {
            return Err(format!("group `{}` is listed twice", form.group_id));
        }
        let group = self.add_group(&form.group_id, form.kind.0);
        let entry = self.group_mut(group);
        entry.messages = form.message_count;
        entry.created_at = form.created_at;
        entry.last_message_at = form.last_message_at;
        for entry in &form.members {
            if entry.unread > form.message_count {
                let (group, account) = (&form.group_id, &entry.account);
                return Err(format!(
                    "`{account}` has more unread than `{group}` has messages"
                ));
            }
            let account = self.add_account(&entry.account);
            let member = self.join(group, account, entry.role.0);
            self.member_entry_mut(member).unread = entry.unread;
            if let Some(joined_at) = entry.joined_at {
                self.set_joined_at(member, joined_at);
            }
        }
        let Some(topics) = &form.topics else {
            return Ok(());
        };
        if form.kind.0 != GroupType::Community {
            return Err(format!(
                "`{}` has topics and is no Community",
                form.group_id
            ));
        }
        self.enable_topics(group);
        topics.iter().try_for_each(|topic| {
            let mut entry = Topic {
                id: topic.topic_id.clone(),
                name: topic.name.clone(),
                messages: topic.message_count,
                ..Topic::default()
            };
            for (account, &unread) in &topic.unread {
                let account = self.add_account(account);
                entry
                    .unread
                    .insert(account.0, unread.min(topic.message_count));
            }
            let added = self.add_topic(group, entry);
            added.map(drop).ok_or_else(|| {
                let (topic, group) = (&topic.topic_id, &form.group_id);
                format!("topic `{topic}` is listed twice, or does not begin with `{group}@TOPIC#_`")
            })
        })
    }

    fn load_quirks(&mut self, quirks: &BTreeMap<String, Value>) -> Result<(), String> {
        for (name, value) in quirks {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            let choice = Choice::of(name, &value).map_err(|error| error.to_string())?;
            self.choose(&[choice]);
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for World {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(WorldVisitor)
    }
}

struct WorldVisitor;

impl<'de> Visitor<'de> for WorldVisitor {
    type Value = World;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with `accounts`, `groups`, `c2c`, `quickblox` and `quirks`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<World, A::Error> {
        let mut world = World::new();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "accounts" => map.next_value_seed(Each(&mut world, |world, name: String| {
                    world.add_account(&name);
                    Ok(())
                }))?,
                "groups" => map.next_value_seed(Each(&mut world, |world, form: GroupForm| {
                    world.load_group(&form)
                }))?,
                "c2c" => map
                    .next_value_seed(Each(&mut world, |world, form: ConversationForm| {
                        world.load_conversation(&form)
                    }))?,
                "quirks" => {
                    let quirks = map.next_value()?;
                    world.load_quirks(&quirks).map_err(A::Error::custom)?;
                }
                "quickblox" => world.quickblox = map.next_value()?,
                "comment" => {
                    map.next_value::<IgnoredAny>()?;
                }
                other => return Err(A::Error::unknown_field(other, PARTS)),
            }
        }
        Ok(world)
    }
}

/// Takes the elements of an array one by one.
struct Each<'w, T>(&'w mut World, fn(&mut World, T) -> Result<(), String>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Each<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Each<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        let Self(world, take) = self;
        while let Some(element) = sequence.next_element()? {
            take(world, element).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

//! The file form of a world, one JSON object:
//!
//! ```json
//! {"accounts": ["dora"],
//!  "groups": [{"group_id": "@TGS#2CLUZEAEJ", "type": "Public", "message_count": 12,
//!              "members": [{"account": "bob", "role": "Member", "unread": 5}]}],
//!  "c2c": [{"account": "bob", "peer": "dora", "unread": 2}],
//!  "quickblox": {"users": [{"id": 7, "login": "bob"}],
//!                "dialogs": [{"_id": "5f3a…", "type": 2, "name": "team", "user_id": 7,
//!                             "occupants_ids": [7], "unread": {"7": 5}}]}}
//! ```
//!
//! `accounts` lists those that are in no group; members are accounts without being listed. Types
//! are written in either generation of names. `type` (Private when absent), `message_count` (0),
//! `role` (`Member`; `NotMember` for somebody who left) and `unread` (0, at most `message_count`) may
//! be left out. In `c2c`, `unread` is what `account` has not read of what `peer` sent. Texts of groups
//! and times are not part of the form. Both directions work piece by piece, so that neither holds a second copy of a
//! large world.

use std::fmt;
use std::io::{self, Read};

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{AccountNumber, GroupNumber, MemberNumber, Role, World};

/// Entries written at a time: some 64 KiB of text, the size of a socket's buffer.
const PIECE: u32 = 1_024;

/// A file that is no world.
#[derive(Debug, Error)]
#[error("the world cannot be read")]
pub(crate) struct LoadError {
    #[from]
    source: serde_json::Error,
}

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

#[derive(Deserialize)]
struct GroupForm {
    group_id: String,
    #[serde(rename = "type", default = "private")]
    kind: String,
    #[serde(default)]
    message_count: u32,
    #[serde(default)]
    members: Vec<MemberForm>,
}

#[derive(Deserialize)]
struct MemberForm {
    account: String,
    #[serde(default = "member")]
    role: String,
    #[serde(default)]
    unread: u32,
}

#[derive(Deserialize)]
struct ConversationForm {
    account: String,
    peer: String,
    unread: u32,
}

#[derive(Serialize)]
struct ConversationLine<'a> {
    account: &'a str,
    peer: &'a str,
    unread: u32,
}

#[derive(Serialize)]
struct MemberLine<'a> {
    account: &'a str,
    role: &'static str,
    unread: u32,
}

fn private() -> String {
    "Private".to_owned()
}

fn member() -> String {
    "Member".to_owned()
}

impl World {
    /// Reads a world from its file form.
    pub(crate) fn from_json(reader: impl Read) -> Result<Self, LoadError> {
        Ok(serde_json::from_reader(io::BufReader::new(reader))?)
    }

    #[cfg(test)]
    /// Writes the world in its file form.
    pub(crate) fn to_json(&self, mut writer: impl io::Write) -> io::Result<()> {
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
                },
            );
            next = self.next_in_group(number);
        }
        cursor.stage = Stage::Members(group, next, false);
        if next.is_none() {
            text.push_str("]}");
            cursor.stage = Stage::Group(group + 1);
        }
    }

    fn write_conversations(&self, mut place: (u32, u32), cursor: &mut Cursor, text: &mut String) {
        for _ in 0..PIECE {
            let Some((reader, peer, unread)) = self.next_c2c(place) else {
                text.push_str("],\n\"quickblox\":");
                cursor.stage = Stage::QuickBlox;
                return;
            };
            separate(text, &mut cursor.wrote_one);
            let (account, peer_name) = (self.accounts.get(reader.0), self.accounts.get(peer.0));
            push_json(
                text,
                &ConversationLine {
                    account,
                    peer: peer_name,
                    unread,
                },
            );
            // No world has an account with the highest number, so the next place exists.
            place = (reader.0, peer.0 + 1);
        }
        cursor.stage = Stage::Conversations(place.0, place.1);
    }

    fn load_conversation(&mut self, form: &ConversationForm) {
        let (account, peer) = (
            self.add_account(&form.account),
            self.add_account(&form.peer),
        );
        self.set_c2c_unread(account, peer, form.unread);
    }

    fn load_group(&mut self, form: &GroupForm) -> Result<(), String> {
        let kind = form.kind.parse().map_err(|error| format!("{error}"))?;
        if self.group(&form.group_id).is_some() {
            return Err(format!("group `{}` is listed twice", form.group_id));
        }
        let group = self.add_group(&form.group_id, kind);
        self.group_mut(group).messages = form.message_count;
        for entry in &form.members {
            if entry.unread > form.message_count {
                let (group, account) = (&form.group_id, &entry.account);
                return Err(format!(
                    "`{account}` has more unread than `{group}` has messages"
                ));
            }
            let account = self.add_account(&entry.account);
            let member = self.join(group, account, Role::named(&entry.role));
            self.member_entry_mut(member).unread = entry.unread;
        }
        Ok(())
    }
}

fn separate(text: &mut String, wrote_one: &mut bool) {
    if std::mem::replace(wrote_one, true) {
        text.push(',');
    }
}

pub(super) fn push_json<T: Serialize + ?Sized>(text: &mut String, value: &T) {
    let json = serde_json::to_string(value).expect("texts and numbers are always valid JSON");
    text.push_str(&json);
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
        formatter.write_str("an object with `accounts`, `groups`, `c2c` and `quickblox`")
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
                "c2c" => {
                    map.next_value_seed(Each(&mut world, |world, form: ConversationForm| {
                        world.load_conversation(&form);
                        Ok(())
                    }))?;
                }
                "quickblox" => world.quickblox = map.next_value()?,
                "comment" => {
                    map.next_value::<IgnoredAny>()?;
                }
                other => {
                    let expected = "`accounts`, `groups`, `c2c`, `quickblox` or `comment`";
                    return Err(A::Error::invalid_value(Unexpected::Str(other), &expected));
                }
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
mod tests {
    use super::*;

    fn written(world: &World) -> String {
        let mut bytes = Vec::new();
        world.to_json(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_world_survives_being_written_and_read() {
        let mut world = World::new();
        world.add_account("loner");
        for number in 0..5_000_u32 {
            let group = format!("g{}", number % 3);
            world
                .add_member(&group, Some("Public"), &format!("u\"{number}"), number)
                .unwrap();
        }
        let (ann, bob) = (world.add_account("ann"), world.add_account("bob"));
        world.set_c2c_unread(ann, bob, 3);
        world.add_quickblox_unread(7, "5f3a", 2, 4);
        let first = written(&world);
        let second = written(&World::from_json(first.as_bytes()).unwrap());
        assert_eq!(first, second);
        let json: serde_json::Value = serde_json::from_str(&first).unwrap();
        assert_eq!(json["accounts"], serde_json::json!(["loner", "ann", "bob"]));
        assert_eq!(json["groups"][1]["message_count"], 4_999);
    }

    #[test]
    fn what_a_file_leaves_out_has_the_documented_value() {
        let text = r#"{"groups":[{"group_id":"g","members":[{"account":"ann"}]}]}"#;
        let expected = "{\"accounts\":[],\n\"groups\":[\n{\"group_id\":\"g\",\"type\":\"Private\",\
            \"message_count\":0,\"members\":[{\"account\":\"ann\",\"role\":\"Member\",\
            \"unread\":0}]}],\n\"c2c\":[],\n\"quickblox\":{\"users\":[],\"dialogs\":[]}}\n";
        assert_eq!(
            written(&World::from_json(text.as_bytes()).unwrap()),
            expected
        );
    }

    #[test]
    fn the_sample_world_is_one() {
        let sample = include_str!("../../../samples/worlds/small.json");
        let world = World::from_json(sample.as_bytes()).unwrap();
        assert_eq!((world.group_count(), world.membership_count()), (6, 12));
        let again = World::from_json(written(&world).as_bytes()).unwrap();
        assert_eq!(written(&again), written(&world));
    }

    #[test]
    fn a_file_that_contradicts_itself_is_refused_by_name() {
        let cases = [
            (
                r#"{"groups":[{"group_id":"g","type":"Club"}]}"#,
                "`Club` is not a group type",
            ),
            (
                r#"{"groups":[{"group_id":"g"},{"group_id":"g"}]}"#,
                "group `g` is listed twice",
            ),
            (
                r#"{"groups":[{"group_id":"g","members":[{"account":"a","unread":1}]}]}"#,
                "`a` has more unread than `g` has messages",
            ),
            (r#"{"users":[]}"#, "expected `accounts`"),
        ];
        for (text, expected) in cases {
            let error = World::from_json(text.as_bytes()).unwrap_err();
            assert!(
                error.source.to_string().contains(expected),
                "{}",
                error.source
            );
        }
    }
}

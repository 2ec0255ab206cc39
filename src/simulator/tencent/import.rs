//! The import of groups, members and messages.

use serde_json::{Map, Value, json};

use super::Call;
use super::error::{self, Refusal};
use super::field::{Fields, check_group_id};
use crate::simulator::quirk::BadMember;
use crate::simulator::world::{AccountNumber, GroupNumber, GroupTexts, GroupType, Role};

/// Messages in one call of `import_group_msg` (vendor page, 2025-12).
const MESSAGES: usize = 7;

/// Bytes of one message, as JSON (use limits, 2025).
const LONGEST_MESSAGE: usize = 12 * 1_024;

/// `import_group`.
pub(super) fn import_group(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let fields = call.fields;
    let kind = fields.text("Type")?;
    let kind: GroupType = kind.parse().map_err(|_unknown| fields.bad("Type"))?;
    if kind == GroupType::AvChatRoom {
        return Err(Refusal::of(error::NOT_PERMITTED));
    }
    fields.text("Name")?;
    let texts = GroupTexts {
        name: fields.short_text("Name", 30)?,
        introduction: fields.short_text("Introduction", 240)?,
        notification: fields.short_text("Notification", 300)?,
        face_url: fields.short_text("FaceUrl", 100)?,
        apply_join_option: fields.short_text("ApplyJoinOption", 32)?,
        most_members: fields.optional_number("MaxMemberCount")?,
        app_defined: app_defined(fields)?,
    };
    let topics = fields.switch("SupportTopic")?;
    if topics && kind != GroupType::Community {
        return Err(fields.bad("SupportTopic"));
    }
    let created_at = fields.optional_number("CreateTime")?.unwrap_or(call.now);
    let owner = match fields
        .optional_text("Owner_Account")?
        .filter(|owner| !owner.is_empty())
    {
        None => None,
        Some(owner) => {
            let known = call.world.account(owner);
            Some(known.ok_or_else(|| Refusal::of(error::UNKNOWN_ACCOUNT))?)
        }
    };
    let id = new_group_id(call, kind)?;
    let group = call.world.add_group(&id, kind);
    call.world.describe(group, created_at, texts);
    if topics {
        call.world.enable_topics(group);
    }
    if let Some(owner) = owner {
        call.world.join(group, owner, Role::Owner);
    }
    Ok(Map::from_iter([("GroupId".to_owned(), json!(id))]))
}

/// The fields that the app defines, as keys and values.
fn app_defined(fields: Fields<'_>) -> Result<Vec<(String, String)>, Refusal> {
    let name = "AppDefinedData";
    let Some(items) = fields.value(name) else {
        return Ok(Vec::new());
    };
    let items = items.as_array().ok_or_else(|| fields.bad(name))?;
    let pair = |item: &Value| {
        let text = |key: &str| item.get(key)?.as_str().map(str::to_owned);
        Some((text("Key")?, text("Value")?))
    };
    let pairs: Option<Vec<_>> = items.iter().map(pair).collect();
    pairs.ok_or_else(|| fields.bad(name))
}

/// The ID that the caller chose, or the next one that is free.
fn new_group_id(call: &Call<'_>, kind: GroupType) -> Result<String, Refusal> {
    let community = kind == GroupType::Community;
    let given = call
        .fields
        .optional_text("GroupId")?
        .filter(|id| !id.is_empty());
    let Some(id) = given else {
        let prefix = if community { "@TGS#_@TGS#" } else { "@TGS#" };
        let mut ids = (call.world.group_count()..).map(|number| format!("{prefix}{number}"));
        let free = ids.find(|id| call.world.group(id).is_none());
        return Ok(free.expect("there are more numbers than groups"));
    };
    check_group_id(id)?;
    if id.starts_with("@TGS#_") != community || id.starts_with("@TGS#") != community {
        return Err(Refusal::of(error::BAD_GROUP_ID));
    }
    if call.world.group(id).is_some() {
        return Err(Refusal::of(error::GROUP_ID_TAKEN));
    }
    Ok(id.to_owned())
}

/// A member to be added.
struct NewMember<'a> {
    account: &'a str,
    unread: Option<u32>,
    joined_at: Option<u32>,
    role: Role,
}

impl<'a> NewMember<'a> {
    fn read(item: Fields<'a>) -> Result<Self, Refusal> {
        let admin = item.optional_text("Role")? == Some("Admin");
        Ok(Self {
            account: item.text("Member_Account")?,
            unread: item.optional_number("UnreadMsgNum")?,
            joined_at: item.optional_number("JoinTime")?,
            role: if admin { Role::Admin } else { Role::Member },
        })
    }

    /// The account, if it can be added; else the code for it.
    fn check(&self, call: &Call<'_>, group: GroupNumber) -> Result<AccountNumber, u32> {
        let created_at = call.world.group_view(group).created_at;
        let account = call.world.account(self.account);
        let account = account.ok_or(error::UNKNOWN_ACCOUNT)?;
        let fits = |&time: &u32| time > created_at && time < call.now;
        if self.joined_at.is_some_and(|time| !fits(&time)) {
            return Err(error::BAD_PARAMETER);
        }
        Ok(account)
    }

    /// Adds the member. The result is its `Result`.
    fn add(&self, call: &mut Call<'_>, group: GroupNumber) -> u8 {
        let Ok(account) = self.check(call, group) else {
            return 0;
        };
        if let Some(member) = call.world.member_in(group, account) {
            let unread = self.unread;
            if let Some(unread) = unread.filter(|_| call.world.quirks().present_member_takes()) {
                call.world.start_unread(member, unread);
            }
            return 2;
        }
        let member = call.world.join(group, account, self.role);
        let joined_at = self.joined_at.unwrap_or(call.now);
        call.world.set_joined_at(member, joined_at);
        call.world.start_unread(member, self.unread.unwrap_or(0));
        1
    }
}

/// `import_group_member`: `Result` is 1 for a new member, 2 for one who is there already, 0 for one
/// who cannot be added. What a bad member means for the others is nowhere said: quirks decide.
pub(super) fn import_group_member(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let group = call.importable_group()?;
    let quirks = call.world.quirks();
    let items = call.fields.objects(
        "MemberList",
        quirks.members_per_call(),
        error::TOO_MANY_ACCOUNTS,
    )?;
    let mut members: Vec<Result<NewMember<'_>, Refusal>> =
        items.into_iter().map(NewMember::read).collect();
    if quirks.bad_member() != BadMember::Later {
        members = vec_of_good(members)?;
    }
    if quirks.bad_member() == BadMember::All {
        for member in members.iter().flatten() {
            member.check(call, group).map_err(Refusal::of)?;
        }
    }
    let mut results = Vec::new();
    for member in members {
        let member = member?;
        let result = member.add(call, group);
        results.push(json!({ "Member_Account": member.account, "Result": result }));
    }
    Ok(Map::from_iter([("MemberList".to_owned(), json!(results))]))
}

/// The same list, if all of it is good; else the first refusal.
fn vec_of_good<T>(list: Vec<Result<T, Refusal>>) -> Result<Vec<Result<T, Refusal>>, Refusal> {
    let good: Vec<T> = list.into_iter().collect::<Result<_, _>>()?;
    Ok(good.into_iter().map(Ok).collect())
}

/// A message to be imported.
struct NewMessage {
    sent_at: u32,
    random: Option<u32>,
    is_too_long: bool,
}

impl NewMessage {
    fn read(item: Fields<'_>) -> Result<Self, Refusal> {
        item.text("From_Account")?;
        let body = item.array("MsgBody")?;
        let length: usize = body.iter().map(|part| part.to_string().len()).sum();
        Ok(Self {
            sent_at: item.number("SendTime")?,
            random: item.optional_number("Random")?,
            is_too_long: length > LONGEST_MESSAGE,
        })
    }

    /// Adds the message. The result is its number, or its own code in an answer that is good.
    fn add(&self, call: &mut Call<'_>, group: GroupNumber) -> Result<u32, u32> {
        if self.is_too_long {
            return Err(error::MESSAGE_TOO_LONG);
        }
        let view = call.world.group_view(group);
        let (oldest, newest, messages) = (view.created_at, view.last_message_at, view.messages);
        if self
            .random
            .is_some_and(|random| call.world.is_repetition(group, random, self.sent_at))
        {
            return Ok(messages);
        }
        if self.sent_at <= oldest || self.sent_at <= newest || self.sent_at >= call.now {
            return Err(error::BAD_PARAMETER);
        }
        let number = call.world.import_message(group, self.sent_at, self.random);
        number.ok_or(error::BAD_PARAMETER)
    }
}

/// `import_group_msg`: once a message is in, the counts of all members of the group are 0. A call
/// that is refused has no effect.
pub(super) fn import_group_msg(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let group = call.importable_group()?;
    let items = call
        .fields
        .objects("MsgList", MESSAGES, error::BAD_PARAMETER)?;
    let messages: Vec<NewMessage> = items
        .into_iter()
        .map(NewMessage::read)
        .collect::<Result<_, _>>()?;
    let mut results = Vec::new();
    let mut imported = false;
    for message in messages {
        let (result, sequence) = match message.add(call, group) {
            Ok(sequence) => (0, sequence),
            Err(code) => (code, 0),
        };
        imported |= result == 0;
        results.push(json!({
            "MsgSeq": sequence, "MsgTime": message.sent_at, "Result": result,
        }));
    }
    if imported {
        call.world.clear_unread(group);
    }
    Ok(Map::from_iter([(
        "ImportMsgResult".to_owned(),
        json!(results),
    )]))
}

impl Call<'_> {
    fn importable_group(&self) -> Result<GroupNumber, Refusal> {
        let group = self.named_group()?;
        if self.world.kind(group) == GroupType::AvChatRoom {
            return Err(Refusal::of(error::NOT_PERMITTED));
        }
        Ok(group)
    }
}

//! The import of groups, members and messages.

use serde_json::{Map, Value, json};

use super::Call;
use super::error::{self, Refusal};
use super::field::{Fields, check_group_id};
use crate::simulator::world::{GroupNumber, GroupTexts, GroupType, Role};

/// Members in one call of `import_group_member`: 300 and 100 in older editions, 20 in the newest
/// (2026-01).
const MEMBERS: usize = 20;

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
    };
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
    if let Some(owner) = owner {
        call.world.join(group, owner, Role::Owner);
    }
    Ok(Map::from_iter([("GroupId".to_owned(), json!(id))]))
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

/// `import_group_member`: `Result` is 1 for a new member, 2 for one who is there already (whose
/// count stays), 0 for one who cannot be added.
pub(super) fn import_group_member(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let group = call.importable_group()?;
    let mut results = Vec::new();
    for item in call
        .fields
        .objects("MemberList", MEMBERS, error::TOO_MANY_ACCOUNTS)?
    {
        let account = item.text("Member_Account")?;
        let result = import_member(call, group, item)?;
        results.push(json!({ "Member_Account": account, "Result": result }));
    }
    Ok(Map::from_iter([("MemberList".to_owned(), json!(results))]))
}

fn import_member(call: &mut Call<'_>, group: GroupNumber, item: Fields<'_>) -> Result<u8, Refusal> {
    let unread = item.optional_number("UnreadMsgNum")?;
    let joined_at = item.optional_number("JoinTime")?;
    let admin = item.optional_text("Role")? == Some("Admin");
    let created_at = call.world.group_view(group).created_at;
    let Some(account) = call.world.account(item.text("Member_Account")?) else {
        return Ok(0);
    };
    if joined_at.is_some_and(|time| time <= created_at || time >= call.now) {
        return Ok(0);
    }
    if call.world.member_in(group, account).is_some() {
        return Ok(2);
    }
    let member = call.world.join(
        group,
        account,
        if admin { Role::Admin } else { Role::Member },
    );
    call.world
        .set_joined_at(member, joined_at.unwrap_or(call.now));
    call.world.start_unread(member, unread.unwrap_or(0));
    Ok(1)
}

/// `import_group_msg`: once a message is in, the counts of all members of the group are 0.
pub(super) fn import_group_msg(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let group = call.named_group()?;
    let mut results = Vec::new();
    let mut imported = false;
    for item in call
        .fields
        .objects("MsgList", MESSAGES, error::BAD_PARAMETER)?
    {
        let sent_at = item.number("SendTime")?;
        let (result, sequence) = match import_message(call, group, item)? {
            Ok(sequence) => (0, sequence),
            Err(code) => (code, 0),
        };
        imported |= result == 0;
        results.push(json!({ "MsgSeq": sequence, "MsgTime": sent_at, "Result": result }));
    }
    if imported {
        call.world.clear_unread(group);
    }
    Ok(Map::from_iter([(
        "ImportMsgResult".to_owned(),
        json!(results),
    )]))
}

/// Adds one message; the inner error is its own code in an answer that is otherwise good.
fn import_message(
    call: &mut Call<'_>,
    group: GroupNumber,
    item: Fields<'_>,
) -> Result<Result<u32, u32>, Refusal> {
    item.text("From_Account")?;
    let body = item.array("MsgBody")?;
    let sent_at = item.number("SendTime")?;
    let random = item.optional_number("Random")?;
    if body
        .iter()
        .map(|element| element.to_string().len())
        .sum::<usize>()
        > LONGEST_MESSAGE
    {
        return Ok(Err(error::MESSAGE_TOO_LONG));
    }
    let view = call.world.group_view(group);
    let (created_at, newest) = (view.created_at, view.last_message_at);
    let messages = view.messages;
    if sent_at <= created_at || sent_at < newest || sent_at >= call.now {
        return Ok(Err(error::BAD_PARAMETER));
    }
    if random.is_some_and(|random| call.world.is_repetition(group, random, sent_at)) {
        return Ok(Ok(messages));
    }
    Ok(call
        .world
        .import_message(group, sent_at)
        .ok_or(error::BAD_PARAMETER))
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

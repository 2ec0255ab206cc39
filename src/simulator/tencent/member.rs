//! Members: by page, by name, by role, and the groups of one account.

use serde_json::{Map, Value, json};

use super::Call;
use super::error::{self, Refusal};
use super::field::Fields;
use crate::simulator::world::{GroupNumber, GroupType, Member, MemberNumber, Role};

/// Members in one call of `get_specified_group_member_info` (vendor page, 2025).
const SPECIFIED: usize = 50;

/// Accounts in one call of `get_role_in_group` (vendor page, 2024).
const ROLES: usize = 500;

/// Members on a page of `get_group_member_info`: the field table says 6,000 where the text says
/// 200, and the larger one is let through.
const PAGE: u32 = 6_000;

/// The fields of a member that a filter can name; the account is always answered.
const MEMBER_FIELDS: [&str; 8] = [
    "Role",
    "JoinTime",
    "MsgSeq",
    "MsgFlag",
    "LastSendMsgTime",
    "ShutUpUntil",
    "MuteUntil",
    "NameCard",
];

/// Which members are answered, and which of their fields.
#[derive(Debug)]
pub(super) struct MemberFilter<'a> {
    fields: Vec<&'a str>,
    roles: Option<Vec<&'a str>>,
}

impl<'a> MemberFilter<'a> {
    pub(super) fn everything() -> Self {
        Self::of(None)
    }

    /// The fields of that list, all of them without one.
    pub(super) fn of(fields: Option<Vec<&'a str>>) -> Self {
        Self {
            fields: fields.unwrap_or_else(|| MEMBER_FIELDS.to_vec()),
            roles: None,
        }
    }

    fn read(fields: Fields<'a>) -> Result<Self, Refusal> {
        let filter = Self::of(fields.optional_texts("MemberInfoFilter")?);
        Ok(Self {
            roles: fields.optional_texts("MemberRoleFilter")?,
            ..filter
        })
    }

    pub(super) fn takes(&self, member: &Member<'_>) -> bool {
        self.roles
            .as_ref()
            .is_none_or(|roles| roles.contains(&member.role.name()))
    }
}

pub(super) fn member_item(member: &Member<'_>, filter: &MemberFilter<'_>) -> Value {
    let mut item = Map::new();
    item.insert("Member_Account".to_owned(), json!(member.account));
    for &name in &filter.fields {
        if let Some(value) = member_field(member, name) {
            item.insert(name.to_owned(), value);
        }
    }
    Value::Object(item)
}

pub(super) fn member_field(member: &Member<'_>, name: &str) -> Option<Value> {
    Some(match name {
        "Role" => json!(member.role.name()),
        "JoinTime" => json!(member.joined_at),
        "MsgSeq" => json!(member.message_seq),
        "MsgFlag" => json!("AcceptAndNotify"),
        "LastSendMsgTime" | "ShutUpUntil" | "MuteUntil" => json!(0),
        "NameCard" => json!(""),
        _ => return None,
    })
}

impl Call<'_> {
    /// The group of the request, of a kind whose members can be asked for.
    fn listed_group(&self) -> Result<GroupNumber, Refusal> {
        let group = self.named_group()?;
        if self.world.kind(group) == GroupType::AvChatRoom {
            return Err(Refusal::of(error::NOT_PERMITTED));
        }
        Ok(group)
    }
}

/// `get_group_member_info`: pages by `Limit` and `Offset`, for communities by `Limit` and `Next`.
pub(super) fn get_group_member_info(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let group = call.listed_group()?;
    let fields = call.fields;
    let filter = MemberFilter::read(fields)?;
    let limit = fields.optional_number("Limit")?;
    if limit.is_some_and(|limit| limit == 0 || limit > PAGE) {
        return Err(fields.bad("Limit"));
    }
    let limit = limit.unwrap_or(PAGE) as usize;
    let world = &*call.world;
    let all = world
        .members_of(group)
        .filter(|&member| filter.takes(&world.member(member)));
    let (page, next) = if world.kind(group) == GroupType::Community {
        let (start, form) = cursor(fields)?;
        let mut rest: Vec<MemberNumber> = all.skip(start).take(limit + 1).collect();
        let more = rest.len() > limit;
        rest.truncate(limit);
        (rest, Some(form.write(if more { start + limit } else { 0 })))
    } else {
        let offset = fields.optional_number("Offset")?.unwrap_or(0) as usize;
        (all.skip(offset).take(limit).collect(), None)
    };
    let items: Vec<Value> = page
        .into_iter()
        .map(|member| member_item(&world.member(member), &filter))
        .collect();
    let mut answer = Map::new();
    answer.insert(
        "MemberNum".to_owned(),
        json!(world.group_view(group).members),
    );
    answer.insert("MemberList".to_owned(), json!(items));
    answer.extend(next.map(|next| ("Next".to_owned(), next)));
    Ok(answer)
}

/// How a caller writes the place to go on from: the editions differ.
enum CursorForm {
    Number,
    Text,
}

impl CursorForm {
    fn write(&self, place: usize) -> Value {
        match self {
            Self::Number => json!(place),
            Self::Text if place == 0 => json!(""),
            Self::Text => json!(place.to_string()),
        }
    }
}

fn cursor(fields: Fields<'_>) -> Result<(usize, CursorForm), Refusal> {
    let bad = || fields.bad("Next");
    let value = fields.value("Next").ok_or_else(bad)?;
    let Some(text) = value.as_str() else {
        let place = value.as_u64().and_then(|place| usize::try_from(place).ok());
        return Ok((place.ok_or_else(bad)?, CursorForm::Number));
    };
    let place = if text.is_empty() {
        Some(0)
    } else {
        text.parse().ok()
    };
    Ok((place.ok_or_else(bad)?, CursorForm::Text))
}

/// `get_specified_group_member_info`: who is not a member is left out of the answer.
pub(super) fn get_specified_group_member_info(
    call: &mut Call<'_>,
) -> Result<Map<String, Value>, Refusal> {
    let group = call.listed_group()?;
    let accounts = call
        .fields
        .texts("Member_List_Account", SPECIFIED, error::TOO_MANY_ACCOUNTS)?;
    let filter = MemberFilter::read(call.fields)?;
    let world = &*call.world;
    let members = accounts
        .iter()
        .filter_map(|name| world.member_in(group, world.account(name)?));
    let items: Vec<Value> = members
        .map(|member| world.member(member))
        .filter(|member| filter.takes(member))
        .map(|member| member_item(&member, &filter))
        .collect();
    Ok(Map::from_iter([
        ("GroupId".to_owned(), json!(world.group_view(group).id)),
        ("MemberList".to_owned(), json!(items)),
    ]))
}

/// `get_role_in_group`: everybody who is asked for is answered, `NotMember` if need be.
pub(super) fn get_role_in_group(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let group = call.listed_group()?;
    let accounts = call
        .fields
        .texts("User_Account", ROLES, error::TOO_MANY_ACCOUNTS)?;
    let world = &*call.world;
    let role = |name: &str| {
        let member = world
            .account(name)
            .and_then(|account| world.member_in(group, account));
        member.map_or(Role::NotMember, |member| world.member(member).role)
    };
    let items: Vec<Value> = accounts
        .into_iter()
        .map(|name| json!({ "Member_Account": name, "Role": role(name).name() }))
        .collect();
    Ok(Map::from_iter([("UserIdList".to_owned(), json!(items))]))
}

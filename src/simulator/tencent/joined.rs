//! The groups of one account.

use serde_json::{Map, Value, json};

use super::Call;
use super::error::{self, Refusal};
use super::group::{base_filter, base_info, optional_kind};
use super::member::member_field;
use crate::simulator::world::{GroupType, MemberNumber, Topic};

/// Groups on a page (vendor page, 2024).
const JOINED: u32 = 5_000;

/// `get_joined_group_list`: the groups of an account. `AVChatRoom` groups come only with
/// `WithHugeGroups`, private groups without a message only with `WithNoActiveGroups`.
pub(super) fn get_joined_group_list(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let fields = call.fields;
    let account = fields.text("Member_Account")?;
    let limit = fields.optional_number("Limit")?.unwrap_or(JOINED);
    if limit > JOINED {
        return Err(fields.bad("Limit"));
    }
    let offset = fields.optional_number("Offset")?.unwrap_or(0);
    let (huge, inactive) = (
        fields.switch("WithHugeGroups")?,
        fields.switch("WithNoActiveGroups")?,
    );
    let kind = optional_kind(fields)?;
    let topics = fields
        .value("SupportTopic")
        .map(|_| fields.switch("SupportTopic"))
        .transpose()?;
    let filter = fields.optional_object("ResponseFilter")?;
    let base = if filter.is_some() {
        base_filter(filter)?
    } else {
        Vec::new()
    };
    let own = filter
        .map(|filter| filter.optional_texts("SelfInfoFilter"))
        .transpose()?
        .flatten();
    let world = &*call.world;
    let account = world
        .account(account)
        .ok_or_else(|| Refusal::of(error::UNKNOWN_ACCOUNT))?;
    let wanted = |&member: &MemberNumber| {
        let group = world.group_of(member);
        let group_kind = world.kind(group);
        let too_huge = group_kind == GroupType::AvChatRoom && !huge;
        let idle = group_kind == GroupType::Private && world.messages(group) == 0;
        let other = topics.is_some_and(|topics| {
            group_kind != GroupType::Community || world.topics(group).is_some() != topics
        });
        !too_huge && !other && (inactive || !idle) && kind.is_none_or(|kind| kind == group_kind)
    };
    let all: Vec<MemberNumber> = world.memberships_of(account).filter(wanted).collect();
    let page = all.iter().skip(offset as usize).take(limit as usize);
    let items: Vec<Value> = page
        .map(|&member| {
            let mut item = joined_item(call, member, &base, own.as_deref());
            if topics == Some(true) {
                add_topics(call, member, &mut item);
            }
            Value::Object(item)
        })
        .collect();
    Ok(Map::from_iter([
        ("TotalCount".to_owned(), json!(all.len())),
        ("GroupIdList".to_owned(), json!(items)),
    ]))
}

fn joined_item(
    call: &Call<'_>,
    member: MemberNumber,
    base: &[&str],
    own: Option<&[&str]>,
) -> Map<String, Value> {
    let mut item = base_info(call, call.world.group_of(member), base);
    if let Some(names) = own {
        let view = call.world.member(member);
        let mut info = Map::new();
        for &name in names {
            // The field was documented until 2019; whether the service still knows it is unknown.
            let unread = name == "UnreadMsgNum" && call.world.quirks().tells_unread();
            let value = if unread {
                Some(json!(view.unread))
            } else {
                member_field(&view, name)
            };
            info.extend(value.map(|value| (name.to_owned(), value)));
        }
        item.insert("SelfInfo".to_owned(), Value::Object(info));
    }
    item
}

/// What is told of a community that keeps its messages in topics: numbers over all of them.
fn add_topics(call: &Call<'_>, member: MemberNumber, item: &mut Map<String, Value>) {
    let (world, group) = (&*call.world, call.world.group_of(member));
    let topics = world.topics(group).unwrap_or_default();
    let account = world.account(world.member(member).account);
    let messages: u64 = topics.iter().map(|topic| u64::from(topic.messages)).sum();
    let unread = |topic: &Topic| account.map_or(0, |account| u64::from(topic.unread_of(account)));
    let unread: u64 = topics.iter().map(unread).sum();
    let members = [
        ("SupportTopic", json!(1)),
        ("GrossTopicNextMsgSeq", json!(messages + 1)),
    ];
    item.extend(members.map(|(name, value)| (name.to_owned(), value)));
    let own = item.entry("SelfInfo").or_insert_with(|| json!({}));
    if let Some(own) = own.as_object_mut() {
        own.insert("GrossTopicReadSeq".to_owned(), json!(messages - unread));
    }
}

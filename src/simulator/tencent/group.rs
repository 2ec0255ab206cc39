//! Groups: what they are, and the list of all.

use serde_json::{Map, Value, json};

use super::Call;
use super::error::{self, Refusal};
use super::field::{Fields, check_group_id};
use super::member::{MemberFilter, member_item};
use crate::simulator::world::{GroupNumber, GroupView};

/// Groups in one call of `get_group_info` (vendor page, 2024).
const BATCH: usize = 50;

/// Groups on a page of `get_appid_group_list`.
const PAGE: u32 = 10_000;

/// The fields of a group that a filter can name.
const BASE_FIELDS: [&str; 16] = [
    "Type",
    "Name",
    "Appid",
    "Introduction",
    "Notification",
    "FaceUrl",
    "Owner_Account",
    "CreateTime",
    "LastInfoTime",
    "LastMsgTime",
    "NextMsgSeq",
    "MemberNum",
    "MaxMemberNum",
    "ApplyJoinOption",
    "ShutUpAllMember",
    "MuteAllMember",
];

/// `get_group_info`: each group has its own `ErrorCode`; that of the whole answer says nothing
/// about them. Without a filter everything is answered, the list of members included; a filter
/// suppresses all that it does not name.
pub(super) fn get_group_info(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let ids = call
        .fields
        .texts("GroupIdList", BATCH, error::BAD_PARAMETER)?;
    let filter = call.fields.optional_object("ResponseFilter")?;
    let base = base_filter(filter)?;
    let defined = match filter {
        None => Some(AppDefined::All),
        Some(filter) => filter
            .optional_texts("AppDefinedDataFilter_Group")?
            .map(AppDefined::Named),
    };
    let members = match filter {
        None => Some(MemberFilter::everything()),
        Some(filter) => filter
            .optional_texts("MemberInfoFilter")?
            .map(|names| MemberFilter::of(Some(names))),
    };
    let entries: Vec<Value> = ids
        .into_iter()
        .map(|id| group_entry(call, id, &base, (members.as_ref(), defined.as_ref())))
        .collect();
    Ok(Map::from_iter([("GroupInfo".to_owned(), json!(entries))]))
}

/// The fields of a group that the app defined and that are asked for.
enum AppDefined<'a> {
    All,
    Named(Vec<&'a str>),
}

impl AppDefined<'_> {
    fn takes(&self, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(&key),
        }
    }
}

/// The base fields that a filter leaves: all without a filter, none with one that names none.
pub(super) fn base_filter(filter: Option<Fields<'_>>) -> Result<Vec<&str>, Refusal> {
    match filter {
        None => Ok(BASE_FIELDS.to_vec()),
        Some(filter) => Ok(filter
            .optional_texts("GroupBaseInfoFilter")?
            .unwrap_or_default()),
    }
}

fn group_entry(
    call: &Call<'_>,
    id: &str,
    base: &[&str],
    (members, defined): (Option<&MemberFilter<'_>>, Option<&AppDefined<'_>>),
) -> Value {
    let found = check_group_id(id).and_then(|()| call.group(id));
    let group = match found {
        Ok(group) => group,
        Err(refusal) => {
            return json!({
                "GroupId": id, "ErrorCode": refusal.code, "ErrorInfo": refusal.info,
            });
        }
    };
    let mut entry = base_info(call, group, base);
    entry.insert("ErrorCode".to_owned(), json!(0));
    entry.insert("ErrorInfo".to_owned(), json!(""));
    if let Some(defined) = defined {
        let texts = call.world.group_view(group).texts;
        let all = texts.map(|texts| texts.app_defined.as_slice());
        let taken = all.unwrap_or_default().iter();
        let items = taken.filter(|(key, _)| defined.takes(key));
        let items: Vec<Value> = items
            .map(|(key, value)| json!({ "Key": key, "Value": value }))
            .collect();
        entry.insert("AppDefinedData".to_owned(), json!(items));
    }
    if let Some(filter) = members {
        let members = call
            .world
            .members_of(group)
            .map(|member| call.world.member(member));
        let list: Vec<Value> = members
            .filter(|member| filter.takes(member))
            .map(|m| member_item(&m, filter))
            .collect();
        entry.insert("MemberList".to_owned(), json!(list));
    }
    Value::Object(entry)
}

/// The ID of a group and those of its base fields that were asked for.
pub(super) fn base_info(call: &Call<'_>, group: GroupNumber, base: &[&str]) -> Map<String, Value> {
    let view = call.world.group_view(group);
    let new_names = call.world.quirks().new_type_names();
    let type_name = if new_names {
        view.kind.new_name()
    } else {
        view.kind.rest_name()
    };
    let mut entry = Map::new();
    entry.insert("GroupId".to_owned(), json!(view.id));
    for &name in base {
        if let Some(value) = base_field(&view, name, type_name, call.options.sdk_app_id) {
            entry.insert(name.to_owned(), value);
        }
    }
    entry
}

fn base_field(group: &GroupView<'_>, name: &str, type_name: &str, app: u64) -> Option<Value> {
    let text = |pick: fn(&super::GroupTexts) -> &String| {
        json!(
            group
                .texts
                .map(pick)
                .map(String::as_str)
                .unwrap_or_default()
        )
    };
    Some(match name {
        "Type" => json!(type_name),
        "Name" => text(|texts| &texts.name),
        "Appid" => json!(app),
        "Introduction" => text(|texts| &texts.introduction),
        "Notification" => text(|texts| &texts.notification),
        "FaceUrl" => text(|texts| &texts.face_url),
        "Owner_Account" => json!(group.owner.unwrap_or_default()),
        "CreateTime" | "LastInfoTime" => json!(group.created_at),
        "LastMsgTime" => json!(group.last_message_at),
        "NextMsgSeq" => json!(u64::from(group.messages) + 1),
        "MemberNum" => json!(group.members),
        "MaxMemberNum" => {
            let said = group.texts.and_then(|texts| texts.most_members);
            json!(said.unwrap_or_else(|| group.members.max(6_000)))
        }
        "ApplyJoinOption" => match group.texts.map(|texts| texts.apply_join_option.as_str()) {
            None | Some("") => json!("NeedPermission"),
            Some(option) => json!(option),
        },
        "ShutUpAllMember" | "MuteAllMember" => json!("Off"),
        _ => return None,
    })
}

/// `get_appid_group_list`: pages of the IDs of all groups. `Next` is 0 for the first page, in an
/// answer the place to go on from, and 0 when there are no more.
pub(super) fn get_appid_group_list(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let fields = call.fields;
    let limit = fields.optional_number("Limit")?.unwrap_or(PAGE);
    if limit == 0 || limit > PAGE {
        return Err(fields.bad("Limit"));
    }
    // The vendor's own sample has a place above 32 bits; beyond the last group there is no page.
    let next = fields.optional_long("Next")?.unwrap_or(0);
    let next = u32::try_from(next)
        .unwrap_or(u32::MAX)
        .min(call.world.group_count());
    let kind = optional_kind(fields)?;
    let world = &*call.world;
    let wanted =
        |&(_, group): &(u32, GroupNumber)| kind.is_none_or(|kind| world.kind(group) == kind);
    let total = world
        .groups_from(0)
        .filter(|&group| wanted(&(0, group)))
        .count();
    let rest = (next..).zip(world.groups_from(next)).filter(wanted);
    let page: Vec<(u32, GroupNumber)> = rest.take(limit as usize).collect();
    let last = page
        .last()
        .map_or(world.group_count(), |(place, _)| place + 1);
    let more = world.groups_from(last).any(|group| wanted(&(0, group)));
    let ids: Vec<Value> = page
        .iter()
        .map(|&(_, group)| json!({ "GroupId": world.group_view(group).id }))
        .collect();
    Ok(Map::from_iter([
        ("TotalCount".to_owned(), json!(total)),
        ("GroupIdList".to_owned(), json!(ids)),
        ("Next".to_owned(), json!(if more { last } else { 0 })),
    ]))
}

/// The kind of group that a request is limited to.
pub(super) fn optional_kind(fields: Fields<'_>) -> Result<Option<super::GroupType>, Refusal> {
    // A client leaves the type open by giving an empty one.
    let name = fields
        .optional_text("GroupType")?
        .filter(|name| !name.is_empty());
    let Some(name) = name else { return Ok(None) };
    name.parse()
        .map(Some)
        .map_err(|_unknown| fields.bad("GroupType"))
}

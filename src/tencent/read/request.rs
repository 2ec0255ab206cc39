//! Bodies of the read-only commands. Filters are given, since without them an answer brings whole
//! profiles and member lists and can pass the limit of 1 MB.

use serde::Serialize;

/// What is asked of each group.
const GROUP_FIELDS: &[&str] = &["Type", "NextMsgSeq", "MemberNum"];

#[derive(Serialize)]
pub(super) struct GetGroupInfo<'a> {
    #[serde(rename = "GroupIdList")]
    group_ids: &'a [&'a str],
    #[serde(rename = "ResponseFilter")]
    filter: GroupFilter,
}

#[derive(Serialize)]
struct GroupFilter {
    #[serde(rename = "GroupBaseInfoFilter")]
    group: &'static [&'static str],
}

impl<'a> GetGroupInfo<'a> {
    pub(super) fn new(group_ids: &'a [&'a str]) -> Self {
        Self {
            group_ids,
            filter: GroupFilter {
                group: GROUP_FIELDS,
            },
        }
    }
}

#[derive(Serialize)]
pub(super) struct AccountCheck<'a> {
    #[serde(rename = "CheckItem")]
    items: Vec<CheckItem<'a>>,
}

#[derive(Serialize)]
struct CheckItem<'a> {
    #[serde(rename = "UserID")]
    user_id: &'a str,
}

impl<'a> AccountCheck<'a> {
    pub(super) fn new(accounts: &[&'a str]) -> Self {
        Self {
            items: accounts
                .iter()
                .map(|user_id| CheckItem { user_id })
                .collect(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct GetRoleInGroup<'a> {
    #[serde(rename = "GroupId")]
    pub(super) group_id: &'a str,
    #[serde(rename = "User_Account")]
    pub(super) accounts: &'a [&'a str],
}

#[derive(Serialize)]
pub(super) struct GetSpecifiedGroupMemberInfo<'a> {
    #[serde(rename = "GroupId")]
    group_id: &'a str,
    #[serde(rename = "Member_List_Account")]
    accounts: &'a [&'a str],
    #[serde(rename = "MemberInfoFilter")]
    filter: &'static [&'static str],
}

impl<'a> GetSpecifiedGroupMemberInfo<'a> {
    pub(super) fn new(group_id: &'a str, accounts: &'a [&'a str]) -> Self {
        Self {
            group_id,
            accounts,
            filter: &["MsgSeq"],
        }
    }
}

#[derive(Serialize)]
pub(super) struct GetJoinedGroupList<'a> {
    #[serde(rename = "Member_Account")]
    account: &'a str,
    #[serde(rename = "WithHugeGroups")]
    with_huge_groups: u8,
    #[serde(rename = "WithNoActiveGroups")]
    with_no_active_groups: u8,
    #[serde(rename = "Limit")]
    limit: usize,
    #[serde(rename = "Offset")]
    offset: usize,
    #[serde(rename = "ResponseFilter")]
    filter: JoinedFilter,
}

#[derive(Serialize)]
struct JoinedFilter {
    #[serde(rename = "GroupBaseInfoFilter")]
    group: &'static [&'static str],
    #[serde(rename = "SelfInfoFilter")]
    member: &'static [&'static str],
}

impl<'a> GetJoinedGroupList<'a> {
    /// Groups without a first message count as inactive and would be left out, hence the flag.
    pub(super) fn new(account: &'a str, offset: usize, limit: usize) -> Self {
        let filter = JoinedFilter {
            group: GROUP_FIELDS,
            member: &["MsgSeq", "UnreadMsgNum"],
        };
        Self {
            account,
            with_huge_groups: 0,
            with_no_active_groups: 1,
            limit,
            offset,
            filter,
        }
    }
}

#[derive(Serialize)]
pub(super) struct GetTopic<'a> {
    #[serde(rename = "GroupId")]
    pub(super) group_id: &'a str,
    #[serde(rename = "From_Account")]
    pub(super) account: &'a str,
    /// Names are enough: what counts is whether there are topics.
    #[serde(rename = "ResponseFilter")]
    pub(super) filter: &'static [&'static str],
}

#[derive(Serialize)]
pub(super) struct GetC2cUnreadMsgNum<'a> {
    #[serde(rename = "To_Account")]
    pub(super) account: &'a str,
    #[serde(rename = "Peer_Account", skip_serializing_if = "Option::is_none")]
    pub(super) peers: Option<&'a [&'a str]>,
}

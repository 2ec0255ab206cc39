//! Answers of the read-only commands, as the server sends them, turned into what is asked.
//!
//! Lists may be missing, numbers may be missing, strings or nonsense: what cannot be read is
//! absent from the result and never taken for 0.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::super::printable;
use super::{AccountStatus, Each, Group, JoinedGroup, JoinedGroups, Member, Refusal, Role};

#[derive(Deserialize)]
pub(super) struct GroupInfos {
    #[serde(rename = "GroupInfo", default, deserialize_with = "or_default")]
    groups: Vec<GroupInfo>,
}

#[derive(Deserialize)]
struct GroupInfo {
    #[serde(rename = "GroupId")]
    group_id: String,
    #[serde(rename = "ErrorCode", default, deserialize_with = "or_default")]
    code: i64,
    #[serde(rename = "ErrorInfo", default)]
    info: Option<String>,
    #[serde(rename = "Type", default)]
    group_type: Option<String>,
    #[serde(rename = "NextMsgSeq", default, deserialize_with = "number")]
    next_msg_seq: Option<u64>,
    #[serde(rename = "MemberNum", default, deserialize_with = "number")]
    member_num: Option<u64>,
    #[serde(rename = "SelfInfo", default)]
    member: Option<SelfInfo>,
}

#[derive(Deserialize, Default)]
struct SelfInfo {
    #[serde(rename = "MsgSeq", default, deserialize_with = "number")]
    msg_seq: Option<u64>,
    #[serde(rename = "UnreadMsgNum", default, deserialize_with = "number")]
    unread_msg_num: Option<u64>,
}

impl GroupInfos {
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    pub(super) fn into_each(self) -> Each<Group> {
        let each = |group: GroupInfo| {
            let refusal = refusal(group.code, group.info.as_deref());
            (
                group.group_id.clone(),
                refusal.map_or_else(|| Ok(group.into_group()), Err),
            )
        };
        self.groups.into_iter().map(each).collect()
    }
}

impl GroupInfo {
    fn into_group(self) -> Group {
        Group {
            id: self.group_id,
            kind: self.group_type.map(|name| printable::shortened(&name, 40)),
            next_msg_seq: self.next_msg_seq,
            member_num: self.member_num,
        }
    }

    fn into_joined(mut self) -> JoinedGroup {
        let SelfInfo {
            msg_seq,
            unread_msg_num,
        } = self.member.take().unwrap_or_default();
        JoinedGroup {
            group: self.into_group(),
            msg_seq,
            unread_msg_num,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Joined {
    #[serde(rename = "TotalCount", default, deserialize_with = "number")]
    total: Option<u64>,
    #[serde(rename = "GroupIdList", default, deserialize_with = "or_default")]
    groups: Vec<GroupInfo>,
}

impl Joined {
    pub(super) fn into_joined(self) -> JoinedGroups {
        let groups = self
            .groups
            .into_iter()
            .map(GroupInfo::into_joined)
            .collect();
        JoinedGroups {
            total: self.total,
            groups,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Accounts {
    #[serde(rename = "ResultItem", default, deserialize_with = "or_default")]
    items: Vec<Account>,
}

#[derive(Deserialize)]
struct Account {
    #[serde(rename = "UserID")]
    user_id: String,
    #[serde(rename = "ResultCode", default, deserialize_with = "or_default")]
    code: i64,
    #[serde(rename = "ResultInfo", default)]
    info: Option<String>,
    #[serde(rename = "AccountStatus", default, deserialize_with = "or_default")]
    status: String,
}

impl Accounts {
    pub(super) fn into_each(self) -> Each<AccountStatus> {
        let each = |account: Account| {
            let status = match account.status.as_str() {
                "Imported" => AccountStatus::Imported,
                "NotImported" => AccountStatus::NotImported,
                other => AccountStatus::Unknown(printable::shortened(other, 40)),
            };
            (
                account.user_id,
                refusal(account.code, account.info.as_deref()).map_or(Ok(status), Err),
            )
        };
        self.items.into_iter().map(each).collect()
    }
}

#[derive(Deserialize)]
pub(super) struct Topics {
    #[serde(rename = "TopicAndSelfInfo", default, deserialize_with = "or_default")]
    pub(super) topics: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct Roles {
    #[serde(rename = "UserIdList", default, deserialize_with = "or_default")]
    accounts: Vec<AccountRole>,
}

#[derive(Deserialize)]
struct AccountRole {
    #[serde(rename = "Member_Account")]
    account: String,
    #[serde(rename = "Role", default, deserialize_with = "or_default")]
    role: String,
}

impl Roles {
    pub(super) fn into_roles(self) -> Vec<(String, Role)> {
        let role = |account: AccountRole| {
            let role = match account.role.as_str() {
                "Owner" | "Admin" | "Member" => Role::Member,
                "NotMember" => Role::NotMember,
                other => Role::Unknown(printable::shortened(other, 40)),
            };
            (account.account, role)
        };
        self.accounts.into_iter().map(role).collect()
    }
}

#[derive(Deserialize)]
pub(super) struct Members {
    #[serde(rename = "MemberList", default, deserialize_with = "or_default")]
    members: Vec<MemberInfo>,
}

#[derive(Deserialize)]
struct MemberInfo {
    #[serde(rename = "Member_Account")]
    account: String,
    #[serde(rename = "MsgSeq", default, deserialize_with = "number")]
    msg_seq: Option<u64>,
}

impl Members {
    pub(super) fn into_members(self) -> Vec<Member> {
        let member = |info: MemberInfo| Member {
            account: info.account,
            msg_seq: info.msg_seq,
        };
        self.members.into_iter().map(member).collect()
    }
}

#[derive(Deserialize)]
pub(super) struct C2c {
    #[serde(rename = "AllC2CUnreadMsgNum", default, deserialize_with = "number")]
    total: Option<u64>,
    #[serde(
        rename = "C2CUnreadMsgNumList",
        default,
        deserialize_with = "or_default"
    )]
    peers: Vec<C2cCount>,
    #[serde(rename = "ErrorList", default, deserialize_with = "or_default")]
    failed: Vec<C2cFailure>,
}

#[derive(Deserialize)]
struct C2cCount {
    #[serde(rename = "Peer_Account")]
    peer: String,
    #[serde(rename = "C2CUnreadMsgNum", default, deserialize_with = "number")]
    count: Option<u64>,
}

#[derive(Deserialize)]
struct C2cFailure {
    #[serde(rename = "Peer_Account")]
    peer: String,
    #[serde(rename = "ErrorCode")]
    code: i64,
}

impl C2c {
    pub(super) fn total(&self) -> Option<u64> {
        self.total
    }

    pub(super) fn into_each(self) -> Each<u64> {
        let counted = self
            .peers
            .into_iter()
            .filter_map(|peer| Some((peer.peer, Ok(peer.count?))));
        let failed = self
            .failed
            .into_iter()
            .map(|peer| (peer.peer, Err(Refusal::new(peer.code, ""))));
        counted.chain(failed).collect()
    }
}

/// The refusal of one part of a batch, if its own code is not 0.
fn refusal(code: i64, info: Option<&str>) -> Option<Refusal> {
    (code != 0).then(|| Refusal::new(code, info.unwrap_or_default()))
}

/// A value as it is, and nothing for a `null` in its place.
fn or_default<'de, D, V>(deserializer: D) -> Result<V, D::Error>
where
    D: Deserializer<'de>,
    V: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A whole number from 0, also as a string; anything else is no number.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::Number(number) => Ok(number.as_u64()),
        serde_json::Value::String(text) => Ok(text.parse().ok()),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => Ok(None),
    }
}

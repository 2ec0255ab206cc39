//! The commands of the REST API that the tool calls, with the limits of each.

use std::fmt;

/// A command of the server REST API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Command {
    /// Sets one member's unread count in one group.
    SetUnreadMsgNum,
    /// Reads one account's unread counts in one-to-one conversations.
    GetC2cUnreadMsgNum,
    /// Reads profiles of groups.
    GetGroupInfo,
    /// Tells whether accounts exist.
    AccountCheck,
    /// Reads the roles of accounts in one group.
    GetRoleInGroup,
    /// Reads profiles of given members of one group.
    GetSpecifiedGroupMemberInfo,
    /// Lists the groups of one account.
    GetJoinedGroupList,
    /// Lists the topics of one community.
    GetTopic,
}

impl Command {
    #[cfg(test)]
    /// Every command, in no particular order.
    pub(crate) const ALL: [Self; 8] = [
        Self::SetUnreadMsgNum,
        Self::GetC2cUnreadMsgNum,
        Self::GetGroupInfo,
        Self::AccountCheck,
        Self::GetRoleInGroup,
        Self::GetSpecifiedGroupMemberInfo,
        Self::GetJoinedGroupList,
        Self::GetTopic,
    ];

    /// Service and command, as they stand in the URL behind `/v4/`. Case matters.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::SetUnreadMsgNum => "group_open_http_svc/set_unread_msg_num",
            Self::GetC2cUnreadMsgNum => "openim/get_c2c_unread_msg_num",
            Self::GetGroupInfo => "group_open_http_svc/get_group_info",
            Self::AccountCheck => "im_open_login_svc/account_check",
            Self::GetRoleInGroup => "group_open_http_svc/get_role_in_group",
            Self::GetSpecifiedGroupMemberInfo => {
                "group_open_http_svc/get_specified_group_member_info"
            }
            Self::GetJoinedGroupList => "group_open_http_svc/get_joined_group_list",
            Self::GetTopic => "million_group_open_http_svc/get_topic",
        }
    }

    /// Calls that the service takes in a second for one app (use-limits page, December 2025).
    pub(crate) const fn calls_per_second(self) -> u32 {
        match self {
            Self::AccountCheck => 100,
            Self::SetUnreadMsgNum
            | Self::GetC2cUnreadMsgNum
            | Self::GetGroupInfo
            | Self::GetRoleInGroup
            | Self::GetSpecifiedGroupMemberInfo
            | Self::GetJoinedGroupList
            | Self::GetTopic => 200,
        }
    }

    /// The most ids that one call takes, or the most entries that one answer holds (pages of the
    /// commands, editions of 2022 to 2025).
    pub(crate) const fn batch(self) -> usize {
        match self {
            Self::SetUnreadMsgNum | Self::GetTopic => 1,
            Self::GetC2cUnreadMsgNum => 10,
            Self::GetGroupInfo | Self::GetSpecifiedGroupMemberInfo => 50,
            Self::AccountCheck => 100,
            Self::GetRoleInGroup => 500,
            Self::GetJoinedGroupList => 5000,
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, name) = self.path().split_once('/').unwrap_or_default();
        f.write_str(name)
    }
}

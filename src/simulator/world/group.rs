//! What the service keeps of one group and of one membership.

use std::str::FromStr;

use thiserror::Error;

/// The five kinds of group, each known by an older and a newer name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupType {
    /// Private, now Work.
    Private,
    /// Public.
    Public,
    /// ChatRoom, now Meeting: keeps no unread counts.
    ChatRoom,
    /// AVChatRoom: keeps no unread counts.
    AvChatRoom,
    /// Community.
    Community,
}

/// A text that names no kind of group.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{found}` is not a group type")]
pub(crate) struct UnknownGroupType {
    /// What stands where the type is expected.
    pub(crate) found: String,
}

impl GroupType {
    /// The name that the samples of the REST pages use.
    pub(crate) fn rest_name(self) -> &'static str {
        match self {
            Self::Private => "Private",
            Self::Public => "Public",
            Self::ChatRoom => "ChatRoom",
            Self::AvChatRoom => "AVChatRoom",
            Self::Community => "Community",
        }
    }

    /// The name that the newer pages use.
    pub(crate) fn new_name(self) -> &'static str {
        match self {
            Self::Private => "Work",
            Self::ChatRoom => "Meeting",
            Self::Public | Self::AvChatRoom | Self::Community => self.rest_name(),
        }
    }

    /// Whether members of such a group have an unread count (vendor page of
    /// `set_unread_msg_num`, 2025-12: the call has no effect and gives no error where not).
    pub(crate) fn keeps_unread(self) -> bool {
        match self {
            Self::Private | Self::Public | Self::Community => true,
            Self::ChatRoom | Self::AvChatRoom => false,
        }
    }
}

impl FromStr for GroupType {
    type Err = UnknownGroupType;

    fn from_str(text: &str) -> Result<Self, UnknownGroupType> {
        match text.to_ascii_lowercase().as_str() {
            "private" | "work" => Ok(Self::Private),
            "public" => Ok(Self::Public),
            "chatroom" | "meeting" => Ok(Self::ChatRoom),
            "avchatroom" => Ok(Self::AvChatRoom),
            "community" => Ok(Self::Community),
            _ => Err(UnknownGroupType {
                found: text.to_owned(),
            }),
        }
    }
}

/// What a group says about itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct GroupTexts {
    /// Its name.
    pub(crate) name: String,
    /// Its introduction.
    pub(crate) introduction: String,
    /// Its notification.
    pub(crate) notification: String,
    /// The address of its picture.
    pub(crate) face_url: String,
    /// Who may join: `FreeAccess`, `NeedPermission` or `DisableApply`.
    pub(crate) apply_join_option: String,
    /// The most members that it takes, if it says so.
    pub(crate) most_members: Option<u32>,
    /// Fields that the app defined: key and value.
    pub(crate) app_defined: Vec<(String, String)>,
}

/// What a member is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The group's owner.
    Owner,
    /// One of its administrators.
    Admin,
    /// Anybody else in it.
    Member,
    /// Somebody who was in it and left.
    NotMember,
}

impl Role {
    /// The name in requests and answers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Admin => "Admin",
            Self::Member => "Member",
            Self::NotMember => "NotMember",
        }
    }
}

/// No next entry in a chain.
pub(super) const END: u32 = u32::MAX;

/// One group; its ID and its texts are kept elsewhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub(super) kind: GroupType,
    /// Whether nobody has said what kind it is.
    pub(super) kind_is_assumed: bool,
    /// Messages so far, which is `NextMsgSeq` − 1: sequence numbers start at 1 without gaps.
    pub(super) messages: u32,
    /// Unix seconds of the newest message; 0 when there is none.
    pub(super) last_message_at: u32,
    /// Unix seconds of the group's creation.
    pub(super) created_at: u32,
    /// The owner's number among the accounts, or [`END`].
    pub(super) owner: u32,
    /// Members that have not left.
    pub(super) present: u32,
    /// First and last membership in the chain of this group.
    pub(super) first: u32,
    pub(super) last: u32,
}

/// One membership: 24 bytes, since there may be ten million of them.
///
/// The count is kept rather than the sequence number of the last read message, since imported
/// messages leave it untouched; `MsgSeq` is the group's message count less this.
#[derive(Debug, Clone, Copy)]
pub(super) struct Membership {
    pub(super) group: u32,
    pub(super) account: u32,
    pub(super) unread: u32,
    pub(super) next_in_group: u32,
    pub(super) next_of_account: u32,
    /// Calls of `set_unread_msg_num` that were carried out for it.
    pub(super) calls: u16,
    pub(super) role: Role,
}

#[cfg(test)]
mod tests {
    use super::{GroupType, Membership};

    #[test]
    fn both_generations_of_type_names_mean_the_same_kinds() {
        for (old, new) in [
            ("Private", "Work"),
            ("ChatRoom", "Meeting"),
            ("AVChatRoom", "avchatroom"),
        ] {
            assert_eq!(old.parse::<GroupType>(), new.parse::<GroupType>());
            assert_eq!(new.parse::<GroupType>().map(GroupType::rest_name), Ok(old));
        }
        let unknown = "Topic".parse::<GroupType>();
        assert_eq!(
            unknown.unwrap_err().to_string(),
            "`Topic` is not a group type"
        );
    }

    #[test]
    fn a_membership_stays_small() {
        assert!(size_of::<Membership>() <= 24);
    }
}

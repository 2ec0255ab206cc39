//! The read-only commands: what groups, accounts and members are, and what counts they have.
//!
//! Each takes at most [`Command::batch`] ids. An error is a verdict other than
//! [`Verdict::Succeeded`]. An id that the server says nothing about is missing from the result.

mod answer;
mod request;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::classify::{Refusal, Verdict};
use super::client::Client;
use super::command::Command;
use super::transport::{DepartureNotice, Failure, FailureKind, Transport};

/// The codes that refuse `get_topic` where there are no topics: topics are not enabled, the kind of
/// group has none, and the app or an older service does not know the command (error table, 2024).
const NO_TOPICS: [i64; 4] = [11000, 10007, 10026, 10003];

/// What is asked of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    /// The group's id.
    pub(crate) id: String,
    /// The type as the server spells it; both spellings of renamed types occur.
    pub(crate) kind: Option<String>,
    /// The number that the group's next message will have; numbers start at 1 and have no gaps.
    pub(crate) next_msg_seq: Option<u64>,
    /// How many members the group has.
    pub(crate) member_num: Option<u64>,
}

/// A group as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JoinedGroup {
    /// The group.
    pub(crate) group: Group,
    /// The number of the last message that the member has read.
    pub(crate) msg_seq: Option<u64>,
    /// The member's unread count, which newer editions of the API leave out.
    pub(crate) unread_msg_num: Option<u64>,
}

/// One page of an account's groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JoinedGroups {
    /// How many groups there are on all pages.
    pub(crate) total: Option<u64>,
    /// Those of this page.
    pub(crate) groups: Vec<JoinedGroup>,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// The account.
    pub(crate) account: String,
    /// The number of the last message that the member has read.
    pub(crate) msg_seq: Option<u64>,
}

/// What an account is in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Role {
    /// The owner, an admin or an ordinary member.
    Member,
    /// Not in the group.
    NotMember,
    /// A role that this version does not know, shortened and safe to print.
    Unknown(String),
}

/// Whether an account exists in the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AccountStatus {
    /// It was imported, or has signed in.
    Imported,
    /// The app does not know it.
    NotImported,
    /// A status that this version does not know, shortened and safe to print.
    Unknown(String),
}

/// An id with what the server says about it: each part of a batch succeeds or fails by itself.
pub(crate) type Each<V> = Vec<(String, Result<V, Refusal>)>;

impl<T: Transport> Client<T> {
    /// Reads types and message numbers of groups.
    ///
    /// The answer's own `ErrorCode` says nothing here, as the page of the command states: each
    /// group has its own.
    pub(crate) async fn get_group_info(
        &self,
        group_ids: &[&str],
        departure: Option<DepartureNotice>,
    ) -> Result<Each<Group>, Verdict> {
        let body = request::GetGroupInfo::new(group_ids);
        let (verdict, body) = self.send(Command::GetGroupInfo, &body, departure).await;
        let answer = parse::<answer::GroupInfos>(&body);
        match (verdict, answer) {
            (Verdict::Succeeded, Err(unusable)) => Err(unusable),
            (Verdict::Succeeded, Ok(answer)) => Ok(answer.into_each()),
            (Verdict::Unreachable(failure), _) => Err(Verdict::Unreachable(failure)),
            (_, Ok(answer)) if !answer.is_empty() => Ok(answer.into_each()),
            (other, _) => Err(other),
        }
    }

    /// Tells which accounts the app knows.
    pub(crate) async fn account_check(
        &self,
        accounts: &[&str],
        departure: Option<DepartureNotice>,
    ) -> Result<Each<AccountStatus>, Verdict> {
        let body = request::AccountCheck::new(accounts);
        let answer: answer::Accounts = self.read(Command::AccountCheck, &body, departure).await?;
        Ok(answer.into_each())
    }

    /// Tells which accounts are in a group. Not for an AVChatRoom.
    pub(crate) async fn get_role_in_group(
        &self,
        group_id: &str,
        accounts: &[&str],
        departure: Option<DepartureNotice>,
    ) -> Result<Vec<(String, Role)>, Verdict> {
        let body = request::GetRoleInGroup { group_id, accounts };
        let answer: answer::Roles = self.read(Command::GetRoleInGroup, &body, departure).await?;
        Ok(answer.into_roles())
    }

    /// Reads how far members of a group have read. Not for an AVChatRoom. Who is not a member is
    /// presumably missing from the answer; no page says.
    pub(crate) async fn get_specified_group_member_info(
        &self,
        group_id: &str,
        accounts: &[&str],
        departure: Option<DepartureNotice>,
    ) -> Result<Vec<Member>, Verdict> {
        let body = request::GetSpecifiedGroupMemberInfo::new(group_id, accounts);
        let command = Command::GetSpecifiedGroupMemberInfo;
        let answer: answer::Members = self.read(command, &body, departure).await?;
        Ok(answer.into_members())
    }

    /// Tells whether a community keeps its messages in topics, as one of its accounts sees it. A
    /// community without topics is refused with one of [`NO_TOPICS`].
    pub(crate) async fn has_topics(
        &self,
        group_id: &str,
        account: &str,
        departure: Option<DepartureNotice>,
    ) -> Result<bool, Verdict> {
        let body = request::GetTopic {
            group_id,
            account,
            filter: &["TopicName"],
        };
        let asked: Result<answer::Topics, Verdict> =
            self.read(Command::GetTopic, &body, departure).await;
        match asked {
            Ok(answer) => Ok(!answer.topics.is_empty()),
            Err(Verdict::Row(refusal) | Verdict::Fatal(refusal) | Verdict::Bug(refusal))
                if NO_TOPICS.contains(&refusal.code) =>
            {
                Ok(false)
            }
            Err(other) => Err(other),
        }
    }

    /// Reads one page of an account's groups, with how far the account has read in each.
    pub(crate) async fn get_joined_group_list(
        &self,
        account: &str,
        offset: usize,
        limit: usize,
        departure: Option<DepartureNotice>,
    ) -> Result<JoinedGroups, Verdict> {
        let body = request::GetJoinedGroupList::new(account, offset, limit);
        let answer: answer::Joined = self
            .read(Command::GetJoinedGroupList, &body, departure)
            .await?;
        Ok(answer.into_joined())
    }

    /// Reads an account's unread counts in its conversations with the given peers.
    pub(crate) async fn get_c2c_unread_msg_num(
        &self,
        account: &str,
        peers: &[&str],
        departure: Option<DepartureNotice>,
    ) -> Result<Each<u64>, Verdict> {
        let body = request::GetC2cUnreadMsgNum {
            account,
            peers: Some(peers),
        };
        let answer: answer::C2c = self
            .read(Command::GetC2cUnreadMsgNum, &body, departure)
            .await?;
        Ok(answer.into_each())
    }

    /// Reads an account's unread count over all its one-to-one conversations.
    pub(crate) async fn get_c2c_unread_total(
        &self,
        account: &str,
        departure: Option<DepartureNotice>,
    ) -> Result<u64, Verdict> {
        let body = request::GetC2cUnreadMsgNum {
            account,
            peers: None,
        };
        let answer: answer::C2c = self
            .read(Command::GetC2cUnreadMsgNum, &body, departure)
            .await?;
        answer.total().ok_or_else(|| {
            let detail = "the answer holds no `AllC2CUnreadMsgNum`";
            Verdict::Unreachable(Failure::new(FailureKind::Body, detail))
        })
    }

    async fn read<R: DeserializeOwned>(
        &self,
        command: Command,
        body: &impl Serialize,
        departure: Option<DepartureNotice>,
    ) -> Result<R, Verdict> {
        match self.send(command, body, departure).await {
            (Verdict::Succeeded, answer) => parse(&answer),
            (other, _) => Err(other),
        }
    }
}

/// Reads what a command's answer has beyond the common part. Says where it went wrong, not with
/// what, since the answer holds names of people.
fn parse<R: DeserializeOwned>(body: &[u8]) -> Result<R, Verdict> {
    serde_json::from_slice(body).map_err(|error| {
        let detail = format!(
            "the answer is not of this command, from byte {}",
            error.column()
        );
        Verdict::Unreachable(Failure::new(FailureKind::Body, &detail))
    })
}

#[cfg(test)]
mod tests;

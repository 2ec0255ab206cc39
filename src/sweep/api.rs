//! The read-only commands, each in its lane.

use super::lane::{Lane, Patience, Tally};
use super::trouble::{Halt, Refused};
use crate::delivery::Limit;
use crate::tencent::{
    AccountStatus, Client, Command, Each, Group, JoinedGroups, Member, Role, Transport,
};

/// Groups asked for on one page of an account's list. 5,000 are allowed, but a page of that many
/// comes close to the largest answer of 1 MB (code 10018).
const PAGE: usize = 2_000;

/// How fast and how long to ask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Calls per second of each command, at most what the command takes.
    pub(crate) limit: Limit,
    /// When to give up.
    pub(crate) patience: Patience,
}

impl Pace {
    /// The pace of one command: what was asked for, and at most what the command takes.
    pub(crate) fn of(self, command: Command) -> Limit {
        let most = Limit::new(command.calls_per_second());
        most.filter(|most| most.get() < self.limit.get())
            .unwrap_or(self.limit)
    }

    fn lane(self, command: Command) -> Lane {
        Lane::new(self.of(command), self.patience)
    }
}

/// A call's own result, or the end of everything.
type Answer<A> = Result<Result<A, Refused>, Halt>;

/// The read-only commands of one app.
pub(crate) struct Api<'a, T> {
    client: &'a Client<T>,
    group_info: Lane,
    member_info: Lane,
    joined_groups: Lane,
    accounts: Lane,
    roles: Lane,
    c2c: Lane,
    topics: Lane,
}

impl<T> std::fmt::Debug for Api<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api")
            .field("tally", &self.tally())
            .finish_non_exhaustive()
    }
}

impl<T> Api<'_, T> {
    /// What all lanes did together; the busiest second is that of the busiest lane, since each
    /// command has a limit of its own.
    pub(crate) fn tally(&self) -> Tally {
        let lanes = [
            &self.group_info,
            &self.member_info,
            &self.joined_groups,
            &self.accounts,
            &self.roles,
            &self.c2c,
            &self.topics,
        ];
        lanes.iter().fold(Tally::default(), |sum, lane| {
            let tally = lane.tally();
            Tally {
                attempts: sum.attempts + tally.attempts,
                calls: sum.calls + tally.calls,
                rate_limited: sum.rate_limited + tally.rate_limited,
                busiest_second: sum.busiest_second.max(tally.busiest_second),
            }
        })
    }
}

impl<'a, T: Transport> Api<'a, T> {
    /// Lanes for the commands of `client`'s app.
    pub(crate) fn new(client: &'a Client<T>, pace: Pace) -> Self {
        Self {
            client,
            group_info: pace.lane(Command::GetGroupInfo),
            member_info: pace.lane(Command::GetSpecifiedGroupMemberInfo),
            joined_groups: pace.lane(Command::GetJoinedGroupList),
            accounts: pace.lane(Command::AccountCheck),
            roles: pace.lane(Command::GetRoleInGroup),
            c2c: pace.lane(Command::GetC2cUnreadMsgNum),
            topics: pace.lane(Command::GetTopic),
        }
    }

    /// Types and message numbers of at most 50 groups.
    pub(crate) async fn groups(&self, ids: &[&str]) -> Answer<Each<Group>> {
        let ask = || self.client.get_group_info(ids);
        self.group_info.call(ask).await
    }

    /// How far at most 50 members of a group have read.
    pub(crate) async fn members(&self, group: &str, accounts: &[&str]) -> Answer<Vec<Member>> {
        let ask = || self.client.get_specified_group_member_info(group, accounts);
        self.member_info.call(ask).await
    }

    /// A page of an account's groups.
    pub(crate) async fn joined_groups(&self, account: &str, offset: usize) -> Answer<JoinedGroups> {
        let ask = || self.client.get_joined_group_list(account, offset, PAGE);
        self.joined_groups.call(ask).await
    }

    /// Which of at most 100 accounts the app knows.
    pub(crate) async fn accounts(&self, ids: &[&str]) -> Answer<Each<AccountStatus>> {
        let ask = || self.client.account_check(ids);
        self.accounts.call(ask).await
    }

    /// Which of at most 500 accounts are in a group.
    pub(crate) async fn roles(&self, group: &str, ids: &[&str]) -> Answer<Vec<(String, Role)>> {
        let ask = || self.client.get_role_in_group(group, ids);
        self.roles.call(ask).await
    }

    /// Whether a community keeps its messages in topics.
    pub(crate) async fn has_topics(&self, group: &str, account: &str) -> Answer<bool> {
        let ask = || self.client.has_topics(group, account);
        self.topics.call(ask).await
    }

    /// An account's counts in its conversations with at most 10 peers.
    pub(crate) async fn c2c(&self, account: &str, peers: &[&str]) -> Answer<Each<u64>> {
        let ask = || self.client.get_c2c_unread_msg_num(account, peers);
        self.c2c.call(ask).await
    }

    /// An account's count over all its conversations.
    pub(crate) async fn c2c_total(&self, account: &str) -> Answer<u64> {
        let ask = || self.client.get_c2c_unread_total(account);
        self.c2c.call(ask).await
    }
}

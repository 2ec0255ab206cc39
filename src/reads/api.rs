//! The read-only commands, each at its own pace.

use tokio::time::Instant;

use super::limited_api::{RateLimitedApi, Tally};
use super::refused::Refused;
use crate::delivery::{GroupKey, Limit, Patience};
use crate::stop_reason::StopReason;
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

    fn api(self, command: Command, not_before: Instant) -> RateLimitedApi {
        RateLimitedApi::opening_at(self.of(command), self.patience, not_before)
    }
}

/// When the first call may leave: at once, or when the second has passed in which an earlier
/// process, whose reads this one continues, may have called.
pub(crate) fn opening(continues: bool, now: Instant) -> Instant {
    if continues { now + Limit::span() } else { now }
}

/// A call's own result, or the end of everything.
type Answer<A> = Result<Result<A, Refused>, StopReason>;

/// The read-only commands of one app.
pub(crate) struct Api<'a, T> {
    client: &'a Client<T>,
    group_info: RateLimitedApi,
    member_info: RateLimitedApi,
    joined_groups: RateLimitedApi,
    accounts: RateLimitedApi,
    roles: RateLimitedApi,
    c2c: RateLimitedApi,
    topics: RateLimitedApi,
}

impl<T> std::fmt::Debug for Api<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api")
            .field("tally", &self.tally())
            .finish_non_exhaustive()
    }
}

impl<T> Api<'_, T> {
    /// What was asked of all together; the busiest second is that of the busiest one, since each
    /// command has a limit of its own.
    pub(crate) fn tally(&self) -> Tally {
        let apis = [
            &self.group_info,
            &self.member_info,
            &self.joined_groups,
            &self.accounts,
            &self.roles,
            &self.c2c,
            &self.topics,
        ];
        apis.iter().fold(Tally::default(), |sum, api| {
            let tally = api.tally();
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
    /// The commands of `client`'s app, none of them called before `not_before` (see [`opening`]).
    pub(crate) fn new(client: &'a Client<T>, pace: Pace, not_before: Instant) -> Self {
        let api = |command| pace.api(command, not_before);
        Self {
            client,
            group_info: api(Command::GetGroupInfo),
            member_info: api(Command::GetSpecifiedGroupMemberInfo),
            joined_groups: api(Command::GetJoinedGroupList),
            accounts: api(Command::AccountCheck),
            roles: api(Command::GetRoleInGroup),
            c2c: api(Command::GetC2cUnreadMsgNum),
            topics: api(Command::GetTopic),
        }
    }

    /// Types and message numbers of at most 50 groups.
    pub(crate) async fn groups(&self, ids: &[&str]) -> Answer<Each<Group>> {
        let ask = |departure| self.client.get_group_info(ids, Some(departure));
        self.group_info.call(first(ids), ask).await
    }

    /// How far at most 50 members of a group have read.
    pub(crate) async fn members(&self, group: &str, accounts: &[&str]) -> Answer<Vec<Member>> {
        let ask = |departure| {
            self.client
                .get_specified_group_member_info(group, accounts, Some(departure))
        };
        self.member_info.call(GroupKey::of(group), ask).await
    }

    /// A page of an account's groups.
    pub(crate) async fn joined_groups(&self, account: &str, offset: usize) -> Answer<JoinedGroups> {
        let ask = |departure| {
            self.client
                .get_joined_group_list(account, offset, PAGE, Some(departure))
        };
        self.joined_groups.call(GroupKey::of(account), ask).await
    }

    /// Which of at most 100 accounts the app knows.
    pub(crate) async fn accounts(&self, ids: &[&str]) -> Answer<Each<AccountStatus>> {
        let ask = |departure| self.client.account_check(ids, Some(departure));
        self.accounts.call(first(ids), ask).await
    }

    /// Which of at most 500 accounts are in a group.
    pub(crate) async fn roles(&self, group: &str, ids: &[&str]) -> Answer<Vec<(String, Role)>> {
        let ask = |departure| self.client.get_role_in_group(group, ids, Some(departure));
        self.roles.call(GroupKey::of(group), ask).await
    }

    /// Whether a community keeps its messages in topics.
    pub(crate) async fn has_topics(&self, group: &str, account: &str) -> Answer<bool> {
        let ask = |departure| self.client.has_topics(group, account, Some(departure));
        self.topics.call(GroupKey::of(group), ask).await
    }

    /// An account's counts in its conversations with at most 10 peers.
    pub(crate) async fn c2c(&self, account: &str, peers: &[&str]) -> Answer<Each<u64>> {
        let ask = |departure| {
            self.client
                .get_c2c_unread_msg_num(account, peers, Some(departure))
        };
        self.c2c.call(GroupKey::of(account), ask).await
    }

    /// An account's count over all its conversations.
    pub(crate) async fn c2c_total(&self, account: &str) -> Answer<u64> {
        let ask = |departure| self.client.get_c2c_unread_total(account, Some(departure));
        self.c2c.call(GroupKey::of(account), ask).await
    }
}

/// The key of a call that is about many ids.
fn first(ids: &[&str]) -> GroupKey {
    GroupKey::of(ids.first().copied().unwrap_or_default())
}

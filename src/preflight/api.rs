//! The read-only commands that tell what exists, each in its lane.

use crate::pace::Limit;
use crate::sweep::{Halt, Lane, Refused, Tally};
use crate::tencent::{AccountStatus, Client, Command, Each, Group, Role, Transport};
use crate::verify::Pace;

/// A call's own result, or the end of everything.
pub(super) type Answer<A> = Result<Result<A, Refused>, Halt>;

/// The commands of one app that tell what exists.
pub(crate) struct Api<'a, T> {
    client: &'a Client<T>,
    groups: Lane,
    accounts: Lane,
    roles: Lane,
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
        let lanes = [&self.groups, &self.accounts, &self.roles];
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

/// The pace of one command: what was asked for, and at most what the command takes.
pub(super) fn limit_of(command: Command, asked: Limit) -> Limit {
    let most = Limit::new(command.calls_per_second());
    most.filter(|most| most.get() < asked.get())
        .unwrap_or(asked)
}

impl<'a, T: Transport> Api<'a, T> {
    /// Lanes for the commands of `client`'s app.
    pub(crate) fn new(client: &'a Client<T>, pace: Pace) -> Self {
        let lane = |command| Lane::new(limit_of(command, pace.limit), pace.patience);
        Self {
            client,
            groups: lane(Command::GetGroupInfo),
            accounts: lane(Command::AccountCheck),
            roles: lane(Command::GetRoleInGroup),
        }
    }

    /// Types and message numbers of at most 50 groups.
    pub(super) async fn groups(&self, ids: &[&str]) -> Answer<Each<Group>> {
        let ask = || self.client.get_group_info(ids);
        self.groups.call(ask).await
    }

    /// Which of at most 100 accounts the app knows.
    pub(super) async fn accounts(&self, ids: &[&str]) -> Answer<Each<AccountStatus>> {
        let ask = || self.client.account_check(ids);
        self.accounts.call(ask).await
    }

    /// Which of at most 500 accounts are in a group.
    pub(super) async fn roles(&self, group: &str, ids: &[&str]) -> Answer<Vec<(String, Role)>> {
        let ask = || self.client.get_role_in_group(group, ids);
        self.roles.call(ask).await
    }
}

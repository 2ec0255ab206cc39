//! Asks for counts, by group or by member, and says what is there.

use std::collections::HashMap;

use futures_util::future::try_join_all;

use crate::reads::{Api, Refused};
use crate::record::GroupType;
use crate::stop_reason::StopReason;
use crate::tencent::{Command, Group, JoinedGroup, Transport};

/// A count that should be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The group; for one-to-one conversations the peer.
    pub(crate) group: Box<str>,
    /// The account.
    pub(crate) member: Box<str>,
    /// The count.
    pub(crate) unread: u32,
    /// Number of the row in the input.
    pub(crate) row: u64,
}

/// What is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Observed {
    /// A count.
    Count {
        /// The count.
        unread: u64,
        /// Messages in the group, if known.
        messages: Option<u64>,
        /// The count was reckoned from message numbers, not told.
        reckoned: bool,
    },
    /// A count of a one-to-one conversation.
    Conversation {
        /// The count.
        unread: u64,
        /// Conversations of the account among the expected ones.
        of: u64,
    },
    /// The group is of a type that keeps no counts.
    KeepsNone {
        /// The type, in today's words.
        kind: String,
    },
    /// There is no such group.
    NoGroup(Refused),
    /// The account is not in the group.
    NoMember,
    /// There is no such account.
    NoAccount(Refused),
    /// One-to-one: there is no such account or peer.
    UnknownAccount(Refused),
    /// It cannot be told, and why.
    Unknown(String),
}

/// The codes for a group that is not there: dissolved, or of an id that cannot be.
const NO_GROUP: [i64; 2] = [10010, 10015];

/// The codes for an account that is not there.
const NO_ACCOUNT: [i64; 2] = [10019, 70107];

/// What is there for each of `rows`, asked by group. Rows of one group stand together; there are
/// at most 50 groups, whose members are asked for at the same time.
pub(crate) async fn by_group<T: Transport>(
    api: &Api<'_, T>,
    rows: &[Expected],
) -> Result<Vec<Observed>, StopReason> {
    let infos = group_infos(api, rows.iter()).await?;
    let calls = group_calls(rows).map(|rows| in_group(api, rows, &infos));
    let observed = try_join_all(calls).await?;
    Ok(observed.into_iter().flatten().collect())
}

/// The parts of `rows` that one call of a group's members takes. Rows of one group stand together.
pub(super) fn group_calls(rows: &[Expected]) -> impl Iterator<Item = &[Expected]> {
    let groups = rows.chunk_by(|a, b| a.group == b.group);
    groups.flat_map(|rows| rows.chunks(Command::GetSpecifiedGroupMemberInfo.batch()))
}

/// What one call tells of the groups of a unit, or why it tells nothing.
pub(super) type GroupInfos = Result<HashMap<String, Result<Group, Refused>>, Refused>;

/// Types and message numbers of the groups of `rows`, at most 50.
pub(super) async fn group_infos<'r, T: Transport>(
    api: &Api<'_, T>,
    rows: impl Iterator<Item = &'r Expected>,
) -> Result<GroupInfos, StopReason> {
    let mut ids: Vec<&str> = rows.map(|row| &*row.group).collect();
    ids.dedup();
    let each = api.groups(&ids).await?;
    Ok(each.map(|each| {
        each.into_iter()
            .map(|(id, group)| (id, group.map_err(Refused::from)))
            .collect()
    }))
}

/// What is there for each of `rows`, which one call of a group's members takes.
pub(super) async fn in_group<T: Transport>(
    api: &Api<'_, T>,
    rows: &[Expected],
    infos: &GroupInfos,
) -> Result<Vec<Observed>, StopReason> {
    let all = |observed: Observed| Ok(vec![observed; rows.len()]);
    let infos = match infos {
        Err(refused) => return all(unknown(refused)),
        Ok(infos) => infos,
    };
    let group = match rows.first().and_then(|row| infos.get(&*row.group)) {
        None => {
            return all(Observed::Unknown(
                "the answer leaves the group out".to_owned(),
            ));
        }
        Some(Err(refused)) if NO_GROUP.contains(&refused.code) => {
            return all(Observed::NoGroup(refused.clone()));
        }
        Some(Err(refused)) => return all(unknown(refused)),
        Some(Ok(group)) => group,
    };
    match keeps_none(group) {
        Some(kind) => all(Observed::KeepsNone { kind }),
        None => members(api, rows, group).await,
    }
}

/// At most 50 members of one group.
async fn members<T: Transport>(
    api: &Api<'_, T>,
    rows: &[Expected],
    group: &Group,
) -> Result<Vec<Observed>, StopReason> {
    let accounts: Vec<&str> = rows.iter().map(|row| &*row.member).collect();
    let members: HashMap<String, Option<u64>> = match api.members(&group.id, &accounts).await? {
        Ok(members) => members
            .into_iter()
            .map(|member| (member.account, member.msg_seq))
            .collect(),
        Err(refused) => {
            let observed = if NO_GROUP.contains(&refused.code) {
                Observed::NoGroup(refused)
            } else {
                unknown(&refused)
            };
            return Ok(vec![observed; rows.len()]);
        }
    };
    let observed = accounts.iter().map(|&account| match members.get(account) {
        None => Observed::NoMember,
        Some(&read) => reckoned(group, read, None),
    });
    Ok(observed.collect())
}

/// What is there for each of `rows`, which are of one member, asked by member; `None` for groups
/// that the member's list does not have. That is no proof that the member is not in the group:
/// the list leaves out kinds of groups that no page names in full.
pub(super) async fn by_member<T: Transport>(
    api: &Api<'_, T>,
    rows: &[Expected],
) -> Result<Vec<Option<Observed>>, StopReason> {
    let Some(first) = rows.first() else {
        return Ok(Vec::new());
    };
    let mut places: HashMap<&str, usize> = rows
        .iter()
        .enumerate()
        .map(|(place, row)| (&*row.group, place))
        .collect();
    let mut observed = vec![None; rows.len()];
    let mut offset = 0;
    while !places.is_empty() {
        let page = match api.joined_groups(&first.member, offset).await? {
            Ok(page) => page,
            Err(refused) => {
                let gone = NO_ACCOUNT.contains(&refused.code);
                let all = if gone {
                    Observed::NoAccount(refused)
                } else {
                    unknown(&refused)
                };
                return Ok(vec![Some(all); rows.len()]);
            }
        };
        offset += page.groups.len();
        let last = page.groups.is_empty() || page.total.is_none_or(|total| offset as u64 >= total);
        for joined in &page.groups {
            let place = places.remove(joined.group.id.as_str());
            if let Some(slot) = place.and_then(|place| observed.get_mut(place)) {
                *slot = Some(of_joined(joined));
            }
        }
        if last {
            break;
        }
    }
    Ok(observed)
}

fn of_joined(joined: &JoinedGroup) -> Observed {
    match keeps_none(&joined.group) {
        Some(kind) => Observed::KeepsNone { kind },
        None => reckoned(&joined.group, joined.msg_seq, joined.unread_msg_num),
    }
}

/// The type of a group that keeps no counts, in today's words.
fn keeps_none(group: &Group) -> Option<String> {
    let kind = GroupType::parse(group.kind.as_deref()?)?;
    (!kind.keeps_unread()).then(|| kind.name().to_owned())
}

/// The count as it was told, else reckoned from message numbers.
fn reckoned(group: &Group, read: Option<u64>, told: Option<u64>) -> Observed {
    // Numbers start at 1 and have no gaps, so the next one less one is the number of messages.
    let messages = group.next_msg_seq.and_then(|next| next.checked_sub(1));
    if let Some(unread) = told {
        return Observed::Count {
            unread,
            messages,
            reckoned: false,
        };
    }
    let (Some(messages), Some(read)) = (messages, read) else {
        let why = "the answer tells no message numbers";
        return Observed::Unknown(why.to_owned());
    };
    match messages.checked_sub(read) {
        Some(unread) => Observed::Count {
            unread,
            messages: Some(messages),
            reckoned: true,
        },
        None => Observed::Unknown(format!(
            "message {read} is read, but the group has {messages}"
        )),
    }
}

fn unknown(refused: &Refused) -> Observed {
    Observed::Unknown(refused.to_string())
}

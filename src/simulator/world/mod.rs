//! The state of the simulated service: accounts, groups, memberships and their unread counts.
//!
//! This module owns the rules that hold whatever call changes the state: a count never exceeds the
//! number of messages of its group, and groups without unread counts keep none. What a request may
//! look like and which code refuses it is left to the endpoints; the file form is in `file`.

mod conversation;
mod file;
mod group;
mod listing;
mod name;
mod topic;
mod write;

use std::collections::HashMap;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use self::conversation::Conversations;
pub(crate) use self::conversation::{Content, Message, MessageKey, Standing};
use self::group::{END, Group, Membership};
pub(crate) use self::group::{GroupTexts, GroupType, Role, UnknownGroupType};
pub(crate) use self::listing::{GroupView, Member};
use self::name::Names;
pub(crate) use self::topic::Topic;
pub(crate) use self::write::Cursor;
use super::quickblox::QuickBlox;
use super::quirk::{Choice, Quirks};

/// Of two messages with the same `Random` within five minutes the later is dropped (vendor page of
/// `import_group_msg`).
const REPETITION_SECONDS: u32 = 300;

/// The number of an account in a [`World`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AccountNumber(u32);

/// The number of a group in a [`World`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct GroupNumber(u32);

/// The number of a membership in a [`World`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct MemberNumber(u32);

/// How often members had their count set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Repeats {
    /// Members whose count was set at least once.
    pub(crate) set: u64,
    /// Members whose count was set more than once.
    pub(crate) repeated: u64,
    /// The most often that one member's count was set.
    pub(crate) most: u16,
}

/// Everything the simulated service remembers.
#[derive(Debug, Default)]
pub(crate) struct World {
    accounts: Names,
    /// First membership of each account, by its number.
    first_of_account: Vec<u32>,
    group_ids: Names,
    groups: Vec<Group>,
    group_texts: HashMap<u32, GroupTexts>,
    members: Vec<Membership>,
    member_table: HashTable<u32>,
    /// Unix seconds of joining, where they are known, by the number of the membership.
    joined_at: HashMap<u32, u32>,
    /// What `MsgSeq` tells of a member where it stays when counts are set, by membership.
    frozen_seq: HashMap<u32, u32>,
    /// The topics of communities that keep their messages in them, by group.
    topics: HashMap<u32, Vec<Topic>>,
    conversations: Conversations,
    /// `Random` and time of imported messages, newest last, by the number of the group.
    imported: HashMap<u32, Vec<(u32, u32)>>,
    /// The other service: its users and dialogs.
    pub(super) quickblox: QuickBlox,
    repeats: Repeats,
    quirks: Quirks,
}

impl World {
    /// A service with no accounts and no groups.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// How open questions are answered.
    pub(crate) fn quirks(&self) -> Quirks {
        self.quirks
    }

    /// Makes choices about open questions.
    pub(crate) fn choose(&mut self, choices: &[Choice]) {
        for &choice in choices {
            self.quirks.set(choice);
        }
    }

    /// Makes sure that the member is in the group and that the group has at least `unread_at_least`
    /// messages; what is missing is created, with a count of 0.
    ///
    /// A group for which no type was given yet is Work, whose name in answers is Private; the
    /// first type that is given stays.
    pub(crate) fn add_member(
        &mut self,
        group_id: &str,
        group_type: Option<&str>,
        member: &str,
        unread_at_least: u32,
    ) -> Result<(), UnknownGroupType> {
        let given: Option<GroupType> = group_type.map(str::parse).transpose()?;
        let account = self.add_account(member);
        let is_new = self.group(group_id).is_none();
        let group = self.add_group(group_id, given.unwrap_or(GroupType::Private));
        let entry = self.group_mut(group);
        if let Some(kind) = given.filter(|_| entry.kind_is_assumed) {
            entry.kind = kind;
        }
        entry.kind_is_assumed = given.is_none() && (is_new || entry.kind_is_assumed);
        entry.messages = entry.messages.max(unread_at_least);
        self.join(group, account, Role::Member);
        Ok(())
    }

    #[cfg(test)]
    /// Sets a user's unread count in a dialog of the QuickBlox side; what is missing is created.
    /// Type 1 is a public group, 2 a group, 3 a private dialog.
    pub(crate) fn add_quickblox_unread(&mut self, user: u64, dialog: &str, kind: u8, unread: u32) {
        self.quickblox.add_unread(user, dialog, kind, unread);
    }

    /// Makes sure that the account exists.
    pub(crate) fn add_account(&mut self, name: &str) -> AccountNumber {
        let number = self.accounts.intern(name);
        if self.first_of_account.len() <= number as usize {
            self.first_of_account.push(END);
        }
        AccountNumber(number)
    }

    /// Makes sure that the group exists; one that is there keeps its type.
    pub(crate) fn add_group(&mut self, id: &str, kind: GroupType) -> GroupNumber {
        let number = self.group_ids.intern(id);
        if self.groups.len() <= number as usize {
            self.groups.push(Group {
                kind,
                kind_is_assumed: false,
                messages: 0,
                last_message_at: 0,
                created_at: 0,
                owner: END,
                present: 0,
                first: END,
                last: END,
            });
        }
        GroupNumber(number)
    }

    /// Puts an account into a group; somebody who is or was in it takes the new role.
    pub(crate) fn join(
        &mut self,
        group: GroupNumber,
        account: AccountNumber,
        role: Role,
    ) -> MemberNumber {
        let member = match self.membership(group, account) {
            Some(member) => member,
            None => self.append_membership(group, account),
        };
        let before = self.member_entry_mut(member).role;
        self.member_entry_mut(member).role = role;
        let entry = self.group_mut(group);
        match (before, role) {
            (Role::NotMember, Role::NotMember) => {}
            (Role::NotMember, _) => entry.present += 1,
            (_, Role::NotMember) => entry.present -= 1,
            (_, _) => {}
        }
        if role == Role::Owner {
            entry.owner = account.0;
        }
        member
    }

    fn append_membership(&mut self, group: GroupNumber, account: AccountNumber) -> MemberNumber {
        let number = u32::try_from(self.members.len())
            .expect("memory ends before four thousand million memberships");
        let first_of_account = self
            .first_of_account
            .get_mut(account.0 as usize)
            .expect("an account number comes from this world");
        let next_of_account = std::mem::replace(first_of_account, number);
        self.members.push(Membership {
            group: group.0,
            account: account.0,
            unread: 0,
            next_in_group: END,
            next_of_account,
            calls: 0,
            role: Role::NotMember,
        });
        let entry = self.group_mut(group);
        let previous = std::mem::replace(&mut entry.last, number);
        if previous == END {
            entry.first = number;
        } else {
            self.member_entry_mut(MemberNumber(previous)).next_in_group = number;
        }
        let members = &self.members;
        self.member_table
            .insert_unique(pair_hash(group.0, account.0), number, |&other| {
                members
                    .get(other as usize)
                    .map_or(0, |entry| pair_hash(entry.group, entry.account))
            });
        MemberNumber(number)
    }

    /// The number of an account that exists.
    pub(crate) fn account(&self, name: &str) -> Option<AccountNumber> {
        self.accounts.find(name).map(AccountNumber)
    }

    /// The number of a group that exists.
    pub(crate) fn group(&self, id: &str) -> Option<GroupNumber> {
        self.group_ids.find(id).map(GroupNumber)
    }

    /// The number of a membership, also of one that has ended.
    fn membership(&self, group: GroupNumber, account: AccountNumber) -> Option<MemberNumber> {
        let same = |&number: &u32| {
            self.members
                .get(number as usize)
                .is_some_and(|entry| entry.group == group.0 && entry.account == account.0)
        };
        let found = self.member_table.find(pair_hash(group.0, account.0), same);
        found.copied().map(MemberNumber)
    }

    /// The number of a membership that has not ended.
    pub(crate) fn member_in(
        &self,
        group: GroupNumber,
        account: AccountNumber,
    ) -> Option<MemberNumber> {
        let member = self.membership(group, account)?;
        (self.member_entry(member).role != Role::NotMember).then_some(member)
    }

    /// The kind of a group.
    pub(crate) fn kind(&self, group: GroupNumber) -> GroupType {
        self.group_entry(group).kind
    }

    /// The number of messages of a group.
    pub(crate) fn messages(&self, group: GroupNumber) -> u32 {
        self.group_entry(group).messages
    }

    /// Sets a member's count, not above the number of the group's messages; `false` when the kind
    /// of group keeps no counts, and then nothing changes. Either way the call is counted.
    pub(crate) fn set_unread(&mut self, member: MemberNumber, unread: u32) -> bool {
        self.freeze_seq(member);
        let group = GroupNumber(self.member_entry(member).group);
        let keeps = self.kind(group).keeps_unread();
        let ceiling = self.messages(group);
        let entry = self.member_entry_mut(member);
        if keeps {
            entry.unread = unread.min(ceiling);
        }
        entry.calls = entry.calls.saturating_add(1);
        let calls = entry.calls;
        self.repeats.set += u64::from(calls == 1);
        self.repeats.repeated += u64::from(calls == 2);
        self.repeats.most = self.repeats.most.max(calls);
        keeps
    }

    /// Sets when a group was created and what it says about itself.
    pub(crate) fn describe(&mut self, group: GroupNumber, created_at: u32, texts: GroupTexts) {
        self.group_mut(group).created_at = created_at;
        self.group_texts.insert(group.0, texts);
    }

    /// Remembers when a member joined, in Unix seconds.
    pub(crate) fn set_joined_at(&mut self, member: MemberNumber, joined_at: u32) {
        self.joined_at.insert(member.0, joined_at);
    }

    /// Keeps a member's `MsgSeq` as it is, where setting a count does not move it.
    fn freeze_seq(&mut self, member: MemberNumber) {
        if !self.quirks.msg_seq_moves() {
            let seq = self.member(member).message_seq;
            self.frozen_seq.insert(member.0, seq);
        }
    }

    /// Sets a count on joining, not above the number of the group's messages.
    pub(crate) fn start_unread(&mut self, member: MemberNumber, unread: u32) {
        self.freeze_seq(member);
        let group = GroupNumber(self.member_entry(member).group);
        if self.kind(group).keeps_unread() {
            let ceiling = self.messages(group);
            self.member_entry_mut(member).unread = unread.min(ceiling);
        }
    }

    /// Adds an imported message to a group; the result is its sequence number. Nothing happens
    /// when the numbers have run out.
    pub(crate) fn import_message(
        &mut self,
        group: GroupNumber,
        sent_at: u32,
        random: Option<u32>,
    ) -> Option<u32> {
        let entry = self.group_mut(group);
        entry.messages = entry.messages.checked_add(1)?;
        entry.last_message_at = sent_at;
        let number = entry.messages;
        if let Some(random) = random {
            let imported = self.imported.entry(group.0).or_default();
            imported.retain(|&(_, earlier)| sent_at.saturating_sub(earlier) < REPETITION_SECONDS);
            imported.push((random, sent_at));
        }
        Some(number)
    }

    /// Whether a message of that `Random` was imported within five minutes before.
    pub(crate) fn is_repetition(&self, group: GroupNumber, random: u32, sent_at: u32) -> bool {
        let imported = self.imported.get(&group.0).into_iter().flatten();
        imported.into_iter().any(|&(other, earlier)| {
            other == random && sent_at.abs_diff(earlier) < REPETITION_SECONDS
        })
    }

    /// Sets the counts of all members to 0, as the import of messages does.
    pub(crate) fn clear_unread(&mut self, group: GroupNumber) {
        let mut next = self.first_of_group(group);
        while let Some(member) = next {
            self.member_entry_mut(member).unread = 0;
            self.frozen_seq.remove(&member.0);
            next = self.next_in_group(member);
        }
    }

    /// How often members had their count set.
    pub(crate) fn repeats(&self) -> Repeats {
        self.repeats
    }

    fn group_entry(&self, group: GroupNumber) -> &Group {
        self.groups
            .get(group.0 as usize)
            .expect("a group number comes from this world")
    }

    fn group_mut(&mut self, group: GroupNumber) -> &mut Group {
        self.groups
            .get_mut(group.0 as usize)
            .expect("a group number comes from this world")
    }

    fn member_entry(&self, member: MemberNumber) -> &Membership {
        self.members
            .get(member.0 as usize)
            .expect("a member number comes from this world")
    }

    fn member_entry_mut(&mut self, member: MemberNumber) -> &mut Membership {
        self.members
            .get_mut(member.0 as usize)
            .expect("a member number comes from this world")
    }
}

fn pair_hash(group: u32, account: u32) -> u64 {
    xxh3_64(&((u64::from(group) << 32) | u64::from(account)).to_le_bytes())
}

#[cfg(test)]
mod tests;

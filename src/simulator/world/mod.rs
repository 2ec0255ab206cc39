//! The state of the simulated service: accounts, groups, memberships and their unread counts.
//!
//! This module owns the rules that hold whatever call changes the state: a count never exceeds the
//! number of messages of its group, and groups without unread counts keep none. What a request may
//! look like and which code refuses it is left to the endpoints; the file form is in `file`.

mod file;
mod group;
mod name;

use std::collections::HashMap;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

pub(crate) use self::file::{Cursor, LoadError};
use self::group::{END, Group, Membership};
pub(crate) use self::group::{GroupType, Role, UnknownGroupType};
use self::name::Names;

/// The number of an account in a [`World`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AccountNumber(u32);

/// The number of a group in a [`World`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct GroupNumber(u32);

/// The number of a membership in a [`World`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct MemberNumber(u32);

/// One membership as it can be seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member<'a> {
    /// The group's ID.
    pub(crate) group_id: &'a str,
    /// The member's account.
    pub(crate) account: &'a str,
    /// The unread count.
    pub(crate) unread: u32,
    /// Sequence number of the last message read.
    pub(crate) message_seq: u32,
    /// Calls of `set_unread_msg_num` that were carried out for this member.
    pub(crate) calls: u16,
    /// The role, [`Role::NotMember`] for somebody who left.
    pub(crate) role: Role,
}

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
    group_names: HashMap<u32, String>,
    members: Vec<Membership>,
    member_table: HashTable<u32>,
    repeats: Repeats,
}

impl World {
    /// A service with no accounts and no groups.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Makes sure that the member is in the group and that the group has at least `unread_at_least`
    /// messages; what is missing is created, with a count of 0.
    ///
    /// A group without a given type is Work, whose name in answers is Private; the first type that
    /// is given for a group stays.
    pub(crate) fn add_member(
        &mut self,
        group_id: &str,
        group_type: Option<&str>,
        member: &str,
        unread_at_least: u32,
    ) -> Result<(), UnknownGroupType> {
        let kind = match group_type {
            Some(name) => name.parse()?,
            None => GroupType::Private,
        };
        let account = self.add_account(member);
        let group = self.add_group(group_id, kind);
        self.join(group, account, Role::Member);
        let messages = self.messages(group).max(unread_at_least);
        self.group_mut(group).messages = messages;
        Ok(())
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

    /// A membership as it can be seen from outside.
    pub(crate) fn member(&self, number: MemberNumber) -> Member<'_> {
        let entry = self.member_entry(number);
        Member {
            group_id: self.group_ids.get(entry.group),
            account: self.accounts.get(entry.account),
            unread: entry.unread,
            message_seq: self
                .messages(GroupNumber(entry.group))
                .saturating_sub(entry.unread),
            calls: entry.calls,
            role: entry.role,
        }
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

    /// How often members had their count set.
    pub(crate) fn repeats(&self) -> Repeats {
        self.repeats
    }

    /// How many memberships there are, ended ones included.
    pub(crate) fn membership_count(&self) -> usize {
        self.members.len()
    }

    /// The membership with that place in the order of creation.
    pub(crate) fn nth_membership(&self, place: usize) -> Option<MemberNumber> {
        u32::try_from(place)
            .ok()
            .filter(|_| place < self.members.len())
            .map(MemberNumber)
    }

    /// The first membership of an account, ended or not; the newest comes first.
    pub(crate) fn first_membership_of(&self, account: AccountNumber) -> Option<MemberNumber> {
        self.first_of_account
            .get(account.0 as usize)
            .copied()
            .and_then(link)
    }

    /// The first membership of a group, ended or not.
    pub(crate) fn first_of_group(&self, group: GroupNumber) -> Option<MemberNumber> {
        link(self.group_entry(group).first)
    }

    /// The membership after that one in its group, ended or not.
    pub(crate) fn next_in_group(&self, member: MemberNumber) -> Option<MemberNumber> {
        link(self.member_entry(member).next_in_group)
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

fn link(number: u32) -> Option<MemberNumber> {
    (number != END).then_some(MemberNumber(number))
}

fn pair_hash(group: u32, account: u32) -> u64 {
    xxh3_64(&((u64::from(group) << 32) | u64::from(account)).to_le_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unread(world: &World, group: &str, account: &str) -> Option<u32> {
        let group = world.group(group)?;
        let member = world.member_in(group, world.account(account)?)?;
        Some(world.member(member).unread)
    }

    fn set(world: &mut World, group: &str, account: &str, unread: u32) -> bool {
        let group = world.group(group).unwrap();
        let member = world
            .member_in(group, world.account(account).unwrap())
            .unwrap();
        world.set_unread(member, unread)
    }

    #[test]
    fn a_seeded_member_starts_with_nothing_unread_and_room_for_the_count() {
        let mut world = World::new();
        world.add_member("g", None, "ann", 7).unwrap();
        world.add_member("g", Some("Public"), "bob", 3).unwrap();
        let group = world.group("g").unwrap();
        assert_eq!(world.messages(group), 7);
        assert_eq!(world.kind(group).rest_name(), "Private");
        assert_eq!(unread(&world, "g", "ann"), Some(0));
        set(&mut world, "g", "ann", 9);
        assert_eq!(unread(&world, "g", "ann"), Some(7));
    }

    #[test]
    fn a_group_without_counts_keeps_none_and_still_counts_the_call() {
        for kind in ["ChatRoom", "Meeting", "AVChatRoom"] {
            let mut world = World::new();
            world.add_member("g", Some(kind), "ann", 7).unwrap();
            assert!(!set(&mut world, "g", "ann", 5));
            assert_eq!(unread(&world, "g", "ann"), Some(0));
            assert_eq!(
                world.repeats(),
                Repeats {
                    set: 1,
                    repeated: 0,
                    most: 1
                }
            );
        }
    }

    #[test]
    fn somebody_who_left_is_no_member_until_they_join_again() {
        let mut world = World::new();
        world.add_member("g", None, "ann", 7).unwrap();
        let (group, ann) = (world.group("g").unwrap(), world.account("ann").unwrap());
        world.join(group, ann, Role::NotMember);
        assert_eq!(world.member_in(group, ann), None);
        world.join(group, ann, Role::Admin);
        let member = world.member_in(group, ann).unwrap();
        assert_eq!(world.member(member).role, Role::Admin);
        assert_eq!(world.membership_count(), 1);
    }

    proptest! {
        #[test]
        fn sequence_numbers_and_counts_always_add_up(
            steps in prop::collection::vec((0..4_u8, 0..6_u8, 0..20_u32, any::<bool>()), 0..60)
        ) {
            let mut world = World::new();
            for (group, account, number, seed) in steps {
                let (group, account) = (format!("g{group}"), format!("u{account}"));
                world.add_member(&group, None, &account, if seed { number } else { 0 }).unwrap();
                set(&mut world, &group, &account, number);
            }
            for place in 0..world.membership_count() {
                let member = world.member(world.nth_membership(place).unwrap());
                let messages = world.messages(world.group(member.group_id).unwrap());
                prop_assert_eq!(member.message_seq + member.unread, messages);
            }
        }
    }
}

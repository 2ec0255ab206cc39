//! The world seen from outside: views of groups and members, and the orders to walk through them.

use super::group::{END, GroupTexts};
use super::{AccountNumber, GroupNumber, GroupType, MemberNumber, Role, World};

/// One group as it can be seen from outside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroupView<'a> {
    /// The group's ID.
    pub(crate) id: &'a str,
    /// Its kind.
    pub(crate) kind: GroupType,
    /// Its owner, if it has one.
    pub(crate) owner: Option<&'a str>,
    /// Unix seconds of its creation.
    pub(crate) created_at: u32,
    /// Unix seconds of its newest message.
    pub(crate) last_message_at: u32,
    /// Messages so far.
    pub(crate) messages: u32,
    /// Members that have not left.
    pub(crate) members: u32,
    /// What it says about itself, if anything.
    pub(crate) texts: Option<&'a GroupTexts>,
}

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
    /// Unix seconds of joining, the group's creation where nothing else is known.
    pub(crate) joined_at: u32,
}

impl World {
    /// A group as it can be seen from outside.
    pub(crate) fn group_view(&self, group: GroupNumber) -> GroupView<'_> {
        let entry = self.group_entry(group);
        GroupView {
            id: self.group_ids.get(group.0),
            kind: entry.kind,
            owner: (entry.owner != END).then(|| self.accounts.get(entry.owner)),
            created_at: entry.created_at,
            last_message_at: entry.last_message_at,
            messages: entry.messages,
            members: entry.present,
            texts: self.group_texts.get(&group.0),
        }
    }

    /// A membership as it can be seen from outside.
    pub(crate) fn member(&self, number: MemberNumber) -> Member<'_> {
        let entry = self.member_entry(number);
        let group = self.group_entry(GroupNumber(entry.group));
        Member {
            group_id: self.group_ids.get(entry.group),
            account: self.accounts.get(entry.account),
            unread: entry.unread,
            message_seq: self
                .frozen_seq
                .get(&number.0)
                .copied()
                .unwrap_or_else(|| group.messages.saturating_sub(entry.unread)),
            calls: entry.calls,
            role: entry.role,
            joined_at: self
                .joined_at
                .get(&number.0)
                .copied()
                .unwrap_or(group.created_at),
        }
    }

    /// The group of a membership.
    pub(crate) fn group_of(&self, member: MemberNumber) -> GroupNumber {
        GroupNumber(self.member_entry(member).group)
    }

    #[cfg(test)]
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

    /// The first membership of a group, ended or not.
    pub(crate) fn first_of_group(&self, group: GroupNumber) -> Option<MemberNumber> {
        link(self.group_entry(group).first)
    }

    /// The membership after that one in its group, ended or not.
    pub(crate) fn next_in_group(&self, member: MemberNumber) -> Option<MemberNumber> {
        link(self.member_entry(member).next_in_group)
    }

    /// The first membership of an account, ended or not; the newest comes first.
    pub(crate) fn first_of_account(&self, account: AccountNumber) -> Option<MemberNumber> {
        self.first_of_account
            .get(account.0 as usize)
            .copied()
            .and_then(link)
    }

    /// All members of a group who have not left, in the order of joining.
    pub(crate) fn members_of(
        &self,
        group: GroupNumber,
    ) -> impl Iterator<Item = MemberNumber> + use<'_> {
        let next = |&member: &MemberNumber| self.next_in_group(member);
        std::iter::successors(self.first_of_group(group), next)
            .filter(|&member| self.member_entry(member).role != Role::NotMember)
    }

    /// The memberships of an account that have not ended, newest first.
    pub(crate) fn memberships_of(
        &self,
        account: AccountNumber,
    ) -> impl Iterator<Item = MemberNumber> + use<'_> {
        let next = |&member: &MemberNumber| link(self.member_entry(member).next_of_account);
        std::iter::successors(self.first_of_account(account), next)
            .filter(|&member| self.member_entry(member).role != Role::NotMember)
    }

    /// How many groups there are.
    pub(crate) fn group_count(&self) -> u32 {
        self.group_ids.len()
    }

    /// All groups from that place on, in the order of creation.
    pub(crate) fn groups_from(&self, place: u32) -> impl Iterator<Item = GroupNumber> + use<> {
        (place..self.group_count()).map(GroupNumber)
    }
}

fn link(number: u32) -> Option<MemberNumber> {
    (number != END).then_some(MemberNumber(number))
}

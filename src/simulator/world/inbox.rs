//! One-to-one conversations: what each account has not yet read from each other account.

use std::collections::{BTreeMap, HashSet};

use super::{AccountNumber, World};

/// What identifies a message within a conversation (vendor page of `importmsg`): whoever sent it,
/// a second message with the same three numbers is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct MessageKey {
    /// `MsgSeq`.
    pub(crate) sequence: u32,
    /// `MsgRandom`.
    pub(crate) random: u32,
    /// `MsgTimeStamp` in Unix seconds.
    pub(crate) sent_at: u32,
}

/// What one account has not read of what another one sent.
#[derive(Debug, Clone, Default)]
struct Inbox {
    /// Messages whose times are unknown, taken to be older than all others.
    older: u32,
    /// The times of the others.
    times: Vec<u32>,
}

/// All conversations, by reader and peer.
#[derive(Debug, Default)]
pub(super) struct Inboxes {
    unread: BTreeMap<(u32, u32), Inbox>,
    seen: HashSet<(u32, u32, MessageKey)>,
}

impl Inbox {
    fn count(&self) -> u32 {
        self.older
            .saturating_add(u32::try_from(self.times.len()).unwrap_or(u32::MAX))
    }
}

impl World {
    /// Sets how many messages of a peer an account has not read.
    pub(crate) fn set_c2c_unread(
        &mut self,
        reader: AccountNumber,
        peer: AccountNumber,
        unread: u32,
    ) {
        let inbox = Inbox {
            older: unread,
            times: Vec::new(),
        };
        self.inboxes.unread.insert((reader.0, peer.0), inbox);
    }

    /// How many messages of a peer an account has not read.
    pub(crate) fn c2c_unread(&self, reader: AccountNumber, peer: AccountNumber) -> u32 {
        self.inboxes
            .unread
            .get(&(reader.0, peer.0))
            .map_or(0, Inbox::count)
    }

    /// How many messages an account has not read in all its conversations.
    pub(crate) fn c2c_total(&self, reader: AccountNumber) -> u64 {
        let range = self
            .inboxes
            .unread
            .range((reader.0, 0)..=(reader.0, u32::MAX));
        range.map(|(_, inbox)| u64::from(inbox.count())).sum()
    }

    /// Adds an imported message, unless the conversation has it already.
    pub(crate) fn import_c2c(
        &mut self,
        (sender, receiver): (AccountNumber, AccountNumber),
        key: MessageKey,
        counts_as_unread: bool,
    ) {
        let conversation = (sender.0.min(receiver.0), sender.0.max(receiver.0), key);
        if self.inboxes.seen.insert(conversation) && counts_as_unread {
            let inbox = self
                .inboxes
                .unread
                .entry((receiver.0, sender.0))
                .or_default();
            inbox.times.push(key.sent_at);
        }
    }

    /// Marks as read what a peer sent before a moment, in Unix seconds.
    pub(crate) fn read_c2c(&mut self, reader: AccountNumber, peer: AccountNumber, before: u32) {
        if let Some(inbox) = self.inboxes.unread.get_mut(&(reader.0, peer.0)) {
            inbox.older = 0;
            inbox.times.retain(|&sent_at| sent_at >= before);
        }
    }

    /// The first conversation at or after that place with something unread: reader, peer and count.
    pub(super) fn next_c2c(
        &self,
        place: (u32, u32),
    ) -> Option<(AccountNumber, AccountNumber, u32)> {
        let mut rest = self.inboxes.unread.range(place..);
        let found = rest.find(|(_, inbox)| inbox.count() > 0);
        found.map(|(&(reader, peer), inbox)| {
            (AccountNumber(reader), AccountNumber(peer), inbox.count())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_up_to_a_moment_leaves_what_came_later() {
        let mut world = World::new();
        let (ann, bob) = (world.add_account("ann"), world.add_account("bob"));
        world.set_c2c_unread(ann, bob, 2);
        for sent_at in [100, 200, 300] {
            let key = MessageKey {
                sequence: 1,
                random: 1,
                sent_at,
            };
            world.import_c2c((bob, ann), key, true);
            world.import_c2c((ann, bob), key, true);
            world.import_c2c((bob, ann), MessageKey { random: 2, ..key }, false);
        }
        assert_eq!((world.c2c_unread(ann, bob), world.c2c_total(ann)), (5, 5));
        assert_eq!(world.c2c_total(bob), 0);
        world.read_c2c(ann, bob, 200);
        assert_eq!(world.c2c_unread(ann, bob), 2);
    }
}

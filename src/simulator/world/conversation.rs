//! One-to-one conversations: their messages, how far each side has read, and the counts that follow.
//!
//! A count is the number of messages of the other side that count as unread, were not recalled, are
//! not older than the service keeps them and are not before the read mark; beyond the caps of the
//! service there is no count (page 1047/33524).

use std::collections::{BTreeMap, HashMap};

use super::{AccountNumber, World};

/// What identifies a message within a conversation (vendor page of `importmsg`): whoever sent it,
/// a second message with the same three numbers is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MessageKey {
    /// `MsgSeq`.
    pub(crate) sequence: u32,
    /// `MsgRandom`.
    pub(crate) random: u32,
    /// `MsgTimeStamp` in Unix seconds.
    pub(crate) sent_at: u32,
}

/// One message. There may be millions: what it says is kept elsewhere, and only if it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Message {
    /// What identifies it.
    pub(crate) key: MessageKey,
    /// Who sent it.
    pub(crate) sender: AccountNumber,
    /// Whether it counts.
    pub(crate) standing: Standing,
    /// Whether `sent_at` still tells how many seconds before the start it was sent.
    pub(super) is_relative: bool,
    /// The place of its content, if it has one of its own.
    content: Option<u32>,
}

/// Whether a message counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It counts as unread until it is read.
    Unread,
    /// It was imported as read.
    History,
    /// It was recalled.
    Recalled,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    /// `MsgBody`, as JSON.
    pub(crate) body: Box<str>,
    /// `CloudCustomData`, if it was given.
    pub(crate) custom_data: Option<Box<str>>,
}

/// How far one side has read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Messages before this second are read.
    pub(super) read_before: u32,
    /// Unread messages that are only known by their number, taken to be older than all others.
    pub(super) older: u32,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Conversation {
    /// In the order of their seconds; within one, as they came.
    pub(super) messages: Vec<Message>,
    /// Of the account with the lower number, and of the other one.
    readings: [Reading; 2],
}

/// All conversations.
#[derive(Debug, Default)]
pub(super) struct Conversations {
    /// By the lower and the higher number of the two accounts.
    pub(super) all: BTreeMap<(u32, u32), Conversation>,
    /// With whom each account has a conversation.
    partners: HashMap<u32, Vec<u32>>,
    contents: Vec<Content>,
}

fn pair(one: AccountNumber, other: AccountNumber) -> (u32, u32) {
    (one.0.min(other.0), one.0.max(other.0))
}

impl Conversation {
    pub(super) fn reading(&self, of_higher: bool) -> Reading {
        let [lower, higher] = self.readings;
        if of_higher { higher } else { lower }
    }

    fn reading_mut(&mut self, of_higher: bool) -> &mut Reading {
        let [lower, higher] = &mut self.readings;
        if of_higher { higher } else { lower }
    }

    fn newest(&self) -> u32 {
        self.messages
            .last()
            .map_or(0, |message| message.key.sent_at)
    }

    fn unread(&self, reader: AccountNumber, of_higher: bool, kept_since: u32) -> u32 {
        let reading = self.reading(of_higher);
        let since = reading.read_before.max(kept_since);
        let first = self
            .messages
            .partition_point(|message| message.key.sent_at < since);
        let rest = self.messages.get(first..).unwrap_or_default().iter();
        let counts =
            |message: &&Message| message.sender != reader && message.standing == Standing::Unread;
        let unread = u32::try_from(rest.filter(counts).count()).unwrap_or(u32::MAX);
        reading.older.saturating_add(unread)
    }
}

impl Conversations {
    pub(super) fn get_mut(
        &mut self,
        one: AccountNumber,
        other: AccountNumber,
    ) -> &mut Conversation {
        let partners = &mut self.partners;
        self.all.entry(pair(one, other)).or_insert_with(|| {
            partners.entry(one.0).or_default().push(other.0);
            if one != other {
                partners.entry(other.0).or_default().push(one.0);
            }
            Conversation::default()
        })
    }

    fn get(&self, one: AccountNumber, other: AccountNumber) -> Option<&Conversation> {
        self.all.get(&pair(one, other))
    }

    /// The partners of an account in the conversations that have a count.
    fn counted_partners(&self, reader: AccountNumber, most: Option<usize>) -> Vec<u32> {
        let mut partners = self.partners.get(&reader.0).cloned().unwrap_or_default();
        if let Some(most) = most.filter(|&most| partners.len() > most) {
            let newest = |&partner: &u32| {
                let conversation = self.get(reader, AccountNumber(partner));
                conversation.map_or(0, Conversation::newest)
            };
            partners.sort_by_key(|partner| (std::cmp::Reverse(newest(partner)), *partner));
            partners.truncate(most);
        }
        partners
    }

    pub(super) fn content(&self, message: &Message) -> Option<&Content> {
        self.contents.get(message.content? as usize)
    }
}

impl World {
    /// Sets how many messages of a peer an account has not read, without saying when they came.
    pub(crate) fn set_c2c_unread(
        &mut self,
        reader: AccountNumber,
        peer: AccountNumber,
        unread: u32,
    ) {
        let conversation = self.conversations.get_mut(reader, peer);
        conversation.reading_mut(reader.0 > peer.0).older = unread;
    }

    /// Sets the second before which an account has read what a peer sent.
    pub(super) fn set_read_before(
        &mut self,
        reader: AccountNumber,
        peer: AccountNumber,
        second: u32,
    ) {
        let conversation = self.conversations.get_mut(reader, peer);
        conversation.reading_mut(reader.0 > peer.0).read_before = second;
    }

    /// The second before which messages are no longer kept at `now`.
    fn kept_since(&self, now: u32) -> u32 {
        let kept = self.quirks.c2c_seconds();
        kept.map_or(0, |seconds| now.saturating_sub(seconds))
    }

    /// How many messages of a peer an account has not read, as far as the service counts.
    pub(crate) fn c2c_unread(&self, reader: AccountNumber, peer: AccountNumber, now: u32) -> u32 {
        let most = self.quirks.c2c_conversations();
        let counted = self.conversations.counted_partners(reader, most);
        if !counted.contains(&peer.0) {
            return 0;
        }
        self.counted_unread(reader, peer, now)
    }

    fn counted_unread(&self, reader: AccountNumber, peer: AccountNumber, now: u32) -> u32 {
        let conversation = self.conversations.get(reader, peer);
        let since = self.kept_since(now);
        let unread = conversation.map_or(0, |found| found.unread(reader, reader.0 > peer.0, since));
        unread.min(self.quirks.c2c_unread().unwrap_or(u32::MAX))
    }

    /// How many messages an account has not read in all its conversations.
    pub(crate) fn c2c_total(&self, reader: AccountNumber, now: u32) -> u64 {
        let most = self.quirks.c2c_conversations();
        let counted = self
            .conversations
            .counted_partners(reader, most)
            .into_iter();
        counted
            .map(|peer| u64::from(self.counted_unread(reader, AccountNumber(peer), now)))
            .sum()
    }

    /// A message that counts as unread, from one account to another.
    pub(crate) fn message(sender: AccountNumber, key: MessageKey) -> Message {
        Message {
            key,
            sender,
            standing: Standing::Unread,
            is_relative: false,
            content: None,
        }
    }

    /// Adds a message to a conversation, unless that has it already.
    pub(crate) fn add_c2c(
        &mut self,
        receiver: AccountNumber,
        mut message: Message,
        content: Option<Content>,
    ) {
        let conversation = self.conversations.get_mut(message.sender, receiver);
        let messages = &mut conversation.messages;
        let sent_at = message.key.sent_at;
        let end = messages.partition_point(|other| other.key.sent_at <= sent_at);
        let same_second = messages.get(..end).unwrap_or_default().iter().rev();
        let mut same_second = same_second.take_while(|other| other.key.sent_at == sent_at);
        if same_second
            .any(|other| other.key == message.key && other.is_relative == message.is_relative)
        {
            return;
        }
        if let Some(content) = content {
            message.content = u32::try_from(self.conversations.contents.len()).ok();
            self.conversations.contents.push(content);
        }
        let conversation = self.conversations.get_mut(message.sender, receiver);
        conversation.messages.insert(end, message);
    }

    /// Marks as read what a peer sent before a second, or up to it as the quirk has it. Without a
    /// second, all that came until now.
    pub(crate) fn read_c2c(
        &mut self,
        reader: AccountNumber,
        peer: AccountNumber,
        (second, now): (Option<u32>, u32),
    ) {
        let inclusive = self.quirks.read_mark_is_inclusive();
        let before = match second {
            None => now.saturating_add(1),
            Some(second) => second.saturating_add(u32::from(inclusive)),
        };
        let goes_back = self.quirks.mark_moves_back();
        if self.conversations.get(reader, peer).is_none() {
            return;
        }
        let conversation = self.conversations.get_mut(reader, peer);
        let reading = conversation.reading_mut(reader.0 > peer.0);
        reading.older = 0;
        if goes_back || before > reading.read_before {
            reading.read_before = before;
        }
    }

    /// The messages of a conversation that are still kept, the oldest first.
    pub(crate) fn c2c_messages(
        &self,
        one: AccountNumber,
        other: AccountNumber,
        now: u32,
    ) -> &[Message] {
        let Some(conversation) = self.conversations.get(one, other) else {
            return &[];
        };
        let since = self.kept_since(now);
        let messages = &conversation.messages;
        let first = messages.partition_point(|message| message.key.sent_at < since);
        messages.get(first..).unwrap_or_default()
    }

    /// What a message says, where it was given.
    pub(crate) fn c2c_content(&self, message: &Message) -> Option<&Content> {
        self.conversations.content(message)
    }

    /// Gives messages that were sent some time before the start their seconds.
    pub(crate) fn anchor(&mut self, now: u32) {
        for conversation in self.conversations.all.values_mut() {
            let mut moved = false;
            for message in &mut conversation.messages {
                if std::mem::take(&mut message.is_relative) {
                    message.key.sent_at = now.saturating_sub(message.key.sent_at);
                    moved = true;
                }
            }
            if moved {
                conversation
                    .messages
                    .sort_by_key(|message| message.key.sent_at);
            }
        }
    }

    /// The name of an account.
    pub(crate) fn account_name(&self, account: AccountNumber) -> &str {
        self.accounts.get(account.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::quirk::Choice;

    /// Some day in 2023.
    const NOW: u32 = 1_700_000_000;

    fn key(sequence: u32, sent_at: u32) -> MessageKey {
        MessageKey {
            sequence,
            random: 1,
            sent_at,
        }
    }

    fn world(quirks: &[&str]) -> (World, AccountNumber, AccountNumber) {
        let mut world = World::new();
        let choices: Vec<Choice> = quirks
            .iter()
            .map(|text| Choice::parse(text).unwrap())
            .collect();
        world.choose(&choices);
        let (ann, bob) = (world.add_account("ann"), world.add_account("bob"));
        (world, ann, bob)
    }

    #[test]
    fn what_is_recalled_own_history_or_a_repetition_does_not_count() {
        let (mut world, ann, bob) = world(&[]);
        for (number, second) in (1..).zip([NOW - 30, NOW - 20, NOW - 10]) {
            for receiver in [ann, ann, bob] {
                let sender = if receiver == ann { bob } else { ann };
                let message = World::message(sender, key(number, second));
                world.add_c2c(receiver, message, None);
            }
            for (offset, standing) in [(100, Standing::History), (200, Standing::Recalled)] {
                let message = World::message(bob, key(number + offset, second));
                let message = Message {
                    standing,
                    ..message
                };
                world.add_c2c(ann, message, None);
            }
        }
        assert_eq!(world.c2c_unread(ann, bob, NOW), 3);
        // Whoever sent it, a message of the same three numbers is dropped.
        assert_eq!(world.c2c_unread(bob, ann, NOW), 0);
        assert_eq!(world.c2c_messages(bob, ann, NOW).len(), 9);
    }

    #[test]
    fn a_mark_reads_before_or_through_its_second_and_moves_back_only_where_it_may() {
        for (quirks, at_mark, after_back) in [
            (vec![], 2, 2),
            (vec!["read-mark=inclusive"], 1, 1),
            (vec!["mark-back=yes"], 2, 3),
        ] {
            let (mut world, ann, bob) = world(&quirks);
            for (number, second) in (1..).zip([NOW - 30, NOW - 20, NOW - 10]) {
                world.add_c2c(ann, World::message(bob, key(number, second)), None);
            }
            world.set_c2c_unread(ann, bob, 4);
            assert_eq!(world.c2c_unread(ann, bob, NOW), 7);
            world.read_c2c(ann, bob, (Some(NOW - 20), NOW));
            assert_eq!(world.c2c_unread(ann, bob, NOW), at_mark, "{quirks:?}");
            world.read_c2c(ann, bob, (Some(NOW - 40), NOW));
            assert_eq!(world.c2c_unread(ann, bob, NOW), after_back, "{quirks:?}");
            world.read_c2c(ann, bob, (None, NOW));
            assert_eq!(world.c2c_total(ann, NOW), 0);
        }
    }

    #[test]
    fn counts_have_the_caps_of_the_service_and_each_can_be_turned_off() {
        for (quirks, many, old, forgotten) in [
            (vec![], 250, 0, 0),
            (vec!["c2c-unread=off"], 260, 0, 0),
            (vec!["c2c-days=30"], 250, 1, 0),
            (vec!["c2c-days=off", "c2c-conversations=off"], 250, 1, 1),
        ] {
            let (mut world, ann, bob) = world(&quirks);
            for number in 1..=260 {
                world.add_c2c(ann, World::message(bob, key(number, NOW - 9)), None);
            }
            let eve = world.add_account("eve");
            world.add_c2c(ann, World::message(eve, key(1, NOW - 8 * 86_400)), None);
            let fay = world.add_account("fay");
            world.add_c2c(ann, World::message(fay, key(1, NOW - 99 * 86_400)), None);
            assert_eq!(world.c2c_unread(ann, bob, NOW), many, "{quirks:?}");
            assert_eq!(world.c2c_unread(ann, eve, NOW), old, "{quirks:?}");
            for number in 0..98 {
                let peer = world.add_account(&format!("peer{number}"));
                world.add_c2c(ann, World::message(peer, key(1, NOW - 5)), None);
            }
            // Of a hundred and one conversations the one with the oldest message has no count.
            assert_eq!(world.c2c_unread(ann, fay, NOW), forgotten, "{quirks:?}");
            let total = u64::from(many + old + 98 + forgotten);
            assert_eq!(world.c2c_total(ann, NOW), total, "{quirks:?}");
        }
    }
}

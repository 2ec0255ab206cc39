//! Topics: the parts of a community that hold its messages, each with counts of its own.

use std::collections::BTreeMap;

use super::{AccountNumber, GroupNumber, World};

/// What stands between the ID of a community and the rest of a topic's ID.
const SEPARATOR: &str = "@TOPIC#_";

/// One topic of a community.
#[derive(Debug, Clone, Default)]
pub(crate) struct Topic {
    /// Its ID, which begins with that of the community.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its introduction.
    pub(crate) introduction: String,
    /// Its notification.
    pub(crate) notification: String,
    /// The address of its picture.
    pub(crate) face_url: String,
    /// Unix seconds of its creation.
    pub(crate) created_at: u32,
    /// Messages so far.
    pub(crate) messages: u32,
    /// What members have not read, by account; somebody without a count has read everything.
    pub(crate) unread: BTreeMap<u32, u32>,
}

impl Topic {
    /// How many messages an account has not read.
    pub(crate) fn unread_of(&self, account: AccountNumber) -> u32 {
        self.unread.get(&account.0).copied().unwrap_or(0)
    }
}

impl World {
    /// The topics of a community; nothing for a group that keeps its messages itself.
    pub(crate) fn topics(&self, group: GroupNumber) -> Option<&[Topic]> {
        self.topics.get(&group.0).map(Vec::as_slice)
    }

    /// Makes a community keep its messages in topics.
    pub(crate) fn enable_topics(&mut self, group: GroupNumber) {
        self.topics.entry(group.0).or_default();
    }

    /// Adds a topic to a community that has topics. A topic without an ID gets the next one that is
    /// free. Returns the ID, or nothing where the ID is taken or of another community.
    pub(crate) fn add_topic(&mut self, group: GroupNumber, mut topic: Topic) -> Option<String> {
        let prefix = format!("{}{SEPARATOR}", self.group_ids.get(group.0));
        let topics = self.topics.get_mut(&group.0)?;
        let taken = |id: &str| topics.iter().any(|other| other.id == id);
        if topic.id.is_empty() {
            let mut ids = (topics.len()..).map(|number| format!("{prefix}@TOPIC#c{number}"));
            topic.id = ids.find(|id| !taken(id))?;
        }
        if taken(&topic.id) || !topic.id.starts_with(&prefix) {
            return None;
        }
        let id = topic.id.clone();
        topics.push(topic);
        Some(id)
    }

    /// The community and the place of a topic.
    pub(crate) fn topic(&self, id: &str) -> Option<(GroupNumber, usize)> {
        let (community, _) = id.split_once(SEPARATOR)?;
        let group = self.group(community)?;
        let place = self
            .topics(group)?
            .iter()
            .position(|topic| topic.id == id)?;
        Some((group, place))
    }

    /// Whether an ID is that of a topic, of one that exists or not.
    pub(crate) fn is_topic_id(id: &str) -> bool {
        id.contains(SEPARATOR)
    }

    /// Sets what an account has not read in a topic, not above the topic's number of messages.
    pub(crate) fn set_topic_unread(
        &mut self,
        (group, place): (GroupNumber, usize),
        account: AccountNumber,
        unread: u32,
    ) {
        let topics = self.topics.get_mut(&group.0);
        if let Some(topic) = topics.and_then(|topics| topics.get_mut(place)) {
            topic.unread.insert(account.0, unread.min(topic.messages));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::world::GroupType;

    #[test]
    fn a_topic_belongs_to_its_community_and_clamps_counts() {
        let mut world = World::new();
        let town = world.add_group("@TGS#_town", GroupType::Community);
        let ann = world.add_account("ann");
        assert_eq!(world.add_topic(town, Topic::default()), None);
        world.enable_topics(town);
        let id = world
            .add_topic(
                town,
                Topic {
                    messages: 3,
                    ..Topic::default()
                },
            )
            .unwrap();
        assert_eq!(id, "@TGS#_town@TOPIC#_@TOPIC#c0");
        let named = |id: &str| Topic {
            id: id.to_owned(),
            ..Topic::default()
        };
        assert_eq!(world.add_topic(town, named(&id)), None);
        assert_eq!(world.add_topic(town, named("@TGS#_city@TOPIC#_a")), None);
        let place = world.topic(&id).unwrap();
        world.set_topic_unread(place, ann, 9);
        assert_eq!(world.topics(town).unwrap()[0].unread_of(ann), 3);
        assert_eq!(world.topic("@TGS#_town@TOPIC#_b"), None);
    }
}

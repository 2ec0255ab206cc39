//! What the vendor's pages leave open, as switches: each has the answers that are possible, and the
//! simulator gives the one that was chosen. A caller that is right under all of them is right
//! whatever the service does.

use std::fmt::Write as _;

use thiserror::Error;

/// A text that names no quirk, or none of its values.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum QuirkError {
    /// The text is not of the form `NAME=VALUE`.
    #[error("`{found}` is not a quirk: expected NAME=VALUE")]
    Form {
        /// What was given.
        found: String,
    },
    /// There is no quirk of that name.
    #[error("`{found}` is not a quirk: expected one of {}", names())]
    Name {
        /// The name that was given.
        found: String,
    },
    /// The quirk has no such value.
    #[error("`{found}` is not a value of `{quirk}`: expected one of {}", values.join(", "))]
    Value {
        /// The quirk.
        quirk: &'static str,
        /// The value that was given.
        found: String,
        /// The values that it has.
        values: &'static [&'static str],
    },
}

/// One open question.
#[derive(Debug)]
pub(crate) struct Quirk {
    /// What the command line and world files call it.
    pub(crate) name: &'static str,
    /// The answers that are possible. The first is the default.
    pub(crate) values: &'static [&'static str],
    /// The question.
    pub(crate) about: &'static str,
}

/// The place of a quirk in [`QUIRKS`].
#[derive(Debug, Clone, Copy)]
enum Place {
    RateCode,
    QuotaCountsRefused,
    NonMember,
    UnknownAccount,
    MsgSeq,
    TellsUnread,
    TypeNames,
    HugeCount,
    TopicCounts,
    TopicsOff,
    MembersPerCall,
    PresentMember,
    BadMember,
    LiveSync,
    ReadMark,
    MarkBack,
    C2cUnread,
    C2cConversations,
    C2cDays,
    QuickbloxTotals,
}

const COUNT: usize = 20;

/// All quirks, in the order of [`Place`].
pub(crate) static QUIRKS: [Quirk; COUNT] = [
    Quirk {
        name: "rate-code",
        values: &["60007", "60011", "60018", "60019", "10006"],
        about: "the code of a call above the limit of calls per second",
    },
    Quirk {
        name: "quota-counts-refused",
        values: &["no", "yes"],
        about: "whether refused calls count towards the limit of calls per second, too (no page \
                says)",
    },
    Quirk {
        name: "non-member",
        values: &["10007", "10019", "10004", "ok"],
        about: "how set_unread_msg_num answers for an account that is not in the group",
    },
    Quirk {
        name: "unknown-account",
        values: &["10019", "10007", "70107", "ok"],
        about: "how set_unread_msg_num answers for an account that was never imported",
    },
    Quirk {
        name: "msg-seq",
        values: &["moves", "stays"],
        about: "whether a member's MsgSeq moves when a count is set",
    },
    Quirk {
        name: "tells-unread",
        values: &["yes", "no"],
        about: "whether get_joined_group_list still tells UnreadMsgNum",
    },
    Quirk {
        name: "type-names",
        values: &["old", "new"],
        about: "whether answers say Private and ChatRoom, or Work and Meeting",
    },
    Quirk {
        name: "huge-count",
        values: &["clamp", "10004"],
        about: "how set_unread_msg_num answers for a count above 2147483647",
    },
    Quirk {
        name: "topic-counts",
        values: &["10015", "10010", "ok"],
        about: "how set_unread_msg_num answers for a topic of a community",
    },
    Quirk {
        name: "topics-off",
        values: &["11000", "10007", "empty"],
        about: "how get_topic answers for a community without topics",
    },
    Quirk {
        name: "members-per-call",
        values: &["20", "100", "300"],
        about: "how many members one import_group_member call takes",
    },
    Quirk {
        name: "present-member",
        values: &["keeps", "takes"],
        about: "whether a member that is in the group (Result 2) takes the given UnreadMsgNum",
    },
    Quirk {
        name: "bad-member",
        values: &["alone", "all", "later"],
        about: "whether a bad member fails alone, fails the whole import_group_member call, or \
                fails it after the members before it were added",
    },
    Quirk {
        name: "live-sync",
        values: &["5", "1"],
        about: "the SyncFromOldSystem of importmsg that counts as unread",
    },
    Quirk {
        name: "read-mark",
        values: &["exclusive", "inclusive"],
        about: "whether MsgReadTime leaves messages of that second unread, or reads them",
    },
    Quirk {
        name: "mark-back",
        values: &["no", "yes"],
        about: "whether an earlier MsgReadTime moves a read mark back",
    },
    Quirk {
        name: "c2c-unread",
        values: &["250", "off"],
        about: "how many unread messages of one conversation count",
    },
    Quirk {
        name: "c2c-conversations",
        values: &["100", "off"],
        about: "how many conversations of one account have a count",
    },
    Quirk {
        name: "c2c-days",
        values: &["7", "30", "90", "off"],
        about: "how many days one-to-one messages are kept and count",
    },
    Quirk {
        name: "quickblox-totals",
        values: &["yes", "no"],
        about: "whether pages of QuickBlox tell total_entries",
    },
];

/// The chosen value of each quirk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Quirks([u8; COUNT]);

/// One value of one quirk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    place: usize,
    value: u8,
}

/// What becomes of a bad member of an `import_group_member` call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadMember {
    /// It has `Result` 0; an entry that cannot be read refuses the call before it has an effect.
    Alone,
    /// It refuses the call before it has an effect.
    All,
    /// An entry that cannot be read refuses the call; the members before it are in.
    Later,
}

impl Choice {
    /// Reads `NAME=VALUE`.
    pub(crate) fn parse(text: &str) -> Result<Self, QuirkError> {
        let form = || QuirkError::Form {
            found: text.to_owned(),
        };
        let (name, value) = text.split_once('=').ok_or_else(form)?;
        Self::of(name, value)
    }

    /// The value of that name of the quirk of that name.
    pub(super) fn of(name: &str, value: &str) -> Result<Self, QuirkError> {
        let place = QUIRKS.iter().position(|quirk| quirk.name == name);
        let found = place.and_then(|place| Some((place, QUIRKS.get(place)?)));
        let (place, quirk) = found.ok_or_else(|| QuirkError::Name {
            found: name.to_owned(),
        })?;
        let number = (0_u8..)
            .zip(quirk.values)
            .find(|&(_, &known)| known == value);
        let (value, _) = number.ok_or_else(|| QuirkError::Value {
            quirk: quirk.name,
            found: value.to_owned(),
            values: quirk.values,
        })?;
        Ok(Self { place, value })
    }
}

impl Quirks {
    /// Makes a choice.
    pub(crate) fn set(&mut self, choice: Choice) {
        if let Some(value) = self.0.get_mut(choice.place) {
            *value = choice.value;
        }
    }

    /// Name and value of each quirk that differs from its default.
    pub(super) fn changed(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let chosen = QUIRKS.iter().zip(self.0).filter(|&(_, value)| value != 0);
        chosen
            .filter_map(|(quirk, value)| Some((quirk.name, *quirk.values.get(usize::from(value))?)))
    }

    fn value(self, place: Place) -> &'static str {
        let place = place as usize;
        let chosen = self.0.get(place).copied().map_or(0, usize::from);
        let value = QUIRKS.get(place).and_then(|quirk| quirk.values.get(chosen));
        value.copied().unwrap_or_default()
    }

    fn is(self, place: Place, value: &str) -> bool {
        self.value(place) == value
    }

    /// A value that is a number; nothing for a word.
    fn number(self, place: Place) -> Option<u32> {
        self.value(place).parse().ok()
    }

    /// The code of a call above the limit.
    pub(super) fn rate_code(self) -> u32 {
        self.number(Place::RateCode).unwrap_or_default()
    }

    /// Whether calls that were refused for the limit count towards it.
    pub(super) fn quota_counts_refused(self) -> bool {
        self.is(Place::QuotaCountsRefused, "yes")
    }

    /// The code for somebody who is not in the group; nothing where the call is answered well.
    pub(super) fn non_member(self) -> Option<u32> {
        self.number(Place::NonMember)
    }

    /// The code for an account that does not exist; nothing where the call is answered well.
    pub(super) fn unknown_account(self) -> Option<u32> {
        self.number(Place::UnknownAccount)
    }

    /// Whether setting a count moves the member's `MsgSeq`.
    pub(super) fn msg_seq_moves(self) -> bool {
        self.is(Place::MsgSeq, "moves")
    }

    /// Whether `get_joined_group_list` tells `UnreadMsgNum`.
    pub(super) fn tells_unread(self) -> bool {
        self.is(Place::TellsUnread, "yes")
    }

    /// Whether types of groups have their new names in answers.
    pub(super) fn new_type_names(self) -> bool {
        self.is(Place::TypeNames, "new")
    }

    /// The code for a huge count; nothing where it is clamped.
    pub(super) fn huge_count(self) -> Option<u32> {
        self.number(Place::HugeCount)
    }

    /// The code for the count of a topic; nothing where it is set.
    pub(super) fn topic_counts(self) -> Option<u32> {
        self.number(Place::TopicCounts)
    }

    /// The code for the topics of a community that has none; nothing where the list is empty.
    pub(super) fn topics_off(self) -> Option<u32> {
        self.number(Place::TopicsOff)
    }

    /// Members of one `import_group_member` call.
    pub(super) fn members_per_call(self) -> usize {
        self.number(Place::MembersPerCall).unwrap_or_default() as usize
    }

    /// Whether a member that is there already takes the count of an import.
    pub(super) fn present_member_takes(self) -> bool {
        self.is(Place::PresentMember, "takes")
    }

    /// What becomes of a bad member.
    pub(super) fn bad_member(self) -> BadMember {
        match self.value(Place::BadMember) {
            "all" => BadMember::All,
            "later" => BadMember::Later,
            _ => BadMember::Alone,
        }
    }

    /// The `SyncFromOldSystem` that counts as unread.
    pub(super) fn live_sync(self) -> u32 {
        self.number(Place::LiveSync).unwrap_or_default()
    }

    /// Whether a read mark reads the messages of its own second.
    pub(super) fn read_mark_is_inclusive(self) -> bool {
        self.is(Place::ReadMark, "inclusive")
    }

    /// Whether a read mark can move back.
    pub(super) fn mark_moves_back(self) -> bool {
        self.is(Place::MarkBack, "yes")
    }

    /// Unread messages of one conversation that count, at most.
    pub(super) fn c2c_unread(self) -> Option<u32> {
        self.number(Place::C2cUnread)
    }

    /// Conversations of one account that have a count, at most.
    pub(super) fn c2c_conversations(self) -> Option<usize> {
        self.number(Place::C2cConversations)
            .map(|most| most as usize)
    }

    /// Seconds for which one-to-one messages are kept.
    pub(super) fn c2c_seconds(self) -> Option<u32> {
        self.number(Place::C2cDays).map(|days| days * 86_400)
    }

    /// Whether pages of QuickBlox tell `total_entries`.
    pub(super) fn quickblox_totals(self) -> bool {
        self.is(Place::QuickbloxTotals, "yes")
    }
}

fn names() -> String {
    let names: Vec<&str> = QUIRKS.iter().map(|quirk| quirk.name).collect();
    names.join(", ")
}

/// All quirks with their values, the default first, as the command line's help lists them.
pub(crate) fn quirk_help() -> String {
    let mut text = String::from(
        "Answer an open question of the API in another way (may be repeated); of the values the \
         first is the default:\n",
    );
    for quirk in &QUIRKS {
        let values = quirk.values.join("|");
        write!(text, "\n  {}={values}: {}", quirk.name, quirk.about)
            .expect("a text takes all that is written to it");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_is_the_default_and_each_other_one_can_be_chosen() {
        let mut quirks = Quirks::default();
        assert_eq!(quirks.changed().count(), 0);
        for quirk in &QUIRKS {
            for &value in quirk.values.iter().rev() {
                quirks.set(Choice::parse(&format!("{}={value}", quirk.name)).unwrap());
                let changed = quirks.changed().find(|(name, _)| *name == quirk.name);
                let expected = Some((quirk.name, value)).filter(|_| value != quirk.values[0]);
                assert_eq!(changed, expected);
            }
        }
        assert_eq!(quirks, Quirks::default());
    }

    #[test]
    fn the_list_and_the_places_agree() {
        let quirks = Quirks::default();
        assert_eq!(quirks.value(Place::RateCode), "60007");
        assert_eq!(quirks.value(Place::BadMember), "alone");
        assert_eq!(quirks.value(Place::C2cDays), "7");
        assert_eq!(Place::QuickbloxTotals as usize + 1, QUIRKS.len());
    }

    #[test]
    fn what_is_no_quirk_is_refused_with_what_is_expected() {
        for (text, expected) in [
            ("msg-seq", "`msg-seq` is not a quirk: expected NAME=VALUE"),
            (
                "mood=bad",
                "`mood` is not a quirk: expected one of rate-code, ",
            ),
            (
                "msg-seq=jumps",
                "`jumps` is not a value of `msg-seq`: expected one of moves, stays",
            ),
        ] {
            let error = Choice::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
        assert!(quirk_help().contains("  read-mark=exclusive|inclusive: whether MsgReadTime"));
    }
}

//! The group types of the target, in both spellings the vendor uses.

/// A group type of Tencent Cloud Chat.
///
/// The vendor renamed two types: `Private` became `Work` and `ChatRoom` became `Meeting`
/// (group system page, 2022 edition). Both spellings are one type here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum GroupType {
    /// `Work`, earlier `Private`.
    Work,
    /// `Public`.
    Public,
    /// `Meeting`, earlier `ChatRoom`. Keeps no unread counts.
    Meeting,
    /// `AVChatRoom`. Keeps no unread counts.
    AvChatRoom,
    /// `Community`.
    Community,
}

/// Every accepted spelling.
const SPELLINGS: [(&str, GroupType); 7] = [
    ("Private", GroupType::Work),
    ("Work", GroupType::Work),
    ("Public", GroupType::Public),
    ("ChatRoom", GroupType::Meeting),
    ("Meeting", GroupType::Meeting),
    ("AVChatRoom", GroupType::AvChatRoom),
    ("Community", GroupType::Community),
];

impl GroupType {
    /// All types, in the order of the vendor's table.
    pub(crate) const ALL: [Self; 5] = [
        Self::Work,
        Self::Public,
        Self::Meeting,
        Self::AvChatRoom,
        Self::Community,
    ];

    /// Reads either spelling in any letter case.
    #[inline]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let same = |(spelling, _): &&(&str, Self)| spelling.eq_ignore_ascii_case(text);
        // Nearly all are spelled as the vendor does.
        let known = SPELLINGS
            .iter()
            .find(|(spelling, _)| *spelling == text)
            .or_else(|| SPELLINGS.iter().find(same));
        known.map(|&(_, group_type)| group_type)
    }

    /// The current name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Work => "Work",
            Self::Public => "Public",
            Self::Meeting => "Meeting",
            Self::AvChatRoom => "AVChatRoom",
            Self::Community => "Community",
        }
    }

    /// Whether `set_unread_msg_num` changes anything for a group of this type: for the others it
    /// answers OK and does nothing (vendor page of the call, 2025 edition).
    pub(crate) const fn keeps_unread(self) -> bool {
        match self {
            Self::Work | Self::Public | Self::Community => true,
            Self::Meeting | Self::AvChatRoom => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_in_any_letter_case_are_one_type() {
        for (text, expected) in [
            ("Private", GroupType::Work),
            ("WORK", GroupType::Work),
            ("chatroom", GroupType::Meeting),
            ("meeting", GroupType::Meeting),
            ("avchatroom", GroupType::AvChatRoom),
        ] {
            assert_eq!(GroupType::parse(text), Some(expected), "{text}");
        }
        assert_eq!(GroupType::parse("BChatRoom"), None);
    }

    #[test]
    fn the_name_of_each_type_reads_back_as_that_type() {
        for group_type in GroupType::ALL {
            assert_eq!(GroupType::parse(group_type.name()), Some(group_type));
        }
    }
}

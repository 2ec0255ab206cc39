//! A count that the target silently makes smaller.

use std::fmt;

/// A count above the number of messages of its group, as the target sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clamp {
    /// The count to be set.
    pub(crate) unread_num: u32,
    /// What it becomes.
    pub(crate) becomes: u32,
}

impl Clamp {
    /// What becomes of `unread_num` in a group of so many messages; `None` if it stays.
    pub(crate) fn predict(unread_num: u32, messages: u64) -> Option<Self> {
        let becomes = u32::try_from(messages).ok()?;
        (unread_num > becomes).then_some(Self {
            unread_num,
            becomes,
        })
    }

    /// Reads what `Display` writes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (unread_num, becomes) = text.split_once(" → ")?;
        Some(Self {
            unread_num: unread_num.parse().ok()?,
            becomes: becomes.parse().ok()?,
        })
    }

    /// Messages that the target does not count.
    pub(crate) const fn lost(self) -> u32 {
        self.unread_num.saturating_sub(self.becomes)
    }
}

impl fmt::Display for Clamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}", self.unread_num, self.becomes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_cut_to_the_messages_of_its_group_and_reads_back() {
        for (unread_num, messages, lost) in [
            (10, 9, Some(1)),
            (9, 9, None),
            (u32::MAX, 0, Some(u32::MAX)),
            (u32::MAX, u64::MAX, None),
        ] {
            let clamp = Clamp::predict(unread_num, messages);
            assert_eq!(clamp.map(Clamp::lost), lost, "{unread_num} {messages}");
            let again = clamp.and_then(|clamp| Clamp::parse(&clamp.to_string()));
            assert_eq!(again, clamp);
        }
        for text in ["", "5", "5 → ", "5 → x", "Public → Work"] {
            assert_eq!(Clamp::parse(text), None, "{text}");
        }
    }
}

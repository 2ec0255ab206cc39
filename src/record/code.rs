//! The kinds of problems: a stable name, how bad it is, what is expected and what to do.
//!
//! The names are part of the contract: scripts and rejects files rely on them.

use super::{Column, Severity};

/// The stable code of a kind of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Code {
    /// The record is not the JSON or CSV it claims to be.
    RecordMalformed,
    /// The JSON value is not an object.
    RecordNotObject,
    /// More or fewer cells than the header has.
    RecordCellCount,
    /// Two members of one object stand for one field.
    RecordAmbiguous,
    /// A field or a list that every record of its preset has is not there.
    RecordIncomplete,
    /// Bytes that are not UTF-8 outside of any field.
    RecordNotUtf8,
    /// No group id.
    GroupIdMissing,
    /// An empty or blank group id.
    GroupIdEmpty,
    /// Over 48 bytes.
    GroupIdTooLong,
    /// Something else than printable ASCII.
    GroupIdNotPrintable,
    /// A group id that is no text and no whole number.
    GroupIdNotText,
    /// A group id with a space at its start or end.
    GroupIdPadded,
    /// The id map does not have the group id.
    GroupIdUnmapped,
    /// No account.
    MemberAccountMissing,
    /// An empty or blank account.
    MemberAccountEmpty,
    /// Over 32 bytes.
    MemberAccountTooLong,
    /// Something else than printable ASCII.
    MemberAccountNotPrintable,
    /// An account that is no text and no whole number.
    MemberAccountNotText,
    /// Printable, but outside of the letters the vendor advises.
    MemberAccountUnusual,
    /// The id map does not have the account.
    MemberAccountUnmapped,
    /// An id with an exponent, as spreadsheets show numbers of more than 15 digits.
    IdRounded,
    /// Empty, null or missing: not known, and never 0.
    UnreadNumUnknown,
    /// Not a number.
    UnreadNumNotANumber,
    /// Below 0.
    UnreadNumNegative,
    /// With decimals that are not 0.
    UnreadNumFraction,
    /// Above 4294967295.
    UnreadNumTooLarge,
    /// A lower bound such as `99+`.
    UnreadNumAtLeast,
    /// A type the vendor does not have.
    GroupTypeUnknown,
    /// A type for which the call does nothing.
    UnsupportedGroupType,
    /// Rows of one (group, member) with different counts.
    ConflictingDuplicate,
    /// The counts of one (group, member) add up to more than a count can hold.
    DuplicateSumTooLarge,
    /// The app has no such group.
    GroupNotFound,
    /// The group keeps no unread counts, whatever the input says.
    TargetGroupUnsupported,
    /// The community keeps its messages in topics, each with counts of its own.
    MessagesInTopics,
    /// The app has no such account.
    AccountNotFound,
    /// The account is not in the group.
    NotAMember,
    /// The group has another type than the input says.
    GroupTypeDiffers,
    /// The group has fewer messages than the count.
    CountAboveMessageCount,
    /// The app did not tell.
    NotChecked,
}

impl Code {
    /// Every code, in the order of the columns.
    pub(crate) const ALL: [Self; 39] = [
        Self::RecordMalformed,
        Self::RecordNotObject,
        Self::RecordCellCount,
        Self::RecordAmbiguous,
        Self::RecordIncomplete,
        Self::RecordNotUtf8,
        Self::GroupIdMissing,
        Self::GroupIdEmpty,
        Self::GroupIdTooLong,
        Self::GroupIdNotPrintable,
        Self::GroupIdNotText,
        Self::GroupIdPadded,
        Self::GroupIdUnmapped,
        Self::MemberAccountMissing,
        Self::MemberAccountEmpty,
        Self::MemberAccountTooLong,
        Self::MemberAccountNotPrintable,
        Self::MemberAccountNotText,
        Self::MemberAccountUnusual,
        Self::MemberAccountUnmapped,
        Self::IdRounded,
        Self::UnreadNumUnknown,
        Self::UnreadNumNotANumber,
        Self::UnreadNumNegative,
        Self::UnreadNumFraction,
        Self::UnreadNumTooLarge,
        Self::UnreadNumAtLeast,
        Self::GroupTypeUnknown,
        Self::UnsupportedGroupType,
        Self::ConflictingDuplicate,
        Self::DuplicateSumTooLarge,
        Self::GroupNotFound,
        Self::TargetGroupUnsupported,
        Self::MessagesInTopics,
        Self::AccountNotFound,
        Self::NotAMember,
        Self::GroupTypeDiffers,
        Self::CountAboveMessageCount,
        Self::NotChecked,
    ];

    /// The column that a finding of the online checks is about; `None` for what the input alone
    /// tells.
    pub(crate) const fn online_column(self) -> Option<Column> {
        match self {
            Self::GroupNotFound | Self::TargetGroupUnsupported | Self::MessagesInTopics => {
                Some(Column::GroupId)
            }
            Self::AccountNotFound | Self::NotAMember => Some(Column::MemberAccount),
            Self::GroupTypeDiffers => Some(Column::GroupType),
            Self::CountAboveMessageCount => Some(Column::UnreadNum),
            Self::NotChecked => Some(Column::Record),
            Self::RecordMalformed
            | Self::RecordNotObject
            | Self::RecordCellCount
            | Self::RecordAmbiguous
            | Self::RecordIncomplete
            | Self::RecordNotUtf8
            | Self::GroupIdMissing
            | Self::GroupIdEmpty
            | Self::GroupIdTooLong
            | Self::GroupIdNotPrintable
            | Self::GroupIdNotText
            | Self::GroupIdPadded
            | Self::GroupIdUnmapped
            | Self::MemberAccountMissing
            | Self::MemberAccountEmpty
            | Self::MemberAccountTooLong
            | Self::MemberAccountNotPrintable
            | Self::MemberAccountNotText
            | Self::MemberAccountUnusual
            | Self::MemberAccountUnmapped
            | Self::IdRounded
            | Self::UnreadNumUnknown
            | Self::UnreadNumNotANumber
            | Self::UnreadNumNegative
            | Self::UnreadNumFraction
            | Self::UnreadNumTooLarge
            | Self::UnreadNumAtLeast
            | Self::GroupTypeUnknown
            | Self::UnsupportedGroupType
            | Self::ConflictingDuplicate
            | Self::DuplicateSumTooLarge => None,
        }
    }

    /// The code that has this name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.name() == name)
    }

    /// The stable name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::RecordMalformed => "record_malformed",
            Self::RecordNotObject => "record_not_object",
            Self::RecordCellCount => "record_cell_count",
            Self::RecordAmbiguous => "record_ambiguous",
            Self::RecordIncomplete => "record_incomplete",
            Self::RecordNotUtf8 => "record_not_utf8",
            Self::GroupIdMissing => "group_id_missing",
            Self::GroupIdEmpty => "group_id_empty",
            Self::GroupIdTooLong => "group_id_too_long",
            Self::GroupIdNotPrintable => "group_id_not_printable",
            Self::GroupIdNotText => "group_id_not_text",
            Self::GroupIdPadded => "group_id_padded",
            Self::GroupIdUnmapped => "group_id_unmapped",
            Self::MemberAccountMissing => "member_account_missing",
            Self::MemberAccountEmpty => "member_account_empty",
            Self::MemberAccountTooLong => "member_account_too_long",
            Self::MemberAccountNotPrintable => "member_account_not_printable",
            Self::MemberAccountNotText => "member_account_not_text",
            Self::MemberAccountUnusual => "member_account_unusual",
            Self::MemberAccountUnmapped => "member_account_unmapped",
            Self::IdRounded => "id_rounded",
            Self::UnreadNumUnknown => "unread_num_unknown",
            Self::UnreadNumNotANumber => "unread_num_not_a_number",
            Self::UnreadNumNegative => "unread_num_negative",
            Self::UnreadNumFraction => "unread_num_fraction",
            Self::UnreadNumTooLarge => "unread_num_too_large",
            Self::UnreadNumAtLeast => "unread_num_at_least",
            Self::GroupTypeUnknown => "group_type_unknown",
            Self::UnsupportedGroupType => "unsupported_group_type",
            Self::ConflictingDuplicate => "conflicting_duplicate",
            Self::DuplicateSumTooLarge => "duplicate_sum_too_large",
            Self::GroupNotFound => "group_not_found",
            Self::TargetGroupUnsupported => "target_group_unsupported",
            Self::MessagesInTopics => "messages_in_topics",
            Self::AccountNotFound => "account_not_found",
            Self::NotAMember => "not_a_member",
            Self::GroupTypeDiffers => "group_type_differs",
            Self::CountAboveMessageCount => "count_above_message_count",
            Self::NotChecked => "not_checked",
        }
    }

    /// How bad it is.
    pub(crate) const fn severity(self) -> Severity {
        match self {
            Self::GroupIdPadded
            | Self::MemberAccountUnusual
            | Self::IdRounded
            | Self::GroupTypeDiffers
            | Self::CountAboveMessageCount
            | Self::NotChecked => Severity::Warning,
            Self::RecordMalformed
            | Self::RecordNotObject
            | Self::RecordCellCount
            | Self::RecordAmbiguous
            | Self::RecordIncomplete
            | Self::RecordNotUtf8
            | Self::GroupIdMissing
            | Self::GroupIdEmpty
            | Self::GroupIdTooLong
            | Self::GroupIdNotPrintable
            | Self::GroupIdNotText
            | Self::GroupIdUnmapped
            | Self::MemberAccountMissing
            | Self::MemberAccountEmpty
            | Self::MemberAccountTooLong
            | Self::MemberAccountNotPrintable
            | Self::MemberAccountNotText
            | Self::MemberAccountUnmapped
            | Self::UnreadNumUnknown
            | Self::UnreadNumNotANumber
            | Self::UnreadNumNegative
            | Self::UnreadNumFraction
            | Self::UnreadNumTooLarge
            | Self::UnreadNumAtLeast
            | Self::GroupTypeUnknown
            | Self::UnsupportedGroupType
            | Self::ConflictingDuplicate
            | Self::DuplicateSumTooLarge
            | Self::GroupNotFound
            | Self::TargetGroupUnsupported
            | Self::MessagesInTopics
            | Self::AccountNotFound
            | Self::NotAMember => Severity::Error,
        }
    }

    /// What is wrong, in a few words: the heading of the kind.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::RecordMalformed => "the record cannot be read",
            Self::RecordNotObject => "the record is not a JSON object",
            Self::RecordCellCount => "the record has another number of cells than the header",
            Self::RecordAmbiguous => "two members of the record stand for one field",
            Self::RecordIncomplete => "the record lacks what every record of its preset has",
            Self::RecordNotUtf8 => "the record is not UTF-8",
            Self::GroupIdMissing => "the group id is missing",
            Self::GroupIdEmpty => "the group id is empty",
            Self::GroupIdTooLong => "the group id is too long",
            Self::GroupIdNotPrintable => "the group id is not printable ASCII",
            Self::GroupIdNotText => "the group id is not a text",
            Self::GroupIdPadded => "the group id begins or ends with a space",
            Self::GroupIdUnmapped => "the id map does not have the group id",
            Self::MemberAccountMissing => "the account is missing",
            Self::MemberAccountEmpty => "the account is empty",
            Self::MemberAccountTooLong => "the account is too long",
            Self::MemberAccountNotPrintable => "the account is not printable ASCII",
            Self::MemberAccountNotText => "the account is not a text",
            Self::MemberAccountUnusual => "the account has characters the vendor advises against",
            Self::MemberAccountUnmapped => "the id map does not have the account",
            Self::IdRounded => "the id looks like a number that a spreadsheet rounded",
            Self::UnreadNumUnknown => "the unread count is unknown",
            Self::UnreadNumNotANumber => "the unread count is not a number",
            Self::UnreadNumNegative => "the unread count is negative",
            Self::UnreadNumFraction => "the unread count is not whole",
            Self::UnreadNumTooLarge => "the unread count is too large",
            Self::UnreadNumAtLeast => "the unread count is only a lower bound",
            Self::GroupTypeUnknown => "the group type is unknown",
            Self::UnsupportedGroupType => "groups of this type keep no unread counts",
            Self::ConflictingDuplicate => "rows of one member of one group disagree",
            Self::DuplicateSumTooLarge => "the counts of one member of one group add up too high",
            Self::GroupNotFound => "the target has no such group",
            Self::TargetGroupUnsupported => "the group at the target keeps no unread counts",
            Self::MessagesInTopics => "the community keeps its messages in topics",
            Self::AccountNotFound => "the target has no such account",
            Self::NotAMember => "the account is not in the group at the target",
            Self::GroupTypeDiffers => "the group has another type at the target",
            Self::CountAboveMessageCount => "the group has fewer messages than the count",
            Self::NotChecked => "the target did not tell",
        }
    }

    /// What would be right.
    pub(crate) const fn expected(self) -> &'static str {
        match self {
            Self::RecordMalformed => "a complete JSON value",
            Self::RecordNotObject => "an object such as `{\"group_id\":…}`",
            Self::RecordCellCount => "as many cells as the header has",
            Self::RecordAmbiguous => "each field once",
            Self::RecordIncomplete => "the field or the list that is named",
            Self::RecordNotUtf8 => "UTF-8",
            Self::GroupIdMissing | Self::GroupIdEmpty | Self::GroupIdTooLong => {
                "1 to 48 bytes of printable ASCII"
            }
            Self::GroupIdNotPrintable | Self::MemberAccountNotPrintable => {
                "characters from space to `~`"
            }
            Self::GroupIdNotText | Self::MemberAccountNotText => "a string or a whole number",
            Self::GroupIdPadded => "no space at either end",
            Self::GroupIdUnmapped | Self::MemberAccountUnmapped => "an id that the map has",
            Self::MemberAccountMissing | Self::MemberAccountEmpty | Self::MemberAccountTooLong => {
                "1 to 32 bytes of printable ASCII"
            }
            Self::IdRounded => "an id with all its digits",
            Self::MemberAccountUnusual => "letters, digits, `_` and `-`",
            Self::UnreadNumUnknown
            | Self::UnreadNumNotANumber
            | Self::UnreadNumNegative
            | Self::UnreadNumFraction
            | Self::UnreadNumAtLeast => "a whole number from 0 to 4294967295",
            Self::UnreadNumTooLarge => "4294967295 at most",
            Self::GroupTypeUnknown => {
                "`Work`, `Public` or `Community` (`Private` is read as `Work`)"
            }
            Self::UnsupportedGroupType => "`Work`, `Public` or `Community`",
            Self::ConflictingDuplicate => "one count for each member of a group",
            Self::DuplicateSumTooLarge => "a sum of 4294967295 at most",
            Self::GroupNotFound => "a group of the app",
            Self::TargetGroupUnsupported => "a `Work`, `Public` or `Community` group",
            Self::MessagesInTopics => "a community without topics",
            Self::AccountNotFound => "an account of the app",
            Self::NotAMember => "a member of the group",
            Self::GroupTypeDiffers => "the type that the group has at the target",
            Self::CountAboveMessageCount => "no more than the group's messages",
            Self::NotChecked => "an answer about each group, account and member",
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_has_its_own_name_and_is_found_by_it() {
        let names: HashSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(Code::parse(code.name()), Some(code));
        }
    }
}

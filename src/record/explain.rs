//! What is behind each kind of problem: the text of `im-unread explain CODE`.

use super::Code;

impl Code {
    /// Why it is a problem and what would happen, in full sentences.
    pub(crate) const fn explanation(self) -> &'static str {
        match self {
            Self::RecordMalformed => RECORD_MALFORMED,
            Self::RecordNotObject => RECORD_NOT_OBJECT,
            Self::RecordCellCount => RECORD_CELL_COUNT,
            Self::RecordAmbiguous => RECORD_AMBIGUOUS,
            Self::RecordIncomplete => RECORD_INCOMPLETE,
            Self::RecordNotUtf8 => RECORD_NOT_UTF8,
            Self::GroupIdMissing | Self::GroupIdEmpty => GROUP_ID_MISSING,
            Self::GroupIdTooLong => GROUP_ID_TOO_LONG,
            Self::GroupIdNotPrintable => GROUP_ID_NOT_PRINTABLE,
            Self::GroupIdNotText | Self::MemberAccountNotText => GROUP_ID_NOT_TEXT,
            Self::GroupIdPadded => GROUP_ID_PADDED,
            Self::GroupIdUnmapped | Self::MemberAccountUnmapped => ID_UNMAPPED,
            Self::MemberAccountMissing | Self::MemberAccountEmpty => MEMBER_ACCOUNT_MISSING,
            Self::MemberAccountTooLong => MEMBER_ACCOUNT_TOO_LONG,
            Self::MemberAccountNotPrintable => MEMBER_ACCOUNT_NOT_PRINTABLE,
            Self::MemberAccountUnusual => MEMBER_ACCOUNT_UNUSUAL,
            Self::IdRounded => ID_ROUNDED,
            Self::UnreadNumUnknown => UNREAD_NUM_UNKNOWN,
            Self::UnreadNumNotANumber => UNREAD_NUM_NOT_A_NUMBER,
            Self::UnreadNumNegative => UNREAD_NUM_NEGATIVE,
            Self::UnreadNumFraction => UNREAD_NUM_FRACTION,
            Self::UnreadNumTooLarge => UNREAD_NUM_TOO_LARGE,
            Self::UnreadNumAtLeast => UNREAD_NUM_AT_LEAST,
            Self::GroupTypeUnknown => GROUP_TYPE_UNKNOWN,
            Self::UnsupportedGroupType => UNSUPPORTED_GROUP_TYPE,
            Self::ConflictingDuplicate => CONFLICTING_DUPLICATE,
            Self::DuplicateSumTooLarge => DUPLICATE_SUM_TOO_LARGE,
            Self::GroupNotFound => GROUP_NOT_FOUND,
            Self::TargetGroupUnsupported => TARGET_GROUP_UNSUPPORTED,
            Self::MessagesInTopics => MESSAGES_IN_TOPICS,
            Self::AccountNotFound => ACCOUNT_NOT_FOUND,
            Self::NotAMember => NOT_A_MEMBER,
            Self::GroupTypeDiffers => GROUP_TYPE_DIFFERS,
            Self::CountAboveMessageCount => COUNT_ABOVE_MESSAGE_COUNT,
            Self::NotChecked => NOT_CHECKED,
        }
    }
}

const RECORD_MALFORMED: &str = "The text of the record breaks the rules of JSON, so its fields cannot be told. In \
     JSON Lines a broken line costs that line only; the records around it are read.";

const RECORD_NOT_OBJECT: &str = "Each record has to be a JSON object, since its fields are found by name. A number, \
     a string or a list has no names.";

const RECORD_CELL_COUNT: &str = "With a cell too many or too few, nobody can tell which cell belongs to which \
     column. The usual cause is a delimiter or a line break in a cell without quotes.";

const RECORD_AMBIGUOUS: &str = "The object has the same member twice, or two names that mean the same field, and \
     the two may hold different values.";

const ID_ROUNDED: &str = "A spreadsheet shows numbers of more than 15 digits with an exponent and loses the others. Such a \
     cell is rarely an id, and several ids may have become the same one.";

const RECORD_INCOMPLETE: &str = "The preset's form has this field or list in every record, and decides by it which \
     rows are sent. Without it, a one-to-one conversation or a group that was left could pass for a group. The usual \
     causes are an answer that is an error among good ones, and a version of the system that names the field otherwise.";

const RECORD_NOT_UTF8: &str = "JSON is UTF-8 by definition; this line has bytes that are not. They often come \
     from an export in Latin-1 or GBK.";

const GROUP_ID_MISSING: &str = "Without a group id there is nothing to set the count in. A cell that holds \
     `\\N`, as MySQL and PostgreSQL write null, counts as missing.";

const GROUP_ID_TOO_LONG: &str = "Group ids at the target have 48 bytes at most (vendor's group system page). \
     A longer one was probably shortened or replaced when the group was created.";

const GROUP_ID_NOT_PRINTABLE: &str = "Group ids at the target consist of the characters from space to `~` (vendor's \
     group system page). Ids given by the server begin with `@TGS#` and are accepted.";

const GROUP_ID_NOT_TEXT: &str = "An id is a string, or a whole number that is taken letter by letter. A list, an \
     object, a boolean or a fraction cannot name anything at the target.";

const GROUP_ID_PADDED: &str = "The id is legal, spaces included, and is sent as it is. If the group's id at the \
     target has no space there, the target answers that the group does not exist.";

const ID_UNMAPPED: &str = "With `--map-groups` or `--map-accounts` every id of the input is replaced by the one \
     the map has for it, letter by letter the same. An id that the map does not have is not sent \
     as it is: at the target it may belong to somebody else.";

const MEMBER_ACCOUNT_MISSING: &str = "Without an account there is nobody to set the count for. A cell that holds `\\N`, \
     as MySQL and PostgreSQL write null, counts as missing.";

const MEMBER_ACCOUNT_TOO_LONG: &str = "A UserID has 32 bytes at most (vendor's page on use limits). A longer one was \
     probably shortened or replaced when the account was imported.";

const MEMBER_ACCOUNT_NOT_PRINTABLE: &str = "A UserID consists of printable ASCII (vendor's error code 7003). Names of people \
     are not UserIDs.";

const MEMBER_ACCOUNT_UNUSUAL: &str = "The vendor advises letters, digits, `_` and `-` for a UserID. Others do work, and \
     the row is sent; a mail address or a name here is often the wrong column.";

const UNREAD_NUM_UNKNOWN: &str = "The cell is empty or null, or the field is not there. That says that nobody knows \
     the count, not that it is 0: sending 0 would mark messages as read that are not.";

const UNREAD_NUM_NOT_A_NUMBER: &str = "A count is written in plain digits, as in `5`, or as `5.0`. Thousands separators, \
     exponents such as `1E+05` and words are not read: they may have lost digits.";

const UNREAD_NUM_NEGATIVE: &str = "A count below 0 comes from a subtraction (messages sent minus messages read) whose \
     two sides were taken at different times.";

const UNREAD_NUM_FRACTION: &str = "Messages are whole. `5.0` is read as 5; `5.5` is no count, and often an average or \
     a time in seconds.";

const UNREAD_NUM_TOO_LARGE: &str = "The target's counts have 32 bits. Numbers beyond that are mostly ids or times from \
     a neighbouring column.";

const UNREAD_NUM_AT_LEAST: &str = "The old system stopped counting, as in `99+`, and the real count is somewhere at \
     or above the number. Sending the bound as if it were the count would be a guess.";

const GROUP_TYPE_UNKNOWN: &str = "The target has the types Work (earlier Private), Public, Meeting (earlier \
     ChatRoom), AVChatRoom and Community, in any letter case. The column is optional.";

const UNSUPPORTED_GROUP_TYPE: &str = "For groups of type Meeting (ChatRoom) and AVChatRoom the target keeps no unread \
     counts: `set_unread_msg_num` answers OK and changes nothing (vendor's page of the \
     call). Sending the row would report a success that never happened.";

const CONFLICTING_DUPLICATE: &str = "A member of a group has one unread count, and these rows give several. By default \
     none is chosen: all of them are invalid. Repeats that agree are sent once.";

const DUPLICATE_SUM_TOO_LARGE: &str = "With `--on-duplicate sum` the counts of all rows of one member of one group are \
     added up. Here the sum is above 4294967295, so some of them cannot be counts.";

const GROUP_NOT_FOUND: &str = "`get_group_info` answered for this group that it does not exist (10010) or that its \
     id cannot be one (10015). The group was dissolved, was never imported, or has another id \
     at the target.";

const TARGET_GROUP_UNSUPPORTED: &str = "`get_group_info` says that the group is of type Meeting (ChatRoom) or AVChatRoom. The \
     target keeps no unread counts for these: setting one answers OK and changes nothing.";

const MESSAGES_IN_TOPICS: &str = "`get_topic` says that the community has topics. Its messages are in them, and each has \
     counts of its own. The community itself has no messages, so that every count would be \
     cut to 0. No page of the vendor says that a topic's count can be set.";

const ACCOUNT_NOT_FOUND: &str = "`account_check` answered that the account was never imported. Its counts cannot be set \
     before it is.";

const NOT_A_MEMBER: &str = "`get_role_in_group` answered that the account is not a member of the group. It has left, \
     or the members were not imported.";

const GROUP_TYPE_DIFFERS: &str = "The export and the target give the group different types. Both keep counts, so the row \
     is sent; an id that was given to another group is a likely cause.";

const COUNT_ABOVE_MESSAGE_COUNT: &str = "A count above the number of the group's messages silently becomes that number (vendor's \
     page of `set_unread_msg_num`), here the one behind the arrow: the number of the group's \
     next message less one. With no messages imported, every count becomes 0.";

const NOT_CHECKED: &str = "One of the read-only calls failed or left the row out of its answer, so nothing is known \
     about it. What was found stands beside it.";

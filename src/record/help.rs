//! What to do about each kind of problem.

use super::Code;

const INCOMPLETE: &str =
    "export it again; write a preset of your own if the system names the field otherwise";
const ROUNDED: &str = "export the ids as text: a spreadsheet keeps 15 digits of a number";
const UNUSUAL: &str = "make sure that the account was imported under exactly this UserID";

impl Code {
    /// What to do about it, one sentence without a full stop.
    pub(crate) const fn help(self) -> &'static str {
        match self {
            Self::RecordMalformed => "repair the record, or export it again",
            Self::RecordNotObject => "write one JSON object a record",
            Self::RecordCellCount => "quote cells that contain the delimiter or a line break",
            Self::RecordAmbiguous => "keep one of the two, or name it with `--column`",
            Self::RecordIncomplete => INCOMPLETE,
            Self::RecordNotUtf8 => "export it as UTF-8, or give its `--encoding`",
            Self::GroupIdMissing => {
                "add the group id, or name its field with `--column group_id=…`"
            }
            Self::GroupIdEmpty => "fill in the id the group has at the target",
            Self::GroupIdTooLong => "give the id the group has at the target; ids stop at 48 bytes",
            Self::GroupIdNotPrintable => {
                "give the id the group has at the target, which holds printable ASCII only"
            }
            Self::GroupIdNotText => "write the group id as a string",
            Self::GroupIdPadded => "remove the space unless the id at the target has it too",
            Self::GroupIdUnmapped | Self::MemberAccountUnmapped => {
                "add the id to the map's file, or leave the row out"
            }
            Self::MemberAccountMissing => {
                "add the account, or name its field with `--column member_account=…`"
            }
            Self::MemberAccountEmpty => "fill in the UserID the member has at the target",
            Self::MemberAccountTooLong => {
                "give the UserID the member has at the target; UserIDs stop at 32 bytes"
            }
            Self::MemberAccountNotPrintable => {
                "give the UserID the member has at the target, which holds printable ASCII only"
            }
            Self::MemberAccountNotText => "write the account as a string",
            Self::MemberAccountUnusual => UNUSUAL,
            Self::IdRounded => ROUNDED,
            Self::UnreadNumUnknown => {
                "fill in the count, or leave the row out; unknown is never sent as 0"
            }
            Self::UnreadNumNotANumber => "write the count in plain digits",
            Self::UnreadNumNegative => {
                "find out why the export has it, or give `--on-negative zero`"
            }
            Self::UnreadNumFraction => "write the count without decimals",
            Self::UnreadNumTooLarge => "check the column: this looks like an id or a time",
            Self::UnreadNumAtLeast => "give the real count, or `--on-capped lower-bound`",
            Self::GroupTypeUnknown => "correct the type, or leave the cell empty",
            Self::UnsupportedGroupType | Self::TargetGroupUnsupported | Self::MessagesInTopics => {
                "leave these rows out; the target answers OK for them and changes nothing"
            }
            Self::ConflictingDuplicate => {
                "keep the right row, or choose with `--on-duplicate first|last|max|sum`"
            }
            Self::DuplicateSumTooLarge => "correct the counts, or use another `--on-duplicate`",
            Self::GroupNotFound => "import the group first, or correct its id or the map",
            Self::AccountNotFound => "import the account first, or correct its id or the map",
            Self::NotAMember => "import the member into the group first, or leave the row out",
            Self::GroupTypeDiffers => "make sure that it is the group that is meant",
            Self::CountAboveMessageCount => {
                "import the group's messages before its counts, or accept the smaller count"
            }
            Self::NotChecked => "run the checks again; the row is sent as it is",
        }
    }
}

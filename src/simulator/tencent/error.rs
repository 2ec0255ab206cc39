//! The codes that refuse a request, with the text that goes with them.
//!
//! Codes and meanings: the vendor's error table (2022 edition and the REST introduction) and the
//! list of each endpoint's page. Texts are quoted where public code shows one.

use std::borrow::Cow;

/// A request that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u32,
    pub(super) info: Cow<'static, str>,
}

impl Refusal {
    /// A refusal with the usual text of its code.
    pub(super) fn of(code: u32) -> Self {
        Self {
            code,
            info: Cow::Borrowed(usual_text(code)),
        }
    }

    /// A refusal with a text of its own.
    pub(super) fn with(code: u32, info: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            info: info.into(),
        }
    }
}

/// The URL cannot be parsed, or the method is neither POST nor GET.
pub(super) const BAD_HTTP: u32 = 60_002;
/// The body is not JSON.
pub(super) const NOT_JSON: u32 = 60_003;
/// The account in the URL is missing.
pub(super) const NO_ACCOUNT: u32 = 60_004;
/// The `sdkappid` is not known.
pub(super) const UNKNOWN_APP: u32 = 60_006;
/// The URL names no service.
pub(super) const BAD_URL: u32 = 60_009;
/// The account in the URL is no administrator.
pub(super) const NOT_ADMIN: u32 = 60_010;
/// The `sdkappid` is missing.
pub(super) const NO_APP: u32 = 60_012;
/// The signature has run out.
pub(super) const EXPIRED: u32 = 70_001;
/// The signature is empty.
pub(super) const NO_SIGNATURE: u32 = 70_002;
/// The signature cannot be decoded.
pub(super) const BROKEN_SIGNATURE: u32 = 70_003;
/// The signature cannot be valid: it lasts too long, or begins in the future.
pub(super) const IMPOSSIBLE_SIGNATURE: u32 = 70_005;
/// Too many bad signatures: the account is blocked for a minute.
pub(super) const BLOCKED: u32 = 70_050;
/// The codes that count towards a block.
pub(super) const BAD_SIGNATURES: [u32; 5] = [
    BROKEN_SIGNATURE,
    IMPOSSIBLE_SIGNATURE,
    WRONG_SIGNATURE,
    OTHER_ACCOUNT,
    OTHER_APP,
];
/// The signature does not fit the key.
pub(super) const WRONG_SIGNATURE: u32 = 70_009;
/// The signature was made for another account.
pub(super) const OTHER_ACCOUNT: u32 = 70_013;
/// The signature was made for another app.
pub(super) const OTHER_APP: u32 = 70_014;
/// The group service does not know the command.
pub(super) const UNKNOWN_COMMAND: u32 = 10_003;
/// A field is missing, of another type or out of range.
pub(super) const BAD_PARAMETER: u32 = 10_004;
/// Not permitted, not supported for the type of group, or not a member.
pub(super) const NOT_PERMITTED: u32 = 10_007;
/// The group does not exist.
pub(super) const NO_GROUP: u32 = 10_010;
/// The group service cannot parse the body.
pub(super) const GROUP_NOT_JSON: u32 = 10_011;
/// The group ID breaks the rules for IDs.
pub(super) const BAD_GROUP_ID: u32 = 10_015;
/// The account was never imported.
pub(super) const UNKNOWN_ACCOUNT: u32 = 10_019;

/// The community has no topics.
pub(super) const TOPICS_OFF: u32 = 11_000;
/// More accounts than one call may name.
pub(super) const TOO_MANY_ACCOUNTS: u32 = 10_005;
/// The answer would be larger than 1 MB.
pub(super) const ANSWER_TOO_LARGE: u32 = 10_018;
/// The group ID is in use.
pub(super) const GROUP_ID_TAKEN: u32 = 10_021;
/// The account does not exist, as one-to-one messages word it.
pub(super) const NO_SUCH_ACCOUNT: u32 = 70_107;
/// A batch of accounts is too large.
pub(super) const BAD_BATCH: u32 = 70_206;
/// A field of an account request is missing or wrong.
pub(super) const ACCOUNT_PARAMETER: u32 = 70_402;
/// A group message is too long.
pub(super) const MESSAGE_TOO_LONG: u32 = 80_002;
/// The body of a one-to-one request is not JSON.
pub(super) const C2C_NOT_JSON: u32 = 90_001;
/// A message, or another part of a one-to-one request, is malformed.
pub(super) const BAD_MESSAGE: u32 = 90_002;
/// The receiver is missing or unknown.
pub(super) const BAD_TO: u32 = 90_003;
/// `MsgRandom` is missing or no number.
pub(super) const BAD_RANDOM: u32 = 90_005;
/// `MsgTimeStamp` is missing or no number.
pub(super) const BAD_TIME: u32 = 90_006;
/// `MsgBody` is missing or no array.
pub(super) const BAD_MESSAGE_LIST: u32 = 90_007;
/// The sender is missing or unknown.
pub(super) const BAD_FROM: u32 = 90_008;
/// More peers than one call may name.
pub(super) const TOO_MANY_PEERS: u32 = 90_018;
/// `SyncFromOldSystem` is missing or illegal.
pub(super) const BAD_SYNC: u32 = 90_030;
/// A one-to-one message is too long.
pub(super) const C2C_TOO_LONG: u32 = 93_000;

fn usual_text(code: u32) -> &'static str {
    match code {
        BAD_HTTP => "HTTP parse Error",
        NOT_JSON => "body is not JSON",
        NO_ACCOUNT => "identifier is missing or malformed",
        UNKNOWN_APP => "sdkappid is invalid",
        60_007 | 60_011 | 60_018 | 60_019 | 10_006 => "request frequency exceeded",
        60_008 => "service timeout or request format error,please check and try again",
        BAD_URL => "resource is invalid",
        NOT_ADMIN => "identifier is not an administrator of the app",
        NO_APP => "sdkappid is missing",
        EXPIRED => "usersig expired",
        NO_SIGNATURE => "usersig is empty",
        BROKEN_SIGNATURE => "usersig cannot be decoded",
        IMPOSSIBLE_SIGNATURE => "usersig lasts too long or begins in the future",
        BLOCKED => "too many bad usersigs, try again in a minute",
        TOPICS_OFF => "topics are not enabled",
        WRONG_SIGNATURE => "usersig does not verify with the key of the app",
        OTHER_ACCOUNT => "usersig was made for another identifier",
        OTHER_APP => "usersig was made for another sdkappid",
        10_002 => "internal error",
        UNKNOWN_COMMAND => "unknown command",
        BAD_PARAMETER => "invalid parameter",
        NOT_PERMITTED => "no permission for this operation",
        NO_GROUP => "this group does not exist",
        GROUP_NOT_JSON => "body cannot be parsed",
        BAD_GROUP_ID => "group id is invalid",
        UNKNOWN_ACCOUNT => "account does not exist",
        ANSWER_TOO_LARGE => "response is too long",
        GROUP_ID_TAKEN => "group id has been used",
        C2C_TOO_LONG => "message is too long",
        C2C_NOT_JSON => "Fail to Parse json data of body, Please check it",
        _ => "request refused",
    }
}

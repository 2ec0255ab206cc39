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

/// The URL cannot be parsed, or the method is not POST.
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
        90_001 => "Fail to Parse json data of body, Please check it",
        _ => "request refused",
    }
}

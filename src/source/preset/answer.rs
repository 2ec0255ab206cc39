//! Answers of an API that say why there is nothing to export: told by their shape.

use std::borrow::Cow;
use std::ops::Range;

use super::pick;
use super::walk::{Parts, unquoted};
use crate::source::json::scan::{Scan, value};

/// The longest answer that is looked at: those that say no are short.
const LONGEST: usize = 64 << 10;

/// Members in which an answer says what went wrong, the most telling first.
const MESSAGES: [&str; 14] = [
    "error_description",
    "message",
    "errorMessage",
    "ErrorInfo",
    "errMsg",
    "errors",
    "error",
    "msg",
    "desc",
    "text",
    "info",
    "errcode",
    "more_info",
    "status",
];

/// What the API says, if `text` begins with an answer that is an error.
pub(in crate::source) fn refusal(text: &[u8]) -> Option<String> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let text = text.trim_ascii_start();
    let Scan::Value(end) = value(text) else {
        return None;
    };
    let text = std::str::from_utf8(text.get(..end.min(LONGEST))?).ok()?;
    (end <= LONGEST && text.starts_with('{')).then(|| refused(text))?
}

/// What the API says, if the object `text` is an answer that is an error.
pub(super) fn refused(text: &str) -> Option<String> {
    let answer = Answer::of(text);
    if !answer.is_error() {
        return None;
    }
    let inner = answer.member("error").or_else(|| answer.member("ctrl"));
    let inner = inner.filter(|inner| inner.starts_with('{'));
    let said = inner.and_then(|inner| Answer::of(inner).message());
    Some(said.or_else(|| answer.message()).unwrap_or_default())
}

/// The members of one object.
struct Answer<'t> {
    text: &'t str,
    members: Vec<(Cow<'t, str>, Range<usize>)>,
}

impl<'t> Answer<'t> {
    fn of(text: &'t str) -> Self {
        let mut members = Vec::new();
        let mut parts = Parts::new(text, 0..text.len());
        while let Some((key, value)) = parts.next() {
            if let Some(key) = key.and_then(|key| text.get(key)) {
                members.push((unquoted(key), value));
            }
        }
        Self { text, members }
    }

    fn member(&self, name: &str) -> Option<&'t str> {
        let (_, value) = self.members.iter().find(|(known, _)| known == name)?;
        self.text.get(value.clone())
    }

    /// The whole number that a member is.
    fn number(&self, name: &str) -> Option<i64> {
        self.member(name)?.trim_matches('"').parse().ok()
    }

    fn is_error(&self) -> bool {
        let says = |name, values: &[&str]| {
            self.member(name)
                .is_some_and(|value| values.contains(&value))
        };
        // The shapes are those of QuickBlox, Matrix, Rocket.Chat, Zulip, Tencent, OpenIM,
        // Mattermost, Stream, Tinode, Sendbird, PubNub, Twilio, RongCloud and others.
        let error = self.member("error").or_else(|| self.member("errors"));
        error.is_some_and(|error| !is_nothing(error))
            || self.member("errcode").is_some_and(|code| !is_nothing(code))
            || says("success", &["false"])
            || says("result", &["\"error\""])
            || says("status", &["\"error\"", "\"fail\""])
            || says("ActionStatus", &["\"FAIL\""])
            || ["ErrorCode", "errCode", "errorCode"]
                .iter()
                .any(|name| self.number(name).is_some_and(|code| code != 0))
            || ["status_code", "statusCode", "StatusCode", "status"]
                .iter()
                .any(|name| self.number(name).is_some_and(|code| code >= 400))
            || self
                .number("code")
                .is_some_and(|code| code != 0 && code != 200)
                && self.message().is_some()
            || self
                .member("ctrl")
                .is_some_and(|ctrl| Answer::of(ctrl).number("code").is_some_and(|c| c >= 400))
    }

    /// What it says, in one line.
    fn message(&self) -> Option<String> {
        let mut values = MESSAGES.iter().filter_map(|name| self.member(name));
        let value = values.find(|value| !is_nothing(value) && *value != "true")?;
        Some(if value.starts_with('"') {
            unquoted(value).into_owned()
        } else {
            value.to_owned()
        })
    }
}

/// Whether a value stands for no error.
fn is_nothing(value: &str) -> bool {
    matches!(value, "false" | "null" | "0" | "\"\"" | "\"0\"")
        || pick::is_empty_list(value.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_are_errors_are_told_from_exports() {
        for (text, expected) in [
            (
                r#"{"errors":["Token is required"]}"#,
                Some(r#"["Token is required"]"#),
            ),
            (
                r#" {"errcode":"M_UNKNOWN_TOKEN","error":"Invalid token"}"#,
                Some("Invalid token"),
            ),
            (
                r#"{"status":"error","message":"You must be logged in"}"#,
                Some("You must be logged in"),
            ),
            (r#"{"success":false}"#, Some("")),
            (
                r#"{"error":{"code":"X","message":"no key"}}"#,
                Some("no key"),
            ),
            (
                r#"{"error":true,"message":"Not authorized.","code":400401}"#,
                Some("Not authorized."),
            ),
            (
                r#"{"result":"error","msg":"bad key","code":"X"}"#,
                Some("bad key"),
            ),
            (
                r#"{"ActionStatus":"FAIL","ErrorCode":70003,"ErrorInfo":"sig"}"#,
                Some("sig"),
            ),
            (
                r#"{"errCode":1501,"errMsg":"TokenExpired"}"#,
                Some("TokenExpired"),
            ),
            (
                r#"{"code":20003,"message":"Authenticate","status":401}"#,
                Some("Authenticate"),
            ),
            (
                r#"{"ctrl":{"code":401,"text":"authentication required"}}"#,
                Some("authentication required"),
            ),
            (r#"{"total":3,"5c3f9a1e2b7d4c0012ab34cd":3}"#, None),
            (r#"{"status":200,"error":false,"channels":{"a":1}}"#, None),
            (r#"{"errCode":0,"data":{"seqs":{}}}"#, None),
            (r#"{"code":200,"msg":"ok","list":[]}"#, None),
            (r#"{"errors":[],"items":[]}"#, None),
            (r#"{"next_batch":"s1"}"#, None),
            ("[1]", None),
            (r#"{"error":"#, None),
        ] {
            assert_eq!(refusal(text.as_bytes()).as_deref(), expected, "{text}");
        }
    }
}

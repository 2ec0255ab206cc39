//! Bytes of the API, pure: bodies of requests, and the reading of answers.
//!
//! Answers are read leniently where the vendor's own samples disagree, and strictly in one point:
//! only the number 0 as `ErrorCode` is success, whatever `ActionStatus` says or is called.

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde::{Deserialize, Deserializer, Serialize};

use super::transport::{Failure, FailureKind};

/// The longest wait that is taken over from a `Retry-After`: a longer one is an outage, whose
/// length is for the engine to limit.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// How many characters of an answer that is not one are shown, enough to tell a login page from
/// a proxy's error.
const SNIPPET_MAX: usize = 80;

/// Body of `set_unread_msg_num`.
#[derive(Debug, Serialize)]
pub(super) struct SetUnreadMsgNum<'a> {
    #[serde(rename = "GroupId")]
    pub(super) group_id: &'a str,
    #[serde(rename = "Member_Account")]
    pub(super) member_account: &'a str,
    #[serde(rename = "UnreadMsgNum")]
    pub(super) unread_msg_num: u32,
}

/// An answer, read as far as every command's answers are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// HTTP 200 and `ErrorCode` 0.
    Done,
    /// HTTP 200 and another `ErrorCode`, with the server's words as they came.
    Refused {
        code: i64,
        info: String,
        retry_after: Option<Duration>,
    },
    /// HTTP 429. `code` is that of the body if it has one, else 429.
    Throttled {
        code: i64,
        info: String,
        retry_after: Option<Duration>,
    },
    /// Neither.
    Unusable(Failure),
}

/// What all answers share. `ActionStatus` is ignored, as one sample of the vendor misspells it.
#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "ErrorCode")]
    code: i64,
    #[serde(rename = "ErrorInfo", default, deserialize_with = "text_or_nothing")]
    info: String,
}

/// Reads an answer. `now` is needed for a `Retry-After` that names a date.
pub(super) fn decode(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Answer {
    let envelope = serde_json::from_slice::<Envelope>(body);
    match (status, envelope) {
        (StatusCode::OK, Ok(Envelope { code: 0, .. })) => Answer::Done,
        (StatusCode::OK, Ok(Envelope { code, info })) => Answer::Refused {
            code,
            info,
            retry_after: retry_after(headers, now),
        },
        (StatusCode::OK, Err(error)) => Answer::Unusable(not_an_answer(&error, body)),
        (StatusCode::TOO_MANY_REQUESTS, envelope) => {
            let (code, info) = match envelope {
                Ok(Envelope { code, info }) if code != 0 => (code, info),
                Ok(_) | Err(_) => (429, "HTTP status 429".to_owned()),
            };
            Answer::Throttled {
                code,
                info,
                retry_after: retry_after(headers, now),
            }
        }
        (other, _) => {
            let failure = Failure::new(FailureKind::Status(other.as_u16()), &snippet(body));
            Answer::Unusable(Failure {
                retry_after: retry_after(headers, now),
                ..failure
            })
        }
    }
}

/// The failure of an answer that lacks what every answer has. Says where, not what, since the
/// parser's own text can repeat the answer at length.
fn not_an_answer(error: &serde_json::Error, body: &[u8]) -> Failure {
    let what = if error.is_data() {
        "no whole number as `ErrorCode`"
    } else {
        "not JSON"
    };
    Failure::new(FailureKind::Body, &format!("{what}: {}", snippet(body)))
}

fn snippet(body: &[u8]) -> String {
    let start = body.get(..4 * SNIPPET_MAX).unwrap_or(body);
    let text = String::from_utf8_lossy(start);
    match text.trim() {
        "" => "an empty body".to_owned(),
        text => format!("`{}`", super::printable::shortened(text, SNIPPET_MAX)),
    }
}

/// The wait that a `Retry-After` asks for, in seconds or as a date; `None` if it says neither.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if let Ok(seconds) = text.parse() {
        Duration::from_secs(seconds)
    } else {
        let date = DateTimeParser::new().parse_timestamp(text).ok()?;
        Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO)
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

/// A string as it is, and an empty one for any other JSON value.
fn text_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::String(text) => Ok(text),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => Ok(String::new()),
    }
}

#[cfg(test)]
mod tests;

//! What answers say. Pure. Read leniently: what cannot be read is absent, and never 0.

use std::collections::HashMap;
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use crate::delivery::{AttemptError, NoAnswer};
use crate::stop_reason::StopReason;
use crate::tencent::{Refusal, printable};

/// How many characters of an error's text are kept.
const INFO_MAX: usize = 200;

/// The longest wait that is taken over from a `Retry-After`.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// One user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    /// The id.
    pub(crate) id: u64,
    /// The login.
    pub(crate) login: Option<String>,
    /// The mail address.
    pub(crate) email: Option<String>,
    /// The customer's own id.
    pub(crate) external_user_id: Option<String>,
}

/// The types of a dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DialogKind {
    /// 1: open to everybody.
    Public,
    /// 2: for those who are invited.
    Group,
    /// 3: between two.
    Private,
    /// Not told, or not known.
    Unknown,
}

/// One dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dialog {
    /// The id.
    pub(crate) id: String,
    /// The type.
    pub(crate) kind: DialogKind,
    /// Who takes part; means nothing for a public one, and `None` when it is not told.
    pub(crate) occupants: Option<Vec<u64>>,
    /// The count of the user who asked, if it is told.
    pub(crate) unread: Option<u64>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page<T> {
    /// How many there are on all pages.
    pub(crate) total: Option<u64>,
    /// Those of this page.
    pub(crate) items: Vec<T>,
    /// Entries of this page, those included that cannot be read.
    pub(crate) entries: u64,
}

/// A user's counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unread {
    /// Over all of the user's dialogs, whichever were asked for.
    pub(crate) total: Option<u64>,
    /// In the order in which they were asked for; `None` where the answer has no number.
    pub(crate) counts: Vec<Option<u64>>,
    /// Dialogs in the answer that were not asked for.
    pub(crate) unasked: u64,
}

impl Unread {
    /// Reads the map of an answer. `total` is never a dialog; other keys count if they were asked
    /// for, since some answers hold all dialogs of the user.
    pub(super) fn read(body: &[u8], asked: &[&str]) -> Result<Self, AttemptError> {
        let map: HashMap<String, Value> = parse(body)?;
        let counts: Vec<Option<u64>> = asked
            .iter()
            .map(|&id| map.get(id).and_then(number))
            .collect();
        let known = asked.iter().filter(|&&id| map.contains_key(id)).count();
        let total = map.get("total").and_then(number);
        let others = map.len() - known - usize::from(map.contains_key("total"));
        Ok(Self {
            total,
            counts,
            unasked: others as u64,
        })
    }
}

impl<T> Page<T> {
    /// Reads a page, whose entries `read` takes apart.
    pub(super) fn read(body: &[u8], read: fn(&Value) -> Option<T>) -> Result<Self, AttemptError> {
        let map: Map<String, Value> = parse(body)?;
        let Some(Value::Array(entries)) = map.get("items") else {
            let what = "unusable answer: a page without `items`";
            return Err(AttemptError::no_answer(what.to_owned()));
        };
        Ok(Self {
            total: map.get("total_entries").and_then(number),
            items: entries.iter().filter_map(read).collect(),
            entries: entries.len() as u64,
        })
    }
}

fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, AttemptError> {
    serde_json::from_slice(body).map_err(|error| {
        // Where it went wrong, not with what: the answer holds names of people.
        let what = format!(
            "unusable answer: not of this endpoint, at byte {}",
            error.column()
        );
        AttemptError::no_answer(what)
    })
}

/// A user, plain or wrapped as in `users.json`, or an id alone.
pub(crate) fn user_of(value: &Value) -> Option<User> {
    let value = value.get("user").unwrap_or(value);
    if let Some(id) = number(value) {
        return Some(User {
            id,
            login: None,
            email: None,
            external_user_id: None,
        });
    }
    let text = |name: &str| match value.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    };
    let id = value.get("id").or_else(|| value.get("user_id"))?;
    Some(User {
        id: number(id)?,
        login: text("login"),
        email: text("email"),
        external_user_id: text("external_user_id"),
    })
}

/// A dialog as in `Dialog.json`, or an id alone.
pub(crate) fn dialog_of(value: &Value) -> Option<Dialog> {
    let well = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic());
    let member = || {
        ["_id", "dialog_id", "chat_dialog_id", "id"]
            .into_iter()
            .find_map(|name| value.get(name)?.as_str())
    };
    let id = value.as_str().or_else(member)?;
    if !well(id) || id.contains(',') {
        return None;
    }
    let occupants = value.get("occupants_ids").and_then(Value::as_array);
    Some(Dialog {
        id: id.to_owned(),
        kind: DialogKind::of(value.get("type").and_then(number)),
        occupants: occupants.map(|ids| ids.iter().filter_map(number).collect()),
        unread: value.get("unread_messages_count").and_then(number),
    })
}

impl DialogKind {
    /// The type of that number.
    pub(crate) const fn of(number: Option<u64>) -> Self {
        match number {
            Some(1) => Self::Public,
            Some(2) => Self::Group,
            Some(3) => Self::Private,
            Some(_) | None => Self::Unknown,
        }
    }
}

/// A whole number from 0, also as text.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What an answer with another status than 200 means.
pub(super) fn trouble(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> AttemptError {
    let refusal = Refusal {
        code: i64::from(status.as_u16()),
        info: printable::shortened(&error_text(body), INFO_MAX),
    };
    match status.as_u16() {
        // The key or the session is refused, whoever the user is.
        401 => AttemptError::Fatal(StopReason::Refused(refusal)),
        429 => AttemptError::RateLimited {
            refusal,
            retry_after: retry_after(headers),
        },
        408 => AttemptError::Transient(refusal),
        // A gateway, or a server that is unwell; all of them down is an outage.
        500..=599 => AttemptError::NoAnswer(NoAnswer {
            info: format!("HTTP status {status}: {}", refusal.info),
            status: Some(status.as_u16()),
            retry_after: retry_after(headers),
        }),
        300..=399 => AttemptError::Fatal(StopReason::Misunderstood(refusal)),
        // 403: not allowed for this user. 404: no such user. 422: a field is refused.
        _ => AttemptError::Refused(refusal),
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}

/// The texts of an error: `errors` as a list, as lists by field, or as one text.
fn error_text(body: &[u8]) -> String {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return String::new();
    };
    let errors = ["errors", "error", "message"]
        .into_iter()
        .find_map(|name| value.get(name));
    errors.map(flat).unwrap_or_default()
}

fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(flat).collect::<Vec<_>>().join("; "),
        Value::Object(fields) => fields
            .iter()
            .map(|(field, texts)| match field.as_str() {
                "base" => flat(texts),
                field => format!("{field} {}", flat(texts)),
            })
            .collect::<Vec<_>>()
            .join("; "),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn total_is_no_dialog_and_only_asked_keys_are_kept() {
        let body = br#"{"total": 15, "aa": 5, "bb": "2", "cc": null, "zz": 9}"#;
        let unread = Unread::read(body, &["aa", "bb", "cc", "dd"]).unwrap();
        assert_eq!(unread.total, Some(15));
        assert_eq!(unread.counts, [Some(5), Some(2), None, None]);
        assert_eq!(unread.unasked, 1);
    }

    #[test]
    fn an_answer_that_is_no_map_is_no_answer() {
        for body in ["<items type=\"array\"/>", "[]", "", "15"] {
            let trouble = Unread::read(body.as_bytes(), &["aa"]).unwrap_err();
            assert!(matches!(trouble, AttemptError::NoAnswer(_)), "{body}");
        }
    }

    #[test]
    fn errors_are_read_in_all_their_forms() {
        for (errors, text) in [
            (json!(["Unauthorized"]), "Unauthorized"),
            (json!({"base": ["No", "never"]}), "No; never"),
            (
                json!({"page": ["should be a number"]}),
                "page should be a number",
            ),
            (json!("Forbidden. Need user."), "Forbidden. Need user."),
            (json!(null), ""),
        ] {
            let body = json!({ "errors": errors }).to_string();
            assert_eq!(error_text(body.as_bytes()), text);
        }
        assert_eq!(error_text(b"<html>"), "");
    }

    #[test]
    fn each_status_has_its_action() {
        let of = |status: u16| {
            let status = StatusCode::from_u16(status).unwrap();
            trouble(status, &HeaderMap::new(), b"{\"errors\":[\"why\"]}")
        };
        assert!(matches!(
            of(401),
            AttemptError::Fatal(StopReason::Refused(_))
        ));
        assert!(matches!(
            of(302),
            AttemptError::Fatal(StopReason::Misunderstood(_))
        ));
        assert!(matches!(of(429), AttemptError::RateLimited { .. }));
        assert!(matches!(of(408), AttemptError::Transient(_)));
        for status in [500, 502, 503] {
            assert!(matches!(of(status), AttemptError::NoAnswer(_)));
        }
        for status in [400, 403, 404, 422] {
            assert!(matches!(of(status), AttemptError::Refused(refusal) if refusal.info == "why"));
        }
    }

    #[test]
    fn users_and_dialogs_are_read_plain_wrapped_or_as_ids() {
        let user = |value| user_of(&value).map(|user| (user.id, user.external_user_id));
        assert_eq!(
            user(json!({"user": {"id": 7, "external_user_id": 42}})),
            Some((7, Some("42".to_owned())))
        );
        assert_eq!(user(json!({"id": "7"})), Some((7, None)));
        assert_eq!(user(json!(7)), Some((7, None)));
        assert_eq!(user(json!({"name": "x"})), None);
        let dialog = |value| dialog_of(&value).map(|dialog| (dialog.id, dialog.kind));
        assert_eq!(
            dialog(json!({"_id": "aa", "type": 3})),
            Some(("aa".to_owned(), DialogKind::Private))
        );
        assert_eq!(
            dialog(json!("aa")),
            Some(("aa".to_owned(), DialogKind::Unknown))
        );
        assert_eq!(dialog(json!("a,b")), None);
    }
}

//! The three calls of QuickBlox's REST API that tell unread counts, and the one that clears them.
//!
//! Sources: QuickBlox's reference (unread count, dialogs, users, authentication) and its help
//! centre for the limits. A caller is an application key on behalf of a user, or a user's session.

pub(super) mod data;
mod session;

use std::collections::HashMap;
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

pub(super) use self::data::QuickBlox;
use self::data::{Dialog, User};
pub(super) use self::session::Sessions;
pub(crate) use self::session::{LIFETIME as SESSION_LIFETIME, Session};
use super::stats::Outcome;

/// Who may call, and how often.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    /// The key of `Authorization: ApiKey …`, if there is one.
    pub(crate) api_key: Option<SecretString>,
    /// Sessions of `QB-Token`.
    pub(crate) sessions: Vec<Session>,
    /// How long after its last call a session ends.
    pub(crate) session_lifetime: Duration,
    /// Calls per second over all endpoints: 80, 120 or 160 by plan.
    pub(crate) per_second: u32,
}

/// One endpoint.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) path: &'static str,
    pub(super) name: &'static str,
    needs_user: bool,
    handle: fn(&mut QuickBlox, &Caller<'_>) -> Result<Value, Refusal>,
}

pub(super) static ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        path: "/chat/Message/unread.json",
        name: "quickblox_unread",
        needs_user: true,
        handle: unread,
    },
    Endpoint {
        path: "/chat/Dialog.json",
        name: "quickblox_dialogs",
        needs_user: true,
        handle: dialogs,
    },
    Endpoint {
        path: "/users.json",
        name: "quickblox_users",
        needs_user: false,
        handle: users,
    },
    Endpoint {
        path: "/chat/Message.json",
        name: "quickblox_messages",
        needs_user: true,
        handle: messages,
    },
];

/// What arrived.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival<'a> {
    pub(super) is_get: bool,
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
    /// The present in Unix seconds.
    pub(super) now: u64,
    /// The same by the clock that sessions go by.
    pub(super) at: Instant,
}

/// The answer and what it means.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) response: Response,
    pub(super) outcome: Outcome,
}

struct Caller<'a> {
    user: u64,
    query: &'a HashMap<String, String>,
}

#[derive(Debug)]
struct Refusal(StatusCode, Value);

impl Refusal {
    fn new(status: StatusCode, text: &str) -> Self {
        Self(status, json!([text]))
    }

    fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "The resource wasn't found")
    }

    /// Validation has its texts by field.
    fn invalid(field: &str, text: &str) -> Self {
        let texts = json!([text]);
        Self(StatusCode::UNPROCESSABLE_ENTITY, json!({ field: texts }))
    }
}

/// Answers a call.
pub(super) fn answer(
    endpoint: &Endpoint,
    arrival: Arrival<'_>,
    access: Option<&Access>,
    (service, sessions): (&mut QuickBlox, &mut Sessions),
) -> Answer {
    let caller = identify(arrival, access, sessions);
    let value = match caller.and_then(|user| carry_out(endpoint, arrival, user, service)) {
        Ok(value) => value,
        Err(refusal) => return refused(&refusal),
    };
    let mut response = Json(value).into_response();
    if let Some(access) = access.filter(|_| arrival.headers.contains_key("qb-token")) {
        let end = expiration_date(arrival.now + access.session_lifetime.as_secs());
        response.headers_mut().extend(end);
    }
    Answer {
        response,
        outcome: Outcome::Ok,
    }
}

/// Says when the session ends if no other call comes.
fn expiration_date(end: u64) -> Option<(HeaderName, HeaderValue)> {
    let end = jiff::Timestamp::from_second(i64::try_from(end).ok()?).ok()?;
    let text = end.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    let name = HeaderName::from_static("qb-token-expirationdate");
    Some((name, HeaderValue::from_str(&text).ok()?))
}

/// The answer that refuses a call with this HTTP status.
pub(super) fn refusal(status: StatusCode) -> Answer {
    refused(&Refusal::new(
        status,
        status.canonical_reason().unwrap_or("Refused"),
    ))
}

fn refused(Refusal(status, errors): &Refusal) -> Answer {
    Answer {
        response: (*status, Json(json!({ "errors": errors }))).into_response(),
        outcome: Outcome::Refused(u32::from(status.as_u16())),
    }
}

fn carry_out(
    endpoint: &Endpoint,
    arrival: Arrival<'_>,
    user: Option<u64>,
    service: &mut QuickBlox,
) -> Result<Value, Refusal> {
    if !arrival.is_get {
        return Err(Refusal::not_found());
    }
    let user = match user {
        Some(user) if service.has_user(user) => user,
        Some(_) => return Err(Refusal::not_found()),
        None if endpoint.needs_user => {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "Forbidden. Need user."));
        }
        None => 0,
    };
    let query = url::form_urlencoded::parse(arrival.query.as_bytes())
        .into_owned()
        .collect();
    (endpoint.handle)(
        service,
        &Caller {
            user,
            query: &query,
        },
    )
}

/// The user on whose behalf the call is made; nobody for an application key alone.
fn identify(
    arrival: Arrival<'_>,
    access: Option<&Access>,
    sessions: &mut Sessions,
) -> Result<Option<u64>, Refusal> {
    let unauthorized = |text| Refusal::new(StatusCode::UNAUTHORIZED, text);
    let given = |name: &str| {
        arrival
            .headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    let access = access.ok_or_else(|| unauthorized("Unauthorized"))?;
    if let Some(token) = given("qb-token") {
        return sessions.user(access, token, arrival.at);
    }
    let authorization = given(header::AUTHORIZATION.as_str());
    let authorization = authorization.ok_or_else(|| unauthorized("Token is required"))?;
    let key = authorization.strip_prefix("ApiKey ").map(str::trim);
    let known = access.api_key.as_ref().map(SecretString::expose_secret);
    if key.is_none() || key != known {
        return Err(unauthorized("Unauthorized"));
    }
    match given("on-behalf-of").map(str::parse) {
        None => Ok(None),
        Some(Ok(user)) => Ok(Some(user)),
        Some(Err(_not_a_number)) => Err(Refusal::not_found()),
    }
}

/// The total over all dialogs of the user, and the count of each dialog that was asked for.
#[expect(clippy::unnecessary_wraps, reason = "all endpoints share one type")]
fn unread(service: &mut QuickBlox, caller: &Caller<'_>) -> Result<Value, Refusal> {
    let total: u64 = service
        .dialogs_of(caller.user)
        .map(|dialog| u64::from(dialog.unread_of(caller.user)))
        .sum();
    let mut counts = Map::new();
    counts.insert("total".to_owned(), json!(total));
    let asked = caller
        .query
        .get("chat_dialog_ids")
        .map(String::as_str)
        .unwrap_or_default();
    for id in asked.split(',').filter(|id| !id.is_empty()) {
        let count = service
            .dialog(id)
            .map_or(0, |dialog| dialog.unread_of(caller.user));
        counts.insert(id.to_owned(), json!(count));
    }
    Ok(Value::Object(counts))
}

/// A page of the user's dialogs: 100 unless asked otherwise, 1,000 at most.
fn dialogs(service: &mut QuickBlox, caller: &Caller<'_>) -> Result<Value, Refusal> {
    let limit = number(caller, "limit", 100)?.min(1_000);
    let skip = number(caller, "skip", 0)?;
    let kinds = caller
        .query
        .get("type[in]")
        .or_else(|| caller.query.get("type"));
    let wanted = |dialog: &&Dialog| {
        kinds.is_none_or(|kinds| kinds.split(',').any(|kind| kind.parse() == Ok(dialog.kind)))
    };
    let all: Vec<&Dialog> = service.dialogs_of(caller.user).filter(wanted).collect();
    let page = all.iter().skip(skip).take(limit);
    let items: Vec<Value> = page
        .map(|dialog| dialog_item(dialog, caller.user))
        .collect();
    Ok(json!({"total_entries": all.len(), "skip": skip, "limit": limit, "items": items}))
}

fn dialog_item(dialog: &Dialog, user: u64) -> Value {
    let room = format!("1_{}@muc.chat.quickblox.com", dialog.id);
    let room = if dialog.kind == 3 {
        Value::Null
    } else {
        json!(room)
    };
    json!({
        "_id": dialog.id, "type": dialog.kind, "name": dialog.name, "user_id": dialog.user_id,
        "occupants_ids": dialog.occupants_ids, "xmpp_room_jid": room, "photo": null, "data": null,
        "last_message": null, "last_message_date_sent": null, "last_message_id": null,
        "last_message_user_id": null, "unread_messages_count": dialog.unread_of(user),
        "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z",
    })
}

/// A page of all users: 10 unless asked otherwise, 100 at most.
fn users(service: &mut QuickBlox, caller: &Caller<'_>) -> Result<Value, Refusal> {
    let per_page = number(caller, "per_page", 10)?.clamp(1, 100);
    let page = number(caller, "page", 1)?.max(1);
    let skipped = (page - 1).saturating_mul(per_page);
    let items: Vec<Value> = service
        .users
        .iter()
        .skip(skipped)
        .take(per_page)
        .map(user_item)
        .collect();
    let total = service.users.len();
    Ok(json!({
        "current_page": page, "per_page": per_page, "total_entries": total, "items": items,
    }))
}

fn user_item(user: &User) -> Value {
    json!({"user": {
        "id": user.id, "login": user.login, "email": user.email, "full_name": user.full_name,
        "external_user_id": user.external_user_id,
        "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z",
        "last_request_at": null, "custom_data": null, "user_tags": null,
    }})
}

/// A look at messages, which marks them read unless `mark_as_read=0`: here for callers that should
/// not do it, so that it shows.
fn messages(service: &mut QuickBlox, caller: &Caller<'_>) -> Result<Value, Refusal> {
    let asked = caller
        .query
        .get("chat_dialog_id")
        .map(String::as_str)
        .unwrap_or_default();
    let keeps = caller
        .query
        .get("mark_as_read")
        .is_some_and(|mark| mark == "0");
    if service.dialog(asked).is_none() {
        return Err(Refusal::not_found());
    }
    if !keeps {
        service.read(caller.user, asked);
    }
    Ok(json!({"skip": 0, "limit": 100, "items": []}))
}

fn number(caller: &Caller<'_>, name: &str, default: usize) -> Result<usize, Refusal> {
    let Some(text) = caller.query.get(name) else {
        return Ok(default);
    };
    text.parse()
        .ok()
        .ok_or_else(|| Refusal::invalid(name, "should be a number"))
}

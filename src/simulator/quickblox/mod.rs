//! The three calls of QuickBlox's REST API that tell unread counts, and the one that clears them.
//!
//! Sources: QuickBlox's reference (unread count, dialogs, users, authentication) and its help
//! centre for the limits. A caller is an application key on behalf of a user, or a user's session.

pub(super) mod data;
mod read;
mod session;
mod xml;

use std::collections::HashMap;
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::time::Instant;

pub(super) use self::data::QuickBlox;
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
    is_xml: bool,
    handle: Handler,
}

type Handler = fn(&mut QuickBlox, &Caller<'_>) -> Result<Value, Refusal>;

pub(super) static ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        "/chat/Message/unread.json",
        "quickblox_unread",
        read::unread,
    ),
    Endpoint::new("/chat/Message/unread.xml", "quickblox_unread", read::unread).in_xml(),
    Endpoint::new("/chat/Message/unread", "quickblox_unread", read::unread).in_xml(),
    Endpoint::new("/chat/Dialog.json", "quickblox_dialogs", read::dialogs),
    Endpoint::new("/users.json", "quickblox_users", read::users).for_applications(),
    Endpoint::new("/chat/Message.json", "quickblox_messages", read::messages),
];

/// Stands for all other paths.
pub(super) static UNKNOWN: Endpoint =
    Endpoint::new("", "quickblox_unknown", |_, _| Err(Refusal::not_found())).for_applications();

impl Endpoint {
    const fn new(path: &'static str, name: &'static str, handle: Handler) -> Self {
        Self {
            path,
            name,
            needs_user: true,
            is_xml: false,
            handle,
        }
    }

    const fn for_applications(self) -> Self {
        Self {
            needs_user: false,
            ..self
        }
    }

    const fn in_xml(self) -> Self {
        Self {
            is_xml: true,
            ..self
        }
    }

    fn response(&self, status: StatusCode, json: Value, xml: fn(&Value) -> String) -> Response {
        if !self.is_xml {
            return (status, Json(json)).into_response();
        }
        let form = [(header::CONTENT_TYPE, "application/xml; charset=utf-8")];
        (status, form, xml(&json)).into_response()
    }
}

/// What arrived.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival<'a> {
    pub(super) is_get: bool,
    pub(super) query: &'a str,
    /// The whole body: a form, which the page of unread counts sends with GET.
    /// Nothing when it is too large.
    pub(super) body: Option<&'a [u8]>,
    pub(super) headers: &'a HeaderMap,
    /// The present in Unix seconds.
    pub(super) now: u64,
    /// The same by the clock that sessions go by.
    pub(super) at: Instant,
    /// Whether pages tell how many entries there are in all.
    pub(super) tells_totals: bool,
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
    tells_totals: bool,
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
        Err(refusal) => return refused(endpoint, &refusal),
    };
    let mut response = endpoint.response(StatusCode::OK, value, xml::counts);
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
pub(super) fn refusal(endpoint: &Endpoint, status: StatusCode) -> Answer {
    let text = status.canonical_reason().unwrap_or("Refused");
    refused(endpoint, &Refusal::new(status, text))
}

fn refused(endpoint: &Endpoint, Refusal(status, errors): &Refusal) -> Answer {
    let json = json!({ "errors": errors });
    let texts = |json: &Value| xml::errors(&json["errors"]);
    Answer {
        response: endpoint.response(*status, json, texts),
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
    let too_large = || Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "Request body is too large");
    let body = arrival.body.ok_or_else(too_large)?;
    let user = match user {
        Some(user) if service.has_user(user) => user,
        Some(_) => return Err(Refusal::not_found()),
        None if endpoint.needs_user => {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "Forbidden. Need user."));
        }
        None => 0,
    };
    // A form in the body counts beside the query.
    let query = [arrival.query.as_bytes(), body]
        .into_iter()
        .flat_map(|form| url::form_urlencoded::parse(form).into_owned())
        .collect();
    (endpoint.handle)(
        service,
        &Caller {
            user,
            query: &query,
            tells_totals: arrival.tells_totals,
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

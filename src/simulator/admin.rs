//! The simulator's own endpoints: what callers did, and the state they left.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::exchange::Simulator;
use super::world::{Cursor, MemberNumber, Role, World};

/// Lines written at a time: some 64 KiB of text, the size of a socket's buffer.
const LINES: usize = 1_024;

#[derive(Deserialize)]
struct Filter {
    group_id: Option<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    group_id: &'a str,
    member_account: &'a str,
    unread_num: u32,
    calls: u16,
}

/// What is still to be listed.
#[derive(Debug, Clone, Copy)]
enum Rest {
    /// All memberships from this place on.
    From(usize),
    /// Those of one group from this one on.
    Group(Option<MemberNumber>),
}

const STATS: &str = "/simulator/stats";
const UNREAD: &str = "/simulator/unread";
const WORLD: &str = "/simulator/world";

#[cfg(test)]
/// All paths that are served here.
pub(super) const PATHS: [&str; 3] = [STATS, UNREAD, WORLD];

/// The routes below `/simulator`.
pub(super) fn routes() -> Router<Arc<Simulator>> {
    Router::new()
        .route(STATS, get(stats))
        .route(UNREAD, get(unread))
        .route(WORLD, get(world).put(replace_world))
        .method_not_allowed_fallback(wrong_method)
}

/// The answer for a path below `/simulator` that does not exist.
pub(super) fn not_found() -> Response {
    let text = "expected /simulator/stats, /simulator/unread or /simulator/world\n";
    (StatusCode::NOT_FOUND, text).into_response()
}

async fn wrong_method() -> Response {
    let text = "expected GET; /simulator/world takes PUT, too\n";
    (StatusCode::METHOD_NOT_ALLOWED, text).into_response()
}

async fn stats(State(simulator): State<Arc<Simulator>>) -> Response {
    let state = simulator.state();
    axum::Json(state.stats.view(Instant::now(), state.world.repeats())).into_response()
}

/// One line a member, in the order in which they joined.
async fn unread(State(simulator): State<Arc<Simulator>>, Query(filter): Query<Filter>) -> Response {
    let rest = match filter.group_id {
        None => Rest::From(0),
        Some(id) => {
            let state = simulator.state();
            let Some(group) = state.world.group(&id) else {
                let text = format!("group `{id}` does not exist\n");
                return (StatusCode::NOT_FOUND, text).into_response();
            };
            Rest::Group(state.world.first_of_group(group))
        }
    };
    let lines = futures_util::stream::unfold(rest, move |mut rest| {
        let text = write_lines(&simulator.state().world, &mut rest);
        std::future::ready((!text.is_empty()).then_some((Ok::<_, std::io::Error>(text), rest)))
    });
    (
        [(header::CONTENT_TYPE, "application/x-ndjson")],
        Body::from_stream(lines),
    )
        .into_response()
}

fn write_lines(world: &World, rest: &mut Rest) -> String {
    let mut text = String::new();
    let mut lines = 0;
    while lines < LINES {
        let Some(number) = take_next(world, rest) else {
            break;
        };
        let member = world.member(number);
        if member.role == Role::NotMember {
            continue;
        }
        let line = Line {
            group_id: member.group_id,
            member_account: member.account,
            unread_num: member.unread,
            calls: member.calls,
        };
        text.push_str(&serde_json::to_string(&line).expect("texts and numbers are valid JSON"));
        text.push('\n');
        lines += 1;
    }
    text
}

fn take_next(world: &World, rest: &mut Rest) -> Option<MemberNumber> {
    match rest {
        Rest::From(place) => {
            let number = world.nth_membership(*place)?;
            *place += 1;
            Some(number)
        }
        Rest::Group(next) => {
            let number = (*next)?;
            *next = world.next_in_group(number);
            Some(number)
        }
    }
}

async fn world(State(simulator): State<Arc<Simulator>>) -> Response {
    let pieces = futures_util::stream::unfold(Cursor::default(), move |mut cursor| {
        let piece = simulator.state().world.piece(&mut cursor);
        std::future::ready(piece.map(|piece| (Ok::<_, std::io::Error>(piece), cursor)))
    });
    (
        [(header::CONTENT_TYPE, "application/json")],
        Body::from_stream(pieces),
    )
        .into_response()
}

/// Replaces the state; the record of calls goes on.
async fn replace_world(State(simulator): State<Arc<Simulator>>, body: Body) -> Response {
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return (StatusCode::BAD_REQUEST, "the body broke off\n").into_response();
    };
    match World::from_json(bytes.as_ref()) {
        Ok(world) => {
            simulator.replace_world(world);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => {
            let text = format!("{error}\n");
            (StatusCode::UNPROCESSABLE_ENTITY, text).into_response()
        }
    }
}

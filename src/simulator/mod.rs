//! A stand-in for the two services, on this machine only: for rehearsals, demos and tests.
//!
//! It is an independent reading of the vendors' pages and uses nothing else of this crate, so that
//! a mistake of the caller cannot be repeated here and pass. `world` is what the service
//! remembers, `tencent` its REST API, `behaviour` and `quota` what makes it refuse or fail, and
//! `stats` its judgement of the caller. All time is tokio's, so a test may pause it; the wall clock
//! is an option.

mod admin;
mod arrival;
mod behaviour;
mod certificate;
mod exchange;
mod line;
mod options;
mod quickblox;
mod quirk;
mod quota;
mod server;
mod stats;
mod tencent;
mod world;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::response::Response;
use axum::routing::any;

pub(crate) use self::behaviour::{
    Behaviour, Error as BehaviourError, Fault, Latency, Window, parse_duration,
};
pub(crate) use self::certificate::Certificate;
pub(crate) use self::exchange::Simulator;
use self::exchange::Target;
pub(crate) use self::options::Options;
pub(crate) use self::quickblox::{
    Access as QuickBloxAccess, SESSION_LIFETIME, Session as QuickBloxSession,
};
pub(crate) use self::quirk::{Choice as QuirkChoice, quirk_help};
pub(crate) use self::server::{Running, Server};
pub(crate) use self::world::World;

/// The simulator as a service that can be called without a socket.
///
/// An answer that a socket would never deliver is a response with `Cut` among its extensions and
/// a body that fails when it is read.
pub(crate) fn router(simulator: Arc<Simulator>) -> Router {
    Router::new()
        .merge(admin::routes())
        .merge(quickblox_routes())
        .fallback(other)
        .with_state(simulator)
}

fn quickblox_routes() -> Router<Arc<Simulator>> {
    quickblox::ENDPOINTS.iter().fold(Router::new(), |router, endpoint| {
        let serve = move |State(simulator): State<Arc<Simulator>>, request: Request<Body>| async move {
            simulator.serve(Target::QuickBlox(endpoint), request).await
        };
        router.route(endpoint.path, any(serve))
    })
}

/// All commands of the Tencent side, and paths that lead nowhere: each service refuses them in its
/// own form.
async fn other(State(simulator): State<Arc<Simulator>>, request: Request<Body>) -> Response {
    let path = request.uri().path();
    if path.starts_with("/simulator") {
        return admin::not_found();
    }
    let target = match tencent::command_of(path) {
        Some(command) => Target::Tencent(command),
        None => Target::QuickBlox(&quickblox::UNKNOWN),
    };
    simulator.serve(target, request).await
}

#[cfg(test)]
use self::line::Cut;
#[cfg(test)]
mod tests;

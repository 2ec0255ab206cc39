//! The simulator in process, for tests of what calls it: no socket, so the clock may be paused.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use tower::ServiceExt as _;

use crate::simulator::{self, Behaviour, Options, Simulator};
use crate::tencent::{
    Client, Credential, DepartureNotice, Endpoint, Failure, FailureKind, Target, Transport,
};

/// The simulated app.
pub(crate) const APP: u64 = 1_400_000_001;

/// The key of its signatures.
pub(crate) const KEY: &str = "a key for tests";

/// When it is started, in seconds since 1970.
const STARTED: u32 = 1_790_000_000;

/// The time at its start.
pub(crate) fn start() -> Timestamp {
    Timestamp::from_second(STARTED.into()).unwrap()
}

/// What a simulator with this `behaviour` is started with.
pub(crate) fn options(behaviour: Behaviour) -> Options {
    let mut options = Options::new(APP, KEY.into(), Duration::from_secs(STARTED.into()));
    options.behaviour = behaviour;
    options
}

/// The simulator as a transport.
pub(crate) struct InProcess(Router);

impl InProcess {
    pub(crate) fn new(simulator: &Arc<Simulator>) -> Self {
        Self(simulator::router(Arc::clone(simulator)))
    }
}

impl Transport for InProcess {
    async fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        drop(request.extensions_mut().remove::<DepartureNotice>());
        let closed = || Failure::new(FailureKind::Closed, "cut");
        let answer = self.0.clone().oneshot(request.map(Body::from)).await;
        let (head, body) = answer.map_err(|_never| closed())?.into_parts();
        let body = body.collect().await.map_err(|_cut| closed())?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

/// A client of `simulator` that signs with `key`; `now` is its clock.
pub(crate) fn client(
    simulator: &Arc<Simulator>,
    key: &str,
    now: fn() -> Timestamp,
) -> Client<InProcess> {
    let endpoint = Endpoint::parse("http://127.0.0.1:9").unwrap();
    let target = Target::new(endpoint, APP, "administrator").unwrap();
    let credential = Credential::Key {
        secret_key: key.into(),
        lifetime: 86_400,
    };
    Client::new(InProcess::new(simulator), target, credential, now)
}

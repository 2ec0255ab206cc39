//! The way of one call: arrival, quota and fate, the service's answer, and how it is delivered.
//!
//! State changes when the whole request is here; latency and stalls hold back only the answer, so
//! a caller that gives up early has still been served. The lock is held for two short stretches
//! without an await: at the arrival of the request's head, which is what quota and statistics
//! count, and when the call is carried out.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Method, Request, StatusCode, header, request};
use axum::response::{IntoResponse as _, Response};
use tokio::time::{Instant, sleep_until};
use xxhash_rust::xxh3::xxh3_64;

use super::behaviour::{Fate, FaultKind};
use super::line::{Cut, Line};
use super::options::Options;
use super::quota::Second;
use super::stats::{Outcome, Stats};
use super::tencent;
use super::world::World;

/// The largest request body that is read: far above every documented request.
const LARGEST_BODY: usize = 16 * 1_024 * 1_024;

/// A simulated service: what it was started with and all that it remembers.
#[derive(Debug)]
pub(crate) struct Simulator {
    options: Options,
    opened: Instant,
    /// Held for moments only, and never across an await.
    state: Mutex<State>,
}

/// All that changes from call to call.
#[derive(Debug)]
pub(super) struct State {
    pub(super) world: World,
    pub(super) stats: Stats,
    quotas: HashMap<&'static str, Second>,
    first_call: Option<Instant>,
    calls: u64,
    faults_by_key: HashMap<u64, u32>,
}

/// What was decided about a call when its head arrived.
#[derive(Debug, Clone, Copy)]
struct Admission {
    down: bool,
    over_quota: bool,
    fate: Fate,
    release: Instant,
    void_before: u64,
}

/// How the caller learns about it.
#[derive(Debug)]
enum Delivery {
    Answer(Response),
    Cut(Cut),
}

impl Simulator {
    /// A service that starts with this world.
    pub(crate) fn new(options: Options, world: World) -> Self {
        let opened = Instant::now();
        let state = State {
            world,
            stats: Stats::new(opened),
            quotas: HashMap::new(),
            first_call: None,
            calls: 0,
            faults_by_key: HashMap::new(),
        };
        Self {
            options,
            opened,
            state: Mutex::new(state),
        }
    }

    /// The state. A panic in another call leaves it consistent enough to go on: every change is
    /// one assignment.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether connections are reset at this moment.
    pub(super) fn is_down(&self, now: Instant) -> bool {
        let first_call = self.state().first_call;
        first_call.is_some_and(|first| self.options.behaviour.is_down(now.duration_since(first)))
    }

    /// Serves one call of the Tencent side.
    pub(super) async fn serve_tencent(
        &self,
        command: &'static tencent::Command,
        request: Request<Body>,
    ) -> Response {
        let arrived = Instant::now();
        let limit = self.options.quota_per_second.get(command.name).copied();
        let admission = self.admit(command.name, limit.unwrap_or(command.per_second), arrived);
        let (head, body) = request.into_parts();
        let line = head
            .extensions
            .get::<ConnectInfo<Line>>()
            .map(|line| line.0.clone());
        // A body that breaks off belongs to a caller that is gone, so nobody sees this answer.
        let body = axum::body::to_bytes(body, LARGEST_BODY).await;
        let delivery = self.settle(command, &head, &body.unwrap_or_default(), admission);
        sleep_until(admission.release).await;
        deliver(delivery, line)
    }

    fn admit(&self, name: &'static str, limit: u32, arrived: Instant) -> Admission {
        let behaviour = &self.options.behaviour;
        let mut state = self.state();
        state.stats.arrive(name, arrived);
        let first = *state.first_call.get_or_insert(arrived);
        let elapsed = arrived.duration_since(first);
        let fate = behaviour.fate(self.options.seed, state.calls);
        state.calls += 1;
        let down = behaviour.is_down(elapsed);
        let second = state.quotas.entry(name).or_default();
        let over_quota = !down && !second.admit(arrived, limit);
        let wait = if down { Duration::ZERO } else { fate.latency };
        Admission {
            down,
            over_quota,
            fate,
            release: arrived + wait.max(behaviour.stalled_for(elapsed)),
            void_before: self.void_before(first, arrived),
        }
    }

    /// The moment, in Unix seconds, before which signatures must have been made to have run out.
    fn void_before(&self, first: Instant, now: Instant) -> u64 {
        let after = self.options.behaviour.signatures_expire_after;
        let moment = after
            .map(|after| first + after)
            .filter(|&moment| moment <= now);
        moment.map_or(0, |moment| self.unix_time(moment))
    }

    fn unix_time(&self, moment: Instant) -> u64 {
        (self.options.started_at + moment.duration_since(self.opened)).as_secs()
    }

    fn settle(
        &self,
        command: &'static tencent::Command,
        head: &request::Parts,
        body: &[u8],
        admission: Admission,
    ) -> Delivery {
        let mut state = self.state();
        let (delivery, outcome) = self.decide(&mut state, command, (head, body), admission);
        state.stats.settle(command.name, outcome);
        delivery
    }

    fn decide(
        &self,
        state: &mut State,
        command: &'static tencent::Command,
        (head, body): (&request::Parts, &[u8]),
        admission: Admission,
    ) -> (Delivery, Outcome) {
        if admission.down {
            return (
                Delivery::Cut(Cut::Reset),
                Outcome::Faulted("outage".to_owned()),
            );
        }
        if admission.over_quota {
            let code = self.options.rate_limit_code;
            return (
                json(tencent::refusal(code).json),
                Outcome::RateLimited(code),
            );
        }
        let fault = admission
            .fate
            .fault
            .filter(|_| self.may_fault(state, command.name, body));
        if let Some(delivery) = fault.and_then(before_effect) {
            let name = fault.map(|fault| fault.to_string()).unwrap_or_default();
            return (delivery, Outcome::Faulted(name));
        }
        let arrival = tencent::Arrival {
            is_post: head.method == Method::POST,
            query: head.uri.query().unwrap_or_default(),
            body,
            now: self.unix_time(Instant::now()),
            void_before: admission.void_before,
        };
        let answer = tencent::answer(command, arrival, &self.options, &mut state.world);
        match (fault, &answer.outcome) {
            (Some(_), Outcome::Ok) => (Delivery::Cut(Cut::Close), Outcome::Lost),
            (Some(_), _) => (
                Delivery::Cut(Cut::Close),
                Outcome::Faulted("lost".to_owned()),
            ),
            (None, _) => (json(answer.json), answer.outcome),
        }
    }

    /// Whether the call may be hit, given how many faults its body has met with.
    fn may_fault(&self, state: &mut State, name: &str, body: &[u8]) -> bool {
        let Some(limit) = self.options.behaviour.faults_per_key else {
            return true;
        };
        let key = xxh3_64(body) ^ xxh3_64(name.as_bytes());
        let faults = state.faults_by_key.entry(key).or_default();
        let may = *faults < limit;
        *faults += u32::from(may);
        may
    }
}

/// What a fault that strikes before the call takes effect delivers; nothing for one that strikes
/// afterwards.
fn before_effect(fault: FaultKind) -> Option<Delivery> {
    match fault {
        FaultKind::Http {
            status,
            retry_after,
        } => Some(gateway_error(status, retry_after)),
        FaultKind::Reset => Some(Delivery::Cut(Cut::Reset)),
        FaultKind::Lost => None,
        FaultKind::Code(code) => Some(json(tencent::refusal(code).json)),
        FaultKind::NotJson => Some(Delivery::Answer(html(
            StatusCode::OK,
            "<html><body>welcome</body></html>",
        ))),
    }
}

fn gateway_error(status: u16, retry_after: Option<u32>) -> Delivery {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = html(status, "<html><body><h1>gateway error</h1></body></html>");
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Delivery::Answer(response)
}

fn html(status: StatusCode, body: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/html")], body).into_response()
}

fn json(body: String) -> Delivery {
    let response = ([(header::CONTENT_TYPE, "application/json")], body).into_response();
    Delivery::Answer(response)
}

/// On a socket a cut takes the connection down before a byte of an answer is written. Without
/// one, the response carries the [`Cut`] as an extension and its body fails when it is read.
fn deliver(delivery: Delivery, line: Option<Line>) -> Response {
    let cut = match delivery {
        Delivery::Answer(response) => return response,
        Delivery::Cut(cut) => cut,
    };
    if let Some(line) = line {
        line.cut(cut);
    }
    let broken = Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset));
    let mut response = Response::new(Body::from_stream(futures_util::stream::iter([broken])));
    response.extensions_mut().insert(cut);
    response
}

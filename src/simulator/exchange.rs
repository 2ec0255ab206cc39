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
use futures_util::StreamExt as _;
use tokio::time::{Instant, sleep_until};
use xxhash_rust::xxh3::xxh3_64;

use super::behaviour::{Fate, FaultKind};
use super::line::{Cut, Line};
use super::options::Options;
use super::quota::SlidingSecond;
use super::stats::{Outcome, Stats};
use super::world::World;
use super::{quickblox, tencent};

/// The largest request body that is taken: far above every documented request.
const LARGEST_BODY: usize = 16 * 1_024 * 1_024;

/// A simulated service: what it was started with and all that it remembers.
#[derive(Debug)]
pub(crate) struct Simulator {
    options: Options,
    /// Held for moments only, and never across an await.
    state: Mutex<State>,
}

/// All that changes from call to call.
#[derive(Debug)]
pub(super) struct State {
    pub(super) world: World,
    pub(super) stats: Stats,
    pub(super) guard: tencent::Guard,
    sessions: quickblox::Sessions,
    quotas: HashMap<&'static str, SlidingSecond>,
    first_call: Option<Instant>,
    calls: u64,
    faults_by_key: HashMap<u64, u32>,
}

/// What a call is addressed to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    /// A command of the Tencent side.
    Tencent(&'static tencent::Command),
    /// An endpoint of the QuickBlox side.
    QuickBlox(&'static quickblox::Endpoint),
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
    pub(crate) fn new(options: Options, mut world: World) -> Self {
        let opened = Instant::now();
        world.choose(&options.quirks);
        world.anchor(seconds(options.wall_clock.unix_time(opened)));
        let state = State {
            world,
            guard: tencent::Guard::default(),
            sessions: quickblox::Sessions::new(opened),
            stats: Stats::new(opened),
            quotas: HashMap::new(),
            first_call: None,
            calls: 0,
            faults_by_key: HashMap::new(),
        };
        Self {
            options,
            state: Mutex::new(state),
        }
    }

    /// Replaces the world. The quirks that the simulator was started with stay.
    pub(super) fn replace_world(&self, mut world: World) {
        world.choose(&self.options.quirks);
        world.anchor(seconds(self.options.wall_clock.unix_time(Instant::now())));
        self.state().world = world;
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

    /// Serves one call.
    pub(super) async fn serve(&self, target: Target, request: Request<Body>) -> Response {
        let (head, body) = request.into_parts();
        let line = head.extensions.get::<ConnectInfo<Line>>();
        let line = line.map(|line| line.0.clone());
        let arrived = line.as_ref().and_then(Line::arrived);
        let admission = self.admit(target, arrived.unwrap_or_else(Instant::now));
        let body = read_whole(body).await;
        let delivery = self.settle(target, &head, body.as_deref(), admission);
        sleep_until(admission.release).await;
        deliver(delivery, line)
    }

    fn admit(&self, target: Target, arrived: Instant) -> Admission {
        let behaviour = &self.options.behaviour;
        let mut state = self.state();
        state.stats.arrive(target.name(), arrived);
        if target.quota_name() != target.name() {
            state.stats.arrive_shared(target.quota_name(), arrived);
        }
        let first = *state.first_call.get_or_insert(arrived);
        let elapsed = arrived.duration_since(first);
        let fate = behaviour.fate(self.options.seed, state.calls);
        state.calls += 1;
        let down = behaviour.is_down(elapsed);
        let over_quota = !down && !self.is_within_quota(&mut state, target, arrived);
        let wait = if down { Duration::ZERO } else { fate.latency };
        Admission {
            down,
            over_quota,
            fate,
            release: arrived + wait.max(behaviour.stalled_for(elapsed)),
            void_before: self.void_before(first, arrived),
        }
    }

    fn is_within_quota(&self, state: &mut State, target: Target, arrived: Instant) -> bool {
        let limit = self.quota(target);
        let counts_refused = state.world.quirks().quota_counts_refused();
        let second = state.quotas.entry(target.quota_name()).or_default();
        if counts_refused {
            second.count(arrived) <= limit as usize
        } else {
            second.admit(arrived, limit)
        }
    }

    fn quota(&self, target: Target) -> u32 {
        let chosen = self
            .options
            .quota_per_second
            .get(target.quota_name())
            .copied();
        chosen.unwrap_or_else(|| match target {
            Target::Tencent(command) => command.per_second,
            Target::QuickBlox(_) => self.options.quickblox.as_ref().map_or(80, |a| a.per_second),
        })
    }

    /// The moment, in Unix seconds, before which signatures must have been made to have run out.
    fn void_before(&self, first: Instant, now: Instant) -> u64 {
        let after = self.options.behaviour.signatures_expire_after;
        let moment = after
            .map(|after| first + after)
            .filter(|&moment| moment <= now);
        let wall_clock = self.options.wall_clock;
        moment.map_or(0, |moment| wall_clock.unix_time(moment))
    }

    fn settle(
        &self,
        target: Target,
        head: &request::Parts,
        body: Option<&[u8]>,
        admission: Admission,
    ) -> Delivery {
        let mut state = self.state();
        let (delivery, outcome) = self.decide(&mut state, target, (head, body), admission);
        state.stats.settle(target.name(), outcome);
        delivery
    }

    fn decide(
        &self,
        state: &mut State,
        target: Target,
        (head, body): (&request::Parts, Option<&[u8]>),
        admission: Admission,
    ) -> (Delivery, Outcome) {
        if admission.down {
            return (
                Delivery::Cut(Cut::Reset),
                Outcome::Faulted("outage".to_owned()),
            );
        }
        if admission.over_quota {
            return target.over_quota(state.world.quirks().rate_code());
        }
        let fault = admission.fate.fault;
        let fault =
            fault.filter(|_| self.may_fault(state, target.key(head, body.unwrap_or_default())));
        if let Some(delivery) = fault.and_then(|fault| target.before_effect(fault)) {
            let name = fault.map(|fault| fault.to_string()).unwrap_or_default();
            return (delivery, Outcome::Faulted(name));
        }
        let (delivery, outcome) = self.answer(state, target, (head, body), admission);
        match (fault, &outcome) {
            (Some(_), Outcome::Ok) => (Delivery::Cut(Cut::Close), Outcome::Lost),
            (Some(_), _) => (
                Delivery::Cut(Cut::Close),
                Outcome::Faulted("lost".to_owned()),
            ),
            (None, _) => (delivery, outcome),
        }
    }

    fn answer(
        &self,
        state: &mut State,
        target: Target,
        (head, body): (&request::Parts, Option<&[u8]>),
        admission: Admission,
    ) -> (Delivery, Outcome) {
        let query = head.uri.query().unwrap_or_default();
        let now = self.options.wall_clock.unix_time(Instant::now());
        match target {
            Target::Tencent(command) => {
                let method = &head.method;
                let void_before = admission.void_before;
                let arrival = tencent::Arrival {
                    method,
                    query,
                    body,
                    now,
                    void_before,
                };
                let answer = tencent::answer(command, arrival, &self.options, state);
                (json(StatusCode::OK, answer.json), answer.outcome)
            }
            Target::QuickBlox(endpoint) => {
                let is_get = head.method == Method::GET;
                let arrival = quickblox::Arrival {
                    is_get,
                    query,
                    body,
                    headers: &head.headers,
                    now,
                    at: Instant::now(),
                    tells_totals: state.world.quirks().quickblox_totals(),
                };
                let access = self.options.quickblox.as_ref();
                let service = (&mut state.world.quickblox, &mut state.sessions);
                let answer = quickblox::answer(endpoint, arrival, access, service);
                (answer.response.into(), answer.outcome)
            }
        }
    }

    /// Whether the call may be hit, given how many faults its key has met with.
    fn may_fault(&self, state: &mut State, key: u64) -> bool {
        let Some(limit) = self.options.behaviour.faults_per_key else {
            return true;
        };
        let faults = state.faults_by_key.entry(key).or_default();
        let may = *faults < limit;
        *faults += u32::from(may);
        may
    }
}

impl Target {
    /// What statistics call it.
    fn name(self) -> &'static str {
        match self {
            Self::Tencent(command) => command.name,
            Self::QuickBlox(endpoint) => endpoint.name,
        }
    }

    /// What shares its quota: each command has its own, QuickBlox has one in all.
    fn quota_name(self) -> &'static str {
        match self {
            Self::Tencent(command) => command.name,
            Self::QuickBlox(_) => "quickblox",
        }
    }

    /// What two attempts at the same thing have in common: on the Tencent side the query differs
    /// from one to the next, on the QuickBlox side it is what is asked for.
    fn key(self, head: &request::Parts, body: &[u8]) -> u64 {
        match self {
            Self::Tencent(command) => xxh3_64(body) ^ xxh3_64(command.name.as_bytes()),
            Self::QuickBlox(_) => {
                let user = head
                    .headers
                    .get("on-behalf-of")
                    .map_or(&b""[..], |user| user.as_bytes());
                xxh3_64(head.uri.to_string().as_bytes()) ^ xxh3_64(user)
            }
        }
    }

    fn over_quota(self, code: u32) -> (Delivery, Outcome) {
        match self {
            Self::Tencent(_) => {
                let answer = tencent::refusal(code);
                (
                    json(StatusCode::OK, answer.json),
                    Outcome::RateLimited(code),
                )
            }
            Self::QuickBlox(endpoint) => {
                let answer = quickblox::refusal(endpoint, StatusCode::TOO_MANY_REQUESTS);
                (answer.response.into(), Outcome::RateLimited(429))
            }
        }
    }

    /// What a fault that strikes before the call takes effect delivers; nothing for one that
    /// strikes afterwards.
    fn before_effect(self, fault: FaultKind) -> Option<Delivery> {
        match fault {
            FaultKind::Http {
                status,
                retry_after,
            } => Some(gateway_error(status, retry_after)),
            FaultKind::Reset => Some(Delivery::Cut(Cut::Reset)),
            FaultKind::Lost => None,
            FaultKind::Code(code) => Some(match self {
                Self::Tencent(_) => json(StatusCode::OK, tencent::refusal(code).json),
                Self::QuickBlox(endpoint) => {
                    quickblox::refusal(endpoint, StatusCode::INTERNAL_SERVER_ERROR)
                        .response
                        .into()
                }
            }),
            FaultKind::NotJson => Some(Delivery::Answer(html(
                StatusCode::OK,
                "<html><body>welcome</body></html>",
            ))),
        }
    }
}

impl From<Response> for Delivery {
    fn from(response: Response) -> Self {
        Self::Answer(response)
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

fn json(status: StatusCode, body: String) -> Delivery {
    let json = [(header::CONTENT_TYPE, "application/json")];
    Delivery::Answer((status, json, body).into_response())
}

fn seconds(unix_time: u64) -> u32 {
    u32::try_from(unix_time).unwrap_or(u32::MAX)
}

/// The whole body; nothing where it is too large, once the caller has sent all of it. A body that
/// breaks off belongs to a caller that is gone, so nobody sees the answer to what came of it.
async fn read_whole(body: Body) -> Option<Vec<u8>> {
    let mut stream = body.into_data_stream();
    let mut whole = Some(Vec::new());
    while let Some(Ok(piece)) = stream.next().await {
        if let Some(bytes) = &mut whole {
            bytes.extend_from_slice(&piece);
        }
        whole = whole.filter(|bytes| bytes.len() <= LARGEST_BODY);
    }
    whole
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

//! A transport for tests that answers from a list and remembers what it was asked.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;

use super::client::Client;
use super::credential::Credential;
use super::endpoint::{Endpoint, Target};
use super::region::Region;
use super::transport::{Failure, Transport};

thread_local! {
    static SECOND: Cell<i64> = const { Cell::new(1_700_000_000) };
}

/// The clock of the tests: stands still until it is set.
pub(super) fn clock() -> Timestamp {
    Timestamp::from_second(SECOND.get()).unwrap()
}

/// Sets the clock of this test to a second after its start.
pub(super) fn set_clock(second: i64) {
    SECOND.set(1_700_000_000 + second);
}

/// Answers from a list, in order.
#[derive(Default)]
pub(super) struct Fake {
    answers: RefCell<VecDeque<Result<Response<Bytes>, Failure>>>,
    asked: RefCell<Vec<Request<Bytes>>>,
}

impl Fake {
    /// A transport that gives each body with HTTP 200.
    pub(super) fn answering(bodies: &[&str]) -> Self {
        let answer = |body: &&str| Ok(Response::new(Bytes::from((*body).to_owned())));
        Self {
            answers: RefCell::new(bodies.iter().map(answer).collect()),
            ..Self::default()
        }
    }

    /// A transport that fails once.
    pub(super) fn failing(failure: Failure) -> Self {
        Self {
            answers: RefCell::new([Err(failure)].into()),
            ..Self::default()
        }
    }
}

impl Transport for &Fake {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        self.asked.borrow_mut().push(request);
        self.answers
            .borrow_mut()
            .pop_front()
            .expect("the test prepared an answer for each call")
    }
}

/// What the fake was asked, in the parts that tests look at.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) query: BTreeMap<String, String>,
    pub(super) body: serde_json::Value,
}

impl Fake {
    /// The requests so far, with what every request must be like asserted on the way.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.borrow().iter().map(read).collect()
    }
}

fn read(request: &Request<Bytes>) -> Asked {
    assert_eq!(request.method(), http::Method::POST);
    assert_eq!(request.headers()["content-type"], "application/json");
    let url = url::Url::parse(&request.uri().to_string()).unwrap();
    let names: Vec<_> = url
        .query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect();
    assert_eq!(
        names,
        ["sdkappid", "identifier", "usersig", "random", "contenttype"]
    );
    assert_eq!(
        url.origin().ascii_serialization(),
        "https://console.tim.qq.com"
    );
    Asked {
        path: url.path().to_owned(),
        query: url.query_pairs().into_owned().collect(),
        body: serde_json::from_slice(request.body()).unwrap(),
    }
}

/// The target of the tests.
pub(super) fn target() -> Target {
    Target::new(Endpoint::of(Region::China), 1_400_000_001, "administrator").unwrap()
}

/// A client of the tests' target that signs with a key, each signature lasting 1000 seconds.
pub(super) fn client(fake: &Fake) -> Client<&Fake> {
    let credential = Credential::Key {
        secret_key: "example-secret-key".into(),
        lifetime: 1000,
    };
    Client::new(fake, target(), credential, clock)
}

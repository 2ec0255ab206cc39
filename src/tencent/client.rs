//! One call: sign, send, judge. Holds what all calls of a run share.
//!
//! Made for one thread with many calls in flight: calls borrow the client, and the signature in
//! use changes behind that borrow. Each call is one request; pace and retries are the engine's.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Uri};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::classify::{Verdict, judge};
use super::command::Command;
use super::credential::{Credential, Generation, Renewed, Signer};
use super::endpoint::Target;
use super::transport::{DepartureNotice, Transport};
use super::usersig::UserSig;
use super::wire::SetUnreadMsgNum;

/// Tells the time of day. Signatures and dates of the server need it; pauses and limits do not.
pub(crate) type WallClock = fn() -> Timestamp;

/// What stays as it is in a query value: the characters of a UserSig among them.
const UNESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'*')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.');

/// Calls the commands of one app over one transport.
pub(crate) struct Client<T> {
    transport: T,
    target: Target,
    signer: Signer,
    clock: WallClock,
    query: RefCell<Option<Query>>,
}

/// The part of every URL that changes with the signature only.
#[derive(Clone)]
struct Query {
    generation: Generation,
    signature: Rc<UserSig>,
    text: Rc<str>,
}

impl<T: Transport> Client<T> {
    /// Joins the parts; nothing is signed or sent yet.
    pub(crate) fn new(
        transport: T,
        target: Target,
        credential: Credential,
        clock: WallClock,
    ) -> Self {
        let signer = Signer::new(credential);
        Self {
            transport,
            target,
            signer,
            clock,
            query: RefCell::new(None),
        }
    }

    /// Sets one member's unread count in one group, once.
    ///
    /// The server takes a count above the group's number of messages as that number, and does
    /// nothing for groups that keep no counts; success says neither (page of the command, 2025).
    pub(crate) async fn set_unread_msg_num(
        &self,
        group_id: &str,
        member_account: &str,
        unread_msg_num: u32,
        departure: Option<DepartureNotice>,
    ) -> Verdict {
        let body = SetUnreadMsgNum {
            group_id,
            member_account,
            unread_msg_num,
        };
        self.send(Command::SetUnreadMsgNum, &body, departure)
            .await
            .0
    }

    /// Sends one request and judges its answer by what all answers share. The answer's bytes come
    /// along for commands that ask for more than success.
    pub(super) async fn send(
        &self,
        command: Command,
        body: &impl Serialize,
        departure: Option<DepartureNotice>,
    ) -> (Verdict, Bytes) {
        let query = self.query();
        let mut request = self.request(command, &query, body);
        if let Some(departure) = departure {
            request.extensions_mut().insert(departure);
        }
        let (verdict, body) = match self.transport.send(request).await {
            Ok(response) => {
                let (head, body) = response.into_parts();
                let body = without(body, &query.signature);
                let verdict = judge(head.status, &head.headers, &body, (self.clock)());
                (verdict, body)
            }
            Err(failure) => (Verdict::Unreachable(failure), Bytes::new()),
        };
        (self.settle(verdict, query.generation), body)
    }

    /// Lets the signer learn from a verdict, and makes an expiry final if it cannot help.
    fn settle(&self, verdict: Verdict, generation: Generation) -> Verdict {
        if let Verdict::CredentialExpired(refusal) = verdict {
            return match self.signer.renew(&self.target, (self.clock)(), generation) {
                Renewed::Yes => Verdict::CredentialExpired(refusal),
                Renewed::AlreadyTried | Renewed::NoKey => Verdict::Fatal(refusal),
            };
        }
        if matches!(verdict, Verdict::Succeeded | Verdict::Row(_)) {
            self.signer.accepted(generation);
        }
        verdict
    }

    fn request(&self, command: Command, query: &Query, body: &impl Serialize) -> Request<Bytes> {
        let body = serde_json::to_vec(body).expect("strings and numbers always serialise");
        let uri = format!(
            "{}/v4/{}{}{}&contenttype=json",
            self.target.endpoint(),
            command.path(),
            query.text,
            fastrand::u32(..),
        );
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() =
            Uri::try_from(uri).expect("an origin, a path of ours and escaped values are a URI");
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, json);
        request
    }

    /// The query up to the random number, made anew when the signature is.
    fn query(&self) -> Query {
        let (signature, generation) = self.signer.current(&self.target, (self.clock)());
        let mut query = self.query.borrow_mut();
        let query = match query.take() {
            Some(current) if current.generation == generation => query.insert(current),
            _ => query.insert(Query {
                generation,
                text: self.query_text(&signature).into(),
                signature,
            }),
        };
        query.clone()
    }

    fn query_text(&self, signature: &UserSig) -> String {
        format!(
            "?sdkappid={}&identifier={}&usersig={}&random=",
            self.target.sdk_app_id(),
            utf8_percent_encode(self.target.identifier(), UNESCAPED),
            utf8_percent_encode(signature.expose(), UNESCAPED),
        )
    }
}

/// The answer without the signature, should the server repeat it.
fn without(body: Bytes, signature: &UserSig) -> Bytes {
    let signature = signature.expose();
    if signature.is_empty() || memchr::memmem::find(&body, signature.as_bytes()).is_none() {
        return body;
    }
    String::from_utf8_lossy(&body)
        .replace(signature, "[hidden]")
        .into()
}

#[cfg(test)]
mod tests;

//! The seam between judging answers and getting them: one request out, one answer or failure in.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tokio::sync::oneshot;

/// Carries one request to the target. The network is one implementation, a server in the same
/// process another.
pub(crate) trait Transport {
    /// Sends a request once and reads the whole answer. No redirect is followed, nothing is sent
    /// again.
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Response<Bytes>, Failure>>;
}

/// Travels with a request, as an extension, until its bytes are handed to a connection: then, or
/// when the request is given up, the transport drops it, and whoever watches learns of it.
#[derive(Debug, Clone)]
pub(crate) struct DepartureNotice(
    #[expect(dead_code, reason = "its end is the message")] Arc<oneshot::Sender<()>>,
);

impl DepartureNotice {
    /// A departure, and the future that is done with it.
    pub(crate) fn watched() -> (Self, impl Future<Output = ()> + 'static) {
        let (sender, ended) = oneshot::channel();
        let departed = async move { ended.await.unwrap_or_default() };
        (Self(Arc::new(sender)), departed)
    }
}

/// No usable answer: it did not come, or it is not one of the API.
///
/// The call may still have been carried out, unless no connection stood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {detail}")]
pub(crate) struct Failure {
    /// What went wrong.
    pub(crate) kind: FailureKind,
    /// The particulars, safe to print, without any part of the URL.
    pub(crate) detail: String,
    /// How long the server asks to wait, if it does.
    pub(crate) retry_after: Option<Duration>,
}

/// The kinds of [`Failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FailureKind {
    /// No connection: name resolution, refusal, TLS. Nothing was sent.
    Connect,
    /// The answer did not come in time.
    Timeout,
    /// The connection ended before the answer was whole.
    Closed,
    /// An answer came, and it is not one of the API: no HTTP, no JSON, no `ErrorCode`, too large.
    Body,
    /// An HTTP status other than 200 and 429. The API answers 200 whatever happens, so this is a
    /// gateway on the way.
    Status(u16),
}

impl Failure {
    /// A failure in the words of its cause, which are shortened and made safe to print.
    pub(crate) fn new(kind: FailureKind, detail: &str) -> Self {
        let detail = super::printable::shortened(detail, super::printable::INFO_MAX);
        Self {
            kind,
            detail,
            retry_after: None,
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("cannot connect"),
            Self::Timeout => f.write_str("no answer in time"),
            Self::Closed => f.write_str("the connection was closed"),
            Self::Body => f.write_str("unusable answer"),
            Self::Status(status) => write!(f, "HTTP status {status}"),
        }
    }
}

//! The network: the one home of reqwest.
//!
//! Every error leaves as a [`Failure`], built without the URL, since the URL holds the signature.

use std::convert::Infallible;
use std::error::Error as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use hyper::body::{Body, Frame, SizeHint};

use super::endpoint::Endpoint;
use super::transport::{DepartureNotice, Failure, FailureKind, Transport};

/// The largest answer that is read, in bytes. The service's own limit is 1 MB (code 10018).
const BODY_MAX: usize = 4 * 1024 * 1024;

/// How long an unused connection is kept: shorter than the 60 seconds or more after which usual
/// gateways close it, so that a request seldom meets a connection that has just ended.
const IDLE_MAX: Duration = Duration::from_secs(30);

/// How long a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeouts {
    /// For a connection to stand, name resolution and TLS included.
    pub(crate) connect: Duration,
    /// For everything, up to the last byte of the answer. The service gives up by itself after
    /// 3 seconds (REST API overview, FAQ), so this has to be longer.
    pub(crate) total: Duration,
}

/// Why no pool can be prepared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("HTTPS cannot be set up: {detail}")]
pub(crate) struct SetUpError {
    /// The particulars, such as a system without root certificates; safe to print.
    pub(crate) detail: String,
}

/// A pool of connections to one endpoint.
#[derive(Debug, Clone)]
pub(crate) struct HttpTransport {
    client: reqwest::Client,
}

impl HttpTransport {
    /// Prepares a pool; connects to nothing yet. Proxies of the environment are used for other
    /// machines only, and root certificates of the system for TLS only, so that a rehearsal on
    /// loopback needs neither.
    pub(crate) fn new(endpoint: &Endpoint, timeouts: Timeouts) -> Result<Self, SetUpError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("im-unread/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.total)
            .tcp_nodelay(true)
            .pool_max_idle_per_host(usize::MAX)
            .pool_idle_timeout(IDLE_MAX)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .https_only(endpoint.is_encrypted());
        if endpoint.is_loopback() {
            builder = builder.no_proxy();
        }
        if !endpoint.is_encrypted() {
            builder = builder.tls_certs_only([]);
        }
        match builder.build() {
            Ok(client) => Ok(Self { client }),
            Err(error) => Err(SetUpError {
                detail: failure(error, FailureKind::Connect).detail,
            }),
        }
    }
}

impl Transport for HttpTransport {
    async fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        let departure = request.extensions_mut().remove::<DepartureNotice>();
        let request = request.map(|bytes| match departure {
            Some(departure) => reqwest::Body::wrap(Departing(Some((bytes, departure)))),
            None => bytes.into(),
        });
        let request = reqwest::Request::try_from(request)
            .map_err(|error| failure(error, FailureKind::Connect))?;
        let mut answer = self
            .client
            .execute(request)
            .await
            .map_err(|error| failure(error, FailureKind::Closed))?;
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        *response.body_mut() = read_body(&mut answer).await?;
        Ok(response)
    }
}

/// A body that ends its departure when it is asked for: the connection stands then, and writes
/// head and body before anything else of this thread has its turn.
struct Departing(Option<(Bytes, DepartureNotice)>);

impl Body for Departing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = self.0.take().map(|(bytes, _departure)| bytes);
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.0.as_ref().map_or(0, |(bytes, _departure)| bytes.len());
        SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
    }
}

async fn read_body(answer: &mut reqwest::Response) -> Result<Bytes, Failure> {
    let mut body = BytesMut::new();
    while let Some(chunk) = answer
        .chunk()
        .await
        .map_err(|error| failure(error, FailureKind::Closed))?
    {
        if body.len() + chunk.len() > BODY_MAX {
            let detail = format!("the answer is larger than {BODY_MAX} bytes");
            return Err(Failure::new(FailureKind::Body, &detail));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// What a reqwest error comes to: its kind, and the texts of its causes without the URL.
fn failure(error: reqwest::Error, otherwise: FailureKind) -> Failure {
    let error = error.without_url();
    let kind = if error.is_connect() || error.is_builder() {
        FailureKind::Connect
    } else if error.is_timeout() {
        FailureKind::Timeout
    } else if is_unreadable(&error) {
        FailureKind::Body
    } else {
        otherwise
    };
    Failure::new(kind, &causes(&error).join(": "))
}

/// Whether bytes came that are not HTTP, as opposed to no or too few bytes. hyper calls a broken
/// chunk of a body invalid input.
fn is_unreadable(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(current) = cause {
        let parse = current
            .downcast_ref::<hyper::Error>()
            .is_some_and(hyper::Error::is_parse);
        let chunk = current
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::InvalidInput);
        if parse || chunk {
            return true;
        }
        cause = current.source();
    }
    false
}

/// The texts of the causes below the error itself, whose own text is always the same.
fn causes(error: &reqwest::Error) -> Vec<String> {
    let mut texts = Vec::new();
    let mut cause = error.source();
    while let Some(current) = cause {
        texts.push(current.to_string());
        cause = current.source();
    }
    texts
}

#[cfg(test)]
mod tests;

//! A caller's connection, which a fault can take down in place of an answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::server::TlsStream;
use tokio_rustls::{Accept, TlsAcceptor};

use super::arrival::{Arrival, StampedStream};

/// How a connection ends in place of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Closed in good order, with nothing sent.
    Close,
    /// Reset, as when a process dies or a middlebox forgets the connection.
    Reset,
}

const WHOLE: u8 = 0;
const CLOSE: u8 = 1;
const RESET: u8 = 2;

/// What the handler of a request knows of the connection below it, and the hold it has on it.
#[derive(Debug, Clone)]
pub(super) struct Line {
    state: Arc<AtomicU8>,
    arrival: Arrival,
}

impl Line {
    /// Takes the connection down at the next attempt to write to it.
    pub(super) fn cut(&self, cut: Cut) {
        let state = match cut {
            Cut::Close => CLOSE,
            Cut::Reset => RESET,
        };
        self.state.store(state, Ordering::Relaxed);
    }

    /// When the newest bytes arrived: those that completed the head of a request, to a handler
    /// that asks before it waits for anything.
    pub(super) fn arrived(&self) -> Option<Instant> {
        self.arrival.newest()
    }
}

/// An accepted connection.
pub(super) struct Wire {
    stream: Stream,
    line: Line,
}

/// What runs over a connection. The TLS handshake takes place at the first read, so that a slow
/// caller keeps nobody else waiting.
enum Stream {
    Plain(StampedStream),
    Greeting(Box<Accept<StampedStream>>),
    Secure(Box<TlsStream<StampedStream>>),
}

trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Duplex for T {}

impl Wire {
    /// A connection in the clear, or one that is greeted by the acceptor.
    pub(super) fn new(stream: TcpStream, acceptor: Option<&TlsAcceptor>) -> Self {
        let stream = StampedStream::new(stream);
        let line = Line {
            state: Arc::default(),
            arrival: stream.arrival(),
        };
        let stream = match acceptor {
            None => Stream::Plain(stream),
            Some(acceptor) => Stream::Greeting(Box::new(acceptor.accept(stream))),
        };
        Self { stream, line }
    }

    pub(super) fn line(&self) -> Line {
        self.line.clone()
    }

    fn tcp(&self) -> Option<&TcpStream> {
        let stream = match &self.stream {
            Stream::Plain(stream) => Some(stream),
            Stream::Greeting(accept) => accept.get_ref(),
            Stream::Secure(stream) => Some(stream.get_ref().0),
        };
        stream.map(StampedStream::tcp)
    }

    /// The stream, once it is ready for data.
    fn poll_stream(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Pin<&mut (dyn Duplex + '_)>>> {
        if let Stream::Greeting(accept) = &mut self.stream {
            let stream = ready!(Pin::new(accept.as_mut()).poll(context))?;
            self.stream = Stream::Secure(Box::new(stream));
        }
        Poll::Ready(match &mut self.stream {
            Stream::Plain(stream) => Ok(Pin::new(stream)),
            Stream::Secure(stream) => Ok(Pin::new(stream.as_mut())),
            Stream::Greeting(_) => Err(io::ErrorKind::NotConnected.into()),
        })
    }

    /// As [`Self::poll_stream`]; fails if the connection is to be taken down, which makes the HTTP
    /// layer drop it.
    fn poll_whole(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Pin<&mut (dyn Duplex + '_)>>> {
        if self.line.state.load(Ordering::Relaxed) != WHOLE {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        self.poll_stream(context)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.line.state.load(Ordering::Relaxed) == RESET {
            // Without a linger time the kernel ends the connection with RST instead of FIN; if it
            // cannot be set, the connection is closed all the same.
            self.tcp()
                .map(TcpStream::set_zero_linger)
                .transpose()
                .unwrap_or_default();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_stream(context))?.poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_whole(context))?.poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_whole(context))?.poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_stream(context))?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_whole(context))?.poll_shutdown(context)
    }
}

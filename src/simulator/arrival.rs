//! When the bytes of a caller reached this machine.
//!
//! The kernel stamps each segment as it receives it and hands the stamp out with its bytes. So a
//! simulator that comes to a call late, on a busy machine, still knows when the call arrived.
//! Systems other than Linux stamp datagrams only: there a call arrives when its bytes are read.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// The moment at which the newest bytes of a connection arrived.
#[derive(Debug, Clone, Default)]
pub(super) struct Arrival(Arc<Mutex<Option<Instant>>>);

impl Arrival {
    /// The moment; nothing before the first byte.
    pub(super) fn newest(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, moment: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(moment);
    }
}

/// A connection that notes when its bytes arrived.
#[derive(Debug)]
pub(super) struct StampedStream {
    stream: TcpStream,
    arrival: Arrival,
}

impl StampedStream {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            arrival: Arrival::default(),
        }
    }

    pub(super) fn arrival(&self) -> Arrival {
        self.arrival.clone()
    }

    pub(super) fn tcp(&self) -> &TcpStream {
        &self.stream
    }
}

impl AsyncRead for StampedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.stream.poll_read_ready(context))?;
            let unfilled = buffer.initialize_unfilled();
            let received = self.stream.try_io(Interest::READABLE, || {
                kernel::receive(&self.stream, unfilled)
            });
            let (length, age) = match received {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                received => received?,
            };
            let now = Instant::now();
            self.arrival.note(now.checked_sub(age).unwrap_or(now));
            buffer.advance(length);
            return Poll::Ready(Ok(()));
        }
    }
}

impl AsyncWrite for StampedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

pub(super) use self::kernel::stamp_connections;

#[cfg(target_os = "linux")]
mod kernel {
    use std::io::IoSliceMut;
    use std::os::fd::{AsFd, AsRawFd as _};

    use nix::sys::socket::{
        ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt,
    };
    use nix::sys::time::TimeSpec;
    use nix::time::{ClockId, clock_gettime};

    use super::{Duration, TcpStream, io};

    /// Makes the kernel stamp what arrives at the connections of this listener, those that it
    /// has not accepted yet among them.
    pub(in crate::simulator) fn stamp_connections(listener: &impl AsFd) -> io::Result<()> {
        Ok(setsockopt(listener, sockopt::ReceiveTimestampns, &true)?)
    }

    /// Reads what is there, and tells how long ago the last of it arrived.
    pub(super) fn receive(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<(usize, Duration)> {
        let mut slices = [IoSliceMut::new(buffer)];
        let mut space = nix::cmsg_space!(TimeSpec);
        let message = recvmsg::<SockaddrStorage>(
            stream.as_raw_fd(),
            &mut slices,
            Some(&mut space),
            MsgFlags::empty(),
        )?;
        let mut stamps = message.cmsgs()?.filter_map(|control| {
            let ControlMessageOwned::ScmTimestampns(stamp) = control else {
                return None;
            };
            Some(Duration::from(stamp))
        });
        // A clock that was set back in between makes the bytes arrive now.
        let age = match stamps.next() {
            Some(stamp) => now()?.saturating_sub(stamp),
            None => Duration::ZERO,
        };
        Ok((message.bytes, age))
    }

    /// The clock of the stamps, as time since 1970.
    fn now() -> io::Result<Duration> {
        Ok(clock_gettime(ClockId::CLOCK_REALTIME)?.into())
    }
}

#[cfg(not(target_os = "linux"))]
mod kernel {
    use super::{Duration, TcpStream, io};

    pub(in crate::simulator) fn stamp_connections<T>(_listener: &T) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn receive(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<(usize, Duration)> {
        Ok((stream.try_read(buffer)?, Duration::ZERO))
    }
}

//! The simulator on a socket of this machine.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::time::{Duration, Instant, sleep};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::arrival::stamp_connections;
use super::certificate::{Certificate, CertificateError};
use super::exchange::Simulator;
use super::line::{Line, Wire};
use super::options::Options;
use super::router;
use super::world::World;

/// Connections that may wait to be accepted: a caller that opens hundreds at once is not to lose
/// a second to a dropped SYN.
const BACKLOG: i32 = 1_024;

/// The pause after a failed accept, most likely for want of file descriptors, until some are free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A simulator that has its address and does not answer yet.
#[derive(Debug)]
pub(crate) struct Server {
    listener: TcpListener,
    address: SocketAddr,
    config: Option<Arc<ServerConfig>>,
    simulator: Arc<Simulator>,
}

/// A simulator on a thread of its own, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    address: SocketAddr,
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Server {
    /// Takes an address of this machine; with port 0 the system chooses one. Connections are
    /// queued from now on.
    pub(crate) fn bind(options: Options, world: World, address: SocketAddr) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            let text = format!("`{address}` is not a loopback address");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let domain = Domain::for_address(address);
        let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        stamp_connections(&socket)?;
        socket.listen(BACKLOG)?;
        let listener = TcpListener::from(socket);
        let address = listener.local_addr()?;
        let config = None;
        Ok(Self {
            listener,
            address,
            config,
            simulator: Arc::new(Simulator::new(options, world)),
        })
    }

    /// Makes the simulator speak https, and nothing else.
    pub(crate) fn secure(mut self, certificate: &Certificate) -> Result<Self, CertificateError> {
        self.config = Some(certificate.server_config()?);
        Ok(self)
    }

    /// Where the simulator can be reached.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers calls until `shutdown` is done; open connections then break off.
    pub(crate) async fn run(self, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        let gate = Gate {
            listener: tokio::net::TcpListener::from_std(self.listener)?,
            acceptor: self.config.map(TlsAcceptor::from),
            simulator: Arc::clone(&self.simulator),
        };
        let app: Router = router(self.simulator);
        let service = app.into_make_service_with_connect_info::<Line>();
        tokio::select! {
            served = axum::serve(gate, service) => served,
            () = shutdown => Ok(()),
        }
    }

    /// Answers calls on a thread of its own, with a runtime of its own, so that a busy caller in
    /// the same process cannot delay the time at which its calls arrive.
    pub(crate) fn spawn_thread(self) -> io::Result<Running> {
        let address = self.address;
        let (shutdown, stopped) = oneshot::channel::<()>();
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let work = move || {
            let until = async {
                // A handle that is gone without a word means the same as its word.
                stopped.await.unwrap_or_default();
            };
            runtime.block_on(self.run(until))
        };
        let thread = thread::Builder::new()
            .name("simulator".to_owned())
            .spawn(work)?;
        Ok(Running {
            address,
            shutdown: Some(shutdown),
            thread: Some(thread),
        })
    }
}

impl Running {
    /// Where the simulator can be reached.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.address
    }

    #[cfg(test)]
    /// Ends the simulator and waits until its thread is done.
    pub(crate) fn stop(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        drop(self.shutdown.take());
        match self.thread.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(served)) => served,
            Some(Err(_panic)) => Err(io::Error::other("the simulator panicked")),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Nobody is left to be told; `stop` is for those who want to know.
        drop(self.end());
    }
}

/// Accepts connections, or resets them while the service is down.
struct Gate {
    listener: tokio::net::TcpListener,
    acceptor: Option<TlsAcceptor>,
    simulator: Arc<Simulator>,
}

impl Listener for Gate {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        loop {
            let Ok((stream, address)) = self.listener.accept().await else {
                sleep(ACCEPT_PAUSE).await;
                continue;
            };
            if self.simulator.is_down(Instant::now()) {
                // Dropped at once, and with no linger time that is a reset.
                stream.set_zero_linger().unwrap_or_default();
                continue;
            }
            // Answers are small and single: waiting to fill a packet only adds latency.
            stream.set_nodelay(true).unwrap_or_default();
            return (Wire::new(stream, self.acceptor.as_ref()), address);
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, Gate>> for Line {
    fn connect_info(stream: IncomingStream<'_, Gate>) -> Self {
        stream.io().line()
    }
}

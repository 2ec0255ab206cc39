//! The signals that end a session.

use std::io;

use tokio::signal::unix::{self, SignalKind};

/// A signal that asks for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// `SIGINT`: Ctrl-C.
    Interrupt,
    /// `SIGTERM`.
    Terminate,
}

impl Signal {
    /// The exit code of a session that the signal ended: 128 and the signal's number.
    pub(crate) const fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }

    /// The signal's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }
}

/// Where the loop hears of signals.
#[derive(Debug)]
pub(crate) enum Signals {
    /// The process's own.
    Process {
        interrupt: unix::Signal,
        terminate: unix::Signal,
    },
    /// A script, for tests of the loop.
    #[cfg(test)]
    Script(tokio::sync::mpsc::Receiver<Signal>),
}

impl Signals {
    /// Takes over both signals of the process. Needs a runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self::Process {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
        })
    }

    /// The next signal. Cancel safe.
    pub(crate) async fn next(&mut self) -> Signal {
        match self {
            Self::Process {
                interrupt,
                terminate,
            } => tokio::select! {
                _ = interrupt.recv() => Signal::Interrupt,
                _ = terminate.recv() => Signal::Terminate,
            },
            #[cfg(test)]
            Self::Script(script) => match script.recv().await {
                Some(signal) => signal,
                None => std::future::pending().await,
            },
        }
    }
}

//! The signals that end a session.

use std::io;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{self, SignalKind};
use tokio::time::sleep;

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

/// Whether a signal has asked for the end. Work that awaits nothing looks at it now and then.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<AtomicU8>);

/// The one of this process, once it listens to signals.
static PROCESS: OnceLock<Stop> = OnceLock::new();

/// Loops that hear of signals by themselves at the moment.
static LISTENING: AtomicUsize = AtomicUsize::new(0);

/// How long work has to end by itself, unless a second signal comes: on a busy machine what was read
/// already may take a while to check.
const GRACE: Duration = Duration::from_secs(3);

impl Stop {
    /// The one of this process. From now on a signal does not end it by itself.
    pub(crate) fn of_process() -> io::Result<Self> {
        if let Some(stop) = PROCESS.get() {
            return Ok(stop.clone());
        }
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let signals = {
            let _entered = runtime.enter();
            Streams::new()?
        };
        let stop = PROCESS.get_or_init(Self::default).clone();
        let watched = stop.clone();
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || watched.watch(&runtime, signals))?;
        Ok(stop)
    }

    /// The signal that came first.
    pub(crate) fn asked(&self) -> Option<Signal> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(Signal::Interrupt),
            _ => Some(Signal::Terminate),
        }
    }

    /// Asks for the end.
    pub(crate) fn ask(&self, signal: Signal) {
        let number = match signal {
            Signal::Interrupt => 1,
            Signal::Terminate => 2,
        };
        // The first one decides the exit code. Only one thread takes note of them.
        if self.asked().is_none() {
            self.0.store(number, Ordering::Relaxed);
        }
    }

    /// Takes note of signals for as long as the process lives. Work that does not end by itself, as
    /// a read from a pipe that nobody writes to, is ended with the process.
    fn watch(&self, runtime: &Runtime, mut signals: Streams) {
        runtime.block_on(async {
            loop {
                let signal = signals.next().await;
                self.ask(signal);
                if !is_heard() {
                    tokio::select! {
                        () = sleep(GRACE) => {}
                        _ = signals.next() => {}
                    }
                }
                if !is_heard() {
                    end(signal);
                }
            }
        });
    }
}

/// Whether a loop hears of signals by itself.
fn is_heard() -> bool {
    LISTENING.load(Ordering::Relaxed) > 0
}

/// Ends the process with whatever it does. Nothing is sent at such a time, and what it writes is
/// whole at any time.
#[expect(clippy::exit, reason = "whoever should end has not ended in time")]
fn end(signal: Signal) {
    std::process::exit(signal.exit_code().into());
}

/// Both signals of the process.
#[derive(Debug)]
pub(crate) struct Streams {
    interrupt: unix::Signal,
    terminate: unix::Signal,
}

impl Streams {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}

/// A loop that hears of signals by itself.
#[derive(Debug)]
pub(crate) struct Listening(());

impl Listening {
    fn begin() -> Self {
        LISTENING.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        LISTENING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Where the loop hears of signals.
#[derive(Debug)]
pub(crate) enum Signals {
    /// The process's own.
    Process {
        streams: Streams,
        /// One that came before anybody listened here.
        before: Option<Signal>,
        /// As long as it is there, signals are heard here.
        _listening: Listening,
    },
    /// A script, for tests of the loop.
    #[cfg(test)]
    Script(tokio::sync::mpsc::Receiver<Signal>),
}

impl Signals {
    /// Takes over both signals of the process. Needs a runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self::Process {
            _listening: Listening::begin(),
            streams: Streams::new()?,
            before: PROCESS.get().and_then(Stop::asked),
        })
    }

    /// The next signal. Cancel safe.
    pub(crate) async fn next(&mut self) -> Signal {
        match self {
            Self::Process {
                streams, before, ..
            } => match before.take() {
                Some(signal) => signal,
                None => streams.next().await,
            },
            #[cfg(test)]
            Self::Script(script) => match script.recv().await {
                Some(signal) => signal,
                None => std::future::pending().await,
            },
        }
    }
}

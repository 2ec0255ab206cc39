//! What the engine says to its driver, and how a session ends.

use jiff::Timestamp;
use tokio::time::Instant;

use super::queue::PendingCall;
use crate::checkpoint::{self, Entry, Misplaced};
use crate::delivery::Attempt;
use crate::event::Event;
use crate::operation::Call;
use crate::signals::Signal;
use crate::stop_reason::StopReason;

/// The present, on both clocks. Only stamps of the log come from the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Now {
    /// On the clock that only goes forward.
    pub(crate) at: Instant,
    /// On the clock on the wall.
    pub(crate) wall: Timestamp,
}

/// A call that leaves, with what the engine has to know when it comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Departure {
    pub(super) attempt: Attempt,
    pub(super) pending: PendingCall,
}

impl Departure {
    /// What is to be sent.
    pub(crate) const fn call(&self) -> &Call {
        &self.pending.call
    }
}

/// What the driver does next. Commands are carried out in the order in which they are given.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a command lives for as long as it is carried out"
)]
pub(crate) enum Command {
    /// Append a line to the log.
    Append(Entry<'static>),
    /// Bring everything that was appended so far to disk, and say when that is done.
    Sync,
    /// Tell observers. What an event says is in the log already.
    Report(Event<'static>),
    /// Send a call.
    Send(Departure),
    /// Read on in the input.
    Read,
    /// There is nothing to do before this instant, or before something happens.
    Wait(Instant),
    /// The session is over.
    End,
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum End {
    /// Every call has its outcome.
    Completed,
    /// A signal ended it.
    Interrupted(Signal),
    /// The target ended it; resumable.
    Stopped(StopReason),
}

/// What can go wrong with an input.
pub(crate) trait InputFailure: std::error::Error + 'static {
    /// A stable word for it.
    fn word(&self) -> &'static str;
}

/// Why a session could not end in order. `I` is what can go wrong with the input.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error<I: InputFailure> {
    /// The checkpoint cannot be written.
    #[error(transparent)]
    Checkpoint(checkpoint::Error),
    /// The input cannot be read on, or is not what the first pass read.
    #[error(transparent)]
    Input(I),
    /// The input has more rows than the first pass counted.
    #[error("the input grew while it was being imported: {0}")]
    BeyondPlan(Misplaced),
}

impl<I: InputFailure> Error<I> {
    /// A stable word for it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Checkpoint(_) => "checkpoint",
            Self::Input(error) => error.word(),
            Self::BeyondPlan(_) => "input_changed",
        }
    }
}

//! Where an import stands: what its log says, and whether a process has the log locked.

use serde::Serialize;

use crate::checkpoint::{Ledger, SessionEvent, Writer};

/// Where an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// No session has begun.
    Created,
    /// A process works on it. Also where nobody can say whether it does: the file system has no
    /// locks, and the last session has not said how it ended.
    Running,
    /// The last session has not said how it ended, and its process is gone.
    Crashed,
    /// A signal ended it.
    Interrupted,
    /// The target or the checkpoint ended it.
    Stopped,
    /// Every call has its outcome.
    Completed,
}

/// What the lock says of the import's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Process {
    /// It has the log open.
    Running,
    /// It said how it ended.
    Ended,
    /// It is gone and did not say how it ended.
    Crashed,
    /// The file system cannot say whether somebody has the log open.
    Unknown,
}

impl State {
    /// The state of the import with this log.
    pub(crate) fn of(ledger: &Ledger, writer: Writer) -> Self {
        let event = ledger.last_session().map(|session| session.event);
        match (writer, event) {
            (Writer::Present, _) | (Writer::Unknown, Some(SessionEvent::Started)) => Self::Running,
            (Writer::Absent, Some(SessionEvent::Started)) => Self::Crashed,
            (_, None) => Self::Created,
            (_, Some(SessionEvent::Interrupted)) => Self::Interrupted,
            (_, Some(SessionEvent::Stopped)) => Self::Stopped,
            (_, Some(SessionEvent::Completed)) => Self::Completed,
        }
    }
}

impl Process {
    /// What is known of the process that works, or worked, on the import with this log.
    pub(crate) fn of(ledger: &Ledger, writer: Writer) -> Self {
        match (writer, ledger.ended_in_order()) {
            (Writer::Present, _) => Self::Running,
            (_, true) => Self::Ended,
            (Writer::Absent, false) => Self::Crashed,
            (Writer::Unknown, false) => Self::Unknown,
        }
    }
}

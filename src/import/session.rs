//! The lines of the log that belong to no row: those that begin and end a session, and those that
//! admit calls.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::command::{End, InputFailure, Now};
use super::engine::Engine;
use crate::checkpoint::{Entry, Ledger, Reason, Session, SessionEvent};
use crate::delivery::Limit;

/// When the first call of a session may leave: what an earlier process sent may still count in the
/// present second of the target. A session that ended in order tells when; after any other end,
/// calls may have left until the lock was free.
pub(crate) fn not_before(ledger: &Ledger, locked_at: Instant, now: Now) -> Instant {
    if ledger.sessions() == 0 {
        return now.at;
    }
    if !ledger.ended_in_order() {
        return locked_at + Limit::span();
    }
    let age = now.wall.duration_since(ledger.last_activity());
    let age = Duration::try_from(age).unwrap_or_default();
    now.at + Limit::span().saturating_sub(age)
}

impl<I: InputFailure> Engine<I> {
    /// The line that begins the session.
    pub(super) fn open_session(&mut self, now: Now) {
        let admitted = self.ledger.admitted();
        self.append(Entry::Session(Session {
            event: SessionEvent::Started,
            at: now.wall,
            admitted,
            reason: None,
            resume: self.settings.resume.clone(),
        }));
    }

    /// Rows up to this number may have been carried out: not those at the end that this session was
    /// the first to send, and whose calls were refused for the app's or the credential's sake.
    fn perhaps_carried_out(&self) -> u64 {
        let lanes = self.lanes.iter();
        let never: BTreeSet<u64> = lanes
            .flat_map(|lane| lane.queue.never_carried_out())
            // A row without a number of its own says nothing of the call before it.
            .filter(|row| !self.ledger.is_carried(row.row))
            .map(|row| row.ordinal)
            .collect();
        let mut ordinal = self.sent_up_to;
        while ordinal > self.sent_before && never.contains(&ordinal) {
            ordinal -= 1;
        }
        ordinal
    }

    /// The line that ends the session, whatever ended it.
    pub(super) fn close_session(&mut self, now: Now) {
        self.closed = true;
        let (event, reason) = match &self.end {
            None | Some(Ok(End::Completed)) => (SessionEvent::Completed, None),
            Some(Ok(End::Interrupted(signal))) => (
                SessionEvent::Interrupted,
                Some(("signal", None, signal.name().to_owned())),
            ),
            Some(Ok(End::Stopped(stop))) => (
                SessionEvent::Stopped,
                Some((stop.kind(), stop.code(), stop.message("the target"))),
            ),
            Some(Err(error)) => (
                SessionEvent::Stopped,
                Some((error.word(), None, error.to_string())),
            ),
        };
        let reason = reason.map(|(kind, code, message)| Reason {
            kind: kind.to_owned(),
            code,
            message,
        });
        self.append(Entry::Session(Session {
            event,
            at: now.wall,
            admitted: self.perhaps_carried_out(),
            reason,
            resume: Vec::new(),
        }));
    }

    /// Has the log admit the calls that were read. A line is written when half a second's worth of
    /// calls is read ahead, so that it is on disk by the time its calls leave, and earlier when a
    /// call waits for it.
    pub(super) fn admit(&mut self, now: Now) {
        let calls = self.ordinal;
        let admitted = self.ledger.admitted();
        if calls <= admitted || self.end.is_some() {
            return;
        }
        let enough = calls - admitted >= self.block() as u64 / 2;
        let waits = self.lanes.first().is_some_and(|lane| {
            let first = lane.queue.next_fresh();
            first.is_some_and(|first| first.call.last_ordinal() > admitted)
        });
        if enough || waits {
            let overwrites = std::mem::take(&mut self.overwritten);
            self.append(Entry::Admitted {
                calls,
                at: now.wall,
                overwrites,
            });
        }
    }
}

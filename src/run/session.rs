//! The lines of the log that begin and end a session.

use super::import::{Error, Import, flatten};
use super::settle::End;
use crate::checkpoint::{Entry, LogFile, Reason, Session, SessionEvent};
use crate::tencent::Transport;

impl<T: Transport, F: LogFile> Import<'_, T, F> {
    /// The line that begins the session, on disk.
    pub(super) fn open_session(&mut self) -> Result<(), Error> {
        self.book.write(&Entry::Session(Session {
            event: SessionEvent::Started,
            at: (self.clock)(),
            admitted: self.book.ledger.admitted(),
            reason: None,
        }))?;
        Ok(self.book.log.sync_now()?)
    }

    /// Calls up to this ordinal may have been carried out: not those at the end that this session
    /// was the first to send and that were refused for the app's or the credential's sake.
    fn perhaps_carried_out(&self) -> u64 {
        let refused = self.queue.refused();
        let mut ordinal = self.left;
        while ordinal > self.left_before && refused.contains(&ordinal) {
            ordinal -= 1;
        }
        ordinal
    }

    /// The line that ends the session, on disk, whatever ended it.
    pub(super) async fn close_session(&mut self, end: &Result<End, Error>) -> Result<(), Error> {
        if let Some(sync) = self.sync.take() {
            flatten(sync.await).map_err(|source| self.book.log.sync_failed(source))?;
        }
        if self.book.log.is_broken() {
            return Ok(());
        }
        let (event, reason) = match end {
            Ok(End::Completed) => (SessionEvent::Completed, None),
            Ok(End::Interrupted(signal)) => {
                let reason = ("signal", None, signal.name().to_owned());
                (SessionEvent::Interrupted, Some(reason))
            }
            Ok(End::Stopped(stop)) => (SessionEvent::Stopped, Some(stop.words())),
            Err(error) => (
                SessionEvent::Stopped,
                Some(("error", None, error.to_string())),
            ),
        };
        let reason = reason.map(|(kind, code, message)| Reason {
            kind: kind.to_owned(),
            code,
            message,
        });
        let at = (self.clock)();
        self.book.write(&Entry::Session(Session {
            event,
            at,
            admitted: self.perhaps_carried_out(),
            reason,
        }))?;
        Ok(self.book.log.sync_now()?)
    }
}

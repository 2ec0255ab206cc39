//! The lines of the log that begin and end a session.

use super::import::{Error, Import, flatten};
use super::settle::End;
use crate::checkpoint::{self, Entry, LogFile, Reason, Session, SessionEvent};
use crate::tencent::Transport;

impl<T: Transport, F: LogFile> Import<'_, T, F> {
    pub(super) fn open_session(&mut self) -> Result<(), checkpoint::Error> {
        self.log.append(&Entry::Session(Session {
            event: SessionEvent::Started,
            at: (self.clock)(),
            admitted: self.admitted,
            reason: None,
        }))?;
        self.log.sync_now()
    }

    pub(super) async fn close_session(
        &mut self,
        end: &Result<End, Error>,
    ) -> Result<(), checkpoint::Error> {
        if let Some(sync) = self.sync.take() {
            flatten(sync.await).map_err(|source| self.log.sync_failed(source))?;
        }
        if self.log.is_broken() {
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
        self.log.append(&Entry::Session(Session {
            event,
            at,
            admitted: self.left,
            reason,
        }))?;
        self.log.sync_now()
    }
}

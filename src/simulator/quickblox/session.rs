//! Sessions: tokens that stand for a user for as long as they are used.

use std::collections::HashMap;
use std::time::Duration;

use axum::http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

use super::{Access, Refusal};

/// A session ends so long after its last call (reference, authentication).
pub(crate) const LIFETIME: Duration = Duration::from_hours(2);

/// A session, made when the simulator starts.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The token of `QB-Token`.
    pub(crate) token: SecretString,
    /// Its user; nobody for a session of the application.
    pub(crate) user: Option<u64>,
}

/// When sessions were used last.
#[derive(Debug)]
pub(in crate::simulator) struct Sessions {
    made: Instant,
    used: HashMap<usize, Instant>,
}

impl Sessions {
    /// Sessions that were made at that moment, and not used since.
    pub(in crate::simulator) fn new(made: Instant) -> Self {
        Self {
            made,
            used: HashMap::new(),
        }
    }

    /// The user of the session with this token, which lasts longer now.
    pub(super) fn user(
        &mut self,
        access: &Access,
        token: &str,
        now: Instant,
    ) -> Result<Option<u64>, Refusal> {
        let ended = || {
            let text = "Required session does not exist";
            Refusal::new(StatusCode::UNAUTHORIZED, text)
        };
        let mut sessions = access.sessions.iter().enumerate();
        let (number, session) = sessions
            .find(|(_, session)| session.token.expose_secret() == token)
            .ok_or_else(ended)?;
        let used = self.used.get(&number).unwrap_or(&self.made);
        if now.duration_since(*used) > access.session_lifetime {
            return Err(ended());
        }
        self.used.insert(number, now);
        Ok(session.user)
    }
}

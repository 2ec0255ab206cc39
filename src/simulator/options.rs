//! What a simulator is started with.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use super::behaviour::Behaviour;
use super::quickblox::Access;
use super::quirk::Choice;

/// The identity of the simulated app, its limits and its misbehaviour.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The only `sdkappid` that is known.
    pub(crate) sdk_app_id: u64,
    /// The accounts that may call the REST API.
    pub(crate) administrators: Vec<String>,
    /// The key with which signatures are made and checked.
    pub(crate) secret_key: SecretString,
    /// Calls per second by command name, where they differ from the vendor's default (200, and 100
    /// for `account_check` and `multiaccount_import`).
    pub(crate) quota_per_second: BTreeMap<String, u32>,
    /// How the service misbehaves.
    pub(crate) behaviour: Behaviour,
    /// The seed of all chance.
    pub(crate) seed: u64,
    /// What the service takes for the time of day.
    pub(super) wall_clock: WallClock,
    /// How open questions are answered. These choices go before those of a world's file.
    pub(crate) quirks: Vec<Choice>,
    /// Who may call the QuickBlox side; nobody when absent.
    pub(crate) quickblox: Option<Access>,
}

impl Options {
    /// A well-behaved service for one app, administered by `administrator`. It is `now`, as time
    /// since 1970; from then on tokio's clock advances the wall clock.
    pub(crate) fn new(sdk_app_id: u64, secret_key: SecretString, now: Duration) -> Self {
        Self {
            sdk_app_id,
            administrators: vec!["administrator".to_owned()],
            secret_key,
            quota_per_second: BTreeMap::new(),
            behaviour: Behaviour::default(),
            seed: 0,
            wall_clock: WallClock {
                time: now,
                read_at: Instant::now(),
            },
            quirks: Vec::new(),
            quickblox: None,
        }
    }
}

/// The time of day at one moment, and so at every later one.
#[derive(Debug, Clone, Copy)]
pub(super) struct WallClock {
    time: Duration,
    read_at: Instant,
}

impl WallClock {
    /// The time at that moment, in seconds since 1970.
    pub(super) fn unix_time(&self, moment: Instant) -> u64 {
        (self.time + moment.duration_since(self.read_at)).as_secs()
    }
}

//! What of the log is written, and what of it is on disk.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// How long an outcome may be in the kernel only: what a power cut costs, in repeated calls.
const SYNC_EVERY: Duration = Duration::from_millis(200);

/// Lines by their number in this session.
#[derive(Debug)]
pub(super) struct LogState {
    appended: u64,
    synced: u64,
    /// Lines that the sync under way covers.
    syncing: Option<u64>,
    /// A line that something waits for.
    urgent: u64,
    last_sync: Instant,
    /// Lines that admit calls, and up to which.
    admitting: VecDeque<(u64, u64)>,
    /// Calls up to this number are admitted by lines that are on disk.
    admitted: u64,
    /// An append or a sync failed, so that nothing more may be appended.
    pub(super) broken: bool,
}

impl LogState {
    /// A log all of whose lines are on disk.
    pub(super) const fn new(admitted: u64, now: Instant) -> Self {
        Self {
            appended: 0,
            synced: 0,
            syncing: None,
            urgent: 0,
            last_sync: now,
            admitting: VecDeque::new(),
            admitted,
            broken: false,
        }
    }

    /// A line is appended.
    pub(super) fn appended(&mut self) {
        self.appended += 1;
    }

    /// A line is appended that something waits for.
    pub(super) fn appended_urgently(&mut self) {
        self.appended += 1;
        self.urgent = self.appended;
    }

    /// A line is appended that admits calls up to a number.
    pub(super) fn admits(&mut self, calls: u64) {
        self.appended_urgently();
        self.admitting.push_back((self.appended, calls));
    }

    /// Calls up to this number may leave.
    pub(super) const fn admitted(&self) -> u64 {
        self.admitted
    }

    /// Whether a sync is under way.
    pub(super) const fn is_syncing(&self) -> bool {
        self.syncing.is_some()
    }

    /// Whether all lines are on disk.
    pub(super) const fn is_clean(&self) -> bool {
        self.synced == self.appended
    }

    /// When a sync is to begin, if one is.
    pub(super) fn sync_due(&self, now: Instant) -> Option<Instant> {
        if self.is_clean() || self.is_syncing() {
            None
        } else if self.urgent > self.synced {
            Some(now)
        } else {
            Some(self.last_sync + SYNC_EVERY)
        }
    }

    /// A sync begins.
    pub(super) fn begin(&mut self, now: Instant) {
        self.syncing = Some(self.appended);
        self.last_sync = now;
    }

    /// The sync has succeeded.
    pub(super) fn end(&mut self) {
        if let Some(lines) = self.syncing.take() {
            self.synced = self.synced.max(lines);
        }
        while let Some(&(line, calls)) = self.admitting.front() {
            if line > self.synced {
                break;
            }
            self.admitted = self.admitted.max(calls);
            self.admitting.pop_front();
        }
    }
}

//! What the seeds met: a world in which nothing happens proves nothing.

use std::collections::BTreeMap;

/// Things that have to happen in some seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Seen {
    Sessions,
    Killed,
    PowerCut,
    Stalled,
    ClockSet,
    OutageBegan,
    Limited,
    Interrupted,
    Cut,
    StoppedOutage,
    StoppedLimited,
    StoppedFirstContact,
    StoppedFailures,
    StoppedAllRefused,
    StoppedFatal,
    LogFailed,
    Grew,
    BeyondPlan,
    Replaced,
    ChangedInput,
    BackToEarlier,
    Overwrites,
    Completed,
    Exhausted,
    Continued,
}

const KINDS: usize = Seen::Continued as usize + 1;

/// How often each happened.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally(BTreeMap<Seen, u64>);

impl Tally {
    pub(super) fn note(&mut self, seen: Seen) {
        *self.0.entry(seen).or_default() += 1;
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (&seen, times) in &other.0 {
            *self.0.entry(seen).or_default() += times;
        }
    }

    /// Whether everything happened.
    pub(super) fn is_whole(&self) -> bool {
        self.0.len() == KINDS
    }
}

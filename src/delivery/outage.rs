//! Whether the service is down, or only some of its groups are. Pure.
//!
//! A gateway that fails for one group looks like an outage to whoever only counts failures. So an
//! outage takes failures of several groups; a group that fails while others are answered is sick,
//! and its calls then fail on their own account.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::attempt::{Attempt, GroupKey, NoAnswer};

/// So many attempts in a row without an answer make an outage. At 3 % of random failures such a
/// run comes up once in 10^30 calls.
const IN_A_ROW: usize = 20;

/// So many, where nothing was ever answered and each was denied access: a proxy says so at once.
const DENIED_IN_A_ROW: usize = 5;

/// Of at least so many groups, or of all that are left.
const GROUPS: usize = 3;

/// A group is sick after so many failures in a row, if another group is answered meanwhile.
const SICK_AFTER: u32 = 3;

/// Failing groups that are remembered. Each has a call that waits, so more are rare.
const MOST_FAILING: usize = 4_096;

/// Wait before the first probe; doubles to [`LONGEST_PROBE_WAIT`].
const FIRST_PROBE_WAIT: Duration = Duration::from_millis(500);

/// Longest wait between probes: what the end of an outage may cost at most.
const LONGEST_PROBE_WAIT: Duration = Duration::from_secs(10);

/// Longest wait that a `Retry-After` is granted: after a longer one, it is tried again.
pub(super) const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(1);

/// How the calls of a group fare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// As far as is known, well.
    Well,
    /// It is one of the groups that failed last, and nothing else was answered since.
    Suspect,
    /// It fails while others are answered.
    Sick,
}

/// A change that observers should know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// The service counts as down from now on.
    Began,
    /// It answers again, after so long.
    Ended(Duration),
}

/// What a failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failed {
    /// Whether it counts as an attempt of its call.
    pub(super) charged: bool,
    /// Whether something answered since the attempt left, or its group is known to be sick.
    pub(super) others_fare_well: bool,
    pub(super) change: Option<Change>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Calls leave.
    Up,
    /// Nothing leaves before `probe_at`; then one call does.
    Down {
        since: Instant,
        probe_at: Instant,
        wait: Duration,
        /// Number of the attempt that probes.
        probe: Option<u64>,
    },
}

/// A group without an answer since its first failure.
#[derive(Debug, Clone, Copy)]
struct Failing {
    failures: u32,
    /// Attempts that had left when it failed first.
    first: u64,
    sick: bool,
}

/// Follows attempts and answers.
#[derive(Debug)]
pub(super) struct Outage {
    state: State,
    /// Attempts that left.
    sent: u64,
    /// Answers of the API.
    answers: u64,
    /// Groups of the last attempts without an answer, sick ones apart; cleared by every answer.
    recent: VecDeque<GroupKey>,
    /// When the first of them failed.
    since: Option<Instant>,
    /// Whether each of them was denied access.
    all_denied: bool,
    failing: HashMap<GroupKey, Failing>,
    /// The latest attempts that were answered, of two different groups.
    latest: [Option<(u64, GroupKey)>; 2],
    seen: Seen,
}

impl Outage {
    pub(super) fn new() -> Self {
        Self {
            state: State::Up,
            sent: 0,
            answers: 0,
            recent: VecDeque::with_capacity(IN_A_ROW),
            since: None,
            all_denied: true,
            failing: HashMap::new(),
            latest: [None; 2],
            seen: Seen::default(),
        }
    }

    /// Since when the service is down, if it is.
    pub(super) fn down_since(&self) -> Option<Instant> {
        match self.state {
            State::Up => None,
            State::Down { since, .. } => Some(since),
        }
    }

    /// When the next call may leave: `Ok(None)` at once; `Err` while a probe is under way.
    pub(super) fn next(&self) -> Result<Option<Instant>, ProbeUnderWay> {
        match self.state {
            State::Up => Ok(None),
            State::Down { probe: Some(_), .. } => Err(ProbeUnderWay),
            State::Down { probe_at, .. } => Ok(Some(probe_at)),
        }
    }

    /// Number of the attempt that leaves now, and the answers before it. While the service is
    /// down, the attempt is the probe.
    pub(super) fn sent(&mut self) -> (u64, u64) {
        self.sent += 1;
        if let State::Down { probe, .. } = &mut self.state {
            *probe = Some(self.sent);
        }
        (self.sent, self.answers)
    }

    /// Answers of the API.
    pub(super) const fn answers(&self) -> u64 {
        self.answers
    }

    /// Whether the API ever answered.
    pub(super) const fn was_answered(&self) -> bool {
        self.answers > 0
    }

    /// Whether so much failed in a row that only a call of another group can tell what it means.
    pub(super) fn wants_another_group(&self) -> bool {
        matches!(self.state, State::Down { .. }) || self.is_suspicious()
    }

    fn is_suspicious(&self) -> bool {
        let enough = if self.was_answered() || !self.all_denied {
            IN_A_ROW
        } else {
            DENIED_IN_A_ROW
        };
        self.recent.len() >= enough
    }

    /// How the calls of a group fare.
    pub(super) fn standing(&self, group: GroupKey) -> Standing {
        if self.failing.get(&group).is_some_and(|failing| failing.sick) {
            Standing::Sick
        } else if self.wants_another_group() && self.recent.contains(&group) {
            Standing::Suspect
        } else {
            Standing::Well
        }
    }

    /// The API answered.
    pub(super) fn answered(&mut self, attempt: &Attempt, now: Instant) -> Option<Change> {
        self.answers += 1;
        self.recent.clear();
        self.since = None;
        self.all_denied = true;
        self.failing.remove(&attempt.group);
        self.seen.insert(attempt.group);
        self.note_latest(attempt);
        match std::mem::replace(&mut self.state, State::Up) {
            State::Up => None,
            State::Down { since, .. } => Some(Change::Ended(now.saturating_duration_since(since))),
        }
    }

    fn note_latest(&mut self, attempt: &Attempt) {
        let answered = Some((attempt.number, attempt.group));
        let [first, second] = self.latest;
        self.latest = match first {
            Some((_, group)) if group == attempt.group => [first.max(answered), second],
            Some((number, _)) if number > attempt.number => [first, second.max(answered)],
            Some(_) | None => [answered, first],
        };
    }

    /// Whether a call of another group was answered that left after attempt number `first`.
    fn another_answered_since(&self, group: GroupKey, first: u64) -> bool {
        self.latest
            .iter()
            .flatten()
            .any(|&(number, other)| other != group && number > first)
    }

    /// An attempt had no answer.
    pub(super) fn failed(&mut self, attempt: &Attempt, why: &NoAnswer, now: Instant) -> Failed {
        let meanwhile = self.answers > attempt.answers_before;
        // Where answers come in between, no outage will ever end the attempts of the last call.
        let before = attempt.account.failed_after;
        let answered = self.answers > before.unwrap_or(attempt.answers_before);
        let sick = self.note_failing(attempt.group);
        let since = *self.since.get_or_insert(now);
        if !sick {
            if self.recent.len() == IN_A_ROW {
                self.recent.pop_front();
            }
            self.recent.push_back(attempt.group);
            self.all_denied &= why.denies_access();
        }
        let mut failed = Failed {
            charged: answered || sick,
            others_fare_well: meanwhile || sick,
            change: None,
        };
        let asked = why.retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
        match &mut self.state {
            State::Down {
                probe_at,
                wait,
                probe,
                ..
            } => {
                failed.charged = false;
                if *probe == Some(attempt.number) {
                    *probe = None;
                    *wait = wait.saturating_mul(2).min(LONGEST_PROBE_WAIT);
                    *probe_at = now + asked.max(*wait);
                }
            }
            State::Up => {
                if self.is_suspicious() && self.groups() >= GROUPS {
                    self.begin(since, now, asked);
                    failed.charged = false;
                    failed.change = Some(Change::Began);
                }
            }
        }
        failed
    }

    fn begin(&mut self, since: Instant, now: Instant, asked: Duration) {
        self.state = State::Down {
            since,
            probe_at: now + asked.max(FIRST_PROBE_WAIT),
            wait: FIRST_PROBE_WAIT,
            probe: None,
        };
    }

    /// Notes a failure of a group. Whether the group is sick.
    fn note_failing(&mut self, group: GroupKey) -> bool {
        if self.failing.len() >= MOST_FAILING && !self.failing.contains_key(&group) {
            self.failing.clear();
        }
        let sent = self.sent;
        let entry = self.failing.entry(group).or_insert(Failing {
            failures: 0,
            first: sent,
            sick: false,
        });
        entry.failures = entry.failures.saturating_add(1);
        let failing = *entry;
        let sick = failing.sick
            || failing.failures >= SICK_AFTER && self.another_answered_since(group, failing.first);
        if sick && !failing.sick {
            if let Some(entry) = self.failing.get_mut(&group) {
                entry.sick = true;
            }
            self.recent.retain(|&other| other != group);
        }
        sick
    }

    /// How many groups the last failures are of.
    fn groups(&self) -> usize {
        let mut groups: Vec<GroupKey> = self.recent.iter().copied().collect();
        groups.sort_unstable();
        groups.dedup();
        groups.len()
    }

    /// There is no call of another group to be had. Groups that never had an answer while others
    /// had are sick; otherwise it is an outage of all that is left.
    pub(super) fn nothing_else(&mut self, now: Instant) -> Option<Change> {
        if matches!(self.state, State::Down { .. }) || !self.is_suspicious() {
            return None;
        }
        let never = |group: &GroupKey| !self.seen.contains(*group);
        if self.was_answered() && self.recent.iter().all(never) {
            for group in std::mem::take(&mut self.recent) {
                if let Some(failing) = self.failing.get_mut(&group) {
                    failing.sick = true;
                }
            }
            return None;
        }
        let since = self.since.unwrap_or(now);
        self.begin(since, now, Duration::ZERO);
        Some(Change::Began)
    }

    /// Whether every attempt was denied access, and nothing was ever answered.
    pub(super) fn is_denied(&self) -> bool {
        !self.was_answered() && self.all_denied && !self.recent.is_empty()
    }
}

/// A probe is under way; its answer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ProbeUnderWay;

/// Groups that were answered: a bit for each hash, so that memory stays at 128 KB. Two groups may
/// share a bit, and then one that was never answered counts as answered.
#[derive(Debug, Default)]
struct Seen {
    words: Vec<u64>,
}

impl Seen {
    const BITS: u64 = 1 << 20;

    fn place(group: GroupKey) -> (usize, u64) {
        let bit = group.0 % Self::BITS;
        (
            usize::try_from(bit / 64).unwrap_or_default(),
            1 << (bit % 64),
        )
    }

    fn insert(&mut self, group: GroupKey) {
        let (word, bit) = Self::place(group);
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        if let Some(slot) = self.words.get_mut(word) {
            *slot |= bit;
        }
    }

    fn contains(&self, group: GroupKey) -> bool {
        let (word, bit) = Self::place(group);
        self.words.get(word).is_some_and(|slot| slot & bit != 0)
    }
}

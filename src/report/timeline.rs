//! What happened when: calls in buckets that double in width, sessions, and pauses. Memory is
//! fixed, however long an import takes.
//!
//! Its time is the time an import was running: what lies between two sessions is left out, so that
//! an import that was continued the next day still shows its pace.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::latency::Latencies;
use super::pause::{Pause, PauseKind, Pauses};
use crate::event::Verdict;

/// Buckets at most: about as many as a chart has room for. Every time they are full, two become
/// one, so a night of 14 hours ends with buckets of 256 s.
const BUCKETS: usize = 240;

/// Width of a bucket at first.
const FIRST_WIDTH: Duration = Duration::from_secs(1);

/// Sessions listed; of more, the latest.
const SESSIONS: usize = 50;

/// A stretch without any outcome that is longer than this is a pause. At 200 calls/s it is a
/// thousand calls; even at one call a second it is no chance.
const SILENCE: Duration = Duration::from_secs(5);

/// Calls whose last attempt left in one stretch of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Bucket {
    /// Those that succeeded.
    pub(crate) succeeded: u64,
    /// Those that failed or are exhausted.
    pub(crate) failed: u64,
}

/// One session of an import.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SessionPart {
    /// Its number, from 1.
    pub(crate) number: u64,
    /// When it began.
    pub(crate) began: Timestamp,
    /// When it ended, or its last sign of life.
    pub(crate) last: Timestamp,
    /// `completed`, `interrupted`, `stopped`, or `open`: it runs, or ended without a word.
    pub(crate) end: &'static str,
    /// Calls that it settled.
    pub(crate) calls: u64,
    /// Running time of the sessions before it, in seconds.
    pub(crate) from_seconds: f64,
}

/// The fold.
#[derive(Debug, Clone)]
pub(crate) struct Timeline {
    width: Duration,
    buckets: Vec<Bucket>,
    latencies: Latencies,
    pauses: Pauses,
    sessions: Vec<SessionPart>,
    began: u64,
    /// Running time before the present session.
    base: Duration,
    /// Since when nothing was settled.
    quiet_since: Option<Timestamp>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            width: FIRST_WIDTH,
            buckets: Vec::new(),
            latencies: Latencies::default(),
            pauses: Pauses::default(),
            sessions: Vec::new(),
            began: 0,
            base: Duration::ZERO,
            quiet_since: None,
        }
    }
}

impl Timeline {
    /// A session began.
    pub(crate) fn began(&mut self, at: Timestamp) {
        self.base = self.running();
        self.began += 1;
        self.sessions.push(SessionPart {
            number: self.began,
            began: at,
            last: at,
            end: "open",
            calls: 0,
            from_seconds: seconds(self.base),
        });
        if self.sessions.len() > SESSIONS {
            self.sessions.remove(0);
        }
        self.quiet_since = Some(at);
    }

    /// The session ended in order; `end` is its stable word.
    pub(crate) fn ended(&mut self, at: Timestamp, end: &'static str) {
        self.lives(at);
        self.watch(at);
        if let Some(session) = self.sessions.last_mut() {
            session.end = end;
        }
    }

    /// The session was alive at this moment.
    pub(crate) fn lives(&mut self, at: Timestamp) {
        if let Some(session) = self.sessions.last_mut() {
            session.last = session.last.max(at);
        }
    }

    /// A call was settled; its last attempt took `latency_ms`, and had an answer or not.
    pub(crate) fn settled(
        &mut self,
        at: Timestamp,
        latency_ms: u64,
        verdict: Verdict,
        answered: bool,
    ) {
        self.lives(at);
        if let Some(session) = self.sessions.last_mut() {
            session.calls += 1;
        }
        self.watch(at);
        if answered {
            self.latencies.add(latency_ms);
        }
        let left = self
            .active(at)
            .saturating_sub(Duration::from_millis(latency_ms))
            .max(self.base);
        let bucket = self.bucket(left);
        match verdict {
            Verdict::Succeeded => bucket.succeeded += 1,
            Verdict::Failed | Verdict::Exhausted => bucket.failed += 1,
        }
    }

    fn watch(&mut self, at: Timestamp) {
        if let Some(since) = self.quiet_since {
            let lasted = Duration::try_from(at.duration_since(since)).unwrap_or_default();
            if lasted > SILENCE {
                self.pauses.add(Pause {
                    kind: PauseKind::Silence,
                    at: since,
                    lasted,
                    code: None,
                    info: String::new(),
                });
            }
        }
        self.quiet_since = Some(at);
    }

    fn bucket(&mut self, at: Duration) -> &mut Bucket {
        let mut index = index(at, self.width);
        while index >= BUCKETS {
            self.width *= 2;
            self.buckets = self.buckets.chunks(2).map(together).collect();
            index /= 2;
        }
        if index >= self.buckets.len() {
            self.buckets.resize(index + 1, Bucket::default());
        }
        self.buckets
            .get_mut(index)
            .expect("the list was just made long enough")
    }

    /// Takes in the pauses that were observed live.
    pub(crate) fn explain(&mut self, live: Pauses) {
        self.pauses.explain(live);
    }

    /// Running time at a moment of a session that is listed.
    pub(crate) fn active(&self, at: Timestamp) -> Duration {
        let session = self
            .sessions
            .iter()
            .rfind(|session| session.began <= at)
            .or(self.sessions.first());
        session.map_or(Duration::ZERO, |session| {
            let before = Duration::from_secs_f64(session.from_seconds);
            before + Duration::try_from(at.duration_since(session.began)).unwrap_or_default()
        })
    }

    /// Running time of all sessions.
    pub(crate) fn running(&self) -> Duration {
        self.sessions
            .last()
            .map_or(self.base, |session| self.active(session.last))
    }

    /// Width of a bucket.
    pub(crate) fn width(&self) -> Duration {
        self.width
    }

    /// Calls over running time.
    pub(crate) fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// How long answered calls took.
    pub(crate) fn latencies(&self) -> &Latencies {
        &self.latencies
    }

    /// When it stood still.
    pub(crate) fn pauses(&self) -> &Pauses {
        &self.pauses
    }

    /// The latest sessions.
    pub(crate) fn sessions(&self) -> &[SessionPart] {
        &self.sessions
    }

    /// Sessions in all.
    pub(crate) fn session_count(&self) -> u64 {
        self.began
    }
}

fn index(at: Duration, width: Duration) -> usize {
    usize::try_from(at.as_millis() / width.as_millis().max(1)).unwrap_or(usize::MAX)
}

fn together(buckets: &[Bucket]) -> Bucket {
    buckets
        .iter()
        .fold(Bucket::default(), |sum, bucket| Bucket {
            succeeded: sum.succeeded + bucket.succeeded,
            failed: sum.failed + bucket.failed,
        })
}

/// Seconds to the millisecond: what the JSON holds is what the page shows.
pub(crate) fn seconds(length: Duration) -> f64 {
    (length.as_secs_f64() * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    fn calls(timeline: &Timeline) -> u64 {
        let buckets = timeline.buckets().iter();
        buckets.map(|bucket| bucket.succeeded + bucket.failed).sum()
    }

    #[test]
    fn a_night_of_fourteen_hours_stays_within_its_buckets() {
        let mut timeline = Timeline::default();
        timeline.began(at(0));
        for second in 0..14 * 3600 {
            timeline.settled(at(second * 1000 + 20), 20, Verdict::Succeeded, true);
        }
        assert!(timeline.buckets().len() <= BUCKETS);
        assert_eq!(timeline.width(), Duration::from_secs(256));
        assert_eq!(calls(&timeline), 14 * 3600);
        let full = timeline.buckets().len() - 1;
        for bucket in &timeline.buckets()[..full] {
            assert_eq!(bucket.succeeded, 256);
        }
    }

    #[test]
    fn a_call_counts_when_it_left_and_not_when_it_was_answered() {
        let mut timeline = Timeline::default();
        timeline.began(at(0));
        timeline.settled(at(3100), 3000, Verdict::Succeeded, true);
        timeline.settled(at(3200), 100, Verdict::Failed, true);
        let first = Bucket {
            succeeded: 1,
            failed: 0,
        };
        let last = Bucket {
            succeeded: 0,
            failed: 1,
        };
        let none = Bucket::default();
        assert_eq!(timeline.buckets(), [first, none, none, last]);
    }

    #[test]
    fn the_time_between_two_sessions_is_left_out() {
        let mut timeline = Timeline::default();
        timeline.began(at(0));
        timeline.settled(at(2000), 10, Verdict::Succeeded, true);
        timeline.ended(at(2500), "interrupted");
        timeline.began(at(80_000_000));
        timeline.settled(at(80_001_000), 10, Verdict::Succeeded, true);
        timeline.ended(at(80_001_500), "completed");
        assert_eq!(timeline.running(), Duration::from_secs(4));
        assert_eq!(timeline.pauses().list(), []);
        let ends: Vec<_> = timeline
            .sessions()
            .iter()
            .map(|s| (s.number, s.end, s.calls))
            .collect();
        assert_eq!(ends, [(1, "interrupted", 1), (2, "completed", 1)]);
        assert_eq!(timeline.buckets().len(), 4);
    }

    #[test]
    fn a_stretch_without_outcomes_is_a_pause() {
        let mut timeline = Timeline::default();
        timeline.began(at(0));
        for second in [1, 2, 3, 30, 31] {
            timeline.settled(at(second * 1000), 5, Verdict::Succeeded, true);
        }
        let [pause] = timeline.pauses().list() else {
            panic!("{:?}", timeline.pauses());
        };
        assert_eq!(
            (pause.kind, pause.lasted.as_secs()),
            (PauseKind::Silence, 27)
        );
    }

    #[test]
    fn a_session_that_ends_in_silence_shows_it() {
        let mut timeline = Timeline::default();
        timeline.began(at(0));
        timeline.settled(at(1000), 5, Verdict::Succeeded, true);
        timeline.ended(at(13_000), "stopped");
        let lengths: Vec<_> = timeline
            .pauses()
            .list()
            .iter()
            .map(|pause| pause.lasted)
            .collect();
        assert_eq!(lengths, [Duration::from_secs(12)]);
    }

    #[test]
    fn a_call_without_an_answer_has_no_latency() {
        let mut timeline = Timeline::default();
        timeline.began(at(0));
        timeline.settled(at(10_000), 10_000, Verdict::Exhausted, false);
        assert_eq!(timeline.latencies().part(), None);
    }

    proptest! {
        #[test]
        fn no_call_is_lost_whatever_the_clock_does(
            stamps in prop::collection::vec((-1_000_000_i64..10_000_000_000, 0_u64..100_000), 1..300),
        ) {
            let mut timeline = Timeline::default();
            timeline.began(at(0));
            for &(stamp, ms) in &stamps {
                timeline.settled(at(stamp), ms, Verdict::Succeeded, true);
            }
            prop_assert_eq!(calls(&timeline), stamps.len() as u64);
            prop_assert!(timeline.buckets().len() <= BUCKETS);
        }
    }
}

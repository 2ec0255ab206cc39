//! When an import stood still: a bounded list with exact sums. Pure.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

use crate::event::Event;

/// Pauses kept; of more, the longest stay. A page with more rows would not be read.
const KEPT: usize = 200;

/// Pauses so close to each other are one: in between, the first call after a hold was on its way
/// and was refused again.
const SAME_PAUSE: Duration = Duration::from_millis(300);

/// Why nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PauseKind {
    /// The target asked for fewer calls.
    RateLimited,
    /// The target was down.
    Outage,
    /// No call was settled, and the log does not say why.
    Silence,
}

impl PauseKind {
    /// For a table.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::RateLimited => "asked to slow down",
            Self::Outage => "target down",
            Self::Silence => "no outcome",
        }
    }
}

/// One stretch in which nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pause {
    /// Why.
    pub(crate) kind: PauseKind,
    /// Since when.
    pub(crate) at: Timestamp,
    /// For how long.
    pub(crate) lasted: Duration,
    /// The API's code.
    pub(crate) code: Option<i64>,
    /// What was last heard.
    pub(crate) info: String,
}

impl Pause {
    /// When it was over.
    pub(crate) fn until(&self) -> Timestamp {
        self.at.checked_add(self.lasted).unwrap_or(self.at)
    }
}

/// How many pauses of one kind, and how long together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PauseSum {
    pub(crate) count: u64,
    pub(crate) lasted: Duration,
}

/// Pauses, bounded in number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pauses {
    list: Vec<Pause>,
    dropped: [PauseSum; 3],
}

impl Pauses {
    /// One more pause; one of its kind that it touches becomes longer instead.
    pub(crate) fn add(&mut self, pause: Pause) {
        if let Some(last) = self.list.last_mut()
            && last.kind == pause.kind
            && pause.at.duration_since(last.until()).unsigned_abs() <= SAME_PAUSE
        {
            let until = pause.until().max(last.until());
            last.lasted = until.duration_since(last.at).unsigned_abs();
            last.code = pause.code.or(last.code);
            last.info = pause.info;
            return;
        }
        self.list.push(pause);
        if self.list.len() > KEPT {
            self.drop_shortest();
        }
    }

    fn drop_shortest(&mut self) {
        // The last one may still grow.
        let settled = self.list.len().saturating_sub(1);
        let lengths = self.list.iter().take(settled).map(|pause| pause.lasted);
        let Some((index, _)) = lengths.enumerate().min_by_key(|&(_, lasted)| lasted) else {
            return;
        };
        let pause = self.list.remove(index);
        let sum = self.dropped_of(pause.kind);
        sum.count += 1;
        sum.lasted += pause.lasted;
    }

    fn dropped_of(&mut self, kind: PauseKind) -> &mut PauseSum {
        let [limited, outage, silence] = &mut self.dropped;
        match kind {
            PauseKind::RateLimited => limited,
            PauseKind::Outage => outage,
            PauseKind::Silence => silence,
        }
    }

    /// All of one kind together, those that are not listed too.
    pub(crate) fn sum(&self, kind: PauseKind) -> PauseSum {
        let [limited, outage, silence] = self.dropped;
        let dropped = match kind {
            PauseKind::RateLimited => limited,
            PauseKind::Outage => outage,
            PauseKind::Silence => silence,
        };
        self.list
            .iter()
            .filter(|pause| pause.kind == kind)
            .fold(dropped, |sum, pause| PauseSum {
                count: sum.count + 1,
                lasted: sum.lasted + pause.lasted,
            })
    }

    /// The pauses that are listed.
    pub(crate) fn list(&self) -> &[Pause] {
        &self.list
    }

    /// Takes in what was observed live, in place of the silences of the log that it explains.
    pub(crate) fn explain(&mut self, live: Self) {
        let explained = |silence: &Pause| {
            live.list
                .iter()
                .any(|pause| pause.at < silence.until() && silence.at < pause.until())
        };
        self.list
            .retain(|pause| pause.kind != PauseKind::Silence || !explained(pause));
        for (sum, more) in self.dropped.iter_mut().zip(live.dropped) {
            sum.count += more.count;
            sum.lasted += more.lasted;
        }
        self.list.extend(live.list);
        self.list.sort_by_key(|pause| pause.at);
    }
}

/// A fold of a session's events into its pauses.
#[derive(Debug, Clone)]
pub(crate) struct LivePauses {
    anchor: (Instant, Timestamp),
    down: Option<Pause>,
    pauses: Pauses,
}

impl LivePauses {
    /// A session that begins; `anchor` is one moment on both clocks.
    pub(crate) fn new(anchor: (Instant, Timestamp)) -> Self {
        Self {
            anchor,
            down: None,
            pauses: Pauses::default(),
        }
    }

    /// Folds one event in.
    pub(crate) fn apply(&mut self, event: &Event<'_>) {
        match *event {
            Event::RateLimited {
                code,
                at,
                hold: Some(lasted),
            } => self.pauses.add(Pause {
                kind: PauseKind::RateLimited,
                at: self.wall(at),
                lasted,
                code: Some(code),
                info: String::new(),
            }),
            Event::OutageBegan { at, ref info } => {
                self.down = Some(Pause {
                    kind: PauseKind::Outage,
                    at: self.wall(at),
                    lasted: Duration::ZERO,
                    code: None,
                    info: info.clone().into_owned(),
                });
            }
            Event::OutageEnded { lasted, .. } => {
                if let Some(pause) = self.down.take() {
                    self.pauses.add(Pause { lasted, ..pause });
                }
            }
            Event::RateLimited { hold: None, .. }
            | Event::Sent { .. }
            | Event::Settled { .. }
            | Event::Rejected
            | Event::Retrying { .. }
            | Event::Renewed
            | Event::Draining { .. }
            | Event::Pulse(_) => {}
        }
    }

    /// The pauses of a session that ended at `now`.
    pub(crate) fn finish(mut self, now: Instant) -> Pauses {
        if let Some(pause) = self.down.take() {
            let lasted = self.wall(now).duration_since(pause.at).unsigned_abs();
            self.pauses.add(Pause { lasted, ..pause });
        }
        self.pauses
    }

    fn wall(&self, at: Instant) -> Timestamp {
        let (instant, wall) = self.anchor;
        let since = at.saturating_duration_since(instant);
        wall.checked_add(since).unwrap_or(wall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(kind: PauseKind, second: i64, lasted: u64) -> Pause {
        Pause {
            kind,
            at: Timestamp::from_second(second).unwrap(),
            lasted: Duration::from_secs(lasted),
            code: None,
            info: String::new(),
        }
    }

    #[test]
    fn holds_that_follow_each_other_are_one_pause() {
        let mut pauses = Pauses::default();
        for second in [0, 2, 4, 60] {
            pauses.add(pause(PauseKind::RateLimited, second, 2));
        }
        let lengths: Vec<_> = pauses.list().iter().map(|p| p.lasted.as_secs()).collect();
        assert_eq!(lengths, [6, 2]);
    }

    #[test]
    fn of_many_pauses_the_longest_are_listed_and_all_are_counted() {
        let mut pauses = Pauses::default();
        for number in 0..1000_i64 {
            pauses.add(pause(
                PauseKind::Outage,
                number * 1000,
                number.unsigned_abs() % 300,
            ));
        }
        assert_eq!(pauses.list().len(), KEPT);
        let sum = pauses.sum(PauseKind::Outage);
        let all: u64 = (0..1000).map(|number| number % 300).sum();
        assert_eq!((sum.count, sum.lasted.as_secs()), (1000, all));
        assert!(
            pauses
                .list()
                .iter()
                .filter(|p| p.lasted.as_secs() < 200)
                .count()
                <= 1
        );
    }

    #[test]
    fn a_silence_that_an_outage_explains_is_not_told_twice() {
        let mut log = Pauses::default();
        log.add(pause(PauseKind::Silence, 100, 60));
        log.add(pause(PauseKind::Silence, 500, 9));
        let mut live = Pauses::default();
        live.add(pause(PauseKind::Outage, 102, 55));
        log.explain(live);
        let kinds: Vec<_> = log.list().iter().map(|pause| pause.kind).collect();
        assert_eq!(kinds, [PauseKind::Outage, PauseKind::Silence]);
    }

    #[test]
    fn an_outage_that_outlasts_the_session_ends_with_it() {
        let (instant, wall) = (Instant::now(), Timestamp::UNIX_EPOCH);
        let second = |seconds| instant + Duration::from_secs(seconds);
        let mut live = LivePauses::new((instant, wall));
        live.apply(&Event::RateLimited {
            code: 429,
            at: second(1),
            hold: Some(Duration::from_millis(250)),
        });
        live.apply(&Event::OutageBegan {
            at: second(10),
            info: "connection refused".into(),
        });
        let pauses = live.finish(second(40));
        let [limited, outage] = pauses.list() else {
            panic!("{pauses:?}");
        };
        assert_eq!((limited.at.as_second(), limited.code), (1, Some(429)));
        assert_eq!((outage.at.as_second(), outage.lasted.as_secs()), (10, 30));
    }
}

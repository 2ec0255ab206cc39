//! The pace below the limit: a gentle start, and the answer to a server that asks for less.
//!
//! Refusals are of two kinds. Some come at random, whatever the pace: slowing down costs the rate
//! and changes nothing. Others come since the pace is too high: then the right pace is just below
//! what the server accepts. The throttle tells them apart by trying.
//!
//! 1. *Background.* The share of refusals at a proven pace is learned slowly.
//! 2. *Burst.* Many more refusals than the background explains: the pace falls to a little less
//!    than the most that was accepted in a second, after a pause in which our last second empties.
//! 3. *Trial.* If refusals are not rarer afterwards, slowing down was not the answer: they are the
//!    background, and the old pace comes back.
//! 4. *Climb.* After a quiet time the pace rises by steps, each on trial; one that meets more
//!    refusals is taken back and doubles the quiet time.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::answers::Answers;

/// Share of the limit at which a session starts. The first seconds open connections: half the
/// rate leaves room for handshakes of up to a second.
const START_SHARE: f64 = 0.5;

/// Share of the limit that the start wins per second: from half to full within one.
const START_CLIMB: f64 = 0.5;

/// The pace never falls below this share of the limit; a longer hold does the rest.
const FLOOR_SHARE: f64 = 0.02;

/// First pause after refusals that name none, and the longest, also for a `Retry-After` that asks
/// for more: a longer one is probed again.
const FIRST_HOLD: Duration = Duration::from_millis(250);
const LONGEST_HOLD: Duration = Duration::from_mins(1);

/// Refusals in a row, with no call accepted among them, that mean an outright quota.
const STREAK: u32 = 10;

/// Answers that are looked at for a burst.
const RECENT: u32 = 100;

/// Expected share of refusals at first, the weight of one answer in it, and its highest value:
/// above that, refusals are never taken for background.
const FIRST_BACKGROUND: f64 = 0.01;
const BACKGROUND_WEIGHT: f64 = 0.001;
const MOST_BACKGROUND: f64 = 0.05;

/// What a burst leaves of the most that was accepted in a second; and what a second burst within
/// [`AGAIN`] leaves of the pace.
const BELOW_ACCEPTED: f64 = 0.97;
const AGAIN_FACTOR: f64 = 0.93;
const AGAIN: Duration = Duration::from_secs(4);

/// In how much of the past the most accepted is looked for.
const ACCEPTED_OF_LATE: Duration = Duration::from_secs(3);

/// So much lateness is earned back: what a busy machine costs in a bad moment.
const EARNED_BACK: Duration = Duration::from_millis(100);

/// Answers after a burst that tell whether slowing down has helped.
const TRIAL_ANSWERS: u32 = 150;

/// A step up, how long it is on trial, and the quiet time before it.
const STEP: f64 = 1.02;
const STEP_TRIAL: Duration = Duration::from_secs(4);
const FIRST_QUIET: Duration = Duration::from_secs(5);
const LONGEST_QUIET: Duration = Duration::from_mins(5);

/// The longest window in which a server is believed to count.
const SECOND: Duration = Duration::from_secs(1);

/// What the pace is being tried for.
#[derive(Debug, Clone, Copy)]
enum Stage {
    /// The pace is proven; the next step up comes at this instant.
    Proven { climb_at: Instant },
    /// After a burst: whether refusals are rarer at the lower pace.
    Slowed {
        before: Answers,
        from: f64,
        now: Answers,
    },
    /// A step up: whether refusals stay as rare as they were.
    Raised {
        from: f64,
        until: Instant,
        now: Answers,
    },
}

/// Adaptive pace. Pure: time is handed in.
#[derive(Debug)]
pub(super) struct Throttle {
    limit: f64,
    pace: f64,
    starting: bool,
    last: Option<Instant>,
    /// When the next call is due at this pace.
    slot: Option<Instant>,
    held_until: Option<Instant>,
    stage: Option<Stage>,
    background: f64,
    quiet: Duration,
    /// Answers of late that count, refused or not.
    recent: VecDeque<bool>,
    /// When the calls of the last second were sent.
    sent: VecDeque<Instant>,
    /// When calls were sent that were accepted, of the last seconds.
    accepted: VecDeque<Instant>,
    /// Answers to calls sent before this say nothing about the present pace.
    counts_from: Option<Instant>,
    burst_at: Option<Instant>,
    refused_in_a_row: u32,
    /// Since when calls are held back for an outright quota, and how often in a row they were.
    quota: Option<(Instant, u32)>,
}

impl Throttle {
    /// Starts below `limit` calls per second and climbs.
    pub(super) fn new(limit: f64) -> Self {
        Self {
            limit,
            pace: limit * START_SHARE,
            starting: true,
            last: None,
            slot: None,
            held_until: None,
            stage: None,
            background: FIRST_BACKGROUND,
            quiet: FIRST_QUIET,
            recent: VecDeque::new(),
            sent: VecDeque::new(),
            accepted: VecDeque::new(),
            counts_from: None,
            burst_at: None,
            refused_in_a_row: 0,
            quota: None,
        }
    }

    /// The earliest instant for the next call; `None` when the throttle does not mind.
    pub(super) fn next(&self) -> Option<Instant> {
        let slowed = self.pace < self.limit;
        let spaced = self.slot.max(self.room()).filter(|_| slowed);
        spaced.max(self.held_until)
    }

    /// When one more call keeps the pace in every second: what was late may hurry within it.
    fn room(&self) -> Option<Instant> {
        let calls = self.pace.ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "200 at most"
        )]
        let oldest_beside = self.sent.len().checked_sub(calls as usize)?;
        let at = *self.sent.get(oldest_beside)?;
        Some(at + Duration::from_secs_f64(calls / self.pace))
    }

    /// Notes a call that leaves at `now`.
    pub(super) fn note(&mut self, now: Instant) {
        if self.starting
            && let Some(last) = self.last
        {
            let elapsed = (now - last).min(SECOND).as_secs_f64();
            self.pace = (self.pace + self.limit * START_CLIMB * elapsed).min(self.limit);
            self.starting = self.pace < self.limit;
        }
        self.last = Some(now);
        self.advance(now);
        let period = Duration::from_secs_f64(1.0 / self.pace);
        let slot = self
            .slot
            .unwrap_or(now)
            .max(now.checked_sub(EARNED_BACK).unwrap_or(now));
        self.slot = Some(slot + period);
        self.held_until = None;
        while self.sent.front().is_some_and(|&at| now - at >= 2 * SECOND) {
            self.sent.pop_front();
        }
        self.sent.push_back(now);
    }

    /// The server took a call that was sent at `sent`.
    pub(super) fn accepted(&mut self, sent: Instant, now: Instant) {
        self.refused_in_a_row = 0;
        self.quota = None;
        while self
            .accepted
            .front()
            .is_some_and(|&at| sent.saturating_duration_since(at) > ACCEPTED_OF_LATE)
        {
            self.accepted.pop_front();
        }
        self.accepted.push_back(sent);
        self.judge(sent, false, now);
    }

    /// The server refused, for its rate, a call that was sent at `sent`. Returns the length of the
    /// pause if this answer began one.
    pub(super) fn refused(
        &mut self,
        sent: Instant,
        retry_after: Option<Duration>,
        now: Instant,
    ) -> Option<Duration> {
        self.refused_in_a_row = self.refused_in_a_row.saturating_add(1);
        let pause = self.judge(sent, true, now);
        let hold = self
            .quota_hold(sent, now)
            .max(retry_after.map(|asked| asked.min(LONGEST_HOLD)));
        let pause = pause.max(hold);
        if let Some(pause) = pause {
            self.held_until = self.held_until.max(Some(now + pause));
        }
        pause
    }

    /// Stays below another limit.
    pub(super) fn set_limit(&mut self, limit: f64, _now: Instant) {
        if self.pace >= self.limit {
            self.pace = limit;
        }
        self.pace = self.pace.min(limit);
        self.limit = limit;
    }

    /// The pause for an outright quota: it doubles as long as the first call after it is refused.
    fn quota_hold(&mut self, sent: Instant, now: Instant) -> Option<Duration> {
        if self.refused_in_a_row < STREAK {
            return None;
        }
        let doublings = match self.quota {
            Some((since, _)) if sent <= since => return None,
            Some((_, doublings)) => doublings,
            None => 0,
        };
        self.quota = Some((now, doublings.saturating_add(1)));
        let hold = FIRST_HOLD.saturating_mul(2_u32.saturating_pow(doublings));
        Some(hold.min(LONGEST_HOLD))
    }

    /// What an answer says about the pace. Returns the pause if it was a burst.
    fn judge(&mut self, sent: Instant, refused: bool, now: Instant) -> Option<Duration> {
        if self.counts_from.is_some_and(|from| sent < from) {
            return None;
        }
        self.recent.push_back(refused);
        if self.recent.len() > RECENT as usize {
            self.recent.pop_front();
        }
        let burst = self.recent().exceed(self.background);
        match &mut self.stage {
            None | Some(Stage::Proven { .. }) => {
                let seen = f64::from(u8::from(refused));
                let background = self.background + BACKGROUND_WEIGHT * (seen - self.background);
                self.background = background.min(MOST_BACKGROUND);
            }
            Some(Stage::Slowed { now: answers, .. } | Stage::Raised { now: answers, .. }) => {
                answers.count(refused);
            }
        }
        self.advance(now);
        if let Some(Stage::Raised {
            from, now: answers, ..
        }) = self.stage
            && answers.exceed_step(self.background)
        {
            self.quiet = (self.quiet * 2).min(LONGEST_QUIET);
            self.stage = Some(Stage::Proven {
                climb_at: now + self.quiet,
            });
            return self.slow_down(from, now);
        }
        if burst { self.burst(sent, now) } else { None }
    }

    /// Too many refusals: slows down to what the server has accepted.
    fn burst(&mut self, sent: Instant, now: Instant) -> Option<Duration> {
        let again = self.burst_at.is_some_and(|at| now - at < AGAIN);
        let pace = if again {
            self.pace * AGAIN_FACTOR
        } else {
            (self.most_accepted(sent) * BELOW_ACCEPTED).min(self.pace)
        };
        self.burst_at = Some(now);
        self.stage = Some(Stage::Slowed {
            before: self.recent(),
            from: self.pace,
            now: Answers::default(),
        });
        self.slow_down(pace, now)
    }

    /// Keeps `pace` from `now` on, after a pause in which our own last second empties so far.
    fn slow_down(&mut self, pace: f64, now: Instant) -> Option<Duration> {
        self.starting = false;
        self.pace = pace.max(self.limit * FLOOR_SHARE);
        self.recent.clear();
        self.counts_from = Some(now + SECOND);
        self.slot = None;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "200 at most"
        )]
        let fitting = self.pace as usize;
        let last_too_many = self.sent.len().checked_sub(fitting + 1);
        let at = *self.sent.get(last_too_many?)?;
        let pause = (at + SECOND).saturating_duration_since(now);
        self.held_until = self.held_until.max(Some(now + pause));
        Some(pause)
    }

    /// Ends a stage whose time has come.
    fn advance(&mut self, now: Instant) {
        match self.stage {
            None => {
                self.stage = (!self.starting).then_some(Stage::Proven { climb_at: now });
            }
            Some(Stage::Proven { climb_at }) => {
                if now >= climb_at && self.pace < self.limit {
                    self.stage = Some(Stage::Raised {
                        from: self.pace,
                        until: now + STEP_TRIAL,
                        now: Answers::default(),
                    });
                    self.pace = (self.pace * STEP).min(self.limit);
                    self.counts_from = Some(now);
                }
            }
            Some(Stage::Raised { until, .. }) => {
                if now >= until {
                    self.quiet = FIRST_QUIET;
                    self.stage = Some(Stage::Proven { climb_at: now });
                }
            }
            Some(Stage::Slowed {
                before,
                from,
                now: after,
            }) => {
                if after.all < TRIAL_ANSWERS {
                    return;
                }
                let share = after.share();
                if share >= before.share() / 2.0 && after.refused >= 2 && share <= MOST_BACKGROUND {
                    self.background = self.background.max(share);
                    self.pace = from;
                }
                self.stage = Some(Stage::Proven {
                    climb_at: now + self.quiet,
                });
            }
        }
    }

    fn recent(&self) -> Answers {
        let mut answers = Answers::default();
        for &refused in &self.recent {
            answers.count(refused);
        }
        answers
    }

    /// The most that was accepted in any second of the last three before `sent`.
    fn most_accepted(&self, sent: Instant) -> f64 {
        let of_late = |at: &Instant| sent.saturating_duration_since(*at) <= ACCEPTED_OF_LATE;
        let mut times: Vec<Instant> = self.accepted.iter().copied().filter(of_late).collect();
        times.sort_unstable();
        let mut window = VecDeque::new();
        let mut most = 0;
        for at in times {
            while window.front().is_some_and(|&first| at - first >= SECOND) {
                window.pop_front();
            }
            window.push_back(at);
            most = most.max(window.len());
        }
        f64::from(u32::try_from(most).unwrap_or(u32::MAX))
    }
}

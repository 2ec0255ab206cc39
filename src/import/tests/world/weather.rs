//! What a seed lets happen during a session.

use std::ops::Range;
use std::time::Duration;

use fastrand::Rng;

/// How a sick group answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sickness {
    /// Its gateway answers 504; the call may have been carried out.
    Gateway,
    /// Something in between asks who is there.
    Denied,
    /// Nothing answers in time; the call may have been carried out.
    Silence,
}

/// How likely each kind of answer is, in 0..1. What is left succeeds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Odds {
    /// The call is carried out, and its answer is lost.
    pub(super) answer_lost: f64,
    /// The call is lost.
    pub(super) call_lost: f64,
    /// The target is at fault for the moment.
    pub(super) transient: f64,
    /// A code that nobody knows.
    pub(super) unknown: f64,
    /// Refused for its rate, whatever the rate.
    pub(super) refused: f64,
    /// The credential is refused.
    pub(super) fatal: f64,
    /// The credential was renewed.
    pub(super) renewed: f64,
    /// The row continues as another operation.
    pub(super) continued: f64,
    /// The connection has to be made first.
    pub(super) connecting: f64,
    /// The answer is slow.
    pub(super) slow: f64,
}

/// What happens in a session.
#[derive(Debug, Clone)]
pub(super) struct Weather {
    pub(super) odds: Odds,
    /// Calls a second that the target takes.
    pub(super) quota: Option<usize>,
    /// When nothing answers, from the beginning of the session.
    pub(super) outages: Vec<Range<Duration>>,
    /// Whether what answers during an outage asks who is there.
    pub(super) denied: bool,
    /// Groups that are sick, and when.
    pub(super) sick: Vec<(u8, Range<Duration>, Sickness)>,
    pub(super) latency: Range<Duration>,
    /// How long the client waits for an answer.
    pub(super) timeout: Duration,
    /// What the target asks to wait with a refusal.
    pub(super) retry_after: Option<Duration>,
    /// How likely the process stands still for a while between two commands.
    pub(super) stall: f64,
    /// How likely the wall clock is set.
    pub(super) clock: f64,
    /// The command before which the process ends without a word.
    pub(super) crash: Option<u32>,
    /// Whether the disk fails.
    pub(super) disk: bool,
    /// When signals come, from the beginning of the session.
    pub(super) signals: Vec<Duration>,
    /// When the input file is appended to, or replaced.
    pub(super) appended: Option<Duration>,
    pub(super) replaced: Option<Duration>,
}

pub(super) fn millis(rng: &mut Rng, range: Range<u64>) -> Duration {
    Duration::from_millis(rng.u64(range))
}

/// Milliseconds of which short ones are as likely as long ones.
fn spread(rng: &mut Rng, most: u32) -> Duration {
    let bits = rng.u32(0..=most.ilog2());
    Duration::from_millis(rng.u64(0..(2 << bits)))
}

/// The chance of something that is absent from most sessions.
fn some(rng: &mut Rng, share: u8, most: f64) -> f64 {
    if rng.u8(..100) < share {
        rng.f64() * most
    } else {
        0.0
    }
}

impl Weather {
    /// All is well.
    pub(super) fn calm() -> Self {
        Self {
            odds: Odds::default(),
            quota: None,
            outages: Vec::new(),
            denied: false,
            sick: Vec::new(),
            latency: Duration::from_millis(5)..Duration::from_millis(40),
            timeout: Duration::from_secs(10),
            retry_after: None,
            stall: 0.0,
            clock: 0.0,
            crash: None,
            disk: false,
            signals: Vec::new(),
            appended: None,
            replaced: None,
        }
    }

    /// Draws a session in which all may happen.
    pub(super) fn draw(rng: &mut Rng) -> Self {
        let timeout = millis(rng, 500..6_000);
        let slowest = spread(rng, 4_000).max(Duration::from_millis(2));
        let rarely = |rng: &mut Rng, share: u8| rng.u8(..100) < share;
        Self {
            odds: Odds::draw(rng),
            quota: rarely(rng, 15).then(|| rng.usize(1..=20)),
            outages: (0..rng.u8(..100) / 75)
                .map(|_| period(rng, 20_000))
                .collect(),
            denied: rarely(rng, 25),
            sick: (0..rng.u8(..100) / 40).map(|_| sick(rng)).collect(),
            latency: Duration::from_millis(1)..slowest,
            timeout,
            retry_after: rarely(rng, 20).then(|| spread(rng, 8_000)),
            stall: some(rng, 30, 0.03),
            clock: some(rng, 10, 0.05),
            crash: rarely(rng, 55).then(|| {
                let most = 8_u32 << rng.u32(0..7);
                rng.u32(..most)
            }),
            disk: rarely(rng, 12),
            signals: signals(rng),
            appended: rarely(rng, 10).then(|| spread(rng, 4_000)),
            replaced: rarely(rng, 5).then(|| spread(rng, 4_000)),
        }
    }
}

impl Odds {
    fn draw(rng: &mut Rng) -> Self {
        Self {
            answer_lost: some(rng, 25, 0.4),
            call_lost: some(rng, 25, 0.4),
            transient: some(rng, 25, 0.5),
            unknown: some(rng, 15, 0.4),
            refused: some(rng, 25, 0.6),
            fatal: some(rng, 8, 0.1),
            renewed: some(rng, 8, 0.2),
            continued: some(rng, 10, 0.5),
            connecting: some(rng, 40, 0.5),
            slow: some(rng, 30, 0.3),
        }
    }
}

/// A signal, or two of them, of which the second does not wait for answers.
fn signals(rng: &mut Rng) -> Vec<Duration> {
    let first = spread(rng, 8_000);
    match rng.u8(..20) {
        0..=3 => vec![first],
        4..=6 => vec![first, first + spread(rng, 500)],
        _ => Vec::new(),
    }
}

/// A while within the first so many milliseconds, or to the end.
fn period(rng: &mut Rng, most: u32) -> Range<Duration> {
    let from = if rng.bool() {
        Duration::ZERO
    } else {
        spread(rng, most / 4)
    };
    let length = if rng.u8(..4) == 0 {
        Duration::from_hours(24)
    } else {
        spread(rng, most)
    };
    from..from + length
}

fn sick(rng: &mut Rng) -> (u8, Range<Duration>, Sickness) {
    let kinds = [Sickness::Gateway, Sickness::Denied, Sickness::Silence];
    (rng.u8(..8), period(rng, 60_000), kinds[rng.usize(..3)])
}

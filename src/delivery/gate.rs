//! The gate that every attempt passes.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::{Instant, sleep_until};

use super::lateness::Lateness;
use super::throttle::Throttle;
use super::window::Window;

/// Calls per second, 1..=200.
///
/// 200 is the default quota of every group API of Tencent Cloud Chat, and `set_unread_msg_num` is
/// not on the vendor's list of limits that can be raised (use limits page, 2025-07).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit(NonZeroU32);

impl Limit {
    /// The vendor's quota.
    pub(crate) const QUOTA: u32 = 200;

    /// `None` outside 1..=200.
    pub(crate) fn new(calls_per_second: u32) -> Option<Self> {
        NonZeroU32::new(calls_per_second)
            .filter(|limit| limit.get() <= Self::QUOTA)
            .map(Self)
    }

    /// Calls per second.
    pub(crate) fn get(self) -> u32 {
        self.0.get()
    }

    /// The rate that the gate really keeps: `limit` calls in each [`Limit::span`].
    pub(crate) fn sustained(self) -> f64 {
        f64::from(self.get()) / Self::span().as_secs_f64()
    }

    /// Length of the window that holds at most `limit` calls: one second and a margin. The margin
    /// is the jitter on the way to the server that cannot push a call into a full second there;
    /// it costs as much of the rate, and 1 % of the rate is all we may spend.
    pub(crate) const fn span() -> Duration {
        Duration::from_secs(1).saturating_add(MARGIN)
    }
}

/// What a call may come late to the server before a full second there could hold one too many.
const MARGIN: Duration = Duration::from_micros(6_500);

/// `governor`'s clock on tokio's time, so that tests can pause it.
#[derive(Debug, Clone)]
struct TokioClock {
    origin: Instant,
}

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.origin.elapsed()
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Duration>>;

/// Decides when the next call leaves.
#[derive(Debug)]
pub(crate) struct Gate {
    limiter: Limiter,
    clock: TokioClock,
    window: Window,
    lateness: Lateness,
    throttle: Throttle,
    not_before: Instant,
}

impl Gate {
    /// A gate for `limit` calls per second that opens at `not_before` (the end of what an earlier
    /// process may have sent, or now).
    pub(crate) fn new(limit: Limit, not_before: Instant) -> Self {
        let clock = TokioClock {
            origin: Instant::now(),
        };
        // 99.5 % of the limit: with a burst of two, 201 permits then span a second at least, even
        // without the window behind it.
        let period = Duration::from_secs(1).div_f64(f64::from(limit.get()) * 0.995);
        let burst = NonZeroU32::new(2).expect("2 is not 0");
        let quota = Quota::with_period(period)
            .expect("a period of at least 5 ms is not 0")
            .allow_burst(burst);
        Self {
            limiter: RateLimiter::direct_with_clock(quota, clock.clone()),
            clock,
            window: Window::new(limit.get() as usize, Limit::span()),
            lateness: Lateness::default(),
            throttle: Throttle::new(f64::from(limit.get())),
            not_before,
        }
    }

    /// Waits for the next permit and takes it; the instant is when the call may leave.
    ///
    /// Cancel safe: nothing is taken before it returns.
    pub(crate) async fn permit(&mut self) -> Instant {
        loop {
            match self.try_permit() {
                Ok(now) => return now,
                Err(earliest) => sleep_until(earliest).await,
            }
        }
    }

    /// Takes a permit if there is one now; otherwise the earliest instant at which to ask again.
    pub(crate) fn try_permit(&mut self) -> Result<Instant, Instant> {
        let now = Instant::now();
        let own = self.window.next().max(self.throttle.next());
        let earliest = own.map_or(self.not_before, |own| own.max(self.not_before));
        if earliest > now {
            return Err(earliest);
        }
        match self.limiter.check() {
            Ok(()) => {
                self.window.note(now);
                self.throttle.note(now);
                Ok(now)
            }
            Err(refused) => Err(self.clock.origin + refused.earliest_possible()),
        }
    }

    /// The server refused a call that left at `sent` for its rate. Returns the length of the hold
    /// if this answer began one.
    pub(crate) fn limited(
        &mut self,
        sent: Instant,
        retry_after: Option<Duration>,
    ) -> Option<Duration> {
        self.throttle.limited(Instant::now(), sent, retry_after)
    }

    /// The call of the last permit left at `at`: later than its permit when the process was busy.
    /// It counts from then on, since later calls that leave at once would catch up with it.
    pub(crate) fn left(&mut self, at: Instant) {
        self.window.left(at);
    }

    /// The server answered, whatever it said, the call that had its permit at `sent`, after
    /// `latency`. One that seems to have arrived later than the margin allows counts from its
    /// arrival: a network or a scheduler held it up, but not the calls behind it.
    pub(crate) fn answered(&mut self, sent: Instant, latency: Duration) {
        let beyond = self.lateness.of(latency).saturating_sub(MARGIN);
        if !beyond.is_zero() {
            self.window.counts_from(sent, sent + beyond);
        }
    }

    /// A call succeeded.
    pub(crate) fn succeeded(&mut self) {
        self.throttle.succeeded();
    }

    /// Most calls in any sliding second so far, counted where they leave.
    pub(crate) fn busiest_second(&self) -> usize {
        self.window.busiest()
    }

    /// Calls in the second that ends now.
    pub(crate) fn calls_now(&self) -> usize {
        self.window.in_last_second(Instant::now())
    }
}

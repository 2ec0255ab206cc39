//! The space between calls: `governor` on time that is handed in.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use super::gate::Limit;

/// Share of the limit at which calls are spaced. The window holds back 0.65 %, so this is the
/// second line, which evens out what the window lets through at once after a stall.
const SHARE: f64 = 0.995;

/// One call in so many of a second may follow the one before at once: twenty of two hundred, which
/// is what a stall of 100 ms held back. On a busy machine with a stall of 35 ms in 150 calls a
/// burst of two keeps 191 calls a second, one of eight 197.9 and this one 198.2 (simulated).
const BURST: u32 = 10;

/// A clock that stands where it was set.
#[derive(Debug, Default)]
struct GivenTime(Cell<Duration>);

impl Clock for GivenTime {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.get()
    }
}

/// Where the limiter keeps its one number, so that a question can leave it as it was.
#[derive(Debug, Clone, Default)]
struct Arrival(Rc<Cell<Option<Nanos>>>);

impl StateStore for Arrival {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _key: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let (decision, next) = decide(self.0.get())?;
        self.0.set(Some(next));
        Ok(decision)
    }
}

type Limiter = RateLimiter<NotKeyed, Arrival, GivenTime, NoOpMiddleware<Duration>>;

/// Spaces calls at 99.5 % of a limit (GCRA), with a burst that earns a short stall back.
pub(super) struct Spacing {
    limiter: Limiter,
    arrival: Arrival,
    origin: Instant,
}

impl std::fmt::Debug for Spacing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Spacing")
            .field("arrival", &self.arrival)
            .finish_non_exhaustive()
    }
}

impl Spacing {
    /// Calls spaced for `limit`, the first at `now` at the earliest.
    pub(super) fn new(limit: Limit, now: Instant) -> Self {
        let period = Duration::from_secs(1).div_f64(f64::from(limit.get()) * SHARE);
        let burst = NonZeroU32::new((limit.get() / BURST).max(2)).expect("2 or more is not 0");
        let quota = Quota::with_period(period)
            .expect("a period of at least 5 ms is not 0")
            .allow_burst(burst);
        let arrival = Arrival::default();
        Self {
            limiter: RateLimiter::new(quota, arrival.clone(), GivenTime::default()),
            arrival,
            origin: now,
        }
    }

    /// The earliest instant for a call; `None` when `now` will do.
    pub(super) fn next(&self, now: Instant) -> Option<Instant> {
        let before = self.arrival.0.get();
        let earliest = self.check(now).err();
        self.arrival.0.set(before);
        earliest
    }

    /// Notes a call that leaves at `now`.
    pub(super) fn note(&mut self, now: Instant) {
        // Whoever comes too early has asked the other parts only; the window keeps the promise.
        self.check(now).unwrap_or_default();
    }

    fn check(&self, now: Instant) -> Result<(), Instant> {
        let elapsed = now.saturating_duration_since(self.origin);
        self.limiter.clock().0.set(elapsed);
        self.limiter
            .check()
            .map_err(|refused| self.origin + refused.earliest_possible())
    }
}

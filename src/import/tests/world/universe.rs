//! What outlives a process: time, the target, calls on their way, and what may be known of them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::input::Member;
use super::memory::{Broken, Memory, holds};
use super::tally::{Seen, Tally};
use super::target::{Sent, Target};
use super::trace::Trace;
use super::weather::{Weather, millis};
use crate::delivery::AttemptError;
use crate::import::{Departure, Now};
use crate::operation::{Answer, Operation};
use crate::signals::Signal;

/// Something that the loop of a session comes to hear of.
#[derive(Debug)]
pub(super) enum Happening {
    Signal(Signal),
    /// A call was handed to the network when it was sent.
    Departed(Operation),
    /// The connection of a call is made.
    Connected(u64),
    Synced,
    Answered(u64, Answer),
}

impl Happening {
    /// The order in which the loop looks.
    const fn rank(&self) -> u8 {
        match self {
            Self::Signal(_) => 0,
            Self::Departed(_) | Self::Connected(_) => 1,
            Self::Synced => 2,
            Self::Answered(..) => 3,
        }
    }
}

/// A call between our network and the target.
#[derive(Debug)]
struct Travelling {
    arrives: Instant,
    sent: Sent,
    sent_at: Instant,
    session: u64,
}

/// A second, as whoever counts calls counts it.
const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Universe {
    pub(super) rng: Rng,
    pub(super) now: Instant,
    origin: Instant,
    /// How far the wall clock was set.
    wall: SignedDuration,
    pub(super) weather: Weather,
    /// When the present session began, and its number.
    pub(super) began: Instant,
    pub(super) session: u64,
    pub(super) target: Target,
    travelling: Vec<Travelling>,
    happenings: Vec<(Instant, u64, Happening)>,
    number: u64,
    pub(super) memory: Memory,
    /// Calls handed to the network in the last second, by operation.
    departures: BTreeMap<Operation, VecDeque<Instant>>,
    /// Calls a second.
    pub(super) limit: u32,
    pub(super) trace: Trace,
    pub(super) tally: Tally,
}

impl Universe {
    pub(super) fn new(mut rng: Rng, trace: Trace) -> Self {
        let now = Instant::now();
        let limit = match rng.u8(..10) {
            0 => 200,
            1..=4 => rng.u32(1..=8),
            _ => rng.u32(8..=60),
        };
        Self {
            rng,
            now,
            origin: now,
            wall: SignedDuration::ZERO,
            weather: Weather::calm(),
            began: now,
            session: 0,
            target: Target::default(),
            travelling: Vec::new(),
            happenings: Vec::new(),
            number: 0,
            memory: Memory::default(),
            departures: BTreeMap::new(),
            limit,
            trace,
            tally: Tally::default(),
        }
    }

    /// The present on both clocks.
    pub(super) fn present(&self) -> Now {
        let passed = self.now - self.origin;
        let start = Timestamp::from_second(1_790_000_000).expect("it is in range");
        Now {
            at: self.now,
            wall: start + passed + self.wall,
        }
    }

    /// How long the model runs.
    pub(super) fn age(&self) -> Duration {
        self.now - self.origin
    }

    /// Somebody sets the wall clock.
    pub(super) fn set_wall_clock(&mut self) {
        let hours = self.rng.i64(-1..=1);
        self.wall = SignedDuration::from_hours(hours);
        self.tally.note(Seen::ClockSet);
    }

    /// A session begins.
    pub(super) fn begin(&mut self, weather: Weather) {
        self.session += 1;
        self.began = self.now;
        self.happenings.clear();
        self.weather = weather;
        for place in 0..self.weather.signals.len() {
            let at = self.now + self.weather.signals[place];
            let signal = if self.rng.bool() {
                Signal::Interrupt
            } else {
                Signal::Terminate
            };
            self.happen(at, Happening::Signal(signal));
        }
    }

    /// Something is to happen.
    pub(super) fn happen(&mut self, at: Instant, happening: Happening) {
        self.number += 1;
        self.happenings.push((at, self.number, happening));
    }

    /// When something happens next.
    pub(super) fn next_happening(&self) -> Option<Instant> {
        self.happenings.iter().map(|&(at, ..)| at).min()
    }

    /// What has happened and the loop looks at first.
    pub(super) fn take_happening(&mut self) -> Option<Happening> {
        let due = self.happenings.iter().enumerate();
        let due = due.filter(|(_, (at, ..))| *at <= self.now);
        let first = due.min_by_key(|(_, (at, number, happening))| (happening.rank(), *at, *number));
        let place = first?.0;
        Some(self.happenings.swap_remove(place).2)
    }

    /// Time goes on to an instant. Calls arrive meanwhile.
    pub(super) fn pass(&mut self, until: Instant) {
        loop {
            let arrived = self.travelling.iter().enumerate();
            let arrived = arrived.filter(|(_, call)| call.arrives <= until);
            let first = arrived.min_by_key(|(_, call)| (call.arrives, call.sent.id));
            let Some((place, _)) = first else { break };
            let call = self.travelling.swap_remove(place);
            self.now = self.now.max(call.arrives);
            self.arrive(&call);
        }
        self.now = self.now.max(until);
    }

    fn arrive(&mut self, call: &Travelling) {
        let since = self.now - self.began;
        let answer =
            self.target
                .arrived(call.sent, (self.now, since), &self.weather, &mut self.rng);
        if call.session != self.session {
            return;
        }
        let most = self.weather.latency.end.as_micros().max(2);
        let mut latency = Duration::from_micros(self.rng.u64(1..u64::try_from(most).unwrap()));
        if self.rng.f64() < self.weather.odds.slow {
            latency += millis(&mut self.rng, 0..8_000);
        }
        let patience = call.sent_at + self.weather.timeout;
        let (at, answer) = match answer {
            Some(answer) if self.now + latency <= patience => (self.now + latency, answer),
            Some(_) | None => {
                let late = AttemptError::no_answer("no answer in time");
                (patience.max(self.now), Err(late))
            }
        };
        self.happen(at, Happening::Answered(call.sent.id, answer));
    }

    /// A call is handed to the network.
    pub(super) fn depart(&mut self, id: u64, departure: &Departure) -> Result<(), Broken> {
        let row = &departure.call().rows[0];
        let operation = departure.call().operation;
        let member = Member::of(&row.group_id, &row.member_account).ok_or("strange ids left")?;
        self.memory.departed(row, member);
        let departures = self.departures.entry(operation).or_default();
        while departures
            .front()
            .is_some_and(|&at| self.now - at >= SECOND)
        {
            departures.pop_front();
        }
        departures.push_back(self.now);
        let (calls, limit) = (departures.len(), self.limit);
        holds(calls <= limit as usize, || {
            format!("{calls} calls left within a second, and {limit} may")
        })?;
        let way = match self.rng.u8(..10) {
            0 => millis(&mut self.rng, 0..900),
            _ => Duration::from_micros(self.rng.u64(50..20_000)),
        };
        self.travelling.push(Travelling {
            arrives: self.now + way,
            sent: Sent {
                id,
                operation,
                member,
                count: row.unread_num,
            },
            sent_at: self.now,
            session: self.session,
        });
        Ok(())
    }
}

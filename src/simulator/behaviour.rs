//! How the simulated service misbehaves: slowness, faults, outages, all drawn from one seed.
//!
//! What happens to a call depends on the seed and the call's number alone, so a run can be
//! repeated. Each part has a short text form, which the command line offers as it is.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

/// A text that describes no behaviour.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Error {
    /// The text has not the form of a fault.
    #[error(
        "`{found}` is not a fault: expected `http502=0.03`, `http429:2=0.03` (seconds of \
         Retry-After), `reset=0.03`, `lost=0.03`, `nonjson=0.03` or `code:10002=0.03`"
    )]
    Fault {
        /// What was given.
        found: String,
    },
    /// The probability is no number from 0 to 1.
    #[error("`{found}` is not a probability from 0 to 1")]
    Probability {
        /// What was given.
        found: String,
    },
    /// All faults together would hit more calls than there are.
    #[error("the probabilities of all faults add up to more than 1")]
    TooProbable,
    /// The text is no duration.
    #[error("`{found}` is not a duration: expected a number and a unit, such as `50ms` or `1.5s`")]
    Duration {
        /// What was given.
        found: String,
    },
    /// The range ends before it starts.
    #[error("`{found}` ends before it starts")]
    Backwards {
        /// What was given.
        found: String,
    },
    /// The text is no window.
    #[error("`{found}` is not a window: expected its start and length, such as `10s+60s`")]
    Window {
        /// What was given.
        found: String,
    },
}

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// Answered with this HTTP status and an HTML body; for 429 also `Retry-After` in seconds.
    Http {
        /// The status.
        status: u16,
        /// The value of `Retry-After`.
        retry_after: Option<u32>,
    },
    /// The connection is reset before the call takes effect.
    Reset,
    /// The call takes effect and the connection is closed without an answer.
    Lost,
    /// Answered with this `ErrorCode`; the call has no effect.
    Code(u32),
    /// Answered with HTTP 200 and a body that is no JSON; the call has no effect.
    NotJson,
}

/// One way to go wrong and how likely it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fault {
    kind: FaultKind,
    probability: f64,
}

/// How long an answer takes: evenly distributed from `shortest` to `longest`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Latency {
    shortest: Duration,
    longest: Duration,
}

/// A stretch of time, counted from the first call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    start: Duration,
    length: Duration,
}

/// All that may go wrong; the default is a service without faults that answers at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Behaviour {
    faults: Vec<Fault>,
    /// How long an answer takes.
    pub(crate) latency: Latency,
    /// At most so many faults for the same request body, so that retries succeed in the end.
    pub(crate) faults_per_key: Option<u32>,
    /// While one of these lasts, connections are reset and no call takes effect.
    pub(crate) outages: Vec<Window>,
    /// While one of these lasts, answers are held back; calls take effect.
    pub(crate) stalls: Vec<Window>,
    /// So long after the first call, signatures made before that moment count as expired.
    pub(crate) signatures_expire_after: Option<Duration>,
}

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) fault: Option<FaultKind>,
    pub(super) latency: Duration,
}

impl Behaviour {
    /// Adds a way to go wrong; at most one fault hits a call.
    pub(crate) fn add_fault(&mut self, fault: Fault) -> Result<(), Error> {
        let sum: f64 = self.faults.iter().map(|fault| fault.probability).sum();
        if sum + fault.probability > 1.0 + f64::EPSILON {
            return Err(Error::TooProbable);
        }
        self.faults.push(fault);
        Ok(())
    }

    /// What happens to the call of that number under that seed.
    pub(super) fn fate(&self, seed: u64, call: u64) -> Fate {
        let mut random = fastrand::Rng::with_seed(scramble(seed, call));
        let mut draw = random.f64();
        let fault = self.faults.iter().find(|fault| {
            draw -= fault.probability;
            draw < 0.0
        });
        let spread = self.latency.longest.saturating_sub(self.latency.shortest);
        Fate {
            fault: fault.map(|fault| fault.kind),
            latency: self.latency.shortest + spread.mul_f64(random.f64()),
        }
    }

    /// Whether the service is down so long after the first call.
    pub(super) fn is_down(&self, elapsed: Duration) -> bool {
        self.outages.iter().any(|outage| outage.contains(elapsed))
    }

    /// How long answers are still held back so long after the first call.
    pub(super) fn stalled_for(&self, elapsed: Duration) -> Duration {
        let stalls = self.stalls.iter().filter(|stall| stall.contains(elapsed));
        stalls
            .map(|stall| stall.end().saturating_sub(elapsed))
            .max()
            .unwrap_or_default()
    }
}

/// Spreads neighbouring call numbers over all seeds (the finalizer of `SplitMix64`), since similar
/// seeds give similar first draws.
fn scramble(seed: u64, call: u64) -> u64 {
    let mut bits = seed.wrapping_add(call.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

impl Window {
    fn end(self) -> Duration {
        self.start.saturating_add(self.length)
    }

    fn contains(self, elapsed: Duration) -> bool {
        self.start <= elapsed && elapsed < self.end()
    }
}

impl FromStr for Fault {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let fault = || Error::Fault {
            found: text.to_owned(),
        };
        let (kind, number) = text.split_once('=').ok_or_else(fault)?;
        let probability = number
            .parse()
            .ok()
            .filter(|number| (0.0..=1.0).contains(number));
        Ok(Self {
            kind: parse_kind(kind).ok_or_else(fault)?,
            probability: probability.ok_or_else(|| Error::Probability {
                found: number.to_owned(),
            })?,
        })
    }
}

fn parse_kind(text: &str) -> Option<FaultKind> {
    if let Some(http) = text.strip_prefix("http") {
        let (status, retry_after) = match http.split_once(':') {
            Some((status, seconds)) => (status, Some(seconds.parse().ok()?)),
            None => (http, None),
        };
        let status = status
            .parse()
            .ok()
            .filter(|status| (400..600).contains(status))?;
        return Some(FaultKind::Http {
            status,
            retry_after,
        });
    }
    match text.split_once(':') {
        Some(("code", code)) => code
            .parse()
            .ok()
            .filter(|&code| code > 0)
            .map(FaultKind::Code),
        Some(_) => None,
        None => match text {
            "reset" => Some(FaultKind::Reset),
            "lost" => Some(FaultKind::Lost),
            "nonjson" => Some(FaultKind::NotJson),
            _ => None,
        },
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { status, .. } => write!(formatter, "http{status}"),
            Self::Reset => formatter.write_str("reset"),
            Self::Lost => formatter.write_str("lost"),
            Self::Code(code) => write!(formatter, "code:{code}"),
            Self::NotJson => formatter.write_str("nonjson"),
        }
    }
}

impl FromStr for Latency {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (shortest, longest) = text.split_once("..").unwrap_or((text, text));
        let (shortest, longest) = (parse_duration(shortest)?, parse_duration(longest)?);
        if longest < shortest {
            return Err(Error::Backwards {
                found: text.to_owned(),
            });
        }
        Ok(Self { shortest, longest })
    }
}

impl FromStr for Window {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let window = text.split_once('+');
        let (start, length) = window.ok_or_else(|| Error::Window {
            found: text.to_owned(),
        })?;
        Ok(Self {
            start: parse_duration(start)?,
            length: parse_duration(length)?,
        })
    }
}

/// Reads a duration such as `50ms`, `1.5s` or `2m`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, Error> {
    let error = || Error::Duration {
        found: text.to_owned(),
    };
    let unit_at = text
        .find(|letter: char| letter.is_ascii_alphabetic())
        .ok_or_else(error)?;
    let (number, unit) = text.split_at_checked(unit_at).ok_or_else(error)?;
    let unit_seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return Err(error()),
    };
    let seconds = number
        .parse::<f64>()
        .ok()
        .map(|number| number * unit_seconds);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behaviour(faults: &[&str]) -> Behaviour {
        let mut behaviour = Behaviour::default();
        for fault in faults {
            behaviour.add_fault(fault.parse().unwrap()).unwrap();
        }
        behaviour
    }

    #[test]
    fn the_same_seed_and_number_give_the_same_fate() {
        let mut first = behaviour(&["http502=0.2", "reset=0.2", "lost=0.2", "code:10002=0.2"]);
        first.latency = "1ms..300ms".parse().unwrap();
        let second = first.clone();
        let fates = |behaviour: &Behaviour, seed| {
            (0..500)
                .map(|call| behaviour.fate(seed, call))
                .collect::<Vec<_>>()
        };
        assert_eq!(fates(&first, 7), fates(&second, 7));
        assert_ne!(fates(&first, 7), fates(&second, 8));
    }

    #[test]
    fn each_fault_comes_about_as_often_as_its_probability_says() {
        let behaviour = behaviour(&["http502=0.03", "reset=0.03", "lost=0.03", "nonjson=0.5"]);
        let count = |kind| {
            (0..100_000)
                .filter(|&call| behaviour.fate(1, call).fault == Some(kind))
                .count()
        };
        for kind in [FaultKind::Reset, FaultKind::Lost] {
            assert!(
                (2_700..3_300).contains(&count(kind)),
                "{kind}: {}",
                count(kind)
            );
        }
        assert!((49_000..51_000).contains(&count(FaultKind::NotJson)));
    }

    #[test]
    fn a_latency_stays_within_its_range() {
        let latency = "1ms..300ms".parse().unwrap();
        let behaviour = Behaviour {
            latency,
            ..Behaviour::default()
        };
        let latencies = (0..10_000).map(|call| behaviour.fate(3, call).latency);
        let (shortest, longest) = latencies.fold((Duration::MAX, Duration::ZERO), |(a, b), x| {
            (a.min(x), b.max(x))
        });
        assert!(shortest >= Duration::from_millis(1) && shortest < Duration::from_millis(5));
        assert!(longest <= Duration::from_millis(300) && longest > Duration::from_millis(290));
    }

    #[test]
    fn windows_are_half_open_and_stalls_end_together() {
        let behaviour = Behaviour {
            outages: vec!["10s+60s".parse().unwrap()],
            stalls: vec!["5s+2s".parse().unwrap(), "6s+3s".parse().unwrap()],
            ..Behaviour::default()
        };
        let at = Duration::from_millis;
        assert!(!behaviour.is_down(at(9_999)) && behaviour.is_down(at(10_000)));
        assert!(behaviour.is_down(at(69_999)) && !behaviour.is_down(at(70_000)));
        assert_eq!(behaviour.stalled_for(at(4_999)), Duration::ZERO);
        assert_eq!(behaviour.stalled_for(at(6_500)), at(2_500));
        assert_eq!(behaviour.stalled_for(at(9_000)), Duration::ZERO);
    }

    #[test]
    fn every_fault_reads_back_under_its_own_name() {
        for (text, name) in [
            ("http502=0.03", "http502"),
            ("http429:2=1", "http429"),
            ("reset=0", "reset"),
            ("lost=0.5", "lost"),
            ("nonjson=1e-3", "nonjson"),
            ("code:60007=0.1", "code:60007"),
        ] {
            assert_eq!(text.parse::<Fault>().unwrap().kind.to_string(), name);
        }
    }

    #[test]
    fn what_is_no_behaviour_is_refused_with_what_was_found() {
        for text in [
            "",
            "reset",
            "http=1",
            "http200=1",
            "http429:x=1",
            "code:0=1",
            "later=0.1",
        ] {
            assert_eq!(
                text.parse::<Fault>(),
                Err(Error::Fault {
                    found: text.to_owned()
                })
            );
        }
        for number in ["1.5", "-0.1", "NaN", "x", ""] {
            let error = format!("reset={number}").parse::<Fault>();
            assert_eq!(
                error,
                Err(Error::Probability {
                    found: number.to_owned()
                })
            );
        }
        for text in ["", "5", "ms", "-1s", "1d", "nans", "1e300h"] {
            assert_eq!(
                parse_duration(text),
                Err(Error::Duration {
                    found: text.to_owned()
                })
            );
        }
        let found = "2s..1s".to_owned();
        assert_eq!("2s..1s".parse::<Latency>(), Err(Error::Backwards { found }));
        assert_eq!(
            "5s".parse::<Window>(),
            Err(Error::Window {
                found: "5s".to_owned()
            })
        );
        let twice = behaviour(&["lost=0.6"]).add_fault("reset=0.5".parse().unwrap());
        assert_eq!(twice, Err(Error::TooProbable));
    }
}

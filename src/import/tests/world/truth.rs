//! Whether what a session says of the target is true: outages, and why it stopped.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::memory::{Broken, holds};
use crate::checkpoint::Status;
use crate::delivery::{AttemptError, Patience};
use crate::operation::{Answer, Operation};
use crate::stop_reason::StopReason;

/// What the engine was told of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// An answer of the API.
    Answer,
    /// A refusal for the rate.
    Refused,
    /// A refusal for the app's or the credential's sake.
    Fatal,
    /// None; whether something asked who is there.
    Nothing { denied: bool },
}

/// All that the engine of a session was told of the target.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Each operation is judged apart.
    answers: Vec<(Instant, Kind, u8, Operation)>,
    settled: Vec<(Status, i64)>,
    /// How many of them had been told when the session was to end.
    at_end: Option<(Instant, usize, usize)>,
}

/// So many failures in a row make an outage, and so many denials a first contact that failed.
const IN_A_ROW: usize = 20;
const DENIED_IN_A_ROW: usize = 5;
const GROUPS: usize = 3;

/// Refusals for the rate that it takes to say that there is nothing else.
const REFUSALS: usize = 10;

impl Told {
    /// The engine is told of an attempt of a group.
    pub(super) fn answer(
        &mut self,
        (operation, group): (Operation, u8),
        answer: &Answer,
        now: Instant,
    ) {
        let kind = match answer {
            Err(AttemptError::NoAnswer(why)) => Kind::Nothing {
                denied: matches!(why.status, Some(401 | 403 | 407)),
            },
            Err(AttemptError::RateLimited { .. }) => Kind::Refused,
            Err(AttemptError::Fatal(_) | AttemptError::Unknown { .. }) => Kind::Fatal,
            Ok(_)
            | Err(AttemptError::Refused(_) | AttemptError::Transient(_) | AttemptError::Renewed) => {
                Kind::Answer
            }
        };
        self.answers.push((now, kind, group, operation));
    }

    /// A row is settled.
    pub(super) fn settled(&mut self, status: Status, code: i64) {
        self.settled.push((status, code));
    }

    /// The session is to end.
    pub(super) fn ends(&mut self, now: Instant) {
        self.at_end = Some((now, self.answers.len(), self.settled.len()));
    }

    /// The answers for an operation among the first so many.
    fn of(&self, operation: Operation, told: usize) -> Vec<(Instant, Kind, u8)> {
        let told = self.answers[..told].iter();
        let of_it = told.filter(|answer| answer.3 == operation);
        of_it
            .map(|&(at, kind, group, _)| (at, kind, group))
            .collect()
    }

    /// It is said that the target is down, while calls of these groups are left.
    pub(super) fn outage(&self, left: &BTreeSet<u8>) -> Result<(), Broken> {
        let down = |operation| {
            let told = self.of(operation, self.answers.len());
            let failures = last(&told, |kind| matches!(kind, Kind::Nothing { .. }));
            let groups: BTreeSet<u8> = failures.iter().map(|&(_, _, group)| group).collect();
            let never = failures.len() == told.len();
            let denied = failures
                .iter()
                .all(|&(_, kind, _)| kind == Kind::Nothing { denied: true });
            let enough = if never && denied {
                DENIED_IN_A_ROW
            } else {
                IN_A_ROW
            };
            failures.len() >= enough && (groups.len() >= GROUPS || left.is_subset(&groups))
        };
        holds(OPERATIONS.into_iter().any(down), || {
            format!(
                "an outage, while {left:?} are left, told {:?}",
                self.answers
            )
        })
    }

    /// The session stopped for this reason.
    pub(super) fn stopped(&self, reason: &StopReason, patience: Patience) -> Result<(), Broken> {
        let Some((now, told, settled)) = self.at_end else {
            return Err("a session stopped and never said so".into());
        };
        let settled = &self.settled[..settled];
        let is_true = OPERATIONS
            .into_iter()
            .map(|operation| self.of(operation, told))
            .any(|told| is_true(reason, &told, now, patience))
            || is_true_of_rows(reason, settled, patience);
        holds(is_true, || {
            format!(
                "it stopped for a reason that is not true: {reason:?}, told {:?}",
                self.answers
            )
        })
    }
}

const OPERATIONS: [Operation; 2] = [Operation::FIRST, Operation::Other];

/// The last answers that are of one kind.
fn last(told: &[(Instant, Kind, u8)], of: fn(Kind) -> bool) -> &[(Instant, Kind, u8)] {
    let others = told.iter().rposition(|&(_, kind, _)| !of(kind));
    &told[others.map_or(0, |place| place + 1)..]
}

/// Whether a reason to stop is true by what was answered.
fn is_true(
    reason: &StopReason,
    told: &[(Instant, Kind, u8)],
    now: Instant,
    patience: Patience,
) -> bool {
    let lasting = |last: &[(Instant, Kind, u8)]| {
        let first = last.first().map_or(now, |&(at, ..)| at);
        now.duration_since(first)
    };
    match reason {
        StopReason::Outage { lasted, .. } => {
            let down = lasting(last(told, |kind| matches!(kind, Kind::Nothing { .. })));
            down >= *lasted && *lasted >= patience.outage_limit
        }
        StopReason::RateLimited { lasted, .. } => {
            let refused = last(told, |kind| kind == Kind::Refused);
            refused.len() >= REFUSALS
                && lasting(refused) + Duration::from_millis(1) >= *lasted
                && *lasted >= patience.outage_limit
        }
        StopReason::FirstContact { .. } => {
            let denied = last(told, |kind| kind == Kind::Nothing { denied: true });
            denied.len() >= DENIED_IN_A_ROW && denied.len() == told.len()
        }
        StopReason::Credential(_) | StopReason::Refused(_) | StopReason::Misunderstood(_) => {
            told.iter().any(|&(_, kind, _)| kind == Kind::Fatal)
        }
        StopReason::TooManyFailures { .. } | StopReason::AllRefused { .. } => false,
    }
}

/// Whether a reason to stop is true by what was settled.
fn is_true_of_rows(reason: &StopReason, settled: &[(Status, i64)], patience: Patience) -> bool {
    let failed = |&&(status, _): &&(Status, i64)| status != Status::Succeeded;
    let failures = settled.iter().filter(failed).count() as u64;
    if let StopReason::TooManyFailures {
        failures: told,
        limit,
    } = reason
    {
        return failures == *told && told > limit && Some(*limit) == patience.max_failures;
    }
    let StopReason::AllRefused { calls, refusal } = reason else {
        return false;
    };
    let refused = settled
        .iter()
        .filter(|(status, _)| *status != Status::Exhausted);
    let first: Vec<_> = refused
        .take(usize::try_from(*calls).unwrap_or(usize::MAX))
        .collect();
    let alike = |settled: &&(Status, i64)| **settled == (Status::Failed, refusal.code);
    first.len() as u64 == *calls && first.iter().all(alike)
}

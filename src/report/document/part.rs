//! The parts of an import's report.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::hundredths;
use crate::checkpoint::{Header, Ledger, Target, Writer};
use crate::report::history::FailedCall;
use crate::report::pause::PauseKind;
use crate::report::timeline::seconds;
use crate::report::{Summary, sanitised};

/// An input file.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct InputPart {
    pub(crate) path: String,
    pub(crate) bytes: u64,
}

impl InputPart {
    /// The inputs of an import.
    pub(crate) fn of(header: &Header) -> Vec<Self> {
        let inputs = header.inputs.iter().map(|input| Self {
            path: input.path.clone(),
            bytes: input.bytes,
        });
        inputs.collect()
    }
}

/// The app that was called.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TargetPart {
    pub(crate) endpoint: String,
    pub(crate) sdk_app_id: u64,
    pub(crate) identifier: String,
}

impl TargetPart {
    /// The app of a checkpoint, or of a command.
    pub(crate) fn of(target: &Target) -> Self {
        Self {
            endpoint: target.endpoint.clone(),
            sdk_app_id: target.sdk_app_id,
            identifier: target.identifier.clone(),
        }
    }

    /// In one line.
    pub(crate) fn text(&self) -> String {
        format!(
            "app {} at {}, as {}",
            self.sdk_app_id,
            sanitised(&self.endpoint),
            sanitised(&self.identifier)
        )
    }
}

/// Calls of all sessions:
/// `succeeded + failed + exhausted + in_flight + in_doubt + never_sent = planned`.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct CallsPart {
    pub(crate) planned: u64,
    pub(crate) succeeded: u64,
    /// Refused for good.
    pub(crate) failed: u64,
    /// Attempts used up; sent again on resume.
    pub(crate) exhausted: u64,
    /// Sent by the session that is running, or about to be, without an answer yet.
    pub(crate) in_flight: u64,
    /// Perhaps sent, no answer; sent again on resume.
    pub(crate) in_doubt: u64,
    pub(crate) never_sent: u64,
}

impl CallsPart {
    /// The calls of the import with this log.
    pub(crate) fn of(ledger: &Ledger, writer: Writer) -> Self {
        let counts = ledger.counts();
        // Whoever works on the log repeats first what an earlier session left without an answer.
        let flying = writer == Writer::Present && !ledger.ended_in_order();
        let (in_flight, in_doubt) = if flying {
            (counts.in_doubt, 0)
        } else {
            (0, counts.in_doubt)
        };
        Self {
            planned: counts.calls,
            succeeded: counts.succeeded,
            failed: counts.failed,
            exhausted: counts.exhausted,
            in_flight,
            in_doubt,
            never_sent: counts.never_sent,
        }
    }

    /// Calls without an outcome, and those that a resume sends again.
    pub(crate) const fn remaining(self) -> u64 {
        self.exhausted + self.in_flight + self.in_doubt + self.never_sent
    }
}

/// A command and what it is for.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NextStep {
    pub(crate) purpose: String,
    pub(crate) command: String,
}

/// Rows of the input.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct RowsPart {
    pub(crate) read: u64,
    /// Invalid and skipped; recorded in the log.
    pub(crate) rejected: u64,
}

/// How long it took.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct TimePart {
    pub(crate) began: Option<Timestamp>,
    pub(crate) last: Option<Timestamp>,
    /// Without the time between sessions.
    pub(crate) running_seconds: f64,
    /// Calls settled per second of running time.
    pub(crate) per_second: f64,
    pub(crate) sessions: u64,
    /// What is left, at the quota.
    pub(crate) remaining_seconds_at_quota: f64,
    /// What is left, at the pace so far.
    pub(crate) remaining_seconds_at_pace: Option<f64>,
}

/// Numbers that only the process that sent the calls knows.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct SessionNumbers {
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) attempts: u64,
    pub(crate) retries: u64,
    pub(crate) rate_limited: u64,
    pub(crate) qps_limit: u32,
    pub(crate) achieved_qps: f64,
    pub(crate) busiest_second: u64,
    pub(crate) elapsed_seconds: f64,
}

impl SessionNumbers {
    /// The numbers of a session that took `elapsed`.
    pub(crate) fn new(summary: &Summary, elapsed: Duration) -> Self {
        Self {
            succeeded: summary.succeeded,
            failed: summary.failed,
            attempts: summary.attempts,
            retries: summary.retries,
            rate_limited: summary.rate_limited,
            qps_limit: summary.plan.limit,
            achieved_qps: hundredths(summary.achieved()),
            busiest_second: summary.busiest_second(),
            elapsed_seconds: seconds(elapsed),
        }
    }
}

/// Calls over time.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ThroughputPart {
    /// The vendor's quota, calls per second.
    pub(crate) quota: u32,
    pub(crate) bucket_seconds: u64,
    /// The highest rate of a bucket.
    pub(crate) highest_per_second: f64,
    pub(crate) buckets: Vec<BucketPart>,
}

/// Calls whose last attempt left within a stretch of running time.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct BucketPart {
    pub(crate) from_seconds: f64,
    /// How much of it was running time.
    pub(crate) seconds: f64,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) per_second: f64,
}

/// Failed and exhausted calls of one code.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FailurePart {
    pub(crate) code: i64,
    pub(crate) calls: u64,
    pub(crate) meaning: String,
    pub(crate) advice: String,
    pub(crate) examples: Vec<FailedCall>,
}

/// When nothing was sent.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PausesPart {
    pub(crate) rate_limited: PauseSumPart,
    pub(crate) outage: PauseSumPart,
    pub(crate) silence: PauseSumPart,
    pub(crate) list: Vec<PausePart>,
}

/// Pauses of one kind together.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct PauseSumPart {
    pub(crate) count: u64,
    pub(crate) seconds: f64,
}

/// One pause.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PausePart {
    pub(crate) kind: PauseKind,
    pub(crate) at: Timestamp,
    /// Running time before it.
    pub(crate) from_seconds: f64,
    pub(crate) seconds: f64,
    pub(crate) code: Option<i64>,
    pub(crate) info: String,
}

/// Rejected rows of one reason.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RejectedPart {
    pub(crate) code: String,
    pub(crate) rows: u64,
    pub(crate) title: &'static str,
    pub(crate) help: &'static str,
}

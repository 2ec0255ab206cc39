//! The result of an import as one JSON object: the contract's shape.

use std::collections::BTreeMap;

use serde::Serialize;
use tokio::time::Instant;

use super::code::advice;
use super::summary::Summary;
use super::validation::{LeftPart, left_parts};
use crate::checkpoint::Ledger;
use crate::record::{RowCounts, Tally};

/// Why a session did not run to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct StopReason {
    /// A stable word.
    pub(crate) kind: String,
    /// The API's code.
    pub(crate) code: Option<i64>,
    /// What happened.
    pub(crate) message: String,
    /// What to do.
    pub(crate) hint: String,
}

impl StopReason {
    /// Why the last session ended early, as the log has it.
    pub(crate) fn recorded(ledger: &Ledger) -> Option<Self> {
        let reason = ledger.last_session()?.reason.as_ref()?;
        Some(Self {
            kind: reason.kind.clone(),
            code: reason.code,
            message: reason.message.clone(),
            hint: reason.code.map(advice).unwrap_or_default(),
        })
    }
}

/// `import --output json`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ImportResult {
    command: &'static str,
    /// `completed`, `stopped` or `interrupted`.
    pub(crate) outcome: &'static str,
    /// Null when completed.
    pub(crate) reason: Option<StopReason>,
    rows: RowCounts,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<LeftPart>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remarks: Vec<LeftPart>,
    calls: Calls,
    failures_by_code: BTreeMap<String, u64>,
    pace: Pace,
    elapsed_seconds: f64,
    checkpoint: String,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Calls {
    planned: u64,
    succeeded: u64,
    failed: u64,
    already_done: u64,
    already_failed: u64,
    remaining: u64,
    attempts: u64,
    retries: u64,
    rate_limited: u64,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Pace {
    qps_limit: u32,
    achieved_qps: f64,
    busiest_second: u64,
}

impl ImportResult {
    /// The object for a session of `command` that ended at `now`.
    pub(crate) fn new(
        command: &'static str,
        summary: &Summary,
        end: (&'static str, Option<StopReason>),
        checkpoint: String,
        now: Instant,
    ) -> Self {
        let plan = summary.plan;
        Self {
            command,
            outcome: end.0,
            reason: end.1,
            rows: plan.rows,
            left_out: Vec::new(),
            remarks: Vec::new(),
            calls: Calls {
                planned: plan.planned,
                succeeded: summary.succeeded,
                failed: summary.failed,
                already_done: plan.already_done,
                already_failed: plan.already_failed,
                remaining: summary.remaining(),
                attempts: summary.attempts,
                retries: summary.retries,
                rate_limited: summary.rate_limited,
            },
            failures_by_code: summary
                .failures_by_code
                .iter()
                .map(|(code, calls)| (code.to_string(), *calls))
                .collect(),
            pace: Pace {
                qps_limit: plan.limit,
                achieved_qps: (summary.achieved() * 100.0).round() / 100.0,
                busiest_second: summary.busiest_second(),
            },
            elapsed_seconds: (summary.elapsed(now).as_secs_f64() * 1000.0).round() / 1000.0,
            checkpoint,
        }
    }

    /// The same, with what was left out of the rows.
    pub(crate) fn with(self, tally: &Tally) -> Self {
        Self {
            left_out: left_parts(&tally.left_out),
            remarks: left_parts(&tally.remarks),
            ..self
        }
    }
}

//! The report of an import: all its sessions together, and what only this session knows.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::float;
use super::verdict::{self, Verdict};
use crate::record::Code;
use crate::report::history::{FailedCall, History};
use crate::report::latency::LatencyPart;
use crate::report::pause::PauseKind;
use crate::report::timeline::{SessionPart, Timeline, seconds};
use crate::report::{StopReason, Summary};

/// The vendor's quota for the call, per second: the line that the throughput is drawn against.
const QUOTA: u32 = 200;

/// Where an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// No session has begun.
    Created,
    /// A session runs, or ended without a word.
    Running,
    /// A signal ended it.
    Interrupted,
    /// The target or the checkpoint ended it.
    Stopped,
    /// Every call has its outcome.
    Completed,
}

/// What is known of a code of the API.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Explained {
    /// What it means: a fragment.
    pub(crate) meaning: &'static str,
    /// What to do: sentences.
    pub(crate) advice: &'static str,
}

/// An input file.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct InputPart {
    pub(crate) path: String,
    pub(crate) bytes: u64,
}

/// The app that was called.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TargetPart {
    pub(crate) endpoint: String,
    pub(crate) sdk_app_id: u64,
    pub(crate) identifier: String,
}

/// Calls of all sessions:
/// `succeeded + failed + exhausted + in_doubt + never_sent = planned`.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct CallsPart {
    pub(crate) planned: u64,
    pub(crate) succeeded: u64,
    /// Refused for good.
    pub(crate) failed: u64,
    /// Attempts used up; sent again on resume.
    pub(crate) exhausted: u64,
    /// Perhaps sent, no answer; sent again on resume.
    pub(crate) in_doubt: u64,
    pub(crate) never_sent: u64,
}

impl CallsPart {
    /// Calls that a resume sends.
    pub(crate) const fn remaining(self) -> u64 {
        self.exhausted + self.in_doubt + self.never_sent
    }
}

/// What the log says apart from its history.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) tool: String,
    pub(crate) generated_at: Timestamp,
    pub(crate) checkpoint: String,
    pub(crate) run: String,
    pub(crate) inputs: Vec<InputPart>,
    pub(crate) target: TargetPart,
    pub(crate) state: State,
    pub(crate) reason: Option<StopReason>,
    pub(crate) rows: u64,
    pub(crate) rejected: u64,
    pub(crate) calls: CallsPart,
    pub(crate) failures_by_code: BTreeMap<i64, u64>,
    /// What to type next, with why.
    pub(crate) next: Vec<NextStep>,
}

/// A command and what it is for.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NextStep {
    pub(crate) purpose: String,
    pub(crate) command: String,
}

/// The report.
#[derive(Debug, Serialize)]
pub(crate) struct ImportReport {
    pub(crate) report: &'static str,
    pub(crate) version: u32,
    pub(crate) tool: String,
    pub(crate) generated_at: Timestamp,
    pub(crate) verdict: Verdict,
    pub(crate) state: State,
    pub(crate) reason: Option<StopReason>,
    pub(crate) checkpoint: String,
    pub(crate) run: String,
    pub(crate) inputs: Vec<InputPart>,
    pub(crate) target: TargetPart,
    pub(crate) rows: RowsPart,
    pub(crate) calls: CallsPart,
    pub(crate) remaining: u64,
    pub(crate) time: TimePart,
    /// Only in the report that an import writes at its end.
    pub(crate) session: Option<SessionNumbers>,
    pub(crate) throughput: ThroughputPart,
    pub(crate) latency: Option<LatencyPart>,
    pub(crate) failures: Vec<FailurePart>,
    pub(crate) pauses: PausesPart,
    pub(crate) rejected: Vec<RejectedPart>,
    pub(crate) sessions: Vec<SessionPart>,
    pub(crate) next: Vec<NextStep>,
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

impl ImportReport {
    /// The report of an import. `explain` tells what is known of a code of the API.
    pub(crate) fn new(
        facts: Facts,
        history: &History,
        session: Option<SessionNumbers>,
        explain: &dyn Fn(i64) -> Option<Explained>,
    ) -> Self {
        let timeline = history.timeline();
        Self {
            report: "import",
            version: 1,
            time: time(facts.calls, timeline),
            throughput: throughput(timeline),
            latency: timeline.latencies().part(),
            failures: failures(&facts.failures_by_code, history, explain),
            pauses: pauses(timeline),
            rejected: rejected(history),
            sessions: timeline.sessions().to_vec(),
            session,
            verdict: verdict::on_import(
                facts.state,
                facts.calls,
                facts.rejected,
                facts.reason.as_ref(),
            ),
            tool: facts.tool,
            generated_at: facts.generated_at,
            state: facts.state,
            reason: facts.reason,
            checkpoint: facts.checkpoint,
            run: facts.run,
            inputs: facts.inputs,
            target: facts.target,
            rows: RowsPart {
                read: facts.rows,
                rejected: facts.rejected,
            },
            calls: facts.calls,
            remaining: facts.calls.remaining(),
            next: facts.next,
        }
    }
}

fn time(calls: CallsPart, timeline: &Timeline) -> TimePart {
    let running = seconds(timeline.running());
    let settled: u64 = timeline
        .buckets()
        .iter()
        .map(|bucket| bucket.succeeded + bucket.failed)
        .sum();
    let pace = ratio(float(settled), running);
    let left = float(calls.remaining());
    TimePart {
        began: timeline.sessions().first().map(|session| session.began),
        last: timeline.sessions().last().map(|session| session.last),
        running_seconds: running,
        per_second: hundredths(pace),
        sessions: timeline.session_count(),
        remaining_seconds_at_quota: hundredths(left / f64::from(QUOTA)),
        remaining_seconds_at_pace: (pace > 0.0).then(|| hundredths(left / pace)),
    }
}

fn throughput(timeline: &Timeline) -> ThroughputPart {
    let width = timeline.width().as_secs();
    let running = seconds(timeline.running());
    let buckets = timeline.buckets().iter().zip(0_u64..);
    let buckets: Vec<BucketPart> = buckets
        .map(|(bucket, index)| {
            let from_seconds = float(index * width);
            // The last bucket is not over yet. Of less than a fifth of a second, a rate would be
            // a chance.
            let seconds = (running - from_seconds).clamp(0.2, float(width));
            BucketPart {
                from_seconds,
                seconds,
                succeeded: bucket.succeeded,
                failed: bucket.failed,
                per_second: hundredths(ratio(float(bucket.succeeded + bucket.failed), seconds)),
            }
        })
        .collect();
    ThroughputPart {
        quota: QUOTA,
        bucket_seconds: width,
        highest_per_second: buckets
            .iter()
            .map(|bucket| bucket.per_second)
            .fold(0.0, f64::max),
        buckets,
    }
}

fn failures(
    by_code: &BTreeMap<i64, u64>,
    history: &History,
    explain: &dyn Fn(i64) -> Option<Explained>,
) -> Vec<FailurePart> {
    let mut failures: Vec<FailurePart> = by_code
        .iter()
        .map(|(&code, &calls)| {
            let known = explain(code);
            FailurePart {
                code,
                calls,
                meaning: known.map_or("not known", |known| known.meaning).to_owned(),
                advice: known
                    .map_or("The vendor's list of error codes may know it.", |known| {
                        known.advice
                    })
                    .to_owned(),
                examples: history.examples(code).to_vec(),
            }
        })
        .collect();
    failures.sort_by_key(|failure| std::cmp::Reverse(failure.calls));
    failures
}

fn pauses(timeline: &Timeline) -> PausesPart {
    let sum = |kind| {
        let sum = timeline.pauses().sum(kind);
        PauseSumPart {
            count: sum.count,
            seconds: seconds(sum.lasted),
        }
    };
    let list = timeline.pauses().list().iter().map(|pause| PausePart {
        kind: pause.kind,
        at: pause.at,
        from_seconds: seconds(timeline.active(pause.at)),
        seconds: seconds(pause.lasted),
        code: pause.code,
        info: pause.info.clone(),
    });
    PausesPart {
        rate_limited: sum(PauseKind::RateLimited),
        outage: sum(PauseKind::Outage),
        silence: sum(PauseKind::Silence),
        list: list.collect(),
    }
}

fn rejected(history: &History) -> Vec<RejectedPart> {
    let rows = history.rejects().into_iter().map(|(code, rows)| {
        let known = Code::parse(code);
        RejectedPart {
            code: code.to_owned(),
            rows,
            title: known.map_or("a reason that this version does not know", Code::title),
            help: known.map_or("see the log", Code::help),
        }
    });
    rows.collect()
}

fn ratio(number: f64, seconds: f64) -> f64 {
    if seconds > 0.0 { number / seconds } else { 0.0 }
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

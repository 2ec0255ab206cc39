//! The report of an import: all its sessions together, and what only this session knows.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::part::{
    BucketPart, CallsPart, FailurePart, InputPart, NextStep, PausePart, PauseSumPart, PausesPart,
    RejectedPart, RowsPart, SessionNumbers, TargetPart, ThroughputPart, TimePart,
};
use super::verdict::{self, Verdict};
use super::{float, hundredths};
use crate::record::Code;
use crate::report::StopReason;
use crate::report::code::Explained;
use crate::report::history::History;
use crate::report::latency::LatencyPart;
use crate::report::pause::PauseKind;
use crate::report::state::State;
use crate::report::timeline::{SessionPart, Timeline, seconds};
use crate::report::validation::LeftPart;

/// The vendor's quota for the call, per second: the line that the throughput is drawn against.
const QUOTA: u32 = 200;

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
    pub(crate) left_out: Vec<LeftPart>,
    pub(crate) remarks: Vec<LeftPart>,
    pub(crate) rejected: u64,
    pub(crate) calls: CallsPart,
    pub(crate) failures_by_code: BTreeMap<i64, u64>,
    /// What to type next, with why.
    pub(crate) next: Vec<NextStep>,
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
    /// Rows that a preset left out, by reason.
    pub(crate) left_out: Vec<LeftPart>,
    /// Rows that were taken and that somebody should know of.
    pub(crate) remarks: Vec<LeftPart>,
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
            left_out: facts.left_out,
            remarks: facts.remarks,
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

//! What follows from an answer, for its call and for all.

use std::time::Duration;

use super::command::{Departure, InputFailure, Now};
use super::engine::Engine;
use super::queue::PendingCall;
use crate::checkpoint::{Count, Entry, Outcome, Status};
use crate::delivery::{Account, Attempt, AttemptError, Judgement, Next, Settled, Standing};
use crate::event::{self, Event};
use crate::operation::{Answer, Call, Operation, RowToSend, RowVerdict};

impl<I: InputFailure> Engine<I> {
    /// An attempt came back.
    pub(crate) fn answered(&mut self, departure: Departure, answer: Answer, now: Now) {
        if self.closed {
            return;
        }
        let Departure { attempt, pending } = departure;
        let latency = now.at.saturating_duration_since(attempt.sent);
        let (verdicts, error) = match answer {
            Ok(verdicts) => (verdicts, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        // A refusal for the app's or the credential's sake says that nothing was done.
        let refused = matches!(
            &error,
            Some(AttemptError::Fatal(_) | AttemptError::Unknown { .. })
        );
        let carried_out = pending.perhaps_carried_out || !refused;
        let lane = self.lane(pending.call.operation);
        if error == Some(AttemptError::Renewed) {
            self.report(Event::Renewed);
        }
        let Some(judgement) = self.judge(lane, &attempt, error, now) else {
            return;
        };
        self.report_change(judgement.judged.change, lane, now.at);
        if let Some((code, hold)) = judgement.limited {
            let at = now.at;
            self.report(Event::RateLimited { code, at, hold });
        }
        match judgement.judged.next {
            Next::Settle(Settled::Succeeded) => self.settle_rows(pending, verdicts, latency, now),
            Next::Settle(settled) => {
                for row in &pending.call.rows {
                    self.settle(row, &settled, (pending.attempts, latency), now);
                }
            }
            Next::Again { account, wait, why } => {
                if let Some(why) = why {
                    self.report(Event::Retrying {
                        code: why.code,
                        info: why.info.into(),
                        wait,
                    });
                }
                let pending = PendingCall {
                    account,
                    perhaps_carried_out: carried_out,
                    ..pending
                };
                if let Some(lane) = self.lanes.get_mut(lane) {
                    lane.queue.again(pending, now.at + wait);
                }
            }
        }
        self.stop(judgement.judged.stop);
    }

    fn judge(
        &mut self,
        lane: usize,
        attempt: &Attempt,
        error: Option<AttemptError>,
        now: Now,
    ) -> Option<Judgement> {
        let random = self.random.f64();
        let lane = self.lanes.get_mut(lane)?;
        let was_sick = lane.pacer.policy().standing(attempt.group) == Standing::Sick;
        let judgement = lane.pacer.answered(attempt, error, now.at, random);
        if was_sick && lane.pacer.policy().standing(attempt.group) != Standing::Sick {
            lane.queue.release_sick();
        }
        if !lane.pacer.policy().wants_another_group() {
            lane.queue.release_suspects();
        }
        Some(judgement)
    }

    /// Settles the rows of a call that was carried out, each by its own verdict.
    fn settle_rows(
        &mut self,
        pending: PendingCall,
        verdicts: Vec<RowVerdict>,
        latency: Duration,
        now: Now,
    ) {
        for (row, verdict) in pending.call.rows.into_iter().zip(verdicts) {
            let settled = match verdict {
                RowVerdict::Succeeded => Settled::Succeeded,
                RowVerdict::Failed(refusal) => Settled::Failed(refusal),
                RowVerdict::ContinueAs(operation) => {
                    self.continue_as(operation, row, pending.attempts, now);
                    continue;
                }
            };
            self.settle(&row, &settled, (pending.attempts, latency), now);
        }
    }

    /// Another operation takes the row over.
    fn continue_as(&mut self, operation: Operation, row: RowToSend, attempts: u32, now: Now) {
        let lane = self.lane(operation);
        if let Some(lane) = self.lanes.get_mut(lane) {
            let pending = PendingCall {
                call: Call::of_one(operation, row),
                attempts,
                account: Account::default(),
                perhaps_carried_out: true,
            };
            lane.queue.again(pending, now.at);
        }
    }

    /// Writes the outcome of a row, with its attempts and how long the last took, then tells of it.
    fn settle(
        &mut self,
        row: &RowToSend,
        settled: &Settled,
        (attempts, latency): (u32, Duration),
        now: Now,
    ) {
        let (verdict, status, code, info) = match settled {
            Settled::Succeeded => (event::Verdict::Succeeded, Status::Succeeded, 0, ""),
            Settled::Failed(refusal) => {
                let info = refusal.info.as_str();
                (event::Verdict::Failed, Status::Failed, refusal.code, info)
            }
            Settled::Exhausted(refusal) => {
                let info = refusal.info.as_str();
                (
                    event::Verdict::Exhausted,
                    Status::Exhausted,
                    refusal.code,
                    info,
                )
            }
        };
        let written = self.append(Entry::Outcome(Outcome {
            row: row.row,
            status,
            group_id: row.group_id.to_string().into(),
            member_account: row.member_account.to_string().into(),
            unread_num: Count::Number(row.unread_num),
            group_type: None,
            code,
            info: info.to_owned().into(),
            attempts,
            at: now.wall,
            ms: u64::try_from(latency.as_millis()).unwrap_or(u64::MAX),
        }));
        if !written {
            return;
        }
        self.report(Event::Settled {
            verdict,
            code,
            info: info.to_owned().into(),
            at: now.at,
            latency,
        });
        // Limits on failures are those of the whole import, whichever operation failed.
        let stop = self
            .lanes
            .first_mut()
            .and_then(|lane| lane.pacer.policy_mut().settled(settled));
        self.stop(stop);
    }
}

//! The way out: reading on in the input, admitting calls in the log, and sending them.

use std::future::{poll_fn, ready};
use std::task::Poll;

use futures_util::future::LocalBoxFuture;
use tokio::time::Instant;

use super::calls::Step;
use super::import::{Answered, Error, Import};
use super::queue::Pending;
use jiff::Timestamp;

use crate::checkpoint::{Count, Entry, LogFile, Outcome, Status};
use crate::event::Event;
use crate::record::{Field, Problem, RawRow, Severity};
use crate::tencent::Transport;

/// Rows passed over in one turn of the loop, so that a long run of finished ones does not keep
/// signals waiting.
const ROWS_PER_TURN: usize = 8192;

impl<'a, T: Transport, F: LogFile> Import<'a, T, F> {
    /// When the next call may leave, if one waits and nothing but time is in its way.
    pub(super) fn due(&self) -> Option<Instant> {
        let room = self.in_flight.len() < self.settings.room.calls();
        let alone = self.warm || self.in_flight.is_empty();
        if self.end.is_some() || !room || !alone {
            return None;
        }
        let opens = self.breaker.next().ok()?;
        let now = Instant::now();
        let due = self
            .queue
            .due(now, self.fresh_too())?
            .max(self.gate.due(now)?);
        Some(opens.map_or(due, |opens| due.max(opens)))
    }

    /// Fresh calls are held back while so many wait for another attempt that more would only
    /// take memory.
    fn fresh_too(&self) -> bool {
        self.queue.waiting() < self.settings.room.calls()
    }

    /// Reads until a call is found that has to be sent, a turn's worth of rows at most.
    pub(super) fn read_on(&mut self) -> Result<(), Error> {
        for _ in 0..ROWS_PER_TURN {
            match self.calls.next() {
                Ok(None) => {
                    self.exhausted = true;
                    return Ok(());
                }
                Ok(Some(Step::Call(call))) => {
                    if !self.book.ledger.is_carried(call.row) {
                        self.ordinal += 1;
                    }
                    if !self
                        .book
                        .ledger
                        .is_done(call.row, self.settings.retry_failed)
                    {
                        self.queue.offer(Pending {
                            row: call.row,
                            ordinal: self.ordinal,
                            group_id: call.group_id.into(),
                            member_account: call.member_account.into(),
                            unread_num: call.unread_num,
                            attempts: 0,
                            spent: 0,
                            retried_unknown: false,
                            unanswered: false,
                            refused: false,
                        });
                        return Ok(());
                    }
                }
                Ok(Some(Step::Rejected {
                    location,
                    problems,
                    row: cells,
                    ..
                })) => {
                    let number = location.row;
                    if !self.book.ledger.is_rejected(number) {
                        let outcome = rejected(number, problems, cells, (self.clock)());
                        self.book.write(&Entry::Outcome(outcome))?;
                        (self.observer)(Event::Rejected);
                    }
                }
                Err(error) => {
                    // What is in flight still gets its outcome.
                    self.end = Some(Err(error.into()));
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Sends the next call, which is due at `now`.
    ///
    /// The call is handed to its connection before this returns, the connection gets its turn, and
    /// the gate counts the call from then: after a stall hundreds of answers are there at once, and
    /// a call that queues behind them leaves later than its permit says.
    pub(super) async fn send(&mut self, now: Instant) -> Result<(), Error> {
        let fresh_too = self.fresh_too();
        let Some(mut call) = self.queue.take(now, fresh_too) else {
            return Ok(());
        };
        self.admit(call.ordinal)?;
        self.left = self.left.max(call.ordinal);
        call.attempts += 1;
        self.breaker.sent();
        let permit = self.gate.sent(now);
        (self.observer)(Event::Sent {
            at: now,
            attempt: call.attempts,
        });
        let client = self.client;
        let mut sending: LocalBoxFuture<'a, Answered> = Box::pin(async move {
            let verdict = client
                .set_unread_msg_num(&call.group_id, &call.member_account, call.unread_num)
                .await;
            Answered {
                verdict,
                sent: now,
                latency: now.elapsed(),
                call,
            }
        });
        let first = poll_fn(|context| Poll::Ready(sending.as_mut().poll(context))).await;
        self.in_flight.push(match first {
            Poll::Ready(answered) => Box::pin(ready(answered)),
            Poll::Pending => sending,
        });
        // The runtime has one thread and runs its tasks in turn, so this one ends behind the
        // connection's, which has written the call by then.
        #[expect(
            clippy::disallowed_methods,
            reason = "it owns nothing: its turn is the measurement"
        )]
        let left = tokio::spawn(async { Instant::now() }).await;
        let left = left.unwrap_or_else(|_ended| Instant::now());
        self.gate.departed(permit, left);
        Ok(())
    }

    /// Makes sure that the log admits the call with this ordinal before it leaves. Blocks of a
    /// second's worth of calls are reserved, half a block ahead, so that the line is synced by
    /// the time its calls leave.
    fn admit(&mut self, ordinal: u64) -> Result<(), Error> {
        let block = u64::from(self.settings.limit.get()).max(2);
        if ordinal + block / 2 <= self.book.ledger.admitted() {
            return Ok(());
        }
        let calls = (ordinal + block).min(self.book.ledger.numbered());
        if calls > self.book.ledger.admitted() {
            self.book.write(&Entry::Admitted {
                calls,
                at: (self.clock)(),
            })?;
        }
        Ok(())
    }
}

/// The outcome of an invalid row, with its cells as the input had them.
fn rejected<'a>(
    row: u64,
    problems: &[Problem],
    cells: Option<RawRow<'a>>,
    at: Timestamp,
) -> Outcome<'a> {
    let reasons: Vec<String> = problems
        .iter()
        .filter(|problem| problem.code.severity() == Severity::Error)
        .map(|problem| format!("{}: {}", problem.code.name(), problem.reason()))
        .collect();
    let field = |pick: fn(&RawRow<'a>) -> Field<'a>| {
        cells.as_ref().map_or("".into(), |cells| pick(cells).text())
    };
    let group_type = field(|cells| cells.group_type);
    Outcome {
        row,
        status: Status::Rejected,
        group_id: field(|cells| cells.group_id),
        member_account: field(|cells| cells.member_account),
        unread_num: Count::Raw(field(|cells| cells.unread_num)),
        group_type: (!group_type.is_empty()).then_some(group_type),
        code: 0,
        info: reasons.join("; ").into(),
        attempts: 0,
        at,
        ms: 0,
    }
}

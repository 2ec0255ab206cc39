//! What is to be done next.

use std::time::Duration;

use tokio::time::Instant;

use super::command::{Command, Departure, End, Error, InputFailure, Now};
use super::engine::{Engine, Lane, Reading};
use super::queue::{Choice, Place};
use crate::event::{Event, Pulse};

/// How often observers hear of the engine's state, and limits on time are checked.
const PULSE_EVERY: Duration = Duration::from_millis(100);

/// What a lane can do now.
enum Move {
    Send(Place),
    /// Nothing before this instant.
    Wait(Instant),
    /// Nothing before something happens.
    Nothing,
    /// All that is left is of groups that are suspected.
    OnlySuspects,
}

impl<I: InputFailure> Engine<I> {
    /// What to do now. Commands are carried out in the order in which they are given.
    pub(crate) fn next(&mut self, now: Now) -> Command {
        if let Some(command) = self.out.pop_front() {
            return command;
        }
        if self.log.broken {
            return Command::End;
        }
        self.pulse_if_due(now);
        self.admit(now);
        if let Some(command) = self.out.pop_front() {
            return command;
        }
        if self.is_over() {
            return self.close(now);
        }
        if self.log.sync_due(now.at).is_some_and(|due| due <= now.at) {
            self.log.begin(now.at);
            return Command::Sync;
        }
        let wait = self.send(now);
        if let Some(command) = self.out.pop_front() {
            return command;
        }
        if self.wants_rows() {
            return Command::Read;
        }
        let sync = self.log.sync_due(now.at).unwrap_or(self.next_pulse);
        Command::Wait(wait.unwrap_or(sync).min(sync).min(self.next_pulse))
    }

    /// Whether there is nothing to send and nothing to wait for.
    fn is_over(&self) -> bool {
        let idle = self.in_flight() == 0;
        let empty = self.lanes.iter().all(|lane| lane.queue.is_empty());
        self.cut || idle && self.end.is_some() || idle && empty && self.reading == Reading::Ended
    }

    /// Ends the session: its last line, on disk.
    fn close(&mut self, now: Now) -> Command {
        if !self.closed {
            if self.end.is_none() {
                self.end = Some(match self.grown.take() {
                    None => Ok(End::Completed),
                    Some(grown) => Err(Error::Input(grown)),
                });
            }
            // What happened since the last pulse belongs into the numbers that are told.
            self.pulse(now);
            self.close_session(now);
            return self.out.pop_front().unwrap_or(Command::End);
        }
        if self.log.is_syncing() {
            return Command::Wait(self.next_pulse.max(now.at + PULSE_EVERY));
        }
        if self.log.is_clean() {
            return Command::End;
        }
        self.log.begin(now.at);
        Command::Sync
    }

    fn pulse_if_due(&mut self, now: Now) {
        if now.at < self.next_pulse || self.closed {
            return;
        }
        self.next_pulse = now.at + PULSE_EVERY;
        let overdue = self
            .lanes
            .iter()
            .find_map(|lane| lane.pacer.policy().overdue(now.at));
        self.stop(overdue);
        self.pulse(now);
    }

    fn pulse(&mut self, now: Now) {
        let at = now.at;
        let lanes = &self.lanes;
        let down = lanes
            .iter()
            .filter_map(|lane| lane.pacer.policy().down_since());
        let pulse = Pulse {
            at,
            in_flight: self.in_flight(),
            waiting: lanes.iter().map(|lane| lane.queue.waiting()).sum(),
            calls_now: lanes.iter().map(|lane| lane.pacer.calls_now(at)).sum(),
            busiest_second: lanes
                .iter()
                .map(|lane| lane.pacer.busiest_second())
                .max()
                .unwrap_or(0),
            down_since: down.min(),
        };
        self.report(Event::Pulse(pulse));
    }

    /// Sends the next call, if one may leave now; otherwise when one may, if time alone tells.
    fn send(&mut self, now: Now) -> Option<Instant> {
        if self.end.is_some() {
            return None;
        }
        let mut wait: Option<Instant> = None;
        for index in 0..self.lanes.len() {
            let admitted = self.log.admitted();
            let found = self
                .lanes
                .get_mut(index)
                .map(|lane| lane.next(now.at, admitted));
            match found {
                Some(Move::Send(place)) => {
                    self.depart(index, place, now.at);
                    return None;
                }
                Some(Move::Wait(at)) => wait = Some(wait.map_or(at, |wait| wait.min(at))),
                Some(Move::OnlySuspects) if !self.wants_rows() && self.in_flight() == 0 => {
                    self.nothing_else(index, now);
                    return Some(now.at);
                }
                Some(Move::OnlySuspects | Move::Nothing) | None => {}
            }
        }
        wait
    }

    fn depart(&mut self, index: usize, place: Place, at: Instant) {
        let Some(lane) = self.lanes.get_mut(index) else {
            return;
        };
        let Some(mut pending) = lane.queue.take(place) else {
            return;
        };
        pending.attempts += 1;
        let attempt = lane.pacer.sent(pending.call.group, pending.account, at);
        self.sent_up_to = self.sent_up_to.max(pending.call.last_ordinal());
        self.report(Event::Sent {
            at,
            attempt: pending.attempts,
        });
        self.out
            .push_back(Command::Send(Departure { attempt, pending }));
    }

    /// There is no call of a group that is not suspected.
    fn nothing_else(&mut self, index: usize, now: Now) {
        let Some(lane) = self.lanes.get_mut(index) else {
            return;
        };
        let (change, stop) = lane.pacer.policy_mut().nothing_else(now.at);
        if !lane.pacer.policy().wants_another_group() {
            lane.queue.release_suspects();
        }
        self.report_change(change, index, now.at);
        self.stop(stop);
    }
}

impl Lane {
    /// What can be done now.
    fn next(&mut self, now: Instant, admitted: u64) -> Move {
        let Some(due) = self.pacer.due(now) else {
            return Move::Nothing;
        };
        let policy = self.pacer.policy();
        let choice = self
            .queue
            .choose(now, admitted, |group| policy.standing(group));
        let place = match choice {
            Choice::Call(place) => place,
            Choice::OnlySuspects if policy.down_since().is_some() => Place::Suspect,
            Choice::OnlySuspects => return Move::OnlySuspects,
            Choice::Later(at) => return Move::Wait(at.max(due)),
            Choice::Nothing => return Move::Nothing,
        };
        if due > now {
            return Move::Wait(due);
        }
        Move::Send(place)
    }
}

//! Another input for an import that has begun: what of it is done already, told by identity. Pure.
//!
//! Positions mean nothing once rows were inserted, removed or reordered. What was done is known
//! by group, member and count from the log's outcomes; a call of the new input is done if its
//! very call was. The hashes are held only while this works.

use std::collections::BTreeMap;

use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_128;

use super::entry::{Count, Entry, Outcome, Overwritten, Replaced, SessionEvent, Status};
use super::header::Header;
use crate::storage::Bitmap;

/// An outcome of the log, by identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    /// Of group and member; at ten million calls, two of them share it once in 10^25 imports.
    key: u128,
    unread_num: u32,
    status: Status,
    code: i32,
    /// A call that sets another count was admitted since, and has no outcome.
    in_doubt: bool,
}

/// What a log says of calls by identity, folded line by line.
#[derive(Debug, Default)]
pub(crate) struct History {
    known: Vec<Known>,
    /// Admitted calls of the present input that replace a count: their numbers, and where they
    /// stand in `known`.
    admitted: Vec<(u64, usize)>,
}

impl History {
    /// Folds one line after the header into what is known.
    pub(crate) fn apply(&mut self, entry: &Entry<'_>) {
        match entry {
            Entry::Outcome(outcome) => {
                if let Count::Number(unread_num) = outcome.unread_num {
                    self.known.push(Known {
                        key: member_key(&outcome.group_id, &outcome.member_account),
                        unread_num,
                        status: outcome.status,
                        code: i32::try_from(outcome.code).unwrap_or(i32::MAX),
                        in_doubt: false,
                    });
                }
            }
            Entry::Admitted { overwrites, .. } => {
                for Overwritten(call, group_id, member_account) in overwrites {
                    self.admitted.push((*call, self.known.len()));
                    self.known.push(Known {
                        key: member_key(group_id, member_account),
                        unread_num: 0,
                        status: Status::Exhausted,
                        code: 0,
                        in_doubt: true,
                    });
                }
            }
            Entry::Session(session) if session.event != SessionEvent::Started => {
                self.take_back(session.admitted);
            }
            // Its calls are numbered anew.
            Entry::Replaced(_) => self.admitted.clear(),
            Entry::Header(_) | Entry::Session(_) => {}
        }
    }

    /// The session ended in order, and calls beyond this number never left.
    fn take_back(&mut self, sent: u64) {
        let mut never: Vec<usize> = Vec::new();
        self.admitted.retain(|&(call, place)| {
            if call > sent {
                never.push(place);
            }
            call <= sent
        });
        if never.is_empty() {
            return;
        }
        let mut place = 0;
        self.known.retain(|_| {
            place += 1;
            never.binary_search(&(place - 1)).is_err()
        });
        for (_, place) in &mut self.admitted {
            *place -= never.partition_point(|gone| gone < place);
        }
    }

    /// The last that the log says of each (group, member), sorted by key.
    fn latest(self) -> Vec<Known> {
        let mut known = self.known;
        // Stable, so that the last of several lines about one call comes last and stays.
        known.sort_by_key(|known| known.key);
        known.reverse();
        known.dedup_by_key(|known| known.key);
        known.reverse();
        known
    }
}

/// The comparison of a new input with what was done: it is told the calls of the input in order.
#[derive(Debug)]
pub(crate) struct Reconciliation {
    known: Vec<Known>,
    met: Bitmap,
    found: Reconciled,
}

impl Reconciliation {
    /// Begins with what the whole log says.
    pub(crate) fn new(history: History) -> Self {
        Self {
            known: history.latest(),
            met: Bitmap::default(),
            found: Reconciled::default(),
        }
    }

    /// The next call of the new input: the number of its record, its ids, and its count.
    pub(crate) fn call(&mut self, row: u64, (group_id, member): (&str, &str), unread_num: u32) {
        let key = member_key(group_id, member);
        match self.known.binary_search_by_key(&key, |known| known.key) {
            Ok(place) => {
                self.met.insert(place as u64);
                if let Some(known) = self.known.get(place) {
                    self.found.meet(row, unread_num, *known);
                }
            }
            Err(_) => self.found.new += 1,
        }
    }

    /// The last call was told.
    pub(crate) fn finish(self) -> Reconciled {
        Reconciled {
            gone: self.known.len() as u64 - self.met.len(),
            ..self.found
        }
    }
}

/// Where a new input first differs from what the log settled: it is told the entries of the log,
/// and then the calls of the input in order.
#[derive(Debug, Default)]
pub(crate) struct FirstDifference {
    /// Row, identity and count of each call that was settled.
    settled: Vec<(u64, u128, u32)>,
    found: Option<(u64, u64)>,
}

impl FirstDifference {
    /// The next entry of the log.
    pub(crate) fn apply(&mut self, entry: &Entry<'_>) {
        match entry {
            Entry::Outcome(outcome) => {
                if let Count::Number(count) = outcome.unread_num {
                    let key = member_key(&outcome.group_id, &outcome.member_account);
                    self.settled.push((outcome.row, key, count));
                }
            }
            // The rows before are of another input still.
            Entry::Replaced(_) => self.settled.clear(),
            Entry::Header(_) | Entry::Session(_) | Entry::Admitted { .. } => {}
        }
    }

    /// The log has no further entry.
    pub(crate) fn ready(mut self) -> Self {
        self.settled.sort_unstable();
        self
    }

    /// The next call of the new input: the number of its record and its line, its ids, and its
    /// count.
    pub(crate) fn call(&mut self, (row, line): (u64, u64), ids: (&str, &str), unread_num: u32) {
        if self.found.is_some() {
            return;
        }
        let settled = self.settled.binary_search_by_key(&row, |&(row, ..)| row);
        let settled = settled.ok().and_then(|place| self.settled.get(place));
        let present = (member_key(ids.0, ids.1), unread_num);
        if settled.is_some_and(|&(_, key, count)| (key, count) != present) {
            self.found = Some((row, line));
        }
    }

    /// Row and line of the first call that is not what was settled for its row.
    pub(crate) const fn found(&self) -> Option<(u64, u64)> {
        self.found
    }
}

/// What a new input has in common with what was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reconciled {
    /// Rows of the new input whose call succeeded before.
    succeeded: Bitmap,
    /// Rows of the new input whose call was refused for good before, by code.
    failed: BTreeMap<i64, Bitmap>,
    /// Calls that are done.
    pub(crate) done: u64,
    /// Calls for a (group, member) that the log does not know.
    pub(crate) new: u64,
    /// Calls that set another count than the one that was settled.
    pub(crate) changed: u64,
    /// Calls whose attempts were used up, or whose count may have been replaced by a call that has
    /// no outcome; they go again.
    pub(crate) again: u64,
    /// Rows of the new input whose call may replace a count that the log records.
    overwrites: Bitmap,
    /// Settled calls that the new input does not have.
    pub(crate) gone: u64,
}

impl Reconciled {
    fn meet(&mut self, row: u64, unread_num: u32, known: Known) {
        if known.in_doubt {
            self.again += 1;
            self.overwrites.insert(row);
            return;
        }
        if unread_num != known.unread_num {
            self.changed += 1;
            self.overwrites.insert(row);
            return;
        }
        match known.status {
            Status::Succeeded => {
                self.done += 1;
                self.succeeded.insert(row);
            }
            Status::Failed => {
                self.done += 1;
                self.failed
                    .entry(known.code.into())
                    .or_default()
                    .insert(row);
            }
            Status::Exhausted | Status::Rejected => self.again += 1,
        }
    }

    /// Calls that were refused for good before and are planned as they were.
    pub(crate) fn failed(&self) -> u64 {
        self.failed.values().map(Bitmap::len).sum()
    }

    /// The line by which the input of `header` continues the import.
    pub(crate) fn entry(&self, header: &Header, at: Timestamp) -> Entry<'static> {
        let failed = self.failed.iter().map(|(&code, rows)| (code, rows.pack()));
        Entry::Replaced(Replaced {
            at,
            inputs: header.inputs.clone(),
            rows: header.rows,
            calls: header.calls,
            succeeded: self.succeeded.pack(),
            failed: failed.collect(),
            overwrites: match self.overwrites.len() {
                0 => String::new(),
                _ => self.overwrites.pack(),
            },
            preflight: header.options.preflight.clone(),
        })
    }

    /// The line that a call of the new input gets behind that one, if it failed before and fails no
    /// differently now: the same outcome under its new number.
    pub(crate) fn failure<'a>(
        &self,
        row: u64,
        (group_id, member_account): (&'a str, &'a str),
        unread_num: u32,
        at: Timestamp,
    ) -> Option<Entry<'a>> {
        let (&code, _) = self.failed.iter().find(|(_, rows)| rows.contains(row))?;
        Some(Entry::Outcome(Outcome {
            row,
            status: Status::Failed,
            group_id: group_id.into(),
            member_account: member_account.into(),
            unread_num: Count::Number(unread_num),
            group_type: None,
            code,
            info: "settled before the input changed".into(),
            attempts: 0,
            at,
            ms: 0,
        }))
    }
}

/// The identity of a (group, member).
pub(crate) fn member_key(group_id: &str, member_account: &str) -> u128 {
    let mut bytes = Vec::with_capacity(group_id.len() + member_account.len() + 1);
    bytes.extend_from_slice(group_id.as_bytes());
    // No id holds a line break, so no two pairs give the same bytes.
    bytes.push(b'\n');
    bytes.extend_from_slice(member_account.as_bytes());
    xxh3_128(&bytes)
}

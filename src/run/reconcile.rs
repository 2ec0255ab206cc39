//! Another input for an import that has begun: what of it is done already, told by identity.
//!
//! Positions mean nothing once rows were inserted, removed or reordered. What was done is known
//! by group, member and count from the log's outcomes; a call of the new input is done if its
//! very call was. The hashes are held only while this works.

use std::collections::BTreeMap;
use std::path::Path;

use xxhash_rust::xxh3::xxh3_128;

use super::calls::{Call, Calls, Step};
use super::survey::{Error as InputError, Survey};
use crate::checkpoint::{self, Bitmap, Count, Entry, Overwritten, SessionEvent, Status, visit};
use crate::source::Inputs;

/// Why the inputs cannot be compared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The log cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] checkpoint::Error),
    /// The input cannot be read.
    #[error(transparent)]
    Input(#[from] InputError),
}

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

/// What a new input has in common with what was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reconciled {
    /// Rows of the new input whose call succeeded before.
    pub(crate) succeeded: Bitmap,
    /// Rows of the new input whose call was refused for good before, by code.
    pub(crate) failed: BTreeMap<i64, Bitmap>,
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
    pub(crate) overwrites: Bitmap,
    /// Settled calls that the new input does not have.
    pub(crate) gone: u64,
}

/// Compares the calls of `inputs` with the outcomes in the log at `path`.
pub(crate) fn reconcile(
    path: &Path,
    inputs: &Inputs,
    survey: &Survey,
) -> Result<Reconciled, Error> {
    let known = outcomes(path)?;
    let mut met = Bitmap::default();
    let mut reconciled = Reconciled::default();
    let mut calls = Calls::new(inputs, survey)?;
    while let Some(step) = calls.next()? {
        let Step::Call(call) = step else {
            continue;
        };
        let key = key(call.group_id, call.member_account);
        match known.binary_search_by_key(&key, |known| known.key) {
            Ok(place) => {
                met.insert(place as u64);
                if let Some(known) = known.get(place) {
                    reconciled.meet(&call, *known);
                }
            }
            Err(_) => reconciled.new += 1,
        }
    }
    reconciled.gone = known.len() as u64 - met.len();
    Ok(reconciled)
}

impl Reconciled {
    fn meet(&mut self, call: &Call<'_>, known: Known) {
        if known.in_doubt {
            self.again += 1;
            self.overwrites.insert(call.row);
            return;
        }
        if call.unread_num != known.unread_num {
            self.changed += 1;
            self.overwrites.insert(call.row);
            return;
        }
        match known.status {
            Status::Succeeded => {
                self.done += 1;
                self.succeeded.insert(call.row);
            }
            Status::Failed => {
                self.done += 1;
                self.failed
                    .entry(known.code.into())
                    .or_default()
                    .insert(call.row);
            }
            Status::Exhausted | Status::Rejected => self.again += 1,
        }
    }
}

/// The last that the log says of each (group, member), sorted by key.
fn outcomes(path: &Path) -> Result<Vec<Known>, checkpoint::Error> {
    let mut history = History::default();
    visit::<checkpoint::Error>(path, |entry| {
        history.apply(entry);
        Ok(())
    })?;
    Ok(history.latest())
}

/// What a log says of calls by identity, folded line by line.
#[derive(Debug, Default)]
struct History {
    known: Vec<Known>,
    /// Admitted calls of the present input that replace a count: their numbers, and where they
    /// stand in `known`.
    admitted: Vec<(u64, usize)>,
}

impl History {
    fn apply(&mut self, entry: &Entry<'_>) {
        match entry {
            Entry::Outcome(outcome) => {
                if let Count::Number(unread_num) = outcome.unread_num {
                    self.known.push(Known {
                        key: key(&outcome.group_id, &outcome.member_account),
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
                        key: key(group_id, member_account),
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

fn key(group_id: &str, member_account: &str) -> u128 {
    let mut bytes = Vec::with_capacity(group_id.len() + member_account.len() + 1);
    bytes.extend_from_slice(group_id.as_bytes());
    // No id holds a line break, so no two pairs give the same bytes.
    bytes.push(b'\n');
    bytes.extend_from_slice(member_account.as_bytes());
    xxh3_128(&bytes)
}

/// The line of the first call of `inputs` that is not what the log settled for its row.
pub(crate) fn first_difference(
    path: &Path,
    inputs: &Inputs,
    survey: &Survey,
) -> Result<Option<(u64, u64)>, Error> {
    let mut rows: Vec<(u64, u128, u32)> = Vec::new();
    visit::<checkpoint::Error>(path, |entry| {
        match entry {
            Entry::Outcome(outcome) => {
                if let Count::Number(count) = outcome.unread_num {
                    let key = key(&outcome.group_id, &outcome.member_account);
                    rows.push((outcome.row, key, count));
                }
            }
            // The rows before are of another input still.
            Entry::Replaced(_) => rows.clear(),
            Entry::Header(_) | Entry::Session(_) | Entry::Admitted { .. } => {}
        }
        Ok(())
    })?;
    rows.sort_unstable();
    let mut calls = Calls::new(inputs, survey)?;
    while let Some(step) = calls.next()? {
        let Step::Call(call) = step else {
            continue;
        };
        let settled = rows.binary_search_by_key(&call.row, |(row, ..)| *row);
        let same =
            settled
                .ok()
                .and_then(|place| rows.get(place))
                .is_none_or(|(_, known, count)| {
                    (*known, *count) == (key(call.group_id, call.member_account), call.unread_num)
                });
        if !same {
            return Ok(Some((call.row, call.line)));
        }
    }
    Ok(None)
}

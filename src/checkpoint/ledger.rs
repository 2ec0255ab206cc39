//! The state of an import as the fold of its log. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::entry::{Entry, Replaced, Session, SessionEvent, Status};
use super::header::Header;
use crate::record::Tally;
use crate::storage::Bitmap;

/// Numbers of a log; the parts of `calls` add up:
/// `succeeded + failed + exhausted + in_doubt + never_sent = calls`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Calls planned.
    pub(crate) calls: u64,
    /// Calls that succeeded.
    pub(crate) succeeded: u64,
    /// Calls refused for good.
    pub(crate) failed: u64,
    /// Calls whose attempts are used up.
    pub(crate) exhausted: u64,
    /// Calls that were perhaps sent and have no outcome.
    pub(crate) in_doubt: u64,
    /// Calls that never left.
    pub(crate) never_sent: u64,
    /// Rows rejected so far.
    pub(crate) rejected: u64,
}

/// A whole line that cannot stand where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Misplaced {
    /// Two headers.
    #[error("a second header")]
    SecondHeader,
    /// A row that the input does not have.
    #[error("an outcome of row {row}, but the input has {rows} rows")]
    NoSuchRow { row: u64, rows: u64 },
    /// The packed rows of a replaced input are not rows of it.
    #[error("the rows done for a replaced input are not among its {rows} rows")]
    Rows { rows: u64 },
    /// More calls than the plan has.
    #[error("{admitted} calls admitted, but the plan has {calls}")]
    TooManyCalls { admitted: u64, calls: u64 },
}

/// What a log says, in a few bits a row.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    header: Header,
    succeeded: Bitmap,
    failed: Bitmap,
    exhausted: Bitmap,
    rejected: Bitmap,
    /// Rows that failed or are exhausted, by the API's code.
    codes: BTreeMap<i64, Bitmap>,
    /// Rows that were done when the input was replaced. They are outside the numbering of calls.
    carried: Bitmap,
    /// Rows that set another count than the one that was recorded before the input was replaced.
    overwrites: Bitmap,
    admitted: u64,
    last_session: Option<Session>,
    sessions: u64,
    resume_options: Vec<String>,
    last_activity: Timestamp,
}

impl Ledger {
    /// The ledger of a log that holds its header only.
    pub(crate) fn new(header: Header) -> Self {
        let last_activity = header.created;
        Self {
            header,
            succeeded: Bitmap::default(),
            failed: Bitmap::default(),
            exhausted: Bitmap::default(),
            rejected: Bitmap::default(),
            codes: BTreeMap::new(),
            carried: Bitmap::default(),
            overwrites: Bitmap::default(),
            admitted: 0,
            last_session: None,
            sessions: 0,
            resume_options: Vec::new(),
            last_activity,
        }
    }

    /// Folds one line after the header into the state.
    pub(crate) fn apply(&mut self, entry: &Entry<'_>) -> Result<(), Misplaced> {
        match entry {
            Entry::Header(_) => return Err(Misplaced::SecondHeader),
            Entry::Session(session) => {
                self.admit(session.admitted)?;
                if session.event == SessionEvent::Started {
                    self.sessions += 1;
                    self.resume_options.clone_from(&session.resume);
                } else {
                    // A drained session takes back what was reserved and not sent.
                    self.admitted = session.admitted;
                }
                self.last_activity = session.at;
                self.last_session = Some(session.clone());
            }
            Entry::Admitted { calls, at, .. } => {
                self.admit(*calls)?;
                self.last_activity = *at;
            }
            Entry::Outcome(outcome) => {
                self.settle(outcome.row, outcome.status, outcome.code)?;
                self.last_activity = outcome.at;
            }
            Entry::Replaced(replaced) => self.replace(replaced)?,
        }
        Ok(())
    }

    /// An outcome by its parts; the quick way for the many lines of a long log.
    pub(crate) fn settle(&mut self, row: u64, status: Status, code: i64) -> Result<(), Misplaced> {
        if row == 0 || row > self.header.rows {
            return Err(Misplaced::NoSuchRow {
                row,
                rows: self.header.rows,
            });
        }
        // A row that was settled before (sent again on resume) leaves its former place.
        if self.failed.remove(row) | self.exhausted.remove(row) {
            for rows in self.codes.values_mut() {
                rows.remove(row);
            }
        }
        match status {
            Status::Succeeded => self.succeeded.insert(row),
            Status::Rejected => self.rejected.insert(row),
            Status::Failed => {
                self.codes.entry(code).or_default().insert(row);
                self.failed.insert(row)
            }
            Status::Exhausted => {
                self.codes.entry(code).or_default().insert(row);
                self.exhausted.insert(row)
            }
        };
        Ok(())
    }

    /// Another input: its rows are numbered anew, and what was done for them is in the line.
    fn replace(&mut self, replaced: &Replaced) -> Result<(), Misplaced> {
        let unpack = |packed: &str| {
            Bitmap::unpack(packed, replaced.rows).ok_or(Misplaced::Rows {
                rows: replaced.rows,
            })
        };
        self.overwrites = match replaced.overwrites.as_str() {
            "" => Bitmap::default(),
            packed => unpack(packed)?,
        };
        self.succeeded = unpack(&replaced.succeeded)?;
        self.carried = self.succeeded.clone();
        self.failed = Bitmap::default();
        self.exhausted = Bitmap::default();
        self.rejected = Bitmap::default();
        self.codes = BTreeMap::new();
        for (&code, rows) in &replaced.failed {
            let rows = unpack(rows)?;
            self.failed.extend(&rows);
            self.carried.extend(&rows);
            self.codes.insert(code, rows);
        }
        self.header.inputs.clone_from(&replaced.inputs);
        self.header.rows = replaced.rows;
        self.header.calls = replaced.calls;
        self.header
            .options
            .preflight
            .clone_from(&replaced.preflight);
        // What was left out of the input before is not what is left out of this one.
        self.header.tally = Tally::default();
        self.admitted = 0;
        self.last_activity = replaced.at;
        Ok(())
    }

    fn admit(&mut self, calls: u64) -> Result<(), Misplaced> {
        if calls > self.header.calls {
            return Err(Misplaced::TooManyCalls {
                admitted: calls,
                calls: self.header.calls,
            });
        }
        self.admitted = self.admitted.max(calls);
        Ok(())
    }

    /// The first line.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Whether the row's call need not be sent in this session.
    pub(crate) fn is_done(&self, row: u64, retry_failed: bool) -> bool {
        self.succeeded.contains(row) || (!retry_failed && self.failed.contains(row))
    }

    /// Whether a `rejected` line of the row is in the log.
    pub(crate) fn is_rejected(&self, row: u64) -> bool {
        self.rejected.contains(row)
    }

    /// Whether the row's call was done when the input was replaced, and has no number.
    pub(crate) fn is_carried(&self, row: u64) -> bool {
        self.carried.contains(row)
    }

    /// Whether the row's call may replace a count that an earlier line records.
    pub(crate) fn overwrites(&self, row: u64) -> bool {
        self.overwrites.contains(row)
    }

    /// Whether the row's last outcome is a failure with this code.
    pub(crate) fn fails_with(&self, row: u64, code: i64) -> bool {
        self.codes.get(&code).is_some_and(|rows| rows.contains(row))
    }

    /// Calls that have a number: all but those that were done when the input was replaced.
    pub(crate) fn numbered(&self) -> u64 {
        self.header.calls.saturating_sub(self.carried.len())
    }

    /// Calls up to this number may have been sent.
    pub(crate) fn admitted(&self) -> u64 {
        self.admitted
    }

    /// The numbers of the log.
    pub(crate) fn counts(&self) -> Counts {
        let (succeeded, failed) = (self.succeeded.len(), self.failed.len());
        let exhausted = self.exhausted.len();
        let carried = self.carried.len();
        let settled = (succeeded + failed + exhausted).saturating_sub(carried);
        // Every settled call was admitted, so the larger of the two is what may have been sent.
        let sent = self.admitted.min(self.numbered()).max(settled);
        Counts {
            calls: self.header.calls,
            succeeded,
            failed,
            exhausted,
            in_doubt: sent - settled,
            never_sent: self.header.calls.saturating_sub(sent + carried),
            rejected: self.rejected.len(),
        }
    }

    /// Whether the app has accepted a call, or may have: a success, or a call in doubt. Until then
    /// the log binds nobody to this app.
    pub(crate) fn has_accepted(&self) -> bool {
        let counts = self.counts();
        counts.succeeded > 0 || counts.in_doubt > 0
    }

    /// Failed and exhausted calls by the API's code.
    pub(crate) fn failures_by_code(&self) -> BTreeMap<i64, u64> {
        self.codes
            .iter()
            .map(|(&code, rows)| (code, rows.len()))
            .filter(|&(_, calls)| calls > 0)
            .collect()
    }

    /// The last session line, if there is one.
    pub(crate) fn last_session(&self) -> Option<&Session> {
        self.last_session.as_ref()
    }

    /// How many sessions have begun.
    pub(crate) fn sessions(&self) -> u64 {
        self.sessions
    }

    /// The options of the last session that a command to continue repeats, as words.
    pub(crate) fn resume_options(&self) -> &[String] {
        &self.resume_options
    }

    /// The stamp of the last line.
    pub(crate) fn last_activity(&self) -> Timestamp {
        self.last_activity
    }

    /// Notes the stamp of a line whose parts went in by [`Ledger::settle`].
    pub(crate) fn touch(&mut self, at: Timestamp) {
        self.last_activity = at;
    }

    /// Whether every session ended in order, so that nothing is in flight unknown to the log.
    pub(crate) fn ended_in_order(&self) -> bool {
        self.last_session
            .as_ref()
            .is_none_or(|session| session.event != SessionEvent::Started)
    }
}

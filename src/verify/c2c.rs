//! The audit of one-to-one counts, which no call can set: rows of account, peer and count against
//! what the app shows.
//!
//! Rows are sorted by account on disk, and each account is asked for with ten peers a call. The
//! audit is a check like that of an import, with the same progress log.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use super::expected::{Gathering, InOrder, ReadError, Way};
use super::observe::{Expected, Observed};
use crate::reads::{Api, Refused};
use crate::record::{Problem, check};
use crate::source::{self, Inputs, Record};
use crate::stop_reason::StopReason;
use crate::tencent::{Command, Transport};

/// The longest account, in bytes: a peer is one too.
const ACCOUNT_BYTES: usize = 32;

/// The codes for an account or a peer that is not there: 70107 for one peer of a call, 90003 for
/// the account, 90008 for the other side (page of `get_c2c_unread_msg_num`, 2025).
const UNKNOWN: [i64; 3] = [70107, 90003, 90008];

/// Why the rows of an audit cannot be told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RowsError {
    /// The input.
    #[error(transparent)]
    Source(#[from] source::Error),
    /// The temporary files.
    #[error(transparent)]
    Sort(#[from] ReadError),
}

impl From<io::Error> for RowsError {
    fn from(source: io::Error) -> Self {
        Self::Sort(source.into())
    }
}

/// The rows of an audit. The input's `group_id` is the peer, its `member_account` the account.
#[derive(Debug)]
pub(crate) struct Rows {
    order: InOrder,
    /// Rows read.
    pub(crate) read: u64,
    /// Rows that cannot be compared.
    pub(crate) invalid: u64,
}

impl Rows {
    /// Reads and sorts all rows. `problem` is told of each row that is no good: its line, and what
    /// is wrong.
    pub(crate) fn read(
        inputs: &Inputs,
        directory: &Path,
        mut problem: impl FnMut(u64, &str),
    ) -> Result<Self, RowsError> {
        let mut gathering = Gathering::new(Way::Peer, directory);
        let (mut read, mut invalid) = (0, 0);
        let mut problems = Vec::new();
        let mut reader = inputs.reader();
        while let Some(record) = reader.next()? {
            read += 1;
            problems.clear();
            let raw = match record {
                Record::Malformed(bad) => {
                    invalid += 1;
                    problem(bad.location.line, &bad.problem.reason());
                    continue;
                }
                Record::Row(raw) => raw,
            };
            match check(&raw, &mut problems) {
                Some(row) if row.group_id.len() <= ACCOUNT_BYTES => {
                    let ids = (row.group_id, row.member_account);
                    gathering.push(ids, row.unread_num, row.location.row)?;
                }
                Some(_) => {
                    invalid += 1;
                    let why = format!("the peer is longer than {ACCOUNT_BYTES} bytes");
                    problem(raw.location.line, &why);
                }
                None => {
                    invalid += 1;
                    problem(raw.location.line, &words(&problems));
                }
            }
        }
        Ok(Self {
            order: gathering.finish(),
            read,
            invalid,
        })
    }

    /// Rows to compare, repeats included.
    pub(crate) const fn count(&self) -> u64 {
        self.order.count()
    }

    /// BLAKE3 of them, as they came.
    pub(crate) fn digest(&self) -> &str {
        &self.order.digest
    }

    /// The rows by account, to be checked.
    pub(crate) fn into_order(self) -> InOrder {
        self.order
    }
}

/// What is wrong with a row, in the words of this input.
fn words(problems: &[Problem]) -> String {
    let reasons: Vec<String> = problems.iter().map(Problem::reason).collect();
    reasons
        .join("; ")
        .replace("group id", "peer")
        .replace("group_id", "peer")
}

/// The parts of `rows` that one call takes. Rows of one account stand together.
pub(super) fn peer_calls(rows: &[Expected]) -> impl Iterator<Item = &[Expected]> {
    let accounts = rows.chunk_by(|a, b| a.member == b.member);
    accounts.flat_map(|rows| rows.chunks(Command::GetC2cUnreadMsgNum.batch()))
}

/// How many conversations each account has in a unit. A unit holds all rows of its accounts.
pub(super) fn conversations(rows: &[Expected]) -> HashMap<&str, u64> {
    let accounts = rows.chunk_by(|a, b| a.member == b.member);
    accounts
        .filter_map(|rows| Some((&*rows.first()?.member, rows.len() as u64)))
        .collect()
}

/// What is there for each of `rows`: at most ten peers of one account, which has so many
/// conversations.
pub(super) async fn by_peer<T: Transport>(
    api: &Api<'_, T>,
    rows: &[Expected],
    conversations: &HashMap<&str, u64>,
) -> Result<Vec<Observed>, StopReason> {
    let Some(first) = rows.first() else {
        return Ok(Vec::new());
    };
    let of = conversations.get(&*first.member).copied().unwrap_or(0);
    let peers: Vec<&str> = rows.iter().map(|row| &*row.group).collect();
    let mut found: HashMap<String, Result<u64, Refused>> =
        match api.c2c(&first.member, &peers).await? {
            Err(refused) => return Ok(vec![of_refused(refused); rows.len()]),
            Ok(each) => each
                .into_iter()
                .map(|(peer, count)| (peer, count.map_err(Refused::from)))
                .collect(),
        };
    let observed = peers.iter().map(|&peer| match found.remove(peer) {
        Some(Ok(unread)) => Observed::Conversation { unread, of },
        Some(Err(refused)) => of_refused(refused),
        None => Observed::Unknown("the answer leaves the peer out".to_owned()),
    });
    Ok(observed.collect())
}

fn of_refused(refused: Refused) -> Observed {
    if UNKNOWN.contains(&refused.code) {
        Observed::UnknownAccount(refused)
    } else {
        Observed::Unknown(refused.to_string())
    }
}

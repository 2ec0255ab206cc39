//! What a call does: its rows, its command, and a verdict for each row.
//!
//! Every operation sets an absolute value, so that repeating a call is safe, and each has a quota
//! of its own. The engine of an import knows an operation by its name, the key of its group and
//! its rows; `set_count` is the first. Another one is a new file here and a line in [`Operation`].

mod set_count;

use crate::delivery::{AttemptError, GroupKey};
use crate::stop_reason::Refusal;
use crate::tencent::{Client, DepartureNotice, Transport};

/// The kinds of calls, each with its own quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Operation {
    /// `set_unread_msg_num`: one count of one member in one group.
    SetCount,
    /// A second operation, by which tests see a row continue as another.
    #[cfg(test)]
    Other,
}

/// A planned row, with ids of its own, since the reader has gone on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowToSend {
    /// The record's number in the input, from 1.
    pub(crate) row: u64,
    /// Its number among the planned rows, from 1.
    pub(crate) ordinal: u64,
    /// The group.
    pub(crate) group_id: Box<str>,
    /// The member.
    pub(crate) member_account: Box<str>,
    /// The count to set.
    pub(crate) unread_num: u32,
}

/// An operation on some rows of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    /// What it does.
    pub(crate) operation: Operation,
    /// The key of its group.
    pub(crate) group: GroupKey,
    /// Its rows, one at least.
    pub(crate) rows: Vec<RowToSend>,
}

/// What an answer says of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "an operation on one row needs the first only")
)]
pub(crate) enum RowVerdict {
    /// Done.
    Succeeded,
    /// Refused for good, while other rows of the call fared better.
    Failed(Refusal),
    /// This operation cannot do it, and another one can.
    ContinueAs(Operation),
}

/// What an attempt came to: a verdict for each row, in their order, or no result at all.
pub(crate) type Answer = Result<Vec<RowVerdict>, AttemptError>;

impl Operation {
    /// The operation by which a planned count is set first.
    pub(crate) const FIRST: Self = Self::SetCount;
}

impl Call {
    /// A call for one row.
    pub(crate) fn of_one(operation: Operation, row: RowToSend) -> Self {
        Self {
            operation,
            group: GroupKey::of(&row.group_id),
            rows: vec![row],
        }
    }

    /// The highest number of its rows among the planned ones.
    pub(crate) fn last_ordinal(&self) -> u64 {
        self.rows.iter().map(|row| row.ordinal).max().unwrap_or(0)
    }

    /// Sends it once; `notice` tells when it departs.
    pub(crate) async fn send<T: Transport>(
        &self,
        client: &Client<T>,
        notice: DepartureNotice,
    ) -> Answer {
        match self.operation {
            Operation::SetCount => set_count::send(client, &self.rows, notice).await,
            #[cfg(test)]
            Operation::Other => set_count::send(client, &self.rows, notice).await,
        }
    }
}

//! The second pass's end of a plan: what becomes of each row.

use super::exception::{ExceptionCursor, Kind};
use super::{Error, Plan};
use crate::record::{Problem, Row};

/// What becomes of a valid row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is sent, with this count.
    Call {
        /// The count of the call: the row's own, or the sum of its repeats.
        unread_num: u32,
    },
    /// Another row's call stands for it.
    Folded,
    /// It disagrees with other rows of its key.
    Conflict {
        /// How.
        problem: Problem,
    },
    /// Its count is 0, and such rows are left out.
    Skipped,
}

/// Judges the rows of a second pass, in the order of rows.
#[derive(Debug)]
pub(crate) struct Sieve<'a> {
    plan: &'a Plan,
    exceptions: ExceptionCursor<'a>,
}

impl<'a> Sieve<'a> {
    pub(super) fn new(plan: &'a Plan) -> Result<Self, Error> {
        Ok(Self {
            plan,
            exceptions: ExceptionCursor::new(&plan.exceptions)?,
        })
    }

    /// What becomes of `row`. Rows may be left out between two calls, but not come again.
    pub(crate) fn judge(&mut self, row: &Row<'_>) -> Result<Decision, Error> {
        let number = row.location.row;
        let mut unread_num = row.unread_num;
        while self.exceptions.row().is_some_and(|next| next <= number) {
            let Some(exception) = self.exceptions.next()? else {
                break;
            };
            if exception.location.row < number {
                continue;
            }
            match (exception.kind, exception.problem()) {
                (Kind::Sum(sum), _) => unread_num = sum,
                (_, Some(problem)) => return Ok(Decision::Conflict { problem }),
                (Kind::Conflict(_) | Kind::SumTooLarge(..), None) => {}
            }
        }
        Ok(if self.plan.folded.contains(number) {
            Decision::Folded
        } else if self.plan.policy.skip_zero && unread_num == 0 {
            Decision::Skipped
        } else {
            Decision::Call { unread_num }
        })
    }
}

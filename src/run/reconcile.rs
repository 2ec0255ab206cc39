//! Another input for an import that has begun: its calls, read for `checkpoint` to compare.

use std::path::Path;

use super::calls::{Calls, Step};
use super::survey::{Error as InputError, Survey};
use crate::checkpoint::{
    self, Count, Entry, History, Reconciled, Reconciliation, member_key, visit,
};
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

/// Compares the calls of `inputs` with the outcomes in the log at `path`.
pub(crate) fn reconcile(
    path: &Path,
    inputs: &Inputs,
    survey: &Survey,
) -> Result<Reconciled, Error> {
    let mut history = History::default();
    visit::<checkpoint::Error>(path, |entry| {
        history.apply(entry);
        Ok(())
    })?;
    let mut reconciliation = Reconciliation::new(history);
    let mut calls = Calls::new(inputs, survey)?;
    while let Some(step) = calls.next()? {
        if let Step::Call(call) = step {
            let ids = (call.group_id, call.member_account);
            reconciliation.call(call.row, ids, call.unread_num);
        }
    }
    Ok(reconciliation.finish())
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
                    let key = member_key(&outcome.group_id, &outcome.member_account);
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
                    (*known, *count)
                        == (
                            member_key(call.group_id, call.member_account),
                            call.unread_num,
                        )
                });
        if !same {
            return Ok(Some((call.row, call.line)));
        }
    }
    Ok(None)
}

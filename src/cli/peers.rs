//! The rows of an audit: accounts, peers and counts, whatever their columns are called.

use std::path::Path;

use super::failure::{Failure, read_failure, unreadable};
use super::input::input_path;
use super::screen::Screen;
use crate::record::Column;
use crate::settings::NamedColumn;
use crate::source::{Inputs, Options};
use crate::verify::{C2cRows, RowsError};

/// The names of the peer, the most certain first; accounts and counts have the import's names.
const PEER_NAMES: [&str; 8] = [
    "peer",
    "peer_account",
    "peer_id",
    "opponent_id",
    "other_user",
    "partner",
    "conversation_with",
    "from_account",
];

/// Rows that are no good are named up to this many.
const PROBLEMS_NAMED: u64 = 20;

fn failure(error: &RowsError) -> Failure {
    match error {
        RowsError::Source(error) => unreadable(error),
        RowsError::Sort(error) => read_failure(error),
    }
}

/// Reads the rows, whatever their columns are called.
pub(super) fn read(path: &Path, named: &[NamedColumn], screen: Screen) -> Result<C2cRows, Failure> {
    let inputs = open(path, named)?;
    let mut named_so_far = 0;
    let done = C2cRows::read(&inputs, &std::env::temp_dir(), |line, why| {
        named_so_far += 1;
        if named_so_far <= PROBLEMS_NAMED {
            // A terminal that is gone must not stop the audit.
            drop(screen.say(&format!("line {line} is left out: {why}")));
        }
    });
    done.map_err(|error| failure(&error))
}

/// Opens the input with the first name of the peer that it knows.
fn open(path: &Path, given: &[NamedColumn]) -> Result<Inputs, Failure> {
    let peer_given = given.iter().any(|name| name.column == Column::GroupId);
    let candidates: &[&str] = if peer_given { &[""] } else { &PEER_NAMES };
    let candidates = candidates.iter().map(|candidate| {
        let mut columns = given.to_vec();
        if !peer_given {
            columns.push(NamedColumn {
                column: Column::GroupId,
                name: (*candidate).to_owned(),
            });
        }
        Options {
            columns,
            ..Options::default()
        }
    });
    let candidates: Vec<Options> = candidates.collect();
    let opened = Inputs::open_as_one_of(&[input_path(path)], &candidates);
    opened.map_err(|error| {
        unreadable(&error).hint(
            "the columns are account, peer and count, under these or similar names; say which with --column account=NAME, peer=NAME, count=NAME",
        )
    })
}

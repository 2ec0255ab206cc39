//! How a resumable list of reads fails a run: its progress log, and what it reads and sorts.

use super::checkpoint::checkpoint_failure;
use super::{Failure, Kind};
use crate::reads;
use crate::verify::{Checked, ReadError};

/// A check that cannot go on.
pub(in crate::cli) fn check_failure(error: &Checked) -> Failure {
    match error {
        Checked::Journal(error) => journal_failure(error),
        Checked::Read(error) => read_failure(error),
    }
}

/// A failure of a progress log.
pub(in crate::cli) fn journal_failure(error: &reads::JournalError) -> Failure {
    let failure = Failure::from_error(Kind::Checkpoint, error);
    match error {
        reads::JournalError::Open { .. } | reads::JournalError::Read { .. } => {
            failure.hint("check the path and the permissions of the file and its directory")
        }
        reads::JournalError::Write { .. } => {
            failure.again("make room on the disk (or mend it), then continue with")
        }
        reads::JournalError::Locked { .. } => {
            failure.hint("wait until the other command has ended")
        }
        reads::JournalError::Newer { .. } => failure
            .hint("use the version of im-unread that wrote it, or delete the file to begin anew"),
        reads::JournalError::Damaged { .. } => {
            failure.hint("delete the file to begin anew; only what was read so far is lost")
        }
    }
}

/// Counts that cannot be read or sorted.
pub(in crate::cli) fn read_failure(error: &ReadError) -> Failure {
    match error {
        ReadError::Checkpoint(error) => checkpoint_failure(error),
        ReadError::Sort(_) => Failure::from_error(Kind::Checkpoint, error)
            .hint("make room in the directory for temporary files (TMPDIR)"),
    }
}

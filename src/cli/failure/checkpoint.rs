//! How the checkpoint's error fails a run.

use super::{Failure, Kind};
use crate::checkpoint;
use crate::cli::command_line;

/// A failure of the checkpoint, with what to do about it.
pub(in crate::cli) fn checkpoint_failure(error: &checkpoint::Error) -> Failure {
    use checkpoint::Error;
    let failure = Failure::from_error(Kind::Checkpoint, error).known_as(match error {
        Error::Open { .. } | Error::Read { .. } => "checkpoint_unreadable",
        Error::Exists { .. } => "checkpoint_exists",
        Error::Append { .. } | Error::Sync { .. } => "checkpoint_unwritable",
        Error::Locked { .. } => "checkpoint_locked",
        Error::NotACheckpoint { .. } => "not_a_checkpoint",
        Error::Newer { .. } => "checkpoint_newer",
        Error::Damaged { .. } | Error::OutOfPlace { .. } => "checkpoint_damaged",
    });
    match error {
        Error::Open { .. } | Error::Read { .. } => {
            failure.hint("check the path and the permissions of the file and its directory")
        }
        Error::Exists { .. } => {
            failure.again("it was made meanwhile; the same command continues it")
        }
        Error::Append { .. } | Error::Sync { .. } => failure.again(
            "every outcome up to here is recorded; make room on the disk (or mend it), then continue with",
        ),
        Error::Locked { path } => failure
            .hint("wait until the other import has ended; two must not send the same calls")
            .command("or look at it with", &command_line::status(path)),
        Error::NotACheckpoint { .. } => failure.hint(
            "name the checkpoint of an import; if this file was to become one and holds nothing, delete it and start again",
        ),
        Error::Newer { .. } => failure.hint("continue with the version of im-unread that wrote it"),
        Error::Damaged { .. } | Error::OutOfPlace { .. } => failure.hint(
            "restore the file from a copy; if the damage is real, cut the file before that line and resume: calls recorded after it are then sent again, which sets the same counts once more",
        ),
    }
}

//! Words that several commands use, and how the checkpoint's error fails a run.

use std::time::Duration;

use jiff::SignedDuration;

use super::failure::{Failure, Kind};
use crate::checkpoint;

/// A failure of the checkpoint, with what to do about it.
pub(super) fn checkpoint_failure(error: &checkpoint::Error) -> Failure {
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
    failure.hint(match error {
        Error::Open { .. } | Error::Read { .. } => {
            "check the path and the permissions of the file and its directory"
        }
        Error::Exists { .. } => "continue it with `im-unread resume`, or name another file with --checkpoint",
        Error::Append { .. } | Error::Sync { .. } => {
            "make room on the disk (or mend it), then continue with `im-unread resume`; every outcome up to here is recorded"
        }
        Error::Locked { .. } => {
            "wait until the other import has ended, or look at it with `im-unread status`; two must not send the same calls"
        }
        Error::NotACheckpoint { .. } => {
            "name the checkpoint of an import; if this file was to become one and holds nothing, delete it and start again"
        }
        Error::Newer { .. } => "continue with the version of im-unread that wrote it",
        Error::Damaged { .. } | Error::OutOfPlace { .. } => {
            "restore the file from a copy; if the damage is real, cut the file before that line and resume: calls recorded after it are then sent again, which sets the same counts once more"
        }
    })
}

/// A length of time as typed: `10s`, `15m`, `1h 30m`.
pub(super) fn parse_duration(option: &str, text: &str) -> Result<Duration, Failure> {
    let parsed: Option<SignedDuration> = text.trim().parse().ok();
    parsed
        .and_then(|length| Duration::try_from(length).ok())
        .filter(|length| !length.is_zero())
        .ok_or_else(|| {
            Failure::usage(format!("`{option} {text}` is no length of time"))
                .hint("write a number and a unit, as in 500ms, 10s, 15m or 1h")
        })
}

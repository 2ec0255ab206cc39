//! What can go wrong with a checkpoint.

use std::io;
use std::path::PathBuf;

use crate::storage::BadLine;

/// An error of the checkpoint; exit code 5. Nothing recorded is lost by any of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// The file cannot be opened.
    #[error("cannot open the checkpoint `{}`", path.display())]
    Open { path: PathBuf, source: io::Error },
    /// Creating it failed because it is there already.
    #[error("the checkpoint `{}` exists already", path.display())]
    Exists { path: PathBuf },
    /// The file cannot be read.
    #[error("cannot read the checkpoint `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// A line could not be appended.
    #[error("cannot append to the checkpoint `{}`", path.display())]
    Append { path: PathBuf, source: io::Error },
    /// Lines could not be brought to disk.
    #[error("cannot sync the checkpoint `{}` to disk", path.display())]
    Sync { path: PathBuf, source: io::Error },
    /// Another process writes it.
    #[error("another process is writing the checkpoint `{}`", path.display())]
    Locked { path: PathBuf },
    /// There is no header: not a checkpoint, or one that never got its first line.
    #[error("`{}` is not a checkpoint of im-unread: line 1 is no header ({why})", path.display())]
    NotACheckpoint { path: PathBuf, why: String },
    /// A newer tool wrote it.
    #[error(
        "the checkpoint `{}` has format version {found}; this version of im-unread reads up to {newest}",
        path.display()
    )]
    Newer {
        path: PathBuf,
        found: u32,
        newest: u32,
    },
    /// A line in the middle is damaged.
    #[error("the checkpoint `{}` is damaged at line {line} (byte {byte}): {problem}", path.display())]
    Damaged {
        path: PathBuf,
        line: u64,
        byte: u64,
        problem: BadLine,
    },
    /// A line is whole but cannot stand where it stands.
    #[error("the checkpoint `{}` is not consistent at line {line} (byte {byte}): {problem}", path.display())]
    OutOfPlace {
        path: PathBuf,
        line: u64,
        byte: u64,
        problem: super::ledger::Misplaced,
    },
}

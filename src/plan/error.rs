//! Why duplicates cannot be resolved: the disk.

use std::io;

/// The temporary file failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It cannot be made or written.
    #[error("cannot write the temporary file for duplicates")]
    Write {
        /// Why.
        source: io::Error,
    },
    /// It cannot be read back.
    #[error("cannot read the temporary file for duplicates back")]
    Read {
        /// Why.
        source: io::Error,
    },
}

impl Error {
    /// What to do about it, one sentence without a full stop.
    pub(crate) const fn hint(&self) -> &'static str {
        match self {
            Self::Write { .. } => "it needs about 40 bytes a row; free some space or set TMPDIR",
            Self::Read { .. } => "check the disk that holds TMPDIR",
        }
    }
}

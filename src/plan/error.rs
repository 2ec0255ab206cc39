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
    /// The file cannot be made or written.
    pub(super) const fn write(source: io::Error) -> Self {
        Self::Write { source }
    }

    /// The file cannot be read back.
    pub(super) const fn read(source: io::Error) -> Self {
        Self::Read { source }
    }

    /// What to do about it, one sentence without a full stop.
    pub(crate) const fn hint(&self) -> &'static str {
        match self {
            Self::Write { .. } => "it needs about 40 bytes a row; free some space or set TMPDIR",
            Self::Read { .. } => "check the disk that holds TMPDIR",
        }
    }
}

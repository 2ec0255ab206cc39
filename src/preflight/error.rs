//! Why the checks cannot go on, or an import cannot use them.

use std::io;
use std::path::PathBuf;

use crate::reads::JournalError;

/// Why the checks cannot go on, or an import cannot use them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Their file.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The temporary files.
    #[error("cannot sort the calls in temporary files")]
    Sort(#[from] io::Error),
    /// There is no such file.
    #[error("there is no file `{}` with online checks", path.display())]
    Missing { path: PathBuf },
    /// The checks are about something else.
    #[error("the online checks in `{}` are of another {what}", path.display())]
    Other { path: PathBuf, what: &'static str },
    /// The checks did not reach their end.
    #[error("the online checks in `{}` are not finished", path.display())]
    Unfinished { path: PathBuf },
}

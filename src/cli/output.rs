//! Files that commands write, as users meet them.

use std::path::Path;

use super::failure::{Failure, Kind};
use crate::storage::{OutputError, OutputFile, Replace};

/// A file that people edit: it replaces another one only if `force` says so.
pub(super) fn table(path: &Path, force: bool) -> OutputFile {
    let replace = if force {
        Replace::Anything
    } else {
        Replace::Nothing
    };
    OutputFile::new(path, replace)
}

/// A file that cannot be written, and what to do.
pub(super) fn output_failure(error: &OutputError) -> Failure {
    Failure::from_error(Kind::Usage, error).hint(error.hint())
}

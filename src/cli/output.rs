//! Files that commands write, as users meet them.

use std::path::Path;

use crate::storage::{OutputFile, Replace};

/// A file that people edit: it replaces another one only if `force` says so.
pub(super) fn table(path: &Path, force: bool) -> OutputFile {
    let replace = if force {
        Replace::Anything
    } else {
        Replace::Nothing
    };
    OutputFile::new(path, replace)
}

//! How a file that is written fails a run.

use super::{Failure, Kind};
use crate::storage::OutputError;

/// A file that cannot be written, and what to do.
pub(in crate::cli) fn output_failure(error: &OutputError) -> Failure {
    Failure::from_error(Kind::Usage, error).hint(error.hint())
}

//! Why an id map cannot be used. That a row's id is not in it is a problem of the row.

use std::io;
use std::path::PathBuf;

use super::super::error::columns_of;

/// A map that cannot be read, or that contradicts itself.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The file cannot be opened.
    #[error("cannot open the id map `{}`", path.display())]
    Open { path: PathBuf, source: io::Error },
    /// Reading failed in the middle.
    #[error("cannot read the id map `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// Not one entry.
    #[error("the id map `{}` has no entry", path.display())]
    Empty { path: PathBuf },
    /// The header does not name both columns.
    #[error("the id map `{}` has no column for the {missing} ids", path.display())]
    Header {
        path: PathBuf,
        missing: &'static str,
        present: Vec<String>,
    },
    /// A line that is no entry.
    #[error("line {line} of the id map `{}` is no entry: {why}", path.display())]
    Line {
        path: PathBuf,
        line: u64,
        why: &'static str,
    },
    /// It is not the JSON it claims to be.
    #[error("the id map `{}` is not the JSON of an id map", path.display())]
    Json {
        path: PathBuf,
        source: serde_json::Error,
    },
    /// One source has two targets.
    #[error("the id map `{}` has two ids for `{name}`: `{first}` and `{second}`", path.display())]
    TwoTargets {
        path: PathBuf,
        name: String,
        first: String,
        second: String,
    },
    /// Two sources have one target.
    #[error("the id map `{}` has one id for both `{first}` and `{second}`: `{target}`", path.display())]
    TwoSources {
        path: PathBuf,
        first: String,
        second: String,
        target: String,
    },
    /// More than 4 GB of ids.
    #[error("the id map `{}` holds more than 4 GB of ids", path.display())]
    TooLarge { path: PathBuf },
}

impl Error {
    /// What to do about it, one sentence without a full stop.
    pub(crate) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Open { .. } | Self::Read { .. } => return None,
            Self::Empty { .. } => "leave the option out if ids are the same at the target",
            Self::Header { present, .. } => {
                return Some(format!(
                    "begin the file with a line `source,target`; it has {}",
                    columns_of(present)
                ));
            }
            Self::Line { .. } => {
                "leave out the lines of ids that have no counterpart: each row with such an id is then told"
            }
            Self::Json { .. } => {
                "write an object as in `{\"source id\": \"target id\"}`, or objects with the members `source` and `target`"
            }
            Self::TwoTargets { .. } => "keep the right one of the two",
            Self::TwoSources { .. } => {
                "correct the map, or give --map-many-to-one if the two were merged at the target; their rows are then duplicates of one another"
            }
            Self::TooLarge { .. } => "leave out the ids that the input does not have",
        };
        Some(hint.to_owned())
    }
}

//! Finished checks, as an import takes them.

use std::fs::File;
use std::path::Path;

use jiff::Timestamp;

use super::error::Error;
use super::file::{FINISHED, Header, Line};
use crate::reads::Journal;
use crate::run::{Findings, FindingsSorter};

/// Checks that an import uses.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// What they found.
    pub(crate) findings: Findings,
    /// BLAKE3 of their file's bytes, in hexadecimal.
    pub(crate) hash: String,
    /// When they were begun.
    pub(crate) begun: Timestamp,
}

/// Reads finished checks of what `header` describes.
pub(crate) fn load(path: &Path, header: &Header, directory: &Path) -> Result<Loaded, Error> {
    if !path.try_exists()? {
        return Err(Error::Missing {
            path: path.to_owned(),
        });
    }
    let mut sorter = FindingsSorter::new(directory);
    let mut pushed = Ok(());
    let mut finished = false;
    let header_found = Journal::read(path, |_: &Header, line: Line| {
        finished |= line.stage == FINISHED;
        if pushed.is_ok() {
            pushed = line.push_to(&mut sorter);
        }
    })?;
    pushed?;
    let found = header_found.filter(|_| finished);
    let found = found.ok_or_else(|| Error::Unfinished {
        path: path.to_owned(),
    })?;
    if let Some(what) = header.difference(&found) {
        return Err(Error::Other {
            path: path.to_owned(),
            what,
        });
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(Loaded {
        findings: sorter.finish()?,
        hash: hasher.finalize().to_hex().to_string(),
        begun: found.begun,
    })
}

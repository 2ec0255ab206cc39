//! The file of the checks: what they are about, the units that are done, what was found.

use std::collections::HashMap;
use std::io;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::rows::Row;
use crate::checkpoint::Input;
use crate::record::{Code, Column, Finding, Location, Problem};
use crate::run::FindingsSorter;
use crate::settings::{OnInvalid, Reading};
use crate::storage::Bitmap;

/// The parts of the checks, in their order, and the mark behind the last.
pub(super) const ACCOUNTS: u8 = 1;
pub(super) const ACCOUNT_ROWS: u8 = 2;
pub(super) const GROUPS: u8 = 3;
pub(super) const FINISHED: u8 = 4;

/// What the checks are about: the first line of their file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Always `preflight`.
    pub(crate) journal: String,
    /// The inputs.
    pub(crate) inputs: Vec<Input>,
    /// What changes the plan.
    pub(crate) options: Reading,
    /// The app.
    pub(crate) sdk_app_id: u64,
    /// Calls planned.
    pub(crate) calls: u64,
    /// When the checks were begun.
    pub(crate) begun: Timestamp,
}

impl Header {
    /// In what `self` and `other` are about different things; `None` if they are not.
    pub(super) fn difference(&self, other: &Self) -> Option<&'static str> {
        let contents = |header: &Self| -> Vec<(u64, String)> {
            let inputs = header.inputs.iter();
            inputs
                .map(|input| (input.bytes, input.hash.clone()))
                .collect()
        };
        // What becomes of invalid rows does not change which calls are planned.
        let options = |header: &Self| Reading {
            on_invalid: OnInvalid::default(),
            preflight: None,
            ..header.options.clone()
        };
        if self.journal != other.journal {
            Some("kind of file")
        } else if contents(self) != contents(other) {
            Some("input")
        } else if self.sdk_app_id != other.sdk_app_id {
            Some("app")
        } else if options(self) != options(other) || self.calls != other.calls {
            Some("choice of options")
        } else {
            None
        }
    }
}

/// A further line: a unit that is done.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) stage: u8,
    pub(super) unit: u64,
    /// Ordinals of accounts that are not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) not_there: Vec<u64>,
    /// Ordinals of accounts that were not told, with the code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) untold: Vec<(u64, i64)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) findings: Vec<Entry>,
}

/// A finding as the file holds it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    row: u64,
    file: u32,
    line: u64,
    byte: u64,
    code: String,
    found: String,
}

impl Entry {
    pub(super) fn new(row: &Row, problem: Problem) -> Self {
        let Location {
            file,
            line,
            byte,
            row,
        } = row.location;
        Self {
            row,
            file,
            line,
            byte,
            code: problem.code.name().to_owned(),
            found: problem.found,
        }
    }

    /// `None` for a code of another version.
    fn into_problem(self) -> Option<(Location, Problem)> {
        let code = Code::parse(&self.code)?;
        let location = Location {
            file: self.file,
            line: self.line,
            byte: self.byte,
            row: self.row,
        };
        let problem = Problem {
            code,
            column: code.online_column().unwrap_or(Column::Record),
            found: self.found,
            other: None,
        };
        Some((location, problem))
    }
}

impl Line {
    pub(super) fn take_accounts(&self, not_there: &mut Bitmap, untold: &mut HashMap<u64, i64>) {
        for ordinal in &self.not_there {
            not_there.insert(ordinal + 1);
        }
        untold.extend(self.untold.iter().copied());
    }

    pub(super) fn push_to(self, sorter: &mut FindingsSorter) -> io::Result<()> {
        for (location, problem) in self.findings.into_iter().filter_map(Entry::into_problem) {
            sorter.push(Finding {
                location,
                problem: &problem,
            })?;
        }
        Ok(())
    }
}

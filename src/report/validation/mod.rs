//! What a first pass found wrong: a fold of findings, and its renderings.
//!
//! Counts are complete, examples are capped, so memory does not grow with a bad input. The text
//! and the JSON take every number from the same `Checked`.

mod clamp;
mod coverage;
mod explain;
mod json;
mod left;
mod rejects;
mod table;
mod text;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub(crate) use self::clamp::{ClampedCall, ClampedGroup, ClampedGroups, Clamps, ClampsPart};
pub(crate) use self::coverage::{MapPart, MergedIds, Unmapped, UnmappedId, unmapped_code};
pub(crate) use self::explain::{sentence, write_explanation, write_wrapped};
pub(crate) use self::json::{Problem, Shown, problems, write_json};
pub(crate) use self::left::{LeftPart, left_parts, left_text};
pub(crate) use self::rejects::Rejects;
pub(crate) use self::table::verdict;
pub(crate) use self::text::{Style, write_text};
use crate::record::{Code, Column, Finding, Location, OtherRow, RowCounts, Severity, Tally};

/// Examples kept of each kind, as the contract says.
const EXAMPLES: usize = 20;

/// One row that shows a kind of problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Example {
    /// Where it stood.
    pub(crate) location: Location,
    /// Which column.
    pub(crate) column: Column,
    /// What was found, safe to print.
    pub(crate) found: String,
    /// The row it disagrees with.
    pub(crate) other: Option<OtherRow>,
}

/// All problems of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Kind {
    /// How many there are.
    pub(crate) count: u64,
    /// The first of them.
    pub(crate) examples: Vec<Example>,
}

/// The fold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Validation {
    kinds: BTreeMap<Code, Kind>,
}

impl Validation {
    /// Takes one finding.
    pub(crate) fn apply(&mut self, finding: Finding<'_>) {
        let Finding { location, problem } = finding;
        let kind = self.kinds.entry(problem.code).or_default();
        kind.count += 1;
        if kind.examples.len() < EXAMPLES {
            kind.examples.push(Example {
                location,
                column: problem.column,
                found: problem.found.clone(),
                other: problem.other,
            });
        }
    }

    /// Whether a record of the input could be taken apart. If none could, it is perhaps another
    /// file, and perhaps a secret.
    pub(crate) fn is_recognised(&self, rows: RowCounts) -> bool {
        let unreadable = [
            Code::RecordMalformed,
            Code::RecordNotObject,
            Code::RecordNotUtf8,
        ];
        rows.valid > 0 || self.kinds.keys().any(|code| !unreadable.contains(code))
    }

    /// Forgets what was found and keeps where: nothing of an input that is perhaps a secret is
    /// shown.
    pub(crate) fn withhold(&mut self) {
        let examples = self.kinds.values_mut().flat_map(|kind| &mut kind.examples);
        examples.for_each(|example| example.found.clear());
    }

    /// The kinds found: errors first, the most frequent first.
    pub(crate) fn kinds(&self) -> Vec<(Code, &Kind)> {
        let mut kinds: Vec<(Code, &Kind)> = self
            .kinds
            .iter()
            .map(|(&code, kind)| (code, kind))
            .collect();
        kinds.sort_by_key(|(code, kind)| (code.severity(), std::cmp::Reverse(kind.count)));
        kinds
    }

    /// How many problems of this kind there are.
    pub(crate) fn count_of(&self, code: Code) -> u64 {
        self.kinds.get(&code).map_or(0, |kind| kind.count)
    }

    /// How many problems of this severity there are; a row may have several.
    pub(crate) fn count(&self, severity: Severity) -> u64 {
        let of_severity = self
            .kinds
            .iter()
            .filter(|(code, _)| code.severity() == severity);
        of_severity.map(|(_, kind)| kind.count).sum()
    }
}

/// Everything that is shown of a first pass.
#[derive(Debug)]
pub(crate) struct Checked<'a> {
    /// The inputs' names, by `Location::file`.
    pub(crate) files: &'a [PathBuf],
    /// What became of the rows.
    pub(crate) rows: RowCounts,
    /// How many calls there would be.
    pub(crate) planned: u64,
    /// Calls a second at which they would be sent.
    pub(crate) qps: u32,
    /// How far the id maps were used.
    pub(crate) maps: &'a [MapPart],
    /// Counts that the target cuts, if it was asked.
    pub(crate) clamps: Option<&'a ClampsPart>,
    /// What was left out of the rows, and what is remarked upon.
    pub(crate) tally: &'a Tally,
    /// What is wrong.
    pub(crate) validation: &'a Validation,
}

impl Checked<'_> {
    /// Whether no row is invalid.
    pub(crate) const fn is_valid(&self) -> bool {
        self.rows.invalid == 0
    }

    /// How long the calls would take.
    pub(crate) fn seconds(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let calls = self.planned as f64;
        calls / f64::from(self.qps.max(1))
    }

    fn file(&self, index: u32) -> String {
        let path = usize::try_from(index)
            .ok()
            .and_then(|index| self.files.get(index));
        path.map(|path| crate::record::shown(&path.to_string_lossy()))
            .unwrap_or_default()
    }

    /// Where the other row of an example stands, in words: its file only if that is another.
    fn other(&self, example: &Example) -> Option<String> {
        let OtherRow {
            file,
            line,
            unread_num,
        } = example.other?;
        Some(if file == example.location.file {
            format!("line {line} says `{unread_num}`")
        } else {
            format!("line {line} of `{}` says `{unread_num}`", self.file(file))
        })
    }
}

#[cfg(test)]
mod tests;

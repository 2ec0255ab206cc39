//! How far an id map covers an input, as every form of a report tells it.

use serde::Serialize;

use super::Validation;
use crate::record::{Code, Column, shown};
use crate::source::MapUse;

/// An id map, its ids that nobody has, and the ids that it lacks.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MapPart {
    /// The field whose ids it holds.
    pub(crate) column: &'static str,
    /// Its file.
    pub(crate) file: String,
    /// Ids in it: `used + unused`.
    pub(crate) entries: u64,
    /// Ids in it that a row has.
    pub(crate) used: u64,
    /// Ids in it that no row has.
    pub(crate) unused: u64,
    /// The first of those.
    pub(crate) unused_examples: Vec<String>,
    /// Ids in it whose target an earlier one has.
    pub(crate) merged: u64,
    /// The first of those.
    pub(crate) merged_examples: Vec<MergedIds>,
    /// Rows whose id it does not have.
    pub(crate) unmapped_rows: u64,
    /// Their different ids.
    pub(crate) unmapped_ids: u64,
    /// Those that most rows have.
    pub(crate) unmapped_examples: Vec<UnmappedId>,
}

/// Ids of the export that are one at the target.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MergedIds {
    /// The id at the target.
    pub(crate) target: String,
    /// Two ids that have it.
    pub(crate) sources: [String; 2],
}

/// An id that a map does not have.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct UnmappedId {
    /// The id, safe to print.
    pub(crate) id: String,
    /// Rows that have it.
    pub(crate) rows: u64,
}

/// The ids of one field that a map does not have.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unmapped {
    /// How many different ones there are.
    pub(crate) ids: u64,
    /// Those that most rows have.
    pub(crate) examples: Vec<UnmappedId>,
}

impl MapPart {
    /// The coverage of a map of which the passes made such `usage`.
    pub(crate) fn new(usage: &MapUse, unmapped: Unmapped, validation: &Validation) -> Self {
        let merged = usage.merged_examples.iter().map(|merged| MergedIds {
            target: merged.target.clone(),
            sources: [merged.first.clone(), merged.second.clone()],
        });
        Self {
            column: usage.column.name(),
            file: shown(&usage.path.to_string_lossy()),
            entries: usage.entries,
            used: usage.entries - usage.unused,
            unused: usage.unused,
            unused_examples: usage.unused_examples.clone(),
            merged: usage.merged,
            merged_examples: merged.collect(),
            unmapped_rows: validation.count_of(unmapped_code(usage.column)),
            unmapped_ids: unmapped.ids,
            unmapped_examples: unmapped.examples,
        }
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &'static str {
        if self.column == Column::GroupId.name() {
            "group map"
        } else {
            "account map"
        }
    }
}

/// The problem of a row whose id in `column` the map does not have.
pub(crate) const fn unmapped_code(column: Column) -> Code {
    match column {
        Column::GroupId => Code::GroupIdUnmapped,
        Column::MemberAccount | Column::UnreadNum | Column::GroupType | Column::Record => {
            Code::MemberAccountUnmapped
        }
    }
}

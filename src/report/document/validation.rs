//! The report of a first pass: what is wrong, and what would be sent.

use jiff::Timestamp;
use serde::Serialize;

use super::verdict::{self, Verdict};
use super::{InputPart, NextStep};
use crate::record::Code;
use crate::report::shape::{CountsPart, Shape, TypePart};
use crate::report::validation::{
    Checked, ClampsPart, LeftPart, MapPart, Problem, left_parts, problems,
};

/// What is known besides what was checked.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) tool: String,
    pub(crate) generated_at: Timestamp,
    pub(crate) inputs: Vec<InputPart>,
    /// `--on-duplicate`.
    pub(crate) on_duplicate: &'static str,
    pub(crate) groups: GroupsPart,
    /// What to type next, with why.
    pub(crate) next: Vec<NextStep>,
}

/// The groups that get calls.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct GroupsPart {
    /// How many there are.
    pub(crate) count: u64,
    /// Those with the most calls.
    pub(crate) biggest: Vec<GroupPart>,
}

/// One group.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct GroupPart {
    pub(crate) group_id: String,
    /// Members with a count.
    pub(crate) calls: u64,
    /// Their counts together.
    pub(crate) unread: u64,
}

/// The report.
#[derive(Debug, Serialize)]
pub(crate) struct ValidationReport {
    pub(crate) report: &'static str,
    pub(crate) version: u32,
    pub(crate) tool: String,
    pub(crate) generated_at: Timestamp,
    pub(crate) verdict: Verdict,
    pub(crate) outcome: &'static str,
    pub(crate) inputs: Vec<InputPart>,
    pub(crate) rows: CheckedRows,
    pub(crate) calls: PlannedCalls,
    pub(crate) estimate: Estimate,
    pub(crate) problems: Vec<Problem>,
    pub(crate) maps: Vec<MapPart>,
    /// Null where the target was not asked.
    pub(crate) clamps: Option<ClampsPart>,
    /// Rows that a preset left out, by reason.
    pub(crate) left_out: Vec<LeftPart>,
    /// Rows that were taken and that somebody should know of.
    pub(crate) remarks: Vec<LeftPart>,
    pub(crate) duplicates: DuplicatesPart,
    pub(crate) counts: CountsPart,
    pub(crate) group_types: Vec<TypePart>,
    pub(crate) groups: GroupsPart,
    pub(crate) next: Vec<NextStep>,
}

/// Rows of the input: `invalid + duplicates + skipped + calls planned = read`.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct CheckedRows {
    pub(crate) read: u64,
    pub(crate) valid: u64,
    pub(crate) invalid: u64,
    pub(crate) duplicates: u64,
    pub(crate) skipped: u64,
}

/// Calls that would be made.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct PlannedCalls {
    pub(crate) planned: u64,
}

/// How long they would take.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Estimate {
    pub(crate) qps: u32,
    pub(crate) seconds_at_qps: f64,
}

/// Rows of one (group, member).
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct DuplicatesPart {
    /// `--on-duplicate`.
    pub(crate) policy: &'static str,
    /// Rows that became part of another row's call.
    pub(crate) folded: u64,
    /// Rows that disagree with another row and are invalid for it.
    pub(crate) conflicting: u64,
}

impl ValidationReport {
    /// The report of what was `checked`, with the `shape` of its calls.
    pub(crate) fn new(origin: Origin, checked: &Checked<'_>, shape: &Shape) -> Self {
        let rows = checked.rows;
        Self {
            report: "validation",
            version: 1,
            tool: origin.tool,
            generated_at: origin.generated_at,
            verdict: verdict::on_input(checked),
            outcome: if checked.is_valid() {
                "valid"
            } else {
                "invalid"
            },
            inputs: origin.inputs,
            rows: CheckedRows {
                read: rows.read,
                valid: rows.valid,
                invalid: rows.invalid,
                duplicates: rows.duplicates,
                skipped: rows.skipped,
            },
            calls: PlannedCalls {
                planned: checked.planned,
            },
            estimate: Estimate {
                qps: checked.qps,
                seconds_at_qps: checked.seconds(),
            },
            duplicates: DuplicatesPart {
                policy: origin.on_duplicate,
                folded: rows.duplicates,
                conflicting: checked.validation.count_of(Code::ConflictingDuplicate),
            },
            maps: checked.maps.to_vec(),
            clamps: checked.clamps.cloned(),
            left_out: left_parts(&checked.tally.left_out),
            remarks: left_parts(&checked.tally.remarks),
            problems: problems(checked),
            counts: shape.counts(),
            group_types: shape.types(),
            groups: origin.groups,
            next: origin.next,
        }
    }
}

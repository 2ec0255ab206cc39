//! The report of a check: what was read back, and how it differs from what should be there.

use jiff::Timestamp;
use serde::Serialize;

use super::verdict::{self, Verdict};
use super::{InputPart, NextStep, TargetPart};

/// The report.
#[derive(Debug, Serialize)]
pub(crate) struct VerificationReport {
    pub(crate) report: &'static str,
    pub(crate) version: u32,
    pub(crate) tool: String,
    pub(crate) generated_at: Timestamp,
    pub(crate) verdict: Verdict,
    pub(crate) outcome: &'static str,
    #[serde(flatten)]
    pub(crate) found: Findings,
}

/// What was found, and where.
#[derive(Debug, Serialize)]
pub(crate) struct Findings {
    /// The checkpoint, or the input of an audit.
    pub(crate) subject: String,
    pub(crate) inputs: Vec<InputPart>,
    pub(crate) target: TargetPart,
    /// The import that was checked; null for one-to-one counts.
    pub(crate) import: Option<CheckedImport>,
    /// The rows that were compared; null for an import.
    pub(crate) rows: Option<ComparedRows>,
    /// Counts that were looked at: the sum of all results.
    pub(crate) checked: u64,
    /// Each result with its counts, matched ones first.
    pub(crate) results: Vec<ResultPart>,
    pub(crate) sums: SumsPart,
    /// What a sample says of the whole; null without one.
    pub(crate) confidence: Option<ConfidencePart>,
    pub(crate) differences: DifferencesPart,
    pub(crate) gaps: GapsPart,
    pub(crate) affected: AffectedPart,
    pub(crate) asked: AskedPart,
    pub(crate) next: Vec<NextStep>,
}

/// An import that was checked.
#[derive(Debug, Serialize)]
pub(crate) struct CheckedImport {
    pub(crate) run: String,
    /// Calls of its plan.
    pub(crate) calls_planned: u64,
    /// Calls that have succeeded.
    pub(crate) calls_succeeded: u64,
    /// Counts that were set, each group and member once.
    pub(crate) counts_set: u64,
}

/// Rows that were compared: `invalid + repeated + checked = read`.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct ComparedRows {
    pub(crate) read: u64,
    pub(crate) invalid: u64,
    /// Of an account and a peer that a later row has too; that one counts.
    pub(crate) repeated: u64,
}

/// Counts that came out alike.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct ResultPart {
    pub(crate) result: &'static str,
    pub(crate) counts: u64,
    pub(crate) meaning: &'static str,
}

/// Counts added up.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct SumsPart {
    /// What should be there.
    pub(crate) expected: u64,
    /// What is there, where that is known.
    pub(crate) found: u64,
}

/// What a random sample says of the whole.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct ConfidencePart {
    pub(crate) sample: u64,
    pub(crate) of: u64,
    /// How sure the statement is, as a share.
    pub(crate) level: f64,
    /// At most this share of all counts differs.
    pub(crate) at_most_share: f64,
    /// At most so many counts differ.
    pub(crate) at_most: u64,
}

/// Counts that are not there as they should be.
#[derive(Debug, Serialize)]
pub(crate) struct DifferencesPart {
    pub(crate) total: u64,
    /// The first of each result.
    pub(crate) shown: Vec<DifferencePart>,
    /// The file that has all of them.
    pub(crate) file: Option<String>,
}

/// One of them; of one-to-one counts `peer` and `account`, else `group_id` and `member_account`.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct DifferencePart {
    pub(crate) row: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) member_account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) peer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    pub(crate) expected: u32,
    pub(crate) found: Option<u64>,
    pub(crate) result: &'static str,
    pub(crate) reason: String,
}

/// By how much counts differ, where there is one to compare with.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct GapsPart {
    /// Counts that are lower than they should be.
    pub(crate) lower: u64,
    /// Counts that are higher.
    pub(crate) higher: u64,
    pub(crate) histogram: Vec<GapBar>,
}

/// Counts that are off by `from` to `to`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct GapBar {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) counts: u64,
}

/// Groups, or for one-to-one counts accounts, in which counts differ.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct AffectedPart {
    pub(crate) count: u64,
    /// Those with the most differences.
    pub(crate) most: Vec<AffectedOne>,
}

/// One of them.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AffectedOne {
    pub(crate) id: String,
    pub(crate) differences: u64,
    /// Its results, the most frequent first.
    pub(crate) results: Vec<AffectedResult>,
}

/// How often a result came up there.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct AffectedResult {
    pub(crate) result: &'static str,
    pub(crate) counts: u64,
}

/// What asking took; of a check in several sessions, what the last one took.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct AskedPart {
    /// `group`, `member` or `peer`.
    pub(crate) by: &'static str,
    pub(crate) calls: u64,
    pub(crate) attempts: u64,
    pub(crate) rate_limited: u64,
    pub(crate) busiest_second: u64,
    pub(crate) seconds: f64,
    /// When the check was begun, if an earlier session did a part of it.
    pub(crate) continued: Option<Timestamp>,
    /// Calls for all of it by group, and by member; null for one-to-one counts.
    pub(crate) calls_by_group: Option<u64>,
    pub(crate) calls_by_member: Option<u64>,
}

impl VerificationReport {
    /// The report of what was `found`.
    pub(crate) fn new(tool: String, generated_at: Timestamp, found: Findings) -> Self {
        Self {
            report: "verification",
            version: 1,
            tool,
            generated_at,
            verdict: verdict::on_counts(&found),
            outcome: if found.is_well() {
                "verified"
            } else {
                "different"
            },
            found,
        }
    }
}

impl Findings {
    /// Calls of the import that have not succeeded.
    pub(crate) fn not_set(&self) -> u64 {
        let import = self.import.as_ref();
        import.map_or(0, |import| import.calls_planned - import.calls_succeeded)
    }

    /// Rows that could not be compared.
    pub(crate) fn invalid(&self) -> u64 {
        self.rows.map_or(0, |rows| rows.invalid)
    }

    /// Everything that was planned was set, and everything that was looked at is there.
    pub(crate) fn is_well(&self) -> bool {
        self.differences.total == 0 && self.not_set() == 0 && self.invalid() == 0
    }
}

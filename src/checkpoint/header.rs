//! The first line of the log as data: what the log is about. See `FORMAT.md`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::record::Tally;
use crate::settings::Reading;

/// The format this tool writes, and the newest it reads.
pub(crate) const FORMAT: u32 = 1;

/// One input file, as the first pass found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Input {
    /// The absolute path, so that a resume finds it from any directory; `-` for standard input,
    /// `ARCHIVE:MEMBER` for a part of an archive.
    pub(crate) path: String,
    /// Size of the text that was read, in bytes.
    pub(crate) bytes: u64,
    /// BLAKE3 of the text that was read, in hex: decompressed, and in UTF-8.
    pub(crate) hash: String,
}

/// Which app the calls go to. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Target {
    /// Scheme and host.
    pub(crate) endpoint: String,
    /// The app.
    pub(crate) sdk_app_id: u64,
    /// The app administrator who signs the calls.
    pub(crate) identifier: String,
    /// The file with the world of a simulator in the importing process, by its absolute path;
    /// none when the world is made from the input, and for a real app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) world: Option<String>,
}

/// The first line: what the log is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Format version.
    pub(crate) format: u32,
    /// Random id of the import, shared by all its sessions.
    pub(crate) run: String,
    /// Version of the tool that created the log.
    pub(crate) tool: String,
    /// When.
    pub(crate) created: Timestamp,
    /// The inputs, in order.
    pub(crate) inputs: Vec<Input>,
    /// The target.
    pub(crate) target: Target,
    /// What changes the plan.
    pub(crate) options: Reading,
    /// Rows read by the first pass.
    pub(crate) rows: u64,
    /// Calls planned.
    pub(crate) calls: u64,
    /// What the first pass left out of the rows, and what it remarked upon.
    #[serde(default, skip_serializing_if = "Tally::is_empty")]
    pub(crate) tally: Tally,
}

impl Header {
    /// Whether the inputs can hold so many rows.
    pub(crate) fn is_plausible(&self) -> bool {
        let bytes = self
            .inputs
            .iter()
            .fold(0, |sum: u64, input| sum.saturating_add(input.bytes));
        self.calls <= self.rows && self.rows <= bytes
    }
}

//! What became of the rows, in the terms of the contract.

/// What became of the rows. `invalid + duplicates + skipped + calls planned = read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub(crate) struct RowCounts {
    /// All records of the input.
    pub(crate) read: u64,
    /// Those that can be sent or folded: `read - invalid`.
    pub(crate) valid: u64,
    /// Those that cannot.
    pub(crate) invalid: u64,
    /// Those folded into another row's call.
    pub(crate) duplicates: u64,
    /// Those left out because their count is 0.
    pub(crate) skipped: u64,
}

//! Where a record stood in the input.

/// The place of one record, precise enough to open the file there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Location {
    /// Index of the file among the inputs, from 0.
    pub(crate) file: u32,
    /// Physical line on which the record starts, from 1.
    pub(crate) line: u64,
    /// Offset of the record's first byte in the (decoded) file, from 0.
    pub(crate) byte: u64,
    /// Ordinal of the record over all inputs together, from 1. This is the `row` of the
    /// checkpoint log.
    pub(crate) row: u64,
}

//! How bad a problem is.

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// The row cannot be sent.
    Error,
    /// The row is sent; somebody should look at it.
    Warning,
}

impl Severity {
    /// `error` or `warning`, as the JSON output spells it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

//! The server's error codes: what each means, what the engine does about it, what a person can do.
//!
//! Pure data. Meanings follow the vendor's error-code page and the pages of the commands (editions
//! of 2022 to 2025) and the newest header of its client SDK; the class of each is our judgement.
//! Codes that no call of this tool can get are listed for readers and handled as unknown ones.

mod account;
mod gateway;
mod group;
mod message;

/// What the engine does when a code comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// Permanent, and the fault of this row only.
    Row,
    /// Passes by itself; try again.
    Retry,
    /// Too many calls; slow down, then try again.
    Rate,
    /// The signature is no longer good; sign anew once, else stop.
    Credential,
    /// Every further call would be refused as well; stop.
    Fatal,
    /// Try once more, and stop if the answer stays.
    FatalAfterRetry,
    /// The request is malformed, which is our fault; stop.
    Bug,
    /// Too much was asked for in one call; ask in smaller parts.
    Split,
    /// Not known, or not possible here; try once more, then fail the row and show it verbatim.
    Unknown,
}

impl Class {
    /// What the engine does, as a whole sentence for a person.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::Row => "The row fails, and the import goes on with the next one.",
            Self::Retry => "The call is sent again after a pause.",
            Self::Rate => "All calls slow down, and the call is sent again.",
            Self::Credential => {
                "A new UserSig is signed once if the key is at hand; else the import stops."
            }
            Self::Fatal => "The import stops, and no row is marked as failed for it.",
            Self::FatalAfterRetry => {
                "The call is sent once more; if the answer stays, the import stops."
            }
            Self::Bug => "The import stops, since every call would be refused in the same way.",
            Self::Split => "The question is asked again in smaller parts.",
            Self::Unknown => "The call is sent once more; if the answer stays, the row fails.",
        }
    }
}

/// What is known about one code, or about several of one meaning.
#[derive(Debug)]
pub(crate) struct Explanation {
    /// The codes.
    pub(crate) codes: &'static [i64],
    /// What the engine does.
    pub(crate) class: Class,
    /// What it means: a lower-case fragment without a full stop, for an error or a table.
    pub(crate) meaning: &'static str,
    /// Why it comes and what to do: one or two whole sentences, for a hint.
    pub(crate) advice: &'static str,
}

const TABLES: [&[Explanation]; 4] = [gateway::TABLE, account::TABLE, group::TABLE, message::TABLE];

/// Everything known, by the service that the codes come from.
pub(crate) fn explanations() -> impl Iterator<Item = &'static Explanation> {
    TABLES.into_iter().flatten()
}

/// What is known about a code. HTTP status 429 counts as one, since it is reported as one.
pub(crate) fn explain(code: i64) -> Option<&'static Explanation> {
    explanations().find(|explanation| explanation.codes.contains(&code))
}

/// What the engine does about a code other than 0.
pub(crate) fn class(code: i64) -> Class {
    explain(code).map_or(Class::Unknown, |explanation| explanation.class)
}

#[cfg(test)]
mod tests;

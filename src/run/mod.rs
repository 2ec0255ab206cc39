//! The first pass over the input, and what the second one needs of it.
//!
//! `survey` is the first pass, `calls` the second; `findings` are what online checks found out.

mod calls;
#[cfg(test)]
mod changed_tests;
mod findings;
mod survey;

pub(crate) use self::calls::{Call, Calls, Step};
pub(crate) use self::findings::{Along, Findings, FindingsSorter};
pub(crate) use self::survey::{Error as InputError, Survey, survey};

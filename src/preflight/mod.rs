//! Online checks: whether the target will take what an import is going to send. Read-only.
//!
//! `rows` holds the planned calls sorted on disk, by account and by group; `ask` makes the calls of
//! a part of them, `judge` (pure) says what an answer means for a row; `check` goes through all of
//! it and remembers how far it came; `file` is where that and what was found is kept, and `load`
//! reads it for an import. How problems are shown is left to `report`.

mod ask;
mod check;
mod error;
mod file;
mod judge;
mod load;
mod rows;

pub(crate) use self::check::Preflight;
pub(crate) use self::error::Error;
pub(crate) use self::file::Header;
pub(crate) use self::load::load;
pub(crate) use self::rows::{Cost, Rows};

#[cfg(test)]
mod tests;

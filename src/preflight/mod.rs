//! Online checks: whether the target will take what an import is going to send. Read-only.
//!
//! `rows` holds the planned calls sorted on disk, by account and by group; `api` asks in batches,
//! each command at its own pace; `judge` (pure) says what an answer means for a row; `check` goes
//! through all of it, remembers how far it came, and keeps what was found in a file that an import
//! uses. How problems are shown is left to `report`.

mod api;
mod check;
mod judge;
mod rows;

pub(crate) use self::api::Api;
pub(crate) use self::check::{Error, Header, Preflight, load};
pub(crate) use self::rows::{Cost, Rows};

#[cfg(test)]
mod tests;

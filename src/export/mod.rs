//! The way out of QuickBlox: every user's unread counts into an input file of the import.
//!
//! `list` reads users and dialogs from files, `mapping` says who is asked about what, `pull` asks for one user (all of a user's calls are
//! one unit), `output` writes rows and remembers which users are done. One-to-one dialogs go to a
//! file of their own, in the form that the audit reads, since no call can set their counts. A count
//! that the answer does not have is left out and said so; it never becomes 0.

mod list;
mod mapping;
mod output;
mod pull;

pub(crate) use self::list::{Error as ListError, dialogs_from, hash_of, users_from};
pub(crate) use self::mapping::{Mapping, NameBy, Source};
pub(crate) use self::output::{Error, Export, Header, Paths};
pub(crate) use self::pull::{Api, Doubt, Sums, fetch_users};

#[cfg(test)]
mod tests;

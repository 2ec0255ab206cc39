//! What a run was asked to do, as values with types.
//!
//! `cli::resolve` makes these values, once; commands and engines take them; the checkpoint's header
//! holds the same types. So a word is parsed at one place, and is written as it is typed. Nothing
//! here opens a file.

mod column;
mod reading;
mod word;

pub(crate) use self::column::{Delimiter, NamedColumn, ParseError};
pub(crate) use self::reading::{Reading, SideFile};
pub(crate) use self::word::{Format, OnCapped, OnDuplicate, OnInvalid, OnMuted, OnNegative, word};

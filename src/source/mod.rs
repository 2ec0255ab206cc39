//! Bytes become raw rows: files and streams are opened, recognised and read record by record.
//!
//! Owns forms, formats, columns and the place of every record. Leaves to `record` what a valid row is.
//! Memory is bounded whatever the input: a record has a cap, and nothing but the current one is
//! kept. What is wrong with one record is a `Record::Malformed`; an `Error` means that nobody can
//! tell where the next record begins.

mod again;
mod batch;
mod buffer;
mod changed;
mod columns;
mod content;
mod csv;
mod error;
mod excerpt;
mod form;
mod glimpse;
mod input;
mod inputs;
mod json;
mod listing;
mod map;
mod note;
mod open;
mod original;
mod parser;
pub(crate) mod preset;
mod reader;
mod share;
mod sniff;
mod stretch;
mod word;

use std::path::PathBuf;

pub(crate) use self::again::LastLook;
pub(crate) use self::changed::Changed;
pub(crate) use self::error::{Error, Unfit};
pub(crate) use self::form::Encoding;
pub(crate) use self::glimpse::{Glimpse, Looked};
pub(crate) use self::inputs::Inputs;
pub(crate) use self::listing::{InputPath, files_of};
#[cfg(test)]
pub(crate) use self::map::Merged;
pub(crate) use self::map::{IdMap, MapUse, Maps};
pub(crate) use self::note::Note;
pub(crate) use self::original::Columns;
use self::parser::Parser;
use self::reader::Place;
pub(crate) use self::reader::{Advance, Digest, Reader};
pub(crate) use self::share::{Judge, judges};
use crate::record::{Location, Problem, RawRow};
use crate::settings::{Format, NamedColumn};
use crate::signals::Stop;

/// How much of the inputs is opened where they are only looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Inputs, from the first.
    pub(crate) inputs: usize,
    /// Bytes of each text that has to be copied.
    pub(crate) bytes: u64,
}

/// What the user says about the inputs.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The format.
    pub(crate) format: Format,
    /// Names of columns that go before the aliases.
    pub(crate) columns: Vec<NamedColumn>,
    /// What stands between two cells; sniffed if not given.
    pub(crate) delimiter: Option<u8>,
    /// What text without a byte order mark is in; told from its first bytes if not given.
    pub(crate) encoding: Option<Encoding>,
    /// Where goes what cannot be read in place: streams, and text that was compressed or decoded.
    pub(crate) spool_dir: PathBuf,
    /// How much is opened, if not all.
    pub(crate) extent: Option<Extent>,
    /// By which presets the inputs are read, if by any.
    pub(crate) preset: Option<preset::Wanted>,
    /// What is done where an export does not say all.
    pub(crate) choices: preset::Choices,
    /// What ends the reading early.
    pub(crate) stop: Stop,
}

impl Options {
    /// The same with the preset `name` alone, one of those that `wanted` has.
    fn narrowed(&self, wanted: &preset::Wanted, name: &str) -> Self {
        let preset = preset::Wanted {
            library: wanted.library.narrowed(name),
            naming: wanted.naming.clone(),
        };
        Self {
            preset: Some(preset),
            ..self.clone()
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            format: Format::Auto,
            columns: Vec::new(),
            delimiter: None,
            encoding: None,
            spool_dir: std::env::temp_dir(),
            extent: None,
            preset: None,
            choices: preset::Choices::default(),
            stop: Stop::default(),
        }
    }
}

/// One record of an input.
#[derive(Debug)]
pub(crate) enum Record<'a> {
    /// Taken apart, not judged.
    Row(RawRow<'a>),
    /// It cannot be taken apart; reading goes on behind it.
    Malformed(Malformed<'a>),
}

/// A record that cannot be taken apart.
#[derive(Debug)]
pub(crate) struct Malformed<'a> {
    /// Where it stood.
    pub(crate) location: Location,
    /// Why.
    pub(crate) problem: Problem,
    /// Its bytes.
    pub(crate) raw: &'a [u8],
}

#[cfg(test)]
mod option_tests;
#[cfg(test)]
mod tests;

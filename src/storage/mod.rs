//! Files that are written: what they must not destroy, and how they come to be whole.
//!
//! `file_identity` finds two names of one file among those of a command, `output_file` writes a
//! file beside its place and renames it.

mod file_identity;
mod output_file;

pub(crate) use file_identity::{Access, NamedFile, Stream, find_clash};
pub(crate) use output_file::{
    OutputError, OutputFile, OutputWriter, Replace, free_name, open_log, sync_directory,
};

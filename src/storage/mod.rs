//! Files, one of each kind: what they must not destroy, how they come to be whole, and how they are
//! read back.
//!
//! `file_identity` finds two names of one file among those of a command, `output_file` writes a
//! file beside its place and renames it. `crc_lines` is the format of a log's lines, `log_file` a
//! log on disk, `lock` a file for one process at a time. `spill` is a temporary file,
//! `external_sort` sorts more records than memory holds, `bitmap` is a set of row numbers. What a
//! file says belongs to the modules that write it.

mod bitmap;
mod crc_lines;
mod external_sort;
mod file_identity;
mod lock;
mod log_file;
mod output_file;
mod spill;

pub(crate) use bitmap::Bitmap;
pub(crate) use crc_lines::{
    BadLine, Line, LineError, Lines, Tail, decode, encode, format_version, verify,
};
pub(crate) use external_sort::{Merge, Sorted, Sorter};
pub(crate) use file_identity::{Access, NamedFile, Stream, find_clash};
pub(crate) use log_file::{DiskFile, LineWriter, LogFile, OpenError, is_locked};
pub(crate) use output_file::{
    OutputError, OutputFile, OutputWriter, Replace, free_name, open_log, sync_directory,
};
pub(crate) use spill::{Extent, Spill};

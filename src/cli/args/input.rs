//! What is read, and how.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::preset::PresetArgs;
use super::value;
use crate::settings::{Delimiter, Format, NamedColumn, OnDuplicate};

/// What is read, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputArgs {
    /// Files to read, in order, as one input; `-` is standard input, a directory all files in it, a
    /// quoted pattern ('dumps/*.json') those that match. gzip, zstd, zip and tar are read as they
    /// are; a.zip:b.csv is one member of an archive
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::FilePath)]
    pub(crate) inputs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

/// How input is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct ReadingArgs {
    /// The input's format; auto looks at its first bytes
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    pub(crate) format: Format,
    /// Where a field stands: group_id, member_account, unread_num or group_type = a column's
    /// name, or a dotted path for JSON (may be repeated)
    #[arg(long, value_name = "FIELD=NAME")]
    pub(crate) column: Vec<NamedColumn>,
    /// The CSV delimiter: one character, or `tab` [default: sniffed]
    #[arg(long, value_name = "CHAR")]
    pub(crate) delimiter: Option<Delimiter>,
    /// The encoding of text without a byte order mark: utf-8, utf-16le, gb18030, latin1 …
    /// [default: told from its first bytes]
    #[arg(long, value_name = "NAME", value_parser = value::encoding)]
    pub(crate) encoding: Option<String>,
    /// File that has the id at the target for each group id of the input: CSV with the columns
    /// source and target, or JSON
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) map_groups: Option<PathBuf>,
    /// The same for accounts
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) map_accounts: Option<PathBuf>,
    /// Let a map have one target for several sources, which were merged into one
    #[arg(long)]
    pub(crate) map_many_to_one: bool,
    #[command(flatten)]
    pub(crate) preset: PresetArgs,
    /// What to do with rows of one (group, member) [default: error, or what the preset says]
    #[arg(long, value_enum)]
    pub(crate) on_duplicate: Option<OnDuplicate>,
    /// Plan no calls for counts of 0
    #[arg(long)]
    pub(crate) skip_zero: bool,
}

/// Where rejected rows go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct RejectsArgs {
    /// Write every rejected row to this CSV file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) rejects: Option<PathBuf>,
    /// Let --rejects replace an existing file
    #[arg(long)]
    pub(crate) force: bool,
}

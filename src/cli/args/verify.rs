//! The commands that read counts back.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::quickblox::QueryQuickblox;
use super::target::{AskingArgs, TargetArgs};
use super::{ReportArgs, ResultArgs, value};
use crate::settings::NamedColumn;

/// `query`.
#[derive(Debug, Subcommand)]
pub(crate) enum Query {
    /// An account's one-to-one counts: the total, or one for each peer
    C2c(Box<QueryC2c>),
    /// Members' counts in a group, reckoned from message numbers
    Group(Box<QueryGroup>),
    /// A user's counts in QuickBlox: the total, or one for each dialog
    Quickblox(Box<QueryQuickblox>),
}

/// `query c2c`.
#[derive(Debug, Args)]
pub(crate) struct QueryC2c {
    /// Whose counts
    pub(crate) account: String,
    /// In the conversations with whom; without one, the total of all
    #[arg(value_name = "PEER")]
    pub(crate) peers: Vec<String>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) asking: AskingArgs,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
}

/// `query group`.
#[derive(Debug, Args)]
pub(crate) struct QueryGroup {
    /// The group
    pub(crate) group: String,
    /// The members
    #[arg(value_name = "MEMBER", required = true)]
    pub(crate) members: Vec<String>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) asking: AskingArgs,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
}

/// `--by`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// Whichever takes fewer calls
    Auto,
    /// Groups, and 50 members of one group a call
    Group,
    /// All groups of one member a call
    Member,
}

/// `verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The checkpoint of the import whose counts are read back
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Compare one-to-one counts instead: rows of account, peer and count; `-` is standard input
    #[arg(long, value_name = "INPUT", value_hint = ValueHint::FilePath)]
    pub(crate) c2c: Option<PathBuf>,
    /// With --c2c, where a field stands: account, peer or count = a column's name (may be repeated)
    #[arg(long, value_name = "FIELD=NAME", value_parser = value::peer_column)]
    pub(crate) column: Vec<NamedColumn>,
    /// Look at a random sample of so many counts
    #[arg(long, value_name = "N", conflicts_with = "c2c")]
    pub(crate) sample: Option<std::num::NonZeroU32>,
    /// How to ask
    #[arg(long, value_enum, default_value_t = By::Auto, conflicts_with = "c2c")]
    pub(crate) by: By,
    /// Write every difference to this CSV file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) differences: Option<PathBuf>,
    /// Let --differences replace an existing file
    #[arg(long)]
    pub(crate) force: bool,
    /// Where progress is kept until the end [default: the checkpoint's or input's name with
    /// .verify.jsonl]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) progress_log: Option<PathBuf>,
    /// Begin anew where an earlier check was not finished
    #[arg(long)]
    pub(crate) restart: bool,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) asking: AskingArgs,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
}

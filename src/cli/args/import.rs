//! The commands of an import: before, during and after it.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::input::{InputArgs, RejectsArgs};
use super::target::{AskingArgs, CredentialArgs, SendingArgs, TargetArgs};
use super::{ReportArgs, ResultArgs, value};
use crate::settings::OnInvalid;
use crate::tencent::Endpoint;

/// `import`.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that can be typed"
)]
pub(crate) struct Import {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) sending: SendingArgs,
    /// The checkpoint log [default: the first input's name with .checkpoint.jsonl]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Checkpoint")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Validate only; the same as the command `validate`
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Ask the app about groups, accounts and members before the first call; read-only. Rows that
    /// are bound to fail count as invalid
    #[arg(long, help_heading = "Online checks")]
    pub(crate) online: bool,
    /// The file of earlier online checks (see validate), or the one that --online writes
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Online checks")]
    pub(crate) preflight: Option<PathBuf>,
    /// What to do with invalid rows
    #[arg(long, value_enum, default_value_t = OnInvalid::Stop, help_heading = "Input")]
    pub(crate) on_invalid: OnInvalid,
    #[command(flatten)]
    pub(crate) rejects: RejectsArgs,
    /// On an existing checkpoint: send calls again that failed
    #[arg(long, help_heading = "Checkpoint")]
    pub(crate) retry_failed: bool,
    /// Read each member's count before the first one is set, into this new file, which `rollback`
    /// reads
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Checkpoint")]
    pub(crate) snapshot: Option<PathBuf>,
    /// Continue the checkpoint although the input is another one now: what is done is told by
    /// group, member and count, not by position
    #[arg(long, help_heading = "Checkpoint")]
    pub(crate) changed_input: bool,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
}

/// `rollback`.
#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// The snapshot that `import --snapshot` wrote
    #[arg(value_name = "SNAPSHOT", value_hint = ValueHint::FilePath)]
    pub(crate) snapshot: PathBuf,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) sending: SendingArgs,
    /// The checkpoint log of the rollback [default: the snapshot's name with
    /// .rollback.checkpoint.jsonl]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Checkpoint")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// On an existing checkpoint: send calls again that failed
    #[arg(long, help_heading = "Checkpoint")]
    pub(crate) retry_failed: bool,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
}

/// `validate`.
#[derive(Debug, Args)]
pub(crate) struct Validate {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) rejects: RejectsArgs,
    /// Ask the app, too: do the groups exist, of which type are they, do the accounts exist, are
    /// they members, which counts would be cut; read-only
    #[arg(long, help_heading = "Online checks")]
    pub(crate) online: bool,
    /// Where the findings of --online go, one JSON object a line, for `import --preflight`
    /// [default: the first input's name with .preflight.jsonl]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Online checks")]
    pub(crate) preflight: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// How --online asks; the estimate of the import's duration assumes --qps, too
    #[command(flatten)]
    pub(crate) asking: AskingArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
}

/// `preview`.
#[derive(Debug, Args)]
pub(crate) struct Preview {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Rows of each input that are shown
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) rows: u32,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
}

/// `resume`.
#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// The checkpoint to continue
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) checkpoint: PathBuf,
    /// Send calls again that failed
    #[arg(long)]
    pub(crate) retry_failed: bool,
    /// Continue although the input was changed: what is done is told by group, member and count
    #[arg(long)]
    pub(crate) changed_input: bool,
    /// Another address of the same app, such as a region's backup host
    #[arg(long, value_name = "URL", value_parser = value::endpoint, help_heading = "Target")]
    pub(crate) endpoint: Option<Endpoint>,
    #[command(flatten)]
    pub(crate) credential: CredentialArgs,
    #[command(flatten)]
    pub(crate) sending: SendingArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
}

/// `status`.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// The checkpoint to read
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) checkpoint: PathBuf,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
}

/// `failures`.
#[derive(Debug, Args)]
pub(crate) struct Failures {
    /// The checkpoint to read
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) checkpoint: PathBuf,
    /// The CSV file to write; `-` is standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
    /// Replace an existing file
    #[arg(long)]
    pub(crate) force: bool,
}

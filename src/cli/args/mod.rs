//! What can be typed: the only home of `clap`'s derives. Nothing here opens a file or decides.

#![expect(
    clippy::doc_markdown,
    reason = "these docs are the help, which is no Markdown"
)]

mod import;
mod input;
mod preset;
mod quickblox;
mod simulate;
mod target;
mod value;
mod verify;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

pub(super) use self::import::{Failures, Import, Preview, Resume, Rollback, Status, Validate};
pub(super) use self::input::{InputArgs, ReadingArgs, RejectsArgs};
pub(super) use self::preset::{Presets, PresetsCommand};
pub(super) use self::quickblox::{
    AccountFrom, Export, ExportQuickblox, QueryQuickblox, QuickbloxArgs,
};
pub(super) use self::simulate::Simulate;
pub(super) use self::target::{AskingArgs, CredentialArgs, SendingArgs, TargetArgs};
pub(super) use self::value::{DialogType, MOST_IN_FLIGHT, ReportForm};
pub(super) use self::verify::{By, Query, QueryC2c, QueryGroup, Verify};

/// Carries unread-message counts from another chat system into Tencent Cloud Chat (IM).
#[derive(Debug, Parser)]
#[command(
    name = "im-unread",
    version,
    max_term_width = 100,
    propagate_version = true
)]
#[command(
    after_help = "Every option can also stand in im-unread.toml (--config FILE) or in the \
    environment as IM_UNREAD_<OPTION>; a flag wins over the environment, the environment over the \
    file; --SWITCH=false turns a switch off. Secrets come from IM_UNREAD_SECRET_KEY, IM_UNREAD_USER_SIG or files, never from a plain \
    argument.\n\nExit codes: 0 all well, 1 some rows failed, 2 usage, 3 input invalid and nothing \
    sent, 4 stopped by the target, 5 checkpoint, 130/143 interrupted and resumable."
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "General")]
pub(super) struct Common {
    /// Read options from this file [default: im-unread.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
    /// Log more (-v: the steps, -vv: each call); logs go to stderr
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Say less on stderr
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// Form of the logs
    #[arg(long, global = true, value_enum, default_value_t = OutputForm::Text)]
    pub(super) log_format: OutputForm,
    /// Write the logs to this file instead of stderr
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) log_file: Option<PathBuf>,
    /// The progress bar
    #[arg(long, global = true, value_enum, default_value_t = When::Auto)]
    pub(super) progress: When,
    /// Colours; NO_COLOR is respected
    #[arg(long, global = true, value_enum, default_value_t = When::Auto)]
    pub(super) color: When,
}

/// The result on stdout, for commands that have one in two forms.
#[derive(Debug, Args)]
#[command(next_help_heading = "General")]
pub(super) struct ResultArgs {
    /// What stdout holds
    #[arg(long, value_enum, default_value_t = OutputForm::Text)]
    pub(super) output: OutputForm,
}

/// Reports in files, besides the result.
#[derive(Debug, Args)]
#[command(next_help_heading = "General")]
pub(super) struct ReportArgs {
    /// Write a report to this file too: a page (.html) or the same numbers as JSON (.json); may be
    /// repeated
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, value_parser = value::report())]
    pub(super) report: Vec<PathBuf>,
}

/// Text or JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputForm {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Whether to do something that suits a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// On a terminal
    Auto,
    /// In any case
    Always,
    /// In no case
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Read, validate, and set one count per (group, member); continue an existing checkpoint
    Import(Box<Import>),
    /// Read and validate only: what an import would send, and what is wrong with the input
    Validate(Box<Validate>),
    /// Show the first rows through every step: raw, fields, mapped, call; reads no more than that
    Preview(Box<Preview>),
    /// Continue an interrupted import; input and options come from the checkpoint
    Resume(Box<Resume>),
    /// Progress and failures of a checkpoint, also while an import is writing it
    Status(Status),
    /// Failed and rejected rows of a checkpoint, as a CSV that `import` reads
    Failures(Failures),
    /// Set counts back to what they were before an import, from its snapshot
    Rollback(Box<Rollback>),
    /// Read counts back from the target and compare them with what was set
    Verify(Box<Verify>),
    /// Look at single counts
    #[command(subcommand)]
    Query(Query),
    /// Pull unread counts out of another system into an input of `import`
    #[command(subcommand)]
    Export(Export),
    /// Which exports of other systems can be read, and how a preset of your own is written
    Presets(Presets),
    /// Explain a problem code or an API error code
    Explain(Explain),
    /// Sign a UserSig from the secret key, or inspect one
    Usersig(Usersig),
    /// Serve the embedded simulator of Tencent Cloud Chat on loopback
    Simulate(Box<Simulate>),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Show a chapter of the manual, or list all
    Guide(Guide),
    /// Print a man page: of the program, of a command or of a chapter of the manual
    Man(Man),
}

/// `guide`.
#[derive(Debug, Args)]
pub(super) struct Guide {
    /// A chapter's name; without one, all chapters are listed
    pub(super) topic: Option<String>,
}

/// `man`.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// A command, or guide-TOPIC for a chapter of the manual; without one, the page of the program
    pub(super) page: Option<String>,
}

/// `explain`.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A problem code such as unsupported_group_type, or an API error code such as 10010; without
    /// one, all codes are listed
    pub(super) code: Option<String>,
    #[command(flatten)]
    pub(super) result: ResultArgs,
}

/// `usersig`.
#[derive(Debug, Args)]
pub(super) struct Usersig {
    /// SDKAppID of the app
    #[arg(long, value_name = "N", value_parser = value::app)]
    pub(super) sdk_app_id: Option<u64>,
    /// Whom the UserSig is for
    #[arg(long, value_name = "NAME", value_parser = value::identifier, default_value = "administrator")]
    pub(super) identifier: String,
    /// How long it is valid
    #[arg(long, value_name = "TIME", value_parser = value::lifetime, default_value = "24h")]
    pub(super) expire: Duration,
    /// File with the app's secret key [or IM_UNREAD_SECRET_KEY holds the key]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) secret_key_file: Option<PathBuf>,
    /// Decode the UserSig in this file instead (`-` is standard input); its signature is not printed
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) inspect: Option<PathBuf>,
    #[command(flatten)]
    pub(super) result: ResultArgs,
}

//! QuickBlox: what is exported from it, and how it is asked.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::value::{self, DialogType};
use super::{OutputForm, ResultArgs};
use crate::delivery::Limit;
use crate::tencent::Endpoint;

/// Where QuickBlox is, and how it is asked.
#[derive(Debug, Args)]
#[command(next_help_heading = "QuickBlox")]
pub(crate) struct QuickbloxArgs {
    /// Base URL of the API, for enterprise hosts; http:// only for a loopback address
    #[arg(long, value_name = "URL", value_parser = value::base_url, default_value = "https://api.quickblox.com")]
    pub(crate) base_url: Endpoint,
    /// File with the application's key [or IM_UNREAD_QUICKBLOX_API_KEY holds it]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) api_key_file: Option<PathBuf>,
    /// File with the session token of one user [or IM_UNREAD_QUICKBLOX_TOKEN holds it]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) token_file: Option<PathBuf>,
    /// Calls per second, 1 to 200: 80 on the Basic plan, 120 on Starter, 160 on Growth and HIPAA
    #[arg(long, value_name = "N", value_parser = value::rate, default_value = "80")]
    pub(crate) rate: Limit,
    /// How long an answer may take
    #[arg(long, value_name = "TIME", value_parser = value::duration, default_value = "10s")]
    pub(crate) timeout: Duration,
    /// Attempts a call
    #[arg(long, value_name = "N", value_parser = value::attempts, default_value_t = 8)]
    pub(crate) max_attempts: u32,
    /// How long to probe a service that is down before stopping
    #[arg(long, value_name = "TIME", value_parser = value::duration, default_value = "15m")]
    pub(crate) outage_limit: Duration,
}

/// `export`.
#[derive(Debug, Subcommand)]
pub(crate) enum Export {
    /// From QuickBlox: every user's counts, as JSON Lines that `import` reads
    Quickblox(Box<ExportQuickblox>),
}

/// `--account-from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AccountFrom {
    /// `QuickBlox`'s id of the user
    Id,
    /// The customer's own id
    #[value(alias = "external_user_id")]
    ExternalUserId,
    /// The login
    Login,
    /// The mail address
    Email,
}

/// `export quickblox`.
#[derive(Debug, Args)]
pub(crate) struct ExportQuickblox {
    /// Whose counts: CSV, JSON or JSON Lines of users or ids, or pages of users.json [default: all
    /// users, from the API]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) users: Option<PathBuf>,
    /// In which dialogs: CSV, JSON or JSON Lines of dialogs or ids, or pages of Dialog.json
    /// [default: each user's own, from the API]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) dialogs: Option<PathBuf>,
    /// The JSON Lines file to write, for `import`
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
    /// The JSON Lines file for one-to-one counts, for `verify --c2c` [default: the output's name
    /// with .c2c.jsonl]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) c2c_output: Option<PathBuf>,
    /// The checkpoint [default: the output's name with .checkpoint.jsonl]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Types of groups by type of dialog, as 1=Public,2=Work
    #[arg(long, value_name = "TYPE=GROUP_TYPE", value_parser = value::dialog_type, value_delimiter = ',')]
    pub(crate) group_types: Vec<DialogType>,
    /// Which of a user's names becomes the account
    #[arg(long, value_enum, default_value_t = AccountFrom::Id)]
    pub(crate) account_from: AccountFrom,
    /// Write every doubt to this CSV file: counts that disagree, users that were refused
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) doubts: Option<PathBuf>,
    /// Let --output, --c2c-output and --doubts replace existing files
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) quickblox: QuickbloxArgs,
    /// What stdout holds
    #[arg(long, value_enum, default_value_t = OutputForm::Text, help_heading = "General")]
    pub(crate) result: OutputForm,
}

/// `query quickblox`.
#[derive(Debug, Args)]
pub(crate) struct QueryQuickblox {
    /// Whose counts: the user's id
    pub(crate) user: u64,
    /// In which dialogs; without one, the total of all
    #[arg(value_name = "DIALOG")]
    pub(crate) dialogs: Vec<String>,
    #[command(flatten)]
    pub(crate) quickblox: QuickbloxArgs,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
}

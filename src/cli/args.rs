//! What can be typed: the only home of `clap`'s derives. Nothing here opens a file or decides.

#![expect(
    clippy::doc_markdown,
    reason = "these docs are the help, which is no Markdown"
)]

mod preset;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

pub(super) use self::preset::{OnCapped, OnMuted, OnNegative, PresetArgs, Presets, PresetsCommand};

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
    file. Secrets come from IM_UNREAD_SECRET_KEY, IM_UNREAD_USER_SIG or files, never from a plain \
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
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
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
    /// Print the manual page
    Man,
}

/// What is read, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(super) struct InputArgs {
    /// Files to read, in order, as one input; `-` is standard input, a directory all files in it, a
    /// quoted pattern ('dumps/*.json') those that match. gzip, zstd, zip and tar are read as they
    /// are; a.zip:b.csv is one member of an archive
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::FilePath)]
    pub(super) inputs: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) reading: ReadingArgs,
}

/// How input is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(super) struct ReadingArgs {
    /// The input's format; auto looks at its first bytes
    #[arg(long, value_enum, default_value_t = InputFormat::Auto)]
    pub(super) format: InputFormat,
    /// Where a field stands: group_id, member_account, unread_num or group_type = a column's
    /// name, or a dotted path for JSON (may be repeated)
    #[arg(long, value_name = "FIELD=NAME")]
    pub(super) column: Vec<String>,
    /// The CSV delimiter: one character, or `tab` [default: sniffed]
    #[arg(long, value_name = "CHAR")]
    pub(super) delimiter: Option<String>,
    /// The encoding of text without a byte order mark: utf-8, utf-16le, gb18030, latin1 …
    /// [default: told from its first bytes]
    #[arg(long, value_name = "NAME")]
    pub(super) encoding: Option<String>,
    /// File that has the id at the target for each group id of the input: CSV with the columns
    /// source and target, or JSON
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) map_groups: Option<PathBuf>,
    /// The same for accounts
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) map_accounts: Option<PathBuf>,
    /// Let a map have one target for several sources, which were merged into one
    #[arg(long)]
    pub(super) map_many_to_one: bool,
    #[command(flatten)]
    pub(super) preset: PresetArgs,
    /// What to do with rows of one (group, member) [default: error, or what the preset says]
    #[arg(long, value_enum)]
    pub(super) on_duplicate: Option<OnDuplicate>,
    /// Plan no calls for counts of 0
    #[arg(long)]
    pub(super) skip_zero: bool,
    /// Write every rejected row to this CSV file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) rejects: Option<PathBuf>,
}

/// `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum InputFormat {
    /// Look at the first bytes
    Auto,
    /// Delimited text with a header
    Csv,
    /// One JSON object a line
    Jsonl,
    /// One JSON array, or JSON documents one after the other
    Json,
}

/// `--on-duplicate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OnDuplicate {
    /// Rows that disagree are invalid; identical repeats are one call
    Error,
    /// The first row counts
    First,
    /// The last row counts
    Last,
    /// The largest count
    Max,
    /// The sum of the counts
    Sum,
}

/// `--on-invalid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OnInvalid {
    /// Send nothing while a row is invalid
    Stop,
    /// Send the valid rows, record the others as rejected
    Skip,
}

/// Where the calls go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
pub(super) struct TargetArgs {
    /// SDKAppID of the target app
    #[arg(long, value_name = "N")]
    pub(super) sdk_app_id: Option<u64>,
    /// Identifier of an administrator of the app
    #[arg(long, value_name = "NAME", default_value = "administrator")]
    pub(super) identifier: String,
    /// Region of the app: china, singapore, seoul, tokyo, frankfurt, silicon-valley, jakarta, mumbai
    #[arg(long, value_name = "REGION", conflicts_with = "endpoint")]
    pub(super) region: Option<String>,
    /// Base URL instead of a region's; http:// only for a loopback address
    #[arg(long, value_name = "URL")]
    pub(super) endpoint: Option<String>,
    #[command(flatten)]
    pub(super) credential: CredentialArgs,
    /// Send to a simulator in this process, seeded from the input: no account needed
    #[arg(long)]
    pub(super) simulator: bool,
    /// The simulator's world, instead of one made from the input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "simulator")]
    pub(super) simulator_world: Option<PathBuf>,
}

/// Where the credential comes from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
pub(super) struct CredentialArgs {
    /// File with the app's secret key [or IM_UNREAD_SECRET_KEY holds the key]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) secret_key_file: Option<PathBuf>,
    /// File with a ready UserSig [or IM_UNREAD_USER_SIG holds it]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) user_sig_file: Option<PathBuf>,
}

/// How calls are sent.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sending")]
pub(super) struct SendingArgs {
    /// Calls per second, 1 to 200
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub(super) qps: u32,
    /// Calls without an answer at a time [default: those of the worst answer time and four seconds more]
    #[arg(long, value_name = "N")]
    pub(super) max_in_flight: Option<usize>,
    /// How long an answer may take
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub(super) timeout: String,
    /// Attempts a call
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(super) max_attempts: u32,
    /// Stop when more calls than this have failed
    #[arg(long, value_name = "N")]
    pub(super) max_failures: Option<u64>,
    /// How long to probe a target that is down before stopping
    #[arg(long, value_name = "TIME", default_value = "15m")]
    pub(super) outage_limit: String,
    /// Stop when the first calls, so many, are all refused with one code
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(super) early_stop: u64,
    /// Go on however many of the first calls are refused
    #[arg(long)]
    pub(super) no_early_stop: bool,
    /// Ask before continuing a checkpoint whose last line is older than this
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub(super) stale_after: String,
    /// Ask nothing
    #[arg(long, short)]
    pub(super) yes: bool,
}

/// `import`.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that can be typed"
)]
pub(super) struct Import {
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) target: TargetArgs,
    #[command(flatten)]
    pub(super) sending: SendingArgs,
    /// The checkpoint log [default: the first input's name with .checkpoint.jsonl]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Checkpoint")]
    pub(super) checkpoint: Option<PathBuf>,
    /// Validate only; the same as the command `validate`
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Ask the app about groups, accounts and members before the first call; read-only. Rows that
    /// are bound to fail count as invalid
    #[arg(long, help_heading = "Online checks")]
    pub(super) online: bool,
    /// The file of earlier online checks (see validate), or the one that --online writes
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Online checks")]
    pub(super) preflight: Option<PathBuf>,
    /// What to do with invalid rows
    #[arg(long, value_enum, default_value_t = OnInvalid::Stop, help_heading = "Input")]
    pub(super) on_invalid: OnInvalid,
    /// On an existing checkpoint: send calls again that failed
    #[arg(long, help_heading = "Checkpoint")]
    pub(super) retry_failed: bool,
    /// Read each member's count before the first one is set, into this new file, which `rollback`
    /// reads
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Checkpoint")]
    pub(super) snapshot: Option<PathBuf>,
    /// Continue the checkpoint although the input is another one now: what is done is told by
    /// group, member and count, not by position
    #[arg(long, help_heading = "Checkpoint")]
    pub(super) changed_input: bool,
    #[command(flatten)]
    pub(super) report: ReportArgs,
    #[command(flatten)]
    pub(super) result: ResultArgs,
}

/// `rollback`.
#[derive(Debug, Args)]
pub(super) struct Rollback {
    /// The snapshot that `import --snapshot` wrote
    #[arg(value_name = "SNAPSHOT", value_hint = ValueHint::FilePath)]
    pub(super) snapshot: PathBuf,
    #[command(flatten)]
    pub(super) target: TargetArgs,
    #[command(flatten)]
    pub(super) sending: SendingArgs,
    /// The checkpoint log of the rollback [default: the snapshot's name with
    /// .rollback.checkpoint.jsonl]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Checkpoint")]
    pub(super) checkpoint: Option<PathBuf>,
    /// On an existing checkpoint: send calls again that failed
    #[arg(long, help_heading = "Checkpoint")]
    pub(super) retry_failed: bool,
    #[command(flatten)]
    pub(super) report: ReportArgs,
    #[command(flatten)]
    pub(super) result: ResultArgs,
}

/// `validate`.
#[derive(Debug, Args)]
pub(super) struct Validate {
    #[command(flatten)]
    pub(super) input: InputArgs,
    /// Ask the app, too: do the groups exist, of which type are they, do the accounts exist, are
    /// they members, which counts would be cut; read-only
    #[arg(long, help_heading = "Online checks")]
    pub(super) online: bool,
    /// Where the findings of --online go, one JSON object a line, for `import --preflight`
    /// [default: the first input's name with .preflight.jsonl]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Online checks")]
    pub(super) preflight: Option<PathBuf>,
    #[command(flatten)]
    pub(super) target: TargetArgs,
    /// How --online asks; the estimate of the import's duration assumes --qps, too
    #[command(flatten)]
    pub(super) asking: AskingArgs,
    #[command(flatten)]
    pub(super) report: ReportArgs,
    #[command(flatten)]
    pub(super) result: ResultArgs,
}

/// `resume`.
#[derive(Debug, Args)]
pub(super) struct Resume {
    /// The checkpoint to continue
    #[arg(value_hint = ValueHint::FilePath)]
    pub(super) checkpoint: PathBuf,
    /// Send calls again that failed
    #[arg(long)]
    pub(super) retry_failed: bool,
    /// Continue although the input was changed: what is done is told by group, member and count
    #[arg(long)]
    pub(super) changed_input: bool,
    /// Another address of the same app, such as a region's backup host
    #[arg(long, value_name = "URL", help_heading = "Target")]
    pub(super) endpoint: Option<String>,
    #[command(flatten)]
    pub(super) credential: CredentialArgs,
    #[command(flatten)]
    pub(super) sending: SendingArgs,
    #[command(flatten)]
    pub(super) report: ReportArgs,
    #[command(flatten)]
    pub(super) result: ResultArgs,
}

/// `status`.
#[derive(Debug, Args)]
pub(super) struct Status {
    /// The checkpoint to read
    #[arg(value_hint = ValueHint::FilePath)]
    pub(super) checkpoint: PathBuf,
    #[command(flatten)]
    pub(super) report: ReportArgs,
    #[command(flatten)]
    pub(super) result: ResultArgs,
}

/// `failures`.
#[derive(Debug, Args)]
pub(super) struct Failures {
    /// The checkpoint to read
    #[arg(value_hint = ValueHint::FilePath)]
    pub(super) checkpoint: PathBuf,
    /// The CSV file to write; `-` is standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) output: PathBuf,
}

/// How read-only calls are sent.
#[derive(Debug, Args)]
#[command(next_help_heading = "Asking")]
pub(super) struct AskingArgs {
    /// Calls per second of each command, 1 to 200
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub(super) qps: u32,
    /// How long an answer may take
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub(super) timeout: String,
    /// Attempts a call
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(super) max_attempts: u32,
    /// How long to probe a service that is down before stopping
    #[arg(long, value_name = "TIME", default_value = "15m")]
    pub(super) outage_limit: String,
}

/// `query`.
#[derive(Debug, Subcommand)]
pub(super) enum Query {
    /// An account's one-to-one counts: the total, or one for each peer
    C2c(Box<QueryC2c>),
    /// Members' counts in a group, reckoned from message numbers
    Group(Box<QueryGroup>),
    /// A user's counts in QuickBlox: the total, or one for each dialog
    Quickblox(Box<QueryQuickblox>),
}

/// `query quickblox`.
#[derive(Debug, Args)]
pub(super) struct QueryQuickblox {
    /// Whose counts: the user's id
    pub(super) user: u64,
    /// In which dialogs; without one, the total of all
    #[arg(value_name = "DIALOG")]
    pub(super) dialogs: Vec<String>,
    #[command(flatten)]
    pub(super) quickblox: QuickbloxArgs,
    #[command(flatten)]
    pub(super) result: ResultArgs,
}

/// Where QuickBlox is, and how it is asked.
#[derive(Debug, Args)]
#[command(next_help_heading = "QuickBlox")]
pub(super) struct QuickbloxArgs {
    /// Base URL of the API, for enterprise hosts; http:// only for a loopback address
    #[arg(long, value_name = "URL", default_value = "https://api.quickblox.com")]
    pub(super) base_url: String,
    /// File with the application's key [or IM_UNREAD_QUICKBLOX_API_KEY holds it]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) api_key_file: Option<PathBuf>,
    /// File with the session token of one user [or IM_UNREAD_QUICKBLOX_TOKEN holds it]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) token_file: Option<PathBuf>,
    /// Calls per second, 1 to 200: 80 on the Basic plan, 120 on Starter, 160 on Growth and HIPAA
    #[arg(long, value_name = "N", default_value_t = 80)]
    pub(super) rate: u32,
    /// How long an answer may take
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub(super) timeout: String,
    /// Attempts a call
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(super) max_attempts: u32,
    /// How long to probe a service that is down before stopping
    #[arg(long, value_name = "TIME", default_value = "15m")]
    pub(super) outage_limit: String,
}

/// `export`.
#[derive(Debug, Subcommand)]
pub(super) enum Export {
    /// From QuickBlox: every user's counts, as JSON Lines that `import` reads
    Quickblox(Box<ExportQuickblox>),
}

/// `--account-from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AccountFrom {
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
pub(super) struct ExportQuickblox {
    /// Whose counts: CSV, JSON or JSON Lines of users or ids, or pages of users.json [default: all
    /// users, from the API]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) users: Option<PathBuf>,
    /// In which dialogs: CSV, JSON or JSON Lines of dialogs or ids, or pages of Dialog.json
    /// [default: each user's own, from the API]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) dialogs: Option<PathBuf>,
    /// The JSON Lines file to write, for `import`
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) output: PathBuf,
    /// The JSON Lines file for one-to-one counts, for `verify --c2c` [default: the output's name
    /// with .c2c.jsonl]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) c2c_output: Option<PathBuf>,
    /// The checkpoint [default: the output's name with .checkpoint.jsonl]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) checkpoint: Option<PathBuf>,
    /// Types of groups by type of dialog, as 1=Public,2=Work
    #[arg(long, value_name = "TYPE=GROUP_TYPE", value_delimiter = ',')]
    pub(super) group_types: Vec<String>,
    /// Which of a user's names becomes the account
    #[arg(long, value_enum, default_value_t = AccountFrom::Id)]
    pub(super) account_from: AccountFrom,
    /// Write every doubt to this CSV file: counts that disagree, users that were refused
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) doubts: Option<PathBuf>,
    #[command(flatten)]
    pub(super) quickblox: QuickbloxArgs,
    /// What stdout holds
    #[arg(long, value_enum, default_value_t = OutputForm::Text, help_heading = "General")]
    pub(super) result: OutputForm,
}

/// `query c2c`.
#[derive(Debug, Args)]
pub(super) struct QueryC2c {
    /// Whose counts
    pub(super) account: String,
    /// In the conversations with whom; without one, the total of all
    #[arg(value_name = "PEER")]
    pub(super) peers: Vec<String>,
    #[command(flatten)]
    pub(super) target: TargetArgs,
    #[command(flatten)]
    pub(super) asking: AskingArgs,
    #[command(flatten)]
    pub(super) result: ResultArgs,
}

/// `query group`.
#[derive(Debug, Args)]
pub(super) struct QueryGroup {
    /// The group
    pub(super) group: String,
    /// The members
    #[arg(value_name = "MEMBER", required = true)]
    pub(super) members: Vec<String>,
    #[command(flatten)]
    pub(super) target: TargetArgs,
    #[command(flatten)]
    pub(super) asking: AskingArgs,
    #[command(flatten)]
    pub(super) result: ResultArgs,
}

/// `--by`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum By {
    /// Whichever takes fewer calls
    Auto,
    /// Groups, and 50 members of one group a call
    Group,
    /// All groups of one member a call
    Member,
}

/// `verify`.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The checkpoint of the import whose counts are read back
    #[arg(value_hint = ValueHint::FilePath, required_unless_present = "c2c", conflicts_with = "c2c")]
    pub(super) checkpoint: Option<PathBuf>,
    /// Compare one-to-one counts instead: rows of account, peer and count; `-` is standard input
    #[arg(long, value_name = "INPUT", value_hint = ValueHint::FilePath)]
    pub(super) c2c: Option<PathBuf>,
    /// With --c2c, where a field stands: account, peer or count = a column's name (may be repeated)
    #[arg(long, value_name = "FIELD=NAME", requires = "c2c")]
    pub(super) column: Vec<String>,
    /// Look at a random sample of so many counts
    #[arg(long, value_name = "N", conflicts_with = "c2c")]
    pub(super) sample: Option<std::num::NonZeroU32>,
    /// How to ask
    #[arg(long, value_enum, default_value_t = By::Auto, conflicts_with = "c2c")]
    pub(super) by: By,
    /// Write every difference to this CSV file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) differences: Option<PathBuf>,
    /// Where progress is kept until the end [default: the checkpoint's or input's name with
    /// .verify.jsonl]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) progress_log: Option<PathBuf>,
    /// Begin anew where an earlier check was not finished
    #[arg(long)]
    pub(super) restart: bool,
    #[command(flatten)]
    pub(super) report: ReportArgs,
    #[command(flatten)]
    pub(super) target: TargetArgs,
    #[command(flatten)]
    pub(super) asking: AskingArgs,
    #[command(flatten)]
    pub(super) result: ResultArgs,
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
    #[arg(long, value_name = "N", required_unless_present = "inspect")]
    pub(super) sdk_app_id: Option<u64>,
    /// Whom the UserSig is for
    #[arg(long, value_name = "NAME", default_value = "administrator")]
    pub(super) identifier: String,
    /// How long it is valid
    #[arg(long, value_name = "TIME", default_value = "24h")]
    pub(super) expire: String,
    /// File with the app's secret key [or IM_UNREAD_SECRET_KEY holds the key]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) secret_key_file: Option<PathBuf>,
    /// Decode the UserSig in this file instead (`-` is standard input); its signature is not printed
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) inspect: Option<PathBuf>,
    #[command(flatten)]
    pub(super) result: ResultArgs,
}

/// `simulate`.
#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// Loopback address to listen on; port 0 lets the system choose
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(super) listen: std::net::SocketAddr,
    /// SDKAppID that the simulator knows
    #[arg(long, value_name = "N", default_value_t = 1_400_000_001)]
    pub(super) sdk_app_id: u64,
    /// Administrator that the simulator knows
    #[arg(long, value_name = "NAME", default_value = "administrator")]
    pub(super) identifier: String,
    /// File with the secret key that signatures are checked with [or IM_UNREAD_SECRET_KEY]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) secret_key_file: Option<PathBuf>,
    /// Simulate QuickBlox too: file with the key of `Authorization: ApiKey` [or
    /// IM_UNREAD_QUICKBLOX_API_KEY]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) quickblox_key_file: Option<PathBuf>,
    /// A session of the simulated QuickBlox: file with the token of `QB-Token` [or
    /// IM_UNREAD_QUICKBLOX_TOKEN]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) quickblox_token_file: Option<PathBuf>,
    /// The user of that session; without one it is a session of the application
    #[arg(long, value_name = "ID")]
    pub(super) quickblox_session_user: Option<u64>,
    /// How long after its last call the session ends [default: 2h]
    #[arg(long, value_name = "TIME")]
    pub(super) quickblox_session_lifetime: Option<String>,
    /// Calls per second that the simulated QuickBlox answers
    #[arg(long, value_name = "N", default_value_t = 80)]
    pub(super) quickblox_rate: u32,
    /// Answer `UnreadMsgNum` in get_joined_group_list, as older editions of the API did
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
    pub(super) tells_unread: bool,
    /// The world: accounts, groups with type, message count and members
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "from_input")]
    pub(super) world: Option<PathBuf>,
    /// Make the world from an input of `import`: every group, account and member in it exists
    #[arg(long, value_name = "INPUT", value_hint = ValueHint::FilePath)]
    pub(super) from_input: Vec<PathBuf>,
    /// Calls per second a command that are answered
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub(super) quota: u32,
    /// How long an answer takes: 50ms, or a range as 1ms..300ms
    #[arg(long, value_name = "TIME")]
    pub(super) latency: Option<String>,
    /// A fault and its share of calls: http502=0.03, reset=0.03, lost=0.03, nonjson=0.03,
    /// code:10002=0.03, … (may be repeated)
    #[arg(long, value_name = "FAULT=SHARE")]
    pub(super) fault: Vec<String>,
    /// At most so many faults for the same call, so that repeats succeed in the end
    #[arg(long, value_name = "N")]
    pub(super) faults_per_call: Option<u32>,
    /// So long after the first call, UserSigs made before that moment count as expired
    #[arg(long, value_name = "TIME")]
    pub(super) usersig_expires_after: Option<String>,
    /// The target is down: START+LENGTH after the first call, as 10s+60s (may be repeated)
    #[arg(long, value_name = "WINDOW")]
    pub(super) outage: Vec<String>,
    /// Answers are held back: START+LENGTH after the first call, as 5s+2s (may be repeated)
    #[arg(long, value_name = "WINDOW")]
    pub(super) stall: Vec<String>,
    /// Seed of all that is random
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// Answer https with this certificate chain (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "tls_key")]
    pub(super) tls_cert: Option<PathBuf>,
    /// The private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "tls_cert")]
    pub(super) tls_key: Option<PathBuf>,
    /// Answer https with a certificate made for this run, and write the certificate that callers
    /// have to trust to this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "tls_cert")]
    pub(super) tls_self_made: Option<PathBuf>,
    /// Write the address to this file once it is known
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) address_file: Option<PathBuf>,
}

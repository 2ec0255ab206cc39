//! Where calls go, who makes them, and how.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::value;
use crate::delivery::Limit;
use crate::tencent::{Endpoint, Region};

/// Where the calls go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
pub(crate) struct TargetArgs {
    /// SDKAppID of the target app
    #[arg(long, value_name = "N", value_parser = value::app)]
    pub(crate) sdk_app_id: Option<u64>,
    /// Identifier of an administrator of the app
    #[arg(long, value_name = "NAME", value_parser = value::identifier, default_value = "administrator")]
    pub(crate) identifier: String,
    /// Region of the app: china, singapore, seoul, tokyo, frankfurt, silicon-valley, jakarta, mumbai
    #[arg(long, value_name = "REGION", value_parser = value::region)]
    pub(crate) region: Option<Region>,
    /// Base URL instead of a region's; http:// only for a loopback address
    #[arg(long, value_name = "URL", value_parser = value::endpoint)]
    pub(crate) endpoint: Option<Endpoint>,
    #[command(flatten)]
    pub(crate) credential: CredentialArgs,
    /// Send to a simulator in this process, seeded from the input: no account needed
    #[arg(long)]
    pub(crate) simulator: bool,
    /// The simulator's world, instead of one made from the input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) simulator_world: Option<PathBuf>,
}

/// Where the credential comes from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
pub(crate) struct CredentialArgs {
    /// File with the app's secret key [or IM_UNREAD_SECRET_KEY holds the key]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) secret_key_file: Option<PathBuf>,
    /// File with a ready UserSig [or IM_UNREAD_USER_SIG holds it]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) user_sig_file: Option<PathBuf>,
}

/// How calls are sent.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sending")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that can be typed"
)]
pub(crate) struct SendingArgs {
    /// Calls per second, 1 to 200
    #[arg(long, value_name = "N", value_parser = value::qps, default_value = "200")]
    pub(crate) qps: Limit,
    /// Calls without an answer at a time [default: those of the worst answer time and four seconds more]
    #[arg(long, value_name = "N", value_parser = value::in_flight)]
    pub(crate) max_in_flight: Option<usize>,
    /// How long an answer may take
    #[arg(long, value_name = "TIME", value_parser = value::duration, default_value = "10s")]
    pub(crate) timeout: Duration,
    /// Attempts a call
    #[arg(long, value_name = "N", value_parser = value::attempts, default_value_t = 8)]
    pub(crate) max_attempts: u32,
    /// Stop when more calls than this have failed
    #[arg(long, value_name = "N")]
    pub(crate) max_failures: Option<u64>,
    /// How long to probe a target that is down before stopping
    #[arg(long, value_name = "TIME", value_parser = value::duration, default_value = "15m")]
    pub(crate) outage_limit: Duration,
    /// Stop when the first calls, so many, are all refused with one code
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) early_stop: u64,
    /// Go on however many of the first calls are refused
    #[arg(long)]
    pub(crate) no_early_stop: bool,
    /// A checkpoint whose last line is older than this is continued only with --accept-stale
    #[arg(long, value_name = "TIME", value_parser = value::duration, default_value = "1h")]
    pub(crate) stale_after: Duration,
    /// Continue after a longer pause than --stale-after, and overwrite what users have read since
    #[arg(long)]
    pub(crate) accept_stale: bool,
    /// Agree to the plan: no question. Needed where stdin or stderr is no terminal
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// How read-only calls are sent.
#[derive(Debug, Args)]
#[command(next_help_heading = "Asking")]
pub(crate) struct AskingArgs {
    /// Calls per second of each command, 1 to 200
    #[arg(long, value_name = "N", value_parser = value::qps, default_value = "200")]
    pub(crate) qps: Limit,
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

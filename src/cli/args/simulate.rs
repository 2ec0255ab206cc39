//! The embedded simulator.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::value;
use crate::simulator::{Fault, Latency, QuirkChoice, Window, quirk_help};

/// `simulate`.
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// Loopback address to listen on; port 0 lets the system choose
    #[arg(long, value_name = "ADDR", value_parser = value::loopback, default_value = "127.0.0.1:0")]
    pub(crate) listen: std::net::SocketAddr,
    /// SDKAppID that the simulator knows
    #[arg(long, value_name = "N", value_parser = value::app, default_value = "1400000001")]
    pub(crate) sdk_app_id: u64,
    /// Administrator that the simulator knows
    #[arg(long, value_name = "NAME", value_parser = value::identifier, default_value = "administrator")]
    pub(crate) identifier: String,
    /// File with the secret key that signatures are checked with [or IM_UNREAD_SECRET_KEY]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) secret_key_file: Option<PathBuf>,
    /// Simulate QuickBlox too: file with the key of `Authorization: ApiKey` [or
    /// IM_UNREAD_QUICKBLOX_API_KEY]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) quickblox_key_file: Option<PathBuf>,
    /// A session of the simulated QuickBlox: file with the token of `QB-Token` [or
    /// IM_UNREAD_QUICKBLOX_TOKEN]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) quickblox_token_file: Option<PathBuf>,
    /// The user of that session; without one it is a session of the application
    #[arg(long, value_name = "ID")]
    pub(crate) quickblox_session_user: Option<u64>,
    /// How long after its last call the session ends [default: 2h]
    #[arg(long, value_name = "TIME", value_parser = value::simulated_time)]
    pub(crate) quickblox_session_lifetime: Option<Duration>,
    /// Calls per second that the simulated QuickBlox answers
    #[arg(long, value_name = "N", value_parser = value::answers, default_value = "80")]
    pub(crate) quickblox_rate: u32,
    /// Answer an open question of the API in another way (may be repeated; --help lists all)
    #[arg(long, value_name = "NAME=VALUE", value_parser = value::quirk, long_help = quirk_help())]
    pub(crate) quirk: Vec<QuirkChoice>,
    /// The world: accounts, groups with type, message count and members
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) world: Option<PathBuf>,
    /// Make the world from an input of `import`: every group, account and member in it exists
    #[arg(long, value_name = "INPUT", value_hint = ValueHint::FilePath)]
    pub(crate) from_input: Vec<PathBuf>,
    /// Calls per second a command that are answered
    #[arg(long, value_name = "N", value_parser = value::answers, default_value = "200")]
    pub(crate) quota: u32,
    /// How long an answer takes: 50ms, or a range as 1ms..300ms
    #[arg(long, value_name = "TIME", value_parser = value::simulated::<Latency>)]
    pub(crate) latency: Option<Latency>,
    /// A fault and its share of calls: http502=0.03, reset=0.03, lost=0.03, nonjson=0.03,
    /// code:10002=0.03, … (may be repeated)
    #[arg(long, value_name = "FAULT=SHARE", value_parser = value::simulated::<Fault>)]
    pub(crate) fault: Vec<Fault>,
    /// At most so many faults for the same call, so that repeats succeed in the end
    #[arg(long, value_name = "N")]
    pub(crate) faults_per_call: Option<u32>,
    /// So long after the first call, UserSigs made before that moment count as expired
    #[arg(long, value_name = "TIME", value_parser = value::simulated_time)]
    pub(crate) usersig_expires_after: Option<Duration>,
    /// The target is down: START+LENGTH after the first call, as 10s+60s (may be repeated)
    #[arg(long, value_name = "WINDOW", value_parser = value::simulated::<Window>)]
    pub(crate) outage: Vec<Window>,
    /// Answers are held back: START+LENGTH after the first call, as 5s+2s (may be repeated)
    #[arg(long, value_name = "WINDOW", value_parser = value::simulated::<Window>)]
    pub(crate) stall: Vec<Window>,
    /// Seed of all that is random
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Answer https with this certificate chain (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) tls_key: Option<PathBuf>,
    /// Answer https with a certificate made for this run, and write the certificate that callers
    /// have to trust to this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) tls_self_made: Option<PathBuf>,
    /// Write the address to this file once it is known
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) address_file: Option<PathBuf>,
}

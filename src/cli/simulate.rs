//! `simulate`: the embedded simulator on a socket, until a signal ends it.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use secrecy::SecretString;

use super::args;
use super::context::Context;
use super::failure::{Failure, Kind, output_failure};
use super::input;
use super::resolve::Secrets;
use super::screen::Screen;
use super::target::{since_epoch, world_from_file};
use crate::settings::Reading;
use crate::signals::Signals;
use crate::simulator::{
    Behaviour, Certificate, Options, QuickBloxAccess, QuickBloxSession, SESSION_LIFETIME, Server,
    World,
};
use crate::source::InputPath;
use crate::storage::{OutputFile, Replace};

/// The key that is used when none is given: it protects nothing, since all here is made up.
const KNOWN_KEY: &str = "im-unread-simulator";

/// Runs the command.
pub(super) fn run(
    args: &args::Simulate,
    context: Context<'_>,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let options = options(args, context.secrets)?;
    let world = world(args)?;
    let server = Server::bind(options, world, args.listen).map_err(|source| {
        Failure::usage(format!("the simulator cannot listen on {}", args.listen))
            .because(&source)
            .hint("give a loopback address; port 0 lets the system choose a free one")
    })?;
    let (server, scheme) = secure(server, args)?;
    let url = format!("{scheme}://{}", server.local_addr());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Failure::bug("no runtime").because(&source))?;
    runtime.block_on(async {
        let mut signals = Signals::listen()
            .map_err(|source| Failure::bug("signals cannot be heard").because(&source))?;
        announce(args, &url, context.screen, out)?;
        let shutdown = async {
            signals.next().await;
        };
        let ended = server.run(shutdown).await;
        ended.map_err(|source| Failure::bug("the simulator ended").because(&source))
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The server with the certificate that was asked for, and its scheme.
fn secure(server: Server, args: &args::Simulate) -> Result<(Server, &'static str), Failure> {
    let failed = |error: &dyn std::error::Error| {
        Failure::usage("the certificate cannot be used")
            .because(error)
            .hint("give a chain and its key in PEM, or --tls-self-made FILE")
    };
    let certificate = match (&args.tls_cert, &args.tls_key) {
        (Some(chain), Some(key)) => {
            let chain = std::fs::read_to_string(chain).map_err(|error| failed(&error))?;
            let key = std::fs::read_to_string(key).map_err(|error| failed(&error))?;
            Some(Certificate::from_pem(chain, SecretString::from(key)))
        }
        _ => None,
    };
    let certificate = match (certificate, &args.tls_self_made) {
        (None, Some(path)) => {
            let made = Certificate::self_made().map_err(|error| failed(&error))?;
            let kind = "a certificate of a simulator";
            let mine = (kind, Certificate::is_self_made as fn(&[u8]) -> bool);
            write_line(path, mine, made.chain_pem().trim_end())?;
            Some(made)
        }
        (given, _) => given,
    };
    match certificate {
        None => Ok((server, "http")),
        Some(certificate) => {
            let secured = server
                .secure(&certificate)
                .map_err(|error| failed(&error))?;
            Ok((secured, "https"))
        }
    }
}

/// Tells the address once calls are answered: a line on stdout, and the file if one is named.
fn announce(
    args: &args::Simulate,
    url: &str,
    screen: Screen,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    writeln!(out, "{url}")
        .and_then(|()| out.flush())
        .map_err(|error| Failure::from_output(&error))?;
    if let Some(path) = &args.address_file {
        write_line(path, ("the address of a simulator", is_address), url)?;
    }
    screen.say(&format!(
        "simulating app {} for {}; statistics at {url}/simulator/stats, counts at {url}/simulator/unread; Ctrl-C ends it",
        args.sdk_app_id, args.identifier
    ))
}

/// Replaces the file of an earlier run, and no other.
fn write_line(
    path: &Path,
    (kind, is_one): (&'static str, fn(&[u8]) -> bool),
    text: &str,
) -> Result<(), Failure> {
    let output = OutputFile::new(path, Replace::Only { kind, is_one });
    output
        .write(format!("{text}\n").as_bytes())
        .map_err(|error| output_failure(&error))
}

/// Whether a file that begins with `head` holds one address of a server on this machine.
fn is_address(head: &[u8]) -> bool {
    let address = |text: &str| {
        let (scheme, host) = text.trim_end().split_once("://")?;
        host.parse::<std::net::SocketAddr>().ok()?;
        Some(["http", "https"].contains(&scheme))
    };
    std::str::from_utf8(head).is_ok_and(|text| address(text) == Some(true))
}

fn options(args: &args::Simulate, secrets: &Secrets) -> Result<Options, Failure> {
    let key = secrets
        .secret_key(args.secret_key_file.as_deref())?
        .unwrap_or_else(|| SecretString::from(KNOWN_KEY));
    let mut options = Options::new(args.sdk_app_id, key, since_epoch());
    options.administrators = vec![args.identifier.clone()];
    options.seed = args.seed;
    options.quirks.clone_from(&args.quirk);
    options.quickblox = quickblox_access(args, secrets)?;
    if args.quota != DEFAULT_QUOTA {
        options
            .quota_per_second
            .insert("set_unread_msg_num".to_owned(), args.quota);
    }
    options.behaviour = behaviour(args)?;
    Ok(options)
}

/// Access to the simulated QuickBlox, if there is a key or a session for it.
fn quickblox_access(
    args: &args::Simulate,
    secrets: &Secrets,
) -> Result<Option<QuickBloxAccess>, Failure> {
    let (key, token) = (&args.quickblox_key_file, &args.quickblox_token_file);
    let api_key = secrets.quickblox_api_key("quickblox-key-file", key.as_deref())?;
    let token = secrets.quickblox_token("quickblox-token-file", token.as_deref())?;
    if api_key.is_none() && token.is_none() {
        return Ok(None);
    }
    let session = token.map(|token| QuickBloxSession {
        token,
        user: args.quickblox_session_user,
    });
    Ok(Some(QuickBloxAccess {
        api_key,
        sessions: session.into_iter().collect(),
        session_lifetime: args.quickblox_session_lifetime.unwrap_or(SESSION_LIFETIME),
        per_second: args.quickblox_rate,
    }))
}

/// The vendor's, which the simulator has by itself.
pub(super) const DEFAULT_QUOTA: u32 = 200;

fn behaviour(args: &args::Simulate) -> Result<Behaviour, Failure> {
    let mut behaviour = Behaviour::default();
    behaviour.faults_per_key = args.faults_per_call;
    behaviour.latency = args.latency.unwrap_or_default();
    for &fault in &args.fault {
        behaviour
            .add_fault(fault)
            .map_err(|error| Failure::from_error(Kind::Usage, &error).of_option("fault"))?;
    }
    behaviour.outages.clone_from(&args.outage);
    behaviour.stalls.clone_from(&args.stall);
    behaviour.signatures_expire_after = args.usersig_expires_after;
    Ok(behaviour)
}

fn world(args: &args::Simulate) -> Result<World, Failure> {
    if let Some(path) = &args.world {
        return world_from_file(path);
    }
    if args.from_input.is_empty() {
        return Ok(World::new());
    }
    let paths: Vec<InputPath> = args
        .from_input
        .iter()
        .map(|path| input::input_path(path))
        .collect();
    let inputs = input::open(&paths, &mut Reading::default())?;
    input::world(&inputs)
}

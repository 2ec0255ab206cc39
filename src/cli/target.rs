//! Which app the calls go to: a real one, or a simulator in this process.

use std::fs::File;
use std::io::BufReader;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;

use super::args::{CredentialArgs, TargetArgs};
use super::failure::{Failure, Kind};
use super::resolve::Secrets;
use super::{clock, input};
use crate::checkpoint;
use crate::simulator::{self, World};
use crate::source::Inputs;
use crate::tencent::usersig;
use crate::tencent::{Credential, Endpoint, LIFETIME_DEFAULT, Target};

/// The app that a simulator in this process knows.
const SIMULATED_APP: u64 = 1_400_000_001;

/// What the checkpoint calls a simulator in this process: its port is another one each time.
pub(super) const SIMULATOR: &str = "simulator";

/// Where calls go.
#[derive(Debug, Clone)]
pub(super) enum Destination {
    /// A real app, or a simulator on a socket of its own.
    App {
        target: Target,
        credential: Credential,
    },
    /// A simulator in this process.
    Simulator {
        world: Option<PathBuf>,
        identifier: String,
    },
}

/// A destination that can be called. The simulator ends when this is dropped.
#[derive(Debug)]
pub(super) struct Reached {
    pub(super) target: Target,
    pub(super) credential: Credential,
    pub(super) simulator: Option<simulator::Running>,
}

impl Destination {
    /// The destination that was asked for.
    pub(super) fn resolve(args: &TargetArgs, secrets: &Secrets) -> Result<Self, Failure> {
        if args.simulator {
            return Ok(Self::Simulator {
                world: args.simulator_world.clone(),
                identifier: args.identifier.clone(),
            });
        }
        let sdk_app_id = args.sdk_app_id.ok_or_else(|| {
            Failure::usage("no target app")
                .known_as("no_target")
                .hint("give --sdk-app-id and --region, or rehearse with --simulator")
        })?;
        let endpoint = match (args.region, &args.endpoint) {
            (_, Some(endpoint)) => endpoint.clone(),
            (Some(region), None) => Endpoint::of(region),
            (None, None) => {
                return Err(Failure::usage("no region").known_as("no_target").hint(
                    "give the --region of the app's data (the console shows it), or an --endpoint",
                ));
            }
        };
        let credential = secrets.credential(&args.credential)?;
        Self::app(endpoint, sdk_app_id, &args.identifier, credential)
    }

    /// The destination that a checkpoint names; `elsewhere` is another address of the same app.
    pub(super) fn recorded(
        recorded: &checkpoint::Target,
        elsewhere: Option<&Endpoint>,
        (args, secrets): (&CredentialArgs, &Secrets),
    ) -> Result<Self, Failure> {
        if recorded.endpoint == SIMULATOR {
            if let Some(elsewhere) = elsewhere {
                return Err(Failure::usage(format!(
                    "the checkpoint is of a rehearsal in a simulator of its own, and `--endpoint {elsewhere}` is another target"
                )).known_as("rehearsal")
                .hint("leave --endpoint out to go on with the rehearsal")
                .hint("or import the input into the real app, with a checkpoint of its own (--checkpoint)"));
            }
            return Ok(Self::Simulator {
                world: recorded.world.as_ref().map(PathBuf::from),
                identifier: recorded.identifier.clone(),
            });
        }
        let endpoint = match elsewhere {
            Some(elsewhere) => elsewhere.clone(),
            None => parse_endpoint(&recorded.endpoint)?,
        };
        let credential = secrets.credential(args)?;
        Self::app(
            endpoint,
            recorded.sdk_app_id,
            &recorded.identifier,
            credential,
        )
    }

    fn app(
        endpoint: Endpoint,
        sdk_app_id: u64,
        identifier: &str,
        credential: Credential,
    ) -> Result<Self, Failure> {
        let target = Target::new(endpoint, sdk_app_id, identifier)
            .map_err(|error| Failure::from_error(Kind::Usage, &error))?;
        refuse_foreign(&credential, &target)?;
        Ok(Self::App { target, credential })
    }

    /// The destination as the checkpoint's header holds it.
    pub(super) fn record(&self) -> checkpoint::Target {
        match self {
            Self::App { target, .. } => checkpoint::Target {
                endpoint: target.endpoint().to_string(),
                sdk_app_id: target.sdk_app_id(),
                identifier: target.identifier().to_owned(),
                world: None,
            },
            Self::Simulator { identifier, world } => checkpoint::Target {
                endpoint: SIMULATOR.to_owned(),
                sdk_app_id: SIMULATED_APP,
                identifier: identifier.clone(),
                world: world.as_deref().map(input::lasting),
            },
        }
    }

    /// When the credential ends by itself, if that is known.
    pub(super) fn credential_ends(&self) -> Option<Timestamp> {
        match self {
            Self::App { credential, .. } => credential.expires_at(),
            Self::Simulator { .. } => None,
        }
    }

    /// Makes the destination ready for a command without an input: a simulator has the world of
    /// its file, or an empty one.
    pub(super) fn reach_alone(self) -> Result<Reached, Failure> {
        match self {
            Self::App { target, credential } => Ok(Reached {
                target,
                credential,
                simulator: None,
            }),
            Self::Simulator { world, identifier } => {
                let world =
                    world.map_or_else(|| Ok(World::new()), |path| world_from_file(&path))?;
                simulate(world, &identifier)
            }
        }
    }

    /// Makes the destination ready; a simulator starts, with a world made from `inputs` unless a
    /// file holds one.
    pub(super) fn reach(self, inputs: &Inputs) -> Result<Reached, Failure> {
        match self {
            Self::App { target, credential } => Ok(Reached {
                target,
                credential,
                simulator: None,
            }),
            Self::Simulator { world, identifier } => {
                let world = match world {
                    Some(path) => world_from_file(&path)?,
                    None => input::world(inputs)?,
                };
                simulate(world, &identifier)
            }
        }
    }
}

/// Refuses a UserSig that says itself that it is for another app or account. One that cannot be
/// read is the target's to judge; one whose time is over is told with the plan.
fn refuse_foreign(credential: &Credential, target: &Target) -> Result<(), Failure> {
    let Credential::Signature(signature) = credential else {
        return Ok(());
    };
    let objections = usersig::inspect(signature.expose()).map_or_else(
        |_unreadable| Vec::new(),
        |claims| claims.objections(target.sdk_app_id(), target.identifier(), clock()),
    );
    let foreign = objections
        .iter()
        .find(|objection| !matches!(objection, usersig::Objection::Expired { .. }));
    foreign.map_or(Ok(()), |objection| {
        Err(Failure::from_error(Kind::Usage, objection).hint(
            "give --sdk-app-id and --identifier as the UserSig was made for, or another UserSig",
        ))
    })
}

/// A simulator on a port that the system chooses, with a key that nobody else knows.
fn simulate(world: World, identifier: &str) -> Result<Reached, Failure> {
    let key: String = std::iter::repeat_with(fastrand::alphanumeric)
        .take(64)
        .collect();
    let mut options = simulator::Options::new(
        SIMULATED_APP,
        SecretString::from(key.clone()),
        since_epoch(),
    );
    options.administrators = vec![identifier.to_owned()];
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let running = simulator::Server::bind(options, world, address)
        .and_then(simulator::Server::spawn_thread)
        .map_err(|source| Failure::usage("the simulator cannot start").because(&source))?;
    let endpoint = parse_endpoint(&format!("http://{}", running.local_addr()))?;
    let target = Target::new(endpoint, SIMULATED_APP, identifier)
        .map_err(|error| Failure::from_error(Kind::Usage, &error))?;
    let secret_key = SecretString::from(key);
    let credential = Credential::Key {
        secret_key,
        lifetime: LIFETIME_DEFAULT,
    };
    Ok(Reached {
        target,
        credential,
        simulator: Some(running),
    })
}

/// The wall clock as a length of time.
pub(super) fn since_epoch() -> Duration {
    Duration::try_from(clock().as_duration()).unwrap_or_default()
}

/// A world from its file.
pub(super) fn world_from_file(path: &Path) -> Result<World, Failure> {
    let failed = |error: &dyn std::error::Error| {
        Failure::usage(format!(
            "cannot read the simulator's world in `{}`",
            path.display()
        ))
        .because(error)
    };
    let file = File::open(path).map_err(|error| failed(&error))?;
    World::from_json(BufReader::new(file)).map_err(|error| failed(&error))
}

fn parse_endpoint(text: &str) -> Result<Endpoint, Failure> {
    Endpoint::parse(text).map_err(|error| {
        Failure::from_error(Kind::Usage, &error)
            .hint("give scheme and host, as in https://console.tim.qq.com")
    })
}

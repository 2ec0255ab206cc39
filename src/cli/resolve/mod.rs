//! What is meant: flags over environment over file over default, option by option and group by
//! group. The only reader of the environment and of configuration files.
//!
//! The command line is parsed twice: as it was typed, and again with the values that the
//! environment and the file add, as defaults of `clap`. So what `clap` says of a missing or a
//! contradictory option is about typed words only; the rest is told with its origin.

mod added;
mod describe;
mod environment;
mod file;
mod layers;
mod names;
mod precedence;
mod rules;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgMatches, Command, CommandFactory as _, FromArgMatches as _};

use super::Ended;
use super::args::Cli;
use super::files;
use environment::Environment;
use file::ConfigFile;
use layers::Layers;
use names::Names;

pub(super) use rules::{QUICKBLOX_API_KEY, QUICKBLOX_TOKEN, SECRET_KEY, USER_SIG};

/// The command that was typed, with what the environment and the file add to it.
pub(super) fn parse(argv: &[OsString]) -> Result<Cli, Ended> {
    let command = command();
    let names = Names::of(&command);
    let parsed = |command: &mut Command| {
        let matches = command.try_get_matches_from_mut(argv);
        matches.map_err(|error| match added::typed_misfit(&error) {
            Some(failure) => Ended::Failed(failure),
            None => Ended::Help(error),
        })
    };
    let typed = parsed(&mut command.clone())?;
    let environment = Environment::read(std::env::vars_os(), &names)?;
    let config = config_path(&typed, &environment);
    let file = ConfigFile::read(config.clone(), &names)?;
    let layers = Layers {
        environment: &environment,
        file: &file,
    };
    let mut layered = layers.apply(command, &typed)?;
    let matches = parsed(&mut layered)?;
    let cli = Cli::from_arg_matches(&matches).map_err(Ended::Help)?;
    let config = config.unwrap_or_else(|| PathBuf::from(file::DEFAULT_FILE));
    files::refuse_clashes(&cli, (&layered, &matches), &config)?;
    Ok(cli)
}

/// The command line, with the variables of its options.
pub(super) fn command() -> Command {
    describe::described(Cli::command(), "")
}

fn config_path(typed: &ArgMatches, environment: &Environment) -> Option<PathBuf> {
    let named = typed.get_one::<PathBuf>("config").cloned();
    named.or_else(|| environment.option("config").map(PathBuf::from))
}

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
mod given;
mod layers;
mod names;
mod precedence;
mod rules;
mod secret;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::{ArgMatches, Command, CommandFactory as _, FromArgMatches as _};

use super::Ended;
use super::args::Cli;
use super::files;
use environment::Environment;
use file::ConfigFile;
use layers::Layers;
use names::Names;

pub(super) use describe::takes_file;
pub(super) use given::{Given, GivenOption};
pub(super) use secret::{Secrets, secret_file};

/// The command that was typed, with what the environment and the file add to it.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) cli: Cli,
    /// The same in words.
    pub(super) given: Given,
    pub(super) secrets: Secrets,
}

/// Parses the words, and adds what the variables and the configuration file say.
pub(super) fn parse(
    argv: &[OsString],
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Resolved, Ended> {
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
    let environment = Environment::read(variables, &names)?;
    let config = config_path(&typed, &environment);
    let file = ConfigFile::read(config.clone(), &names)?;
    let layers = Layers {
        environment: &environment,
        file: &file,
    };
    let (mut layered, origins) = layers.apply(command, &typed)?;
    let matches = parsed(&mut layered)?;
    let cli = Cli::from_arg_matches(&matches).map_err(Ended::Help)?;
    let config = config.unwrap_or_else(|| PathBuf::from(file::DEFAULT_FILE));
    files::refuse_clashes(&cli, (&layered, &matches), &config)?;
    Ok(Resolved {
        given: Given::new(&layered, &matches, &origins),
        secrets: Secrets::of(&environment),
        cli,
    })
}

/// The command line, with the variables of its options.
pub(super) fn command() -> Command {
    describe::described(Cli::command(), "")
}

fn config_path(typed: &ArgMatches, environment: &Environment) -> Option<PathBuf> {
    let named = typed.get_one::<PathBuf>("config").cloned();
    named.or_else(|| environment.option("config").map(PathBuf::from))
}

/// What the environment, or else the configuration file, says of `--output`, as far as either can
/// be read: it matters also where the words make no command. `config` is the file that was typed.
pub(super) fn form_of_result(config: Option<&str>) -> Option<String> {
    let variable = |option: &str| {
        let value = std::env::var_os(names::variable(option));
        value.filter(|value| !value.is_empty())
    };
    let text = |value: OsString| value.into_string().ok();
    if let Some(form) = variable("output") {
        return text(form);
    }
    let config = config.map(OsString::from).or_else(|| variable("config"));
    let config = config.unwrap_or_else(|| OsString::from(file::DEFAULT_FILE));
    file::form_of_result(Path::new(OsStr::new(&config)))
}

#[cfg(test)]
mod tests;

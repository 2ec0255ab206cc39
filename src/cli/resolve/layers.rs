//! The values of the environment and of the file, as values of `clap`'s options.

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use super::added::{Added, Origin, check};
use super::describe::layered_name;
use super::environment::Environment;
use super::file::ConfigFile;
use super::names::variable;
use super::precedence::{Ambiguous, Source, strongest};
use super::rules;
use crate::cli::failure::Failure;

/// Where values come from that were not typed, by the id of their option.
pub(super) type Origins = BTreeMap<String, Origin>;

/// What stands behind the command line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layers<'a> {
    pub(super) environment: &'a Environment,
    pub(super) file: &'a ConfigFile,
}

/// One option of the command: what was typed, and what is added.
#[derive(Debug)]
struct Candidate<'c> {
    name: &'c str,
    arg: &'c Arg,
    /// Whether it was typed, and is not a switch that was turned off.
    typed: Option<bool>,
    environment: Option<Added>,
    file: Option<Added>,
}

impl Candidate<'_> {
    /// The sources that give it, unless they turn it off.
    fn sources(&self) -> impl Iterator<Item = Source> {
        let typed = self.typed.filter(|&on| on).map(|_| Source::Flag);
        let environment = self.environment.as_ref().map(|_| Source::Environment);
        let file = self.file.as_ref().map(|_| Source::File);
        typed.into_iter().chain(environment).chain(file)
    }

    fn is_given(&self) -> bool {
        self.sources().next().is_some()
    }

    /// Forgets what the environment and the file say.
    fn drop_added(&mut self) {
        self.environment = None;
        self.file = None;
    }

    /// Its value, if it was not typed.
    fn added(&self) -> Option<&Added> {
        match self.typed {
            Some(_) => None,
            None => self.environment.as_ref().or(self.file.as_ref()),
        }
    }
}

impl Layers<'_> {
    /// The values of the environment and of the file as defaults of the command that was typed, and
    /// where each comes from, by the option's id.
    pub(super) fn apply(
        self,
        command: Command,
        typed: &ArgMatches,
    ) -> Result<(Command, Origins), Failure> {
        let (mut path, mut leaf, mut matches) = (Vec::new(), &command, typed);
        while let Some((name, below)) = matches.subcommand() {
            let Some(found) = leaf.find_subcommand(name) else {
                break;
            };
            path.push(name.to_owned());
            (leaf, matches) = (found, below);
        }
        let mut candidates = self.candidates(&command, leaf, matches);
        for group in rules::GROUPS {
            self.resolve(&group, &mut candidates)?;
        }
        refuse_lonely(&mut candidates)?;
        let (mut values, mut origins) = (BTreeMap::new(), Origins::new());
        for candidate in &candidates {
            if let Some(added) = candidate.added() {
                check(candidate.name, candidate.arg, added)?;
                let id = candidate.arg.get_id().to_string();
                origins.insert(id.clone(), added.origin.clone());
                values.insert(id, added.values.clone());
            }
        }
        Ok((with_defaults(command, &path, &values), origins))
    }

    /// The options of the command, and those of all commands.
    fn candidates<'c>(
        self,
        top: &'c Command,
        leaf: &'c Command,
        matches: &ArgMatches,
    ) -> Vec<Candidate<'c>> {
        let own = leaf.get_arguments();
        let all = top.get_arguments().filter(|arg| arg.is_global_set());
        own.chain(all)
            .map(|arg| self.candidate(arg, leaf.get_name(), matches))
            .collect()
    }

    fn candidate<'c>(self, arg: &'c Arg, command: &str, matches: &ArgMatches) -> Candidate<'c> {
        let id = arg.get_id().as_str();
        let is_typed = matches.value_source(id) == Some(ValueSource::CommandLine);
        let is_off = || {
            let switch = matches.try_get_one::<bool>(id).ok().flatten();
            switch == Some(&false)
        };
        let layered = layered_name(arg, command);
        let environment = layered.and_then(|option| {
            Some(Added {
                origin: Origin::Variable(variable(option)),
                values: vec![self.environment.option(option)?.to_owned()],
            })
        });
        let file = layered.and_then(|option| {
            let entry = self.file.get(option)?;
            Some(Added {
                origin: Origin::File(entry.place.clone()),
                values: entry.values.clone(),
            })
        });
        let mut candidate = Candidate {
            name: arg.get_long().unwrap_or(id),
            arg,
            typed: is_typed.then(|| !is_off()),
            environment,
            file,
        };
        if is_typed {
            candidate.drop_added();
        } else if candidate.environment.is_some() {
            candidate.file = None;
        }
        turn_off(&mut candidate);
        candidate
    }

    /// Leaves to a group what its strongest source says.
    fn resolve(
        self,
        group: &rules::Group,
        candidates: &mut [Candidate<'_>],
    ) -> Result<(), Failure> {
        let given = |name: &str| {
            let mut named = candidates.iter().filter(|candidate| candidate.name == name);
            named.next()
        };
        let moot = group.unless.and_then(given);
        if moot.is_some_and(Candidate::is_given) {
            return Ok(());
        }
        let mut offers: Vec<(&str, Source)> = Vec::new();
        for alternative in group.alternatives {
            let Some(candidate) = given(alternative.option) else {
                continue;
            };
            let name = alternative.option;
            offers.extend(candidate.sources().map(|source| (name, source)));
            let secret = alternative
                .variable
                .filter(|name| self.environment.get(name).is_some());
            offers.extend(secret.map(|name| (name, Source::Environment)));
        }
        let winner = strongest(&offers).map_err(|ambiguous| exclude(&ambiguous, candidates))?;
        let Some((winner, _)) = winner else {
            return Ok(());
        };
        for candidate in candidates {
            let belongs = |alternative: &rules::Alternative| alternative.option == candidate.name;
            if candidate.name != winner && group.alternatives.iter().any(belongs) {
                candidate.drop_added();
            }
        }
        Ok(())
    }
}

/// A switch that is turned off is as if it were not given.
fn turn_off(candidate: &mut Candidate<'_>) {
    let is_switch = candidate.arg.get_default_values().iter().eq(["false"]);
    let off = |added: &Added| {
        added
            .values
            .iter()
            .all(|value| is_false(&value.to_string_lossy()))
    };
    let added = candidate.environment.as_ref().or(candidate.file.as_ref());
    if is_switch && added.is_some_and(off) {
        candidate.drop_added();
    }
}

/// The words by which `clap` knows a switch that is off.
fn is_false(word: &str) -> bool {
    let words = ["n", "no", "f", "false", "off", "0"];
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Options that need another one: typed without it is an error, added without it is of no use.
fn refuse_lonely(candidates: &mut [Candidate<'_>]) -> Result<(), Failure> {
    for (name, needed) in rules::NEEDS {
        let mut named = candidates
            .iter()
            .filter(|candidate| candidate.name == needed);
        if named.next().is_none_or(Candidate::is_given) {
            continue;
        }
        for candidate in candidates.iter_mut().filter(|other| other.name == name) {
            if candidate.typed == Some(true) {
                return Err(Failure::usage(format!(
                    "`--{name}` says nothing without `--{needed}`"
                ))
                .hint(format!("give --{needed}, or leave --{name} out")));
            }
            candidate.drop_added();
        }
    }
    Ok(())
}

/// Two options of one source of which only one can count.
fn exclude(ambiguous: &Ambiguous<&str>, candidates: &[Candidate<'_>]) -> Failure {
    let place = |name: &str| {
        let mut named = candidates.iter().filter(|candidate| candidate.name == name);
        let candidate = named.next()?;
        match (&candidate.file, candidate.arg.get_long()) {
            (Some(added), _) if ambiguous.source == Source::File => Some(added.origin.to_string()),
            (_, Some(option)) => Some(format!("`--{option}`")),
            (_, None) => None,
        }
    };
    let told = |name: &str| match ambiguous.source {
        Source::Environment if name.starts_with(super::names::PREFIX) => format!("`{name}`"),
        Source::Environment => format!("`{}`", variable(name)),
        Source::File | Source::Flag => {
            place(name).unwrap_or_else(|| format!("`{}`", name.to_uppercase()))
        }
    };
    let [first, second] = ambiguous.values.map(told);
    let hint = match ambiguous.source {
        Source::Flag => "give one of them",
        Source::Environment => "unset one of them, or type the one that counts",
        Source::File => "remove one of them, or type the one that counts",
    };
    Failure::usage(format!("{first} and {second} exclude each other"))
        .known_as("conflicting_options")
        .hint(hint)
}

/// `command` with `values`, by the option's id, as defaults of the command at `path` and of the
/// options of all commands.
fn with_defaults(
    command: Command,
    path: &[String],
    values: &BTreeMap<String, Vec<OsString>>,
) -> Command {
    let leaf = path.is_empty();
    let command = command.mut_args(|arg| match values.get(arg.get_id().as_str()) {
        Some(values) if leaf || arg.is_global_set() => {
            arg.required(false).default_values(values.clone())
        }
        _ => arg,
    });
    match path {
        [] => command,
        [name, below @ ..] => {
            command.mut_subcommand(name, |command| with_defaults(command, below, values))
        }
    }
}

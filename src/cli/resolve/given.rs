//! What was given to a command, in words that give it again: typed, or from the environment or the
//! configuration file. Commands that are printed to be pasted are made of it, so that no option can
//! be forgotten.

use std::ffi::OsStr;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory as _};

use super::added::Origin;
use super::describe::{is_form_of_result, takes_file};
use super::layers::Origins;
use super::rules;
use crate::cli::args::Cli;
use crate::cli::input::lasting;
use crate::source::preset::Library;

/// What was given to the command that was typed.
#[derive(Debug, Default)]
pub(in crate::cli) struct Given {
    /// Its name; two words for a command of a family.
    command: Vec<String>,
    options: Vec<GivenOption>,
    operands: Vec<String>,
    origins: Vec<(String, Origin)>,
    reads_stdin: bool,
}

/// One option that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct GivenOption {
    /// Without the dashes.
    pub(in crate::cli) name: String,
    /// None for a switch that is on. Files have their absolute path.
    pub(in crate::cli) value: Option<String>,
}

impl Given {
    /// Reads it from what `clap` has parsed with the values of all `origins`.
    pub(super) fn new(command: &Command, matches: &ArgMatches, origins: &Origins) -> Self {
        let (mut leaf, mut below, mut given) = (command, matches, Self::default());
        while let Some((name, matches)) = below.subcommand() {
            let Some(found) = leaf.find_subcommand(name) else {
                break;
            };
            given.command.push(name.to_owned());
            (leaf, below) = (found, matches);
        }
        for arg in leaf.get_arguments().filter(|arg| !arg.is_global_set()) {
            let id = arg.get_id().as_str();
            let is_typed = below.value_source(id) == Some(ValueSource::CommandLine);
            if let (Some(long), Some(origin)) = (arg.get_long(), origins.get(id)) {
                given.origins.push((long.to_owned(), origin.clone()));
            }
            if is_typed || origins.contains_key(id) {
                let values = below.try_get_raw(id).ok().flatten();
                for value in values.into_iter().flatten() {
                    given.add(arg, value);
                }
            }
        }
        given
    }

    fn add(&mut self, arg: &Arg, value: &OsStr) {
        let text = value.to_string_lossy();
        let is_file = takes_file(arg);
        self.reads_stdin |= is_file && text == "-";
        let is_path = is_file && (arg.get_long() != Some("preset") || Library::is_file(&text));
        let word = if is_path {
            lasting(Path::new(value))
        } else {
            text.into_owned()
        };
        let Some(long) = arg.get_long() else {
            self.operands.push(word);
            return;
        };
        let is_switch = arg.get_default_values().iter().eq(["false"]);
        let (name, value) = match (is_switch, word.as_str()) {
            (true, "true") => (long.to_owned(), None),
            (true, off) => (format!("{long}={off}"), None),
            (false, _) => (long.to_owned(), Some(word)),
        };
        if !is_form_of_result(arg) {
            self.options.push(GivenOption { name, value });
        }
    }

    /// The command's words.
    pub(in crate::cli) fn command(&self) -> &[String] {
        &self.command
    }

    /// What stands on the command line beside options.
    pub(in crate::cli) fn operands(&self) -> &[String] {
        &self.operands
    }

    /// Whether it reads standard input.
    pub(in crate::cli) const fn reads_stdin(&self) -> bool {
        self.reads_stdin
    }

    /// Where the value of an option comes from that was not typed.
    pub(in crate::cli) fn origin(&self, option: &str) -> Option<String> {
        let mut origins = self.origins.iter();
        let found = origins.find(|(name, _)| name == option);
        found.map(|(_, origin)| origin.to_string())
    }

    /// The options that give the same command again: no answer for one run, nothing that begins
    /// anew what can go on.
    pub(in crate::cli) fn again(&self) -> impl Iterator<Item = &GivenOption> {
        let options = self.options.iter();
        options.filter(|option| !rules::NOT_REPEATED.contains(&option.name.as_str()))
    }

    /// Those of them that `command` takes too, with the same meaning.
    pub(in crate::cli) fn carried_to(&self, command: &str) -> Vec<GivenOption> {
        let top = Cli::command();
        let Some(to) = top.find_subcommand(command) else {
            return Vec::new();
        };
        let from = self.command.last().map_or("", String::as_str);
        let has = |name: &str| to.get_arguments().any(|arg| arg.get_long() == Some(name));
        let means_the_same = |name: &str| {
            from == command
                || [from, command]
                    .iter()
                    .all(|own| rules::is_layered(own, name))
        };
        self.again()
            .filter(|option| has(&option.name) && means_the_same(&option.name))
            .cloned()
            .collect()
    }
}

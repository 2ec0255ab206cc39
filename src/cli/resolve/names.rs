//! The names of all options and variables, and which of them somebody may have meant.

use std::collections::BTreeSet;

use clap::Command;

use super::rules;

/// How alike two names are that one may be taken for, from 0 to 1.
const ALIKE: f64 = 0.8;

/// The beginning of every variable of ours.
pub(super) const PREFIX: &str = "IM_UNREAD_";

/// All names.
#[derive(Debug)]
pub(super) struct Names {
    options: BTreeSet<String>,
}

impl Names {
    /// Those of `command` and of all commands below it.
    pub(super) fn of(command: &Command) -> Self {
        let mut options = BTreeSet::new();
        collect(command, &mut options);
        Self { options }
    }

    /// Whether a command has an option of that name.
    pub(super) fn has_option(&self, name: &str) -> bool {
        self.options.contains(name)
    }

    /// The option that is most like `name`.
    pub(super) fn nearest_option(&self, name: &str) -> Option<String> {
        let options = self.options.iter();
        let settings = options.filter(|option| !rules::NOT_IN_FILE.contains(&option.as_str()));
        nearest(name, settings.cloned())
    }

    /// Whether a variable means something to us.
    pub(super) fn has_variable(&self, name: &str) -> bool {
        rules::KNOWN_VARIABLES.contains(&name) || self.variables().any(|known| known == name)
    }

    /// The variable that is most like `name`.
    pub(super) fn nearest_variable(&self, name: &str) -> Option<String> {
        let known = rules::KNOWN_VARIABLES.iter().map(|&known| known.to_owned());
        nearest(name, self.variables().chain(known))
    }

    fn variables(&self) -> impl Iterator<Item = String> {
        let options = self.options.iter().map(String::as_str);
        options
            .filter(|option| !rules::TYPED_ONLY.contains(option))
            .map(variable)
    }
}

/// The variable of an option.
pub(super) fn variable(option: &str) -> String {
    format!("{PREFIX}{}", option.to_uppercase().replace('-', "_"))
}

fn collect(command: &Command, options: &mut BTreeSet<String>) {
    let longs = command.get_arguments().filter_map(clap::Arg::get_long);
    options.extend(longs.map(str::to_owned));
    for below in command.get_subcommands() {
        collect(below, options);
    }
}

fn nearest(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    known
        .map(|known| (strsim::jaro_winkler(name, &known), known))
        .filter(|&(alike, _)| alike > ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::args::Cli;

    #[test]
    fn the_nearest_name_is_found() {
        let names = Names::of(&Cli::command());
        for (typed, expected) in [
            ("IM_UNREAD_REGOIN", Some("IM_UNREAD_REGION")),
            ("IM_UNREAD_SECRETKEY", Some("IM_UNREAD_SECRET_KEY")),
            ("IM_UNREAD_QSP", Some("IM_UNREAD_QPS")),
        ] {
            assert_eq!(names.nearest_variable(typed).as_deref(), expected);
            assert!(!names.has_variable(typed), "{typed}");
        }
        for (typed, expected) in [
            ("regoin", Some("region")),
            ("max_attempts", Some("max-attempts")),
            ("zebra", None),
        ] {
            assert_eq!(names.nearest_option(typed).as_deref(), expected);
        }
    }
}

//! The command line as users see it: switches with a value, and the variable of each option.

use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, Command, ValueHint};

use super::names::variable;
use super::rules;

/// `command` with switches that can be turned off, and with the variable of each option in its
/// help. `name` is its own.
pub(super) fn described(mut command: Command, name: &str) -> Command {
    let below: Vec<String> = command
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned())
        .collect();
    for sub in below {
        command = command.mut_subcommand(&sub, |command| described(command, &sub));
    }
    command.mut_args(|arg| with_variable(with_value(arg), name))
}

/// A switch with an optional value: `--simulator=false`.
fn with_value(arg: Arg) -> Arg {
    if !matches!(arg.get_action(), ArgAction::SetTrue) {
        return arg;
    }
    arg.action(ArgAction::Set)
        .value_parser(BoolishValueParser::new())
        .value_name("BOOL")
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .default_value("false")
        .hide_default_value(true)
        .hide_possible_values(true)
}

fn with_variable(arg: Arg, command: &str) -> Arg {
    let Some(option) = layered_name(&arg, command) else {
        return arg;
    };
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let variable = variable(option);
    arg.help(format!("{help} [env: {variable}]"))
}

/// The name of an option for which the environment and the file may speak.
pub(super) fn layered_name<'a>(arg: &'a Arg, command: &str) -> Option<&'a str> {
    // `--output FILE` of some commands is not the `--output text|json` of the others.
    let own_output = |long: &str| long == "output" && takes_file(arg);
    arg.get_long()
        .filter(|long| rules::is_layered(command, long) && !own_output(long))
}

/// Whether the argument's value is the name of a file, or of a preset, which may be one.
pub(in crate::cli) fn takes_file(arg: &Arg) -> bool {
    matches!(
        arg.get_value_hint(),
        ValueHint::FilePath | ValueHint::AnyPath | ValueHint::DirPath
    ) || arg.get_long() == Some("preset")
}

/// Whether the option says in which form stdout holds the result.
pub(super) fn is_form_of_result(arg: &Arg) -> bool {
    matches!(arg.get_long(), Some("output" | "result")) && !takes_file(arg)
}

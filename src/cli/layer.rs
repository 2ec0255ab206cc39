//! Where an option's value comes from: flag, environment, file, default, in this order.
//!
//! The environment and the file become `clap`'s own sources of a value, so that every option has
//! them without being listed twice and `--help` shows the variable.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Arg, Command, ValueHint};
use toml::{Table, Value};

use super::failure::Failure;

/// The file that is read when no other is named.
const DEFAULT_FILE: &str = "im-unread.toml";

/// Options that are no settings: they name one run, or the file itself.
const NOT_LAYERED: [&str; 4] = ["config", "help", "version", "dry-run"];

/// `command` with the environment and the configuration file as sources of every option's value.
pub(super) fn layered(mut command: Command, argv: &[OsString]) -> Result<Command, Failure> {
    let file = configured(argv)?;
    let table = match &file {
        Some(path) => read(path)?,
        None => Table::new(),
    };
    if let Some(path) = &file {
        refuse_unknown(&command, &table, path)?;
    }
    command = with_sources(command, &table);
    Ok(command)
}

fn with_sources(mut command: Command, table: &Table) -> Command {
    let names: Vec<String> = command
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned())
        .collect();
    for name in names {
        command = command.mut_subcommand(name, |sub| with_sources(sub, table));
    }
    command.mut_args(|arg| {
        let Some(long) = arg.get_long().filter(|long| !NOT_LAYERED.contains(long)) else {
            return arg;
        };
        // `--output FILE` of some commands is not the `--output text|json` of the others.
        if long == "output" && arg.get_value_hint() == ValueHint::FilePath {
            return arg;
        }
        let variable = format!("IM_UNREAD_{}", long.to_uppercase().replace('-', "_"));
        let values = table.get(long).map(texts).unwrap_or_default();
        let arg = arg.env(variable).hide_env_values(true);
        if values.is_empty() {
            arg
        } else {
            with_default(arg, &values)
        }
    })
}

fn with_default(arg: Arg, values: &[String]) -> Arg {
    // A required option that the file answers need not be typed.
    arg.required(false).default_values(values.to_vec())
}

/// A value of the file as what could have been typed.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {
            vec![value.to_string()]
        }
        Value::Table(_) => Vec::new(),
    }
}

/// The file that `--config` or the environment names, or the default one if it is there.
fn configured(argv: &[OsString]) -> Result<Option<PathBuf>, Failure> {
    let mut words = argv.iter().skip(1);
    while let Some(word) = words.next() {
        let Some(text) = word.to_str() else {
            continue;
        };
        if text == "--" {
            break;
        }
        if text == "--config" {
            return Ok(words.next().map(PathBuf::from));
        }
        if let Some(path) = text.strip_prefix("--config=") {
            return Ok(Some(PathBuf::from(path)));
        }
    }
    if let Some(path) = std::env::var_os("IM_UNREAD_CONFIG").filter(|path| !path.is_empty()) {
        return Ok(Some(PathBuf::from(path)));
    }
    let default = Path::new(DEFAULT_FILE);
    let there = default
        .try_exists()
        .map_err(|source| unreadable(default, &source))?;
    Ok(there.then(|| default.to_owned()))
}

fn read(path: &Path) -> Result<Table, Failure> {
    let text = std::fs::read_to_string(path).map_err(|source| unreadable(path, &source))?;
    text.parse::<Table>().map_err(|error| {
        Failure::usage(format!(
            "the configuration file `{}` is not TOML",
            path.display()
        ))
        .because(&error)
        .hint("write one option a line, as in: qps = 150")
    })
}

fn unreadable(path: &Path, source: &std::io::Error) -> Failure {
    Failure::usage(format!(
        "cannot read the configuration file `{}`",
        path.display()
    ))
    .because(source)
    .hint("name an existing file with --config, or leave the option out")
}

fn refuse_unknown(command: &Command, table: &Table, path: &Path) -> Result<(), Failure> {
    for (key, value) in table {
        if is_secret(key) {
            return Err(Failure::usage(format!(
                "the configuration file `{}` holds `{key}`, and secrets do not belong there",
                path.display()
            ))
            .hint(format!(
                "put the secret into a file of its own and name it: {key}-file = \"…\""
            )));
        }
        let known = !NOT_LAYERED.contains(&key.as_str()) && has_option(command, key);
        if !known || matches!(value, Value::Table(_)) {
            return Err(Failure::usage(format!(
                "the configuration file `{}` sets `{key}`, which is no option",
                path.display()
            ))
            .hint("use the long names of options without the dashes, as in: max-attempts = 8"));
        }
    }
    Ok(())
}

/// Whether the command, or one below it, has a long option of that name.
fn has_option(command: &Command, name: &str) -> bool {
    let mut options = command.get_arguments().filter_map(Arg::get_long);
    options.any(|long| long == name)
        || command
            .get_subcommands()
            .any(|below| has_option(below, name))
}

fn is_secret(key: &str) -> bool {
    matches!(
        key,
        "secret-key" | "user-sig" | "quickblox-api-key" | "quickblox-token"
    )
}

//! Values that were not typed: where they come from, and whether their option takes them.

use std::error::Error as _;
use std::ffi::OsString;
use std::fmt;

use clap::builder::ValueParser;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, Command};

use super::file::Place;
use crate::cli::failure::Failure;
use crate::record::{WITHHELD, is_perhaps_secret};
use crate::settings::ParseError;

/// A value for an option that was not typed.
#[derive(Debug)]
pub(super) struct Added {
    pub(super) origin: Origin,
    pub(super) values: Vec<OsString>,
}

/// Where a value comes from that was not typed.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    Variable(String),
    File(Place),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "`{name}`"),
            Self::File(place) => place.fmt(f),
        }
    }
}

/// Whether the option takes the values; what is wrong is told with their origin.
pub(super) fn check(name: &str, arg: &Arg, added: &Added) -> Result<(), Failure> {
    let parser = if matches!(arg.get_action(), ArgAction::Count) {
        ValueParser::from(clap::value_parser!(u8))
    } else {
        arg.get_value_parser().clone()
    };
    let probe = Arg::new("value")
        .long("value")
        .num_args(1)
        .value_parser(parser);
    let probe = if matches!(arg.get_action(), ArgAction::Append) {
        probe.action(ArgAction::Append)
    } else {
        probe
    };
    let probe = match arg.get_value_delimiter() {
        Some(delimiter) => probe.value_delimiter(delimiter),
        None => probe,
    };
    let words = added.values.iter().map(|value| {
        let mut word = OsString::from("--value=");
        word.push(value);
        word
    });
    let parsed = Command::new("check")
        .no_binary_name(true)
        .arg(probe)
        .try_get_matches_from(words);
    let Err(error) = parsed else {
        return Ok(());
    };
    Err(misfit(name, added, &error))
}

fn misfit(option: &str, added: &Added, error: &clap::Error) -> Failure {
    let origin = &added.origin;
    let values = added.values.iter();
    let values: Vec<String> = values
        .map(|value| quoted(&value.to_string_lossy()))
        .collect();
    let what = format!("{origin} is {}, which", values.join(", "));
    let failure = match fault(error) {
        Some(fault) if fault.shown => Failure::usage(format!("{what} {}", fault.fault)),
        Some(fault) => Failure::usage(format!("{origin} {}", fault.fault)),
        None => {
            let failure = Failure::usage(format!("{what} --{option} does not take"));
            match error.source() {
                Some(source) => failure.because(source),
                None => failure,
            }
        }
    };
    let hint = match (fault(error), error.get(ContextKind::ValidValue)) {
        (Some(fault), _) if !fault.hint.is_empty() => fault.hint.to_string(),
        (None, Some(ContextValue::Strings(valid))) if !valid.is_empty() => {
            format!("give one of: {}", valid.join(", "))
        }
        _ => "correct it there, or type the option, which comes first".to_owned(),
    };
    failure.known_as("invalid_value").hint(hint)
}

/// A typed value that an option of ours does not take, or a word that is perhaps a secret, which
/// `clap` would repeat; other faults are told by `clap`.
pub(super) fn typed_misfit(error: &clap::Error) -> Option<Failure> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    let (argument, value) = (
        text(ContextKind::InvalidArg),
        text(ContextKind::InvalidValue),
    );
    let option = argument.split(' ').next()?;
    let Some(fault) = fault(error) else {
        let secret = |text: &str| is_perhaps_secret(text.as_bytes());
        return (secret(argument) || secret(value)).then(|| {
            Failure::usage("an argument makes no sense here, and is not shown since it may be a secret")
                .known_as("wrong_usage")
                .hint("secrets come from files or variables, never from an argument; --help names the options")
        });
    };
    let failure = if fault.shown {
        let value = if is_perhaps_secret(value.as_bytes()) {
            WITHHELD
        } else {
            value
        };
        Failure::usage(format!("`{option} {value}` {}", fault.fault))
    } else {
        Failure::usage(format!("`{option}` {}", fault.fault))
    };
    let failure = failure.known_as("invalid_value");
    Some(if fault.hint.is_empty() {
        failure.hint(format!("{option} takes other values; --help tells which"))
    } else {
        failure.hint(&*fault.hint)
    })
}

fn quoted(value: &str) -> String {
    if is_perhaps_secret(value.as_bytes()) {
        return WITHHELD.to_owned();
    }
    format!("`{value}`")
}

/// What our own types say of a value.
fn fault(error: &clap::Error) -> Option<&ParseError> {
    error.source()?.downcast_ref()
}

//! The one object that `--output json` promises, for a command that ends without a result.

use std::ffi::OsString;
use std::io::{self, Write};

use clap::error::{ContextKind, ErrorKind};
use serde::Serialize;

/// What was asked of stdout, read from the words themselves, since they may make no sense.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cli) struct Asked {
    /// The command as its results name it; none if no command was typed.
    command: Option<String>,
    /// Whether stdout holds JSON.
    pub(in crate::cli) json: bool,
}

/// Commands whose name takes a second word.
const FAMILIES: [&str; 2] = ["query", "export"];

impl Asked {
    /// `argv` with the binary's name first; `elsewhere` tells what the environment and the
    /// configuration file say of the form, given the file that was typed; `known` are the names of
    /// the commands.
    pub(in crate::cli) fn of(
        argv: &[OsString],
        elsewhere: impl FnOnce(Option<&str>) -> Option<String>,
        known: &[&str],
    ) -> Self {
        let words: Vec<&str> = argv
            .iter()
            .skip(1)
            .filter_map(|word| word.to_str())
            .collect();
        let mut names = words.iter().skip_while(|word| !known.contains(word));
        let command = names.next().map(|first| match names.next() {
            Some(second) if FAMILIES.contains(first) => format!("{first} {second}"),
            Some(_) | None => (*first).to_owned(),
        });
        // `--output` of these names a file.
        let option = match command.as_deref() {
            Some("export quickblox") => Some("--result"),
            Some("failures") => None,
            Some(_) | None => Some("--output"),
        };
        let typed = option.and_then(|option| value(&words, option));
        let form = match typed {
            None if option == Some("--output") => elsewhere(value(&words, "--config")),
            typed => typed.map(str::to_owned),
        };
        Self {
            json: form.as_deref() == Some("json"),
            command,
        }
    }
}

/// The last value of an option, as `--option VALUE` or `--option=VALUE`.
fn value<'a>(words: &[&'a str], option: &str) -> Option<&'a str> {
    let words = words.split(|word| *word == "--").next()?;
    let following = words.iter().skip(1).map(Some).chain([None]);
    let values = words.iter().zip(following).filter_map(|(word, next)| {
        let rest = word.strip_prefix(option)?;
        match rest.strip_prefix('=') {
            Some(value) => Some(value),
            None if rest.is_empty() => next.copied(),
            None => None,
        }
    });
    values.last()
}

/// Why there is no result.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Error {
    /// A stable word.
    pub(in crate::cli) kind: &'static str,
    /// What went wrong, and why.
    pub(in crate::cli) message: String,
    /// What to do.
    pub(in crate::cli) hints: Vec<String>,
}

#[derive(Serialize)]
struct Object<'a> {
    command: Option<&'a str>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason<'a>>,
    error: Option<&'a Error>,
}

#[derive(Serialize)]
struct Reason<'a> {
    kind: &'static str,
    code: Option<i64>,
    message: &'a str,
    hint: String,
}

/// Writes the object of a command that failed, or that the target or a signal ended.
pub(in crate::cli) fn write_error(
    asked: &Asked,
    outcome: &'static str,
    error: &Error,
    out: &mut dyn Write,
) -> io::Result<()> {
    let reason = (outcome != "failed").then(|| Reason {
        kind: error.kind,
        code: None,
        message: &error.message,
        hint: error.hints.join("; "),
    });
    write(
        &Object {
            command: asked.command.as_deref(),
            outcome,
            reason,
            error: (outcome != "interrupted").then_some(error),
        },
        out,
    )
}

fn write(object: &Object<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, object)?;
    writeln!(out)?;
    out.flush()
}

/// Words that make no command, as an error.
pub(in crate::cli) fn wrong_words(error: &clap::Error) -> Error {
    let text = error.render().to_string();
    let mut parts = text.split("\n\n");
    let message = parts
        .next()
        .unwrap_or_default()
        .trim_start_matches("error: ");
    let tips = [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
        ContextKind::SuggestedSubcommand,
    ];
    let mut hints: Vec<String> = tips
        .into_iter()
        .filter_map(|tip| error.get(tip))
        .map(|value| format!("perhaps `{value}` was meant"))
        .collect();
    hints.push("see the options with --help".to_owned());
    Error {
        kind: kind(error.kind()),
        message: message.split_whitespace().collect::<Vec<_>>().join(" "),
        hints,
    }
}

const fn kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => "invalid_value",
        ErrorKind::UnknownArgument => "unknown_option",
        ErrorKind::InvalidSubcommand => "unknown_command",
        ErrorKind::MissingRequiredArgument | ErrorKind::MissingSubcommand => "missing_argument",
        ErrorKind::ArgumentConflict => "conflicting_options",
        ErrorKind::NoEquals
        | ErrorKind::TooManyValues
        | ErrorKind::TooFewValues
        | ErrorKind::WrongNumberOfValues
        | ErrorKind::InvalidUtf8
        | ErrorKind::DisplayHelp
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        | ErrorKind::DisplayVersion
        | ErrorKind::Io
        | ErrorKind::Format
        | _ => "wrong_usage",
    }
}

/// stdout, and whether anything was written to it.
#[derive(Debug)]
pub(in crate::cli) struct Watched<W> {
    inner: W,
    /// Something was.
    pub(in crate::cli) used: bool,
}

impl<W: Write> Watched<W> {
    /// Nothing was written yet.
    pub(in crate::cli) const fn new(inner: W) -> Self {
        Self { inner, used: false }
    }
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.used |= !bytes.is_empty();
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_of_stdout_is_read_from_words_that_make_no_sense() {
        let known = ["import", "query", "failures", "export"];
        for (line, variable, command, json) in [
            ("import x --output json --bogus", None, Some("import"), true),
            ("import x --output=json", None, Some("import"), true),
            (
                "import x --output=json --output text",
                None,
                Some("import"),
                false,
            ),
            ("import x", Some("json"), Some("import"), true),
            (
                "import x --output text",
                Some("json"),
                Some("import"),
                false,
            ),
            ("import x -- --output json", None, Some("import"), false),
            ("import x --output", None, Some("import"), false),
            ("--output json migrate x", None, None, true),
            ("query c2c ann --output json", None, Some("query c2c"), true),
            (
                "failures c --output json",
                Some("json"),
                Some("failures"),
                false,
            ),
            (
                "export quickblox --output json",
                None,
                Some("export quickblox"),
                false,
            ),
            (
                "export quickblox --result json",
                None,
                Some("export quickblox"),
                true,
            ),
            ("", Some("json"), None, true),
        ] {
            let words = ["im-unread"].into_iter().chain(line.split_whitespace());
            let argv: Vec<OsString> = words.map(OsString::from).collect();
            let asked = Asked::of(&argv, |_| variable.map(str::to_owned), &known);
            assert_eq!(asked.json, json, "{line}");
            assert_eq!(asked.command.as_deref(), command, "{line}");
        }
    }
}

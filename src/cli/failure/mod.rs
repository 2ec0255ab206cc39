//! How a run fails: headings, hints and exit codes, in one place.

mod checkpoint;
mod input;
pub(super) mod input_stopped;
mod object;
mod output;
mod reads;
mod stopped;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

pub(super) use self::checkpoint::checkpoint_failure;
pub(super) use self::input::{input_failure, preset_failure, unreadable};
pub(super) use self::object::{Asked, Watched};
pub(super) use self::output::output_failure;
pub(super) use self::reads::{check_failure, journal_failure, read_failure};
pub(super) use self::stopped::{
    FIRST_CONTACT, backup, heading, session_stopped, stop_hint, stopped,
};

use super::command_line::CommandLine;
use super::resolve::Given;
use crate::report::{sanitised, wrapped};
use crate::signals::Signal;

/// Who has to do something about a failure; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Flags, configuration, credentials.
    Usage,
    /// The input.
    Input,
    /// The target.
    Target,
    /// The checkpoint.
    Checkpoint,
    /// A signal, before there was a result.
    Interrupted(Signal),
    /// Us.
    Bug,
}

impl Kind {
    /// The word of a failure that has none of its own.
    const fn word(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Input => "unreadable_input",
            Self::Target => "target",
            Self::Checkpoint => "checkpoint",
            Self::Interrupted(_) => "signal",
            Self::Bug => "bug",
        }
    }

    /// The contract's exit code.
    fn code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Input => 3,
            Self::Target => 4,
            Self::Checkpoint => 5,
            Self::Interrupted(signal) => signal.exit_code(),
            Self::Bug => 70,
        }
    }
}

/// A failed run: what, why, and what to do.
#[derive(Debug)]
pub(super) struct Failure {
    kind: Kind,
    /// A stable word for programs.
    word: &'static str,
    message: String,
    causes: Vec<String>,
    hints: Vec<Hint>,
    /// The option whose value is at fault: where it was not typed, its origin is said.
    option: Option<&'static str>,
    /// Nobody reads the result any more, as behind `| head`: that needs no words.
    unread: bool,
}

/// What to do.
#[derive(Debug)]
struct Hint {
    text: String,
    /// A command to be pasted, on a line of its own.
    command: Option<Next>,
}

/// A command that helps.
#[derive(Debug)]
enum Next {
    /// This one.
    Line(CommandLine),
    /// The one that failed.
    Again,
}

impl Hint {
    /// The words and the command; `given` is the command that failed.
    fn told(&self, given: &Given) -> (String, Option<CommandLine>) {
        match &self.command {
            None => (self.text.clone(), None),
            Some(Next::Line(line)) => (self.text.clone(), Some(line.clone())),
            Some(Next::Again) if given.reads_stdin() => (
                format!("{}, with the same bytes on standard input", self.text),
                Some(CommandLine::again(given)),
            ),
            Some(Next::Again) => (self.text.clone(), Some(CommandLine::again(given))),
        }
    }
}

impl Failure {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            word: kind.word(),
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            option: None,
            unread: false,
        }
    }

    /// Flags, configuration, credentials.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// The target.
    pub(super) fn target(message: impl Into<String>) -> Self {
        Self::new(Kind::Target, message)
    }

    /// The checkpoint.
    pub(super) fn checkpoint(message: impl Into<String>) -> Self {
        Self::new(Kind::Checkpoint, message)
    }

    /// A signal ended the command before it had a result; `what` it was doing or has left. The
    /// same command continues.
    pub(super) fn interrupted(signal: Signal, what: &str) -> Self {
        Self::new(Kind::Interrupted(signal), what).again("continue with")
    }

    /// Us.
    pub(super) fn bug(message: impl Into<String>) -> Self {
        Self::new(Kind::Bug, message)
    }

    /// A failure of `kind` with the words and the causes of `error`.
    pub(super) fn from_error(kind: Kind, error: &dyn Error) -> Self {
        let mut failure = Self::new(kind, error.to_string());
        if let Some(source) = error.source() {
            failure = failure.because(source);
        }
        failure
    }

    /// stdout or a result file cannot be written.
    pub(super) fn from_output(error: &io::Error) -> Self {
        let failure = Self::usage("the result cannot be written").because(error);
        Self {
            unread: error.kind() == io::ErrorKind::BrokenPipe,
            ..failure
        }
    }

    /// Adds a cause and its own causes.
    pub(super) fn because(mut self, cause: &dyn Error) -> Self {
        let mut next = Some(cause);
        while let Some(error) = next {
            let words = error.to_string().trim_end().to_owned();
            if self.causes.last() != Some(&words) {
                self.causes.push(words);
            }
            next = error.source();
        }
        self
    }

    /// Adds what to do.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(Hint {
            text: hint.into(),
            command: None,
        });
        self
    }

    /// Adds a command to be pasted, behind what it is for.
    pub(super) fn command(mut self, purpose: impl Into<String>, command: &CommandLine) -> Self {
        self.hints.push(Hint {
            text: purpose.into(),
            command: Some(Next::Line(command.clone())),
        });
        self
    }

    /// Adds the command that failed, to be pasted, behind what it is for.
    pub(super) fn again(mut self, purpose: impl Into<String>) -> Self {
        self.hints.push(Hint {
            text: purpose.into(),
            command: Some(Next::Again),
        });
        self
    }

    /// Says which option's value is at fault, without its dashes.
    pub(super) const fn of_option(mut self, option: &'static str) -> Self {
        self.option = Some(option);
        self
    }

    /// Where the value at fault comes from, unless it was typed.
    fn origin(&self, given: &Given) -> Option<String> {
        let origin = given.origin(self.option?)?;
        Some(format!("the value comes from {origin}"))
    }

    /// Says by which word programs know it.
    pub(super) const fn known_as(mut self, word: &'static str) -> Self {
        self.word = word;
        self
    }

    /// What, why, and what to do, as the object that `--output json` promises.
    /// `given` is the command that failed.
    pub(super) fn write_object(
        &self,
        asked: &Asked,
        given: &Given,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut message = self.message.clone();
        for cause in &self.causes {
            message = format!("{message}: {cause}");
        }
        let hints = self.hints.iter().map(|hint| match hint.told(given) {
            (text, None) => text,
            (text, Some(command)) => format!("{text}: {command}"),
        });
        let hints = hints.chain(self.origin(given)).collect();
        let outcome = match self.kind {
            Kind::Target => "stopped",
            Kind::Interrupted(_) => "interrupted",
            Kind::Usage | Kind::Input | Kind::Checkpoint | Kind::Bug => "failed",
        };
        let message = match self.kind {
            Kind::Interrupted(signal) => signal.name().to_owned(),
            Kind::Usage | Kind::Input | Kind::Target | Kind::Checkpoint | Kind::Bug => message,
        };
        let error = object::Error {
            kind: self.word,
            message,
            hints,
        };
        object::write_error(asked, outcome, &error, out)
    }

    /// The exit code.
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind.code())
    }

    /// What, why, and what to do, in lines of at most `width` columns; `given` is the command that
    /// failed.
    pub(super) fn print(&self, out: &mut dyn Write, width: usize, given: &Given) -> io::Result<()> {
        if self.unread {
            return Ok(());
        }
        let bold = anstyle::Style::new().bold();
        let red = bold.fg_color(Some(anstyle::AnsiColor::Red.into()));
        let cyan = bold.fg_color(Some(anstyle::AnsiColor::Cyan.into()));
        if let Kind::Interrupted(_) = self.kind {
            writeln!(out, "{}", indented(&self.message, width, 0))?;
        } else {
            let message = indented(&self.message, width, 7);
            writeln!(out, "{red}error{red:#}: {message}")?;
        }
        for cause in &self.causes {
            writeln!(out, "  cause: {}", indented(cause, width, 9))?;
        }
        for hint in &self.hints {
            let (text, command) = hint.told(given);
            writeln!(out, "{cyan}hint{cyan:#}: {}", indented(&text, width, 6))?;
            if let Some(command) = command {
                // Never broken: it is there to be pasted.
                writeln!(out, "  {}", sanitised(&command.to_string()))?;
            }
        }
        match self.origin(given) {
            None => Ok(()),
            Some(origin) => writeln!(out, "{cyan}hint{cyan:#}: {}", indented(&origin, width, 6)),
        }
    }
}

/// Writes the object of words that make no command.
pub(super) fn write_wrong_words(
    error: &clap::Error,
    asked: &Asked,
    out: &mut dyn Write,
) -> io::Result<()> {
    object::write_error(asked, "failed", &object::wrong_words(error), out)
}

/// `text` behind a heading of `heading` columns; later lines are indented. Nothing from outside
/// steers the terminal, and our own line breaks stay.
fn indented(text: &str, width: usize, heading: usize) -> String {
    let room = width.saturating_sub(heading);
    let lines: Vec<String> = text
        .lines()
        .flat_map(|line| wrapped(&sanitised(line), room))
        .collect();
    lines.join("\n  ")
}

//! How a run fails: headings, hints and exit codes, in one place.

mod object;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

pub(super) use self::object::{Asked, Watched};

use super::command_line::CommandLine;
use crate::report::{sanitised, wrapped};

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
            Self::Bug => "bug",
        }
    }

    /// The contract's exit code.
    const fn code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Input => 3,
            Self::Target => 4,
            Self::Checkpoint => 5,
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
    /// Nobody reads the result any more, as behind `| head`: that needs no words.
    unread: bool,
}

/// What to do.
#[derive(Debug)]
struct Hint {
    text: String,
    /// A command to be pasted, on a line of its own.
    command: Option<CommandLine>,
}

impl Failure {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            word: kind.word(),
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
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
            command: Some(command.clone()),
        });
        self
    }

    /// Says by which word programs know it.
    pub(super) const fn known_as(mut self, word: &'static str) -> Self {
        self.word = word;
        self
    }

    /// What, why, and what to do, as the object that `--output json` promises.
    pub(super) fn write_object(&self, asked: &Asked, out: &mut dyn Write) -> io::Result<()> {
        let mut message = self.message.clone();
        for cause in &self.causes {
            message = format!("{message}: {cause}");
        }
        let hints = self.hints.iter().map(|hint| match &hint.command {
            None => hint.text.clone(),
            Some(command) => format!("{}: {command}", hint.text),
        });
        let outcome = match self.kind {
            Kind::Target => "stopped",
            Kind::Usage | Kind::Input | Kind::Checkpoint | Kind::Bug => "failed",
        };
        let error = object::Error {
            kind: self.word,
            message,
            hints: hints.collect(),
        };
        object::write_error(asked, outcome, &error, out)
    }

    /// The exit code.
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind.code())
    }

    /// What, why, and what to do, in lines of at most `width` columns.
    pub(super) fn print(&self, out: &mut dyn Write, width: usize) -> io::Result<()> {
        if self.unread {
            return Ok(());
        }
        let bold = anstyle::Style::new().bold();
        let red = bold.fg_color(Some(anstyle::AnsiColor::Red.into()));
        let cyan = bold.fg_color(Some(anstyle::AnsiColor::Cyan.into()));
        writeln!(
            out,
            "{red}error{red:#}: {}",
            indented(&self.message, width, 7)
        )?;
        for cause in &self.causes {
            writeln!(out, "  cause: {}", indented(cause, width, 9))?;
        }
        for hint in &self.hints {
            writeln!(
                out,
                "{cyan}hint{cyan:#}: {}",
                indented(&hint.text, width, 6)
            )?;
            if let Some(command) = &hint.command {
                // Never broken: it is there to be pasted.
                writeln!(out, "  {}", sanitised(&command.to_string()))?;
            }
        }
        Ok(())
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

/// Writes the object of a command that a signal ended before it had a result; nothing after any
/// other end.
pub(super) fn write_interrupted(
    code: ExitCode,
    asked: &Asked,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (number, signal) in [(130, "SIGINT"), (143, "SIGTERM")] {
        if code == ExitCode::from(number) {
            object::write_interrupted(asked, signal, out)?;
        }
    }
    Ok(())
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

//! The three streams as a user sees them, and the logs that must not tear the bar.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::sync::OnceLock;

use indicatif::ProgressBar;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::args::{Common, OutputForm, When};
use super::command_line::CommandLine;
use super::failure::Failure;
use crate::report::{Display, Page, ReadProgress, sanitised};

/// The bar that is shown at present, for logs to step around.
static BAR: OnceLock<ProgressBar> = OnceLock::new();

/// What the user asked of the streams.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen {
    /// Say less.
    pub(super) quiet: bool,
    /// Where progress goes.
    pub(super) progress: Display,
    /// Somebody can answer a question.
    pub(super) interactive: bool,
}

impl Screen {
    /// Decides colours, progress and logs from the options and the streams.
    pub(super) fn set_up(common: &Common) -> Result<Self, Failure> {
        match common.color {
            When::Auto => {}
            When::Always => anstream::ColorChoice::Always.write_global(),
            When::Never => anstream::ColorChoice::Never.write_global(),
        }
        set_up_logs(common)?;
        let terminal = io::stderr().is_terminal();
        let progress = match (common.progress, common.quiet) {
            (When::Never, _) | (When::Auto, true) => Display::Hidden,
            (When::Auto, false) | (When::Always, _) if terminal => Display::Bar,
            (When::Auto | When::Always, _) => Display::Lines,
        };
        let interactive = terminal && io::stdin().is_terminal();
        Ok(Self {
            quiet: common.quiet,
            progress,
            interactive,
        })
    }

    /// A sentence on stderr; one line, unless a terminal is too narrow.
    pub(super) fn say(self, text: &str) -> Result<(), Failure> {
        let width = if io::stderr().is_terminal() {
            width()
        } else {
            usize::MAX
        };
        Page::new(&mut self.err(), width)
            .paragraph(&sanitised(text))
            .map_err(|error| Failure::from_output(&error))
    }

    /// The progress of `total` reads of `noun`, which logs step around.
    pub(super) fn read_progress(self, noun: &'static str, total: u64) -> ReadProgress {
        let progress = ReadProgress::new(self.progress, self.err(), noun, total);
        step_around(progress.bar());
        progress
    }

    /// A sentence on stderr and the command that it is about, on a line of its own that is never
    /// broken.
    pub(super) fn say_command(self, text: &str, command: &CommandLine) -> Result<(), Failure> {
        self.say(&format!("{text}:"))?;
        writeln!(self.err(), "  {}", sanitised(&command.to_string()))
            .map_err(|error| Failure::from_output(&error))
    }

    /// stderr, for what accompanies the result.
    pub(super) fn err(self) -> Box<dyn Write> {
        if self.quiet {
            Box::new(io::sink())
        } else {
            Box::new(anstream::stderr())
        }
    }
}

/// Columns for what goes to stderr: unbroken lines unless a terminal is there.
pub(super) fn error_width() -> usize {
    if io::stderr().is_terminal() {
        width()
    } else {
        usize::MAX
    }
}

/// Columns of the terminal; 100 where there is none. COLUMNS wins, as everywhere.
pub(super) fn width() -> usize {
    let columns = std::env::var_os("COLUMNS");
    let columns = columns.and_then(|columns| columns.to_str()?.parse().ok());
    let terminal = || terminal_size::terminal_size().map_or(100, |(width, _)| width.0.into());
    columns.unwrap_or_else(terminal).clamp(40, 160)
}

/// Logs print above this bar from now on.
pub(super) fn step_around(bar: ProgressBar) {
    // A second bar in one process would only mean that logs step around the first.
    drop(BAR.set(bar));
}

fn set_up_logs(common: &Common) -> Result<(), Failure> {
    let level = match common.verbose {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    // Only this crate's own lines: those of an HTTP library could hold the URL with its UserSig.
    let filter = EnvFilter::new(format!("off,im_unread={level}"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false);
    let tidy = |error: Box<dyn std::error::Error + Send + Sync>| {
        Failure::bug(format!("the logs cannot be set up: {error}"))
    };
    if let Some(path) = &common.log_file {
        let builder = builder.with_ansi(false).with_writer(open_private(path)?);
        match common.log_format {
            OutputForm::Json => builder.json().try_init().map_err(tidy),
            OutputForm::Text => builder.try_init().map_err(tidy),
        }
    } else {
        let builder = builder.with_ansi(false).with_writer(AroundBar);
        match common.log_format {
            OutputForm::Json => builder.json().try_init().map_err(tidy),
            OutputForm::Text => builder.without_time().try_init().map_err(tidy),
        }
    }
}

/// A file that only its owner reads: logs name groups and members.
fn open_private(path: &Path) -> Result<std::fs::File, Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let open = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path);
    open.map_err(|source| {
        Failure::usage(format!("cannot open the log file `{}`", path.display()))
            .because(&source)
            .hint("name a file in a directory that exists and can be written")
    })
}

/// Writes whole log lines to stderr, above the bar.
#[derive(Debug, Clone, Copy)]
struct AroundBar;

impl<'a> MakeWriter<'a> for AroundBar {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

impl Write for AroundBar {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let print = || io::stderr().write_all(line);
        match BAR.get() {
            Some(bar) => bar.suspend(print)?,
            None => print()?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

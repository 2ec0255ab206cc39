//! The three streams as a user sees them, and the logs that must not tear the bar.

use std::io::{self, IsTerminal as _, Write};
use std::sync::OnceLock;

use indicatif::ProgressBar;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::args::{Common, OutputForm, When};
use super::command_line::CommandLine;
use super::failure::{Failure, output_failure};
use crate::report::{Display, Page, ReadProgress, sanitised};
use crate::storage::open_log;

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
        let file = open_log(path, is_log).map_err(|error| output_failure(&error))?;
        let builder = builder.with_ansi(false).with_writer(file);
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

/// Whether a file that begins with `head` is a log, as text or as JSON: its first line has a time and
/// a level.
fn is_log(head: &[u8]) -> bool {
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or(head);
    let Ok(line) = std::str::from_utf8(line) else {
        return false;
    };
    let (time, rest) = match line.strip_prefix("{\"timestamp\":\"") {
        Some(json) => match json.split_once("\",\"level\":\"") {
            Some(parts) => parts,
            None => return false,
        },
        None => match line.split_once(' ') {
            Some((time, rest)) => (time, rest.trim_start()),
            None => return false,
        },
    };
    let levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"];
    time.parse::<jiff::Timestamp>().is_ok() && levels.iter().any(|level| rest.starts_with(level))
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

#[cfg(test)]
mod tests {
    use super::is_log;

    #[test]
    fn a_log_is_known_by_its_first_line() {
        for (head, expected) in [
            (
                "2026-11-25T22:00:00.123456Z  INFO the target is back\nmore",
                true,
            ),
            ("2026-11-25T22:00:00.123456Z  WARN cut of", true),
            (
                "{\"timestamp\":\"2026-11-25T22:00:00.123456Z\",\"level\":\"DEBUG\",\"fields\":{}}\n",
                true,
            ),
            ("group,user,count\ng,u,1\n", false),
            ("{\"type\":\"header\",\"format\":1", false),
            ("2026-11-25T22:00:00Z,g,u,1\n", false),
            ("2026-11-25T22:00:00Z g u 1\n", false),
            (
                "{\"timestamp\":\"2026-11-25T22:00:00Z\",\"group_id\":\"g\"}\n",
                false,
            ),
        ] {
            assert_eq!(is_log(head.as_bytes()), expected, "{head}");
        }
    }
}

//! The command line: what was typed becomes settings, and a command is a file of wiring.

mod args;
mod asking;
mod audit;
mod command_line;
mod consent;
mod credential;
mod detail;
mod differences;
mod existing;
mod explain;
mod export;
mod exported;
mod failure;
mod failures;
mod files;
mod guide;
mod identity;
mod import;
mod input;
mod job;
mod online;
mod outcome;
mod output;
mod peers;
mod preset;
mod presets;
mod preview;
mod print;
mod query;
mod question;
mod quickblox;
mod report;
mod resolve;
mod resume;
mod rollback;
mod screen;
mod sending;
mod session;
mod simulate;
mod snapshot;
mod status;
mod target;
mod usersig;
mod validate;
mod verified;
mod verify;
mod words;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::CommandFactory as _;
use jiff::Timestamp;

use args::{Cli, Command};
use failure::Failure;
use screen::Screen;

/// Runs the command that was typed.
pub fn main() -> ExitCode {
    let argv: Vec<OsString> = std::env::args_os().collect();
    match resolve::parse(&argv).and_then(|cli| dispatch(&cli)) {
        Ok(code) => code,
        Err(Ended::Help(error)) => {
            // Help that nobody reads is no failure of ours.
            drop(error.print());
            ExitCode::from(if error.use_stderr() { 2 } else { 0 })
        }
        Err(Ended::Failed(failure)) => {
            drop(failure.print(&mut anstream::stderr(), screen::error_width()));
            failure.exit_code()
        }
    }
}

/// Why there is no result.
enum Ended {
    /// Help was asked for, or the words make no sense; `clap` says which.
    Help(clap::Error),
    /// The command failed.
    Failed(Failure),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

fn dispatch(cli: &Cli) -> Result<ExitCode, Ended> {
    let screen = Screen::set_up(&cli.common)?;
    let mut out = anstream::stdout();
    let done = match &cli.command {
        Command::Import(args) => import::run(args, screen, &mut out),
        Command::Validate(args) => validate::run(args, screen, &mut out),
        Command::Preview(args) => preview::run(args, &mut out),
        Command::Resume(args) => resume::run(args, screen, &mut out),
        Command::Status(args) => status::run(args, &mut out),
        Command::Failures(args) => failures::run(args, screen, &mut out),
        Command::Rollback(args) => rollback::run(args, screen, &mut out),
        Command::Verify(args) => verify::run(args, screen, &mut out),
        Command::Query(args) => query::run(args, &mut out),
        Command::Export(args) => export::run(args, screen, &mut out),
        Command::Presets(args) => presets::run(args, &mut out),
        Command::Explain(args) => explain::run(args, &mut out),
        Command::Usersig(args) => usersig::run(args, &mut out),
        Command::Simulate(args) => simulate::run(args, screen, &mut out),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "im-unread", &mut out);
            Ok(ExitCode::SUCCESS)
        }
        Command::Guide(args) => guide::run(args, &mut out),
        Command::Man(args) => guide::man(args, &mut out),
    };
    let code = done?;
    out.flush().map_err(|error| Failure::from_output(&error))?;
    Ok(code)
}

/// The wall clock, in milliseconds; the only place that reads it.
fn clock() -> Timestamp {
    let now = Timestamp::now();
    // A finer stamp would only lengthen each line of the log.
    now.round(jiff::Unit::Millisecond).unwrap_or(now)
}

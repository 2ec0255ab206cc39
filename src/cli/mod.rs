//! The command line: what was typed becomes settings, and a command is a file of wiring.

mod args;
mod asking;
mod audit;
mod command_line;
mod consent;
mod context;
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
mod second_pass;
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

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::CommandFactory as _;
use jiff::Timestamp;

use args::{Cli, Command};
use context::Context;
use failure::{Asked, Failure, Watched};
use resolve::{Given, Resolved, Secrets};
use screen::Screen;

/// Runs the command that was typed.
pub fn main() -> ExitCode {
    let argv: Vec<OsString> = std::env::args_os().collect();
    let asked = asked(&argv);
    let mut out = Watched::new(anstream::stdout());
    let (ended, given) = match resolve::parse(&argv, std::env::vars_os()) {
        Err(ended) => (Err(ended), Given::default()),
        Ok(Resolved {
            cli,
            given,
            secrets,
        }) => (dispatch(&cli, (&given, &secrets), &mut out), given),
    };
    let object = asked.json && !out.used;
    // Whoever does not read what is said here does not change how the command ended.
    match ended {
        Ok(code) => code,
        Err(Ended::Help(error)) => {
            drop(error.print());
            if object && error.use_stderr() {
                drop(failure::write_wrong_words(&error, &asked, &mut out));
            }
            ExitCode::from(if error.use_stderr() { 2 } else { 0 })
        }
        Err(Ended::Failed(failure)) => {
            drop(failure.print(&mut anstream::stderr(), screen::error_width(), &given));
            if object {
                drop(failure.write_object(&asked, &given, &mut out));
            }
            failure.exit_code()
        }
    }
}

/// What was asked of stdout.
fn asked(argv: &[OsString]) -> Asked {
    let command = Cli::command();
    let known: Vec<&str> = command
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    Asked::of(argv, resolve::form_of_result, &known)
}

/// Why there is no result.
#[derive(Debug)]
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

fn dispatch(
    cli: &Cli,
    (given, secrets): (&Given, &Secrets),
    out: &mut dyn Write,
) -> Result<ExitCode, Ended> {
    let context = Context {
        screen: Screen::set_up(&cli.common)?,
        given,
        secrets,
    };
    let done = match &cli.command {
        Command::Import(args) => import::run(args, context, out),
        Command::Validate(args) => validate::run(args, context, out),
        Command::Preview(args) => preview::run(args, out),
        Command::Resume(args) => resume::run(args, context, out),
        Command::Status(args) => status::run(args, out),
        Command::Failures(args) => failures::run(args, context.screen, out),
        Command::Rollback(args) => rollback::run(args, context, out),
        Command::Verify(args) => verify::run(args, context, out),
        Command::Query(args) => query::run(args, secrets, out),
        Command::Export(args) => export::run(args, context, out),
        Command::Presets(args) => presets::run(args, out),
        Command::Explain(args) => explain::run(args, out),
        Command::Usersig(args) => usersig::run(args, secrets, out),
        Command::Simulate(args) => simulate::run(args, context, out),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "im-unread", &mut *out);
            Ok(ExitCode::SUCCESS)
        }
        Command::Guide(args) => guide::run(args, out),
        Command::Man(args) => guide::man(args, out),
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

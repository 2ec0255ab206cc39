//! Every file that the command line names: no output of a command is another file of it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches};

use super::args::{self, Cli, Command, Export};
use super::failure::Failure;
use super::resolve::takes_file;
use super::{export, input, online, rollback, snapshot, verify};
use crate::checkpoint;
use crate::report::sanitised;
use crate::source::{files_of, preset::Library};
use crate::storage::{Access, NamedFile, Stream, find_clash};

/// Options whose file is written, as they are typed. Those of other options are read.
const WRITTEN: [&str; 15] = [
    "address-file",
    "c2c-output",
    "checkpoint",
    "differences",
    "doubts",
    "events",
    "metrics",
    "output",
    "preflight",
    "progress-log",
    "rejects",
    "report",
    "snapshot",
    "tls-self-made",
    "log-file",
];

/// Options whose file is read.
#[cfg(test)]
const READ: [&str; 21] = [
    "api-key-file",
    "c2c",
    "config",
    "dialogs",
    "from-input",
    "inspect",
    "map-accounts",
    "map-groups",
    "quickblox-key-file",
    "quickblox-token-file",
    "secret-key-file",
    "simulator-world",
    "tls-cert",
    "tls-key",
    "token-file",
    "user-sig-file",
    "users",
    "world",
    "ca-file",
    "only-group",
    "preset",
];

/// Refuses outputs that are another file of the command, before a file is opened for writing.
pub(super) fn refuse_clashes(
    cli: &Cli,
    typed: (&clap::Command, &ArgMatches),
    config: &Path,
) -> Result<(), Failure> {
    let mut files = named(typed.0, typed.1);
    let name = "the configuration file";
    files.push(NamedFile::new(name, config, Access::Read));
    files.extend(implied(&cli.command));
    let Some((output, other)) = find_clash(&files) else {
        return Ok(());
    };
    let shown = |file: &NamedFile| sanitised(&file.path.display().to_string());
    let message = if output.path == other.path {
        let path = shown(output);
        format!("{} and {} are one file: `{path}`", output.name, other.name)
    } else {
        format!(
            "{} (`{}`) and {} (`{}`) are one file",
            output.name,
            shown(output),
            other.name,
            shown(other)
        )
    };
    Err(Failure::usage(message).hint(format!(
        "nothing was written: name another file for {}",
        output.name
    )))
}

/// The files of all options that have one, whether typed or from the environment or the
/// configuration file.
fn named(command: &clap::Command, matches: &ArgMatches) -> Vec<NamedFile> {
    let mut files: Vec<NamedFile> = command
        .get_arguments()
        .filter(|arg| takes_file(arg))
        .flat_map(|arg| of_argument(arg, matches))
        .collect();
    if let Some((name, matches)) = matches.subcommand()
        && let Some(command) = command.find_subcommand(name)
    {
        // Global options are known below, too.
        files.retain(|file| !file.name.starts_with("--"));
        files.extend(named(command, matches));
    } else {
        let streams = [Stream::Output, Stream::Error];
        files.extend(streams.into_iter().filter_map(NamedFile::of_stream));
    }
    files
}

fn of_argument(arg: &Arg, matches: &ArgMatches) -> Vec<NamedFile> {
    let values = matches.try_get_raw(arg.get_id().as_str()).ok().flatten();
    let name = match arg.get_long() {
        Some(long) => format!("--{long}"),
        None => arg
            .get_value_names()
            .and_then(<[_]>::first)
            .map_or_else(|| arg.get_id().to_string(), ToString::to_string),
    };
    let access = match arg.get_long() {
        Some("log-file") => Access::Append,
        Some(long) if WRITTEN.contains(&long) => Access::Write,
        Some(_) | None => Access::Read,
    };
    let values = values.into_iter().flatten();
    values
        .flat_map(|value| of_value(&name, value, access))
        .collect()
}

fn of_value(name: &str, value: &OsStr, access: Access) -> Vec<NamedFile> {
    let path = Path::new(value);
    match access {
        // The stream for the result is among the files already.
        Access::Write | Access::Append if value == "-" => Vec::new(),
        Access::Write | Access::Append => vec![NamedFile::new(name, path, access)],
        Access::Read if value == "-" => NamedFile::of_stream(Stream::Input).into_iter().collect(),
        Access::Read if name == "--preset" && !value.to_str().is_some_and(Library::is_file) => {
            Vec::new()
        }
        Access::Read => read(name, path),
    }
}

/// The files that an input stands for: those of a directory or a pattern, an archive.
fn read(name: &str, path: &Path) -> Vec<NamedFile> {
    let files = files_of(path).into_iter();
    files
        .map(|path| NamedFile::new(name, &path, Access::Read))
        .collect()
}

/// Files that no option names: outputs at their default places, and what a checkpoint records.
fn implied(command: &Command) -> Vec<NamedFile> {
    match command {
        Command::Import(args) => of_import(args),
        Command::Validate(args) if args.online => {
            let path = online::file(None, &input::paths(&args.input));
            Vec::from_iter(unless_named(args.preflight.as_ref(), "--preflight", &path))
        }
        Command::Rollback(args) => {
            let path = rollback::default_checkpoint(&args.snapshot);
            Vec::from_iter(unless_named(
                args.checkpoint.as_ref(),
                "--checkpoint",
                &path,
            ))
        }
        Command::Verify(args) => {
            let path = verify::default_progress_log(args);
            let file = unless_named(args.progress_log.as_ref(), "--progress-log", &path);
            let recorded = args.checkpoint.as_deref().map(recorded).into_iter();
            file.into_iter().chain(recorded.flatten()).collect()
        }
        Command::Export(Export::Quickblox(args)) => {
            let paths = export::paths(args);
            let files = [
                unless_named(args.c2c_output.as_ref(), "--c2c-output", &paths.c2c),
                unless_named(args.checkpoint.as_ref(), "--checkpoint", &paths.checkpoint),
            ];
            files.into_iter().flatten().collect()
        }
        Command::Resume(args) => recorded(&args.checkpoint),
        Command::Status(args) => recorded(&args.checkpoint),
        Command::Failures(args) => recorded(&args.checkpoint),
        Command::Validate(_)
        | Command::Preview(_)
        | Command::Query(_)
        | Command::Presets(_)
        | Command::Explain(_)
        | Command::Usersig(_)
        | Command::Simulate(_)
        | Command::Completions { .. }
        | Command::Man(_)
        | Command::Guide(_) => Vec::new(),
    }
}

fn of_import(args: &args::Import) -> Vec<NamedFile> {
    let inputs = input::paths(&args.input);
    let log = input::default_checkpoint(&inputs);
    let checks = online::file(None, &inputs);
    let preflight = unless_named(args.preflight.as_ref(), "--preflight", &checks);
    let progress = args.snapshot.as_deref().map(|path| {
        let name = "the progress log of --snapshot";
        NamedFile::new(name, &snapshot::progress(path), Access::Write)
    });
    unless_named(args.checkpoint.as_ref(), "--checkpoint", &log)
        .into_iter()
        .chain(preflight.filter(|_| args.online))
        .chain(progress)
        .collect()
}

/// The output at its default place, unless the user named another one.
fn unless_named(named: Option<&PathBuf>, option: &str, default: &Path) -> Option<NamedFile> {
    let name = format!("the default of {option}");
    let file = || NamedFile::new(name, default, Access::Write);
    named.is_none().then(file)
}

/// The files that an import was begun with. A checkpoint that cannot be read has none: the command
/// says what is wrong with it.
fn recorded(path: &Path) -> Vec<NamedFile> {
    let Ok(header) = checkpoint::read_header(path) else {
        return Vec::new();
    };
    let options = &header.options;
    let side_files = [
        &options.map_groups,
        &options.map_accounts,
        &options.preset,
        &options.preflight,
    ];
    let inputs = header.inputs.iter().map(|input| &input.path);
    inputs
        .chain(side_files.into_iter().flatten().map(|file| &file.path))
        .filter(|path| *path != "-")
        .flat_map(|path| read("a file of the import", Path::new(path)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn options(command: &clap::Command, longs: &mut Vec<String>) {
        let files = command.get_arguments().filter(|arg| takes_file(arg));
        longs.extend(files.filter_map(Arg::get_long).map(ToOwned::to_owned));
        for below in command.get_subcommands() {
            options(below, longs);
        }
    }

    #[test]
    fn an_option_that_takes_a_file_is_known_to_read_or_to_write_it() {
        let mut longs = Vec::new();
        options(&Cli::command(), &mut longs);
        for long in longs {
            let long = long.as_str();
            assert!(
                WRITTEN.contains(&long) != READ.contains(&long),
                "--{long}: say whether its file is read or written"
            );
        }
    }
}

//! `export quickblox`: every user's counts into an input file.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use super::args::{self, AccountFrom, DialogType, ExportQuickblox};
use super::context::Context;
use super::exported::{doubts_file, tell};
use super::failure::{Failure, Kind, journal_failure, output_failure};
use super::quickblox::{Asking, resolve, stopped, with_quickblox};
use super::screen::Screen;
use super::verify::beside;
use crate::export::{
    Api, Error, Export, Header, ListError, Mapping, NameBy, Paths, Source, dialogs_from,
    fetch_users, hash_of, users_from,
};
use crate::quickblox::User;
use crate::reads::{self, End};
use crate::record::GroupType;
use crate::report::count;
use crate::report::quickblox_code::{advice, refused};
use crate::signals::Signals;
use crate::storage::free_name;
use crate::tencent::Transport;

/// Runs the command.
pub(super) fn run(
    args: &args::Export,
    context: Context<'_>,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let args::Export::Quickblox(args) = args;
    let screen = context.screen;
    let paths = paths(args);
    let types = group_types(&args.group_types);
    let header = header(args)?;
    let source = match &args.dialogs {
        None => Source::Fetched,
        Some(path) => Source::listed(dialogs_from(path).map_err(|error| list_failure(&error))?),
    };
    let listed = match &args.users {
        None => None,
        Some(path) => Some(users_from(path).map_err(|error| list_failure(&error))?),
    };
    // Whatever was mistyped is told before there is a file.
    let asking = resolve(&args.quickblox, context.secrets)?;
    one_user_for_a_session(&asking, listed.as_deref())?;
    probe_doubts(args, &paths)?;
    let continues = paths.checkpoint.exists();
    let mut export = Export::open(paths.clone(), &header).map_err(|error| failure(&error))?;
    if export.was_complete {
        screen.say("the export is complete already; nothing was asked")?;
        let users = export.done();
        return tell(export, (users, reads::Tally::default()), args, &paths, out);
    }
    let (end, users, asked) = with_quickblox(asking, continues, async |api| {
        let users = match listed {
            Some(users) => users,
            None => all_users(api, screen).await?,
        };
        let mapping = Mapping::new(&users, name_by(args.account_from), types);
        let ids: Vec<u64> = users.iter().map(|user| user.id).collect();
        drop(users);
        let end = go(&mut export, (&ids, &source, &mapping), api, screen).await?;
        Ok((end, ids.len() as u64, api.calls.tally()))
    })?;
    match end {
        End::Completed => tell(export, (users, asked), args, &paths, out),
        End::Interrupted(signal) => Err(Failure::interrupted(signal, "interrupted")),
        End::Stopped(stop) => Err(stopped(&stop).again("then continue with")),
    }
}

/// Makes sure that every doubt can be written before the work that finds them. Those of an export
/// that goes on may stand there already.
fn probe_doubts(args: &ExportQuickblox, paths: &Paths) -> Result<(), Failure> {
    let probed = match doubts_file(args) {
        Some(doubts) if paths.checkpoint.exists() => doubts.probe_directory(),
        Some(doubts) => doubts.probe(),
        None => Ok(()),
    };
    probed.map_err(|error| output_failure(&error))
}

/// The users of the application, from the API.
async fn all_users<T: Transport>(api: &Api<'_, T>, screen: Screen) -> Result<Vec<User>, Failure> {
    let fetched = fetch_users(api).await.map_err(|stop| stopped(&stop))?;
    let users = fetched.map_err(|why| {
        let failure = Failure::target(format!(
            "the list of users cannot be read: {}",
            refused(&why)
        ));
        if why.passing {
            return failure.again("wait until QuickBlox answers again, then continue with");
        }
        failure
            .hint(advice(why.code))
            .hint("or name a file of users with --users")
    })?;
    screen.say(&format!(
        "{} users, from the API",
        count(users.len() as u64)
    ))?;
    Ok(users)
}

async fn go<T: Transport>(
    export: &mut Export,
    what: (&[u64], &Source, &Mapping),
    api: &Api<'_, T>,
    screen: Screen,
) -> Result<End, Failure> {
    let (before, users) = (export.done(), what.0.len() as u64);
    if before > 0 {
        screen.say(&format!(
            "continuing: {} of {} users are done",
            count(before),
            count(users)
        ))?;
    }
    let mut signals = Signals::listen()
        .map_err(|source| Failure::bug("signals cannot be heard").because(&source))?;
    let mut progress = screen.read_progress("users", users);
    let mut show = |export: &Export, asked: reads::Tally| {
        let (rows, calls) = (count(export.sums().rows), count(asked.attempts));
        progress.show(export.done(), &format!("{rows} counts, {calls} calls"));
    };
    let end = export.run(what, api, &mut signals, &mut show).await;
    progress.finish();
    end.map_err(|error| failure(&error))
}

pub(super) fn paths(args: &ExportQuickblox) -> Paths {
    let c2c = args.c2c_output.clone();
    let checkpoint = args.checkpoint.clone();
    Paths {
        output: args.output.clone(),
        c2c: c2c.unwrap_or_else(|| beside(&args.output, ".c2c.jsonl")),
        checkpoint: checkpoint.unwrap_or_else(|| beside(&args.output, ".checkpoint.jsonl")),
        replace: args.force,
    }
}

fn header(args: &ExportQuickblox) -> Result<Header, Failure> {
    let hash = |path: &Option<PathBuf>| match path {
        None => Ok(String::new()),
        Some(path) => hash_of(path).map_err(|error| list_failure(&error)),
    };
    let types = args.group_types.iter();
    let types = types.map(|DialogType { dialog, group }| format!("{dialog}={}", group.name()));
    let mut options: Vec<String> = types.collect();
    options.sort();
    options.push(format!("account-from={:?}", name_by(args.account_from)));
    Ok(Header {
        journal: "export".to_owned(),
        base_url: args.quickblox.base_url.to_string(),
        users: hash(&args.users)?,
        dialogs: hash(&args.dialogs)?,
        options,
    })
}

/// A session is one user's, whatever the list says.
fn one_user_for_a_session(asking: &Asking, listed: Option<&[User]>) -> Result<(), Failure> {
    if !asking.is_session() || listed.is_some_and(|users| users.len() == 1) {
        return Ok(());
    }
    Err(
        Failure::usage("a session token tells the counts of its own user only").hint(
            "for all users, use the application's key; for one, name that user alone in --users",
        ),
    )
}

/// The type of the groups that dialogs of type 1 and 2 become; of several, the last one counts.
fn group_types(given: &[DialogType]) -> [Option<GroupType>; 2] {
    let of = |dialog| given.iter().rev().find(|each| each.dialog == dialog);
    [1, 2].map(|dialog| of(dialog).map(|each| each.group))
}

const fn name_by(from: AccountFrom) -> NameBy {
    match from {
        AccountFrom::Id => NameBy::Id,
        AccountFrom::ExternalUserId => NameBy::ExternalUserId,
        AccountFrom::Login => NameBy::Login,
        AccountFrom::Email => NameBy::Email,
    }
}

fn list_failure(error: &ListError) -> Failure {
    Failure::from_error(Kind::Input, error).hint(
        "give ids one a line, CSV with a column `id`, JSON, or pages of users.json and Dialog.json as they came",
    )
}

/// A failure of the export's files.
pub(super) fn failure(error: &Error) -> Failure {
    let hint = match error {
        Error::Journal(error) => return journal_failure(error),
        Error::Write { .. } => {
            return Failure::from_error(Kind::Checkpoint, error)
                .again("make room on the disk (or mend it), then continue with");
        }
        Error::Exists { path } => {
            let free = free_name(path);
            return Failure::from_error(Kind::Usage, error).hint(format!(
                "name another file: `{}` is free; or give --force to replace it",
                free.display()
            ));
        }
        Error::Other { .. } => {
            "go on with the lists and options it was begun with, or name another --output"
        }
        Error::Short { .. } => "it was changed; delete it and the checkpoint, and begin anew",
    };
    Failure::from_error(Kind::Checkpoint, error).hint(hint)
}

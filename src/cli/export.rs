//! `export quickblox`: every user's counts into an input file.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;

use super::args::{self, AccountFrom, ExportQuickblox, OutputForm};
use super::asking::interrupted;
use super::differences::{Csv, SHOWN, columns};
use super::failure::{Failure, Kind};
use super::meter::Meter;
use super::quickblox::{base, halted, is_session, refused, with_quickblox};
use super::screen::Screen;
use super::verify::{beside, journal_failure};
use crate::export::{
    Api, Doubt, Error, Export, Header, ListError, Mapping, NameBy, Paths, Source, Sums,
    dialogs_from, fetch_users, users_from,
};
use crate::quickblox::User;
use crate::record::GroupType;
use crate::report::{count, sanitised};
use crate::run::Signals;
use crate::sweep::{self, End};
use crate::tencent::Transport;

/// Runs the command.
pub(super) fn run(
    args: &args::Export,
    screen: Screen,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let args::Export::Quickblox(args) = args;
    let paths = paths(args);
    let types = group_types(&args.group_types)?;
    let header = header(args)?;
    let source = match &args.dialogs {
        None => Source::Fetched,
        Some(path) => Source::listed(dialogs_from(path).map_err(|error| list_failure(&error))?),
    };
    let listed = match &args.users {
        None => None,
        Some(path) => Some(users_from(path).map_err(|error| list_failure(&error))?),
    };
    one_user_for_a_session(args, listed.as_deref())?;
    let mut export = Export::open(paths.clone(), &header).map_err(|error| failure(&error))?;
    if export.was_complete {
        screen.say("the export is complete already; nothing was asked")?;
        let users = export.done();
        return tell(export, (users, sweep::Tally::default()), args, &paths, out);
    }
    let (end, users, asked) = with_quickblox(&args.quickblox, async |api| {
        let users = match listed {
            Some(users) => users,
            None => all_users(api, screen).await?,
        };
        let mapping = Mapping::new(&users, name_by(args.account_from), types);
        let ids: Vec<u64> = users.iter().map(|user| user.id).collect();
        drop(users);
        let end = go(&mut export, (&ids, &source, &mapping), api, screen).await?;
        Ok((end, ids.len() as u64, api.lane.tally()))
    })?;
    match end {
        End::Completed => tell(export, (users, asked), args, &paths, out),
        End::Interrupted(signal) => {
            interrupted(signal, screen, "the same command goes on from here")
        }
        End::Halted(halt) => Err(halted(&halt).hint("the same command then goes on from here")),
    }
}

/// The users of the application, from the API.
async fn all_users<T: Transport>(api: &Api<'_, T>, screen: Screen) -> Result<Vec<User>, Failure> {
    let fetched = fetch_users(api).await.map_err(|halt| halted(&halt))?;
    let users = fetched.map_err(|why| {
        Failure::target(format!(
            "the list of users cannot be read: {}",
            refused(&why)
        ))
        .hint("name a file with --users instead")
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
    let mut meter = Meter::new(screen, "users", users);
    let mut show = |export: &Export, asked: sweep::Tally| {
        let (rows, calls) = (count(export.sums().rows), count(asked.attempts));
        meter.show(export.done(), &format!("{rows} counts, {calls} calls"));
    };
    let end = export.run(what, api, &mut signals, &mut show).await;
    meter.finish();
    end.map_err(|error| failure(&error))
}

fn paths(args: &ExportQuickblox) -> Paths {
    let c2c = args.c2c_output.clone();
    let checkpoint = args.checkpoint.clone();
    Paths {
        output: args.output.clone(),
        c2c: c2c.unwrap_or_else(|| beside(&args.output, ".c2c.jsonl")),
        checkpoint: checkpoint.unwrap_or_else(|| beside(&args.output, ".checkpoint.jsonl")),
    }
}

fn header(args: &ExportQuickblox) -> Result<Header, Failure> {
    let hash = |path: &Option<PathBuf>| match path {
        None => Ok(String::new()),
        Some(path) => std::fs::read(path)
            .map(|bytes| blake3::hash(&bytes).to_hex().to_string())
            .map_err(|source| {
                Failure::input(format!("cannot read `{}`", path.display())).because(&source)
            }),
    };
    let mut options = args.group_types.clone();
    options.sort();
    options.push(format!("account-from={:?}", name_by(args.account_from)));
    Ok(Header {
        journal: "export".to_owned(),
        base_url: base(&args.quickblox.base_url)?.to_string(),
        users: hash(&args.users)?,
        dialogs: hash(&args.dialogs)?,
        options,
    })
}

/// A session is one user's, whatever the list says.
fn one_user_for_a_session(args: &ExportQuickblox, listed: Option<&[User]>) -> Result<(), Failure> {
    if !is_session(&args.quickblox)? || listed.is_some_and(|users| users.len() == 1) {
        return Ok(());
    }
    Err(
        Failure::usage("a session token tells the counts of its own user only").hint(
            "for all users, use the application's key; for one, name that user alone in --users",
        ),
    )
}

/// `1=Public,2=Work`.
fn group_types(texts: &[String]) -> Result<[Option<GroupType>; 2], Failure> {
    let mut types = [None; 2];
    for text in texts {
        let parsed = text.split_once('=').and_then(|(dialog, group)| {
            let place = match dialog.trim() {
                "1" => 0,
                "2" => 1,
                _ => return None,
            };
            Some((place, GroupType::parse(group.trim())?))
        });
        let slot = parsed.and_then(|(place, group)| Some((types.get_mut(place)?, group)));
        let Some((slot, group)) = slot else {
            return Err(Failure::usage(format!(
                "`--group-types {text}` is no type of a dialog and of a group"
            ))
            .hint("write as in 1=Public,2=Work; dialogs of type 3 are one-to-one"));
        };
        *slot = Some(group);
    }
    Ok(types)
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

fn failure(error: &Error) -> Failure {
    let hint = match error {
        Error::Journal(error) => return journal_failure(error),
        Error::Write { .. } => {
            "make room on the disk (or mend it), then give the same command again"
        }
        Error::Exists { .. } => "name another --output, or move the file away",
        Error::Other { .. } => {
            "go on with the lists and options it was begun with, or name another --output"
        }
        Error::Short { .. } => "it was changed; delete it and the checkpoint, and begin anew",
    };
    Failure::from_error(Kind::Checkpoint, error).hint(hint)
}

/// `--result json`.
#[derive(Serialize)]
struct ExportResult<'a> {
    command: &'static str,
    outcome: &'static str,
    output: String,
    c2c_output: Option<String>,
    checkpoint: String,
    users: Users,
    counts: Counts,
    cross_check: CrossCheck,
    calls: u64,
    attempts: u64,
    rate_limited: u64,
    busiest_second: usize,
    doubts: &'a [Doubt],
}

#[derive(Serialize)]
struct Users {
    all: u64,
    exported: u64,
    refused: u64,
    nameless: u64,
    to_repeat: u64,
}

#[derive(Serialize)]
struct Counts {
    rows: u64,
    public_rows: u64,
    unread: u64,
    c2c_rows: u64,
    c2c_unread: u64,
    missing: u64,
    peerless: u64,
}

#[derive(Serialize)]
struct CrossCheck {
    users_with_more_elsewhere: u64,
    unread_elsewhere: u64,
    users_with_total_too_low: u64,
    dialogs_disagreeing: u64,
    unasked_dialogs: u64,
}

fn tell(
    mut export: Export,
    (users, asked): (u64, sweep::Tally),
    args: &ExportQuickblox,
    paths: &Paths,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let (sums, exhausted) = (*export.sums(), export.exhausted());
    let doubts = collect(&mut export, args.doubts.as_deref())?;
    let written = match args.result {
        OutputForm::Json => {
            let result = ExportResult::new((users, exhausted), &sums, asked, paths, &doubts);
            serde_json::to_writer(&mut *out, &result)
                .map_err(io::Error::from)
                .and_then(|()| writeln!(out))
        }
        OutputForm::Text => text(out, (users, exhausted), &sums, paths)
            .and_then(|()| calls(out, asked))
            .and_then(|()| shown(out, &doubts, args.doubts.as_deref())),
    };
    written.map_err(|error| Failure::from_output(&error))?;
    if exhausted > 0 {
        return Err(Failure::target(format!(
            "{} users could not be read; the export is not complete",
            count(exhausted)
        ))
        .hint("the same command asks for them again"));
    }
    let flawed = sums.refused + sums.nameless + sums.missing + sums.peerless > 0;
    Ok(ExitCode::from(u8::from(flawed)))
}

impl<'a> ExportResult<'a> {
    fn new(
        (users, exhausted): (u64, u64),
        sums: &Sums,
        asked: sweep::Tally,
        paths: &Paths,
        doubts: &'a [Doubt],
    ) -> Self {
        let path = |path: &Path| path.display().to_string();
        Self {
            command: "export quickblox",
            outcome: if exhausted == 0 {
                "completed"
            } else {
                "incomplete"
            },
            output: path(&paths.output),
            c2c_output: (sums.c2c_rows > 0).then(|| path(&paths.c2c)),
            checkpoint: path(&paths.checkpoint),
            users: Users {
                all: users,
                exported: sums.users,
                refused: sums.refused,
                nameless: sums.nameless,
                to_repeat: exhausted,
            },
            counts: Counts {
                rows: sums.rows,
                public_rows: sums.public_rows,
                unread: sums.unread,
                c2c_rows: sums.c2c_rows,
                c2c_unread: sums.c2c_unread,
                missing: sums.missing,
                peerless: sums.peerless,
            },
            cross_check: CrossCheck {
                users_with_more_elsewhere: sums.more_elsewhere,
                unread_elsewhere: sums.unread_elsewhere,
                users_with_total_too_low: sums.total_too_low,
                dialogs_disagreeing: sums.disagreeing,
                unasked_dialogs: sums.unasked,
            },
            calls: asked.calls,
            attempts: asked.attempts,
            rate_limited: asked.rate_limited,
            busiest_second: asked.busiest_second,
            doubts,
        }
    }
}

/// Goes through all doubts once: the CSV gets every one, the result the first few.
fn collect(export: &mut Export, file: Option<&Path>) -> Result<Vec<Doubt>, Failure> {
    let header = ["user", "dialog", "what"];
    let mut csv = file.map(|path| Csv::create(path, &header)).transpose()?;
    let mut shown = Vec::new();
    let mut written = Ok(());
    let replayed = export.doubts(|doubt| {
        if let (Some(csv), Ok(())) = (&mut csv, &written) {
            let user = doubt.user.to_string();
            let cells = [&*user, doubt.dialog.as_deref().unwrap_or(""), &doubt.what];
            written = csv.write(cells.into_iter());
        }
        if shown.len() < SHOWN {
            shown.push(doubt.clone());
        }
    });
    replayed.map_err(|error| failure(&error))?;
    written.map_err(|error| Failure::from_output(&error))?;
    csv.map_or(Ok(()), Csv::finish)?;
    Ok(shown)
}

fn text(
    out: &mut dyn Write,
    (users, exhausted): (u64, u64),
    sums: &Sums,
    paths: &Paths,
) -> io::Result<()> {
    let path = |path: &Path| sanitised(&path.display().to_string());
    writeln!(
        out,
        "users       {}: {} exported, {} refused, {} without a name, {} to repeat",
        count(users),
        count(sums.users),
        count(sums.refused),
        count(sums.nameless),
        count(exhausted)
    )?;
    writeln!(
        out,
        "groups      {} counts, {} unread, in {}",
        count(sums.rows),
        count(sums.unread),
        path(&paths.output)
    )?;
    if sums.public_rows > 0 {
        let rows = count(sums.public_rows);
        writeln!(
            out,
            "  public    {rows} of them are of public dialogs, marked `quickblox_type`: 1"
        )?;
    }
    if sums.c2c_rows > 0 {
        writeln!(
            out,
            "one-to-one  {} counts, {} unread, in {}",
            count(sums.c2c_rows),
            count(sums.c2c_unread),
            path(&paths.c2c)
        )?;
    }
    cross_check(out, sums)
}

fn cross_check(out: &mut dyn Write, sums: &Sums) -> io::Result<()> {
    let lines = [
        (
            sums.disagreeing,
            "dialogs where unread.json and Dialog.json disagree; unread.json is taken",
        ),
        (
            sums.total_too_low,
            "users whose total is below the sum of their dialogs",
        ),
        (
            sums.more_elsewhere,
            "users have unread messages in dialogs that were not asked for",
        ),
        (
            sums.missing,
            "counts are missing in the answers and left out",
        ),
        (
            sums.peerless,
            "one-to-one dialogs whose other side is not known, left out",
        ),
    ];
    let told = lines.into_iter().filter(|&(number, _)| number > 0);
    for (index, (number, words)) in told.enumerate() {
        let heading = if index == 0 { "cross-check" } else { "" };
        writeln!(out, "{heading:<11} {} {words}", count(number))?;
    }
    Ok(())
}

fn calls(out: &mut dyn Write, asked: sweep::Tally) -> io::Result<()> {
    writeln!(
        out,
        "calls       {}, {} attempts, busiest second {}",
        count(asked.calls),
        count(asked.attempts),
        asked.busiest_second
    )
}

fn shown(out: &mut dyn Write, doubts: &[Doubt], file: Option<&Path>) -> io::Result<()> {
    if doubts.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let rows: Vec<Vec<String>> = doubts
        .iter()
        .map(|doubt| {
            vec![
                doubt.user.to_string(),
                doubt.dialog.clone().unwrap_or_default(),
                doubt.what.clone(),
            ]
        })
        .collect();
    columns(out, &["user", "dialog", ""], &rows)?;
    match (doubts.len() == SHOWN, file) {
        (true, None) => writeln!(out, "there may be more: --doubts FILE.csv lists all"),
        (true, Some(file)) => {
            writeln!(out, "all are in {}", sanitised(&file.display().to_string()))
        }
        (false, _) => Ok(()),
    }
}

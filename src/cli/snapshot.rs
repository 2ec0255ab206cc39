//! `import --snapshot`: the counts that are there before the first one is set.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use super::args::SendingArgs;
use super::asking::{halted, patience, timeouts, with_client};
use super::failure::Failure;
use super::meter::Meter;
use super::screen::Screen;
use super::sending::limit;
use super::target::Reached;
use super::validate;
use super::verify::read_failure;
use crate::report::{count, plural};
use crate::run::{Calls, Signal, Signals, Step};
use crate::sweep::{self, End};
use crate::sweep::{Api, Pace};
use crate::tencent::Transport;
use crate::verify::{Collecting, Expectations, Taken, snapshot};

/// Reads the count of every call of the plan into a new file. A snapshot that is there already
/// stays as it is when calls were `sent`, since the counts are no longer those of before. A signal
/// that came before the snapshot was whole comes back; then no call may be sent.
pub(super) fn take(
    path: &Path,
    calls: Calls<'_>,
    reached: &Reached,
    (sending, sent): (&SendingArgs, bool),
    screen: Screen,
) -> Result<Option<Signal>, Failure> {
    let name = path.display();
    match (path.exists(), sent) {
        (true, true) => {
            screen.say(&format!(
                "the snapshot `{name}` is there from the first session"
            ))?;
            return Ok(None);
        }
        (true, false) => {
            return Err(
                Failure::usage(format!("the snapshot `{name}` exists already"))
                    .hint("it may be of another import: name another file, or move it away"),
            );
        }
        (false, true) => {
            return Err(Failure::usage(
                "a snapshot has to be taken before the first call, and calls were sent already",
            )
            .hint("leave --snapshot out to go on without one"));
        }
        (false, false) => {}
    }
    let expectations = collect(calls)?;
    let cost = expectations.cost().map_err(|error| read_failure(&error))?;
    screen.say(&format!(
        "snapshot: reading {} counts in {} calls; reckoned from message numbers",
        count(cost.counts),
        count(cost.group)
    ))?;
    let pace = Pace {
        limit: limit(sending.qps)?,
        patience: patience(sending.max_attempts, &sending.outage_limit)?,
    };
    let mut file = new_beside(path)?;
    let taken = with_client(reached, timeouts(&sending.timeout)?, async |client| {
        let api = Api::new(client, pace);
        go((&expectations, cost.counts), &api, &mut file, screen).await
    })?;
    match &taken.end {
        End::Completed => {}
        End::Halted(halt) => return Err(halted(halt).hint("nothing was set")),
        End::Interrupted(signal) => {
            screen.say("interrupted before the snapshot was whole; nothing was set")?;
            return Ok(Some(*signal));
        }
    }
    keep(file, path)?;
    tell(&taken, path, screen)?;
    Ok(None)
}

fn collect(mut calls: Calls<'_>) -> Result<Expectations, Failure> {
    let mut collecting = Collecting::new(&std::env::temp_dir());
    loop {
        match calls
            .next()
            .map_err(|error| validate::input_failure(&error))?
        {
            None => return Ok(collecting.finish()),
            Some(Step::Rejected { .. }) => {}
            Some(Step::Call(call)) => collecting
                .push(
                    (call.group_id, call.member_account),
                    call.unread_num,
                    call.row,
                )
                .map_err(|error| read_failure(&error))?,
        }
    }
}

/// A file in the same directory, which takes the name once it is whole; for its owner only.
fn new_beside(path: &Path) -> Result<NamedTempFile, Failure> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))
        .map_err(|source| unwritable(path, &source))
}

fn keep(file: NamedTempFile, path: &Path) -> Result<(), Failure> {
    file.as_file()
        .sync_all()
        .map_err(|source| unwritable(path, &source))?;
    file.persist_noclobber(path)
        .map(drop)
        .map_err(|error| unwritable(path, &error.error))
}

fn unwritable(path: &Path, source: &std::io::Error) -> Failure {
    Failure::checkpoint(format!("cannot write the snapshot `{}`", path.display()))
        .because(source)
        .hint("name a file in a directory that exists and can be written")
}

async fn go<T: Transport>(
    (expectations, counts): (&Expectations, u64),
    api: &Api<'_, T>,
    file: &mut NamedTempFile,
    screen: Screen,
) -> Result<Taken, Failure> {
    let mut signals = Signals::listen()
        .map_err(|source| Failure::bug("signals cannot be heard").because(&source))?;
    let mut meter = Meter::new(screen, "counts", counts);
    let mut out = BufWriter::new(file);
    let mut show = |known: u64, asked: sweep::Tally| {
        meter.show(known, &format!("snapshot, {} calls", count(asked.attempts)));
    };
    let taken = snapshot(expectations, api, &mut signals, &mut out, &mut show).await;
    meter.finish();
    let taken = taken.map_err(|error| read_failure(&error))?;
    out.flush().map_err(|error| Failure::from_output(&error))?;
    Ok(taken)
}

fn tell(taken: &Taken, path: &Path, screen: Screen) -> Result<(), Failure> {
    let name = path.display();
    screen.say(&format!(
        "snapshot: {} in `{name}`; undo with: im-unread rollback {name}",
        plural(taken.written, "count")
    ))?;
    if taken.kept_none > 0 {
        screen.say(&format!(
            "snapshot: {} of groups that keep none",
            plural(taken.kept_none, "count")
        ))?;
    }
    let Some((group, member, observed)) = &taken.example else {
        return Ok(());
    };
    screen.say(&format!(
        "snapshot: {} could not be read and cannot be put back; the first is {member} in {group}: {}",
        plural(taken.unknown, "count"),
        observed.reason()
    ))
}

//! `import --snapshot`: the counts that are there before the first one is set.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio::time::Instant;

use super::args::SendingArgs;
use super::asking::{patience, with_client};
use super::clock;
use super::command_line::CommandLine;
use super::failure::{Failure, check_failure, input_failure, read_failure, stopped};
use super::screen::Screen;
use super::sending::timeouts;
use super::target::Reached;
use super::verify::beside;
use crate::reads::{self, Api, End, Pace, opening};
use crate::report::{count, plural};
use crate::run::{Calls, Step};
use crate::signals::Signals;
use crate::storage::{OutputError, OutputFile, Replace};
use crate::verify::{Collecting, Expectations, Snapshot, SnapshotHeader};

/// What there is of the import besides its snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing yet.
    New,
    /// Its checkpoint, but no call was sent.
    Begun,
    /// Calls were sent: the counts are no longer those of before.
    Sent,
}

/// Reads the count of every call of the plan into a new file; what an interrupted session has read
/// is not asked again. A snapshot that the import made before stays as it is. A signal that came
/// before the snapshot was whole is a failure: no call may be sent then.
pub(super) fn take(
    (path, undo): (&Path, &CommandLine),
    calls: Calls<'_>,
    reached: &Reached,
    (sending, stage): (&SendingArgs, Stage),
    screen: Screen,
) -> Result<(), Failure> {
    let is_there = || {
        let name = path.display();
        screen.say(&format!("the snapshot `{name}` is there already"))
    };
    let exists = path.exists();
    match (exists, stage) {
        (true, Stage::Begun | Stage::Sent) => return is_there(),
        (false, Stage::Sent) => {
            return Err(Failure::usage(
                "a snapshot has to be taken before the first call, and calls were sent already",
            )
            .hint("leave --snapshot out to go on without one"));
        }
        (true, Stage::New) | (false, Stage::New | Stage::Begun) => {}
    }
    let expectations = collect(calls)?;
    let header = SnapshotHeader {
        journal: "snapshot".to_owned(),
        calls: expectations.digest().to_owned(),
        sdk_app_id: reached.target.sdk_app_id(),
        begun: clock(),
    };
    let progress = progress(path);
    if exists {
        // The progress log goes after the checkpoint has come: an earlier session ended in between.
        return if Snapshot::is_left(&progress, &header).map_err(|error| check_failure(&error))? {
            is_there()
        } else {
            let failure =
                Failure::usage(format!("the snapshot `{}` exists already", path.display()));
            Err(failure.hint("it may be of another import: name another file, or move it away"))
        };
    }
    let mut snapshot = open(&progress, &header, sending, screen)?;
    match read(&mut snapshot, &expectations, reached, sending, screen)? {
        End::Completed => {
            keep(&mut snapshot, path)?;
            tell(&snapshot, (path, undo), screen)
        }
        End::Interrupted(signal) => Err(Failure::interrupted(
            signal,
            "interrupted before the snapshot was whole; nothing was set",
        )),
        End::Stopped(stop) => {
            Err(stopped(&stop).again("nothing was set; then continue with the snapshot by"))
        }
    }
}

/// Takes the progress log of a finished snapshot away.
pub(super) fn forget(path: &Path) -> Result<(), Failure> {
    let path = progress(path);
    match std::fs::remove_file(&path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            let path = path.display();
            let failure =
                Failure::checkpoint(format!("the progress log `{path}` cannot be removed"));
            Err(failure.because(&source))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

pub(super) fn progress(path: &Path) -> PathBuf {
    beside(path, ".progress.jsonl")
}

fn collect(mut calls: Calls<'_>) -> Result<Expectations, Failure> {
    let mut collecting = Collecting::new(&std::env::temp_dir());
    loop {
        match calls.next().map_err(|error| input_failure(&error))? {
            None => return Ok(collecting.finish()),
            Some(Step::Rejected { .. } | Step::Withheld { .. }) => {}
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

/// The snapshot, begun or continued. One that was begun too long ago begins anew: the counts in it
/// may have been read down since.
fn open(
    progress: &Path,
    header: &SnapshotHeader,
    sending: &SendingArgs,
    screen: Screen,
) -> Result<Snapshot, Failure> {
    let oldest = clock().checked_sub(sending.stale_after);
    let oldest = oldest.unwrap_or(Timestamp::MIN);
    let snapshot =
        Snapshot::open(progress, header, oldest).map_err(|error| check_failure(&error))?;
    if let Some(begun) = snapshot.continued {
        screen.say(&format!(
            "continuing the snapshot begun at {begun}: {} counts are known",
            count(snapshot.numbers.known())
        ))?;
    }
    Ok(snapshot)
}

fn read(
    snapshot: &mut Snapshot,
    expectations: &Expectations,
    reached: &Reached,
    sending: &SendingArgs,
    screen: Screen,
) -> Result<End, Failure> {
    let cost = expectations.cost().map_err(|error| read_failure(&error))?;
    screen.say(&format!(
        "snapshot: reading {} counts in {} calls; reckoned from message numbers",
        count(cost.counts),
        count(cost.group)
    ))?;
    let pace = Pace {
        limit: sending.qps,
        patience: patience(sending.max_attempts, sending.outage_limit),
    };
    let not_before = opening(snapshot.continued.is_some(), Instant::now());
    with_client(reached, timeouts(sending.timeout), async |client| {
        let api = Api::new(client, pace, not_before);
        let mut signals = Signals::listen()
            .map_err(|source| Failure::bug("signals cannot be heard").because(&source))?;
        let mut progress = screen.read_progress("counts", cost.counts);
        let mut show = |known: u64, asked: reads::Tally| {
            progress.show(known, &format!("snapshot, {} calls", count(asked.attempts)));
        };
        let end = snapshot
            .run(expectations, &api, &mut signals, &mut show)
            .await;
        progress.finish();
        end.map_err(|error| check_failure(&error))
    })
}

/// Writes the snapshot, and gives it its name once it is whole and on disk.
fn keep(snapshot: &mut Snapshot, path: &Path) -> Result<(), Failure> {
    let output = OutputFile::new(path, Replace::Nothing);
    let mut file = output.create().map_err(|error| unwritable(&error))?;
    let mut out = BufWriter::new(&mut file);
    let written = snapshot.write(&mut out);
    written.map_err(|error| check_failure(&error))?;
    let flushed = out.flush();
    drop(out);
    flushed
        .map_err(|source| output.failed(source))
        .and_then(|()| file.commit())
        .map_err(|error| unwritable(&error))
}

/// The counts were asked for by now: what is known of them stays in the progress log.
fn unwritable(error: &OutputError) -> Failure {
    Failure::checkpoint("the snapshot cannot be written")
        .because(error)
        .hint(error.hint())
}

fn tell(
    snapshot: &Snapshot,
    (path, undo): (&Path, &CommandLine),
    screen: Screen,
) -> Result<(), Failure> {
    let name = path.display();
    let numbers = snapshot.numbers;
    let written = plural(numbers.written, "count");
    screen.say_command(&format!("snapshot: {written} in `{name}`; undo with"), undo)?;
    if numbers.kept_none > 0 {
        screen.say(&format!(
            "snapshot: {} of groups that keep none",
            plural(numbers.kept_none, "count")
        ))?;
    }
    let Some(example) = &snapshot.example else {
        return Ok(());
    };
    screen.say(&format!(
        "snapshot: {} could not be read and cannot be put back; the first is {} in {}: {}",
        plural(numbers.unknown, "count"),
        example.member,
        example.group,
        example.reason
    ))
}

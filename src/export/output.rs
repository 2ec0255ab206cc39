//! The files of an export, and how far it came.
//!
//! Rows go to `…part` files, which take their names when every user is done, so that a half-made
//! file is never imported. The checkpoint names, with each user, how long both files are behind
//! that user's rows; a resume cuts them there. Rows are on disk before the checkpoint says so.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::mapping::{Mapping, Source};
use super::pull::{Api, Doubt, Pulled, Sums, pull};
use crate::reads::{self, End, Journal, JournalError, Work, read_all};
use crate::signals::Signals;
use crate::storage::sync_directory;
use crate::tencent::Transport;

/// Users under way at a time: at 160 calls a second, enough for answers that take a second.
const AT_ONCE: usize = 200;

/// How long rows may be in memory only: what a crash costs, in repeated reads.
const COMMIT_EVERY: Duration = Duration::from_secs(1);

/// The first line of an export's checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Always `export`.
    pub(crate) journal: String,
    /// Where from.
    pub(crate) base_url: String,
    /// BLAKE3 of the list of users in hex; empty when it is fetched.
    pub(crate) users: String,
    /// BLAKE3 of the list of dialogs in hex; empty when they are fetched.
    pub(crate) dialogs: String,
    /// What changes the rows, in the words of the command line.
    pub(crate) options: Vec<String>,
}

/// A further line: a user that is done, or the end.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    /// The user; `None` on the line that says that all are done.
    user: Option<u64>,
    /// Length of the output behind this user's rows.
    rows: u64,
    /// Length of the one-to-one output.
    c2c: u64,
    sums: Sums,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    doubts: Vec<Doubt>,
}

/// The files of an export.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    /// Group counts.
    pub(crate) output: PathBuf,
    /// One-to-one counts.
    pub(crate) c2c: PathBuf,
    /// The checkpoint.
    pub(crate) checkpoint: PathBuf,
    /// Existing files of a new export are replaced.
    pub(crate) replace: bool,
}

/// Why an export cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The checkpoint.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An output file.
    #[error("cannot write `{}`", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// An output file would be overwritten.
    #[error("`{}` exists already", path.display())]
    Exists { path: PathBuf },
    /// The checkpoint is of another export.
    #[error("the checkpoint `{}` belongs to another export: {difference} differs", path.display())]
    Other {
        path: PathBuf,
        difference: &'static str,
    },
    /// An output file is shorter than the checkpoint says.
    #[error("`{}` is shorter than the checkpoint says", path.display())]
    Short { path: PathBuf },
}

/// An export, begun or continued.
#[derive(Debug)]
pub(crate) struct Export {
    paths: Paths,
    journal: Journal,
    rows: Part,
    c2c: Part,
    done: HashSet<u64>,
    sums: Sums,
    /// Users whose attempts were used up in this session.
    exhausted: u64,
    /// All users were done when it was opened.
    pub(crate) was_complete: bool,
    committed: Instant,
}

impl Export {
    /// Opens the checkpoint and continues the export in it, or begins one.
    pub(crate) fn open(paths: Paths, header: &Header) -> Result<Self, Error> {
        if !paths.checkpoint.exists() {
            refuse_existing(&paths)?;
        }
        let mut done = HashSet::new();
        let mut sums = Sums::default();
        let (mut rows, mut c2c, mut was_complete) = (0, 0, false);
        let opened = Journal::open(&paths.checkpoint, |_: &Header, line: Line| {
            sums.add(&line.sums);
            (rows, c2c) = (line.rows, line.c2c);
            match line.user {
                Some(user) => drop(done.insert(user)),
                None => was_complete = true,
            }
        })?;
        let mut journal = opened.journal;
        if let Some(found) = &opened.header {
            same(found, header, &paths.checkpoint)?;
        } else {
            refuse_existing(&paths)?;
            journal.begin(header)?;
        }
        let (rows, c2c) = if was_complete {
            (Part::finished(&paths.output), Part::finished(&paths.c2c))
        } else {
            (
                Part::open(&paths.output, rows)?,
                Part::open(&paths.c2c, c2c)?,
            )
        };
        Ok(Self {
            paths,
            journal,
            rows,
            c2c,
            done,
            sums,
            exhausted: 0,
            was_complete,
            committed: Instant::now(),
        })
    }

    /// Users that are done.
    pub(crate) fn done(&self) -> u64 {
        self.done.len() as u64
    }

    /// What is known so far.
    pub(crate) const fn sums(&self) -> &Sums {
        &self.sums
    }

    /// Users whose attempts were used up in this session.
    pub(crate) const fn exhausted(&self) -> u64 {
        self.exhausted
    }

    /// Pulls what is left of `users`. `show` is told how far it is, a few times a second.
    pub(crate) async fn run<T: Transport>(
        &mut self,
        (users, source, mapping): (&[u64], &Source, &Mapping),
        api: &Api<'_, T>,
        signals: &mut Signals,
        show: &mut dyn FnMut(&Self, reads::Tally),
    ) -> Result<End, Error> {
        let mut work = Pulling {
            users: users.iter(),
            export: self,
            show: &mut |export| show(export, api.calls.tally()),
        };
        let ask = |user| pull(api, source, mapping, user);
        let end = read_all(&mut work, ask, AT_ONCE, signals).await?;
        self.commit()?;
        if end == End::Completed && self.exhausted == 0 {
            self.complete()?;
        }
        Ok(end)
    }

    /// Hands every doubt to `each`, in the order in which they came up.
    pub(crate) fn doubts(&mut self, mut each: impl FnMut(&Doubt)) -> Result<(), Error> {
        self.journal.replay(|_: &Header, line: Line| {
            line.doubts.iter().for_each(&mut each);
        })?;
        Ok(())
    }

    fn take(&mut self, pulled: &Pulled) {
        if pulled.exhausted {
            self.exhausted += 1;
            return;
        }
        self.rows.buffer.extend_from_slice(&pulled.rows);
        self.c2c.buffer.extend_from_slice(&pulled.c2c);
        self.sums.add(&pulled.sums);
        self.done.insert(pulled.user);
        self.journal.note(&Line {
            user: Some(pulled.user),
            rows: self.rows.end(),
            c2c: self.c2c.end(),
            sums: pulled.sums,
            doubts: pulled.doubts.clone(),
        });
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.rows.commit()?;
        self.c2c.commit()?;
        self.journal.commit()?;
        self.committed = Instant::now();
        Ok(())
    }

    /// Gives the files their names, and says so.
    fn complete(&mut self) -> Result<(), Error> {
        let replace = self.paths.replace;
        self.rows.finish(&self.paths.output, replace)?;
        if self.c2c.end() > 0 {
            self.c2c.finish(&self.paths.c2c, replace)?;
        } else {
            self.c2c.remove()?;
        }
        self.journal.note(&Line {
            user: None,
            rows: self.rows.end(),
            c2c: self.c2c.end(),
            sums: Sums::default(),
            doubts: Vec::new(),
        });
        Ok(self.journal.commit()?)
    }
}

fn same(found: &Header, header: &Header, path: &Path) -> Result<(), Error> {
    let differences = [
        (found.journal != header.journal, "the kind of log"),
        (found.base_url != header.base_url, "the base URL"),
        (found.users != header.users, "the list of users"),
        (found.dialogs != header.dialogs, "the list of dialogs"),
        (found.options != header.options, "an option"),
    ];
    match differences.into_iter().find(|&(differs, _)| differs) {
        None => Ok(()),
        Some((_, difference)) => Err(Error::Other {
            path: path.to_owned(),
            difference,
        }),
    }
}

fn refuse_existing(paths: &Paths) -> Result<(), Error> {
    if paths.replace {
        return Ok(());
    }
    let outputs = [&paths.output, &paths.c2c];
    let under_way = outputs.map(|path| part_of(path));
    let existing = outputs
        .into_iter()
        .chain(&under_way)
        .find(|path| path.exists());
    match existing {
        None => Ok(()),
        Some(path) => Err(Error::Exists { path: path.clone() }),
    }
}

/// Where the rows of `path` are before all are there.
fn part_of(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    PathBuf::from(part)
}

/// A file under way.
#[derive(Debug)]
struct Part {
    path: PathBuf,
    file: Option<File>,
    /// Bytes on disk.
    written: u64,
    buffer: Vec<u8>,
}

impl Part {
    /// The part file of `path`, cut to `length`.
    fn open(path: &Path, length: u64) -> Result<Self, Error> {
        let named = path.metadata().is_ok_and(|found| found.len() == length);
        if named && length > 0 {
            // The session before was cut off between the name and the line that says so.
            return Ok(Self {
                written: length,
                ..Self::finished(path)
            });
        }
        let path = part_of(path);
        let opened = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| {
                let found = file.metadata()?.len();
                if found >= length {
                    file.set_len(length)?;
                    file.seek(SeekFrom::End(0))?;
                }
                Ok((file, found))
            });
        match opened {
            Err(source) => Err(Error::Write { path, source }),
            Ok((_, found)) if found < length => Err(Error::Short { path }),
            Ok((file, _)) => Ok(Self {
                path,
                file: Some(file),
                written: length,
                buffer: Vec::new(),
            }),
        }
    }

    /// A file that has its name already.
    fn finished(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            file: None,
            written: 0,
            buffer: Vec::new(),
        }
    }

    /// Where the file ends once everything is written.
    fn end(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    fn commit(&mut self) -> Result<(), Error> {
        let (Some(file), false) = (&mut self.file, self.buffer.is_empty()) else {
            return Ok(());
        };
        let written = file.write_all(&self.buffer).and_then(|()| file.sync_data());
        written.map_err(|source| Error::Write {
            path: self.path.clone(),
            source,
        })?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    fn finish(&self, path: &Path, replace: bool) -> Result<(), Error> {
        if self.file.is_none() {
            return Ok(());
        }
        if !replace && path.exists() {
            let path = path.to_owned();
            return Err(Error::Exists { path });
        }
        let renamed = std::fs::rename(&self.path, path).and_then(|()| sync_directory(path));
        renamed.map_err(|source| Error::Write {
            path: path.to_owned(),
            source,
        })
    }

    fn remove(&self) -> Result<(), Error> {
        std::fs::remove_file(&self.path).map_err(|source| Error::Write {
            path: self.path.clone(),
            source,
        })
    }
}

/// The users that are left.
struct Pulling<'a> {
    users: std::slice::Iter<'a, u64>,
    export: &'a mut Export,
    show: &'a mut dyn FnMut(&Export),
}

impl Work for Pulling<'_> {
    type Unit = u64;
    type Outcome = Pulled;
    type Error = Error;

    fn next(&mut self) -> Result<Option<u64>, Error> {
        let done = &self.export.done;
        Ok(self.users.find(|user| !done.contains(user)).copied())
    }

    fn done(&mut self, pulled: Pulled) -> Result<(), Error> {
        self.export.take(&pulled);
        Ok(())
    }

    fn tick(&mut self) -> Result<(), Error> {
        if self.export.committed.elapsed() >= COMMIT_EVERY {
            self.export.commit()?;
        }
        (self.show)(self.export);
        Ok(())
    }
}

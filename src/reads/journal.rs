//! What a sweep has done so far: JSON Lines, append-only, each line with its checksum.
//!
//! The first line says what the sweep is about; each further one is a unit that is done. A last
//! line that was cut off is dropped; any other damage is an error that names the line. What was
//! written counts only once it was committed. Readable with `jq`. `FORMAT.md` is beside this file.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::storage::{DiskFile, LineError, LineWriter, Lines, OpenError, format_version};

/// The newest format that is read. Headers of this one need not state it.
const FORMAT: u32 = 1;

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It cannot be opened or created.
    #[error("cannot open the progress log `{}`", path.display())]
    Open { path: PathBuf, source: io::Error },
    /// It cannot be read.
    #[error("cannot read the progress log `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// It cannot be written.
    #[error("cannot write the progress log `{}`", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// Another process has it.
    #[error("another process is using the progress log `{}`", path.display())]
    Locked { path: PathBuf },
    /// A line in the middle is damaged.
    #[error("the progress log `{}` is damaged at line {line}", path.display())]
    Damaged { path: PathBuf, line: u64 },
    /// A newer tool wrote it.
    #[error(
        "the progress log `{}` has format version {found}; this version of im-unread reads up to {newest}",
        path.display()
    )]
    Newer {
        path: PathBuf,
        found: u32,
        newest: u32,
    },
}

/// An open journal, locked for this process.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    lines: LineWriter<DiskFile>,
    /// Why a line could not be noted.
    refused: Option<io::Error>,
}

/// A journal as it was found.
#[derive(Debug)]
pub(crate) struct Opened<H> {
    /// Ready for more.
    pub(crate) journal: Journal,
    /// Its first line; `None` for one that is new, or that never got its first line.
    pub(crate) header: Option<H>,
}

impl Journal {
    /// Opens the journal at `path`, creating it if need be, and hands every line but the first to
    /// `each`.
    pub(crate) fn open<H: DeserializeOwned, L: DeserializeOwned>(
        path: &Path,
        each: impl FnMut(&H, L),
    ) -> Result<Opened<H>, Error> {
        let file = DiskFile::open_or_create(path).map_err(|refused| unopened(path, refused))?;
        let mut lines = file.lines();
        let header = replay(path, &mut lines, each)?;
        let mended = file.mend(lines.end(), lines.tail());
        drop(lines);
        let journal = Self {
            path: path.to_owned(),
            lines: LineWriter::new(file),
            refused: None,
        };
        mended.map_err(|source| journal.unwritable(source))?;
        Ok(Opened { journal, header })
    }

    /// Hands every whole line but the first of the journal at `path` to `each`, and leaves the file
    /// as it is. Returns the first.
    pub(crate) fn read<H: DeserializeOwned, L: DeserializeOwned>(
        path: &Path,
        each: impl FnMut(&H, L),
    ) -> Result<Option<H>, Error> {
        let file = DiskFile::shared(path).map_err(|refused| unopened(path, refused))?;
        replay(path, &mut file.lines(), each)
    }

    /// Hands every line but the first to `each` again.
    pub(crate) fn replay<H: DeserializeOwned, L: DeserializeOwned>(
        &mut self,
        each: impl FnMut(&H, L),
    ) -> Result<(), Error> {
        replay(&self.path, &mut self.lines.file().lines(), each).map(drop)
    }

    /// Empties the journal and begins it anew with `header`.
    pub(crate) fn begin(&mut self, header: &impl Serialize) -> Result<(), Error> {
        self.lines.forget();
        let cleared = self.lines.file().clear();
        cleared.map_err(|source| self.unwritable(source))?;
        self.note(header);
        self.commit()
    }

    /// Adds a line, to be written by the next commit.
    pub(crate) fn note(&mut self, line: &impl Serialize) {
        if let Err(refused) = self.lines.add(line) {
            self.refused.get_or_insert(refused);
        }
    }

    /// Brings what was noted to disk. A pause of the disk holds up the calls: reads can wait.
    pub(crate) fn commit(&mut self) -> Result<(), Error> {
        let committed = match self.refused.take() {
            Some(refused) => Err(refused),
            None => self.lines.write().and_then(|()| self.lines.sync_now()),
        };
        committed.map_err(|source| self.unwritable(source))
    }

    fn unwritable(&self, source: io::Error) -> Error {
        Error::Write {
            path: self.path.clone(),
            source,
        }
    }
}

fn unopened(path: &Path, refused: OpenError) -> Error {
    let path = path.to_owned();
    match refused {
        OpenError::Locked => Error::Locked { path },
        OpenError::Io(source) => Error::Open { path, source },
    }
}

/// Hands every whole line but the first of the journal at `path` to `each`. Returns the first.
fn replay<R: Read, H: DeserializeOwned, L: DeserializeOwned>(
    path: &Path,
    lines: &mut Lines<R>,
    mut each: impl FnMut(&H, L),
) -> Result<Option<H>, Error> {
    let bad = |error| bad(path, error);
    let Some(first) = lines.next().map_err(bad)? else {
        // What does not even begin like a line of ours is another file, not a cut one.
        let torn = lines.torn();
        let first: &[u8] = b"{\"journal\":\"";
        return if torn.starts_with(first.get(..torn.len()).unwrap_or(first)) {
            Ok(None)
        } else {
            Err(Error::Damaged {
                path: path.to_owned(),
                line: 1,
            })
        };
    };
    if let Some(found) = format_version(first.bytes).filter(|&found| found > FORMAT) {
        return Err(Error::Newer {
            path: path.to_owned(),
            found,
            newest: FORMAT,
        });
    }
    let header = first.decode().map_err(bad)?;
    while let Some(line) = lines.next().map_err(bad)? {
        each(&header, line.decode().map_err(bad)?);
    }
    Ok(Some(header))
}

fn bad(path: &Path, error: LineError) -> Error {
    let path = path.to_owned();
    match error {
        LineError::Read(source) => Error::Read { path, source },
        LineError::Damaged(damaged) => Error::Damaged {
            path,
            line: damaged.line,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path) -> Result<(Journal, Option<String>, Vec<u64>), Error> {
        #[derive(serde::Deserialize)]
        struct Head {
            journal: String,
        }
        #[derive(serde::Deserialize)]
        struct Line {
            unit: u64,
        }
        let mut units = Vec::new();
        let opened = Journal::open(path, |_: &Head, line: Line| units.push(line.unit))?;
        let name = opened.header.map(|head| head.journal);
        Ok((opened.journal, name, units))
    }

    fn filled(path: &Path) -> Vec<u8> {
        let (mut journal, header, _) = open(path).unwrap();
        assert_eq!(header, None);
        journal
            .begin(&serde_json::json!({"journal": "a sweep"}))
            .unwrap();
        for unit in 0..20 {
            journal.note(&serde_json::json!({"unit": unit}));
        }
        journal.commit().unwrap();
        drop(journal);
        std::fs::read(path).unwrap()
    }

    #[test]
    fn a_journal_cut_at_any_byte_keeps_its_whole_lines_and_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let whole = filled(&path);
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            // A whole line counts, also without its newline.
            let is_whole = matches!(whole.get(cut), Some(b'\n'));
            let lines = memchr::memchr_iter(b'\n', &whole[..cut]).count() + usize::from(is_whole);
            let (mut journal, header, units) = open(&path).unwrap();
            assert_eq!(header.is_some(), lines > 0);
            assert_eq!(units.len(), lines.saturating_sub(1));
            if header.is_some() {
                journal.note(&serde_json::json!({"unit": 99}));
                journal.commit().unwrap();
                drop(journal);
                assert_eq!(open(&path).unwrap().2.last(), Some(&99));
            }
        }
    }

    #[test]
    fn a_damaged_line_in_the_middle_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let mut bytes = filled(&path);
        let third = memchr::memchr_iter(b'\n', &bytes).nth(1).unwrap();
        bytes[third + 9] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(open(&path), Err(Error::Damaged { line: 3, .. })));
    }

    #[test]
    fn a_newer_format_is_an_error_and_the_file_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let (mut journal, ..) = open(&path).unwrap();
        let header = serde_json::json!({"journal": "a sweep", "format": FORMAT + 1, "new": []});
        journal.begin(&header).unwrap();
        drop(journal);
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(open(&path), Err(Error::Newer { found: 2, .. })));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_line_that_could_not_be_read_back_is_not_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let whole = filled(&path);
        let (mut journal, ..) = open(&path).unwrap();
        journal.note(&serde_json::json!({"unit": 20, "text": "x".repeat(17 << 20)}));
        assert!(matches!(journal.commit(), Err(Error::Write { .. })));
        drop(journal);
        assert_eq!(std::fs::read(&path).unwrap(), whole);
    }

    #[test]
    fn a_file_that_is_no_journal_stays_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notes");
        for text in [
            "one line without an end",
            "{\"a\": \"world\"}",
            "two\nlines",
            "group,member\n",
        ] {
            std::fs::write(&path, text).unwrap();
            assert!(matches!(open(&path), Err(Error::Damaged { line: 1, .. })));
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn reading_a_cut_journal_does_not_cut_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let whole = filled(&path);
        let cut = &whole[..whole.len() - 3];
        std::fs::write(&path, cut).unwrap();
        let mut lines = 0;
        let count = |_: &serde_json::Value, _: serde_json::Value| lines += 1;
        assert!(Journal::read(&path, count).unwrap().is_some());
        assert_eq!((lines, std::fs::read(&path).unwrap().as_slice()), (19, cut));
    }

    #[test]
    fn two_processes_cannot_share_a_journal() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let first = open(&path).unwrap();
        assert!(matches!(open(&path), Err(Error::Locked { .. })));
        drop(first);
    }
}

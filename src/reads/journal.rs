//! What a sweep has done so far: JSON Lines, append-only, each line with its checksum.
//!
//! The first line says what the sweep is about; each further one is a unit that is done. A last
//! line that was cut off is dropped; any other damage is an error that names the line. What was
//! written counts only once it was committed. Readable with `jq`. `FORMAT.md` is beside this file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::lock::LockedFile;

/// Between a line's content and its checksum.
const CRC_MEMBER: &[u8] = b",\"crc\":\"";

/// Length of a line's end: the member, eight digits, `"}`.
const CRC_TAIL: usize = CRC_MEMBER.len() + 8 + 2;

/// No line of ours is longer: a unit names some thousands of members at most.
const LONGEST_LINE: u64 = 16 << 20;

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
}

/// An open journal, locked for this process.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: LockedFile,
    buffer: Vec<u8>,
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
        let mut journal = Self::locked(path)?;
        let (header, end) = journal.replay(each)?;
        journal.cut(end)?;
        Ok(Opened { journal, header })
    }

    /// Hands every whole line but the first of the journal at `path` to `each`, and leaves the file
    /// as it is. Returns the first.
    pub(crate) fn read<H: DeserializeOwned, L: DeserializeOwned>(
        path: &Path,
        each: impl FnMut(&H, L),
    ) -> Result<Option<H>, Error> {
        let file = File::open(path).map_err(|source| Error::Open {
            path: path.to_owned(),
            source,
        })?;
        let mut journal = Self {
            path: path.to_owned(),
            file: locked(path, LockedFile::shared(file))?,
            buffer: Vec::new(),
        };
        let (header, _end) = journal.replay(each)?;
        Ok(header)
    }

    /// Hands every committed line but the first to `each`. Returns the first, and where the last
    /// whole line ends.
    pub(crate) fn replay<H: DeserializeOwned, L: DeserializeOwned>(
        &mut self,
        mut each: impl FnMut(&H, L),
    ) -> Result<(Option<H>, u64), Error> {
        let path = &self.path;
        let unreadable = |source| Error::Read {
            path: path.clone(),
            source,
        };
        (&*self.file).seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let mut lines = BufReader::new(&*self.file);
        let mut line = Vec::new();
        let (mut number, mut end) = (0, 0);
        let mut header = None;
        loop {
            line.clear();
            let mut limited = (&mut lines).take(LONGEST_LINE);
            let read = limited.read_until(b'\n', &mut line).map_err(unreadable)?;
            number += 1;
            let damaged = || Error::Damaged {
                path: path.clone(),
                line: number,
            };
            if line.last() != Some(&b'\n') {
                // What does not even begin like a line of ours is another file, not a cut one.
                let first: &[u8] = b"{\"journal\":\"";
                let known = first.get(..line.len()).unwrap_or(first);
                return if header.is_some() || line.starts_with(known) {
                    Ok((header, end))
                } else {
                    Err(damaged())
                };
            }
            let content = verified(line.trim_ascii_end()).ok_or_else(damaged)?;
            match &header {
                None => header = Some(decode(content).ok_or_else(damaged)?),
                Some(header) => each(header, decode(content).ok_or_else(damaged)?),
            }
            end += read as u64;
        }
    }

    /// Empties the journal and begins it anew with `header`.
    pub(crate) fn begin(&mut self, header: &impl Serialize) -> Result<(), Error> {
        self.buffer.clear();
        self.cut(0)?;
        self.note(header);
        self.commit()
    }

    /// Adds a line, to be written by the next commit.
    pub(crate) fn note(&mut self, line: &impl Serialize) {
        let start = self.buffer.len();
        serde_json::to_writer(&mut self.buffer, line)
            .expect("plain data with string keys always serialises into memory");
        let closing = self.buffer.pop();
        debug_assert_eq!(closing, Some(b'}'), "every line is an object");
        let crc = crc32c::crc32c(self.buffer.get(start..).unwrap_or_default());
        self.buffer.extend_from_slice(CRC_MEMBER);
        self.buffer
            .extend_from_slice(format!("{crc:08x}\"}}\n").as_bytes());
    }

    /// Brings what was noted to disk. A pause of the disk holds up the calls: reads can wait.
    pub(crate) fn commit(&mut self) -> Result<(), Error> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let written = (&*self.file)
            .write_all(&self.buffer)
            .and_then(|()| self.file.sync_data());
        self.buffer.clear();
        written.map_err(|source| self.unwritable(source))
    }

    fn locked(path: &Path) -> Result<Self, Error> {
        let open = |source| Error::Open {
            path: path.to_owned(),
            source,
        };
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .map_err(open)?;
        Ok(Self {
            path: path.to_owned(),
            file: locked(path, LockedFile::exclusive(file))?,
            buffer: Vec::new(),
        })
    }

    fn cut(&mut self, end: u64) -> Result<(), Error> {
        let cut = self
            .file
            .set_len(end)
            .and_then(|()| (&*self.file).seek(SeekFrom::End(0)));
        cut.map(drop).map_err(|source| self.unwritable(source))
    }

    fn unwritable(&self, source: io::Error) -> Error {
        Error::Write {
            path: self.path.clone(),
            source,
        }
    }
}

fn locked(path: &Path, file: Result<LockedFile, TryLockError>) -> Result<LockedFile, Error> {
    file.map_err(|refused| match refused {
        TryLockError::WouldBlock => Error::Locked {
            path: path.to_owned(),
        },
        TryLockError::Error(source) => Error::Open {
            path: path.to_owned(),
            source,
        },
    })
}

/// A line's content without its checksum and closing brace, if the checksum is right.
fn verified(line: &[u8]) -> Option<&[u8]> {
    let (content, tail) = line.split_at_checked(line.len().checked_sub(CRC_TAIL)?)?;
    let digits = tail.strip_prefix(CRC_MEMBER)?.strip_suffix(b"\"}")?;
    let expected = format!("{:08x}", crc32c::crc32c(content));
    (digits == expected.as_bytes()).then_some(content)
}

fn decode<T: DeserializeOwned>(content: &[u8]) -> Option<T> {
    let mut whole = content.to_vec();
    whole.push(b'}');
    serde_json::from_slice(&whole).ok()
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
            let lines = memchr::memchr_iter(b'\n', &whole[..cut]).count();
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

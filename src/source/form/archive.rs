//! Archives: every member that is a file becomes an input of its own, called `archive:member`.
//!
//! Directories and links in an archive are no files, and hidden ones and those that macOS adds for
//! itself are left out, as in a directory. What a link points to is in the archive by itself.

use std::cell::Cell;
use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use calamine::{Reader as _, Xlsx, XlsxError};
use zip::ZipArchive;
use zip::result::ZipError;

use super::magic::Wrapping;
use super::meter::Metered;
use super::sql::Dump;
use super::workbook::{Sheet, placed};
use super::{Form, Opened, Opening, Part};
use crate::source::Error;
use crate::source::listing::Wanted;
use crate::source::open::Handle;

/// Bytes of an archive read at a time.
const BLOCK: usize = 128 << 10;

/// A workbook is a zip too, with this member.
const WORKBOOK: &str = "xl/workbook.xml";

/// The name of a member without what does not matter in it; `None` if it is not to be read.
fn member_name(raw: &str) -> Option<String> {
    let parts: Vec<&str> = raw
        .split(['/', '\\'])
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    let (last, first) = (parts.last()?, parts.first()?);
    (!last.starts_with('.') && *first != "__MACOSX").then(|| parts.join("/"))
}

/// The members of an archive that were met.
#[derive(Default)]
struct Found {
    names: HashSet<String>,
    opened: Vec<(String, Opened)>,
}

impl Found {
    /// Notes that a member of this name is there; `false` if one was there before.
    fn meet(&mut self, name: &str) -> bool {
        self.names.insert(name.to_owned())
    }

    /// The names of the members in order, for a message.
    fn present(self) -> Vec<String> {
        let mut names: Vec<String> = self.names.into_iter().collect();
        names.sort_unstable();
        names
    }
}

impl Opening<'_> {
    /// Reads the members of the zip in `handle`.
    pub(super) fn zip(&mut self, handle: &Handle) -> Result<Vec<Opened>, Error> {
        let file = handle.at(0).map_err(|source| self.unread(source))?;
        let file = Metered::new(BufReader::with_capacity(BLOCK, file), &self.meter);
        let mut archive =
            ZipArchive::new(file).map_err(|error| self.broken_zip(self.path, error))?;
        if archive.index_for_name(WORKBOOK).is_some() {
            return self.workbook(handle);
        }
        let mut found = Found::default();
        for index in 0..archive.len() {
            if self.has_enough(&found) {
                return self.chosen(found);
            }
            self.zip_member(&mut archive, index, &mut found)?;
        }
        if archive.has_duplicate_names() {
            return Err(Error::TwiceInArchive {
                path: self.path.to_owned(),
            });
        }
        self.chosen(found)
    }

    fn zip_member<R: Read + io::Seek>(
        &mut self,
        archive: &mut ZipArchive<R>,
        index: usize,
        found: &mut Found,
    ) -> Result<(), Error> {
        let entry = archive
            .by_index_data(index)
            .map_err(|error| self.broken_zip(self.path, error))?;
        let raw = entry
            .name()
            .map_err(|error| self.broken_zip(self.path, error))?;
        let Some(name) = member_name(&raw).filter(|_| entry.is_file()) else {
            return Ok(());
        };
        if !self.wants(&name, found)? {
            return Ok(());
        }
        let path = self.labelled(&name);
        if entry.encrypted() {
            return Err(Error::Encrypted { path });
        }
        let member = archive
            .by_index(index)
            .map_err(|error| self.broken_zip(&path, error))?;
        self.open_member(&name, Box::new(member), &[Wrapping::Zip], found)
    }

    /// Reads the members of the tar that `stream` is.
    pub(super) fn tar(
        &mut self,
        stream: impl Read,
        around: &[Wrapping],
    ) -> Result<Vec<Opened>, Error> {
        let (zeros, ended) = (Cell::new(0), Cell::new(false));
        let ending = Ending {
            inner: stream,
            zeros: &zeros,
            ended: &ended,
        };
        let mut archive = tar::Archive::new(ending);
        let mut found = Found::default();
        let place = (self.path, around);
        let failed = |this: &Self, error: io::Error| {
            // The archive's reader has no kind of its own for the end of the stream.
            let error = if ended.get() && !this.meter.failed() {
                io::Error::new(io::ErrorKind::UnexpectedEof, error)
            } else {
                error
            };
            this.unreadable(place, 0, error)
        };
        for entry in archive.entries().map_err(|error| failed(self, error))? {
            let entry = entry.map_err(|error| failed(self, error))?;
            let kind = entry.header().entry_type();
            let raw = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let file = kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse();
            let Some(name) = member_name(&raw).filter(|_| file && !raw.ends_with('/')) else {
                continue;
            };
            if self.wants(&name, &mut found)? {
                self.open_member(&name, Box::new(entry), around, &mut found)?;
            }
            if self.has_enough(&found) {
                return self.chosen(found);
            }
        }
        // A checksum may stand behind the last member.
        io::copy(&mut archive.into_inner(), &mut io::sink())
            .map_err(|error| failed(self, error))?;
        if zeros.get() < BLOCKS_AT_END {
            let cut = io::Error::other("the end of the archive is missing");
            return Err(failed(self, cut));
        }
        self.chosen(found)
    }

    /// Whether as many members are open as are to be looked at.
    fn has_enough(&self, found: &Found) -> bool {
        self.extent
            .is_some_and(|extent| found.opened.len() >= extent.inputs && self.members.is_empty())
    }

    /// Whether the member is to be read; notes that it is there.
    fn wants(&self, name: &str, found: &mut Found) -> Result<bool, Error> {
        if !found.meet(name) {
            return Err(Error::TwiceInArchive {
                path: self.labelled(name),
            });
        }
        let members = self.members;
        Ok(members.is_empty() || members.iter().any(|wanted| Wanted::new(wanted).is(name)))
    }

    fn open_member(
        &mut self,
        name: &str,
        stream: Box<dyn Read + '_>,
        around: &[Wrapping],
        found: &mut Found,
    ) -> Result<(), Error> {
        let path = self.labelled(name);
        let opened = match self.unwrap(&path, stream, around) {
            Err(error) if self.members.is_empty() && error.tells_no_input(&path) => {
                vec![self.no_input(path)]
            }
            opened => opened?,
        };
        let part = self.part();
        found.opened.extend(opened.into_iter().map(|opened| {
            let part = match opened.part {
                Part::NoInput => Part::NoInput,
                Part::Whole | Part::Member => part,
            };
            (name.to_owned(), Opened { part, ..opened })
        }));
        Ok(())
    }

    /// What a member is: one that was asked for has to be an input.
    const fn part(&self) -> Part {
        if self.members.is_empty() {
            Part::Member
        } else {
            Part::Whole
        }
    }

    fn no_input(&self, path: PathBuf) -> Opened {
        Opened {
            path,
            handle: Handle::Path(self.path.to_owned()),
            form: Form::plain(),
            cut: false,
            part: Part::NoInput,
        }
    }

    /// Reads the tables of the dump that `stream` is.
    pub(super) fn sql(
        &mut self,
        (name, around): (&Path, &[Wrapping]),
        stream: impl BufRead,
    ) -> Result<Vec<Opened>, Error> {
        let archived = around.iter().any(|outer| outer.is_archive());
        let mut dump = Dump::new(stream);
        let mut found = Found::default();
        while let Some(table) = dump
            .next_table()
            .map_err(|error| self.unreadable((name, around), 0, error))?
        {
            let mut label = name.as_os_str().to_owned();
            label.push(":");
            label.push(&table);
            let path = PathBuf::from(label);
            let wanted = self.wants(&table, &mut found)? || archived;
            let opened = if wanted {
                self.converted((&path, around), "SQL", &mut dump.rows())?
            } else {
                io::copy(&mut dump.rows(), &mut io::sink())
                    .map_err(|error| self.unreadable((name, around), 0, error))?;
                continue;
            };
            let cut = opened.cut;
            let part = if archived { Part::Member } else { self.part() };
            found.opened.push((table, Opened { part, ..opened }));
            if cut {
                break;
            }
        }
        if archived {
            let opened = found.opened.into_iter();
            return Ok(opened.map(|(_, opened)| opened).collect());
        }
        self.chosen(found)
    }

    /// Reads the sheets of the workbook in `handle`.
    fn workbook(&mut self, handle: &Handle) -> Result<Vec<Opened>, Error> {
        let around = [Wrapping::Zip];
        let failed = |this: &Self, error: XlsxError| {
            this.unreadable((this.path, &around), 0, io::Error::other(error))
        };
        let file = handle.at(0).map_err(|source| self.unread(source))?;
        let file = BufReader::with_capacity(BLOCK, file);
        let mut book: Xlsx<_> = Xlsx::new(file).map_err(|error| failed(self, error))?;
        let mut found = Found::default();
        for sheet in book.sheet_names() {
            if !self.wants(&sheet, &mut found)? {
                continue;
            }
            let path = self.labelled(&sheet);
            let mut cells = book
                .worksheet_cells_reader(&sheet)
                .map_err(|error| failed(self, error))?;
            let mut rows = Sheet::new(|| {
                loop {
                    match cells.next_cell().map_err(io::Error::other)? {
                        None => return Ok(None),
                        Some(cell) => {
                            if let Some(placed) = placed(&cell) {
                                return Ok(Some(placed));
                            }
                        }
                    }
                }
            });
            let opened = self.converted((&path, &[]), "a workbook", &mut rows)?;
            let part = self.part();
            found.opened.push((sheet, Opened { part, ..opened }));
        }
        self.chosen(found)
    }

    fn labelled(&self, name: &str) -> PathBuf {
        let mut label = self.path.as_os_str().to_owned();
        label.push(":");
        label.push(name);
        label.into()
    }

    /// The members in the order in which they were asked for.
    fn chosen(&self, found: Found) -> Result<Vec<Opened>, Error> {
        if found.names.is_empty() {
            return Err(Error::NoFile {
                path: self.path.to_owned(),
                directories: false,
            });
        }
        if self.members.is_empty() {
            let opened = found.opened.into_iter();
            return Ok(opened.map(|(_, opened)| opened).collect());
        }
        let mut all = Vec::new();
        for wanted in self.members {
            let before = all.len();
            let wanted_ones = Wanted::new(wanted);
            let opened = found.opened.iter();
            let of = opened.filter(|(name, _)| wanted_ones.is(name));
            all.extend(of.map(|(_, opened)| opened.clone()));
            if all.len() == before {
                return Err(Error::NoMember {
                    path: self.path.to_owned(),
                    member: wanted.clone(),
                    present: found.present(),
                });
            }
        }
        Ok(all)
    }

    fn broken_zip(&self, path: &Path, error: ZipError) -> Error {
        self.unreadable((path, &[Wrapping::Zip]), 0, error.into())
    }
}

/// The compression of a member, if that is why it cannot be read.
pub(super) fn unread_method(error: &io::Error) -> Option<u16> {
    match error.get_ref()?.downcast_ref() {
        Some(&ZipError::CompressionMethodNotSupported(method)) => Some(method),
        Some(_) | None => None,
    }
}

/// Zero bytes with which a tar ends: two blocks of 512.
const BLOCKS_AT_END: u64 = 1024;

/// Counts the zero bytes that a stream ends with: a tar that was cut between two members would
/// otherwise read as a shorter one.
struct Ending<'z, R> {
    inner: R,
    zeros: &'z Cell<u64>,
    ended: &'z Cell<bool>,
}

impl<R: Read> Read for Ending<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        let zeros = bytes.iter().rev().take_while(|&&byte| byte == 0).count();
        self.ended.set(read == 0 && !buffer.is_empty());
        let before = if zeros == read { self.zeros.get() } else { 0 };
        self.zeros.set(before + zeros as u64);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;

    /// The shortest of a few runs: others use the machine too.
    fn meeting(members: usize) -> Duration {
        let names: Vec<String> = (0..members)
            .map(|n| format!("messages/{n:09}.json"))
            .collect();
        let run = || {
            let begun = Instant::now();
            let mut found = Found::default();
            assert!(names.iter().all(|name| found.meet(name)));
            begun.elapsed()
        };
        [run(), run(), run()].into_iter().min().unwrap_or_default()
    }

    #[test]
    fn each_member_of_an_archive_costs_the_same_however_many_there_are() {
        let (few, many) = (meeting(1_000), meeting(64_000));
        assert!(many < few * 64 * 12, "{few:?} for 1, {many:?} for 64");
        let mut found = Found::default();
        assert!(found.meet("a") && found.meet("b") && !found.meet("a"));
    }
}

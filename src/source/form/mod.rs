//! Forms: what an input is wrapped in is taken off, and what is left is text in UTF-8.
//!
//! Compression and archives are told by their first bytes, never by a name. Text that is UTF-8 in
//! a plain file is read where it stands; all other text is copied to the spool, so that everybody
//! behind it can read it more than once and name lines and bytes of the text itself. A file that
//! is cut short or damaged is an error, never a shorter input.

mod archive;
mod bson;
mod encoding;
mod magic;
mod meter;
mod peek;
mod spool;
mod sql;
mod table;
mod workbook;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

pub(crate) use self::encoding::Encoding;
use self::encoding::{Decoding, Known, Sniffed};
use self::magic::{Magic, Wrapping, magic};
use self::meter::{Meter, Metered};
use self::peek::Peeked;
use self::spool::Failed;
pub(super) use self::spool::Spool;
use self::table::Printed;
use super::open::Handle;
use super::{Error, Extent, Options};

/// Compressions and archives inside each other that are followed.
const DEPTH: usize = 4;

/// Bytes at the end of a file that are looked at.
const TAIL: u64 = 64;

/// Bytes of a compressed file read at a time.
const BLOCK: usize = 128 << 10;

/// What was taken off an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    /// Compressions and archives, the outermost first.
    pub(super) wrappings: Vec<&'static str>,
    encoding: Encoding,
    known: Known,
    /// Places that mean nothing in the encoding.
    malformed: u64,
}

impl Form {
    fn new(around: &[Wrapping], sniffed: Sniffed) -> Self {
        Self {
            wrappings: around.iter().map(|wrapping| wrapping.name()).collect(),
            encoding: sniffed.encoding,
            known: sniffed.known,
            malformed: 0,
        }
    }

    /// What is not wrapped, and in UTF-8.
    const fn plain() -> Self {
        Self {
            wrappings: Vec::new(),
            encoding: Encoding::UTF_8,
            known: Known::Guessed,
            malformed: 0,
        }
    }

    /// What a person has to know of the encoding; nothing if it is UTF-8 and nobody said so.
    pub(super) fn encoding(&self) -> Option<String> {
        let name = self.encoding.name();
        let known = match self.known {
            Known::Mark | Known::Guessed if self.encoding == Encoding::UTF_8 => return None,
            Known::Mark => format!("{name} by its byte order mark"),
            Known::Named => format!("{name} as named"),
            Known::Guessed => format!("{name} by its look"),
        };
        Some(match self.malformed {
            0 => known,
            1 => format!("{known}, 1 place that is not {name}"),
            places => format!("{known}, {places} places that are not {name}"),
        })
    }
}

/// What an opened text is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A file of its own, or a member that was asked for.
    Whole,
    /// A member of an archive that is read as a whole: it may be no input.
    Member,
    /// A member that is no text.
    NoInput,
}

/// A form of text that is made CSV or JSON Lines.
#[derive(Debug, Clone, Copy)]
enum Converted {
    Bson,
    Sql,
    Printed(Printed),
}

/// The form of the file of which `head` is the beginning, and `tail` the end.
fn converted(head: &[u8], tail: &[u8]) -> Option<Converted> {
    if bson::is_bson(head) {
        return Some(Converted::Bson);
    }
    if sql::is_dump(head) {
        return Some(Converted::Sql);
    }
    table::printed(head, tail).map(Converted::Printed)
}

/// Text in UTF-8 that can be read as often as needed.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    /// What messages call it: a file, or `archive:member`.
    pub(super) path: PathBuf,
    pub(super) handle: Handle,
    pub(super) form: Form,
    /// Whether only the beginning was copied.
    pub(super) cut: bool,
    pub(super) part: Part,
}

/// The opening of one file or stream.
pub(super) struct Opening<'a> {
    /// What messages call it.
    path: &'a Path,
    /// Names or patterns of the members that are wanted, if not all are.
    members: &'a [String],
    encoding: Option<Encoding>,
    extent: Option<Extent>,
    spool: &'a mut Spool,
    meter: Meter,
}

impl<'a> Opening<'a> {
    pub(super) fn new(
        path: &'a Path,
        members: &'a [String],
        options: &Options,
        spool: &'a mut Spool,
    ) -> Self {
        Self {
            path,
            members,
            encoding: options.encoding,
            extent: options.extent,
            spool,
            meter: Meter::default(),
        }
    }

    /// Opens a regular file.
    pub(super) fn file(mut self, file: &File) -> Result<Vec<Opened>, Error> {
        let peeked = Peeked::new(file);
        let head = peeked.head();
        match magic(head) {
            Some(Magic::Wrapped(Wrapping::Zip)) => self.zip(&Handle::Path(self.path.to_owned())),
            None if self.members.is_empty()
                && !encoding::is_utf_32(head)
                && converted(head, &tail(file)).is_none() =>
            {
                let sniffed = encoding::sniff(head, peeked.is_whole(), self.encoding);
                if sniffed.encoding != Encoding::UTF_8 {
                    return self.unwrap(self.path, Box::new(peeked), &[]);
                }
                let path = self.path.to_owned();
                let handle = Handle::Path(path.clone());
                let form = Form::new(&[], sniffed);
                Ok(vec![Opened {
                    path,
                    handle,
                    form,
                    cut: false,
                    part: Part::Whole,
                }])
            }
            Some(_) | None => self.unwrap(self.path, Box::new(peeked), &[]),
        }
    }

    /// Opens what gives its bytes only once.
    pub(super) fn stream(mut self, stream: &mut dyn Read) -> Result<Vec<Opened>, Error> {
        self.unwrap(self.path, Box::new(stream), &[])
    }

    /// Takes off what `stream` is wrapped in. `around` has been taken off already.
    fn unwrap(
        &mut self,
        name: &Path,
        stream: Box<dyn Read + '_>,
        around: &[Wrapping],
    ) -> Result<Vec<Opened>, Error> {
        let peeked = Peeked::new(stream);
        let found = magic(peeked.head());
        let path = || name.to_owned();
        let wrapping = match found {
            Some(Magic::Wrapped(wrapping)) => wrapping,
            Some(Magic::Compressed(kind)) => {
                return Err(Error::Compressed { path: path(), kind });
            }
            Some(Magic::Foreign(kind, command)) => {
                let path = path();
                return Err(Error::Foreign {
                    path,
                    kind,
                    command,
                });
            }
            None => return self.unwrapped((name, around), peeked),
        };
        let archived = around.iter().any(|outer| outer.is_archive());
        let inner = [around, &[wrapping]].concat();
        let failed = |this: &Self, error| this.unreadable((name, &inner), 0, error);
        match wrapping {
            Wrapping::Gzip if inner.len() <= DEPTH => {
                let decoder = MultiGzDecoder::new(self.metered(peeked, around));
                self.unwrap(name, Box::new(decoder), &inner)
            }
            Wrapping::Zstd if inner.len() <= DEPTH => {
                let decoder = zstd::Decoder::with_buffer(self.metered(peeked, around))
                    .map_err(|error| failed(self, error))?;
                self.unwrap(name, Box::new(decoder), &inner)
            }
            Wrapping::Tar if !archived => {
                let stream = self.metered(peeked, around);
                self.tar(stream, &inner)
            }
            Wrapping::Zip if around.is_empty() => {
                let handle = self.keep((name, &[]), &mut self.metered(peeked, &[]), &mut 0)?;
                self.zip(&handle)
            }
            Wrapping::Gzip | Wrapping::Zstd | Wrapping::Tar | Wrapping::Zip => {
                Err(Error::Nested { path: path() })
            }
        }
    }

    /// A stream that is watched if it is the file itself.
    fn metered<'s>(
        &self,
        stream: Peeked<Box<dyn Read + 's>>,
        around: &[Wrapping],
    ) -> Box<dyn BufRead + 's> {
        let buffered = BufReader::with_capacity(BLOCK, stream);
        if around.is_empty() {
            Box::new(Metered::new(buffered, &self.meter))
        } else {
            Box::new(buffered)
        }
    }

    /// Copies what is not wrapped in anything, as CSV or JSON Lines if it is neither.
    fn unwrapped(
        &mut self,
        place: (&Path, &[Wrapping]),
        stream: Peeked<Box<dyn Read + '_>>,
    ) -> Result<Vec<Opened>, Error> {
        let (_, around) = place;
        let head = stream.head();
        let tail = if stream.is_whole() {
            head.to_vec()
        } else if around.is_empty() {
            File::open(self.path).map_or_else(|_| Vec::new(), |file| tail(&file))
        } else {
            Vec::new()
        };
        let Some(converted) = converted(head, &tail) else {
            return Ok(vec![self.text(place, stream)?]);
        };
        let stream = self.metered(stream, around);
        Ok(vec![match converted {
            Converted::Sql => return self.sql(place, stream),
            Converted::Bson => self.converted(place, "BSON", &mut bson::Lines::new(stream))?,
            Converted::Printed(printed) => {
                let mut table = table::Table::new(stream, printed);
                self.converted(place, "a printed table", &mut table)?
            }
        }])
    }

    /// Copies `text`, which was made of another form.
    fn converted(
        &mut self,
        place: (&Path, &[Wrapping]),
        kind: &'static str,
        text: &mut dyn Read,
    ) -> Result<Opened, Error> {
        let (name, around) = place;
        let most = self.extent.map_or(u64::MAX, |extent| extent.bytes);
        let mut copied = 0;
        let handle = self.keep(place, &mut text.take(most), &mut copied)?;
        let wrappings = around.iter().map(|wrapping| wrapping.name());
        Ok(Opened {
            path: name.to_owned(),
            handle,
            form: Form {
                wrappings: wrappings.chain([kind]).collect(),
                encoding: Encoding::UTF_8,
                known: Known::Guessed,
                malformed: 0,
            },
            cut: copied == most,
            part: Part::Whole,
        })
    }

    /// Copies the text that `stream` is, decoded.
    fn text(
        &mut self,
        place: (&Path, &[Wrapping]),
        stream: Peeked<Box<dyn Read + '_>>,
    ) -> Result<Opened, Error> {
        let (name, around) = place;
        if !around.iter().any(|outer| outer.is_archive())
            && let Some(member) = self.members.first()
        {
            return Err(Error::NoMember {
                path: self.path.to_owned(),
                member: member.clone(),
                present: Vec::new(),
            });
        }
        let (head, whole) = (stream.head(), stream.is_whole());
        if encoding::is_utf_32(head) {
            return Err(Error::Encoding {
                path: name.to_owned(),
                encoding: "UTF-32",
            });
        }
        let sniffed = encoding::sniff(head, whole, self.encoding);
        let mut form = Form::new(around, sniffed);
        let mut stream = self.metered(stream, around);
        let most = self.extent.map_or(u64::MAX, |extent| extent.bytes);
        let mut copied = 0;
        let handle = if sniffed.encoding == Encoding::UTF_8 {
            self.keep(place, &mut stream.take(most), &mut copied)?
        } else {
            io::copy(&mut stream.by_ref().take(sniffed.mark), &mut io::sink())
                .map_err(|error| self.unreadable(place, 0, error))?;
            let mut decoding = Decoding::new(stream, sniffed.encoding);
            let handle = self.keep(place, &mut decoding.by_ref().take(most), &mut copied)?;
            form.malformed = decoding.malformed();
            handle
        };
        Ok(Opened {
            path: name.to_owned(),
            handle,
            form,
            cut: copied == most,
            part: Part::Whole,
        })
    }

    fn keep(
        &mut self,
        place: (&Path, &[Wrapping]),
        text: &mut dyn Read,
        copied: &mut u64,
    ) -> Result<Handle, Error> {
        let kept = self.spool.keep(place.0, text, copied);
        kept.map_err(|failed| match failed {
            Failed::Reading(error) => self.unreadable(place, *copied, error),
            Failed::Writing(error) => error,
        })
    }

    /// Why `place` cannot be read behind the first `text` bytes of what it holds: its file cannot,
    /// or it can, and is damaged or cut short.
    fn unreadable(&self, place: (&Path, &[Wrapping]), text: u64, source: io::Error) -> Error {
        let (name, around) = place;
        if around.is_empty() || self.meter.failed() {
            return self.unread(source);
        }
        if let Some(method) = archive::unread_method(&source) {
            let path = name.to_owned();
            return Error::Method { path, method };
        }
        let kind: Vec<&str> = around.iter().map(|wrapping| wrapping.name()).collect();
        Error::Damaged {
            path: name.to_owned(),
            kind: kind.join(", "),
            byte: self.meter.taken(),
            text,
            source,
        }
    }

    fn unread(&self, source: io::Error) -> Error {
        let path = self.path.to_owned();
        Error::Read { path, source }
    }
}

/// The last bytes of a file, as many as a line that counts rows has.
fn tail(file: &File) -> Vec<u8> {
    let handle = |mut file: &File| {
        let before = file.stream_position()?;
        let end = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(end.saturating_sub(TAIL)))?;
        let mut tail = Vec::new();
        file.take(TAIL).read_to_end(&mut tail)?;
        (&mut &*file).seek(SeekFrom::Start(before))?;
        Ok::<_, io::Error>(tail)
    };
    handle(file).unwrap_or_default()
}

#[cfg(test)]
mod tests;

//! Forms: what an input is wrapped in is taken off, and what is left is text in UTF-8.
//!
//! Compression and archives are told by their first bytes, never by a name. Text that is UTF-8 in
//! a plain file is read where it stands; all other text is copied to the spool, so that everybody
//! behind it can read it more than once and name lines and bytes of the text itself. A file that
//! is cut short or damaged is an error, never a shorter input.

mod archive;
mod encoding;
mod magic;
mod meter;
mod peek;
mod spool;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

pub(crate) use self::encoding::Encoding;
use self::encoding::{Decoding, Known, Sniffed};
use self::magic::{Magic, Wrapping, magic};
use self::meter::{Meter, Metered};
use self::peek::Peeked;
use self::spool::Failed;
pub(super) use self::spool::Spool;
use super::open::Handle;
use super::{Error, Extent, Options};

/// Compressions and archives inside each other that are followed.
const DEPTH: usize = 4;

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

/// Text in UTF-8 that can be read as often as needed.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    /// What messages call it: a file, or `archive:member`.
    pub(super) path: PathBuf,
    pub(super) handle: Handle,
    pub(super) form: Form,
    /// Whether only the beginning was copied.
    pub(super) cut: bool,
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
            None if self.members.is_empty() && !encoding::is_utf_32(head) => {
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
            Some(Magic::Foreign(kind)) => return Err(Error::Foreign { path: path(), kind }),
            None => return Ok(vec![self.text((name, around), peeked)?]),
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

#[cfg(test)]
mod tests;

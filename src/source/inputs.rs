//! The inputs of a run as one: opened, recognised, and ready to be read more than once.

use std::path::{Path, PathBuf};

use super::buffer::Buffer;
use super::columns::{self, Indices, REQUIRED, Unresolved};
use super::form::{Opened, Spool};
use super::note::Note;
use super::open::{Handle, open};
use super::reader::Place;
use super::sniff::{Layout, sniff};
use super::{Error, InputPath, Maps, Options, Reader, Record, csv, json, listing};
use crate::record::{Column, Field, Location};

/// Records at the start of a JSON file that are searched for the needed members.
const PROBED: usize = 50;

/// All inputs, in the order given.
#[derive(Debug)]
pub(crate) struct Inputs {
    all: Vec<Input>,
    options: Options,
    maps: Maps,
}

#[derive(Debug)]
struct Input {
    handle: Handle,
    note: Note,
    /// The header cells, for CSV.
    header: Vec<String>,
    indices: Indices,
}

/// The reader of one file.
#[derive(Debug)]
pub(super) enum Engine {
    Csv(csv::Reader),
    Json(json::Reader),
}

impl Engine {
    pub(super) fn advance(&mut self) -> Result<bool, Error> {
        match self {
            Self::Csv(reader) => reader.advance(),
            Self::Json(reader) => reader.advance(),
        }
    }

    pub(super) const fn place(&self) -> Place {
        match self {
            Self::Csv(reader) => reader.place(),
            Self::Json(reader) => reader.place(),
        }
    }

    pub(super) fn record(&self, location: Location) -> Record<'_> {
        match self {
            Self::Csv(reader) => reader.record(location),
            Self::Json(reader) => reader.record(location),
        }
    }

    pub(super) fn digest(&self) -> (u64, String) {
        match self {
            Self::Csv(reader) => reader.digest(),
            Self::Json(reader) => reader.digest(),
        }
    }
}

impl Inputs {
    /// Opens and recognises every input; streams are copied, since the input is read twice.
    pub(crate) fn open(paths: &[InputPath], options: &Options) -> Result<Self, Error> {
        if paths.is_empty() {
            return Err(Error::NoInput);
        }
        if paths
            .iter()
            .filter(|path| **path == InputPath::Stdin)
            .count()
            > 1
        {
            return Err(Error::StdinTwice);
        }
        let mut spool = Spool::new(&options.spool_dir);
        let mut all = Vec::new();
        for listed in listing::list(paths)? {
            for opened in open(&listed, options, &mut spool)? {
                all.push(Input::open(opened, options)?);
            }
        }
        Ok(Self {
            all,
            options: options.clone(),
            maps: Maps::default(),
        })
    }

    /// The same inputs; every pass replaces their ids by those that `maps` has for them.
    pub(crate) fn mapped(self, maps: Maps) -> Self {
        Self { maps, ..self }
    }

    /// The id maps, and how far the passes so far have used them.
    pub(crate) const fn maps(&self) -> &Maps {
        &self.maps
    }

    /// A pass over all records, from the first.
    pub(crate) const fn reader(&self) -> Reader<'_> {
        Reader::new(self)
    }

    /// What each input was taken for.
    pub(crate) fn notes(&self) -> impl Iterator<Item = &Note> {
        self.all.iter().map(|input| &input.note)
    }

    /// The inputs' names; the index is `Location::file`.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.all.iter().map(|input| input.note.path.as_path())
    }

    pub(super) fn path(&self, file: u32) -> PathBuf {
        self.input(file)
            .map(|input| input.note.path.clone())
            .unwrap_or_default()
    }

    fn input(&self, file: u32) -> Option<&Input> {
        self.all.get(usize::try_from(file).ok()?)
    }

    /// How each input is laid out, and its header.
    pub(super) fn headers(&self) -> impl Iterator<Item = (Layout, &[String])> {
        self.all
            .iter()
            .map(|input| (input.note.sniffed.layout, input.header.as_slice()))
    }

    /// A reader whose next record is the one at `location`.
    pub(super) fn engine_at(&self, location: Location) -> Result<Option<Engine>, Error> {
        let Some(input) = self.input(location.file) else {
            return Ok(None);
        };
        let mut buffer = buffer(&input.handle, &input.note.path, location.byte)?;
        buffer.fill(&input.note.path)?;
        let mut engine = input.over(buffer, 0, &self.options);
        match &mut engine {
            Engine::Csv(reader) => reader.select(input.indices, &input.header),
            Engine::Json(reader) => reader.enter(),
        }
        Ok(Some(engine))
    }

    /// The reader of input number `file`, behind its header; `None` behind the last input.
    pub(super) fn engine(&self, file: u32) -> Result<Option<Engine>, Error> {
        self.input(file)
            .map(|input| input.engine(&self.options))
            .transpose()
    }
}

impl Input {
    fn open(opened: Opened, options: &Options) -> Result<Self, Error> {
        let Opened { path, handle, form } = opened;
        let label = path.clone();
        let mut buffer = buffer(&handle, &label, 0)?;
        buffer.fill(&label)?;
        let sniffed = sniff(&label, buffer.unread(), options)?;
        let copied = handle.is_copy();
        let note = Note {
            path,
            form,
            sniffed,
            columns: Vec::new(),
            copied,
        };
        let mut input = Self {
            handle,
            note,
            header: Vec::new(),
            indices: [None; 4],
        };
        match input.bare_engine(options)? {
            Engine::Csv(mut reader) => input.resolve_header(reader.header()?, options)?,
            Engine::Json(mut reader) => probe(&mut reader, &label)?,
        }
        Ok(input)
    }

    fn bare_engine(&self, options: &Options) -> Result<Engine, Error> {
        let mut buffer = buffer(&self.handle, &self.note.path, 0)?;
        buffer.fill(&self.note.path)?;
        Ok(self.over(buffer, self.note.sniffed.prelude, options))
    }

    /// A reader of what `buffer` holds behind the first `prelude` bytes.
    fn over(&self, buffer: Buffer, prelude: usize, options: &Options) -> Engine {
        let path = &self.note.path;
        match self.note.sniffed.layout {
            Layout::Csv { delimiter } => {
                Engine::Csv(csv::Reader::new(path, buffer, delimiter, prelude))
            }
            Layout::Json(form) => Engine::Json(json::Reader::new(
                path,
                buffer,
                form,
                prelude,
                &options.columns,
            )),
        }
    }

    fn engine(&self, options: &Options) -> Result<Engine, Error> {
        let mut engine = self.bare_engine(options)?;
        if let Engine::Csv(reader) = &mut engine {
            reader.header()?;
            reader.select(self.indices, &self.header);
        }
        Ok(engine)
    }

    fn resolve_header(&mut self, header: Vec<String>, options: &Options) -> Result<(), Error> {
        let path = || self.note.path.clone();
        self.indices = columns::resolve(&header, &options.columns).map_err(|why| match why {
            Unresolved::Named(name) => Error::NamedColumn {
                path: path(),
                name,
                present: header.clone(),
            },
            Unresolved::Ambiguous(column, names) => Error::AmbiguousColumn {
                path: path(),
                column,
                names,
            },
            Unresolved::Missing(missing) => Error::MissingColumns {
                path: path(),
                missing,
                present: header.clone(),
            },
        })?;
        self.note.columns = Column::CELLS
            .into_iter()
            .zip(self.indices)
            .filter_map(|(column, index)| Some((column, header.get(index?)?.clone())))
            .collect();
        self.header = header;
        Ok(())
    }
}

/// A window on a file, from byte number `start` on.
fn buffer(handle: &Handle, path: &Path, start: u64) -> Result<Buffer, Error> {
    let cursor = handle.at(start).map_err(|source| Error::Open {
        path: path.to_owned(),
        source,
    })?;
    Ok(Buffer::new(cursor))
}

/// Makes sure that a JSON file has the needed members at all: a wrong name would otherwise make
/// every one of its records invalid.
fn probe(reader: &mut json::Reader, path: &Path) -> Result<(), Error> {
    let nowhere = Location {
        file: 0,
        line: 0,
        byte: 0,
        row: 0,
    };
    let mut missing = REQUIRED.to_vec();
    let mut rows = 0;
    for _ in 0..PROBED {
        if missing.is_empty() || !reader.advance()? {
            break;
        }
        let Record::Row(row) = reader.record(nowhere) else {
            continue;
        };
        rows += 1;
        for (column, field) in
            REQUIRED
                .into_iter()
                .zip([row.group_id, row.member_account, row.unread_num])
        {
            if field != Field::Missing {
                missing.retain(|&other| other != column);
            }
        }
    }
    if rows == 0 || missing.is_empty() {
        return Ok(());
    }
    Err(Error::MissingColumns {
        path: path.to_owned(),
        missing,
        present: reader.keys_seen(),
    })
}

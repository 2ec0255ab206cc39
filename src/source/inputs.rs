//! The inputs of a run as one: opened, recognised, and ready to be read more than once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::buffer::Buffer;
use super::columns::{self, Indices, REQUIRED, Unresolved};
use super::json::window::{Documents, Window};
use super::note::Note;
use super::open::Handle;
use super::preset::{self, Opened, Prepared, Preset, Start, Tables};
use super::reader::Place;
use super::sniff::{Layout, sniff};
use super::{Error, InputPath, Maps, Options, Reader, Record, csv, json};
use crate::record::{Column, Field, Location, Tally};

/// Records at the start of a JSON file that are searched for the needed members.
const PROBED: usize = 50;

/// All inputs, in the order given.
#[derive(Debug)]
pub(crate) struct Inputs {
    all: Vec<Input>,
    options: Options,
    maps: Maps,
    /// What the first pass left out, once it is at its end. Every pass leaves out the same.
    tally: OnceLock<Tally>,
}

#[derive(Debug)]
struct Input {
    handle: Handle,
    note: Note,
    /// The header cells, for CSV.
    header: Vec<String>,
    indices: Indices,
    /// How it is read, if that is by a preset.
    prepared: Option<Prepared>,
}

/// The reader of one file.
#[derive(Debug)]
pub(super) enum Engine {
    Csv(csv::Reader),
    Json(json::Reader),
    Preset(Box<preset::Reader>),
    /// A file whose records were read into tables before; it has no rows of its own.
    Tables(u64, String),
}

impl Engine {
    pub(super) fn advance(&mut self) -> Result<bool, Error> {
        match self {
            Self::Csv(reader) => reader.advance(),
            Self::Json(reader) => reader.advance(),
            Self::Preset(reader) => reader.advance(),
            Self::Tables(..) => Ok(false),
        }
    }

    pub(super) const fn place(&self) -> Place {
        match self {
            Self::Csv(reader) => reader.place(),
            Self::Json(reader) => reader.place(),
            Self::Preset(reader) => reader.place(),
            Self::Tables(..) => Place { line: 1, byte: 0 },
        }
    }

    pub(super) fn record(&self, location: Location) -> Option<Record<'_>> {
        Some(match self {
            Self::Csv(reader) => reader.record(location),
            Self::Json(reader) => reader.record(location),
            Self::Preset(reader) => reader.record(location),
            Self::Tables(..) => return None,
        })
    }

    /// What a preset left out of the file so far.
    pub(super) fn tally(&self) -> Option<&Tally> {
        match self {
            Self::Preset(reader) => Some(reader.tally()),
            Self::Csv(_) | Self::Json(_) | Self::Tables(..) => None,
        }
    }

    /// Whether a file without a single row is as good as any.
    pub(super) const fn may_be_empty(&self) -> bool {
        matches!(self, Self::Preset(_) | Self::Tables(..))
    }

    pub(super) fn digest(&self) -> (u64, String) {
        match self {
            Self::Csv(reader) => reader.digest(),
            Self::Json(reader) => reader.digest(),
            Self::Preset(reader) => reader.digest(),
            Self::Tables(bytes, hash) => (*bytes, hash.clone()),
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
        let inputs = paths
            .iter()
            .map(|path| Input::open(path, options))
            .collect::<Result<_, _>>()?;
        let mut inputs = Self {
            all: inputs,
            options: options.clone(),
            maps: Maps::default(),
            tally: OnceLock::new(),
        };
        if options.preset.is_some() {
            inputs.prepare()?;
        }
        Ok(inputs)
    }

    /// Reads the tables that rows are joined with, and makes sure that there are counts.
    fn prepare(&mut self) -> Result<(), Error> {
        let mut tables = Tables::default();
        let mut name: Option<String> = None;
        for input in &mut self.all {
            let this = input
                .prepared
                .as_ref()
                .map_or("plain", |prepared| &prepared.preset().name);
            match &name {
                Some(before) if before != this => {
                    return Err(Error::MixedPresets {
                        path: input.note.path.clone(),
                        name: this.to_owned(),
                        before: before.clone(),
                    });
                }
                Some(_) | None => name = Some(this.to_owned()),
            }
            input.fill(&mut tables)?;
        }
        tables.finish();
        let tables = Arc::new(tables);
        for input in &mut self.all {
            input.join(&tables)?;
        }
        Ok(())
    }

    /// The preset by which the inputs are read, if they are.
    pub(crate) fn preset(&self) -> Option<&Preset> {
        let mut prepared = self.all.iter().filter_map(|input| input.prepared.as_ref());
        prepared.next().map(Prepared::preset)
    }

    /// What the first whole pass left out and remarked upon; nothing before it.
    pub(crate) fn tally(&self) -> Tally {
        self.tally.get().cloned().unwrap_or_default()
    }

    /// Takes what a whole pass left out.
    pub(super) fn passed(&self, tally: &Tally) {
        self.tally.get_or_init(|| tally.clone());
    }

    /// What is done where an export does not say all.
    pub(super) const fn choices(&self) -> preset::Choices {
        self.options.choices
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
    pub(crate) fn reader(&self) -> Reader<'_> {
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
        if let Some(prepared) = &input.prepared {
            let mut opened = input.opened(buffer, 0);
            if let Opened::Csv(reader) = &mut opened {
                reader.select(input.indices, &input.header);
            }
            let reader = prepared.alone(opened, &input.header);
            return Ok(reader.map(Box::new).map(Engine::Preset));
        }
        let mut engine = input.over(buffer, 0, &self.options);
        match &mut engine {
            Engine::Csv(reader) => reader.select(input.indices, &input.header),
            Engine::Json(reader) => reader.enter(),
            Engine::Preset(_) | Engine::Tables(..) => {}
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
    fn open(path: &InputPath, options: &Options) -> Result<Self, Error> {
        let label = path.label();
        let handle = Handle::open(path, &options.spool_dir)?;
        let mut buffer = buffer(&handle, label, 0)?;
        buffer.fill(label)?;
        let sniffed = sniff(label, buffer.unread(), options)?;
        let copied = handle.is_copy();
        let note = Note {
            path: label.to_owned(),
            sniffed,
            columns: Vec::new(),
            copied,
            preset: None,
        };
        let mut input = Self {
            handle,
            note,
            header: Vec::new(),
            indices: [None; 4],
            prepared: None,
        };
        if options.preset.is_some() && input.find_form(buffer.unread(), options)? {
            return Ok(input);
        }
        match input.bare_engine(options)? {
            Engine::Csv(mut reader) => input.resolve_header(reader.header()?, options)?,
            Engine::Json(mut reader) => probe(&mut reader, label)?,
            Engine::Preset(_) | Engine::Tables(..) => {}
        }
        Ok(input)
    }

    /// Finds the form of a preset that the file has; `false` if it is to be read as plain rows.
    fn find_form(&mut self, sample: &[u8], options: &Options) -> Result<bool, Error> {
        let path = self.note.path.clone();
        let start = match self.at_first_record()? {
            Opened::Csv(mut reader) => {
                self.header = reader.header()?;
                Start::Columns(&self.header)
            }
            Opened::Json(_, form) => Start::Json(sample, form == json::Form::Array),
        };
        self.prepared = Prepared::find(&path, start, options)?;
        self.note.preset = self.prepared.as_ref().map(Prepared::note);
        Ok(self.prepared.is_some())
    }

    /// The file at its first record; a header is still to be read.
    fn at_first_record(&self) -> Result<Opened, Error> {
        let path = &self.note.path;
        let cursor = self.handle.at(0).map_err(|source| Error::Open {
            path: path.clone(),
            source,
        })?;
        let mut buffer = match self.note.sniffed.layout {
            Layout::Csv { .. } => Buffer::new(cursor),
            Layout::Json(_) => Buffer::with_cap(cursor, preset::RECORD_CAP),
        };
        buffer.fill(path)?;
        Ok(self.opened(buffer, self.note.sniffed.prelude))
    }

    /// What `buffer` holds behind the first `prelude` bytes.
    fn opened(&self, buffer: Buffer, prelude: usize) -> Opened {
        let path = &self.note.path;
        match self.note.sniffed.layout {
            Layout::Csv { delimiter } => {
                let reader = csv::Reader::new(path, buffer, delimiter, prelude);
                Opened::Csv(Box::new(reader))
            }
            Layout::Json(form) => {
                let documents = Documents::new(Window::new(path, buffer, prelude), form);
                Opened::Json(Box::new(documents), form)
            }
        }
    }

    /// The file behind its header.
    fn behind_header(&self) -> Result<Opened, Error> {
        let mut opened = self.at_first_record()?;
        if let Opened::Csv(reader) = &mut opened {
            reader.header()?;
        }
        Ok(opened)
    }

    fn fill(&mut self, tables: &mut Tables) -> Result<(), Error> {
        let Some(mut prepared) = self.prepared.take() else {
            return Ok(());
        };
        let filled = if prepared.makes_tables() {
            prepared.fill(tables, &self.header, || self.behind_header())
        } else {
            Ok(())
        };
        self.prepared = Some(prepared);
        filled
    }

    fn join(&mut self, tables: &Arc<Tables>) -> Result<(), Error> {
        if let Some(prepared) = &mut self.prepared {
            prepared.join(tables, &self.note.path)?;
        }
        match &self.prepared {
            None => Ok(()),
            Some(prepared) => {
                let opened = self.behind_header()?;
                prepared.probe(opened, &self.header, &self.note.path)
            }
        }
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
        if let Some(prepared) = &self.prepared {
            let reader = prepared.reader(self.behind_header()?, &self.header);
            return Ok(if let Some(reader) = reader {
                Engine::Preset(Box::new(reader))
            } else {
                let (bytes, hash) = prepared.digest();
                Engine::Tables(bytes, hash)
            });
        }
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

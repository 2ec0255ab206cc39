//! One input: recognised by its first bytes and its header, and opened for each pass anew.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::again::Again;
use super::buffer::Buffer;
use super::columns::{self, Indices, REQUIRED, Unresolved};
use super::inputs::Engine;
use super::json::window::{Documents, Window};
use super::note::Note;
use super::open::Handle;
use super::preset::{self, Near, Opened, Prepared, Recognised, Start, Tables};
use super::reader::Digest;
use super::sniff::{Layout, sniff};
use super::{Error, Options, Parser, Record, Unfit, csv, form, json};
use crate::record::{Column, Field, Location};
use crate::signals::Stop;

/// Records at the start of a JSON file that are searched for the needed members.
const PROBED: usize = 50;

/// One input, opened.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) handle: Handle,
    pub(super) note: Note,
    /// The header cells, for CSV.
    pub(super) header: Vec<String>,
    pub(super) indices: Indices,
    /// How it is read, if that is by a preset.
    pub(super) prepared: Option<Prepared>,
    stop: Stop,
}

impl Input {
    /// Recognises what was opened, and finds its columns or its form.
    pub(super) fn open(opened: form::Opened, options: &Options) -> Result<Self, Error> {
        let form::Opened {
            path,
            handle,
            form,
            cut,
            part: _,
        } = opened;
        let label = path.clone();
        let buffer = sample(&handle, &label)?;
        let sniffed = sniff(&label, buffer.unread(), options)?;
        let copied = handle.is_copy();
        let note = Note {
            path,
            form,
            sniffed,
            columns: Vec::new(),
            copied,
            cut,
            preset: None,
        };
        let mut input = Self {
            handle,
            note,
            header: Vec::new(),
            indices: [None; 4],
            prepared: None,
            stop: options.stop.clone(),
        };
        let mut near = None;
        if options.preset.is_some() {
            match input.find_form(buffer, options)? {
                Recognised::ByPreset(prepared) => {
                    input.note.preset = Some(prepared.note());
                    input.prepared = Some(*prepared);
                    return Ok(input);
                }
                Recognised::Plain(nearest) => near = nearest,
            }
        }
        let columns = match input.bare_engine(options, None)? {
            Engine::Csv(mut reader) => input.resolve_header(reader.header()?, options),
            Engine::Json(mut reader) => probe(&mut reader, &label),
            Engine::Preset(_) | Engine::Tables(..) => Ok(()),
        };
        match columns {
            Ok(()) => Ok(input),
            Err(error) => Err(input.unknown(error, near, options)),
        }
    }

    /// Finds the form of a preset that the file has. Where its first bytes do not tell, more of
    /// them are looked at: what stands before the records may be long.
    fn find_form(&mut self, mut buffer: Buffer, options: &Options) -> Result<Recognised, Error> {
        let path = self.note.path.clone();
        let array = match self.at_first_record(None)? {
            Opened::Csv(mut reader) => {
                self.header = reader.header()?;
                return Prepared::find(&path, Start::Columns(&self.header), options);
            }
            Opened::Json(_, form) => form == json::Form::Array,
        };
        loop {
            let start = Start::Json {
                text: buffer.unread(),
                array,
                whole: buffer.ended(),
            };
            let found = Prepared::find(&path, start, options);
            let told = matches!(&found, Ok(Recognised::ByPreset(prepared)) if prepared.is_told());
            if told || buffer.full() || buffer.ended() {
                return found;
            }
            while !buffer.full() && buffer.more(&path)? {}
        }
    }

    /// Why the file is read neither by a preset nor as plain rows.
    fn unknown(&self, error: Error, near: Option<Near>, options: &Options) -> Error {
        let Error::MissingColumns { present, .. } = &error else {
            return error;
        };
        let path = self.note.path.clone();
        if matches!(self.note.sniffed.layout, Layout::Json(_))
            && let Ok(mut buffer) = buffer(&self.handle, &path, 0)
            && buffer.fill(&path).is_ok()
            && let Some(said) = preset::refusal(buffer.unread())
        {
            return Unfit::Refusal { path, said }.into();
        }
        if options.preset.is_none() {
            return error;
        }
        let present = present.clone();
        Unfit::Unknown {
            path,
            near: near.map(Box::new),
            present,
        }
        .into()
    }

    /// The file at its first record; a header is still to be read. `first` is what the first pass
    /// read of it, if this is a later one.
    fn at_first_record(&self, first: Option<&Digest>) -> Result<Opened, Error> {
        let path = &self.note.path;
        let failed = |source| Error::Open {
            path: path.clone(),
            source,
        };
        let cursor = self.handle.at(0).map_err(failed)?;
        let buffer = match self.note.sniffed.layout {
            Layout::Csv { .. } => Buffer::new(cursor),
            Layout::Json(_) => Buffer::with_cap(cursor, preset::RECORD_CAP),
        };
        let buffer = buffer.again(self.again(first).map_err(failed)?);
        let mut buffer = buffer.stopping(&self.stop);
        buffer.fill(path)?;
        Ok(self.opened(buffer, self.note.sniffed.prelude))
    }

    /// What `buffer` holds behind the first `prelude` bytes.
    pub(super) fn opened(&self, buffer: Buffer, prelude: usize) -> Opened {
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

    /// How it is read in a later pass than the first, which read `first`.
    fn again(&self, first: Option<&Digest>) -> io::Result<Option<Again>> {
        let again = first.map(|first| self.handle.again(&first.content, first.original.as_ref()));
        Ok(again.transpose()?.flatten())
    }

    /// The file behind its header.
    fn behind_header(&self, first: Option<&Digest>) -> Result<Opened, Error> {
        let mut opened = self.at_first_record(first)?;
        if let Opened::Csv(reader) = &mut opened {
            reader.header()?;
        }
        Ok(opened)
    }

    /// Makes sure that the input has counts at all, and adds what it has for the others to
    /// `tables`.
    pub(super) fn fill(&mut self, tables: &mut Tables) -> Result<(), Error> {
        let Some(mut prepared) = self.prepared.take() else {
            return Ok(());
        };
        // Whether there are counts at all is said before anything else of the file.
        prepared.probe(self.behind_header(None)?, &self.header, &self.note.path)?;
        let filled = if prepared.makes_tables() {
            prepared.fill(tables, (&self.note.path, &self.header), || {
                self.behind_header(None)
            })
        } else {
            Ok(())
        };
        self.prepared = Some(prepared);
        filled
    }

    /// Hands over the tables that its rows are joined with.
    pub(super) fn join(&mut self, tables: &Arc<Tables>) -> Result<(), Error> {
        match &mut self.prepared {
            None => Ok(()),
            Some(prepared) => prepared.join(tables, &self.note.path),
        }
    }

    fn bare_engine(&self, options: &Options, first: Option<&Digest>) -> Result<Engine, Error> {
        let path = &self.note.path;
        let again = self.again(first).map_err(|source| Error::Open {
            path: path.clone(),
            source,
        })?;
        let buffer = buffer(&self.handle, path, 0)?.again(again);
        let mut buffer = buffer.stopping(&self.stop);
        buffer.fill(path)?;
        Ok(self.over(buffer, self.note.sniffed.prelude, options))
    }

    /// A reader of what `buffer` holds behind the first `prelude` bytes.
    pub(super) fn over(&self, buffer: Buffer, prelude: usize, options: &Options) -> Engine {
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

    /// A reader of its records, behind its header. `first` is what the first pass read of it, if
    /// this is a later one.
    pub(super) fn engine(
        &self,
        options: &Options,
        first: Option<&Digest>,
    ) -> Result<Engine, Error> {
        if let Some(prepared) = &self.prepared {
            let reader = prepared.reader(self.behind_header(first)?, &self.header);
            return Ok(if let Some(reader) = reader {
                Engine::Preset(Box::new(reader))
            } else {
                let (content, identity) = prepared.digest();
                Engine::Tables(content, identity)
            });
        }
        let mut engine = self.bare_engine(options, first)?;
        if let Engine::Csv(reader) = &mut engine {
            reader.header()?;
            reader.select(self.indices, &self.header);
        }
        Ok(engine)
    }

    /// What takes the stretches apart that its reader takes.
    pub(super) fn parser(&self, options: &Options) -> Option<Parser> {
        let delimiter = match self.note.sniffed.layout {
            Layout::Csv { delimiter } => Some(delimiter),
            Layout::Json(_) => None,
        };
        if let Some(prepared) = &self.prepared {
            return prepared.parser(delimiter, &self.header);
        }
        Some(match delimiter {
            Some(delimiter) => {
                let mut parser = csv::Parser::new(delimiter);
                parser.select(self.indices, &self.header);
                Parser::Csv(parser)
            }
            None => Parser::Json(json::Parser::new(&options.columns)),
        })
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

/// The beginning of a file, of which more can be read: as much as the longest record has.
fn sample(handle: &Handle, path: &Path) -> Result<Buffer, Error> {
    let cursor = handle.at(0).map_err(|source| Error::Open {
        path: path.to_owned(),
        source,
    })?;
    let mut buffer = Buffer::with_cap(cursor, preset::RECORD_CAP);
    buffer.fill(path)?;
    Ok(buffer)
}

/// A window on a file, from byte number `start` on.
pub(super) fn buffer(handle: &Handle, path: &Path, start: u64) -> Result<Buffer, Error> {
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

//! The inputs of a run as one: opened, recognised, and ready to be read more than once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::again::{LastLook, Original};
use super::content::{Content, Identity};
use super::form::{self, Spool};
use super::input::{Input, buffer};
use super::note::Note;
use super::open::open;
use super::preset::{self, Opened, Prepared, Preset, Tables};
use super::reader::{Advance, Digest, Place};
use super::sniff::Layout;
use super::stretch::Stretch;
use super::{
    Error, InputPath, Maps, Options, Parser, Reader, Record, Unfit, csv, json, listing, note,
};
use crate::record::{Location, Tally};
use crate::settings::OnDuplicate;

/// All inputs, in the order given.
#[derive(Debug)]
pub(crate) struct Inputs {
    all: Vec<Input>,
    /// Members of archives that are no inputs.
    passed: Vec<PathBuf>,
    options: Options,
    maps: Maps,
    /// What the first pass found, once it is at its end. Every later pass reads and leaves out the
    /// same, or fails.
    first: OnceLock<FirstPass>,
}

/// What a first pass found.
#[derive(Debug)]
struct FirstPass {
    /// What it left out.
    tally: Tally,
    /// What it read, one for each input.
    digests: Vec<Digest>,
}

/// The reader of one file.
#[derive(Debug)]
pub(super) enum Engine {
    Csv(csv::Reader),
    Json(json::Reader),
    Preset(Box<preset::Reader>),
    /// A file whose records were read into tables before; it has no rows of its own.
    Tables(Content, Option<Identity>),
}

impl Engine {
    /// Goes to the next record, be it one that a preset leaves out.
    pub(super) fn step(&mut self) -> Result<Advance, Error> {
        let there = match self {
            Self::Csv(reader) => reader.advance()?,
            Self::Json(reader) => reader.advance()?,
            Self::Preset(reader) => return reader.step(),
            Self::Tables(..) => false,
        };
        Ok(if there { Advance::Row } else { Advance::End })
    }

    /// Goes to the next record that is taken; `false` at the end of the file.
    pub(super) fn advance(&mut self) -> Result<bool, Error> {
        loop {
            match self.step()? {
                Advance::Row => return Ok(true),
                Advance::LeftOut => {}
                Advance::End => return Ok(false),
            }
        }
    }

    /// As `advance`, but stops also at rows that a preset leaves out.
    pub(super) fn advance_to_any(&mut self) -> Result<bool, Error> {
        match self {
            Self::Preset(reader) => reader.advance_to_any(),
            Self::Csv(_) | Self::Json(_) | Self::Tables(..) => self.advance(),
        }
    }

    /// Takes a stretch of what comes next, if others can take it apart; `false` if not.
    pub(super) fn take_stretch(&mut self, stretch: &mut Stretch) -> Result<bool, Error> {
        match self {
            Self::Csv(reader) => reader.take_stretch(stretch),
            Self::Json(reader) => reader.take_stretch(stretch),
            Self::Preset(reader) => reader.take_stretch(stretch),
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

    /// What the file holds, once it was read to its end, and what it was before that.
    pub(super) fn digest(&self) -> (Content, Option<Identity>) {
        match self {
            Self::Csv(reader) => reader.buffer().digest(),
            Self::Json(reader) => reader.buffer().digest(),
            Self::Preset(reader) => reader.buffer().digest(),
            Self::Tables(content, identity) => (content.clone(), *identity),
        }
    }

    /// Whether the record is the last of a file that has grown since the first pass, and has no
    /// line end.
    pub(super) fn ends_in_growth(&self) -> bool {
        match self {
            Self::Csv(reader) => reader.buffer().ends_in_growth(),
            Self::Json(reader) => reader.buffer().ends_in_growth(),
            Self::Preset(reader) => reader.buffer().ends_in_growth(),
            Self::Tables(..) => false,
        }
    }
}

/// Recognises all of `texts`; all that cannot be are told at once.
fn recognise(
    texts: &[form::Opened],
    options: &Options,
) -> Result<(Vec<Input>, Vec<PathBuf>), Error> {
    let (texts, others): (Vec<_>, Vec<_>) = texts
        .iter()
        .partition(|text| text.part != form::Part::NoInput);
    let each = texts
        .iter()
        .map(|text| Input::open((*text).clone(), options));
    let mut each: Vec<Result<Input, Error>> = each.collect();
    let known = each
        .iter()
        .flatten()
        .find_map(|input| input.prepared.as_ref());
    let known = known.map(|prepared| prepared.preset().name.clone());
    if let (Some(name), Some(preset)) = (known, &options.preset)
        && preset.library.auto
    {
        // An answer for somebody without a conversation has nothing to tell its system by.
        let options = options.narrowed(preset, &name);
        for (text, input) in texts.iter().zip(&mut each) {
            let is_told = |input: &Input| input.prepared.is_some();
            if !input.as_ref().is_ok_and(is_told)
                && let Ok(again) = Input::open((*text).clone(), &options)
            {
                *input = Ok(again);
            }
        }
    }
    let (mut all, mut bad) = (Vec::new(), Vec::new());
    let mut passed: Vec<PathBuf> = others.iter().map(|text| text.path.clone()).collect();
    let mut first = None;
    for (text, input) in texts.iter().zip(each) {
        let member = text.part == form::Part::Member;
        match input {
            Ok(input) => all.push(input),
            Err(error) if member && error.tells_no_input(&text.path) => {
                passed.push(text.path.clone());
                first.get_or_insert(error);
            }
            Err(error) => bad.push(error),
        }
    }
    Error::unless_none(bad, all.len())?;
    match (first, passed.first()) {
        (Some(error), _) if all.is_empty() => Err(error),
        (None, Some(path)) if all.is_empty() => Err(Error::NoFile {
            path: path.clone(),
            directories: false,
        }),
        _ => Ok((all, passed)),
    }
}

impl Inputs {
    /// Opens and recognises every input; streams are copied, since the input is read twice.
    pub(crate) fn open(paths: &[InputPath], options: &Options) -> Result<Self, Error> {
        Self::open_as_one_of(paths, std::slice::from_ref(options))
    }

    /// The same by the first of `candidates` under which all inputs have the needed columns: they
    /// differ in `columns` alone. Each input is opened, and copied if need be, once.
    pub(crate) fn open_as_one_of(
        paths: &[InputPath],
        candidates: &[Options],
    ) -> Result<Self, Error> {
        let Some(options) = candidates.first() else {
            return Err(Error::NoInput);
        };
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
        let mut spool = Spool::new(&options.spool_dir, &options.stop);
        let most = options.extent.map_or(usize::MAX, |extent| extent.inputs);
        let (mut texts, mut bad) = (Vec::new(), Vec::new());
        for listed in &listing::list(paths)? {
            if texts.len() >= most {
                break;
            }
            match open(listed, options, &mut spool) {
                Ok(opened) => texts.extend(opened),
                Err(error) => bad.push(error),
            }
        }
        Error::unless_none(bad, texts.len())?;
        let recognised = |options| recognise(&texts, options).map(|known| (known, options));
        let mut others = candidates.iter().skip(1);
        let ((all, passed), options) = recognised(options)
            .or_else(|first| others.find_map(|other| recognised(other).ok()).ok_or(first))?;
        let mut inputs = Self {
            all,
            passed,
            options: options.clone(),
            maps: Maps::default(),
            first: OnceLock::new(),
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
                    return Err(Unfit::MixedPresets {
                        path: input.note.path.clone(),
                        name: this.to_owned(),
                        before: before.clone(),
                    }
                    .into());
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

    /// What becomes of rows of one (group, member) by the forms of the inputs, unless the user
    /// says.
    ///
    /// # Errors
    ///
    /// Two forms say different things.
    pub(crate) fn on_duplicate(&self) -> Result<Option<OnDuplicate>, Error> {
        let mut known: Option<(&str, OnDuplicate)> = None;
        for input in &self.all {
            let prepared = input.prepared.as_ref();
            let Some((form, policy)) = prepared.and_then(Prepared::on_duplicate) else {
                continue;
            };
            match known {
                Some((before, other)) if other != policy => {
                    return Err(Unfit::MixedDuplicates {
                        path: input.note.path.clone(),
                        form: form.to_owned(),
                        before: before.to_owned(),
                    }
                    .into());
                }
                Some(_) => {}
                None => known = Some((form, policy)),
            }
        }
        Ok(known.map(|(_, policy)| policy))
    }

    /// What the first whole pass left out and remarked upon; nothing before it.
    pub(crate) fn tally(&self) -> Tally {
        let first = self.first.get();
        first.map_or_else(Tally::default, |first| first.tally.clone())
    }

    /// Takes what a whole pass left out and read.
    pub(super) fn passed(&self, tally: &Tally, digests: &[Digest]) {
        self.first.get_or_init(|| FirstPass {
            tally: tally.clone(),
            digests: digests.to_vec(),
        });
    }

    /// What the first whole pass read of input number `file`; nothing before its end.
    pub(super) fn read_first(&self, file: u32) -> Option<&Digest> {
        self.first.get()?.digests.get(usize::try_from(file).ok()?)
    }

    /// The digest of input number `file`, which `engine` has read to its end.
    pub(super) fn digest(&self, file: u32, engine: &Engine) -> Digest {
        if let Some(digest) = self.read_first(file) {
            return digest.clone();
        }
        let (content, identity) = engine.digest();
        let input = self.input(file);
        Digest {
            path: self.path(file),
            original: input.and_then(|input| input.handle.original(&content, identity)),
            content,
        }
    }

    /// A last look at the files of the inputs, behind the last row.
    pub(crate) fn last_look(&self) -> LastLook {
        let first = self.first.get();
        let digests = first.map_or(&[][..], |first| &first.digests);
        let mut files: Vec<Arc<Original>> = Vec::new();
        for original in digests.iter().filter_map(|digest| digest.original.as_ref()) {
            if !files.iter().any(|other| Arc::ptr_eq(other, original)) {
                files.push(Arc::clone(original));
            }
        }
        LastLook::new(files)
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

    /// What to say of the inputs before anything relies on it.
    pub(crate) fn taken_for(&self) -> Vec<String> {
        let mut words = note::in_words(self.notes());
        words.extend(note::passed_over(&self.passed));
        words
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

    /// Whether only the beginning of input number `file` was opened.
    pub(super) fn is_cut(&self, file: u32) -> bool {
        self.input(file).is_some_and(|input| input.note.cut)
    }

    /// Whether some inputs only serve to read the others.
    pub(crate) fn have_tables(&self) -> bool {
        let mut prepared = self.all.iter().filter_map(|input| input.prepared.as_ref());
        prepared.any(Prepared::makes_tables)
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

    /// What takes a stretch of input number `file` apart.
    pub(super) fn parser(&self, file: u32) -> Option<Parser> {
        self.input(file)?.parser(&self.options)
    }

    /// The reader of input number `file`, behind its header; `None` behind the last input.
    pub(super) fn engine(&self, file: u32) -> Result<Option<Engine>, Error> {
        self.input(file)
            .map(|input| input.engine(&self.options, self.read_first(file)))
            .transpose()
    }
}

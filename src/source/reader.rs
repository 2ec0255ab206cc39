//! One pass over all inputs, record by record.

use std::path::PathBuf;
use std::sync::Arc;

use super::again::Original;
use super::content::Content;
use super::inputs::{Engine, Inputs};
use super::preset::{Sifted, sift};
use super::stretch::Stretch;
use super::{Error, Record};
use crate::record::{Location, Tally};

/// Where a record starts in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: u64,
    pub(super) byte: u64,
}

/// What comes next of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advance {
    /// A record that is taken.
    Row,
    /// One that is left out, or the end of one of several files.
    LeftOut,
    /// The end.
    End,
}

/// Where a record is that nobody is told of.
const NOWHERE: Location = Location {
    file: 0,
    line: 0,
    byte: 0,
    row: 0,
};

/// Size and content of one input, by which a later pass or run knows it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digest {
    /// Which file; `-` is standard input.
    pub(crate) path: PathBuf,
    /// Its size, and hashes of its bytes.
    pub(crate) content: Content,
    /// The file on disk behind it, if there is one.
    pub(super) original: Option<Arc<Original>>,
}

/// One pass from the start. `next` lends a record, or `advance` goes to it and `record` lends it
/// as often as needed.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    inputs: &'a Inputs,
    file: u32,
    engine: Option<Engine>,
    row: u64,
    /// The row before the first of the current file.
    before: u64,
    digests: Vec<Digest>,
    /// What the pass left out of the files that it is through with, or of plain rows.
    tally: Tally,
}

impl<'a> Reader<'a> {
    pub(super) fn new(inputs: &'a Inputs) -> Self {
        Self {
            inputs,
            file: 0,
            engine: None,
            row: 0,
            before: 0,
            digests: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// The next record; `None` at the end of the last input.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_>>, Error> {
        Ok(if self.advance()? { self.record() } else { None })
    }

    /// Goes to the next record; `false` at the end of the last input.
    pub(crate) fn advance(&mut self) -> Result<bool, Error> {
        loop {
            match self.step()? {
                Advance::Row => return Ok(true),
                Advance::LeftOut => {}
                Advance::End => return Ok(false),
            }
        }
    }

    /// The same, one record at a time: millions may be left out in a row.
    pub(crate) fn step(&mut self) -> Result<Advance, Error> {
        if self.engine.is_none() {
            self.engine = self.inputs.engine(self.file)?;
        }
        let Some(engine) = &mut self.engine else {
            self.inputs.passed(&self.tally, &self.digests);
            return Ok(Advance::End);
        };
        Ok(match engine.step()? {
            Advance::End => {
                self.close()?;
                Advance::LeftOut
            }
            Advance::Row if self.is_taken() => {
                self.row += 1;
                Advance::Row
            }
            Advance::Row | Advance::LeftOut => Advance::LeftOut,
        })
    }

    /// Takes a stretch of what comes next, if others can take it apart; `false` if not, or if the
    /// current file ends. What was taken before an error is there with it.
    pub(super) fn take_stretch(&mut self, stretch: &mut Stretch) -> Result<bool, Error> {
        // To choose among records, they have to be taken apart.
        if self.inputs.choices().change_counts() {
            return Ok(false);
        }
        if self.engine.is_none() {
            self.engine = self.inputs.engine(self.file)?;
        }
        let taken = match &mut self.engine {
            Some(engine) => engine.take_stretch(stretch),
            None => Ok(false),
        };
        if !stretch.is_empty() {
            self.row = stretch.locate(self.file, self.row);
        }
        taken
    }

    /// Whether the record is one that the user's choices leave in. Those of a preset's rows are
    /// made by its reader.
    fn is_taken(&mut self) -> bool {
        let choices = self.inputs.choices();
        if !choices.change_counts() {
            return true;
        }
        let Some(engine @ (Engine::Csv(_) | Engine::Json(_))) = &self.engine else {
            return true;
        };
        let sifted = engine.record(NOWHERE).map(|record| sift(record, choices).1);
        match sifted {
            None | Some(Sifted::AsIs) => true,
            Some(Sifted::Remarked(remark, unread)) => {
                self.tally.remark(remark, unread);
                true
            }
            Some(Sifted::Left(reason, unread)) => {
                self.tally.leave(reason, unread);
                false
            }
        }
    }

    fn close(&mut self) -> Result<(), Error> {
        let path = self.inputs.path(self.file);
        let empty = self.row == self.before && self.tally.is_empty();
        if empty && !self.engine.as_ref().is_some_and(Engine::may_be_empty) {
            return Err(Error::NoRecord { path });
        }
        self.before = self.row;
        if let Some(engine) = self.engine.take() {
            self.digests.push(self.inputs.digest(self.file, &engine));
            if let Some(tally) = engine.tally() {
                self.tally.merge(tally);
            }
        }
        self.file += 1;
        Ok(())
    }

    /// The record that `advance` went to, its ids mapped.
    pub(crate) fn record(&self) -> Option<Record<'_>> {
        Some(self.inputs.maps().map(self.unmapped()?))
    }

    /// Lends the record that `advance` went to, as it stands in the input. It is not handed over
    /// by value: ten million moves of two hundred bytes are a tenth of a first pass.
    pub(super) fn lend(&self, each: impl FnOnce(&Record<'_>)) {
        let as_they_stand = !self.inputs.choices().change_counts();
        match &self.engine {
            Some(Engine::Csv(reader)) if as_they_stand => {
                each(&reader.record(self.location(reader.place())));
            }
            Some(Engine::Json(reader)) if as_they_stand => {
                each(&reader.record(self.location(reader.place())));
            }
            Some(Engine::Preset(reader)) => {
                each(&reader.record(self.location(reader.place())));
            }
            _ => {
                if let Some(record) = self.unmapped() {
                    each(&record);
                }
            }
        }
    }

    const fn location(&self, place: Place) -> Location {
        Location {
            file: self.file,
            line: place.line,
            byte: place.byte,
            row: self.row,
        }
    }

    fn unmapped(&self) -> Option<Record<'_>> {
        let engine = self.engine.as_ref()?;
        let record = engine.record(self.location(engine.place()))?;
        let choices = self.inputs.choices();
        Some(match engine {
            Engine::Csv(_) | Engine::Json(_) if choices.change_counts() => sift(record, choices).0,
            Engine::Csv(_) | Engine::Json(_) | Engine::Preset(_) | Engine::Tables(..) => record,
        })
    }

    /// Whether the record is the last of a file that has grown since the first pass, and has no
    /// line end: it may be half of what stands there now.
    pub(crate) fn ends_in_growth(&self) -> bool {
        self.engine.as_ref().is_some_and(Engine::ends_in_growth)
    }

    /// What was read, a digest for each input that was read to its end.
    pub(crate) fn digests(&self) -> &[Digest] {
        &self.digests
    }
}

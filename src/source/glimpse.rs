//! The first rows of an input with what every step makes of them: for somebody who looks.

use std::ops::ControlFlow;

use super::inputs::{Engine, Inputs};
use super::preset::{Left, Sifted, sift};
use super::{Error, Place, Record};
use crate::record::Location;

/// One row on its way.
#[derive(Debug)]
pub(crate) struct Glimpse<'a> {
    /// Its fields, as the input holds them.
    pub(crate) found: Record<'a>,
    /// The same with the count that preset and choices make of it, and ids as the maps have them.
    pub(crate) made: Record<'a>,
    /// Why it is left out, if it is.
    pub(crate) left: Option<Left>,
}

/// Why looking came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looked {
    /// Enough was seen.
    Enough,
    /// The input has no more.
    All,
    /// It has no rows: it only serves to read the others.
    Joined,
    /// No more of the input was opened.
    Cut,
}

impl Inputs {
    /// Hands the rows of input number `file` to `each` until it has seen enough. Rows that are left
    /// out have the number of the row before.
    pub(crate) fn glimpse(
        &self,
        file: u32,
        each: &mut impl FnMut(Glimpse<'_>) -> ControlFlow<()>,
    ) -> Result<Looked, Error> {
        let Some(mut engine) = self.engine(file)? else {
            return Ok(Looked::All);
        };
        if matches!(engine, Engine::Tables(..)) {
            return Ok(Looked::Joined);
        }
        let (mut row, mut seen) = (0, false);
        loop {
            match engine.advance_to_any() {
                Ok(true) => {}
                Ok(false) if self.is_cut(file) => return Ok(Looked::Cut),
                // The end of what was copied is no end of a record.
                Err(_) if self.is_cut(file) && seen => return Ok(Looked::Cut),
                Ok(false) => return Ok(Looked::All),
                Err(error) => return Err(error),
            }
            let Place { line, byte } = engine.place();
            let location = Location {
                file,
                line,
                byte,
                row: row + 1,
            };
            let Some(glimpse) = self.look(&mut engine, location) else {
                return Ok(Looked::All);
            };
            seen = true;
            row += u64::from(glimpse.left.is_none());
            if each(glimpse).is_break() {
                return Ok(Looked::Enough);
            }
        }
    }

    fn look<'a>(&'a self, engine: &'a mut Engine, location: Location) -> Option<Glimpse<'a>> {
        if let Engine::Preset(reader) = engine {
            let left = reader.judge();
            return Some(Glimpse {
                found: reader.found(location),
                made: self.maps().map(reader.record(location)),
                left,
            });
        }
        let found = engine.record(location)?;
        let (sifted, verdict) = sift(engine.record(location)?, self.choices());
        let left = match verdict {
            Sifted::AsIs | Sifted::Remarked(..) => None,
            Sifted::Left(reason, unread) => Some(Left {
                reason: reason.to_owned(),
                unread,
            }),
        };
        Some(Glimpse {
            found,
            made: self.maps().map(sifted),
            left,
        })
    }
}

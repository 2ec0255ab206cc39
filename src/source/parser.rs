//! Takes single records apart, whoever found where they start and end.

use super::{csv, json, preset};
use crate::record::{Problem, RawRow};

/// The rules of one file.
#[derive(Debug)]
pub(super) enum Parser {
    Csv(csv::Parser),
    Json(json::Parser),
    /// JSON, of which a preset says where the fields are.
    Preset(preset::Parser),
}

impl Parser {
    /// Takes `raw` apart, a whole record; `text` is `raw` too, if it is UTF-8. `quotes` tells that
    /// cells of CSV may have some. Tells what is wrong with the record as a whole.
    #[inline]
    pub(super) fn read(&mut self, raw: &[u8], text: Option<&str>, quotes: bool) -> Option<Problem> {
        match self {
            Self::Csv(parser) => {
                parser.split_whole(raw, quotes);
                parser.ragged()
            }
            Self::Json(parser) => {
                parser.read(raw, text);
                parser.problem().cloned()
            }
            Self::Preset(parser) => parser.read(raw, text),
        }
    }

    /// Finds the fields of `row`, whose bytes were taken apart.
    #[expect(
        clippy::inline_always,
        reason = "in one piece a row stays in registers, from line to partition"
    )]
    #[inline(always)]
    pub(super) fn fill<'a>(&'a self, row: &mut RawRow<'a>, text: Option<&'a str>) {
        match self {
            Self::Csv(parser) => parser.fill(row, text),
            Self::Json(parser) => parser.fill(row, text.unwrap_or_default()),
            Self::Preset(parser) => parser.fill(row, text.unwrap_or_default()),
        }
    }
}

//! The rows of a file in which each line of JSON is one, taken apart each on its own.

use super::extract::Values;
use super::form::Shape;
use crate::record::{Field, Problem, RawRow};
use crate::source::json::slot::not_utf8;

/// Takes rows apart to which nothing is done.
#[derive(Debug)]
pub(in crate::source) struct Parser {
    values: Values,
    /// Those of the four fields.
    slots: [Option<usize>; 4],
}

impl Parser {
    /// For rows of `shape`, whose fields stand in `slots`.
    pub(super) fn new(shape: &Shape, slots: [Option<usize>; 4]) -> Self {
        // There is nothing around a row.
        let inside = |slot: &usize| shape.slots.get(*slot).is_some_and(|slot| slot.up == 0);
        Self {
            values: Values::new(shape.slots.iter().map(|slot| slot.path.as_slice())),
            slots: slots.map(|slot| slot.filter(inside)),
        }
    }

    /// Takes the row `raw` apart; `text` is `raw` too, if it is UTF-8. Tells what is wrong with it
    /// as a whole.
    pub(in crate::source) fn read(&mut self, raw: &[u8], text: Option<&str>) -> Option<Problem> {
        match text {
            Some(text) => self.values.read(text).err(),
            None => Some(not_utf8(raw)),
        }
    }

    /// Finds the fields of `row`; `text` is what was read.
    pub(in crate::source) fn fill<'a>(&'a self, row: &mut RawRow<'a>, text: &'a str) {
        let field = |slot: Option<usize>| match slot {
            Some(slot) => self.values.field(slot, text),
            None => Field::Missing,
        };
        [
            row.group_id,
            row.member_account,
            row.unread_num,
            row.group_type,
        ] = self.slots.map(field);
    }
}

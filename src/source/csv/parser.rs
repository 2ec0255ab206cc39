//! The records of one CSV file as raw rows: which cells hold the fields, and what they say.

use std::ops::Range;

use super::super::columns::Indices;
use super::super::excerpt::cell_in;
use super::super::original::is_rejects_file;
use super::super::{Malformed, Record};
use super::split::{Cells, Dialect, Split};
use crate::record::{Code, Column, Field, Location, Problem, RawRow, unguard};

/// How `MySQL` and `PostgreSQL` write null.
const NULL: &str = "\\N";

/// Takes the records of one file apart, each on its own.
#[derive(Debug)]
pub(in crate::source) struct Parser {
    dialect: Dialect,
    cells: Cells,
    width: usize,
    /// Whether formulas were guarded when the file was written.
    guarded: bool,
    indices: Indices,
}

impl Parser {
    /// For records whose cells are parted by `delimiter`.
    pub(in crate::source) fn new(delimiter: u8) -> Self {
        Self {
            dialect: Dialect::new(delimiter),
            cells: Cells::new(),
            width: 0,
            guarded: false,
            indices: [None; 4],
        }
    }

    /// Tells what the columns are: the cells that hold the fields, and the whole header.
    pub(in crate::source) fn select(&mut self, indices: Indices, header: &[String]) {
        self.indices = indices;
        self.width = header.len();
        self.guarded = is_rejects_file(header);
    }

    /// Tells which cells hold the fields.
    pub(super) const fn select_cells(&mut self, indices: Indices) {
        self.indices = indices;
    }

    /// Takes the record at the front of `window` apart; `ended` tells that the file ends with it.
    pub(super) fn split(&mut self, window: &[u8], ended: bool) -> Split {
        self.dialect.split(window, ended, &mut self.cells)
    }

    /// As `split`, for a window in which there is no quote and no CR.
    pub(super) fn split_quiet(&mut self, window: &[u8], ended: bool) -> Split {
        self.dialect.split_quiet(window, ended, &mut self.cells)
    }

    /// What stands between two cells.
    pub(super) const fn delimiter(&self) -> u8 {
        self.dialect.delimiter()
    }

    /// Takes `raw` apart, a whole record without its line end; `quotes` tells that there are some.
    #[inline]
    pub(in crate::source) fn split_whole(&mut self, raw: &[u8], quotes: bool) {
        if quotes {
            self.dialect.split_whole(raw, &mut self.cells);
        } else {
            self.dialect.split_line(raw, &mut self.cells);
        }
    }

    /// All cells of `raw`, the record that was taken apart, as text for a person.
    pub(super) fn texts(&self, raw: &[u8]) -> Vec<String> {
        self.cells.texts(raw)
    }

    /// Bytes of `raw` in which the cell of `column` stands.
    pub(super) fn cell_range(&self, raw: &[u8], column: Column) -> Option<Range<usize>> {
        let index = Column::CELLS.into_iter().position(|cell| cell == column)?;
        let index = (*self.indices.get(index)?)?;
        if self.cells.count() != self.width {
            return None;
        }
        self.range_of_cell(raw, index)
    }

    /// Bytes of `raw` in which cell number `index` stands.
    pub(super) fn range_of_cell(&self, raw: &[u8], index: usize) -> Option<Range<usize>> {
        cell_in(raw, self.dialect.delimiter(), index)
    }

    /// Cell number `index` of `raw`.
    pub(super) fn cell<'a>(&'a self, raw: &'a [u8], index: usize) -> Field<'a> {
        self.odd_field(raw, index)
    }

    /// What is wrong if the record has another number of cells than the header.
    pub(in crate::source) fn ragged(&self) -> Option<Problem> {
        let (count, width) = (self.cells.count(), self.width);
        if count == width {
            return None;
        }
        let found = format!("{count} {} for {width} columns", plural(count));
        Some(Problem::new(Code::RecordCellCount, Column::Record, found))
    }

    /// The record that was taken apart, whose bytes are `raw`; `text` is `raw` too, if it is UTF-8.
    pub(super) fn record<'a>(
        &'a self,
        raw: &'a [u8],
        text: Option<&'a str>,
        location: Location,
    ) -> Record<'a> {
        if let Some(problem) = self.ragged() {
            return Record::Malformed(Malformed {
                location,
                problem,
                raw,
            });
        }
        let mut row = RawRow::new(location, raw);
        self.fill(&mut row, text);
        Record::Row(row)
    }

    /// Finds the fields of `row`, whose bytes were taken apart; `text` is they too, if they are
    /// UTF-8.
    #[expect(
        clippy::inline_always,
        reason = "in one piece a row stays in registers, from line to partition"
    )]
    #[inline(always)]
    pub(in crate::source) fn fill<'a>(&'a self, row: &mut RawRow<'a>, text: Option<&'a str>) {
        let [group_id, member_account, unread_num, group_type] = self.indices;
        let raw = row.raw;
        self.put(&mut row.group_id, raw, text, group_id);
        self.put(&mut row.member_account, raw, text, member_account);
        self.put(&mut row.unread_num, raw, text, unread_num);
        self.put(&mut row.group_type, raw, text, group_type);
    }

    /// Sets `field` to cell number `index`. Fields are not returned: moving one costs more than
    /// finding it.
    #[expect(
        clippy::inline_always,
        reason = "in one piece a row stays in registers, from line to partition"
    )]
    #[inline(always)]
    fn put<'a>(
        &'a self,
        field: &mut Field<'a>,
        raw: &'a [u8],
        text: Option<&'a str>,
        index: Option<usize>,
    ) {
        let Some(index) = index else {
            *field = Field::Missing;
            return;
        };
        match text.and_then(|text| text.get(self.cells.range(raw, index)?)) {
            Some(cell) if !self.guarded && cell != NULL => *field = Field::Text(cell),
            Some(_) | None => *field = self.odd_field(raw, index),
        }
    }

    /// Cell number `index`, which may have quotes, a guard, bytes that are not UTF-8, or a null.
    #[inline(never)]
    fn odd_field<'a>(&'a self, raw: &'a [u8], index: usize) -> Field<'a> {
        let Some(bytes) = self.cells.get(raw, index) else {
            return Field::Missing;
        };
        match std::str::from_utf8(bytes) {
            Err(_) => Field::NotUtf8(bytes),
            Ok(NULL) => Field::Null,
            Ok(cell) if self.guarded => Field::Text(unguard(cell)),
            Ok(cell) => Field::Text(cell),
        }
    }
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "cell" } else { "cells" }
}

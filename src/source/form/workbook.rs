//! Workbooks of spreadsheets (xlsx): each sheet that has cells becomes CSV.
//!
//! Numbers keep the 15 digits that a spreadsheet has: a whole number beyond them is written with an
//! exponent, as the spreadsheet shows it, so that nobody takes it for an id.

use std::io::{self, Read};

use calamine::{Cell, DataRef};

use super::sql::write_row;

/// Whole numbers below this one are exact in a spreadsheet.
const EXACT: f64 = 1e15;

/// Reads the cells of a sheet, row by row, as CSV.
pub(super) struct Sheet<F> {
    /// The next cell that is not empty.
    next: F,
    /// A cell of a row that has not begun.
    ahead: Option<Placed>,
    /// Whether there are no more cells.
    ended: bool,
    /// Cells of the first row: every row has as many.
    width: Option<usize>,
    out: Vec<u8>,
    given: usize,
}

/// Row, column and text of a cell.
pub(super) type Placed = (u32, u32, String);

impl<F: FnMut() -> io::Result<Option<Placed>>> Sheet<F> {
    pub(super) const fn new(next: F) -> Self {
        Self {
            next,
            ahead: None,
            ended: false,
            width: None,
            out: Vec::new(),
            given: 0,
        }
    }

    /// The next cell. Nothing is asked for behind the last.
    fn cell(&mut self) -> io::Result<Option<Placed>> {
        if self.ended {
            return Ok(None);
        }
        let cell = (self.next)()?;
        self.ended = cell.is_none();
        Ok(cell)
    }

    /// Makes the next row; `false` at the end.
    fn advance(&mut self) -> io::Result<bool> {
        self.out.clear();
        self.given = 0;
        let first = match self.ahead.take() {
            Some(cell) => Some(cell),
            None => self.cell()?,
        };
        let Some((row, column, text)) = first else {
            return Ok(false);
        };
        let mut cells = Vec::new();
        put(&mut cells, column, text);
        loop {
            match self.cell()? {
                Some((same, column, text)) if same == row => put(&mut cells, column, text),
                other => {
                    self.ahead = other;
                    break;
                }
            }
        }
        let width = *self.width.get_or_insert(cells.len());
        if cells.len() < width {
            cells.resize(width, String::new());
        }
        write_row(cells.into_iter().map(Some), &mut self.out);
        Ok(true)
    }
}

fn put(cells: &mut Vec<String>, column: u32, text: String) {
    let column = column as usize;
    if cells.len() <= column {
        cells.resize(column + 1, String::new());
    }
    if let Some(cell) = cells.get_mut(column) {
        *cell = text;
    }
}

impl<F: FnMut() -> io::Result<Option<Placed>>> Read for Sheet<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut ahead = self.out.get(self.given..).unwrap_or_default();
            if ahead.is_empty() {
                if !self.advance()? {
                    return Ok(0);
                }
                continue;
            }
            let read = ahead.read(buffer)?;
            self.given += read;
            return Ok(read);
        }
    }
}

/// A cell with what a person sees in it; `None` for an empty one.
pub(super) fn placed(cell: &Cell<DataRef<'_>>) -> Option<Placed> {
    let text = match cell.get_value() {
        DataRef::Empty => return None,
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => shown(*number),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(truth) => truth.to_string(),
        other @ (DataRef::DateTime(_)
        | DataRef::DateTimeIso(_)
        | DataRef::DurationIso(_)
        | DataRef::Error(_)) => format!("{other:?}"),
    };
    let (row, column) = cell.get_position();
    Some((row, column, text))
}

fn shown(number: f64) -> String {
    if number.abs() < EXACT {
        return number.to_string();
    }
    let text = format!("{number:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}E+{exponent}"),
        Some(_) | None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_sheet_have_the_width_of_the_first() {
        let cells = [
            (0, 0, "a"),
            (0, 2, "c"),
            (2, 1, "x,y"),
            (3, 0, "1"),
            (3, 3, "4"),
        ];
        let mut cells = cells
            .iter()
            .map(|(r, c, text)| (*r, *c, (*text).to_owned()));
        let mut csv = String::new();
        Sheet::new(|| Ok(cells.next()))
            .read_to_string(&mut csv)
            .unwrap();
        assert_eq!(csv, "a,\"\",c\n\"\",\"x,y\",\"\"\n1,\"\",\"\",4\n");
    }

    #[test]
    fn numbers_are_shown_as_far_as_they_are_exact() {
        for (number, expected) in [
            (3.0, "3"),
            (-0.5, "-0.5"),
            (999_999_999_999_999.0, "999999999999999"),
            (967_539_000_000_000_000.0, "9.67539E+17"),
        ] {
            assert_eq!(shown(number), expected);
        }
    }
}

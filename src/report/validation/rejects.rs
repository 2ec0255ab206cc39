//! The rejects file: every invalid row in the columns of its input, with what is wrong, so that it
//! can be corrected in place and imported as it is.
//!
//! The file may be opened in a spreadsheet, so cells that would act as formulas are guarded as
//! `record::guard` describes; importing the file takes the guard off again.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::record::{ADDED_COLUMNS, Problem, Severity, guard};

/// A rejects file being written.
#[derive(Debug)]
pub(crate) struct Rejects<W: Write> {
    writer: csv::Writer<W>,
}

impl<W: Write> Rejects<W> {
    /// Writes the header: the input's `columns`, and `reason_code`, `reason` and `line`.
    pub(crate) fn new(out: W, columns: &[String], delimiter: u8) -> io::Result<Self> {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .from_writer(out);
        for column in columns {
            writer.write_field(column)?;
        }
        for added in ADDED_COLUMNS {
            writer.write_field(added)?;
        }
        writer.write_record(None::<&[u8]>)?;
        Ok(Self { writer })
    }

    /// Writes one row. A row whose own cells are not as many as the header's stays so: padding it
    /// could make it valid without anybody having corrected it.
    pub(crate) fn write(
        &mut self,
        cells: &[Cow<'_, [u8]>],
        problems: &[Problem],
        line: u64,
    ) -> io::Result<()> {
        for cell in cells {
            match std::str::from_utf8(cell) {
                Ok(text) => self.writer.write_field(guard(text).as_bytes())?,
                Err(_) => self.writer.write_field(cell)?,
            }
        }
        let errors = problems
            .iter()
            .filter(|p| p.code.severity() == Severity::Error);
        let (codes, reasons): (Vec<&str>, Vec<String>) = errors
            .map(|problem| (problem.code.name(), problem.reason()))
            .unzip();
        self.writer.write_field(codes.join("; "))?;
        self.writer.write_field(reasons.join("; "))?;
        self.writer.write_field(line.to_string())?;
        self.writer.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Makes sure that everything is written.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.writer.flush()?;
        self.writer
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)
    }
}

//! Tables of text for people and spreadsheets: columns on a terminal, and CSV.
//!
//! CSV has one rule in this program, that of `record::guard`: what a spreadsheet would take for a
//! formula gets an apostrophe, numbers and the vendor's own ids (`@TGS#…`, which are none) stay as
//! they are, so that they can be looked up in other files. An input with a `reason_code` column has
//! the apostrophes taken off again, and therefore differences have one.

use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::failure::Failure;
use crate::record::guard;
use crate::report::found_text;
use crate::verify::Difference;

/// Most differences that are shown on a terminal, and in JSON; the CSV has all.
pub(super) const SHOWN: usize = 20;

/// A CSV file under way.
pub(super) struct Csv {
    out: csv::Writer<File>,
}

impl Csv {
    /// Makes sure that the file can be written; what is in it stays until there is something new.
    pub(super) fn probe(path: &Path) -> Result<(), Failure> {
        let existed = path.exists();
        let open = File::options().append(true).create(true).open(path);
        open.map_err(|source| unwritable(path, &source))?;
        if !existed {
            // It was made a moment ago; a check that ends early leaves nothing.
            drop(std::fs::remove_file(path));
        }
        Ok(())
    }

    /// Creates the file, for its owner only, since it names people.
    pub(super) fn create(path: &Path, header: &[&str]) -> Result<Self, Failure> {
        let open = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path);
        let file = open.map_err(|source| unwritable(path, &source))?;
        let mut csv = Self {
            out: csv::Writer::from_writer(file),
        };
        csv.write(header.iter().copied())
            .map_err(|error| Failure::from_output(&error))?;
        Ok(csv)
    }

    /// Writes one row.
    pub(super) fn write<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> io::Result<()> {
        let cells: Vec<_> = cells.map(guard).collect();
        let record = cells.iter().map(|cell| cell.as_bytes());
        self.out.write_record(record).map_err(io::Error::from)
    }

    /// Writes one difference.
    pub(super) fn difference(&mut self, difference: &Difference) -> io::Result<()> {
        let Difference {
            row,
            group,
            member,
            expected,
            found,
            verdict,
            reason,
            ..
        } = difference;
        let cells = [
            &row.to_string(),
            group,
            member,
            &expected.to_string(),
            &found_text(*found, ""),
            verdict.name(),
            reason,
        ];
        self.write(cells.into_iter())
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        self.out
            .flush()
            .map_err(|error| Failure::from_output(&error))
    }
}

fn unwritable(path: &Path, source: &io::Error) -> Failure {
    Failure::usage(format!("cannot write `{}`", path.display()))
        .because(source)
        .hint("name a file in a directory that exists and can be written")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::unguard;

    #[test]
    fn what_is_written_reads_back_unchanged_and_no_cell_is_a_formula() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("d.csv");
        let cells = [
            "plain",
            "=1+1",
            "@TGS#1",
            "@SUM(A1)",
            "-5",
            "-a",
            "'quoted",
            "a,b",
            "say \"a\"",
            "+a,b",
            "",
            "two\nlines",
        ];
        let mut csv = Csv::create(&path, &["cell", "reason_code"]).unwrap();
        for cell in cells {
            csv.write([cell, "x"].into_iter()).unwrap();
        }
        csv.finish().unwrap();
        let mut reader = csv::Reader::from_path(&path).unwrap();
        for (row, cell) in reader.records().zip(cells) {
            let row = row.unwrap();
            let written = row.get(0).unwrap();
            assert_eq!(unguard(written), cell);
            let harmless = ["@TGS#1", "-5"].contains(&written);
            assert!(
                harmless || !written.starts_with(['=', '+', '-', '@']),
                "{written}"
            );
        }
    }
}

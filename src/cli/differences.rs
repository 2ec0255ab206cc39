//! The differences of a check, gone through once: all of them as CSV, and their summary.
//!
//! CSV has one rule in this program, that of `record::guard`: what a spreadsheet would take for a
//! formula gets an apostrophe, numbers and the vendor's own ids (`@TGS#…`, which are none) stay as
//! they are, so that they can be looked up in other files. An input with a `reason_code` column has
//! the apostrophes taken off again, and therefore differences have one.

use std::io;

use super::args;
use super::failure::{Failure, check_failure, output_failure, read_failure};
use super::output::table;
use crate::record::guard;
use crate::report::{CheckKind, DifferenceSummary, PLACES, found_text};
use crate::storage::{OutputFile, OutputWriter};
use crate::verify::{Check, Difference, Gathered};

/// Where all differences go, if that is asked for.
pub(super) fn differences_file(args: &args::Verify) -> Option<OutputFile> {
    let file = args.differences.as_deref();
    file.map(|path| table(path, args.force))
}

/// Makes sure that all differences can be written before the work that finds them.
pub(super) fn probe(args: &args::Verify) -> Result<(), Failure> {
    let probed = differences_file(args).map_or(Ok(()), |file| file.probe());
    probed.map_err(|error| output_failure(&error))
}

/// Goes through all differences of a check that reached its end.
pub(super) fn collect(
    check: &mut Check,
    kind: CheckKind,
    file: Option<&OutputFile>,
) -> Result<DifferenceSummary, Failure> {
    let mut csv = file
        .map(|file| Csv::create(file, &kind.columns()))
        .transpose()?;
    let mut gathered = Gathered::new(&std::env::temp_dir());
    let mut summary = DifferenceSummary::new(kind, file.map(OutputFile::path));
    let mut failed = None;
    let replayed = check.differences(|difference| {
        if failed.is_some() {
            return;
        }
        let written = csv
            .as_mut()
            .map_or(Ok(()), |csv| csv.difference(&difference));
        let written = written.map_err(|error| Failure::from_output(&error));
        let pushed = gathered.push(kind.place(&difference), &difference);
        failed = written.and(pushed.map_err(unsorted)).err();
        summary.add(difference);
    });
    replayed.map_err(|error| check_failure(&error))?;
    failed.map_or(Ok(()), Err)?;
    csv.map_or(Ok(()), Csv::finish)?;
    summary.affected = gathered.finish(PLACES).map_err(unsorted)?;
    Ok(summary)
}

/// Ends a check: from here on the next one begins anew, whoever reads this one's result or does not.
pub(super) fn finish(check: Check) -> Result<(), Failure> {
    check.remove().map_err(|source| {
        Failure::checkpoint("the progress log cannot be removed").because(&source)
    })
}

fn unsorted(error: io::Error) -> Failure {
    read_failure(&error.into())
}

/// A CSV file under way.
pub(super) struct Csv {
    out: csv::Writer<OutputWriter>,
}

impl Csv {
    /// Begins the file.
    pub(super) fn create(output: &OutputFile, header: &[&str]) -> Result<Self, Failure> {
        let out = output.create().map_err(|error| output_failure(&error))?;
        let mut csv = Self {
            out: csv::Writer::from_writer(out),
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

    /// Ends the file and gives it its name.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let out = self.out.into_inner();
        let out = out.map_err(|error| Failure::from_output(error.error()))?;
        out.commit().map_err(|error| output_failure(&error))
    }
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
        let mut csv = Csv::create(&table(&path, false), &["cell", "reason_code"]).unwrap();
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

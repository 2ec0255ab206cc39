//! What is known of rows beyond the input, such as that their groups do not exist, by row.
//!
//! It is sorted on disk, so memory does not grow with it, and a second pass takes it along.

use std::io;
use std::path::Path;

use crate::record::{Code, Column, Finding, Location, Problem, Severity};
use crate::storage::{Merge, Sorted, Sorter};

/// Bytes kept in memory before they go to disk.
const IN_MEMORY: usize = 8 << 20;

/// Gathers findings in any order.
#[derive(Debug)]
pub(crate) struct FindingsSorter {
    sorter: Sorter,
    record: Vec<u8>,
}

/// Findings in the order of rows. A row has at most one that is an error.
#[derive(Debug)]
pub(crate) struct Findings {
    sorted: Sorted,
    rejected: u64,
}

impl FindingsSorter {
    /// An empty one, whose temporary files go to `directory`.
    pub(crate) fn new(directory: &Path) -> Self {
        Self {
            sorter: Sorter::with_limit(directory, IN_MEMORY),
            record: Vec::new(),
        }
    }

    /// Takes what was found in `column` of the row at `location`.
    pub(crate) fn push(&mut self, finding: Finding<'_>) -> io::Result<()> {
        let Finding { location, problem } = finding;
        let record = &mut self.record;
        record.clear();
        record.extend_from_slice(&location.row.to_be_bytes());
        record.extend_from_slice(&location.line.to_be_bytes());
        record.extend_from_slice(&location.byte.to_be_bytes());
        record.extend_from_slice(&location.file.to_be_bytes());
        let code = Code::ALL.iter().position(|&code| code == problem.code);
        record.push(
            code.and_then(|code| u8::try_from(code).ok())
                .unwrap_or(u8::MAX),
        );
        record.extend_from_slice(problem.found.as_bytes());
        self.sorter.push(record)
    }

    /// Ends the gathering.
    pub(crate) fn finish(self) -> io::Result<Findings> {
        let mut findings = Findings {
            sorted: self.sorter.finish(),
            rejected: 0,
        };
        let mut rejected = 0;
        findings.for_each(|finding| {
            rejected += u64::from(finding.problem.code.severity() == Severity::Error);
        })?;
        findings.rejected = rejected;
        Ok(findings)
    }
}

impl Findings {
    /// Rows whose calls are known to fail.
    pub(crate) const fn rejected(&self) -> u64 {
        self.rejected
    }

    /// Hands every finding to `each`, in the order of rows.
    pub(crate) fn for_each(&self, mut each: impl FnMut(Finding<'_>)) -> io::Result<()> {
        let mut merge = self.sorted.reader()?;
        while let Some(record) = merge.next()? {
            if let Some((location, problem)) = decode(&record) {
                each(Finding {
                    location,
                    problem: &problem,
                });
            }
        }
        Ok(())
    }

    /// The findings of wanted codes, to be taken along by a pass in the order of rows.
    pub(crate) fn along(&self, wanted: fn(Code) -> bool) -> io::Result<Along<'_>> {
        Ok(Along {
            merge: self.sorted.reader()?,
            wanted,
            next: None,
        })
    }
}

/// The findings of wanted codes, row by row.
#[derive(Debug)]
pub(crate) struct Along<'a> {
    merge: Merge<'a>,
    wanted: fn(Code) -> bool,
    next: Option<(Location, Problem)>,
}

impl Along<'_> {
    /// The first such finding of row number `row`; numbers are asked for in rising order.
    pub(crate) fn of(&mut self, row: u64) -> io::Result<Option<Problem>> {
        loop {
            if self.next.is_none() {
                let Some(record) = self.merge.next()? else {
                    return Ok(None);
                };
                self.next = decode(&record).filter(|(_, problem)| (self.wanted)(problem.code));
            }
            match self.next.take() {
                Some((location, problem)) if location.row == row => return Ok(Some(problem)),
                Some(later) if later.0.row > row => {
                    self.next = Some(later);
                    return Ok(None);
                }
                Some(_) | None => {}
            }
        }
    }
}

fn decode(record: &[u8]) -> Option<(Location, Problem)> {
    let (row, rest) = record.split_first_chunk()?;
    let (line, rest) = rest.split_first_chunk()?;
    let (byte, rest) = rest.split_first_chunk()?;
    let (file, rest) = rest.split_first_chunk()?;
    let (&code, found) = rest.split_first()?;
    let &code = Code::ALL.get(usize::from(code))?;
    let location = Location {
        file: u32::from_be_bytes(*file),
        line: u64::from_be_bytes(*line),
        byte: u64::from_be_bytes(*byte),
        row: u64::from_be_bytes(*row),
    };
    let problem = Problem {
        code,
        column: code.online_column().unwrap_or(Column::Record),
        found: String::from_utf8_lossy(found).into_owned(),
        other: None,
    };
    Some((location, problem))
}

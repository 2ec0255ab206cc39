//! The second pass: the calls of a plan, in the order of the input, read again from it.

use super::findings::Along;
use super::survey::{Error, Survey};
use crate::plan::{Decision, Sieve};
use crate::record::{Code, GroupType, Location, Problem, RawRow, Row, Severity, check};
use crate::source::{self, Advance, Changed, Inputs, LastLook, Reader, Record};

/// One call to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call<'a> {
    /// Where the row that won stands.
    pub(crate) location: Location,
    /// Number of the row that won, from 1: the `row` of the checkpoint log.
    pub(crate) row: u64,
    /// Physical line on which that row starts, from 1.
    pub(crate) line: u64,
    /// The group.
    pub(crate) group_id: &'a str,
    /// The member.
    pub(crate) member_account: &'a str,
    /// The count to set.
    pub(crate) unread_num: u32,
    /// The group's type, if the source told it.
    pub(crate) group_type: Option<GroupType>,
}

/// One row of the second pass that matters.
#[derive(Debug)]
pub(crate) enum Step<'a> {
    /// A call to make.
    Call(Call<'a>),
    /// An invalid row.
    Rejected {
        /// Where it stood.
        location: Location,
        /// All that is wrong with it; at least one is an error.
        problems: &'a [Problem],
        /// The record in the bytes of the file.
        raw: &'a [u8],
        /// The record taken apart, if it could be.
        row: Option<RawRow<'a>>,
    },
    /// A planned row that must not be sent: its file ended with it, without a line end, and has
    /// grown since.
    Withheld {
        /// Its number.
        row: u64,
    },
}

/// What becomes of the current record.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Call { unread_num: u32 },
    Rejected,
    Passed,
}

/// A second pass. It borrows the inputs and what the first pass found out.
#[derive(Debug)]
pub(crate) struct Calls<'a> {
    reader: Reader<'a>,
    sieve: Sieve<'a>,
    known: Option<Along<'a>>,
    problems: Vec<Problem>,
    /// The look at the inputs that follows the last row; only rows that are to be sent need it.
    last_look: Option<LastLook>,
    withheld: u64,
    ended: bool,
}

impl<'a> Calls<'a> {
    /// Starts at the first record of `inputs`, which `survey` has read.
    pub(crate) fn new(inputs: &'a Inputs, survey: &'a Survey) -> Result<Self, Error> {
        let errors = |code: Code| code.severity() == Severity::Error;
        let known = survey.findings.as_ref().map(|found| found.along(errors));
        Ok(Self {
            known: known.transpose().map_err(Error::Findings)?,
            reader: inputs.reader(),
            sieve: survey.plan.sieve()?,
            problems: Vec::new(),
            last_look: None,
            withheld: 0,
            ended: false,
        })
    }

    /// The same for rows that are to be sent: a row that may be half of one is withheld.
    pub(crate) fn to_send(inputs: &'a Inputs, survey: &'a Survey) -> Result<Self, Error> {
        let calls = Self::new(inputs, survey)?;
        Ok(Self {
            last_look: Some(inputs.last_look()),
            ..calls
        })
    }

    /// The next call or invalid row; `None` behind the last. It is an error if the input is not
    /// what the first pass read: no row comes of a piece that is another one now.
    pub(crate) fn next(&mut self) -> Result<Option<Step<'_>>, Error> {
        self.next_within(&mut usize::MAX.clone())
    }

    /// Whether the last record was read.
    pub(crate) const fn is_ended(&self) -> bool {
        self.ended
    }

    /// As `next`, but reads at most so many records, and takes those that it read off: where
    /// millions of rows make no call, others have to be served in between.
    pub(crate) fn next_within(&mut self, records: &mut usize) -> Result<Option<Step<'_>>, Error> {
        while !self.ended && *records > 0 {
            *records -= 1;
            match self.reader.step()? {
                Advance::Row => {}
                Advance::LeftOut => continue,
                Advance::End => {
                    self.ended = true;
                    break;
                }
            }
            match self.judge()? {
                Fate::Passed => {}
                Fate::Rejected => return Ok(self.rejected()),
                Fate::Call { .. } if self.last_look.is_some() && self.reader.ends_in_growth() => {
                    self.withheld += 1;
                    return Ok(self.withheld());
                }
                Fate::Call { unread_num } => return Ok(self.call(unread_num)),
            }
        }
        Ok(None)
    }

    fn judge(&mut self) -> Result<Fate, Error> {
        self.problems.clear();
        let row = match self.reader.record() {
            Some(Record::Row(raw)) => check(&raw, &mut self.problems),
            Some(Record::Malformed(bad)) => {
                self.problems.push(bad.problem);
                None
            }
            None => return Ok(Fate::Passed),
        };
        let Some(row) = row else {
            return Ok(Fate::Rejected);
        };
        Ok(match self.sieve.judge(&row)? {
            Decision::Call { unread_num } => {
                let known = self.known.as_mut();
                let problem = known.map(|known| known.of(row.location.row)).transpose();
                match problem.map_err(Error::Findings)?.flatten() {
                    None => Fate::Call { unread_num },
                    Some(problem) => {
                        self.problems.push(problem);
                        Fate::Rejected
                    }
                }
            }
            Decision::Folded | Decision::Skipped => Fate::Passed,
            Decision::Conflict { problem } => {
                self.problems.push(problem);
                Fate::Rejected
            }
        })
    }

    fn rejected(&self) -> Option<Step<'_>> {
        let (location, raw, row) = match self.reader.record()? {
            Record::Row(row) => (row.location, row.raw, Some(row)),
            Record::Malformed(bad) => (bad.location, bad.raw, None),
        };
        debug_assert!(
            self.problems
                .iter()
                .any(|p| p.code.severity() == Severity::Error)
        );
        Some(Step::Rejected {
            location,
            problems: &self.problems,
            raw,
            row,
        })
    }

    fn call(&self, unread_num: u32) -> Option<Step<'_>> {
        let Record::Row(raw) = self.reader.record()? else {
            return None;
        };
        // The row was judged good a moment ago; judging it again is cheaper than copying it.
        let Row {
            location,
            group_id,
            member_account,
            group_type,
            ..
        } = check(&raw, &mut Vec::new())?;
        Some(Step::Call(Call {
            location,
            row: location.row,
            line: location.line,
            group_id,
            member_account,
            unread_num,
            group_type,
        }))
    }

    fn withheld(&self) -> Option<Step<'_>> {
        let row = match self.reader.record()? {
            Record::Row(row) => row.location.row,
            Record::Malformed(bad) => bad.location.row,
        };
        Some(Step::Withheld { row })
    }

    /// A part of the last look at the inputs, behind the last row: whether it is done. It is an
    /// error if they are not what the first pass read any more, or have grown.
    pub(crate) fn look_once_more(&mut self) -> Result<bool, Error> {
        let Some(look) = &mut self.last_look else {
            return Ok(true);
        };
        let Some(paths) = look.step()? else {
            return Ok(false);
        };
        if paths.is_empty() && self.withheld == 0 {
            return Ok(true);
        }
        let withheld = self.withheld;
        Err(source::Error::from(Changed::Grown { paths, withheld }).into())
    }
}

#[cfg(test)]
#[path = "calls_tests.rs"]
mod tests;

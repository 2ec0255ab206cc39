//! The pass between the first one and the calls: made once for all who need the rows again, and not
//! at all if nobody does.

use std::io;

use super::detail::Gathering;
use super::failure::{Failure, checkpoint_failure, input_failure, output_failure};
use crate::checkpoint::{FirstDifference, History, Reconciliation, visit};
use crate::plan::Totals;
use crate::report::validation::Rejects;
use crate::run::{Call, Calls, Step, Survey};
use crate::source::{Columns, Inputs};
use crate::storage::{OutputFile, OutputWriter};

/// Who needs the rows again.
#[derive(Default)]
pub(super) struct SecondPass<'a> {
    /// The file of every rejected row.
    pub(super) rejects: Option<RejectsFile<'a>>,
    /// What a report of the input tells.
    pub(super) detail: Option<Gathering<'a>>,
    /// Sums over the calls, where the first pass cannot know them.
    pub(super) totals: Option<Totals>,
    /// What the log settled.
    pub(super) comparison: Comparison,
}

/// What the calls are compared with.
#[derive(Debug, Default)]
pub(super) enum Comparison {
    /// Nothing: there is no log, or it is of this input.
    #[default]
    Nothing,
    /// The log of another input: where is the first difference?
    Other(FirstDifference),
    /// The log that this input continues: what of it is done?
    Continued(Reconciliation),
}

impl Comparison {
    /// A search for the first difference from the log at `path`.
    pub(super) fn other(path: &std::path::Path) -> Result<Self, Failure> {
        let mut difference = FirstDifference::default();
        let read = visit::<crate::checkpoint::Error>(path, |entry| {
            difference.apply(entry);
            Ok(())
        });
        read.map_err(|error| checkpoint_failure(&error))?;
        Ok(Self::Other(difference.ready()))
    }

    /// A search for what the log at `path` has done.
    pub(super) fn continued(path: &std::path::Path) -> Result<Self, Failure> {
        let mut history = History::default();
        let read = visit::<crate::checkpoint::Error>(path, |entry| {
            history.apply(entry);
            Ok(())
        });
        read.map_err(|error| checkpoint_failure(&error))?;
        Ok(Self::Continued(Reconciliation::new(history)))
    }

    fn take(&mut self, call: &Call<'_>) {
        let ids = (call.group_id, call.member_account);
        match self {
            Self::Nothing => {}
            Self::Other(difference) => {
                difference.call((call.row, call.line), ids, call.unread_num);
            }
            Self::Continued(reconciliation) => {
                reconciliation.call(call.row, ids, call.unread_num);
            }
        }
    }
}

impl SecondPass<'_> {
    const fn is_needed(&self) -> bool {
        self.rejects.is_some()
            || self.detail.is_some()
            || self.totals.is_some()
            || !matches!(self.comparison, Comparison::Nothing)
    }

    /// Reads `inputs` again if somebody needs that. The file of rejected rows is then whole.
    pub(super) fn run(&mut self, inputs: &Inputs, survey: &Survey) -> Result<(), Failure> {
        if !self.is_needed() {
            return Ok(());
        }
        let mut calls = Calls::new(inputs, survey).map_err(|error| input_failure(&error))?;
        while let Some(step) = calls.next().map_err(|error| input_failure(&error))? {
            self.take(&step)?;
        }
        self.rejects.take().map_or(Ok(()), RejectsFile::finish)
    }

    fn take(&mut self, step: &Step<'_>) -> Result<(), Failure> {
        if let Some(detail) = &mut self.detail {
            detail.take(step).map_err(|error| input_failure(&error))?;
        }
        if let Some(rejects) = &mut self.rejects {
            rejects.take(step)?;
        }
        if let Step::Call(call) = step {
            if let Some(totals) = &mut self.totals {
                totals.add(call.unread_num);
            }
            self.comparison.take(call);
        }
        Ok(())
    }
}

/// The file of every rejected row, in the columns of its own input.
pub(super) struct RejectsFile<'a> {
    output: &'a OutputFile,
    columns: Columns,
    rejects: Rejects<OutputWriter>,
}

impl<'a> RejectsFile<'a> {
    /// Begins to write it.
    pub(super) fn create(output: &'a OutputFile, inputs: &Inputs) -> Result<Self, Failure> {
        let columns = inputs.columns();
        let file = output.create().map_err(|error| output_failure(&error))?;
        let rejects = Rejects::new(file, &columns.names, columns.delimiter);
        Ok(Self {
            rejects: rejects.map_err(|source| failed(output, source))?,
            output,
            columns,
        })
    }

    fn take(&mut self, step: &Step<'_>) -> Result<(), Failure> {
        let Step::Rejected {
            location,
            problems,
            raw,
            row,
        } = step
        else {
            return Ok(());
        };
        let own = self.columns.cells(raw, row.as_ref());
        let written = self.rejects.write(&own, problems, location.line);
        written.map_err(|source| failed(self.output, source))
    }

    fn finish(self) -> Result<(), Failure> {
        let file = self.rejects.finish();
        let file = file.map_err(|source| failed(self.output, source))?;
        file.commit().map_err(|error| output_failure(&error))
    }
}

fn failed(output: &OutputFile, source: io::Error) -> Failure {
    output_failure(&output.failed(source))
}

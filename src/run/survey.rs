//! The first pass: every record is read, checked and planned, and nothing is sent.

use std::path::Path;

use super::findings::Findings;
use crate::plan::{self, Plan, Policy, Totals};
use crate::record::{Finding, Location, Problem, RawRow, check};
use crate::signals::Signal;
use crate::source::{self, Changed, Digest, Inputs, Judge};

/// Why a pass over the input failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// An input cannot be read.
    #[error(transparent)]
    Source(#[from] source::Error),
    /// The duplicates cannot be resolved.
    #[error(transparent)]
    Plan(#[from] plan::Error),
    /// What an earlier check found cannot be read back.
    #[error("cannot read what the online checks found from the temporary file")]
    Findings(#[source] std::io::Error),
}

impl Error {
    /// What to do about it, one sentence without a full stop.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.hint(),
            Self::Plan(error) => Some(error.hint().to_owned()),
            Self::Findings(_) => Some("check the disk that holds TMPDIR".to_owned()),
        }
    }

    /// A stable word for it.
    pub(crate) const fn kind(&self) -> &'static str {
        match self.changed() {
            Some(_) => "input_changed",
            None => "unreadable_input",
        }
    }

    /// The signal that asked for the end, if that is the reason.
    pub(crate) const fn interrupted(&self) -> Option<Signal> {
        match self {
            Self::Source(source::Error::Interrupted(signal)) => Some(*signal),
            Self::Source(_) | Self::Plan(_) | Self::Findings(_) => None,
        }
    }

    /// What became of the input after the first pass, if that is the reason.
    pub(crate) const fn changed(&self) -> Option<&Changed> {
        match self {
            Self::Source(source::Error::Changed(changed)) => Some(changed),
            Self::Source(_) | Self::Plan(_) | Self::Findings(_) => None,
        }
    }
}

/// What the first pass found out.
#[derive(Debug)]
pub(crate) struct Survey {
    /// Which rows become calls.
    pub(crate) plan: Plan,
    /// What was read, one for each input.
    pub(crate) digests: Vec<Digest>,
    /// What is known of calls beyond the input: those with an error are not made.
    pub(crate) findings: Option<Findings>,
}

impl Survey {
    /// Rejects the rows whose calls are known to fail.
    pub(crate) fn reject(&mut self, findings: Findings) {
        let rejected = findings.rejected();
        let plan = &mut self.plan;
        plan.rows.invalid += rejected;
        plan.rows.valid -= rejected;
        plan.calls -= rejected;
        self.findings = Some(findings);
    }

    /// Sums over the calls; `None` if online checks reject some of them, whose counts only the
    /// input has.
    pub(crate) fn call_totals(&self) -> Option<Totals> {
        (self.plan.totals.rows == self.plan.calls).then_some(self.plan.totals)
    }
}

/// Reads all of `inputs` once. Everything that is wrong is told to `observer`: the rows by
/// themselves first, in the order of the input, and then those that disagree with others.
pub(crate) fn survey(
    inputs: &Inputs,
    policy: Policy,
    spill_dir: &Path,
    observer: &mut impl FnMut(Finding<'_>),
) -> Result<Survey, Error> {
    let builder = plan::Builder::new(policy, spill_dir);
    let surveyor = || Surveyor {
        shard: builder.shard(),
        problems: Vec::new(),
        found: Vec::new(),
    };
    let mut surveyors: Vec<_> = std::iter::repeat_with(surveyor)
        .take(source::judges())
        .collect();
    let digests = inputs.share_out(&mut surveyors, &mut |found: Vec<Found>| {
        for Found { location, problem } in &found {
            observer(Finding {
                location: *location,
                problem,
            });
        }
    })?;
    let shards: Vec<_> = surveyors
        .into_iter()
        .map(|surveyor| surveyor.shard)
        .collect();
    let plan = builder.finish(&shards, observer)?;
    Ok(Survey {
        plan,
        digests,
        findings: None,
    })
}

/// Problems that a thread keeps before it hands them over: more cost memory, fewer time.
const MUCH: usize = 256;

/// What is wrong with a record, to be told when it is its turn.
#[derive(Debug)]
struct Found {
    location: Location,
    problem: Problem,
}

/// Checks and plans the records that one thread reads. Those of two threads share no line of a
/// cache, for which the cores would fight at every row.
#[derive(Debug)]
#[repr(align(128))]
struct Surveyor {
    shard: plan::Shard,
    /// Of the current record.
    problems: Vec<Problem>,
    found: Vec<Found>,
}

impl Judge for Surveyor {
    type Error = Error;
    type Remarks = Vec<Found>;

    #[expect(
        clippy::inline_always,
        reason = "in one piece a row stays in registers, from line to partition"
    )]
    #[inline(always)]
    fn judge(&mut self, raw: &RawRow<'_>) -> Result<bool, Error> {
        match &check(raw, &mut self.problems) {
            Some(row) => self.shard.add(row)?,
            None => self.shard.reject(),
        }
        if self.problems.is_empty() {
            return Ok(false);
        }
        let location = raw.location;
        let problems = self.problems.drain(..);
        let found = problems.map(|problem| Found { location, problem });
        self.found.extend(found);
        Ok(self.found.len() >= MUCH)
    }

    fn reject(&mut self, location: Location, problem: &Problem) -> bool {
        self.shard.reject();
        let problem = problem.clone();
        self.found.push(Found { location, problem });
        self.found.len() >= MUCH
    }

    fn remarks(&mut self) -> Option<Vec<Found>> {
        (!self.found.is_empty()).then(|| std::mem::take(&mut self.found))
    }
}

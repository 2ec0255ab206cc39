//! A check that reached its end, told: text, JSON, and every difference as CSV.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::args::{self, OutputForm};
use super::clock;
use super::command_line::{self, CommandLine};
use super::failure::Failure;
use super::found::{Found, Kind, collect, finish};
use super::report::{ReportFile, write_verification};
use super::verdict::{asked, examples, results, sums, verdicts};
use crate::checkpoint::{self, Counts};
use crate::report::document::{
    AskedPart, CheckedImport, ConfidencePart, Findings, InputPart, NextStep, SumsPart, TargetPart,
    VerificationReport,
};
use crate::report::{count, sanitised};
use crate::sweep;
use crate::verify::{Check, Confidence, Cost, Difference, Tally, Verdict, Way};

/// All that is told of a check that reached its end.
pub(super) struct Told<'a> {
    pub(super) checkpoint: &'a Path,
    /// What the checkpoint says.
    pub(super) counts: Counts,
    /// Its first line.
    pub(super) header: &'a checkpoint::Header,
    /// The app that was asked.
    pub(super) target: checkpoint::Target,
    /// Counts that were set.
    pub(super) of: u64,
    /// Whether only a sample was looked at.
    pub(super) sample: bool,
    pub(super) asked: sweep::Tally,
    pub(super) cost: Cost,
    pub(super) way: Way,
    pub(super) took: Duration,
}

/// `--output json`.
#[derive(Serialize)]
struct VerifyResult<'a> {
    command: &'static str,
    outcome: &'static str,
    checkpoint: String,
    calls_planned: u64,
    counts_set: u64,
    checked: u64,
    results: Results,
    sums: Sums,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<Confidence>,
    asked: Asked,
    /// The first differences; the CSV has all.
    differences: &'a [Difference],
}

#[derive(Serialize)]
struct Results {
    matched: u64,
    clamped: u64,
    mismatched: u64,
    not_member: u64,
    unverifiable: u64,
}

#[derive(Serialize)]
struct Sums {
    expected: u64,
    found: u64,
}

#[derive(Serialize)]
struct Asked {
    calls: u64,
    attempts: u64,
    rate_limited: u64,
    busiest_second: usize,
}

impl Told<'_> {
    /// Tells the result, takes the progress log away, and gives the exit code.
    pub(super) fn tell(
        self,
        mut check: Check,
        (args, reports): (&args::Verify, &[ReportFile]),
        out: &mut dyn Write,
    ) -> Result<ExitCode, Failure> {
        let tally = check.tally().told();
        let file = args.differences.as_deref();
        let found = collect(&mut check, Kind::Groups, file)?;
        let continued = check.continued;
        write_verification(reports, &self.report(args, &tally, &found, continued))?;
        finish(check)?;
        let written = match args.result.output {
            OutputForm::Text => self.text(out, &tally, &found.shown, file),
            OutputForm::Json => self.json(out, &tally, &found.shown),
        };
        written.map_err(|error| Failure::from_output(&error))?;
        Ok(ExitCode::from(u8::from(!self.is_well(&tally))))
    }

    /// Everything planned was set, and everything looked at is there.
    fn is_well(&self, tally: &Tally) -> bool {
        tally.different() == 0 && self.counts.succeeded == self.counts.calls
    }

    fn confidence(&self, tally: &Tally) -> Option<Confidence> {
        self.sample
            .then(|| Confidence::new(tally.different(), tally.checked(), self.of))
    }

    fn report(
        &self,
        args: &args::Verify,
        tally: &Tally,
        found: &Found,
        continued: Option<Timestamp>,
    ) -> VerificationReport {
        let asked = AskedPart {
            calls_by_group: Some(self.cost.group),
            calls_by_member: Some(self.cost.member),
            ..asked(self.asked, self.way, self.took, continued)
        };
        let findings = Findings {
            subject: self.checkpoint.display().to_string(),
            inputs: InputPart::of(self.header),
            target: TargetPart::of(&self.target),
            import: Some(CheckedImport {
                run: self.header.run.clone(),
                calls_planned: self.counts.calls,
                calls_succeeded: self.counts.succeeded,
                counts_set: self.of,
            }),
            rows: None,
            checked: tally.checked(),
            results: results(tally, &IMPORT_VERDICTS),
            sums: SumsPart {
                expected: tally.expected,
                found: tally.found,
            },
            confidence: self.confidence(tally).map(confidence),
            differences: found.differences(),
            gaps: found.gaps(),
            affected: found.affected(),
            asked,
            next: self.next(args, tally),
        };
        VerificationReport::new(env!("CARGO_PKG_VERSION").to_owned(), clock(), findings)
    }

    /// What to type next.
    fn next(&self, args: &args::Verify, tally: &Tally) -> Vec<NextStep> {
        let (target, asking) = (&args.target, &args.asking);
        let step = |purpose: &str, command: CommandLine| NextStep {
            purpose: purpose.to_owned(),
            command: command.to_string(),
        };
        let mut next = Vec::new();
        if self.counts.succeeded < self.counts.calls {
            let command = command_line::status(self.checkpoint);
            next.push(step("See which calls have not succeeded", command));
        }
        if tally.different() > 0 && self.sample {
            let command = command_line::verify(self.checkpoint, target, asking);
            next.push(step("Look at all counts", command));
        }
        if tally.different() > 0 {
            let command = command_line::verify_differences(self.checkpoint, target, asking);
            next.push(step("List every difference", command));
        }
        next
    }

    fn json(&self, out: &mut dyn Write, tally: &Tally, shown: &[Difference]) -> io::Result<()> {
        let result = VerifyResult {
            command: "verify",
            outcome: if self.is_well(tally) {
                "verified"
            } else {
                "different"
            },
            checkpoint: self.checkpoint.display().to_string(),
            calls_planned: self.counts.calls,
            counts_set: self.of,
            checked: tally.checked(),
            results: Results {
                matched: tally.matched,
                clamped: tally.clamped,
                mismatched: tally.mismatched,
                not_member: tally.not_member,
                unverifiable: tally.unverifiable,
            },
            sums: Sums {
                expected: tally.expected,
                found: tally.found,
            },
            confidence: self.confidence(tally),
            asked: Asked {
                calls: self.asked.calls,
                attempts: self.asked.attempts,
                rate_limited: self.asked.rate_limited,
                busiest_second: self.asked.busiest_second,
            },
            differences: shown,
        };
        serde_json::to_writer(&mut *out, &result)?;
        writeln!(out)
    }

    fn text(
        &self,
        out: &mut dyn Write,
        tally: &Tally,
        shown: &[Difference],
        file: Option<&Path>,
    ) -> io::Result<()> {
        writeln!(
            out,
            "checkpoint  {}",
            sanitised(&self.checkpoint.display().to_string())
        )?;
        writeln!(
            out,
            "checked     {} of {} counts that were set",
            count(tally.checked()),
            count(self.of)
        )?;
        verdicts(out, tally, &IMPORT_VERDICTS)?;
        sums(out, tally)?;
        self.notes(out, tally)?;
        writeln!(
            out,
            "calls       {}, {} attempts, busiest second {}",
            count(self.asked.calls),
            count(self.asked.attempts),
            self.asked.busiest_second
        )?;
        examples(out, shown, tally.different(), file, ["group", "member"])
    }

    fn notes(&self, out: &mut dyn Write, tally: &Tally) -> io::Result<()> {
        if let Some(confidence) = self.confidence(tally) {
            writeln!(
                out,
                "sample      with 95 % confidence at most {:.2} % of all {} counts differ: {} of them",
                confidence.at_most_share * 100.0,
                count(confidence.of),
                count(confidence.at_most)
            )?;
        }
        let not_set = self.counts.calls - self.counts.succeeded;
        if not_set > 0 {
            writeln!(
                out,
                "not set     {} of {} planned calls have not succeeded: see `im-unread status`",
                count(not_set),
                count(self.counts.calls)
            )?;
        }
        if tally.reckoned_wrong > 0 && tally.reckoned_right == 0 {
            writeln!(
                out,
                "note        reckoning counts from message numbers fits no count of this app, so nothing is called wrong for it"
            )?;
        }
        Ok(())
    }
}

/// The verdicts on an import, with what they mean.
const IMPORT_VERDICTS: [(Verdict, &str); 5] = [
    (Verdict::Matched, ""),
    (
        Verdict::Clamped,
        "set to the group's number of messages, which is smaller",
    ),
    (Verdict::Mismatched, "another count is there"),
    (
        Verdict::NotMember,
        "not in the group any more, or one of both is gone",
    ),
    (Verdict::Unverifiable, "cannot be told"),
];

fn confidence(statement: Confidence) -> ConfidencePart {
    ConfidencePart {
        sample: statement.sample,
        of: statement.of,
        level: statement.level,
        at_most_share: statement.at_most_share,
        at_most: statement.at_most,
    }
}

//! How well it went, in one sentence.

use serde::Serialize;

use super::{CallsPart, Findings};
use crate::record::Severity;
use crate::report::StopReason;
use crate::report::number::{count, plural};
use crate::report::state::State;
use crate::report::validation::{Checked, verdict};

/// How well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    /// Nothing to do.
    Good,
    /// Something to look at.
    Warn,
    /// Something to mend.
    Bad,
    /// Not over yet.
    Info,
}

impl Level {
    /// The stable word; the style's class too.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Info => "info",
        }
    }

    /// A sign that reads without colour.
    pub(crate) const fn mark(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Warn => "!",
            Self::Bad => "✗",
            Self::Info => "…",
        }
    }
}

/// A level and the sentence that gives the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Verdict {
    /// How well.
    pub(crate) level: Level,
    /// Why, for people.
    pub(crate) sentence: String,
}

/// The verdict on an import.
pub(super) fn on_import(
    state: State,
    calls: CallsPart,
    rejected: u64,
    reason: Option<&StopReason>,
) -> Verdict {
    let done = format!(
        "{} of {} succeeded",
        count(calls.succeeded),
        plural(calls.planned, "call")
    );
    let flaws = flaws(calls, rejected);
    let why = reason.map_or(String::new(), |reason| format!(" ({})", reason.kind));
    let (level, sentence) = match state {
        State::Created => (Level::Info, "Nothing was sent yet".to_owned()),
        State::Running => (Level::Info, format!("Running: {done}{flaws}")),
        State::Crashed => (Level::Bad, format!("Crashed: {done}{flaws}")),
        State::Interrupted => (Level::Warn, format!("Interrupted{why}: {done}{flaws}")),
        State::Stopped => (Level::Bad, format!("Stopped{why}: {done}{flaws}")),
        State::Completed if flaws.is_empty() => (Level::Good, format!("Completed: {done}")),
        State::Completed => (Level::Warn, format!("Completed: {done}{flaws}")),
    };
    Verdict { level, sentence }
}

/// The verdict on an input.
pub(super) fn on_input(checked: &Checked<'_>) -> Verdict {
    let warnings = checked.validation.count(Severity::Warning);
    let level = match (checked.is_valid(), warnings) {
        (true, 0) => Level::Good,
        (true, _) => Level::Warn,
        (false, _) => Level::Bad,
    };
    Verdict {
        level,
        sentence: sentence(&verdict(checked)),
    }
}

/// The verdict on counts that were read back.
pub(super) fn on_counts(found: &Findings) -> Verdict {
    let (different, checked) = (found.differences.total, found.checked);
    let mut parts = vec![match (different, &found.confidence) {
        (0, None) => format!("Verified: {} as expected", plural(checked, "count")),
        (0, Some(_)) => format!(
            "The sample is verified: {} as expected",
            plural(checked, "count")
        ),
        (_, _) => format!(
            "{} of {} differ: {}",
            count(different),
            plural(checked, "count"),
            results(found)
        ),
    }];
    parts.extend(found.confidence.map(|confidence| {
        format!(
            "with {:.0} % confidence at most {:.2} % of all {} differ",
            confidence.level * 100.0,
            confidence.at_most_share * 100.0,
            count(confidence.of)
        )
    }));
    if found.not_set() > 0 {
        let calls = plural(found.not_set(), "call");
        parts.push(format!("not succeeded: {calls}"));
    }
    if found.invalid() > 0 {
        let rows = plural(found.invalid(), "row");
        parts.push(format!("left out as invalid: {rows}"));
    }
    let sentence = parts.join("; ");
    let wrong = found
        .results
        .iter()
        .any(|part| part.result == "mismatched" && part.counts > 0);
    let level = match (different + found.not_set() + found.invalid(), wrong) {
        (0, _) => Level::Good,
        (_, true) => Level::Bad,
        (_, false) => Level::Warn,
    };
    Verdict { level, sentence }
}

/// The results that are differences, each with its counts.
fn results(found: &Findings) -> String {
    let parts = found.results.iter();
    let parts = parts.filter(|part| part.counts > 0 && part.result != "matched");
    let parts: Vec<String> = parts
        .map(|part| format!("{} {}", count(part.counts), part.result))
        .collect();
    parts.join(", ")
}

/// A fragment as the beginning of a sentence.
fn sentence(fragment: &str) -> String {
    let mut characters = fragment.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

fn flaws(calls: CallsPart, rejected: u64) -> String {
    let failed = calls.failed + calls.exhausted;
    let mut parts = Vec::new();
    if failed > 0 {
        parts.push(format!("{} failed", count(failed)));
    }
    if rejected > 0 {
        parts.push(format!("{} rejected", plural(rejected, "row")));
    }
    if parts.is_empty() {
        return String::new();
    }
    format!(", {}", parts.join(", "))
}

//! The progress of an import: a bar on a terminal, a line every ten seconds elsewhere.

use std::io::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;

use super::number::{count, duration, rate};
use super::summary::Summary;
use crate::event::Event;

/// How often a log that is no terminal gets a line.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Where progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Display {
    /// A bar that is redrawn.
    Bar,
    /// A line now and then.
    Lines,
    /// Nowhere.
    Hidden,
}

/// Shows a [`Summary`] as it grows.
pub(crate) struct Progress {
    display: Display,
    bar: ProgressBar,
    out: Box<dyn Write>,
    last_line: Option<Instant>,
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Progress")
            .field("display", &self.display)
            .finish_non_exhaustive()
    }
}

impl Progress {
    /// Progress towards `planned` calls; lines go to `out`.
    pub(crate) fn new(display: Display, planned: u64, out: Box<dyn Write>) -> Self {
        let target = match display {
            Display::Bar => ProgressDrawTarget::stderr_with_hz(8),
            Display::Lines | Display::Hidden => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(planned), target);
        let style = ProgressStyle::with_template("{bar:24.cyan/dim} {percent:>3}% {wide_msg}")
            .expect("the template is a constant that is known to be right")
            .progress_chars("━╸─");
        bar.set_style(style);
        Self {
            display,
            bar,
            out,
            last_line: None,
        }
    }

    /// A handle that logs use to print above the bar.
    pub(crate) fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }

    /// Shows the state after `event`; only a pulse draws.
    pub(crate) fn show(&mut self, event: &Event<'_>, summary: &Summary) {
        let Event::Pulse(pulse) = event else {
            return;
        };
        match self.display {
            Display::Hidden => {}
            Display::Bar => {
                self.bar.set_position(summary.done());
                self.bar.set_message(bar_message(summary));
            }
            Display::Lines => {
                let last = *self.last_line.get_or_insert(pulse.at);
                if pulse.at - last >= LINE_EVERY {
                    self.last_line = Some(pulse.at);
                    let line = line(summary);
                    // A log that cannot be written must not stop the import.
                    drop(writeln!(self.out, "{line}"));
                }
            }
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// What stands beside the bar; the most important first, since a narrow terminal cuts the end.
fn bar_message(summary: &Summary) -> String {
    let mut parts = vec![format!(
        "{}/{}",
        count(summary.done()),
        count(summary.plan.planned)
    )];
    if let Some(state) = state(summary) {
        parts.push(state);
    }
    if let Some(pulse) = summary.pulse {
        parts.push(format!("{}/s", pulse.calls_now));
    }
    if let Some(rest) = summary.remaining_time() {
        parts.push(format!("ETA {}", duration(rest)));
    }
    if summary.failed > 0 {
        parts.push(format!(
            "{} failed{}",
            count(summary.failed),
            by_code(summary)
        ));
    }
    if let Some(pulse) = summary.pulse {
        parts.push(format!("{} in flight", pulse.in_flight));
        if pulse.waiting > 0 {
            parts.push(format!("{} to repeat", pulse.waiting));
        }
    }
    parts.join(" · ")
}

/// The line for a log.
fn line(summary: &Summary) -> String {
    let mut parts = vec![
        format!(
            "{} of {} calls done",
            count(summary.done()),
            count(summary.plan.planned)
        ),
        format!("{} failed{}", count(summary.failed), by_code(summary)),
    ];
    if let Some(pulse) = summary.pulse {
        let average = rate(summary.achieved());
        parts.push(format!(
            "{} calls/s now ({average} on average)",
            pulse.calls_now
        ));
        parts.push(format!("{} in flight", pulse.in_flight));
    }
    if let Some(rest) = summary.remaining_time() {
        parts.push(format!("{} to go", duration(rest)));
    }
    parts.extend(state(summary));
    parts.join(", ")
}

/// What is unusual just now.
fn state(summary: &Summary) -> Option<String> {
    let pulse = summary.pulse?;
    if let Some(since) = pulse.down_since {
        return Some(format!(
            "target down for {}, probing",
            duration(pulse.at - since)
        ));
    }
    summary
        .draining
        .then(|| format!("ending, waiting for {} answers", pulse.in_flight))
}

/// The commonest codes of failures.
fn by_code(summary: &Summary) -> String {
    let mut codes: Vec<_> = summary.failures_by_code.iter().collect();
    codes.sort_by_key(|&(_, &calls)| std::cmp::Reverse(calls));
    let shown: Vec<String> = codes
        .iter()
        .take(3)
        .map(|(code, calls)| format!("{}× {code}", count(**calls)))
        .collect();
    if shown.is_empty() {
        String::new()
    } else {
        format!(" ({})", shown.join(", "))
    }
}

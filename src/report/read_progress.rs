//! The progress of many reads: a bar on a terminal, a line every ten seconds elsewhere.

use std::io::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;

use super::number::{count, duration};
use super::progress::Display;

/// How often a log that is no terminal gets a line.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows how far many reads have come.
pub(crate) struct ReadProgress {
    display: Display,
    lines: Box<dyn Write>,
    bar: ProgressBar,
    noun: &'static str,
    total: u64,
    /// Where it stood when it began: what an earlier session did is no measure of the pace.
    began: Option<(Instant, u64)>,
    last_line: Instant,
}

impl std::fmt::Debug for ReadProgress {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ReadProgress")
            .field("noun", &self.noun)
            .finish_non_exhaustive()
    }
}

impl ReadProgress {
    /// The progress of `total` reads of `noun`; 0 when nobody knows how many. Where there is no bar,
    /// lines go to `lines`.
    pub(crate) fn new(
        display: Display,
        lines: Box<dyn Write>,
        noun: &'static str,
        total: u64,
    ) -> Self {
        let target = match display {
            Display::Bar => ProgressDrawTarget::stderr_with_hz(8),
            Display::Lines | Display::Hidden => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let style = ProgressStyle::with_template("{bar:24.cyan/dim} {percent:>3}% {msg}")
            .expect("the template is a constant that is known to be right")
            .progress_chars("━╸─");
        bar.set_style(style);
        Self {
            display,
            lines,
            bar,
            noun,
            total,
            began: None,
            last_line: Instant::now(),
        }
    }

    /// The bar, which logs have to step around.
    pub(crate) fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }

    /// So many are done; `words` tell the rest.
    pub(crate) fn show(&mut self, done: u64, words: &str) {
        let now = Instant::now();
        let (began, first) = *self.began.get_or_insert((now, done));
        let rest = self.remaining(now - began, first, done);
        let rest = rest.map_or(String::new(), |rest| format!(", {} to go", duration(rest)));
        let total = match self.total {
            0 => String::new(),
            total => format!(" of {}", count(total)),
        };
        let line = format!("{}{total} {}{rest}; {words}", count(done), self.noun);
        match self.display {
            Display::Hidden => {}
            Display::Bar => {
                self.bar.set_position(done);
                self.bar.set_message(line);
            }
            Display::Lines => {
                if now - self.last_line >= LINE_EVERY {
                    self.last_line = now;
                    // A log that cannot be written must not stop the work.
                    drop(writeln!(self.lines, "{line}"));
                }
            }
        }
    }

    fn remaining(&self, elapsed: Duration, first: u64, done: u64) -> Option<Duration> {
        let here = done.checked_sub(first).filter(|&here| here > 0)?;
        let left = self.total.checked_sub(done).filter(|&left| left > 0)?;
        if elapsed < Duration::from_secs(1) {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let share = left as f64 / here as f64;
        Some(elapsed.mul_f64(share))
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

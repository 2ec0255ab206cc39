//! The progress of a sweep: a bar on a terminal, a line every ten seconds elsewhere.

use std::io::Write as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;

use super::screen::{Screen, step_around};
use crate::report::{Display, count, duration};

/// How often a log that is no terminal gets a line.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows how far a sweep is.
pub(super) struct Meter {
    screen: Screen,
    bar: ProgressBar,
    noun: &'static str,
    total: u64,
    /// Where it stood when it began: what an earlier session did is no measure of the pace.
    began: Option<(Instant, u64)>,
    last_line: Instant,
}

impl Meter {
    /// A meter for so many of `noun`; 0 when nobody knows how many.
    pub(super) fn new(screen: Screen, noun: &'static str, total: u64) -> Self {
        let target = match screen.progress {
            Display::Bar => ProgressDrawTarget::stderr_with_hz(8),
            Display::Lines | Display::Hidden => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let style = ProgressStyle::with_template("{bar:24.cyan/dim} {percent:>3}% {msg}")
            .expect("the template is a constant that is known to be right")
            .progress_chars("━╸─");
        bar.set_style(style);
        step_around(bar.clone());
        Self {
            screen,
            bar,
            noun,
            total,
            began: None,
            last_line: Instant::now(),
        }
    }

    /// So many are done; `words` tell the rest.
    pub(super) fn show(&mut self, done: u64, words: &str) {
        let now = Instant::now();
        let (began, first) = *self.began.get_or_insert((now, done));
        let rest = self.remaining(now - began, first, done);
        let rest = rest.map_or(String::new(), |rest| format!(", {} to go", duration(rest)));
        let total = match self.total {
            0 => String::new(),
            total => format!(" of {}", count(total)),
        };
        let line = format!("{}{total} {}{rest}; {words}", count(done), self.noun);
        match self.screen.progress {
            Display::Hidden => {}
            Display::Bar => {
                self.bar.set_position(done);
                self.bar.set_message(line);
            }
            Display::Lines => {
                if now - self.last_line >= LINE_EVERY {
                    self.last_line = now;
                    // A log that cannot be written must not stop the work.
                    drop(writeln!(self.screen.err(), "{line}"));
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
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

//! The last things that happened, for the report of a seed that fails.

use std::collections::VecDeque;

/// How many of them are told.
const LINES: usize = 80;

/// Keeps nothing unless it is told to: a seed that fails is lived through once more.
#[derive(Debug, Default)]
pub(super) struct Trace {
    kept: Option<VecDeque<String>>,
    /// Of all that was noted, to compare two lives of a seed.
    pub(super) noted: u64,
}

impl Trace {
    pub(super) fn keeping() -> Self {
        Self {
            kept: Some(VecDeque::new()),
            noted: 0,
        }
    }

    pub(super) fn note(&mut self, line: impl FnOnce() -> String) {
        self.noted += 1;
        if let Some(kept) = &mut self.kept {
            kept.push_back(line());
            if kept.len() > LINES {
                kept.pop_front();
            }
        }
    }

    /// What was kept, a line each.
    pub(super) fn lines(&self) -> String {
        let kept: Vec<&str> = self.kept.iter().flatten().map(String::as_str).collect();
        kept.join("\n")
    }
}

//! interim
use crate::record::{Code, Finding, Severity};
use crate::source::Inputs;
use std::collections::BTreeMap;
#[derive(Debug)]
pub(crate) struct Validation {
    counts: BTreeMap<Code, u64>,
    examples: Vec<String>,
}
impl Validation {
    pub(crate) fn new(_i: &Inputs) -> Self {
        Self {
            counts: BTreeMap::new(),
            examples: vec![],
        }
    }
    pub(crate) fn add(&mut self, f: &Finding<'_>) {
        *self.counts.entry(f.problem.code).or_default() += 1;
        if self.examples.len() < 50 {
            self.examples.push(format!(
                "{}: {} {}",
                f.location.line,
                f.problem.column.name(),
                f.problem.reason()
            ));
        }
    }
    pub(crate) fn rejects(&self) -> Vec<(&'static str, u64)> {
        self.counts
            .iter()
            .filter(|(c, _)| c.severity() == Severity::Error)
            .map(|(c, n)| (c.name(), *n))
            .collect()
    }
    pub(crate) fn examples(&self) -> &[String] {
        &self.examples
    }
}

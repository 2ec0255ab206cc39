//! The fold of an import's outcomes as its log tells them: when they were, how long they took,
//! what failed with examples, what was rejected. Bounded, and the same for a running import, a
//! finished one, and one of many sessions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::timeline::Timeline;
use crate::event::Verdict;
use crate::record::Code;

/// Examples kept of each code: enough to see a pattern, few enough to read.
const EXAMPLES: usize = 5;

/// Codes that get examples. The vendor has fewer that one call can meet; a proxy that invents
/// codes must not fill the memory.
const CODES: usize = 64;

/// Bytes kept of the API's words in an example.
const INFO: usize = 300;

/// A call that has its outcome.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settled<'a> {
    /// Number of the row, from 1.
    pub(crate) row: u64,
    /// How.
    pub(crate) verdict: Verdict,
    /// The group.
    pub(crate) group_id: &'a str,
    /// The member.
    pub(crate) member_account: &'a str,
    /// The count that was to be set.
    pub(crate) unread_num: Option<u32>,
    /// The API's code; -1 without an answer.
    pub(crate) code: i64,
    /// The API's words.
    pub(crate) info: &'a str,
    /// How often it was sent; 0 for one that an earlier input has settled.
    pub(crate) attempts: u32,
    /// When.
    pub(crate) at: Timestamp,
    /// How long the last attempt took, in milliseconds.
    pub(crate) ms: u64,
}

/// A failed call that shows what a code is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FailedCall {
    /// Number of the row, from 1.
    pub(crate) row: u64,
    /// The group.
    pub(crate) group_id: String,
    /// The member.
    pub(crate) member_account: String,
    /// The count that was to be set.
    pub(crate) unread_num: Option<u32>,
    /// The API's words.
    pub(crate) info: String,
}

/// The fold.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    timeline: Timeline,
    examples: BTreeMap<i64, Vec<FailedCall>>,
    rejected: BTreeMap<String, u64>,
}

impl History {
    /// Folds a settled call in; a later outcome of a row replaces an earlier one.
    pub(crate) fn settled(&mut self, call: Settled<'_>) {
        if call.attempts > 0 {
            let answered = call.code != -1;
            self.timeline
                .settled(call.at, call.ms, call.verdict, answered);
        }
        for examples in self.examples.values_mut() {
            examples.retain(|example| example.row != call.row);
        }
        match call.verdict {
            Verdict::Succeeded => {}
            Verdict::Failed | Verdict::Exhausted => self.failed(call),
        }
    }

    fn failed(&mut self, call: Settled<'_>) {
        if self.examples.len() >= CODES && !self.examples.contains_key(&call.code) {
            return;
        }
        let examples = self.examples.entry(call.code).or_default();
        if examples.len() < EXAMPLES {
            examples.push(FailedCall {
                row: call.row,
                group_id: call.group_id.to_owned(),
                member_account: call.member_account.to_owned(),
                unread_num: call.unread_num,
                info: call.info.chars().take(INFO).collect(),
            });
        }
    }

    /// Folds a rejected row in. `info` begins with the code of its first problem.
    pub(crate) fn rejected(&mut self, at: Timestamp, info: &str) {
        self.timeline.lives(at);
        let name = info.split(':').next().unwrap_or_default();
        // A log of another version may hold codes that this one does not know.
        let name = Code::parse(name).map_or("other", Code::name);
        *self.rejected.entry(name.to_owned()).or_default() += 1;
    }

    /// Another input continues the import: its rows are numbered anew, and rejected anew.
    pub(crate) fn replaced(&mut self) {
        self.examples.clear();
        self.rejected.clear();
    }

    /// When it all happened, for sessions and pauses.
    pub(crate) fn timeline_mut(&mut self) -> &mut Timeline {
        &mut self.timeline
    }

    /// When it all happened.
    pub(crate) fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Calls that failed with this code and were not settled otherwise since.
    pub(crate) fn examples(&self, code: i64) -> &[FailedCall] {
        self.examples.get(&code).map_or(&[], Vec::as_slice)
    }

    /// Rejected rows by the code of their first problem, the commonest first.
    pub(crate) fn rejects(&self) -> Vec<(&str, u64)> {
        let rows = self.rejected.iter();
        let mut rows: Vec<(&str, u64)> = rows.map(|(code, &rows)| (code.as_str(), rows)).collect();
        rows.sort_by_key(|&(_, rows)| std::cmp::Reverse(rows));
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(row: u64, verdict: Verdict, code: i64) -> Settled<'static> {
        Settled {
            row,
            verdict,
            group_id: "g",
            member_account: "m",
            unread_num: Some(1),
            code,
            info: "group not exist",
            attempts: 1,
            at: Timestamp::UNIX_EPOCH,
            ms: 5,
        }
    }

    #[test]
    fn examples_are_few_and_leave_when_their_row_succeeds() {
        let mut history = History::default();
        for row in 1..=9 {
            history.settled(call(row, Verdict::Failed, 10010));
        }
        history.settled(call(2, Verdict::Succeeded, 0));
        let rows: Vec<u64> = history
            .examples(10010)
            .iter()
            .map(|example| example.row)
            .collect();
        assert_eq!(rows, [1, 3, 4, 5]);
        assert!(history.examples(10004).is_empty());
    }

    #[test]
    fn rejected_rows_count_under_their_first_problem() {
        let mut history = History::default();
        for info in [
            "group_id_empty: the group id is empty: found nothing; unread_num_negative: found `-1`",
            "unread_num_negative: the unread count is negative: found `a: b`",
            "unread_num_negative: found `-2`",
            "from_the_future: found `x`",
        ] {
            history.rejected(Timestamp::UNIX_EPOCH, info);
        }
        let expected = [
            ("unread_num_negative", 2),
            ("group_id_empty", 1),
            ("other", 1),
        ];
        assert_eq!(history.rejects(), expected);
    }
}

//! Both passes over real files: what is found wrong, what is called, and that they agree.

use std::path::Path;

use super::super::survey::survey;
use super::*;
use crate::plan::Policy;
use crate::record::Finding;
use crate::settings::OnDuplicate;
use crate::source::{InputPath, Options};

const GOOD: &str = "group_id,member_account,unread_num,group_type\n";

struct Passes {
    survey: Survey,
    found: Vec<(u64, &'static str)>,
    calls: Vec<(u64, String, String, u32)>,
    rejected: Vec<(u64, Vec<&'static str>, String)>,
}

fn open(path: &Path) -> Inputs {
    Inputs::open(&[InputPath::File(path.to_owned())], &Options::default()).unwrap()
}

fn passes(text: &[u8], policy: Policy) -> Passes {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    passes_over(file.path(), policy)
}

fn passes_over(path: &Path, policy: Policy) -> Passes {
    let inputs = open(path);
    let mut found = Vec::new();
    let mut observer =
        |finding: Finding<'_>| found.push((finding.location.line, finding.problem.code.name()));
    let survey = survey(&inputs, policy, &std::env::temp_dir(), &mut observer).unwrap();
    let (mut called, mut rejected) = (Vec::new(), Vec::new());
    let mut calls = Calls::new(&inputs, &survey).unwrap();
    while let Some(step) = calls.next().unwrap() {
        match step {
            Step::Call(call) => {
                let (group, member) = (call.group_id.to_owned(), call.member_account.to_owned());
                called.push((call.row, group, member, call.unread_num));
            }
            Step::Rejected {
                location,
                problems,
                raw,
                ..
            } => {
                let codes = problems.iter().map(|problem| problem.code.name()).collect();
                rejected.push((
                    location.line,
                    codes,
                    String::from_utf8_lossy(raw).into_owned(),
                ));
            }
            Step::Withheld { row } => panic!("row {row} was withheld"),
        }
    }
    assert!(calls.next().unwrap().is_none());
    let rows = survey.plan.rows;
    assert_eq!(called.len() as u64, survey.plan.calls);
    assert_eq!(rejected.len() as u64, rows.invalid);
    let parts = rows.invalid + rows.duplicates + rows.skipped + survey.plan.calls;
    assert_eq!(parts, rows.read);
    Passes {
        survey,
        found,
        calls: called,
        rejected,
    }
}

#[test]
fn good_rows_become_calls_and_bad_rows_are_named_with_all_their_problems() {
    let text = format!("{GOOD}g,a,1,Work\n,b,-1,\ng,c,3,Meeting\ng,d\ng,e@x,0,Public\n");
    let passes = passes(text.as_bytes(), Policy::default());
    let call = |row, member: &str, count| (row, "g".to_owned(), member.to_owned(), count);
    assert_eq!(passes.calls, [call(1, "a", 1), call(5, "e@x", 0)]);
    let expected = [
        (3, "group_id_empty"),
        (3, "unread_num_negative"),
        (4, "unsupported_group_type"),
        (5, "record_cell_count"),
        (6, "member_account_unusual"),
    ];
    assert_eq!(passes.found, expected);
    let raws: Vec<&str> = passes
        .rejected
        .iter()
        .map(|(_, _, raw)| raw.as_str())
        .collect();
    assert_eq!(raws, [",b,-1,", "g,c,3,Meeting", "g,d"]);
    assert_eq!(
        passes.survey.plan.totals.unread,
        passes
            .calls
            .iter()
            .map(|call| u64::from(call.3))
            .sum::<u64>()
    );
}

#[test]
fn rows_that_disagree_are_rejected_in_both_passes_and_name_each_other() {
    let text = format!("{GOOD}g,a,1,\ng,b,2,\ng,a,3,\ng,b,2,\n");
    let passes = passes(text.as_bytes(), Policy::default());
    assert_eq!(
        passes.found,
        [(2, "conflicting_duplicate"), (4, "conflicting_duplicate")]
    );
    assert_eq!(passes.rejected.len(), 2);
    assert_eq!(passes.calls.len(), 1);
    assert_eq!(passes.survey.plan.rows.duplicates, 1);
}

#[test]
fn sums_reach_the_call_of_the_first_row() {
    let text = format!("{GOOD}g,a,1,\ng,a,3,\ng,b,0,\n");
    let policy = Policy {
        on_duplicate: OnDuplicate::Sum,
        skip_zero: true,
    };
    let passes = passes(text.as_bytes(), policy);
    assert_eq!(passes.calls, [(1, "g".to_owned(), "a".to_owned(), 4)]);
    assert_eq!(passes.survey.plan.rows.skipped, 1);
}

#[test]
fn every_planted_flaw_is_found_on_its_line_and_counted_once() {
    use std::fmt::Write as _;
    let mut text = GOOD.to_owned();
    let mut planted: Vec<(u64, &str)> = Vec::new();
    let mut conflicts: Vec<(u64, &str)> = Vec::new();
    for n in 0..60_000_u64 {
        let line = n + 2;
        let (group, member) = (n / 50, n % 50);
        let (row, code) = match n % 997 {
            100 => (format!("g{group},,1,Work"), "member_account_empty"),
            200 => (
                format!("g{group},u{member},-{n},Work"),
                "unread_num_negative",
            ),
            300 => (
                format!("g{group},u{member},1,AVChatRoom"),
                "unsupported_group_type",
            ),
            400 => (format!("g{group},u{member},1"), "record_cell_count"),
            500 => {
                conflicts.extend([
                    (line - 500, "conflicting_duplicate"),
                    (line, "conflicting_duplicate"),
                ]);
                let first = n - 500;
                (format!("g{},u{},77,Work", first / 50, first % 50), "")
            }
            _ => (format!("g{group},u{member},{member},Work"), ""),
        };
        writeln!(text, "{row}").unwrap();
        if !code.is_empty() {
            planted.push((line, code));
        }
    }
    conflicts.sort_unstable();
    let passes = passes(text.as_bytes(), Policy::default());
    assert_eq!(
        passes.survey.plan.rows.invalid,
        (planted.len() + conflicts.len()) as u64
    );
    planted.extend(conflicts);
    assert_eq!(passes.found, planted);
}

#[test]
fn the_samples_read_as_they_say() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let good: Vec<_> = [
        "good.csv",
        "good.semicolon.csv",
        "good.tsv",
        "good.pipe.csv",
    ]
    .into_iter()
    .chain(["good.jsonl", "array.json", "documents.json"])
    .map(|name| passes_over(&samples.join(name), Policy::default()))
    .collect();
    for passes in &good {
        assert_eq!(passes.calls, good[0].calls, "the same rows in every form");
        assert_eq!(passes.survey.plan.rows.invalid, 0);
    }
    let mixed = passes_over(&samples.join("mixed.csv"), Policy::default());
    assert!(mixed.survey.plan.calls > 0);
    let hostile = passes_over(&samples.join("hostile.csv"), Policy::default());
    assert!(hostile.survey.plan.rows.invalid > 0);
}

#[test]
fn the_mixed_samples_hold_every_problem_a_row_can_have_by_itself() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut seen: Vec<&str> = Vec::new();
    for name in ["mixed.csv", "mixed.jsonl"] {
        seen.extend(
            passes_over(&samples.join(name), Policy::default())
                .found
                .iter()
                .map(|f| f.1),
        );
    }
    let sum = Policy {
        on_duplicate: OnDuplicate::Sum,
        skip_zero: false,
    };
    seen.extend(
        passes_over(&samples.join("mixed.csv"), sum)
            .found
            .iter()
            .map(|found| found.1),
    );
    // What only certain exports can have.
    seen.extend([Code::RecordIncomplete.name(), Code::IdRounded.name()]);
    let unseen: Vec<&str> = Code::ALL
        .iter()
        .filter(|code| code.online_column().is_none())
        .map(|code| code.name())
        .filter(|name| !name.ends_with("_unmapped") && !seen.contains(name))
        .collect();
    assert_eq!(unseen, [""; 0]);
}

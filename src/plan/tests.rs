//! Plans against an oracle that keeps everything in memory, with and without the disk.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::record::{Code, Finding, Location, Row};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    Call(u32),
    Folded,
    Conflict(Code, u64),
    Skipped,
}

type Plain = (String, String, u32);

fn row(rows: &[Plain], index: usize) -> Row<'_> {
    let (group_id, member_account, unread_num) = &rows[index];
    let row = index as u64 + 1;
    // Two files, and records of two lines, so that places are not simply the row's number.
    let file = u32::from(index >= rows.len() / 2);
    let before = if file == 1 { rows.len() as u64 / 2 } else { 0 };
    let place = row - before;
    Row {
        location: Location {
            file,
            line: 2 * place,
            byte: 17 * place,
            row,
        },
        group_id,
        member_account,
        unread_num: *unread_num,
        group_type: None,
    }
}

fn planned(rows: &[Plain], policy: Policy) -> (Plan, Vec<(u64, Code)>) {
    let builder = Builder::new(policy, &std::env::temp_dir());
    // Threads take rows in turns, some of them more than others.
    let mut shards = [builder.shard(), builder.shard(), builder.shard()];
    for index in 0..rows.len() {
        let shard = [0, 1, 2, 0, 0, 2][index / 7 % 6];
        shards[shard].add(&row(rows, index)).unwrap();
    }
    let mut told = Vec::new();
    let plan = builder
        .finish(&shards, &mut |finding: Finding<'_>| {
            let index = usize::try_from(finding.location.row).unwrap() - 1;
            assert_eq!(finding.location, row(rows, index).location);
            told.push((finding.location.row, finding.problem.code));
        })
        .unwrap();
    (plan, told)
}

fn fates(rows: &[Plain], plan: &Plan) -> Vec<Fate> {
    let mut sieve = plan.sieve().unwrap();
    (0..rows.len())
        .map(|index| match sieve.judge(&row(rows, index)).unwrap() {
            Decision::Call { unread_num } => Fate::Call(unread_num),
            Decision::Folded => Fate::Folded,
            Decision::Conflict { problem } => {
                Fate::Conflict(problem.code, problem.other.unwrap().line)
            }
            Decision::Skipped => Fate::Skipped,
        })
        .collect()
}

/// The winner's index and count, or why there is none.
fn resolve(rows: &[Plain], members: &[usize], policy: OnDuplicate) -> Result<(usize, u32), Code> {
    let value = |index: usize| rows[index].2;
    let first = members[0];
    match policy {
        OnDuplicate::Error if members.iter().any(|&m| value(m) != value(first)) => {
            Err(Code::ConflictingDuplicate)
        }
        OnDuplicate::Error | OnDuplicate::First => Ok((first, value(first))),
        OnDuplicate::Last => Ok((
            members[members.len() - 1],
            value(members[members.len() - 1]),
        )),
        OnDuplicate::Max => {
            let best = members.iter().map(|&m| value(m)).max().unwrap();
            Ok((*members.iter().find(|&&m| value(m) == best).unwrap(), best))
        }
        OnDuplicate::Sum => {
            let sum: u64 = members.iter().map(|&m| u64::from(value(m))).sum();
            u32::try_from(sum)
                .map(|sum| (first, sum))
                .ok()
                .ok_or(Code::DuplicateSumTooLarge)
        }
    }
}

fn oracle(rows: &[Plain], policy: Policy) -> Vec<Fate> {
    let mut keys: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (index, (group, member, _)) in rows.iter().enumerate() {
        keys.entry((group, member)).or_default().push(index);
    }
    let mut fates = vec![Fate::Folded; rows.len()];
    for members in keys.values() {
        match resolve(rows, members, policy.on_duplicate) {
            Ok((_, 0)) if policy.skip_zero => {
                let (winner, _) = resolve(rows, members, policy.on_duplicate).unwrap();
                fates[winner] = Fate::Skipped;
            }
            Ok((winner, count)) => fates[winner] = Fate::Call(count),
            Err(code) => {
                for &member in members {
                    let first = members[0];
                    let differs = |&&m: &&usize| {
                        if code == Code::DuplicateSumTooLarge {
                            m != first
                        } else {
                            rows[m].2 != rows[first].2
                        }
                    };
                    let names_rival = if code == Code::DuplicateSumTooLarge {
                        member == first
                    } else {
                        rows[member].2 == rows[first].2
                    };
                    let rival = *members.iter().find(differs).unwrap();
                    let other = if names_rival { rival } else { first };
                    fates[member] = Fate::Conflict(code, row(rows, other).location.line);
                }
            }
        }
    }
    fates
}

fn check(rows: &[Plain], policy: Policy) {
    let (plan, told) = planned(rows, policy);
    let expected = oracle(rows, policy);
    let fates = fates(rows, &plan);
    for (index, (found, expected)) in fates.iter().zip(&expected).enumerate() {
        assert_eq!(found, expected, "row {} under {policy:?}", index + 1);
    }
    let count = |test: fn(&Fate) -> bool| expected.iter().filter(|fate| test(fate)).count() as u64;
    let invalid = count(|fate| matches!(fate, Fate::Conflict(..)));
    let rows_expected = RowCounts {
        read: rows.len() as u64,
        valid: rows.len() as u64 - invalid,
        invalid,
        duplicates: count(|fate| *fate == Fate::Folded),
        skipped: count(|fate| *fate == Fate::Skipped),
    };
    assert_eq!(plan.rows, rows_expected);
    let mut totals = Totals::default();
    for fate in &expected {
        if let Fate::Call(unread_num) = fate {
            totals.add(*unread_num);
        }
    }
    assert_eq!((plan.calls, plan.totals), (totals.rows, totals));
    assert_eq!(
        invalid + plan.rows.duplicates + plan.rows.skipped + plan.calls,
        plan.rows.read
    );
    let conflicts: Vec<(u64, Code)> = expected
        .iter()
        .enumerate()
        .filter_map(|(index, fate)| match fate {
            Fate::Conflict(code, _) => Some((index as u64 + 1, *code)),
            Fate::Call(_) | Fate::Folded | Fate::Skipped => None,
        })
        .collect();
    assert_eq!(
        told, conflicts,
        "each conflict is told once, in the order of rows"
    );
}

fn plain(group: &str, member: &str, unread_num: u32) -> Plain {
    (group.to_owned(), member.to_owned(), unread_num)
}

#[test]
fn ids_that_run_together_alike_are_different_keys() {
    let rows = [plain("ab", "c", 1), plain("a", "bc", 2)];
    check(&rows, Policy::default());
    assert_eq!(planned(&rows, Policy::default()).0.calls, 2);
}

#[test]
fn identical_repeats_are_one_call_and_rows_that_disagree_are_none() {
    let rows = [
        plain("g", "a", 5),
        plain("g", "b", 1),
        plain("g", "a", 5),
        plain("g", "b", 1),
        plain("g", "b", 2),
    ];
    let (plan, _) = planned(&rows, Policy::default());
    let conflict = |line| Fate::Conflict(Code::ConflictingDuplicate, line);
    let expected = [
        Fate::Call(5),
        conflict(6),
        Fate::Folded,
        conflict(6),
        conflict(4),
    ];
    assert_eq!(fates(&rows, &plan), expected);
    assert_eq!(
        (plan.rows.invalid, plan.rows.duplicates, plan.calls),
        (3, 1, 1)
    );
}

#[test]
fn zeros_are_skipped_after_duplicates_are_resolved() {
    let rows = [
        plain("g", "a", 0),
        plain("g", "a", 3),
        plain("g", "b", 0),
        plain("g", "b", 0),
    ];
    for on_duplicate in OnDuplicate::ALL {
        check(
            &rows,
            Policy {
                on_duplicate,
                skip_zero: true,
            },
        );
    }
}

/// Rows with long keys, so that the partitions overflow soon; every key about three times.
fn many_rows() -> Vec<Plain> {
    (0..120_000_u64)
        .map(|n| {
            let key = (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % 40_000;
            let count = if key.is_multiple_of(3) {
                u32::try_from(n % 4).unwrap()
            } else {
                7
            };
            let count = if key.is_multiple_of(1000) {
                u32::MAX
            } else {
                count
            };
            (format!("{:048}", key / 7), format!("{key:032}"), count)
        })
        .collect()
}

#[test]
fn inputs_that_go_to_disk_are_planned_alike() {
    let rows = many_rows();
    for on_duplicate in OnDuplicate::ALL {
        check(
            &rows,
            Policy {
                on_duplicate,
                skip_zero: true,
            },
        );
    }
}

#[test]
fn a_disk_that_cannot_be_written_is_an_error() {
    let rows = many_rows();
    let builder = Builder::new(Policy::default(), std::path::Path::new("/nonexistent"));
    let mut shard = builder.shard();
    let failed = (0..rows.len()).find_map(|index| shard.add(&row(&rows, index)).err());
    assert!(matches!(failed, Some(Error::Write { .. })), "{failed:?}");
}

#[test]
fn a_small_input_never_touches_the_disk() {
    let rows = [plain("g", "a", 1), plain("g", "a", 2)];
    let nowhere = std::path::Path::new("/nonexistent");
    let builder = Builder::new(Policy::default(), nowhere);
    let mut shard = builder.shard();
    for index in 0..rows.len() {
        shard.add(&row(&rows, index)).unwrap();
    }
    let plan = builder.finish(&[shard], &mut |_| ()).unwrap();
    assert_eq!(plan.rows.invalid, 2);
}

proptest! {
    #[test]
    fn every_row_has_the_fate_the_oracle_gives_it(
        rows in prop::collection::vec(
            ("[ab]{1,2}", "[xy]{1,2}", prop_oneof![0..3_u32, Just(u32::MAX)]), 0..60,
        ),
        choice in 0..5_usize, skip_zero: bool
    ) {
        check(&rows, Policy { on_duplicate: OnDuplicate::ALL[choice], skip_zero });
    }
}

//! Rows to import.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::env::TestEnv;

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) group: String,
    pub(crate) member: String,
    pub(crate) count: u32,
}

/// `number` rows of different members in groups of ten; the counts tell rows apart.
pub(crate) fn rows(number: u32) -> Vec<Row> {
    (0..number)
        .map(|index| Row {
            group: format!("@TGS#G{}", index / 10),
            member: format!("user-{index}"),
            count: index.wrapping_mul(2_654_435_761) % 100_000,
        })
        .collect()
}

/// Writes the rows as a CSV with the canonical header.
pub(crate) fn write_csv(env: &TestEnv, name: &str, rows: &[Row]) -> PathBuf {
    let mut text = "group_id,member_account,unread_num\n".to_owned();
    for row in rows {
        writeln!(text, "{},{},{}", row.group, row.member, row.count).unwrap();
    }
    env.write(name, text)
}

//! The planned calls, sorted by account and by group, and cut into what is asked at a time.

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::reads::Pace;
use crate::record::{GroupType, Location};
use crate::run::{Call, Calls, InputError, Step};
use crate::source::Inputs;
use crate::storage::{Merge, Sorted, Sorter};
use crate::tencent::Command;

/// Bytes of each order that stay in memory.
const IN_MEMORY: usize = 16 << 20;

/// Rows of a unit, unless its last group needs some hundreds more to fill a call.
const UNIT_ROWS: usize = 2_500;

/// A planned call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) location: Location,
    pub(super) group: Box<str>,
    pub(super) member: Box<str>,
    pub(super) unread: u32,
    pub(super) group_type: Option<GroupType>,
}

/// All planned calls of an input.
#[derive(Debug)]
pub(crate) struct Rows {
    by_account: Sorted,
    by_group: Sorted,
}

/// Calls that the checks take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Cost {
    /// Different groups.
    pub(crate) groups: u64,
    /// Different accounts.
    pub(crate) accounts: u64,
    /// `get_group_info`.
    pub(crate) group_calls: u64,
    /// `account_check`.
    pub(crate) account_calls: u64,
    /// `get_role_in_group`, if every group and account is there.
    pub(crate) role_calls: u64,
}

impl Cost {
    /// All calls together.
    pub(crate) const fn calls(self) -> u64 {
        self.group_calls + self.account_calls + self.role_calls
    }

    /// How long they take if every answer comes quickly: accounts first, then groups and roles at
    /// the same time.
    pub(crate) fn takes(self, pace: Pace) -> Duration {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let seconds = |calls: u64, command| calls as f64 / pace.of(command).sustained();
        let accounts = seconds(self.account_calls, Command::AccountCheck);
        let groups = seconds(self.group_calls, Command::GetGroupInfo);
        let roles = seconds(self.role_calls, Command::GetRoleInGroup);
        Duration::from_secs_f64(accounts + groups.max(roles))
    }
}

impl Rows {
    /// Gathers the calls that `survey` plans.
    pub(crate) fn gather(
        inputs: &Inputs,
        survey: &crate::run::Survey,
        directory: &Path,
    ) -> Result<Self, InputError> {
        let mut by_account = Sorter::with_limit(directory, IN_MEMORY);
        let mut by_group = Sorter::with_limit(directory, IN_MEMORY);
        let mut record = Vec::new();
        let mut calls = Calls::new(inputs, survey)?;
        while let Some(step) = calls.next()? {
            let Step::Call(call) = step else {
                continue;
            };
            encode(&mut record, (call.member_account, call.group_id), &call);
            by_account.push(&record).map_err(InputError::Findings)?;
            encode(&mut record, (call.group_id, call.member_account), &call);
            by_group.push(&record).map_err(InputError::Findings)?;
        }
        Ok(Self {
            by_account: by_account.finish(),
            by_group: by_group.finish(),
        })
    }

    /// What the checks cost.
    pub(crate) fn cost(&self) -> io::Result<Cost> {
        let mut cost = Cost::default();
        let mut accounts = self.accounts()?;
        while let Some(unit) = accounts.next()? {
            cost.account_calls += 1;
            cost.accounts += unit.accounts.len() as u64;
        }
        let mut groups = self.groups()?;
        let mut last: Option<Box<str>> = None;
        while let Some(unit) = groups.next()? {
            cost.group_calls += 1;
            for rows in unit.rows.chunk_by(|a, b| a.group == b.group) {
                cost.role_calls += rows.len().div_ceil(Command::GetRoleInGroup.batch()) as u64;
                let group = rows.first().map(|row| row.group.clone());
                cost.groups += u64::from(group != last);
                last = group;
            }
        }
        Ok(cost)
    }

    /// The different accounts, a call's worth at a time.
    pub(super) fn accounts(&self) -> io::Result<AccountUnits<'_>> {
        Ok(AccountUnits {
            merge: self.by_account.reader()?,
            number: 0,
            first: 0,
        })
    }

    /// All rows by account.
    pub(super) fn by_account(&self) -> io::Result<ByAccount<'_>> {
        Ok(ByAccount {
            merge: self.by_account.reader()?,
            last: None,
            ordinal: 0,
        })
    }

    /// All rows by group, some thousands at a time.
    pub(super) fn groups(&self) -> io::Result<GroupUnits<'_>> {
        Ok(GroupUnits {
            merge: self.by_group.reader()?,
            number: 0,
        })
    }
}

/// Accounts of one call.
#[derive(Debug)]
pub(super) struct AccountUnit {
    pub(super) number: u64,
    /// Ordinal of the first among all accounts, from 0.
    pub(super) first: u64,
    pub(super) accounts: Vec<Box<str>>,
}

/// Different accounts in order.
#[derive(Debug)]
pub(super) struct AccountUnits<'a> {
    merge: Merge<'a>,
    number: u64,
    first: u64,
}

impl AccountUnits<'_> {
    pub(super) fn next(&mut self) -> io::Result<Option<AccountUnit>> {
        let mut accounts: Vec<Box<str>> = Vec::new();
        while let Some(next) = self.merge.peek() {
            let account = text(next);
            if accounts.last().is_none_or(|last| **last != *account) {
                if accounts.len() == Command::AccountCheck.batch() {
                    break;
                }
                accounts.push(account.into());
            }
            self.merge.next()?;
        }
        if accounts.is_empty() {
            return Ok(None);
        }
        let unit = AccountUnit {
            number: self.number,
            first: self.first,
            accounts,
        };
        self.number += 1;
        self.first += unit.accounts.len() as u64;
        Ok(Some(unit))
    }
}

/// Rows by account, each with its account's ordinal.
#[derive(Debug)]
pub(super) struct ByAccount<'a> {
    merge: Merge<'a>,
    last: Option<Box<str>>,
    ordinal: u64,
}

impl ByAccount<'_> {
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, Row)>> {
        let Some(record) = self.merge.next()? else {
            return Ok(None);
        };
        let mut row = decode(&record).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
        std::mem::swap(&mut row.group, &mut row.member);
        if self.last.as_ref().is_some_and(|last| *last != row.member) {
            self.ordinal += 1;
        }
        self.last = Some(row.member.clone());
        Ok(Some((self.ordinal, row)))
    }
}

/// Rows of at most 50 groups.
#[derive(Debug)]
pub(super) struct GroupUnit {
    pub(super) number: u64,
    pub(super) rows: Vec<Row>,
}

/// Rows by group, cut into units: between two groups, or inside a large one where a call is full.
#[derive(Debug)]
pub(super) struct GroupUnits<'a> {
    merge: Merge<'a>,
    number: u64,
}

impl GroupUnits<'_> {
    pub(super) fn next(&mut self) -> io::Result<Option<GroupUnit>> {
        let mut rows: Vec<Row> = Vec::new();
        let (mut groups, mut of_group) = (0, 0);
        while let Some(next) = self.merge.peek() {
            let another = rows.last().is_none_or(|last| *last.group != *text(next));
            let full_call = of_group % Command::GetRoleInGroup.batch() == 0;
            let enough = rows.len() >= UNIT_ROWS && (another || full_call);
            if enough || (another && groups == Command::GetGroupInfo.batch()) {
                break;
            }
            if another {
                groups += 1;
                of_group = 0;
            }
            of_group += 1;
            let record = self.merge.next()?.unwrap_or_default();
            rows.push(decode(&record).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?);
        }
        if rows.is_empty() {
            return Ok(None);
        }
        let number = self.number;
        self.number += 1;
        Ok(Some(GroupUnit { number, rows }))
    }
}

/// The first id of a record.
fn text(record: &[u8]) -> std::borrow::Cow<'_, str> {
    let end = memchr::memchr(0, record).unwrap_or(record.len());
    String::from_utf8_lossy(record.get(..end).unwrap_or_default())
}

fn encode(record: &mut Vec<u8>, ids: (&str, &str), call: &Call<'_>) {
    record.clear();
    // Ids are printable, so a zero byte ends them and sorts before everything in them.
    for id in [ids.0, ids.1] {
        record.extend_from_slice(id.as_bytes());
        record.push(0);
    }
    let Location {
        file,
        line,
        byte,
        row,
    } = call.location;
    record.extend_from_slice(&row.to_be_bytes());
    record.extend_from_slice(&line.to_be_bytes());
    record.extend_from_slice(&byte.to_be_bytes());
    record.extend_from_slice(&file.to_be_bytes());
    record.extend_from_slice(&call.unread_num.to_be_bytes());
    let group_type = call
        .group_type
        .and_then(|kind| GroupType::ALL.iter().position(|&other| other == kind));
    let group_type = group_type.and_then(|index| u8::try_from(index).ok());
    record.push(group_type.unwrap_or(u8::MAX));
}

/// A record as a row whose group is the first id.
fn decode(record: &[u8]) -> Option<Row> {
    let mut ids = record.splitn(3, |&byte| byte == 0);
    let group = String::from_utf8_lossy(ids.next()?).into();
    let member = String::from_utf8_lossy(ids.next()?).into();
    let (row, rest) = ids.next()?.split_first_chunk()?;
    let (line, rest) = rest.split_first_chunk()?;
    let (byte, rest) = rest.split_first_chunk()?;
    let (file, rest) = rest.split_first_chunk()?;
    let (unread, rest) = rest.split_first_chunk()?;
    let location = Location {
        file: u32::from_be_bytes(*file),
        line: u64::from_be_bytes(*line),
        byte: u64::from_be_bytes(*byte),
        row: u64::from_be_bytes(*row),
    };
    Some(Row {
        location,
        group,
        member,
        unread: u32::from_be_bytes(*unread),
        group_type: GroupType::ALL.get(usize::from(*rest.first()?)).copied(),
    })
}

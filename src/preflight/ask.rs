//! One unit of the checks: its calls, and what their answers mean.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use futures_util::future::try_join_all;
use tokio::sync::OnceCell;

use super::file::{ACCOUNTS, Entry, GROUPS, Line};
use super::judge::{self, Account};
use super::rows::{AccountUnit, GroupUnit, Row};
use crate::reads::{Api, Refused};
use crate::record::Problem;
use crate::stop_reason::StopReason;
use crate::tencent::{Command, Group, Role, Transport};

/// Whether communities keep their messages in topics. Each is asked for once, although its rows
/// may be in several units: only the first and the last group of a unit can go on in another one,
/// so only their answers are kept.
#[derive(Debug, Default)]
pub(super) struct Topics(RefCell<HashMap<Box<str>, TopicsAnswer>>);

type TopicsAnswer = Rc<OnceCell<Result<bool, Refused>>>;

impl Topics {
    /// The answer for a group, which may be on its way already.
    fn answer(&self, group: &str, may_go_on: bool) -> TopicsAnswer {
        if may_go_on {
            let mut known = self.0.borrow_mut();
            Rc::clone(known.entry(group.into()).or_default())
        } else {
            TopicsAnswer::default()
        }
    }
}

/// Which accounts of a unit are there.
pub(super) async fn accounts<T: Transport>(
    api: &Api<'_, T>,
    unit: AccountUnit,
) -> Result<Line, StopReason> {
    let ids: Vec<&str> = unit.accounts.iter().map(|id| &**id).collect();
    let answer = api.accounts(&ids).await?;
    let mut line = Line {
        stage: ACCOUNTS,
        unit: unit.number,
        ..Line::default()
    };
    let known: HashMap<String, _> = match answer {
        Ok(each) => each
            .into_iter()
            .map(|(id, status)| (id, status.map_err(Refused::from)))
            .collect(),
        Err(refused) => ids
            .iter()
            .map(|&id| (id.to_owned(), Err(refused.clone())))
            .collect(),
    };
    for (ordinal, id) in (unit.first..).zip(ids) {
        match judge::account(known.get(id)) {
            Account::There => {}
            Account::NotThere => line.not_there.push(ordinal),
            Account::Untold(code) => line.untold.push((ordinal, code)),
        }
    }
    Ok(line)
}

/// What is wrong with the rows of a unit of groups.
pub(super) async fn groups<T: Transport>(
    api: &Api<'_, T>,
    unit: GroupUnit,
    topics: &Topics,
) -> Result<Line, StopReason> {
    let groups: Vec<&[Row]> = unit.rows.chunk_by(|a, b| a.group == b.group).collect();
    let firsts = groups.iter().filter_map(|rows| rows.first());
    let ids: Vec<&str> = firsts.map(|row| &*row.group).collect();
    let mut line = Line {
        stage: GROUPS,
        unit: unit.number,
        ..Line::default()
    };
    match api.groups(&ids).await? {
        Ok(each) => {
            let known: HashMap<String, Result<Group, Refused>> = each
                .into_iter()
                .map(|(id, group)| (id, group.map_err(Refused::from)))
                .collect();
            let last = groups.len().saturating_sub(1);
            let asked = (0..).zip(groups.iter().zip(&ids));
            let asked = asked.map(|(place, (rows, &id))| {
                let topics = topics.answer(id, place == 0 || place == last);
                in_group(api, rows, known.get(id), topics)
            });
            line.findings = try_join_all(asked).await?.into_iter().flatten().collect();
        }
        Err(refused) => {
            let found = |row| Entry::new(row, judge::untold(&refused.to_string()));
            line.findings = unit.rows.iter().map(found).collect();
        }
    }
    Ok(line)
}

/// The problems of rows of one group.
async fn in_group<T: Transport>(
    api: &Api<'_, T>,
    rows: &[Row],
    answer: Option<&Result<Group, Refused>>,
    topics: TopicsAnswer,
) -> Result<Vec<Entry>, StopReason> {
    let of_group = |row| judge::group(row, answer).map(|problem| Entry::new(row, problem));
    let found: Vec<Entry> = rows.iter().filter_map(of_group).collect();
    let Some(Ok(group)) = answer else {
        return Ok(found);
    };
    if !found.is_empty() {
        return Ok(found);
    }
    if let Some(problem) = in_topics(api, rows, group, &topics).await? {
        let found = rows.iter().map(|row| Entry::new(row, problem.clone()));
        return Ok(found.collect());
    }
    let batches = rows.chunks(Command::GetRoleInGroup.batch());
    let asked = batches.map(|batch| members(api, batch, group));
    let found = try_join_all(asked).await?;
    Ok(found.into_iter().flatten().collect())
}

/// The problem of all rows of a community that keeps its messages in topics, or does not tell.
async fn in_topics<T: Transport>(
    api: &Api<'_, T>,
    rows: &[Row],
    group: &Group,
    answer: &OnceCell<Result<bool, Refused>>,
) -> Result<Option<Problem>, StopReason> {
    let Some(first) = rows.first().filter(|_| judge::may_have_topics(group)) else {
        return Ok(None);
    };
    let ask = || api.has_topics(&group.id, &first.member);
    let answer = answer.get_or_try_init(ask).await?;
    Ok(judge::topics(group, answer))
}

/// The problems of at most 500 rows of one group.
async fn members<T: Transport>(
    api: &Api<'_, T>,
    rows: &[Row],
    group: &Group,
) -> Result<Vec<Entry>, StopReason> {
    let ids: Vec<&str> = rows.iter().map(|row| &*row.member).collect();
    let roles: HashMap<String, Role> = match api.roles(&group.id, &ids).await? {
        Ok(roles) => roles.into_iter().collect(),
        Err(refused) => {
            let found = |row| Entry::new(row, judge::refused_group(row, &refused));
            return Ok(rows.iter().map(found).collect());
        }
    };
    let of_row = |row: &Row| {
        let problems = judge::member(row, group, roles.get(&*row.member));
        let found = problems.into_iter().map(|problem| Entry::new(row, problem));
        found.collect::<Vec<_>>()
    };
    Ok(rows.iter().flat_map(of_row).collect())
}

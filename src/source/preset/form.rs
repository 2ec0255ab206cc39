//! A preset made ready to run: paths become numbered slots, so that a record is looked through
//! once for all that its form needs.

use std::sync::Arc;

use super::model::{Condition as ConditionModel, EmptyModel};
use super::path::Trail;
use super::pattern::Pattern;
use crate::settings::OnDuplicate;

/// A path of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    /// How many elements up.
    pub(super) up: usize,
    /// Member by member.
    pub(super) path: Vec<String>,
}

/// Where a value comes from while a record is at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// The slot of this number.
    Slot(usize),
    /// The name of the member that the element is the value of, so many elements up.
    Key(usize),
    User,
    Group,
    /// Value number `value` of the entry that join number `join` finds.
    Joined {
        join: usize,
        value: usize,
    },
    Constant(String),
    /// The concatenation of this number.
    Concatenation(usize),
    /// The value at hand of those in a cell.
    InsideCell,
}

/// What a value stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    Value(String),
    /// The row is left out, for this reason.
    Leave(String),
    /// Nothing is known; the next alternative may tell.
    Nothing,
}

/// One way to a value.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub(super) source: Source,
    pub(super) patterns: Vec<Pattern>,
    pub(super) unless: Vec<String>,
    pub(super) map: Vec<(Pattern, Meaning)>,
}

/// The ways to a value, the best first.
#[derive(Debug, Clone, Default)]
pub(super) struct Pick {
    pub(super) choices: Vec<Choice>,
}

/// What is said of a value.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub(super) source: Source,
    pub(super) model: ConditionModel,
}

/// Conditions that hold together, and what that is called.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) reason: String,
    pub(super) when: Vec<Condition>,
}

/// How a count is found.
#[derive(Debug, Clone)]
pub(super) enum Count {
    Field(Pick),
    Length(Source),
    Difference {
        head: Pick,
        marker: Pick,
        first: Pick,
    },
}

/// A table that rows are joined with.
#[derive(Debug, Clone)]
pub(super) struct Join {
    pub(super) table: String,
    pub(super) key: Pick,
    pub(super) optional: bool,
    /// Why rows that the table does not have are left out.
    pub(super) otherwise: Option<String>,
    /// The names of the table's values, in their order.
    pub(super) values: Vec<String>,
}

/// Which records have no rows.
#[derive(Debug, Clone, Default)]
pub(super) enum Others {
    #[default]
    None,
    Any,
    /// Those in which the value of this path is none of these.
    Unlike(Vec<String>, Vec<Pattern>),
}

/// Where rows are in a file, and all that is needed of each.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    pub(super) records: Vec<Trail>,
    pub(super) rows: Vec<Trail>,
    /// Which records have no rows.
    pub(super) others: Others,
    pub(super) skip_keys: Vec<String>,
    pub(super) slots: Vec<Slot>,
    /// Fields whose absence means something.
    pub(super) may_lack: Vec<Source>,
    /// Lists whose absence means that there are no rows.
    pub(super) may_lack_lists: Vec<String>,
    /// Values put together of others, and what stands between them.
    pub(super) concatenations: Vec<(Vec<Choice>, String)>,
    pub(super) joins: Vec<Join>,
}

/// What a row of a form becomes.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub(super) shape: Arc<Shape>,
    pub(super) group: Pick,
    pub(super) member: Pick,
    pub(super) count: Count,
    pub(super) cap: Option<u32>,
    pub(super) group_type: Pick,
    /// Whether a type can be a reason to leave the row out.
    pub(super) types_leave: bool,
    pub(super) muted: Vec<Condition>,
    pub(super) leave: Vec<Rule>,
    pub(super) remarks: Vec<Rule>,
}

impl Pick {
    /// Whether nothing is done to the value of its slot, or there is no choice at all.
    fn is_plain(&self) -> bool {
        self.choices.is_empty() || self.plain_slot().is_some()
    }

    /// The slot whose value it is, if nothing is done to it.
    fn plain_slot(&self) -> Option<usize> {
        match self.choices.as_slice() {
            [
                Choice {
                    source: Source::Slot(slot),
                    patterns,
                    unless,
                    map,
                },
            ] if patterns.is_empty() && unless.is_empty() && map.is_empty() => Some(*slot),
            _ => None,
        }
    }

    /// Whether it says more than the value of a field does.
    pub(super) fn decides(&self) -> bool {
        self.choices.len() > 1 || self.choices.iter().any(|choice| !choice.map.is_empty())
    }

    /// Whether a value can be a reason to leave the row out.
    pub(super) fn leaves(&self) -> bool {
        let mut meanings = self.choices.iter().flat_map(|choice| &choice.map);
        meanings.any(|(_, meaning)| matches!(meaning, Meaning::Leave(_)))
    }
}

impl Shape {
    /// What messages call the value of `source`.
    pub(super) fn name(&self, source: &Source) -> String {
        match source {
            Source::Slot(slot) => self.slots.get(*slot).map(|slot| slot.path.join(".")),
            Source::Joined { join, value } => {
                let values = self.joins.get(*join).map(|join| &join.values);
                values.and_then(|values| values.get(*value).cloned())
            }
            Source::Key(_)
            | Source::User
            | Source::Group
            | Source::Constant(_)
            | Source::Concatenation(_)
            | Source::InsideCell => None,
        }
        .unwrap_or_default()
    }
}

impl Rows {
    /// Whether every row is its own record, and its fields are what stands in four slots.
    pub(super) fn are_plain(&self) -> bool {
        let rules = self.leave.is_empty() && self.muted.is_empty() && self.remarks.is_empty();
        rules && self.cap.is_none() && self.plain_slots().is_some()
    }

    /// The slots of group, member, count and type, if there is nothing more to them.
    pub(super) fn plain_slots(&self) -> Option<[Option<usize>; 4]> {
        let Count::Field(count) = &self.count else {
            return None;
        };
        let picks = [&self.group, &self.member, count, &self.group_type];
        let plain = picks.iter().all(|pick| pick.is_plain());
        plain.then(|| picks.map(Pick::plain_slot))
    }

    /// The fields in which the count is, or how far a member has read: for a message.
    pub(super) fn count_fields(&self) -> String {
        let sources: Vec<&Source> = match &self.count {
            Count::Field(pick) | Count::Difference { marker: pick, .. } => {
                pick.choices.iter().map(|choice| &choice.source).collect()
            }
            Count::Length(list) => vec![list],
        };
        let names = sources.into_iter().filter_map(|source| {
            let Source::Slot(slot) = source else {
                return None;
            };
            let slot = self.shape.slots.get(*slot)?;
            Some(format!("`{}`", slot.path.join(".")))
        });
        let names: Vec<String> = names.collect();
        names.join(" or ")
    }
}

/// A table made of the records of a form.
#[derive(Debug, Clone)]
pub(super) struct TableRows {
    pub(super) name: String,
    pub(super) shape: Arc<Shape>,
    /// The cell that is JSON, and the way to the values in it.
    pub(super) inside: Option<(Source, Trail)>,
    pub(super) key: Pick,
    pub(super) values: Vec<Source>,
    /// Whether records are counted by key.
    pub(super) tally: bool,
    /// A list whose elements count with each record.
    pub(super) and: Option<Source>,
    pub(super) when: Vec<Condition>,
    pub(super) unless: Vec<Condition>,
}

/// One form, ready.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(super) detect: Vec<Trail>,
    pub(super) absent: Vec<Trail>,
    pub(super) empty: Vec<EmptyModel>,
    pub(super) only: bool,
    pub(super) by_name: bool,
    pub(super) no_counts: Option<String>,
    /// Fields and lists whose absence means something, as the preset names them.
    #[cfg(test)]
    pub(super) may_lack: Vec<String>,
    pub(super) rows: Option<Arc<Rows>>,
    pub(super) tables: Vec<TableRows>,
    pub(super) on_duplicate: Option<OnDuplicate>,
}

//! A preset made ready to run: paths become numbered slots, so that a record is looked through
//! once for all that its form needs.

use std::sync::Arc;

use super::error::Flaw;
use super::model::{
    Condition as ConditionModel, CountModel, FormModel, OnDuplicate, Rule as RuleModel, Take,
    TakeModel, ValueModels,
};
use super::path::{Reference, Trail};
use super::pattern::Pattern;
use crate::record::GroupType;

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
    /// The names of the table's values, in their order.
    values: Vec<String>,
}

/// Where rows are in a file, and all that is needed of each.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    pub(super) records: Vec<Trail>,
    pub(super) rows: Vec<Trail>,
    pub(super) skip_keys: Vec<String>,
    pub(super) slots: Vec<Slot>,
    /// Values put together of others, and what stands between them.
    pub(super) concatenations: Vec<(Vec<Source>, String)>,
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

    /// Whether a value can be a reason to leave the row out.
    fn leaves(&self) -> bool {
        let mut meanings = self.choices.iter().flat_map(|choice| &choice.map);
        meanings.any(|(_, meaning)| matches!(meaning, Meaning::Leave(_)))
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
    pub(super) no_counts: Option<String>,
    pub(super) rows: Option<Arc<Rows>>,
    pub(super) tables: Vec<TableRows>,
    pub(super) on_duplicate: Option<OnDuplicate>,
}

/// Names of the values of each table.
pub(super) type Columns = Vec<(String, Vec<String>)>;

/// The tables of a preset.
pub(super) fn columns(forms: &[FormModel]) -> Columns {
    let tables = forms.iter().flat_map(|form| &form.table);
    tables
        .map(|table| {
            let names = table.values.keys().chain(&table.tally).cloned();
            (table.name.clone(), names.collect())
        })
        .collect()
}

impl Form {
    /// Makes `model` ready; `columns` are the tables of its preset.
    pub(super) fn new(model: FormModel, columns: &Columns) -> Result<Self, Flaw> {
        let flaw = |what: &str| Flaw::new(&model.name, what);
        let tables = model.table.iter().map(|table| {
            let mut compiler = Compiler::new(&model.name, &table.records, &table.rows);
            let values = compiler.values(&table.values)?;
            Ok(TableRows {
                name: table.name.clone(),
                key: compiler.pick(&table.key)?,
                values,
                tally: table.tally.is_some(),
                and: table
                    .and
                    .as_ref()
                    .map(|list| compiler.source(list))
                    .transpose()?,
                when: compiler.conditions(&table.when)?,
                unless: compiler.conditions(&table.unless)?,
                shape: Arc::new(compiler.shape),
            })
        });
        let tables: Vec<TableRows> = tables.collect::<Result<_, Flaw>>()?;
        if model.detect.is_empty() {
            return Err(flaw("has nothing in `detect`"));
        }
        let rows = match (&model.count, &model.no_counts) {
            (None, Some(_)) => None,
            (None, None) if !tables.is_empty() && model.group.is_empty() => None,
            (None, None) => return Err(flaw("has no `count`, no `no_counts` and no `table`")),
            (Some(_), Some(_)) => return Err(flaw("has both `count` and `no_counts`")),
            (Some(count), None) => Some(Arc::new(rows(&model, count, columns)?)),
        };
        Ok(Self {
            rows,
            tables,
            name: model.name,
            about: model.about,
            detect: model.detect,
            absent: model.absent,
            no_counts: model.no_counts,
            on_duplicate: model.on_duplicate,
        })
    }
}

fn rows(model: &FormModel, count: &CountModel, columns: &Columns) -> Result<Rows, Flaw> {
    let flaw = |what: &str| Flaw::new(&model.name, what);
    let mut compiler = Compiler::new(&model.name, &model.records, &model.rows);
    compiler.shape.skip_keys.clone_from(&model.skip_keys);
    for join in &model.join {
        let values = columns.iter().find(|(name, _)| *name == join.table);
        let (_, values) = values.ok_or_else(|| {
            flaw(&format!(
                "joins table `{}`, which no form makes",
                join.table
            ))
        })?;
        let key = compiler.pick(&join.key)?;
        compiler.shape.joins.push(Join {
            table: join.table.clone(),
            key,
            optional: join.optional,
            values: values.clone(),
        });
    }
    if model.group.is_empty() || model.member.is_empty() {
        return Err(flaw("needs `group` and `member`"));
    }
    let group_type = compiler.types(&model.group_type)?;
    Ok(Rows {
        group: compiler.pick(&model.group)?,
        member: compiler.pick(&model.member)?,
        count: compiler.count(count)?,
        cap: count.0.cap,
        types_leave: group_type.leaves(),
        group_type,
        muted: compiler.conditions(&model.muted)?,
        leave: compiler.rules(&model.leave)?,
        remarks: compiler.rules(&model.remark)?,
        shape: Arc::new(compiler.shape),
    })
}

/// Numbers the slots while a form is made ready.
struct Compiler<'m> {
    form: &'m str,
    shape: Shape,
}

impl<'m> Compiler<'m> {
    fn new(form: &'m str, records: &[Trail], rows: &[Trail]) -> Self {
        let or_itself = |trails: &[Trail]| match trails {
            [] => vec![Trail::default()],
            some => some.to_vec(),
        };
        let shape = Shape {
            records: or_itself(records),
            rows: or_itself(rows),
            ..Shape::default()
        };
        Self { form, shape }
    }

    fn flaw(&self, what: &str) -> Flaw {
        Flaw::new(self.form, what)
    }

    fn source(&mut self, reference: &Reference) -> Result<Source, Flaw> {
        Ok(match reference {
            Reference::User => Source::User,
            Reference::Group => Source::Group,
            Reference::Key { up } => Source::Key(*up),
            Reference::Inside { up, path } => {
                let slot = Slot {
                    up: *up,
                    path: path.clone(),
                };
                let slots = &mut self.shape.slots;
                Source::Slot(
                    slots
                        .iter()
                        .position(|known| *known == slot)
                        .unwrap_or_else(|| {
                            slots.push(slot);
                            slots.len() - 1
                        }),
                )
            }
            Reference::Joined(name) => {
                let mut joins = self.shape.joins.iter().enumerate();
                let found = joins.find_map(|(join, model)| {
                    let value = model.values.iter().position(|value| value == name)?;
                    Some(Source::Joined { join, value })
                });
                found.ok_or_else(|| {
                    self.flaw(&format!("uses `${name}`, which no joined table has"))
                })?
            }
        })
    }

    fn values(&mut self, values: &ValueModels) -> Result<Vec<Source>, Flaw> {
        values.values().map(|value| self.source(value)).collect()
    }

    fn pick(&mut self, takes: &[Take]) -> Result<Pick, Flaw> {
        let choices = takes.iter().map(|take| self.choice(take));
        Ok(Pick {
            choices: choices.collect::<Result<_, _>>()?,
        })
    }

    fn choice(&mut self, Take(model): &Take) -> Result<Choice, Flaw> {
        let TakeModel {
            path,
            value,
            join,
            with,
            pattern,
            unless,
            map,
        } = model;
        let source = match (path, value, join.as_slice()) {
            (Some(path), None, []) => self.source(path)?,
            (None, Some(value), []) => Source::Constant(value.clone()),
            (None, None, [_, ..]) => {
                let parts: Result<_, Flaw> = join.iter().map(|part| self.source(part)).collect();
                self.shape.concatenations.push((parts?, with.clone()));
                Source::Concatenation(self.shape.concatenations.len() - 1)
            }
            _ => return Err(self.flaw("has a value without one of `path`, `value` and `join`")),
        };
        let map = map.iter().map(|(key, value)| {
            let text = value
                .as_str()
                .ok_or_else(|| self.flaw(&format!("maps `{key}` to something that is no text")))?;
            let pattern = Pattern::parse(key).map_err(|what| self.flaw(&what))?;
            let meaning = match text {
                "" => Meaning::Nothing,
                text => Meaning::Value(text.to_owned()),
            };
            Ok((pattern, meaning))
        });
        let mut map = map.collect::<Result<Vec<_>, Flaw>>()?;
        // A table has no order, and what is said of anything goes last.
        map.sort_by_key(|(pattern, _)| pattern.fits(""));
        Ok(Choice {
            source,
            patterns: pattern.clone(),
            unless: unless.clone(),
            map,
        })
    }

    /// What a type is mapped to is a type of the target, or a reason to leave the row out.
    fn types(&mut self, takes: &[Take]) -> Result<Pick, Flaw> {
        let mut pick = self.pick(takes)?;
        for (_, meaning) in pick.choices.iter_mut().flat_map(|choice| &mut choice.map) {
            let Meaning::Value(text) = meaning else {
                continue;
            };
            // Types of the target begin with a capital, reasons do not.
            if GroupType::parse(text).is_none() || self.reason(text).is_ok() {
                self.reason(text)?;
                *meaning = Meaning::Leave(std::mem::take(text));
            }
        }
        Ok(pick)
    }

    fn reason(&self, text: &str) -> Result<(), Flaw> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        if !text.is_empty() && text.bytes().all(plain) {
            return Ok(());
        }
        Err(self.flaw(&format!(
            "has `{text}` where a type of the target or a reason in lower case is expected"
        )))
    }

    fn conditions(&mut self, models: &[ConditionModel]) -> Result<Vec<Condition>, Flaw> {
        let conditions = models.iter().map(|model| {
            let nothing = model.is.is_empty() && model.not.is_empty() && model.missing.is_none();
            if nothing && model.above.is_none() && model.bit.is_none() {
                return Err(self.flaw("has a condition that says nothing of its value"));
            }
            Ok(Condition {
                source: self.source(&model.path)?,
                model: model.clone(),
            })
        });
        conditions.collect()
    }

    fn rules(&mut self, models: &[RuleModel]) -> Result<Vec<Rule>, Flaw> {
        let rules = models.iter().map(|model| {
            self.reason(&model.reason)?;
            Ok(Rule {
                reason: model.reason.clone(),
                when: self.conditions(&model.when)?,
            })
        });
        rules.collect()
    }

    fn count(&mut self, CountModel(model): &CountModel) -> Result<Count, Flaw> {
        match (
            model.path.as_slice(),
            &model.length,
            model.head.as_slice(),
            model.marker.as_slice(),
        ) {
            ([_, ..], None, [], []) => Ok(Count::Field(self.pick(&model.path)?)),
            ([], Some(list), [], []) => Ok(Count::Length(self.source(list)?)),
            ([], None, [_, ..], [_, ..]) => Ok(Count::Difference {
                head: self.pick(&model.head)?,
                marker: self.pick(&model.marker)?,
                first: self.pick(&model.first)?,
            }),
            _ => Err(self.flaw("counts with one of `path`, `length`, and `head` with `marker`")),
        }
    }
}

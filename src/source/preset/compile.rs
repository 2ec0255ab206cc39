//! From the model of a preset to forms that can run: names become numbers, and what cannot work is
//! told before anything is read.

use std::sync::Arc;

use super::error::Flaw;
use super::form::{
    Choice, Condition, Count, Form, Join, Meaning, Others, Pick, Rows, Rule, Shape, Slot, Source,
    TableRows,
};
use super::model::{
    AbsenceModel, Condition as ConditionModel, CountModel, FormModel, KindModel, OthersModel,
    Rule as RuleModel, Take, TakeModel, ValueModels,
};
use super::path::{Reference, Trail};
use super::pattern::Pattern;
use crate::record::GroupType;

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
            // What a table is made of stands beside much else.
            compiler.shape.others = match &table.others {
                Some(others) => compiler.others(others)?,
                None => Others::Any,
            };
            let inside = table.inside.as_ref().map(|inside| {
                let cell = compiler.source(&inside.path)?;
                Ok((cell, inside.rows.clone()))
            });
            let values = compiler.values(&table.values)?;
            let key = compiler.pick(&table.key)?;
            let and = table.and.as_ref().map(|list| compiler.source(list));
            let and = and.transpose()?;
            let when = compiler.conditions(&table.when)?;
            let unless = compiler.conditions(&table.unless)?;
            compiler.may_lack(&model.may_lack)?;
            Ok(TableRows {
                name: table.name.clone(),
                inside: inside.transpose()?,
                key,
                values,
                tally: table.tally.is_some(),
                and,
                when,
                unless,
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
            empty: model.empty,
            only: model.only,
            by_name: model.by_name,
            no_counts: model.no_counts,
            #[cfg(test)]
            may_lack: model.may_lack.into_iter().map(|field| field.path).collect(),
            on_duplicate: model.on_duplicate,
        })
    }
}

fn rows(model: &FormModel, count: &CountModel, columns: &Columns) -> Result<Rows, Flaw> {
    let flaw = |what: &str| Flaw::new(&model.name, what);
    let mut compiler = Compiler::new(&model.name, &model.records, &model.rows);
    compiler.shape.skip_keys.clone_from(&model.skip_keys);
    compiler.shape.others = match compiler.others(&model.others)? {
        Others::None if !model.empty.is_empty() => Others::Any,
        others @ (Others::None | Others::Any | Others::Unlike(..)) => others,
    };
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
            otherwise: join.otherwise.clone(),
            values: values.clone(),
        });
    }
    if model.group.is_empty() || model.member.is_empty() {
        return Err(flaw("needs `group` and `member`"));
    }
    let group_type = compiler.types(&model.group_type)?;
    let group = compiler.pick(&model.group)?;
    let member = compiler.pick(&model.member)?;
    let cap = count.0.cap;
    let count = compiler.count(count)?;
    let muted = compiler.conditions(&model.muted)?;
    let leave = compiler.rules(&model.leave)?;
    let remarks = compiler.rules(&model.remark)?;
    compiler.may_lack(&model.may_lack)?;
    Ok(Rows {
        group,
        member,
        count,
        cap,
        types_leave: group_type.leaves(),
        group_type,
        muted,
        leave,
        remarks,
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
            Reference::InsideCell => Source::InsideCell,
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

    /// Notes what may be absent: lists by their names, and those of the fields that this shape has.
    fn may_lack(&mut self, absences: &[AbsenceModel]) -> Result<(), Flaw> {
        for AbsenceModel { path, means } in absences {
            if means.is_empty() {
                return Err(self.flaw(&format!("does not say what the absence of `{path}` means")));
            }
            let source = Reference::parse(path).ok().and_then(|field| match field {
                Reference::Inside { up, path } => {
                    let slot = Slot { up, path };
                    let known = self.shape.slots.iter().position(|known| *known == slot);
                    known.map(Source::Slot)
                }
                Reference::Joined(_) => self.source(&field).ok(),
                Reference::Key { .. }
                | Reference::User
                | Reference::Group
                | Reference::InsideCell => None,
            });
            self.shape.may_lack.extend(source);
            self.shape.may_lack_lists.push(path.clone());
        }
        Ok(())
    }

    fn others(&self, model: &OthersModel) -> Result<Others, Flaw> {
        match model {
            OthersModel::Any(true) => Ok(Others::Any),
            OthersModel::Any(false) => Ok(Others::None),
            OthersModel::Unlike(KindModel {
                path: Reference::Inside { up: 0, path },
                not,
            }) => Ok(Others::Unlike(path.clone(), not.clone())),
            OthersModel::Unlike(_) => Err(self.flaw("has `others` without a field of the record")),
        }
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
                let parts: Result<_, Flaw> = join.iter().map(|part| self.choice(part)).collect();
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
            let number = model.above.is_some() || model.bit.is_some() || model.longer.is_some();
            if nothing && !number {
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

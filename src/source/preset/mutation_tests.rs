//! Every field of every sample renamed, removed, made null and doubled, one occurrence at a time:
//! what comes of it is an error or the same rows, never other counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::path::Step;
use super::tests::{Case, Expected, samples};
use super::*;

/// What is done to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mutation {
    Renamed,
    Removed,
    Nulled,
    Doubled,
}

const MUTATIONS: [Mutation; 4] = [
    Mutation::Renamed,
    Mutation::Removed,
    Mutation::Nulled,
    Mutation::Doubled,
];

/// A field of a sample: its path without the numbers of elements, and which occurrence of it; all
/// of them without a number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    path: String,
    occurrence: Option<usize>,
}

/// Writes JSON with one field changed.
struct Writer<'t> {
    target: Option<(&'t Target, Mutation)>,
    /// Every field that was met, in order.
    met: Vec<String>,
    text: String,
}

impl<'t> Writer<'t> {
    fn write(documents: &[Value], lines: bool, target: Option<(&'t Target, Mutation)>) -> Self {
        let mut writer = Self {
            target,
            met: Vec::new(),
            text: String::new(),
        };
        for document in documents {
            writer.value(document, "", !lines);
            writer.text.push('\n');
        }
        writer
    }

    fn value(&mut self, value: &Value, path: &str, spread: bool) {
        match value {
            Value::Object(members) => {
                self.text.push_str(if spread { "{\n" } else { "{" });
                let mut comma = "";
                for (key, value) in members {
                    let path = format!("{path}/{key}");
                    self.member(key, value, &path, &mut comma);
                }
                self.text.push('}');
            }
            Value::Array(elements) => {
                self.text.push('[');
                let path = format!("{path}[]");
                for (at, element) in elements.iter().enumerate() {
                    self.text.push_str(if at > 0 { "," } else { "" });
                    self.value(element, &path, false);
                }
                self.text.push(']');
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                write!(self.text, "{value}").unwrap();
            }
        }
    }

    fn member(&mut self, key: &str, value: &Value, path: &str, comma: &mut &'static str) {
        let occurrence = self.met.iter().filter(|met| *met == path).count();
        self.met.push(path.to_owned());
        let hit = self.target.filter(|(target, _)| {
            let this = target.occurrence.is_none_or(|wanted| wanted == occurrence);
            this && target.path == path
        });
        let mutation = hit.map(|(_, mutation)| mutation);
        if mutation == Some(Mutation::Removed) {
            return;
        }
        let name = match mutation {
            Some(Mutation::Renamed) => format!("{key}_x"),
            _ => key.to_owned(),
        };
        let times = 1 + usize::from(mutation == Some(Mutation::Doubled));
        for _ in 0..times {
            self.text.push_str(comma);
            *comma = ",";
            write!(self.text, "{}:", Value::from(name.as_str())).unwrap();
            match mutation {
                Some(Mutation::Nulled) => self.text.push_str("null"),
                _ => self.value(value, path, false),
            }
        }
    }
}

/// A sample that can be changed field by field.
enum Sample {
    Json { documents: Vec<Value>, lines: bool },
    Csv(Vec<Vec<String>>),
}

impl Sample {
    /// `None` for a form that becomes CSV or JSON Lines first: those have samples of their own.
    fn read(path: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(path).ok()?;
        let extension = path.extension()?.to_str()?;
        if extension == "csv" {
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes());
            let rows = reader.records().map(|row| {
                let row = row.unwrap();
                row.iter().map(str::to_owned).collect()
            });
            return Some(Self::Csv(rows.collect()));
        }
        if !matches!(extension, "json" | "jsonl") {
            return None;
        }
        let values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
        let documents: Vec<Value> = values.collect::<Result<_, _>>().ok()?;
        let lines = text.trim().lines().count() == documents.len();
        Some(Self::Json { documents, lines })
    }

    fn targets(&self) -> BTreeSet<Target> {
        let met = match self {
            Self::Json { documents, lines } => Writer::write(documents, *lines, None).met,
            Self::Csv(rows) => {
                let header = rows.first().cloned().unwrap_or_default();
                rows.iter().skip(1).flat_map(|_| header.clone()).collect()
            }
        };
        let mut targets = BTreeSet::new();
        for path in &met {
            // All of them, the first, and the last.
            let last = met.iter().filter(|other| *other == path).count() - 1;
            let each = [None, Some(0), Some(last)];
            for occurrence in each.into_iter().filter(|each| last > 0 || each.is_none()) {
                let path = path.clone();
                targets.insert(Target { path, occurrence });
            }
        }
        targets
    }

    /// The sample with `target` changed; `None` where that cannot be.
    fn mutated(&self, target: &Target, mutation: Mutation) -> Option<String> {
        match self {
            Self::Json { documents, lines } => {
                Some(Writer::write(documents, *lines, Some((target, mutation))).text)
            }
            Self::Csv(rows) => mutated_table(rows, target, mutation),
        }
    }
}

/// A column has its name once, so only single cells can be emptied.
fn mutated_table(rows: &[Vec<String>], target: &Target, mutation: Mutation) -> Option<String> {
    let at = rows.first()?.iter().position(|name| *name == target.path)?;
    if mutation != Mutation::Nulled && target.occurrence.is_some() {
        return None;
    }
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .from_writer(Vec::new());
    for (number, row) in rows.iter().enumerate() {
        let mut row = row.clone();
        let hit = number > 0 && target.occurrence.is_none_or(|wanted| wanted == number - 1);
        match mutation {
            Mutation::Renamed if number == 0 => row.get_mut(at)?.push_str("_x"),
            Mutation::Removed => drop(row.remove(at)),
            Mutation::Nulled if hit => *row.get_mut(at)? = String::new(),
            Mutation::Renamed | Mutation::Nulled => {}
            Mutation::Doubled => {
                let cell = row.get(at)?.clone();
                row.push(cell);
            }
        }
        writer.write_record(&row).unwrap();
    }
    Some(String::from_utf8(writer.into_inner().unwrap()).unwrap())
}

/// Whether the last name in `path` is one of a map's entries, which are no fields but data.
fn is_entry(preset: &Preset, path: &str) -> bool {
    // In an envelope or not.
    let paths = [Some(path), path.strip_prefix("/data")];
    let mut paths = paths.into_iter().flatten();
    paths.any(|path| is_entry_of(preset, path))
}

fn is_entry_of(preset: &Preset, path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let shapes = preset.forms.iter().flat_map(|form| {
        let rows = form.rows.iter().map(|rows| &rows.shape);
        rows.chain(form.tables.iter().map(|table| &table.shape))
    });
    let ways = shapes.flat_map(|shape| {
        let pairs = shape.records.iter().flat_map(|record| {
            let rows = shape.rows.iter();
            rows.map(|row| ([&record.steps[..], &row.steps].concat(), &shape.skip_keys))
        });
        pairs.collect::<Vec<_>>()
    });
    let mut ways = ways.filter(|(steps, skip)| {
        let mut steps = steps.iter();
        let all = parts.iter().enumerate().all(|(at, part)| {
            let name = part.trim_end_matches("[]");
            let lists = (part.len() - name.len()) / 2;
            let last = at + 1 == parts.len();
            let into = match steps.next() {
                Some(Step::Any) => !last || !skip.iter().any(|skip| skip == name),
                Some(step @ Step::Key(..)) => !last && step.leads_into(name),
                Some(Step::Each) | None => false,
            };
            into && (0..lists).all(|_| steps.next() == Some(&Step::Each))
        });
        all && !parts.is_empty()
    });
    ways.next().is_some()
}

/// Whether what came of a changed sample is an error, or the same rows.
fn is_safe(before: &Case, after: &Case) -> bool {
    let sorted = |calls: &[String]| calls.iter().cloned().collect::<BTreeSet<_>>();
    let codes = |invalid: &[String]| {
        let mut codes = BTreeMap::new();
        for problem in invalid {
            let (_, code) = problem.split_once(' ').unwrap();
            *codes.entry(code.to_owned()).or_insert(0) += 1;
        }
        codes
    };
    let (known, now) = (codes(&before.invalid), codes(&after.invalid));
    let complains = now
        .iter()
        .any(|(code, count)| known.get(code).unwrap_or(&0) < count);
    let (was, is) = (sorted(&before.calls), sorted(&after.calls));
    // A count that is added up of several rows lacks those that are invalid.
    after.error.is_some() || was == is || complains && (before.sums || is.is_subset(&was))
}

/// Whether the absence of the field, or an empty cell, means something by the vendor's documents.
fn is_justified(preset: &Preset, path: &str, mutation: Mutation) -> bool {
    let path = path
        .trim_start_matches('/')
        .replace('/', ".")
        .replace("[]", "");
    let names = |field: &str| {
        let field = field.trim_start_matches(['^', '$']).replace('\'', "");
        path == field || path.ends_with(&format!(".{field}"))
    };
    let mut absences = preset.forms.iter().flat_map(|form| &form.may_lack);
    let may_lack = mutation != Mutation::Doubled && absences.any(|field| names(field));
    let rows = preset.forms.iter().filter_map(|form| form.rows.as_ref());
    let mut said = rows.flat_map(|rows| {
        let rules = rows.leave.iter().flat_map(|rule| &rule.when);
        let conditions = rules.filter(|condition| condition.model.missing.is_some());
        conditions.map(|condition| rows.shape.name(&condition.source))
    });
    let mut empty = preset.forms.iter().flat_map(|form| &form.empty);
    let is_value = said.any(|field| names(&field)) || empty.any(|empty| names(&empty.path.text));
    may_lack || mutation == Mutation::Nulled && is_value
}

/// The mutations of a field that are tried: all of one that the preset names, and few of the
/// others and by other ways, for time. Removing one of several is as good as renaming it.
fn tried(target: &Target, (named, first_way): (bool, bool)) -> &'static [Mutation] {
    match (target.occurrence, named, first_way) {
        (None, true, true) => &MUTATIONS,
        (None, true, false) => &[Mutation::Renamed],
        (None, false, true) => &[Mutation::Removed],
        (Some(_), true, true) => &[Mutation::Nulled],
        (Some(_), false, _) | (_, _, false) => &[],
    }
}

/// What goes wrong when the fields of one input of `case` are changed.
fn wrong_of(case: &Case, name: &str, folder: &Path, changed: &str, wrong: &mut Vec<String>) {
    let Some(sample) = Sample::read(&folder.join(changed)) else {
        return;
    };
    let library = Library::find(name).unwrap();
    let preset = library.presets().next().unwrap();
    let embedded = EMBEDDED.iter().find(|(known, _)| *known == name);
    let toml = embedded.map_or("", |(_, text)| text);
    let mut rows = preset.forms.iter().flat_map(|form| &form.rows);
    let mutes = rows.any(|rows| !rows.muted.is_empty());
    let scratch = tempfile::tempdir().unwrap();
    for input in &case.inputs {
        let path = scratch.path().join(input);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::copy(folder.join(input), path).unwrap();
    }
    let ways = [(name, None), ("auto", None), (name, Some("zero"))];
    for (by, muted) in ways {
        let muted_too = case.muted.is_some() || !mutes;
        if by == "auto" && case.named || muted.is_some() && muted_too {
            continue;
        }
        let case = &Case {
            muted: muted.map(str::to_owned).or_else(|| case.muted.clone()),
            ..case.clone()
        };
        let options = case.options(by);
        let unchanged = match &sample {
            Sample::Json { documents, lines } => Writer::write(documents, *lines, None).text,
            Sample::Csv(_) => std::fs::read_to_string(folder.join(changed)).unwrap(),
        };
        std::fs::write(scratch.path().join(changed), &unchanged).unwrap();
        let before = case.run_with(scratch.path(), &options);
        let first = (by, muted) == (name, None);
        for target in sample.targets() {
            if is_entry(preset, &target.path) || !first && target.occurrence.is_some() {
                continue;
            }
            let last = target.path.rsplit('/').next().unwrap_or_default();
            let named = toml.contains(last.trim_end_matches("[]"));
            for &mutation in tried(&target, (named, first)) {
                let Some(text) = sample.mutated(&target, mutation) else {
                    continue;
                };
                std::fs::write(scratch.path().join(changed), &text).unwrap();
                let after = case.run_with(scratch.path(), &options);
                if !is_safe(&before, &after) && !is_justified(preset, &target.path, mutation) {
                    let Target { path, occurrence } = &target;
                    wrong.push(format!(
                        "{name}/{changed} by {by} {muted:?}: {path} {occurrence:?} {mutation:?}: {:?} became {:?}",
                        before.calls, after.calls
                    ));
                }
            }
        }
    }
}

#[test]
fn a_field_that_is_renamed_removed_nulled_or_doubled_gives_no_other_counts() {
    let mut wrong = Vec::new();
    for (name, _) in EMBEDDED {
        let folder = samples().join(name);
        let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
        let expected: Expected = serde_json::from_str(&text).unwrap();
        for case in expected.cases.iter().filter(|case| case.error.is_none()) {
            for input in &case.inputs {
                wrong_of(case, name, &folder, input, &mut wrong);
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\n{} wrong",
        wrong.join("\n"),
        wrong.len()
    );
}

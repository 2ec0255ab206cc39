//! From the inputs as they were opened to the engine of each: their forms, tables and owners.

use std::path::Path;
use std::sync::Arc;

use super::count::Choices;
use super::detect::{Found, Near, Start, Unfound, detect};
use super::feed::{self, Feed, column};
use super::form::{Choice, Count, Pick, Rows, Shape, Slot, Source};
use super::outer::{Naming, Outer};
use super::reader::Reader;
use super::table::Tables;
use super::unfold::Way;
use super::{Form, Library, Preset};
use crate::record::Column;
use crate::settings::{NamedColumn, OnDuplicate};
use crate::source::content::{Content, Identity};
use crate::source::json::Form as JsonForm;
use crate::source::json::window::Documents;
use crate::source::{Error, Options, Parser, Unfit, csv};

/// What the user says about presets.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) library: Library,
    pub(crate) naming: Naming,
}

/// A file as it was opened, at its first record.
#[derive(Debug)]
pub(in crate::source) enum Opened {
    /// Behind its header.
    Csv(Box<csv::Reader>),
    /// In one of the forms of JSON.
    Json(Box<Documents>, JsonForm),
}

/// What is known of a file's form.
#[derive(Debug)]
pub(in crate::source) enum Recognised {
    /// It is read by a preset.
    ByPreset(Box<Prepared>),
    /// It is read as plain rows; the form that comes nearest.
    Plain(Option<Near>),
}

/// How one file is read by its preset.
#[derive(Debug, Clone)]
pub(in crate::source) struct Prepared {
    preset: Arc<Preset>,
    form: usize,
    fields: Vec<String>,
    envelope: bool,
    outer: Outer,
    /// What becomes of its rows; nothing for a file that only makes tables.
    rows: Option<Arc<Rows>>,
    tables: Arc<Tables>,
    choices: Choices,
    /// Of a file that only makes tables: what it holds, and what it was before it was read.
    digest: Option<(Content, Option<Identity>)>,
}

impl Prepared {
    /// Finds the form of the file at `path`; one that is to be read as plain rows has none.
    pub(in crate::source) fn find(
        path: &Path,
        start: Start<'_>,
        options: &Options,
    ) -> Result<Recognised, Error> {
        let Some(wanted) = &options.preset else {
            return Ok(Recognised::Plain(None));
        };
        let library = &wanted.library;
        let Found {
            preset,
            form,
            envelope,
            fields,
        } = match detect(library, start) {
            Ok(found) => found,
            Err(Unfound::Nothing(near)) if library.auto => return Ok(Recognised::Plain(near)),
            Err(why) => return Err(unfound(path, library, why).into()),
        };
        let Some(known) = preset.forms.get(form) else {
            return Ok(Recognised::Plain(None));
        };
        if let Some(why) = &known.no_counts {
            return Err(Unfit::NoCounts {
                path: path.to_owned(),
                why: why.clone(),
            }
            .into());
        }
        if let Start::Columns(header) = start {
            know_columns(path, header, known, &options.columns)?;
        }
        let rows = known
            .rows
            .as_ref()
            .map(|rows| renamed(rows, &options.columns));
        let prepared = Self {
            rows,
            form,
            fields,
            envelope,
            outer: wanted.naming.of(path),
            tables: Arc::default(),
            choices: options.choices,
            digest: None,
            preset,
        };
        if !prepared.fields.is_empty() {
            prepared.know_owners(path)?;
        }
        Ok(Recognised::ByPreset(Box::new(prepared)))
    }

    fn form(&self) -> Option<&Form> {
        self.preset.forms.get(self.form)
    }

    /// Whether fields of its form were seen.
    pub(in crate::source) fn is_told(&self) -> bool {
        let detect = self.form().map_or(0, |form| form.detect.len());
        self.fields.len() == detect
    }

    /// The preset it is read by.
    pub(in crate::source) fn preset(&self) -> &Preset {
        &self.preset
    }

    /// The name of its form, and what becomes of rows of one (group, member) by it unless the user
    /// says; nothing for a file without rows.
    pub(in crate::source) fn on_duplicate(&self) -> Option<(&str, OnDuplicate)> {
        self.rows.as_ref()?;
        let form = self.form()?;
        let policy = form.on_duplicate.unwrap_or(OnDuplicate::Error);
        Some((form.name.as_str(), policy))
    }

    /// What it was taken for, and why.
    pub(in crate::source) fn note(&self) -> String {
        let form = self.form().map_or("", |form| form.name.as_str());
        let fields: Vec<String> = self
            .fields
            .iter()
            .map(|field| format!("`{field}`"))
            .collect();
        let envelope = if self.envelope { ", in envelopes" } else { "" };
        let told = match fields.as_slice() {
            [] => "without a record".to_owned(),
            fields => format!("told by {}", fields.join(", ")),
        };
        format!("preset {}/{form}{envelope}, {told}", self.preset.name)
    }

    /// Makes sure that somebody says whose counts they are.
    fn know_owners(&self, path: &Path) -> Result<(), Error> {
        let Some(rows) = &self.rows else {
            return Ok(());
        };
        let outside = |pick: &Pick, source: &Source| {
            let mut choices = pick.choices.iter();
            choices.all(|choice| choice.source == *source)
        };
        let user = self.outer.user.is_none() && outside(&rows.member, &Source::User);
        let group = self.outer.group.is_none() && outside(&rows.group, &Source::Group);
        let what = match (user, group) {
            (true, _) => "user",
            (false, true) => "group",
            (false, false) => return Ok(()),
        };
        if self.envelope {
            return Ok(());
        }
        Err(Unfit::NobodyNamed {
            path: path.to_owned(),
            what,
        }
        .into())
    }

    /// Whether it makes tables that rows are joined with.
    pub(in crate::source) fn makes_tables(&self) -> bool {
        self.form().is_some_and(|form| !form.tables.is_empty())
    }

    /// Adds what the file has to `tables`; `open` opens it at its first record.
    pub(in crate::source) fn fill(
        &mut self,
        tables: &mut Tables,
        (path, header): (&Path, &[String]),
        mut open: impl FnMut() -> Result<Opened, Error>,
    ) -> Result<(), Error> {
        let preset = Arc::clone(&self.preset);
        let specs = preset
            .forms
            .get(self.form)
            .map_or(&[][..], |form| &form.tables);
        for spec in specs {
            let mut feed = self.feed(open()?, header, &spec.shape);
            tables.read(path, spec, &mut feed)?;
            if self.rows.is_none() {
                self.digest = Some(feed.buffer().digest());
            }
        }
        Ok(())
    }

    /// Hands over the tables, and makes sure that those are there which rows need.
    pub(in crate::source) fn join(
        &mut self,
        tables: &Arc<Tables>,
        path: &Path,
    ) -> Result<(), Error> {
        self.tables = Arc::clone(tables);
        let joins = self.rows.iter().flat_map(|rows| &rows.shape.joins);
        let missing = joins
            .filter(|join| !join.optional)
            .find(|join| tables.find(&join.table).is_none());
        let Some(join) = missing else {
            return Ok(());
        };
        let made_by = |form: &&Form| form.tables.iter().any(|table| table.name == join.table);
        let maker = self.preset.forms.iter().find(made_by);
        Err(Unfit::NoTable {
            path: path.to_owned(),
            about: maker.map_or_else(String::new, |form| form.about.clone()),
        }
        .into())
    }

    /// Makes sure that the file has counts at all: it is read up to the first.
    pub(in crate::source) fn probe(
        &self,
        opened: Opened,
        header: &[String],
        path: &Path,
    ) -> Result<(), Error> {
        let Some(mut reader) = self.reader(opened, header) else {
            return Ok(());
        };
        let mut rows = false;
        while reader.advance_to_any()? {
            if reader.has_count() {
                return Ok(());
            }
            rows |= !reader.is_malformed();
        }
        if !rows {
            return Ok(());
        }
        let form = self.form().map_or("", |form| form.name.as_str());
        let fields = self.rows.as_ref().map(|rows| rows.count_fields());
        Err(Unfit::NoCounts {
            path: path.to_owned(),
            why: format!(
                "no row has {}, where preset {}/{form} looks for them",
                fields.unwrap_or_default(),
                self.preset.name
            ),
        }
        .into())
    }

    fn feed(&self, opened: Opened, header: &[String], shape: &Arc<Shape>) -> Feed {
        let around = (Arc::clone(&self.tables), self.outer.clone());
        match opened {
            Opened::Csv(reader) => Feed::csv(reader, header, shape, around),
            Opened::Json(documents, form) => {
                Feed::json(*documents, self.way(form, shape), shape, around)
            }
        }
    }

    fn way(&self, form: JsonForm, shape: &Shape) -> Way {
        let at_once = shape.records.iter().all(|trail| trail.steps.is_empty());
        match form {
            _ if self.envelope => Way::Envelopes,
            JsonForm::Lines => Way::Whole,
            JsonForm::Array | JsonForm::Documents if at_once => Way::Whole,
            JsonForm::Array => Way::Streamed { array: true },
            JsonForm::Documents => Way::Streamed { array: false },
        }
    }

    /// The reader of the file's rows; nothing for a file that only makes tables.
    pub(in crate::source) fn reader(&self, opened: Opened, header: &[String]) -> Option<Reader> {
        let rows = self.rows.as_ref()?;
        let feed = self.feed(opened, header, &rows.shape);
        Some(Reader::new(Arc::clone(rows), feed, self.choices))
    }

    /// What takes the stretches apart that the file's reader takes; `delimiter` stands between the
    /// cells of a file of columns.
    pub(in crate::source) fn parser(
        &self,
        delimiter: Option<u8>,
        header: &[String],
    ) -> Option<Parser> {
        let rows = self.rows.as_ref()?;
        let slots = rows.plain_slots()?;
        Some(match delimiter {
            None => Parser::Preset(super::Parser::new(&rows.shape, slots)),
            Some(delimiter) => {
                let columns = feed::columns(header, &rows.shape);
                let index = |slot: usize| columns.get(slot).copied().flatten();
                let mut parser = csv::Parser::new(delimiter);
                parser.select(slots.map(|slot| slot.and_then(index)), header);
                Parser::Csv(parser)
            }
        })
    }

    /// A reader of the one row at which `opened` stands.
    pub(in crate::source) fn alone(&self, opened: Opened, header: &[String]) -> Option<Reader> {
        let rows = self.rows.as_ref()?;
        let around = (Arc::clone(&self.tables), self.outer.clone());
        let feed = match opened {
            Opened::Csv(reader) => Feed::csv(reader, header, &rows.shape, around),
            Opened::Json(documents, _) => Feed::json(*documents, Way::Alone, &rows.shape, around),
        };
        Some(Reader::new(Arc::clone(rows), feed, self.choices))
    }

    /// What a file that only makes tables holds, and what it was before it was read.
    pub(in crate::source) fn digest(&self) -> (Content, Option<Identity>) {
        self.digest.clone().unwrap_or_default()
    }
}

fn unfound(path: &Path, library: &Library, why: Unfound) -> Unfit {
    let path = path.to_owned();
    match why {
        Unfound::Several(names) => Unfit::SeveralPresets { path, names },
        Unfound::Refusal(said) => Unfit::Refusal { path, said },
        Unfound::Nothing(near) => {
            let presets = library.presets.iter();
            let name: Vec<&str> = presets.clone().map(|preset| preset.name.as_str()).collect();
            let forms = library.forms().map(|(_, _, form)| {
                let fields = form.detect.iter().map(|trail| format!("`{}`", trail.text));
                let fields: Vec<String> = fields.collect();
                format!("{} has {}", form.name, fields.join(", "))
            });
            Unfit::OtherForm {
                path,
                preset: name.join(", "),
                near: near.map(Box::new),
                forms: forms.collect(),
            }
        }
    }
}

/// Makes sure that the columns which the user names are there, and that none of those which the
/// form needs stands twice.
fn know_columns(
    path: &Path,
    header: &[String],
    form: &Form,
    named: &[NamedColumn],
) -> Result<(), Error> {
    let named = named.iter().filter(|_| form.rows.is_some());
    for NamedColumn { name, .. } in named {
        if column(header, name).is_none() {
            return Err(Error::NamedColumn {
                path: path.to_owned(),
                name: name.clone(),
                present: header.to_vec(),
            });
        }
    }
    let shapes = form.rows.iter().map(|rows| &rows.shape);
    let shapes = shapes.chain(form.tables.iter().map(|table| &table.shape));
    for slot in shapes.flat_map(|shape| &shape.slots) {
        let name = slot.path.join(".");
        if header.iter().filter(|cell| **cell == name).count() > 1 {
            let path = path.to_owned();
            return Err(Unfit::ColumnTwice { path, name }.into());
        }
    }
    Ok(())
}

/// The rows with the columns that the user names instead of the preset's.
fn renamed(rows: &Arc<Rows>, columns: &[NamedColumn]) -> Arc<Rows> {
    if columns.is_empty() {
        return Arc::clone(rows);
    }
    let mut rows = Rows::clone(rows);
    let mut shape = Shape::clone(&rows.shape);
    for named in columns {
        shape.slots.push(Slot {
            up: 0,
            path: named.name.split('.').map(str::to_owned).collect(),
        });
        let pick = Pick {
            choices: vec![Choice {
                source: Source::Slot(shape.slots.len() - 1),
                patterns: Vec::new(),
                unless: Vec::new(),
                map: Vec::new(),
            }],
        };
        match named.column {
            Column::GroupId => rows.group = pick,
            Column::MemberAccount => rows.member = pick,
            Column::UnreadNum => rows.count = Count::Field(pick),
            Column::GroupType => rows.group_type = pick,
            Column::Record => {}
        }
    }
    rows.shape = Arc::new(shape);
    Arc::new(rows)
}

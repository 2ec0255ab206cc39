//! Which form a file has, told by the fields at its start.

use std::sync::Arc;

use super::answer::refusal;
use super::feed::column;
use super::path::{Step, Trail};
use super::pattern::Pattern;
use super::pick::is_empty_list;
use super::walk::unquoted;
use super::{Form, Library, Preset};
use crate::source::json::scan::{Scan, value};

/// What is known of a file before it is read.
#[derive(Debug, Clone, Copy)]
pub(in crate::source) enum Start<'a> {
    /// The names of its columns.
    Columns(&'a [String]),
    /// Its first bytes.
    Json {
        text: &'a [u8],
        /// Whether it is one JSON array.
        array: bool,
        /// Whether these bytes are all of it.
        whole: bool,
    },
}

/// The form of a file.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) preset: Arc<Preset>,
    pub(super) form: usize,
    /// Whether its documents are in envelopes.
    pub(super) envelope: bool,
    /// The fields by which it was told; none of a file without a record.
    pub(super) fields: Vec<String>,
}

/// The form that comes nearest to a file that has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Near {
    /// `PRESET/FORM`.
    pub(crate) name: String,
    /// What the file has of the form's fields.
    pub(crate) found: Vec<String>,
    /// What it does not have.
    pub(crate) missing: Vec<String>,
    /// What it has, and files of the form have not.
    pub(crate) unexpected: Vec<String>,
}

/// Why no form was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfound {
    /// None fits.
    Nothing(Option<Near>),
    /// These fit equally well.
    Several(Vec<String>),
    /// It is an answer that says why there is nothing.
    Refusal(String),
}

/// How a form fits a file.
enum Fit {
    /// By all fields, or by so many as its beginning shows.
    Whole(Vec<String>),
    /// There is no record by which to tell.
    Empty,
    Not(Near),
}

/// The form in `library` that `start` fits best.
pub(super) fn detect(library: &Library, start: Start<'_>) -> Result<Found, Unfound> {
    let envelope = match start {
        Start::Columns(_) => false,
        Start::Json { text, array, .. } => is_envelope(text, array),
    };
    let mut best: Vec<Found> = Vec::new();
    let mut empty = None;
    let mut nearest: Option<Near> = None;
    for (preset, number, form) in library.forms() {
        let found = |fields| Found {
            preset: Arc::clone(preset),
            form: number,
            envelope,
            fields,
        };
        if form.by_name && library.auto {
            continue;
        }
        match fit(preset, form, start, envelope) {
            Fit::Whole(fields) => match best.first().map(|best| best.fields.len()) {
                Some(known) if known > fields.len() => {}
                Some(known) if known == fields.len() => best.push(found(fields)),
                Some(_) | None => best = vec![found(fields)],
            },
            Fit::Empty if !library.auto => empty = empty.or_else(|| Some(found(Vec::new()))),
            Fit::Empty => {}
            Fit::Not(near) => {
                // A form that was asked for may have its fields behind a long beginning.
                let cut = matches!(start, Start::Json { whole: false, .. });
                if cut && library.form.is_some() {
                    best.push(found(near.found));
                } else if nearest.as_ref().is_none_or(|known| near.is_nearer(known)) {
                    nearest = Some(near);
                }
            }
        }
    }
    let mut names: Vec<String> = best.iter().map(|found| found.preset.name.clone()).collect();
    names.dedup();
    match (names.as_slice(), best.into_iter().next()) {
        ([_], Some(first)) => Ok(first),
        ([], _) | (_, None) => match (said(start), empty) {
            (Some(said), _) => Err(Unfound::Refusal(said)),
            (None, Some(empty)) => Ok(empty),
            (None, None) => Err(Unfound::Nothing(nearest)),
        },
        (_, Some(_)) => Err(Unfound::Several(names)),
    }
}

/// What the answer that the file begins with says, if it is an error.
fn said(start: Start<'_>) -> Option<String> {
    match start {
        Start::Columns(_) => None,
        Start::Json { text, .. } => refusal(text),
    }
}

impl Near {
    fn is_nearer(&self, other: &Self) -> bool {
        let merit = |near: &Self| {
            let fields = (near.found.len() + near.missing.len()).max(1);
            (near.found.len() * 1000 / fields, near.found.len())
        };
        merit(self) > merit(other)
    }
}

fn fit(preset: &Preset, form: &Form, start: Start<'_>, envelope: bool) -> Fit {
    let has = |trails: &[Trail]| -> Vec<bool> {
        match start {
            Start::Columns(header) => {
                let names = trails.iter().map(Trail::column);
                names
                    .map(|name| name.is_some_and(|name| column(header, &name).is_some()))
                    .collect()
            }
            Start::Json { text, array, .. } => {
                let mut look = Look::new(text, inside(envelope, trails));
                look.documents(array, usize::MAX);
                look.found
            }
        }
    };
    let named = |trails: &[Trail], has: &[bool], wanted: bool| -> Vec<String> {
        let both = trails.iter().zip(has);
        let those = both.filter(|&(_, &has)| has == wanted);
        those.map(|(trail, _)| trail.text.clone()).collect()
    };
    let (wanted, unwanted) = (has(&form.detect), has(&form.absent));
    let mut near = Near {
        name: format!("{}/{}", preset.name, form.name),
        found: named(&form.detect, &wanted, true),
        missing: named(&form.detect, &wanted, false),
        unexpected: named(&form.absent, &unwanted, true),
    };
    if form.only && !envelope && members(start) > form.detect.len() {
        near.unexpected.push("more members".to_owned());
    }
    if near.missing.is_empty() && near.unexpected.is_empty() {
        Fit::Whole(near.found)
    } else if near.unexpected.is_empty() && has_nothing(form, start, envelope) {
        Fit::Empty
    } else {
        Fit::Not(near)
    }
}

/// How many members the first document has.
fn members(start: Start<'_>) -> usize {
    let Start::Json { text, array, .. } = start else {
        return 0;
    };
    let any = Pattern::parse("*").map(|any| Step::Key(any, "*".to_owned()));
    let mut look = Look::new(text, vec![any.into_iter().collect()]);
    look.documents(array, 1);
    look.members
}

/// Whether the file is what the system answers for somebody without a conversation: no document,
/// the list that records stand in and nothing in the list, or what the form says there is instead.
fn has_nothing(form: &Form, start: Start<'_>, envelope: bool) -> bool {
    let (Start::Json { text, array, .. }, Some(rows)) = (start, &form.rows) else {
        return false;
    };
    let lists = rows.shape.records.iter().filter_map(|trail| {
        let (_, steps) = trail
            .steps
            .split_last()
            .filter(|(_, list)| !list.is_empty())?;
        Some(Trail {
            steps: steps.to_vec(),
            text: String::new(),
        })
    });
    let lists: Vec<Trail> = lists.collect();
    let mut look = Look::new(text, inside(envelope, &lists));
    look.documents(array, usize::MAX);
    if look.documents == 0 || look.empty && look.found.contains(&true) {
        return true;
    }
    let instead: Vec<Trail> = form.empty.iter().map(|empty| empty.path.clone()).collect();
    let mut look = Look::new(text, inside(envelope, &instead));
    look.documents(array, usize::MAX);
    let mut said = form.empty.iter().zip(&look.values);
    said.any(|(empty, value)| match (&empty.is, value) {
        (None, Some(_)) => true,
        (Some(wanted), Some(value)) => wanted.as_bytes() == *value,
        (_, None) => false,
    })
}

/// Whether the first document is `{"user":…,"group":…,"data":…}`, with one of the two at least.
fn is_envelope(text: &[u8], array: bool) -> bool {
    let [user, group, data, other] = ["user", "group", "data", "*"].map(|name| {
        let key = Pattern::parse(name).map(|pattern| Step::Key(pattern, name.to_owned()));
        key.into_iter().collect::<Vec<_>>()
    });
    let mut look = Look::new(text, vec![user, group, data, other]);
    look.documents(array, 1);
    let [user, group, data, _] = look.found.as_slice() else {
        return false;
    };
    let named = usize::from(*user) + usize::from(*group);
    *data && named > 0 && look.members == named + 1
}

/// The steps of `trails`, behind the one into an envelope.
fn inside(envelope: bool, trails: &[Trail]) -> Vec<Vec<Step>> {
    let data = Pattern::parse("data").map(|data| Step::Key(data, "data".into()));
    let first: Vec<Step> = data.into_iter().filter(|_| envelope).collect();
    let trails = trails.iter();
    let trails = trails.map(|trail| [first.as_slice(), &trail.steps].concat());
    trails.collect()
}

/// Looks through a text that may end anywhere.
struct Look<'t> {
    text: &'t [u8],
    trails: Vec<Vec<Step>>,
    found: Vec<bool>,
    /// The first value at the end of each trail.
    values: Vec<Option<&'t [u8]>>,
    /// Documents so far, and members of them.
    documents: usize,
    members: usize,
    /// Whether all that was found is empty lists.
    empty: bool,
}

/// A trail, and how many of its steps are behind.
type Way = (usize, usize);

impl<'t> Look<'t> {
    fn new(text: &'t [u8], trails: Vec<Vec<Step>>) -> Self {
        Self {
            text,
            found: vec![false; trails.len()],
            values: vec![None; trails.len()],
            trails,
            documents: 0,
            members: 0,
            empty: true,
        }
    }

    fn byte(&self, at: &mut usize) -> Option<u8> {
        let rest = self.text.get(*at..)?;
        *at += rest
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        self.text.get(*at).copied()
    }

    fn documents(&mut self, array: bool, most: usize) {
        let ways: Vec<Way> = (0..self.trails.len()).map(|trail| (trail, 0)).collect();
        let mut at = 0;
        // A byte order mark is no document.
        if self.text.starts_with(b"\xef\xbb\xbf") {
            at = 3;
        }
        if array && self.byte(&mut at) == Some(b'[') {
            at += 1;
        }
        for _ in 0..most {
            if self.byte(&mut at) == Some(b',') {
                at += 1;
            }
            if self.byte(&mut at).is_none_or(|byte| byte == b']') {
                return;
            }
            self.documents += 1;
            match self.value(at, &ways) {
                Some(end) => at = end,
                None => return,
            }
        }
    }

    /// Looks into the value at `at`; where it ends, unless the text ends first.
    fn value(&mut self, mut at: usize, ways: &[Way]) -> Option<usize> {
        let byte = self.byte(&mut at)?;
        let mut open = Vec::new();
        for &(trail, depth) in ways {
            let steps = self.trails.get(trail).map_or(0, Vec::len);
            if steps > depth {
                open.push((trail, depth));
            } else if let Some(found) = self.found.get_mut(trail) {
                *found = true;
                let rest = self.text.get(at..).unwrap_or_default();
                self.empty &= is_empty_list(rest);
                if let (Scan::Value(bytes), Some(known)) = (value(rest), self.values.get_mut(trail))
                {
                    *known = known.or_else(|| rest.get(..bytes));
                }
            }
        }
        if open.is_empty() || !matches!(byte, b'{' | b'[') {
            return match value(self.text.get(at..)?) {
                Scan::Value(bytes) => Some(at + bytes),
                Scan::Cut | Scan::Broken(_) => None,
            };
        }
        at += 1;
        loop {
            if self.byte(&mut at)? == b',' {
                at += 1;
            }
            if matches!(self.byte(&mut at)?, b'}' | b']') {
                return Some(at + 1);
            }
            let onwards = if byte == b'{' {
                let key = self.key(&mut at)?;
                self.members += usize::from(ways.iter().all(|&(_, depth)| depth == 0));
                self.onwards(&open, |step| step.leads_into(&key))
            } else {
                self.onwards(&open, |step| *step == Step::Each)
            };
            at = self.value(at, &onwards)?;
        }
    }

    fn key(&self, at: &mut usize) -> Option<String> {
        let Scan::Value(bytes) = value(self.text.get(*at..)?) else {
            return None;
        };
        let key = std::str::from_utf8(self.text.get(*at..*at + bytes)?).ok()?;
        *at += bytes;
        (self.byte(at)? == b':').then(|| *at += 1)?;
        Some(unquoted(key).into_owned())
    }

    fn onwards(&self, open: &[Way], leads: impl Fn(&Step) -> bool) -> Vec<Way> {
        let on = open.iter().filter(|(trail, depth)| {
            let step = self.trails.get(*trail).and_then(|steps| steps.get(*depth));
            step.is_some_and(&leads)
        });
        on.map(|&(trail, depth)| (trail, depth + 1)).collect()
    }
}

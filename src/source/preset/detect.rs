//! Which form a file has, told by the fields at its start.

use std::sync::Arc;

use super::feed::column;
use super::path::{Step, Trail};
use super::pattern::Pattern;
use super::walk::unquoted;
use super::{Form, Library, Preset};
use crate::source::json::scan::{Scan, value};

/// What is known of a file before it is read.
#[derive(Debug, Clone, Copy)]
pub(in crate::source) enum Start<'a> {
    /// The names of its columns.
    Columns(&'a [String]),
    /// Its first bytes, and whether it is one JSON array.
    Json(&'a [u8], bool),
}

/// The form of a file.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) preset: Arc<Preset>,
    pub(super) form: usize,
    /// Whether its documents are in envelopes.
    pub(super) envelope: bool,
    /// The fields by which it was told.
    pub(super) fields: Vec<String>,
}

/// Why no form was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfound {
    /// None fits.
    Nothing,
    /// These fit equally well.
    Several(Vec<String>),
}

/// The form in `library` that `start` fits best.
pub(super) fn detect(library: &Library, start: Start<'_>) -> Result<Found, Unfound> {
    let envelope = match start {
        Start::Columns(_) => false,
        Start::Json(text, array) => is_envelope(text, array),
    };
    let mut best: Vec<Found> = Vec::new();
    for preset in &library.presets {
        let wanted = library.form.as_deref();
        for (number, form) in preset.forms.iter().enumerate() {
            let chosen = wanted == Some(form.name.as_str());
            if wanted.is_some() && !chosen {
                continue;
            }
            let nothing = || !library.auto && has_nothing(form, start, envelope);
            if !(chosen || fits(form, start, envelope) || nothing()) {
                continue;
            }
            let found = Found {
                preset: Arc::clone(preset),
                form: number,
                envelope,
                fields: form.detect.iter().map(|trail| trail.text.clone()).collect(),
            };
            match best.first().map(|best| best.fields.len()) {
                Some(known) if known > found.fields.len() => {}
                Some(known) if known == found.fields.len() => best.push(found),
                Some(_) | None => best = vec![found],
            }
        }
    }
    let names = |best: &[Found]| {
        let mut names: Vec<String> = best.iter().map(|found| found.preset.name.clone()).collect();
        names.dedup();
        names
    };
    match (names(&best).as_slice(), best.first()) {
        ([_], Some(first)) => Ok(first.clone()),
        ([], _) | (_, None) => Err(Unfound::Nothing),
        (several, _) => Err(Unfound::Several(several.to_vec())),
    }
}

fn fits(form: &Form, start: Start<'_>, envelope: bool) -> bool {
    let has = |trails: &[Trail]| match start {
        Start::Columns(header) => trails
            .iter()
            .map(|trail| {
                trail
                    .column()
                    .is_some_and(|name| column(header, &name).is_some())
            })
            .collect(),
        Start::Json(text, array) => {
            let mut look = Look::new(text, inside(envelope, trails));
            look.documents(array, usize::MAX);
            look.found
        }
    };
    has(&form.detect).iter().all(|&found| found) && !has(&form.absent).contains(&true)
}

/// Whether the file has the list that records stand in, and nothing in the list: somebody without
/// a conversation. Only where the preset is known, since many systems call such a list alike.
fn has_nothing(form: &Form, start: Start<'_>, envelope: bool) -> bool {
    let (Start::Json(text, array), Some(rows)) = (start, &form.rows) else {
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
    look.empty && look.found.contains(&true)
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
    /// Members of documents so far.
    members: usize,
    /// Whether all that was found is empty lists.
    empty: bool,
}

/// Whether a value is a list or a map without anything in it.
fn is_empty_list(text: &[u8]) -> bool {
    match text.split_first() {
        Some((b'[', rest)) => rest.trim_ascii_start().starts_with(b"]"),
        Some((b'{', rest)) => rest.trim_ascii_start().starts_with(b"}"),
        Some(_) | None => false,
    }
}

/// A trail, and how many of its steps are behind.
type Way = (usize, usize);

impl<'t> Look<'t> {
    fn new(text: &'t [u8], trails: Vec<Vec<Step>>) -> Self {
        Self {
            text,
            found: vec![false; trails.len()],
            trails,
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
                self.empty &= is_empty_list(self.text.get(at..).unwrap_or_default());
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

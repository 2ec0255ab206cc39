//! The way through a JSON text that is whole and well-formed, along a trail.

use std::ops::Range;

use super::path::Step;
use crate::source::json::scan::{Scan, value};

/// One value on the way to the rows of a record: the record itself, or an element of it.
#[derive(Debug, Clone)]
pub(super) struct Element {
    /// Where it is in the text.
    pub(super) value: Range<usize>,
    /// Where it begins: with its name, if it is a member of a map.
    pub(super) start: usize,
    /// Its name in `Fan::names`, if it is a member of a map.
    key: Option<Range<usize>>,
    /// The element around it.
    pub(super) parent: Option<usize>,
}

/// What a trail passes over.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PassedOver<'s> {
    /// Members of a map that are no entries.
    pub(super) skip_keys: &'s [String],
    /// Lists that may be absent.
    pub(super) may_lack: &'s [String],
}

/// The steps that are left of a trail, and the name of the last member that it went into.
type Onwards<'s> = (&'s [Step], &'s str, PassedOver<'s>);

/// The rows of one record.
#[derive(Debug, Default)]
pub(super) struct Fan {
    elements: Vec<Element>,
    /// Which of the elements are rows.
    rows: Vec<usize>,
    /// The names of members, without quotes and escapes.
    names: String,
    /// Whether a list was met in which rows stand, be it empty.
    pub(super) reached: bool,
    /// A member on the way that stands twice.
    pub(super) twice: Option<String>,
    /// A list on the way that an element does not have.
    pub(super) lacking: Option<String>,
}

impl Fan {
    /// Starts anew with the record itself; `key` is its name, quotes included.
    pub(super) fn begin(&mut self, start: usize, value: Range<usize>, key: Option<&str>) {
        self.elements.clear();
        self.rows.clear();
        self.names.clear();
        self.reached = false;
        self.twice = None;
        self.lacking = None;
        let key = key.map(|key| self.name(key));
        self.elements.push(Element {
            value,
            start,
            key,
            parent: None,
        });
    }

    /// Takes the record itself for the only row.
    pub(super) fn take_record(&mut self) {
        self.rows.clear();
        self.rows.push(0);
    }

    /// Finds the rows at the end of `steps` in `text`.
    pub(super) fn follow(&mut self, text: &str, steps: &[Step], over: PassedOver<'_>) {
        let Some(record) = self.elements.first() else {
            return;
        };
        let value = record.value.clone();
        self.step(text, value, (0, true), (steps, "", over));
    }

    /// Notes that `element` does not have the list `name`, or a member on the way to it.
    fn stop(&mut self, element: usize, name: &str, over: PassedOver<'_>) {
        if over.may_lack.iter().any(|list| list == name) {
            self.reached = true;
        } else if element > 0 {
            self.lacking.get_or_insert_with(|| name.to_owned());
        }
    }

    /// `at` is the element that the value belongs to, and whether it is that element.
    fn step(
        &mut self,
        text: &str,
        value: Range<usize>,
        at: (usize, bool),
        (steps, name, over): Onwards<'_>,
    ) {
        let (element, whole) = at;
        let Some((step, rest)) = steps.split_first() else {
            // Where a record may be missing, null is as good as none.
            if !whole && text.get(value.clone()) == Some("null") {
                return;
            }
            let row = if whole {
                element
            } else {
                self.push(value.clone(), value.start, None, element)
            };
            self.rows.push(row);
            self.reached = true;
            return;
        };
        // What leads into the elements is the list itself, whatever is in it.
        let opened = text.as_bytes().get(value.start);
        let is_list = match step {
            Step::Each => opened == Some(&b'['),
            Step::Any => opened == Some(&b'{'),
            Step::Key(..) => false,
        };
        self.reached |= is_list;
        let is_map = matches!(step, Step::Key(..)) && opened == Some(&b'{');
        if !is_list && !is_map {
            self.stop(element, name, over);
            return;
        }
        let mut met = false;
        let mut parts = Parts::new(text, value);
        while let Some((key, value)) = parts.next() {
            let member = key.clone().and_then(|key| text.get(key));
            match (step, member) {
                (Step::Key(_, wanted), Some(member)) if is_called(member, wanted) => {
                    if std::mem::replace(&mut met, true) {
                        self.twice.get_or_insert_with(|| wanted.clone());
                    }
                    self.step(text, value, (element, false), (rest, wanted, over));
                }
                (Step::Each, None) => {
                    let start = value.start;
                    let next = self.push(value.clone(), start, None, element);
                    self.step(text, value, (next, true), (rest, name, over));
                }
                (Step::Any, Some(member))
                    if !over.skip_keys.iter().any(|skip| is_called(member, skip)) =>
                {
                    let start = key.map_or(value.start, |key| key.start);
                    let next = self.push(value.clone(), start, Some(member), element);
                    self.step(text, value, (next, true), (rest, name, over));
                }
                (Step::Key(..) | Step::Each | Step::Any, _) => {}
            }
        }
        if let (Step::Key(_, wanted), false) = (step, met) {
            self.stop(element, wanted, over);
        }
    }

    fn push(
        &mut self,
        value: Range<usize>,
        start: usize,
        name: Option<&str>,
        parent: usize,
    ) -> usize {
        let key = name.map(|name| self.name(name));
        self.elements.push(Element {
            value,
            start,
            key,
            parent: Some(parent),
        });
        self.elements.len() - 1
    }

    fn name(&mut self, quoted: &str) -> Range<usize> {
        let start = self.names.len();
        self.names.push_str(&unquoted(quoted));
        start..self.names.len()
    }

    /// Row number `index`: which element it is.
    pub(super) fn row(&self, index: usize) -> Option<usize> {
        self.rows.get(index).copied()
    }

    /// The element of that number.
    pub(super) fn element(&self, element: usize) -> Option<&Element> {
        self.elements.get(element)
    }

    /// The element `up` steps around the one of number `element`.
    pub(super) fn around(&self, element: usize, up: usize) -> Option<usize> {
        (0..up).try_fold(element, |at, _| self.element(at)?.parent)
    }

    /// The name of the nearest element that has one, from `element` outwards.
    pub(super) fn key(&self, element: usize) -> Option<&str> {
        let element = self.element(element)?;
        match &element.key {
            Some(key) => self.names.get(key.clone()),
            None => self.key(element.parent?),
        }
    }
}

/// A string of JSON without its quotes and escapes.
pub(super) fn unquoted(quoted: &str) -> std::borrow::Cow<'_, str> {
    if quoted.contains('\\') {
        return serde_json::from_str(quoted).unwrap_or_default();
    }
    let inside = quoted.get(1..quoted.len().saturating_sub(1));
    inside.unwrap_or_default().into()
}

/// Whether a string of JSON, quotes included, is `name`.
fn is_called(quoted: &str, name: &str) -> bool {
    if quoted.contains('\\') {
        return unquoted(quoted) == name;
    }
    quoted.len() == name.len() + 2 && quoted.get(1..=name.len()) == Some(name)
}

/// The members of an object, or the elements of an array; nothing of another value.
#[derive(Debug)]
pub(super) struct Parts<'t> {
    text: &'t str,
    at: usize,
    end: usize,
    object: bool,
}

impl<'t> Parts<'t> {
    /// The parts of the value that stands at `range` of `text`.
    pub(super) fn new(text: &'t str, range: Range<usize>) -> Self {
        let first = text.as_bytes().get(range.start);
        let container = matches!(first, Some(b'{' | b'['));
        Self {
            text,
            at: if container {
                range.start + 1
            } else {
                range.end
            },
            end: range.end,
            object: first == Some(&b'{'),
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..self.end)?;
        let space = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
        self.at += space.count();
        self.text.as_bytes().get(self.at).copied()
    }

    fn value(&mut self) -> Option<Range<usize>> {
        self.byte()?;
        let start = self.at;
        match value(self.text.as_bytes().get(start..self.end)?) {
            Scan::Value(bytes) => self.at += bytes,
            Scan::Cut | Scan::Broken(_) => return None,
        }
        Some(start..self.at)
    }

    /// The next part: its name, quotes included, and its value.
    pub(super) fn next(&mut self) -> Option<(Option<Range<usize>>, Range<usize>)> {
        if matches!(self.byte()?, b',') {
            self.at += 1;
        }
        if matches!(self.byte()?, b'}' | b']') {
            return None;
        }
        if !self.object {
            return Some((None, self.value()?));
        }
        let key = self.value()?;
        if self.byte()? != b':' {
            return None;
        }
        self.at += 1;
        Some((Some(key), self.value()?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::path::Trail;
    use super::*;

    fn trail(text: &str) -> Trail {
        let toml = format!("t = {text:?}");
        let mut table: std::collections::BTreeMap<String, Trail> = toml::from_str(&toml).unwrap();
        table.remove("t").unwrap()
    }

    fn rows(text: &str, path: &str) -> Vec<(String, Option<String>)> {
        let mut fan = Fan::default();
        fan.begin(0, 0..text.len(), None);
        let over = PassedOver {
            skip_keys: &["total".to_owned()],
            may_lack: &[],
        };
        fan.follow(text, &trail(path).steps, over);
        let rows = (0..).map_while(|row| fan.row(row));
        let rows = rows.map(|row| {
            let element = fan.element(row).unwrap();
            let key = fan.key(row).map(str::to_owned);
            (text.get(element.value.clone()).unwrap().to_owned(), key)
        });
        rows.collect()
    }

    #[test]
    fn rows_are_found_along_a_trail() {
        let one = |text: &str, key: Option<&str>| (text.to_owned(), key.map(str::to_owned));
        for (text, path, expected) in [
            ("7", "", vec![one("7", None)]),
            (
                r#"{"total":9,"a":1, "b\u0041" : {"x":[]}}"#,
                "{}",
                vec![one("1", Some("a")), one(r#"{"x":[]}"#, Some("bA"))],
            ),
            (
                r#"{"x":1,"l":[{"i":[1,2]},{"i":[3]},{}]}"#,
                "l[].i[]",
                vec![one("1", None), one("2", None), one("3", None)],
            ),
            (
                r#"{"m":{"k":[5],"l":6}}"#,
                "m{}[]",
                vec![one("5", Some("k"))],
            ),
            (r#"{"a":{"b":3}}"#, "a.b", vec![one("3", None)]),
            ("[1]", "{}", vec![]),
            (r#"{"a":null}"#, "a[]", vec![]),
        ] {
            assert_eq!(rows(text, path), expected, "{text} {path}");
        }
    }
}

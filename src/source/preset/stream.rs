//! The records of JSON documents of any size: the way to them is followed in the window, and what
//! is beside it is skipped, so memory holds one record at a time.

use std::ops::Range;

use super::form::{Others, Shape};
use super::path::{Step, Trail};
use super::walk::unquoted;
use crate::source::Error;
use crate::source::json::window::Window;

/// What is around the values at hand.
#[derive(Debug)]
struct Frame {
    kind: Kind,
    /// Whether a value of it was read.
    begun: bool,
    /// Which trails lead here, as bits, and how many of their steps are behind.
    trails: u64,
    depth: usize,
    /// Those of the trails that have gone on from here by a name.
    gone: u64,
    /// The name, quotes included, that was met on the way to it last.
    key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The file: documents one after the other.
    File,
    /// The file as one array of documents.
    FileArray,
    Array,
    Object,
}

/// Reads the records of one file.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are of the form, of the file and of the document at hand"
)]
pub(super) struct Streamed {
    window: Window,
    trails: Vec<Trail>,
    skip_keys: Vec<String>,
    /// Whether documents without the list of records are nothing unusual.
    others: bool,
    /// Whether the current document has the list, be it empty.
    reached: bool,
    stack: Vec<Frame>,
    array: bool,
    /// The name of the current record, quotes included.
    key: Option<String>,
    /// Where in the record's bytes its value is.
    value: Range<usize>,
}

/// Most trails of a form: one bit each.
const TRAILS: usize = 64;

impl Streamed {
    /// Reads `window` along the trails of `shape`; the file is an `array` of documents, or has them one after
    /// the other.
    pub(super) fn new(window: Window, array: bool, shape: &Shape) -> Self {
        Self {
            window,
            trails: shape.records.iter().take(TRAILS).cloned().collect(),
            skip_keys: shape.skip_keys.clone(),
            others: matches!(shape.others, Others::Any),
            reached: true,
            stack: Vec::new(),
            array,
            key: None,
            value: 0..0,
        }
    }

    /// The window: where the current record stands, and its bytes.
    pub(super) const fn window(&self) -> &Window {
        &self.window
    }

    /// The name of the current record, quotes included, if it has one.
    pub(super) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Where in the record's bytes its value is.
    pub(super) fn value(&self) -> Range<usize> {
        self.value.clone()
    }

    /// Goes to the next record; `false` at the end of the file.
    pub(super) fn advance(&mut self) -> Result<bool, Error> {
        if self.stack.is_empty() {
            self.begin()?;
        }
        loop {
            let Some(frame) = self.stack.last_mut() else {
                return Ok(false);
            };
            let found = match frame.kind {
                Kind::File if self.window.peek()?.is_none() => {
                    return self.end_document().map(|()| false);
                }
                Kind::File => {
                    let trails = frame.trails;
                    self.begin_document()?;
                    self.enter(trails, 0, None)?
                }
                Kind::Array | Kind::FileArray => self.element()?,
                Kind::Object => self.member()?,
            };
            if found {
                return Ok(true);
            }
        }
    }

    fn begin(&mut self) -> Result<(), Error> {
        let trails = (0..self.trails.len()).fold(0, |bits, index| bits | 1 << index);
        self.push(Kind::File, trails, 0, None);
        if self.array {
            self.window.expect(b'[', "`[`")?;
            self.push(Kind::FileArray, trails, 0, None);
        }
        Ok(())
    }

    fn begin_document(&mut self) -> Result<(), Error> {
        self.end_document()?;
        self.reached = self.others;
        Ok(())
    }

    /// Makes sure that the document had the list: an answer that is an error must not pass for one
    /// without rows.
    fn end_document(&self) -> Result<(), Error> {
        if self.reached {
            return Ok(());
        }
        Err(self
            .window
            .expected("the list of records in the document before"))
    }

    fn push(&mut self, kind: Kind, trails: u64, depth: usize, key: Option<String>) {
        self.stack.push(Frame {
            kind,
            begun: false,
            trails,
            depth,
            gone: 0,
            key,
        });
        let step = match kind {
            Kind::File | Kind::FileArray => return,
            Kind::Array => Step::Each,
            Kind::Object => Step::Any,
        };
        self.reached |= self.onwards(trails, depth, |next| *next == step) != 0;
    }

    /// Goes to the next part of the innermost frame, behind its comma; `false` if it ends here.
    fn part(&mut self, end: u8, expected: &'static str) -> Result<bool, Error> {
        let Some(frame) = self.stack.last_mut() else {
            return Ok(false);
        };
        let begun = std::mem::replace(&mut frame.begun, true);
        match self.window.peek()? {
            Some(byte) if byte == end => {
                if frame.kind == Kind::FileArray {
                    self.end_document()?;
                }
                self.window.skip(1);
                self.stack.pop();
                Ok(false)
            }
            Some(b',') if begun => {
                self.window.skip(1);
                Ok(true)
            }
            Some(_) if !begun => Ok(true),
            Some(_) | None => Err(self.window.expected(expected)),
        }
    }

    fn element(&mut self) -> Result<bool, Error> {
        if !self.part(b']', "`,` or `]`")? {
            return Ok(false);
        }
        let Some(frame) = self.stack.last() else {
            return Ok(false);
        };
        let (trails, depth, key) = (frame.trails, frame.depth, frame.key.clone());
        if frame.kind == Kind::FileArray {
            self.begin_document()?;
            return self.enter(trails, depth, key);
        }
        let trails = self.onwards(trails, depth, |step| *step == Step::Each);
        self.enter(trails, depth + 1, key)
    }

    fn member(&mut self) -> Result<bool, Error> {
        if !self.part(b'}', "`,` or `}`")? {
            return Ok(false);
        }
        let key = self.window.key()?;
        let Some(frame) = self.stack.last() else {
            return Ok(false);
        };
        let (trails, depth, outer) = (frame.trails, frame.depth, frame.key.clone());
        let name = unquoted(&key);
        let mut onwards = self.onwards(trails, depth, |step| step.leads_into(&name));
        if self.skip_keys.iter().any(|skip| *skip == name) {
            onwards &= !self.onwards(trails, depth, |step| *step == Step::Any);
        }
        let by_name = onwards & !self.onwards(trails, depth, |step| *step == Step::Any);
        if let Some(frame) = self.stack.last_mut() {
            if frame.gone & by_name != 0 {
                return Err(self.window.expected("each member once"));
            }
            frame.gone |= by_name;
        }
        let by_any = self.onwards(onwards, depth, |step| *step == Step::Any) != 0;
        if by_any && self.complete(onwards, depth + 1) {
            self.value = self.window.take_member()?;
            self.key = Some(key);
            return Ok(true);
        }
        self.window.skip_key()?;
        self.enter(onwards, depth + 1, if by_any { Some(key) } else { outer })
    }

    /// Those of `trails` whose next step is one that `leads`.
    fn onwards(&self, trails: u64, depth: usize, leads: impl Fn(&Step) -> bool) -> u64 {
        let all = self.trails.iter().enumerate();
        let onwards = all.filter(|(index, trail)| {
            trails & 1 << index != 0 && trail.steps.get(depth).is_some_and(&leads)
        });
        onwards.fold(0, |bits, (index, _)| bits | 1 << index)
    }

    /// Whether one of `trails` ends here.
    fn complete(&self, trails: u64, depth: usize) -> bool {
        let mut all = self.trails.iter().enumerate();
        all.any(|(index, trail)| trails & 1 << index != 0 && trail.steps.len() == depth)
    }

    /// Takes the next value for a record, goes into it, or skips it.
    fn enter(&mut self, trails: u64, depth: usize, key: Option<String>) -> Result<bool, Error> {
        if self.complete(trails, depth) {
            self.reached = true;
            // A record that may be missing may be null, too.
            if self.others && self.window.peek()? == Some(b'n') {
                return self.window.skip_value().map(|()| false);
            }
            self.value = self.window.take_value()?;
            self.key = key;
            return Ok(true);
        }
        match self.window.peek()? {
            Some(b'{') if trails != 0 => {
                self.window.skip(1);
                self.push(Kind::Object, trails, depth, key);
            }
            Some(b'[') if trails != 0 => {
                self.window.skip(1);
                self.push(Kind::Array, trails, depth, key);
            }
            // Of several lists of records none may be missing in silence.
            Some(_) if trails != 0 && depth > 0 && !self.others => {
                return Err(self.window.expected("a list of records"));
            }
            Some(_) | None => self.window.skip_value()?,
        }
        Ok(false)
    }
}

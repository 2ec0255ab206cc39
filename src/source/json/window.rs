//! The window on a JSON file: its values one after the other, whatever they mean.

use std::ops::Range;
use std::path::{Path, PathBuf};

use memchr::{memchr, memchr2};

use super::Form;
use super::scan::{self, Scan};
use crate::record::shown;
use crate::source::buffer::Buffer;
use crate::source::stretch::{Stretch, Style};
use crate::source::{Error, Place};

/// The window, and the value that was taken from it last.
#[derive(Debug)]
pub(in crate::source) struct Window {
    path: PathBuf,
    buffer: Buffer,
    /// Line of the first unread byte.
    line: u64,
    place: Place,
    bytes: usize,
}

impl Window {
    /// Reads `buffer`; `mark` bytes of a byte order mark are skipped.
    pub(in crate::source) fn new(path: &Path, mut buffer: Buffer, mark: usize) -> Self {
        buffer.take(mark);
        Self {
            path: path.to_owned(),
            buffer,
            line: 1,
            place: Place { line: 1, byte: 0 },
            bytes: 0,
        }
    }

    /// Takes the value that comes next, with the space before it skipped.
    fn value(&mut self) -> Result<bool, Error> {
        if self.peek()?.is_none() {
            return Ok(false);
        }
        self.place = self.here();
        let bytes = self.extent(0)?;
        self.bytes = bytes;
        self.skip_to(bytes);
        Ok(true)
    }

    /// Takes the next line that is not blank, without its end.
    fn line_of_text(&mut self) -> Result<bool, Error> {
        if self.peek()?.is_none() {
            return Ok(false);
        }
        self.place = self.here();
        let end = loop {
            let window = self.buffer.unread();
            match memchr(b'\n', window) {
                Some(end) => break end,
                None if self.buffer.ended() => break window.len(),
                None if self.buffer.full() => return Err(self.too_long()),
                None => {
                    self.more()?;
                }
            }
        };
        if end > self.buffer.cap() {
            return Err(self.too_long());
        }
        let line = self.buffer.unread().get(..end).unwrap_or_default();
        self.bytes = line.trim_ascii_end().len();
        self.buffer.take(self.bytes);
        Ok(true)
    }

    /// Takes what comes next in whole lines; `false` if the first one is too long for that, or
    /// the file ends.
    fn take_lines(&mut self, stretch: &mut Stretch) -> Result<bool, Error> {
        let bytes = self.buffer.lines(Stretch::MOST, &self.path)?;
        let text = self.buffer.unread().get(..bytes).unwrap_or_default();
        self.line += stretch.fill(text, Style::Json, self.here());
        self.buffer.take(bytes);
        Ok(bytes > 0)
    }

    /// How many bytes the value takes that starts behind the first `skipped` of the window.
    fn extent(&mut self, skipped: usize) -> Result<usize, Error> {
        loop {
            let window = self.buffer.unread().get(skipped..).unwrap_or_default();
            match scan::value(window) {
                Scan::Value(bytes) if bytes > self.buffer.cap() => return Err(self.too_long()),
                Scan::Value(bytes) => return Ok(bytes),
                Scan::Broken(at) => {
                    self.skip_to(skipped + at);
                    return Err(self.expected("the value to go on"));
                }
                Scan::Cut if self.buffer.full() => return Err(self.too_long()),
                Scan::Cut if !self.buffer.ended() => {
                    self.more()?;
                }
                // A number or a word may end with the file; a bracket or a quote may not.
                Scan::Cut if matches!(window.first(), None | Some(b'{' | b'[' | b'"')) => {
                    self.skip_to(skipped + window.len());
                    return Err(self.expected("the end of the value"));
                }
                Scan::Cut => return Ok(window.len()),
            }
        }
    }

    /// The first byte behind the space that comes next, unless the file ends.
    pub(in crate::source) fn peek(&mut self) -> Result<Option<u8>, Error> {
        loop {
            let window = self.buffer.unread();
            let space = window
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
            self.skip_to(space);
            if let Some(&byte) = self.buffer.unread().first() {
                return Ok(Some(byte));
            }
            if !self.more()? {
                return Ok(None);
            }
        }
    }

    /// Skips `bytes` of the window.
    pub(in crate::source) fn skip(&mut self, bytes: usize) {
        self.skip_to(bytes);
    }

    /// Skips `byte`, which has to come next.
    pub(in crate::source) fn expect(
        &mut self,
        byte: u8,
        expected: &'static str,
    ) -> Result<(), Error> {
        if self.peek()? != Some(byte) {
            return Err(self.expected(expected));
        }
        self.skip_to(1);
        Ok(())
    }

    /// The name of the member that comes next, quotes included. It stays in the window.
    pub(in crate::source) fn key(&mut self) -> Result<String, Error> {
        if self.peek()? != Some(b'"') {
            return Err(self.expected("the name of a member"));
        }
        self.place = self.here();
        let bytes = self.extent(0)?;
        let key = self.buffer.unread().get(..bytes).unwrap_or_default();
        match std::str::from_utf8(key) {
            Ok(key) => Ok(key.to_owned()),
            Err(_) => Err(self.expected("a name in UTF-8")),
        }
    }

    /// Skips the name of a member and the colon behind it.
    pub(in crate::source) fn skip_key(&mut self) -> Result<(), Error> {
        let bytes = self.extent(0)?;
        self.skip_to(bytes);
        self.expect(b':', "`:`")
    }

    /// Takes the value that comes next; where in the taken bytes it is.
    pub(in crate::source) fn take_value(&mut self) -> Result<Range<usize>, Error> {
        if self.value()? {
            Ok(0..self.bytes)
        } else {
            Err(self.expected("a value"))
        }
    }

    /// Takes the member that comes next; where in the taken bytes its value is.
    pub(in crate::source) fn take_member(&mut self) -> Result<Range<usize>, Error> {
        self.place = self.here();
        let mut at = self.extent(0)?;
        let colon = self.peek_from(at)?;
        if self.buffer.unread().get(colon) != Some(&b':') {
            self.skip_to(colon);
            return Err(self.expected("`:`"));
        }
        at = self.peek_from(colon + 1)?;
        let bytes = self.extent(at)?;
        self.bytes = at + bytes;
        self.skip_to(self.bytes);
        Ok(at..self.bytes)
    }

    /// Where the space ends that begins behind the first `at` bytes of the window.
    fn peek_from(&mut self, mut at: usize) -> Result<usize, Error> {
        loop {
            let rest = self.buffer.unread().get(at..).unwrap_or_default();
            at += rest
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
            if at < self.buffer.unread().len() || self.buffer.full() || !self.more()? {
                return Ok(at);
            }
        }
    }

    /// Skips the value that comes next, however long it is.
    pub(in crate::source) fn skip_value(&mut self) -> Result<(), Error> {
        match self.peek()? {
            Some(b'"') => self.skip_string(),
            Some(b'{' | b'[') => self.skip_nested(),
            Some(_) => {
                let bytes = self.extent(0)?;
                self.skip_to(bytes);
                Ok(())
            }
            None => Err(self.expected("a value")),
        }
    }

    fn skip_string(&mut self) -> Result<(), Error> {
        self.skip_to(1);
        loop {
            let window = self.buffer.unread();
            match memchr2(b'"', b'\\', window) {
                Some(at) if window.get(at) == Some(&b'"') => {
                    self.skip_to(at + 1);
                    return Ok(());
                }
                // The character behind the backslash may be a quote.
                Some(at) if at + 1 < window.len() => self.skip_to(at + 2),
                found => {
                    self.skip_to(found.unwrap_or(window.len()));
                    if !self.more()? {
                        return Err(self.expected("the end of the value"));
                    }
                }
            }
        }
    }

    fn skip_nested(&mut self) -> Result<(), Error> {
        let mut depth = 0_u64;
        loop {
            let window = self.buffer.unread();
            let next = window
                .iter()
                .position(|byte| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']'));
            let Some(at) = next else {
                self.skip_to(window.len());
                if !self.more()? {
                    return Err(self.expected("the end of the value"));
                }
                continue;
            };
            let byte = window.get(at).copied();
            self.skip_to(at);
            match byte {
                Some(b'"') => {
                    self.skip_string()?;
                    continue;
                }
                Some(b'{' | b'[') => depth += 1,
                _ => depth -= 1,
            }
            self.skip_to(1);
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Takes `bytes` and counts their lines.
    fn skip_to(&mut self, bytes: usize) {
        let skipped = self.buffer.unread().get(..bytes).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', skipped).count() as u64;
        self.buffer.take(bytes);
    }

    fn more(&mut self) -> Result<bool, Error> {
        self.buffer.more(&self.path)
    }

    const fn here(&self) -> Place {
        Place {
            line: self.line,
            byte: self.buffer.offset(),
        }
    }

    fn too_long(&self) -> Error {
        let Place { line, byte } = self.place;
        Error::RecordTooLong {
            path: self.path.clone(),
            line,
            byte,
            cap: self.buffer.cap(),
            quoted: false,
        }
    }

    /// What should come next, and does not.
    pub(in crate::source) fn expected(&self, expected: &'static str) -> Error {
        let Place { line, byte } = self.here();
        let rest = self.buffer.unread();
        // One character: what follows is perhaps no JSON at all, and perhaps a secret.
        let next = rest.get(..rest.len().min(4)).unwrap_or_default();
        let found = match String::from_utf8_lossy(next).chars().next() {
            None => "the end of the file".to_owned(),
            Some(next) => format!("`{}`", shown(&next.to_string())),
        };
        Error::Structure {
            path: self.path.clone(),
            line,
            byte,
            expected,
            found,
        }
    }

    /// Where the value that was taken last starts.
    pub(in crate::source) const fn place(&self) -> Place {
        self.place
    }

    /// The value that was taken last.
    pub(in crate::source) fn raw(&self) -> &[u8] {
        self.buffer.taken(self.bytes)
    }

    /// The window on the file.
    pub(in crate::source) const fn buffer(&self) -> &Buffer {
        &self.buffer
    }
}

/// Where in an array the window stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Outside,
    Opened,
    AfterComma,
    AfterValue,
}

/// The values of one JSON file, at the top or in the array that the file is.
#[derive(Debug)]
pub(in crate::source) struct Documents {
    window: Window,
    form: Form,
    state: State,
}

impl Documents {
    /// Reads `window`, whose values follow each other as `form` says.
    pub(in crate::source) const fn new(window: Window, form: Form) -> Self {
        Self {
            window,
            form,
            state: State::Outside,
        }
    }

    /// Goes to the next value; `false` at the end of the file.
    pub(in crate::source) fn advance(&mut self) -> Result<bool, Error> {
        match self.form {
            Form::Lines => self.window.line_of_text(),
            Form::Array => self.next_element(),
            Form::Documents => self.window.value(),
        }
    }

    /// Takes a stretch of the values that come next; `false` if there is none. What was taken
    /// before an error is there with it.
    pub(in crate::source) fn take_stretch(&mut self, stretch: &mut Stretch) -> Result<bool, Error> {
        if self.form == Form::Lines {
            return self.window.take_lines(stretch);
        }
        while !stretch.is_full() && self.advance()? {
            stretch.push(self.window.raw(), self.window.place());
        }
        Ok(!stretch.is_empty())
    }

    fn next_element(&mut self) -> Result<bool, Error> {
        loop {
            let Some(byte) = self.window.peek()? else {
                return match self.state {
                    State::Outside => Ok(false),
                    State::Opened | State::AfterComma => Err(self.window.expected("a value")),
                    State::AfterValue => Err(self.window.expected("`,` or `]`")),
                };
            };
            self.state = match (self.state, byte) {
                (State::Outside, b'[') => State::Opened,
                (State::Outside, _) => {
                    return Err(self.window.expected("`[` or the end of the file"));
                }
                (State::Opened | State::AfterValue, b']') => State::Outside,
                (State::AfterValue, b',') => State::AfterComma,
                (State::AfterValue, _) => return Err(self.window.expected("`,` or `]`")),
                (State::Opened | State::AfterComma, _) => {
                    self.state = State::AfterValue;
                    return self.window.value();
                }
            };
            self.window.skip(1);
        }
    }

    /// Takes what comes next for the only value, or for a member with its value.
    pub(in crate::source) fn advance_alone(&mut self) -> Result<bool, Error> {
        let window = &mut self.window;
        if std::mem::replace(&mut self.state, State::AfterValue) == State::AfterValue
            || window.peek()?.is_none()
        {
            return Ok(false);
        }
        let behind = window.extent(0)?;
        let colon = window.peek_from(behind)?;
        if window.buffer.unread().get(colon) == Some(&b':') {
            window.take_member()?;
        } else {
            window.take_value()?;
        }
        Ok(true)
    }

    /// The window alone, for another way through it.
    pub(in crate::source) fn into_window(self) -> Window {
        self.window
    }

    /// Takes the next byte for the first of a value, also inside an array.
    pub(in crate::source) fn enter(&mut self) {
        self.state = State::AfterComma;
    }

    /// The window: where the current value stands, and its bytes.
    pub(in crate::source) const fn window(&self) -> &Window {
        &self.window
    }
}

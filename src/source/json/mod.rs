//! JSON in its three forms: one object a line, one array, or documents one after the other.

mod extract;
mod flat;
mod keys;
mod scan;

use std::ops::Range;
use std::path::{Path, PathBuf};

use memchr::memchr;

use self::extract::Fields;
use self::keys::Keys;
use self::scan::Scan;
use super::buffer::{Buffer, RECORD_CAP};
use super::columns::NamedColumn;
use super::{Error, Malformed, Place, Record};
use crate::record::{Code, Column, Location, Problem, RawRow, shown};

/// How the records of a file follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One a line: a broken one costs its line only.
    Lines,
    /// Elements of one array.
    Array,
    /// Values with space between them, each over as many lines as it likes.
    Documents,
}

/// Whether `text` is exactly one complete object.
pub(super) fn is_object(text: &[u8]) -> bool {
    text.first() == Some(&b'{') && scan::value(text) == Scan::Value(text.len())
}

/// Where in an array the window stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Outside,
    Opened,
    AfterComma,
    AfterValue,
}

/// Reads the records of one JSON file.
#[derive(Debug)]
pub(super) struct Reader {
    path: PathBuf,
    buffer: Buffer,
    form: Form,
    state: State,
    keys: Keys,
    fields: Fields,
    /// What is wrong with the current record as a whole.
    problem: Option<Problem>,
    /// Line of the first unread byte.
    line: u64,
    place: Place,
    bytes: usize,
}

impl Reader {
    /// Reads `buffer`; `mark` bytes of a byte order mark are skipped.
    pub(super) fn new(
        path: &Path,
        mut buffer: Buffer,
        form: Form,
        mark: usize,
        named: &[NamedColumn],
    ) -> Self {
        buffer.take(mark);
        Self {
            path: path.to_owned(),
            buffer,
            form,
            state: State::Outside,
            keys: Keys::new(named),
            fields: Fields::new(),
            problem: None,
            line: 1,
            place: Place { line: 1, byte: 0 },
            bytes: 0,
        }
    }

    /// Goes to the next record; `false` at the end of the file.
    pub(super) fn advance(&mut self) -> Result<bool, Error> {
        let there = match self.form {
            Form::Lines => self.next_line()?,
            Form::Array => self.next_element()?,
            Form::Documents => self.next_value()?,
        };
        if there {
            self.read_fields();
        }
        Ok(there)
    }

    fn next_line(&mut self) -> Result<bool, Error> {
        if self.skip_space()?.is_none() {
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
        if end > RECORD_CAP {
            return Err(self.too_long());
        }
        let line = self.buffer.unread().get(..end).unwrap_or_default();
        self.bytes = line.trim_ascii_end().len();
        self.buffer.take(self.bytes);
        Ok(true)
    }

    fn next_element(&mut self) -> Result<bool, Error> {
        loop {
            let Some(byte) = self.skip_space()? else {
                return match self.state {
                    State::Outside => Ok(false),
                    State::Opened | State::AfterComma => Err(self.expected("a value")),
                    State::AfterValue => Err(self.expected("`,` or `]`")),
                };
            };
            self.state = match (self.state, byte) {
                (State::Outside, b'[') => State::Opened,
                (State::Outside, _) => return Err(self.expected("`[` or the end of the file")),
                (State::Opened | State::AfterValue, b']') => State::Outside,
                (State::AfterValue, b',') => State::AfterComma,
                (State::AfterValue, _) => return Err(self.expected("`,` or `]`")),
                (State::Opened | State::AfterComma, _) => {
                    self.state = State::AfterValue;
                    return self.next_value();
                }
            };
            self.buffer.take(1);
        }
    }

    fn next_value(&mut self) -> Result<bool, Error> {
        if self.skip_space()?.is_none() {
            return Ok(false);
        }
        self.place = self.here();
        loop {
            let window = self.buffer.unread();
            match scan::value(window) {
                Scan::Value(bytes) if bytes > RECORD_CAP => return Err(self.too_long()),
                Scan::Value(bytes) => return Ok(self.take_value(bytes)),
                Scan::Broken(at) => {
                    self.skip_to(at);
                    return Err(self.expected("the value to go on"));
                }
                Scan::Cut if self.buffer.full() => return Err(self.too_long()),
                Scan::Cut if !self.buffer.ended() => {
                    self.more()?;
                }
                // A number or a word may end with the file; a bracket or a quote may not.
                Scan::Cut if matches!(window.first(), Some(b'{' | b'[' | b'"')) => {
                    self.skip_to(window.len());
                    return Err(self.expected("the end of the value"));
                }
                Scan::Cut => return Ok(self.take_value(window.len())),
            }
        }
    }

    fn take_value(&mut self, bytes: usize) -> bool {
        self.bytes = bytes;
        self.skip_to(bytes);
        true
    }

    /// Takes `bytes` and counts their lines.
    fn skip_to(&mut self, bytes: usize) {
        let skipped = self.buffer.unread().get(..bytes).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', skipped).count() as u64;
        self.buffer.take(bytes);
    }

    /// Skips white space and counts lines; the byte behind it, unless the file ends.
    fn skip_space(&mut self) -> Result<Option<u8>, Error> {
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

    fn read_fields(&mut self) {
        let raw = self.buffer.taken(self.bytes);
        self.problem = if let Ok(text) = std::str::from_utf8(raw) {
            self.fields.read(text, &mut self.keys).err()
        } else {
            let found = String::from_utf8_lossy(raw);
            Some(Problem::new(Code::RecordNotUtf8, Column::Record, found))
        };
    }

    fn more(&mut self) -> Result<bool, Error> {
        self.buffer.more().map_err(|source| Error::Read {
            path: self.path.clone(),
            source,
        })
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
            cap: RECORD_CAP,
            quoted: false,
        }
    }

    fn expected(&self, expected: &'static str) -> Error {
        let Place { line, byte } = self.here();
        let rest = self.buffer.unread();
        let found = match rest.get(..rest.len().min(16)) {
            None | Some([]) => "the end of the file".to_owned(),
            Some(next) => format!("`{}`", shown(&String::from_utf8_lossy(next))),
        };
        Error::Structure {
            path: self.path.clone(),
            line,
            byte,
            expected,
            found,
        }
    }

    /// Where the current record starts.
    pub(super) const fn place(&self) -> Place {
        self.place
    }

    /// Size and hash of the file, once it was read to its end.
    pub(super) fn digest(&self) -> (u64, String) {
        self.buffer.digest()
    }

    /// Bytes of the current record in which the value of `column` stands.
    pub(super) fn value_range(&self, column: Column) -> Option<Range<usize>> {
        if self.problem.is_some() {
            None
        } else {
            self.fields.range(column)
        }
    }

    /// Takes the next byte for the first of a record, also inside an array.
    pub(super) fn enter(&mut self) {
        self.state = State::AfterComma;
    }

    /// The keys met so far, for a message.
    pub(super) fn keys_seen(&self) -> Vec<String> {
        self.keys.seen()
    }

    /// The current record.
    pub(super) fn record(&self, location: Location) -> Record<'_> {
        let raw = self.buffer.taken(self.bytes);
        if let Some(problem) = &self.problem {
            return Record::Malformed(Malformed {
                location,
                problem: problem.clone(),
                raw,
            });
        }
        let text = std::str::from_utf8(raw).unwrap_or_default();
        Record::Row(RawRow {
            location,
            group_id: self.fields.get(text, Column::GroupId),
            member_account: self.fields.get(text, Column::MemberAccount),
            unread_num: self.fields.get(text, Column::UnreadNum),
            group_type: self.fields.get(text, Column::GroupType),
            raw,
        })
    }
}

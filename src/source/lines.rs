//! Whole lines cut out of a file, which any thread can take apart into records.

use memchr::{memchr, memchr_iter};

use super::{Judge, Maps, Parser, Place};
use crate::record::{Location, RawRow};

/// Where a record ends in the text it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ending {
    /// Where the line feed behind it is, or the text's end.
    end: u32,
    /// Line feeds in it.
    pub(super) newlines: u32,
    /// Whether it has quotes, as far as they matter.
    pub(super) quotes: bool,
}

impl Ending {
    /// What is known of the record, with its end.
    pub(super) fn at(self, end: usize) -> Self {
        // Texts are a few hundred KB long.
        let end = u32::try_from(end).unwrap_or(u32::MAX);
        Self { end, ..self }
    }
}

/// How the lines of a file hold its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Style {
    /// A record is all of a line but its end; an empty line is none.
    #[default]
    Csv,
    /// As for plain CSV, but a record may have line ends in it: their ends are known.
    Quoted,
    /// Space around a record is no part of it; a line of space is none.
    Json,
}

/// Lines of one file: whole records and blank lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    text: Vec<u8>,
    style: Style,
    /// How many line ends it has.
    ends: u64,
    /// Where its records end, blank lines among them, if not all end with their line.
    endings: Vec<Ending>,
    /// Where the text starts, and the row before its first.
    start: Start,
}

#[derive(Debug, Clone, Copy, Default)]
struct Start {
    file: u32,
    line: u64,
    byte: u64,
    row: u64,
}

impl Lines {
    /// Most bytes of them: what the second-level cache of a core holds beside other things.
    pub(super) const MOST: usize = 256 << 10;

    /// Room for where the records end, for a text in which not all end with their line.
    pub(super) fn endings(&mut self) -> &mut Vec<Ending> {
        self.endings.clear();
        &mut self.endings
    }

    /// Takes `text`, which starts at `place`; returns how many line ends it has.
    pub(super) fn fill(&mut self, text: &[u8], style: Style, place: Place) -> u64 {
        self.text.clear();
        self.text.extend_from_slice(text);
        self.style = style;
        self.start = Start {
            file: 0,
            line: place.line,
            byte: place.byte,
            row: 0,
        };
        self.ends = memchr_iter(b'\n', text).count() as u64;
        self.ends
    }

    /// Tells in which file they stand and which row is before their first; returns the last.
    pub(super) fn locate(&mut self, file: u32, row: u64) -> u64 {
        self.start.file = file;
        self.start.row = row;
        row + self.count()
    }

    /// How many records they are.
    fn count(&self) -> u64 {
        if self.style == Style::Quoted || may_be_blank(&self.text) {
            return self.spans().count() as u64;
        }
        let unended = self.text.last().is_some_and(|&byte| byte != b'\n');
        self.ends + u64::from(unended)
    }

    /// The file in which they stand.
    pub(super) const fn file(&self) -> u32 {
        self.start.file
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
    }

    fn spans(&self) -> Spans<'_> {
        Spans {
            lines: self,
            next: 0,
            line: self.start.line,
            endings: self.endings.iter(),
        }
    }

    /// Has every record judged, its ids mapped, with a `pause` where much is to be said.
    pub(super) fn judge<J: Judge>(
        &self,
        parser: &mut Parser,
        maps: &Maps,
        judge: &mut J,
        mut pause: impl FnMut(&mut J),
    ) -> Result<(), J::Error> {
        // One look at all of them is cheaper than a look at each.
        let text = std::str::from_utf8(&self.text).ok();
        let Start { file, byte, .. } = self.start;
        for (number, span) in (self.start.row + 1..).zip(self.spans()) {
            let Span {
                line,
                at,
                raw,
                quotes,
            } = span;
            let location = || Location {
                file,
                line,
                byte: byte + at as u64,
                row: number,
            };
            let text = match text {
                Some(text) => text.get(at..at + raw.len()),
                None => std::str::from_utf8(raw).ok(),
            };
            if let Some(problem) = parser.read(raw, text, quotes) {
                if judge.reject(location(), &problem) {
                    pause(judge);
                }
                continue;
            }
            let mut row = RawRow::new(location(), raw);
            parser.fill(&mut row, text);
            maps.replace(&mut row);
            if judge.judge(&row)? {
                pause(judge);
            }
        }
        Ok(())
    }
}

/// Whether a line may have nothing in it: whether any starts with a space or a control letter.
/// Without a branch, that is known of many letters at a time.
fn may_be_blank(text: &[u8]) -> bool {
    let space = |byte: u8| byte <= b' ';
    let first = text.first().is_some_and(|&byte| space(byte));
    let behind = text.get(1..).unwrap_or_default();
    let pairs = text.iter().zip(behind);
    first
        | pairs.fold(false, |any, (&end, &start)| {
            any | ((end == b'\n') & space(start))
        })
}

/// A record in the text.
#[derive(Debug, Clone, Copy)]
struct Span<'a> {
    line: u64,
    at: usize,
    raw: &'a [u8],
    /// Whether there are quotes in it, as far as they matter.
    quotes: bool,
}

/// The records of a text.
struct Spans<'a> {
    lines: &'a Lines,
    /// Where the next record starts.
    next: usize,
    /// Number of the line at which it does.
    line: u64,
    /// Where the next ones end, if that is known.
    endings: std::slice::Iter<'a, Ending>,
}

impl Spans<'_> {
    /// Where the next record ends, or the next line.
    fn ending(&mut self, rest: &[u8]) -> Option<Ending> {
        if self.lines.style == Style::Quoted {
            return self.endings.next().copied();
        }
        let end = self.next + memchr(b'\n', rest).unwrap_or(rest.len());
        Some(Ending::default().at(end))
    }
}

impl<'a> Iterator for Spans<'a> {
    type Item = Span<'a>;

    fn next(&mut self) -> Option<Span<'a>> {
        let Lines { text, style, .. } = self.lines;
        while let Some(rest @ [_, ..]) = text.get(self.next..) {
            let (start, line) = (self.next, self.line);
            let ending = self.ending(rest)?;
            let end = ending.end as usize;
            self.next = end + 1;
            self.line += u64::from(ending.newlines) + 1;
            let whole = text.get(start..end)?;
            let (at, raw) = match style {
                Style::Csv | Style::Quoted => (start, whole.strip_suffix(b"\r").unwrap_or(whole)),
                Style::Json => {
                    let raw = whole.trim_ascii_start();
                    (end - raw.len(), raw.trim_ascii_end())
                }
            };
            if !raw.is_empty() {
                let quotes = ending.quotes;
                return Some(Span {
                    line,
                    at,
                    raw,
                    quotes,
                });
            }
        }
        None
    }
}

//! A stretch of a file, records that any thread can take apart.

use memchr::{memchr, memchr_iter};

use super::{Judge, Maps, Parser, Place};
use crate::record::{Location, RawRow};

/// Where a record ends in the text it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ending {
    /// Where the line feed behind it is, or the next record, or the text's end.
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

/// How a text holds records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Style {
    /// A record is all of a line but its end; an empty line is none.
    #[default]
    Csv,
    /// As for plain CSV, but a record may have line ends in it: their ends are known.
    Quoted,
    /// A record is a line. Space around it is no part of it; a line of space is none.
    Json,
    /// One record follows the other: what stood between them is left out.
    Apart,
}

/// Whole records of one file, in a row.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    text: Vec<u8>,
    style: Style,
    /// How many line ends it has.
    line_ends: u64,
    /// Where the records end, blank lines among them, if not all end with their line.
    endings: Vec<Ending>,
    /// Where the records start, if they are apart.
    places: Vec<Place>,
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

impl Stretch {
    /// Bytes after which a stretch is full: what the second-level cache of a core holds beside other
    /// things.
    pub(super) const MOST: usize = 256 << 10;

    /// Room for where the records end, for a text in which not all end with their line.
    pub(super) fn endings(&mut self) -> &mut Vec<Ending> {
        &mut self.endings
    }

    /// Takes `text`, which starts at `place`, into an empty stretch; returns how many line ends it
    /// has.
    pub(super) fn fill(&mut self, text: &[u8], style: Style, place: Place) -> u64 {
        self.text.extend_from_slice(text);
        self.style = style;
        self.start = Start {
            file: 0,
            line: place.line,
            byte: place.byte,
            row: 0,
        };
        self.line_ends = memchr_iter(b'\n', text).count() as u64;
        self.line_ends
    }

    /// Appends `record`, which starts at `place`, to others that are apart.
    pub(super) fn push(&mut self, record: &[u8], place: Place) {
        self.style = Style::Apart;
        self.text.extend_from_slice(record);
        self.endings.push(Ending::default().at(self.text.len()));
        self.places.push(place);
    }

    /// Whether enough was appended.
    pub(super) const fn is_full(&self) -> bool {
        self.text.len() >= Self::MOST
    }

    /// Tells in which file they stand and which row is before their first; returns the last.
    pub(super) fn locate(&mut self, file: u32, row: u64) -> u64 {
        self.start.file = file;
        self.start.row = row;
        row + self.count()
    }

    /// How many records they are.
    fn count(&self) -> u64 {
        match self.style {
            Style::Apart => self.endings.len() as u64,
            Style::Csv | Style::Json if !may_be_blank(&self.text) => {
                let unended = self.text.last().is_some_and(|&byte| byte != b'\n');
                self.line_ends + u64::from(unended)
            }
            Style::Csv | Style::Json | Style::Quoted => self.spans().count() as u64,
        }
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
        self.endings.clear();
        self.places.clear();
    }

    fn spans(&self) -> Spans<'_> {
        Spans {
            stretch: self,
            next: 0,
            line: self.start.line,
            endings: self.endings.iter(),
            places: self.places.iter(),
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
        let file = self.start.file;
        for (number, span) in (self.start.row + 1..).zip(self.spans()) {
            let Span {
                place: Place { line, byte },
                at,
                raw,
                quotes,
            } = span;
            let location = || Location {
                file,
                line,
                byte,
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
    place: Place,
    at: usize,
    raw: &'a [u8],
    /// Whether there are quotes in it, as far as they matter.
    quotes: bool,
}

/// The records of a text.
struct Spans<'a> {
    stretch: &'a Stretch,
    /// Where the next record starts.
    next: usize,
    /// Number of the line at which it does, where lines follow each other.
    line: u64,
    /// Where the next ones end, if that is known.
    endings: std::slice::Iter<'a, Ending>,
    /// Where the next ones are in the file, if they are apart.
    places: std::slice::Iter<'a, Place>,
}

impl<'a> Spans<'a> {
    /// The record that is the next line, or in it.
    #[inline]
    fn next_line(&mut self) -> Option<Span<'a>> {
        let Stretch { text, style, .. } = self.stretch;
        while let Some(rest @ [_, ..]) = text.get(self.next..) {
            let (start, line) = (self.next, self.line);
            let end = memchr(b'\n', rest).unwrap_or(rest.len());
            self.next += end + 1;
            self.line += 1;
            let whole = rest.get(..end)?;
            let (at, raw) = if *style == Style::Json {
                let raw = whole.trim_ascii_start();
                (start + end - raw.len(), raw.trim_ascii_end())
            } else {
                (start, without_cr(whole))
            };
            if !raw.is_empty() {
                return Some(self.span(line, at, raw));
            }
        }
        None
    }

    /// The next record of those whose ends are known.
    fn next_known(&mut self) -> Option<Span<'a>> {
        loop {
            let ending = self.endings.next()?;
            let (at, line) = (self.next, self.line);
            let end = ending.end as usize;
            let whole = self.stretch.text.get(at..end)?;
            if let Some(&place) = self.places.next() {
                self.next = end;
                let span = self.span(line, at, whole);
                return Some(Span { place, ..span });
            }
            self.next = end + 1;
            self.line += u64::from(ending.newlines) + 1;
            let raw = without_cr(whole);
            if !raw.is_empty() {
                let quotes = ending.quotes;
                let span = self.span(line, at, raw);
                return Some(Span { quotes, ..span });
            }
        }
    }

    fn span(&self, line: u64, at: usize, raw: &'a [u8]) -> Span<'a> {
        let byte = self.stretch.start.byte + at as u64;
        Span {
            place: Place { line, byte },
            at,
            raw,
            quotes: false,
        }
    }
}

impl<'a> Iterator for Spans<'a> {
    type Item = Span<'a>;

    #[inline]
    fn next(&mut self) -> Option<Span<'a>> {
        match self.stretch.style {
            Style::Csv | Style::Json => self.next_line(),
            Style::Quoted | Style::Apart => self.next_known(),
        }
    }
}

fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

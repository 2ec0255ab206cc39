//! A chapter as a man page of section 7.

use std::io::{self, Write};

use pulldown_cmark::{Event, HeadingLevel, Tag, TagEnd};
use roff::{Inline, Roff, bold, italic, roman};

use super::{events, table, target};

/// Columns of a table in a man page: a terminal's 80 less the page's margin.
const TABLE_WIDTH: usize = 72;

/// Writes the man page `im-unread-NAME(7)` of a chapter.
pub(crate) fn write_man_page(out: &mut dyn Write, name: &str, markdown: &str) -> io::Result<()> {
    let mut page = ManPage::default();
    let title = format!("IM-UNREAD-{}", name.to_uppercase());
    page.roff
        .control("TH", [title.as_str(), "7", "", "im-unread", ""]);
    for event in events(markdown) {
        page.take(event);
    }
    page.roff.to_writer(out)
}

#[derive(Debug, Clone, Copy)]
enum Font {
    Roman,
    Bold,
    Italic,
}

#[derive(Debug, Default)]
struct ManPage {
    roff: Roff,
    inlines: Vec<Inline>,
    literal: String,
    in_code: bool,
    strong: bool,
    numbers: Vec<Option<u64>>,
    rows: Vec<Vec<String>>,
    cell: Option<String>,
    link: String,
}

impl ManPage {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.in_code => self.literal.push_str(&text),
            Event::Text(text) => {
                self.push(&text, if self.strong { Font::Bold } else { Font::Roman });
            }
            Event::Code(code) => self.push(&code, Font::Bold),
            Event::SoftBreak | Event::HardBreak => self.push(" ", Font::Roman),
            Event::Rule
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {}
        }
    }

    fn push(&mut self, text: &str, font: Font) {
        match &mut self.cell {
            Some(cell) => cell.push_str(text),
            None => self.inlines.push(match font {
                Font::Roman => roman(text),
                Font::Bold => bold(text),
                Font::Italic => italic(text),
            }),
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "what a chapter does not use has no form of its own"
    )]
    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::CodeBlock(_) => {
                self.flush();
                self.in_code = true;
            }
            Tag::List(first) => {
                self.flush();
                self.numbers.push(*first);
            }
            Tag::Item => {
                let label = match self.numbers.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}.", *number - 1)
                    }
                    _ => "\u{2022}".to_owned(),
                };
                self.roff.control("IP", [label.as_str(), "4"]);
            }
            Tag::Paragraph if self.numbers.is_empty() => {
                self.roff.control("PP", []);
            }
            Tag::Strong => self.strong = true,
            Tag::TableHead | Tag::TableRow => self.rows.push(Vec::new()),
            Tag::TableCell => self.cell = Some(String::new()),
            Tag::Link { dest_url, .. } => self.link = target(dest_url),
            _ => {}
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "what a chapter does not use has no form of its own"
    )]
    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => {
                let inlines = std::mem::take(&mut self.inlines);
                let heading: String = inlines.into_iter().map(plain).collect();
                let request = match level {
                    HeadingLevel::H1 | HeadingLevel::H2 => "SH",
                    _ => "SS",
                };
                self.roff.control(request, [heading.as_str()]);
            }
            TagEnd::Paragraph | TagEnd::Item => self.flush(),
            TagEnd::CodeBlock => {
                self.in_code = false;
                let code = std::mem::take(&mut self.literal);
                self.verbatim(code.lines());
            }
            TagEnd::List(_) => {
                self.numbers.pop();
            }
            TagEnd::Strong => self.strong = false,
            TagEnd::TableCell => {
                let cell = self.cell.take().unwrap_or_default();
                if let Some(row) = self.rows.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::Table => {
                let rows = std::mem::take(&mut self.rows);
                let lines = table::lines(&rows, TABLE_WIDTH);
                self.verbatim(lines.iter().map(String::as_str));
            }
            TagEnd::Link => {
                let link = std::mem::take(&mut self.link);
                self.push(&link, Font::Italic);
            }
            _ => {}
        }
    }

    fn flush(&mut self) {
        let inlines = std::mem::take(&mut self.inlines);
        if !inlines.is_empty() {
            self.roff.text(inlines);
        }
    }

    /// Lines that are not filled.
    fn verbatim<'a>(&mut self, lines: impl Iterator<Item = &'a str>) {
        self.roff.control("PP", []).control("nf", []);
        for line in lines {
            self.roff.text([roman(line)]);
        }
        self.roff.control("fi", []);
    }
}

fn plain(inline: Inline) -> String {
    match inline {
        Inline::Roman(text) | Inline::Italic(text) | Inline::Bold(text) => text,
        Inline::LineBreak => " ".to_owned(),
    }
}

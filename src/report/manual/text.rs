//! A chapter for a terminal: headings in bold, text in columns, code as it stands.

use std::io::{self, Write};

use anstyle::Style;
use pulldown_cmark::{Event, Tag, TagEnd};

use super::wrap::wrap;
use super::{events, table, target};

/// How far code and the items of lists are moved in.
const INDENT: usize = 2;

/// Lines longer than this are hard to read, however wide the terminal is.
const WIDEST: usize = 100;

/// Writes a chapter in lines of at most `width` columns; code keeps its own.
pub(crate) fn write_text(out: &mut dyn Write, markdown: &str, width: usize) -> io::Result<()> {
    let mut page = Terminal {
        width: width.min(WIDEST),
        ..Terminal::default()
    };
    for event in events(markdown) {
        page.take(event);
    }
    for line in page.lines {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The lines so far, and the text that is being gathered.
#[derive(Debug, Default)]
struct Terminal {
    width: usize,
    lines: Vec<String>,
    text: String,
    /// The next number of each open list; `None` for one with dots.
    lists: Vec<Option<u64>>,
    /// What stands before the first line of the item that has begun.
    bullet: Option<String>,
    in_code: bool,
    /// A blank line stands before the next block.
    apart: bool,
    rows: Vec<Vec<String>>,
    link: String,
}

impl Terminal {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text.push_str(&text),
            Event::Code(code) => {
                self.text.push('`');
                self.text.push_str(&code);
                self.text.push('`');
            }
            Event::SoftBreak => self.text.push(' '),
            Event::HardBreak => self.text.push('\n'),
            Event::Rule
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {}
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "what a chapter does not use has no form of its own"
    )]
    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Heading { .. } | Tag::Table(_) => self.gap(),
            Tag::Paragraph if self.bullet.is_none() => self.gap(),
            Tag::CodeBlock(_) => {
                self.flush();
                self.gap();
                self.in_code = true;
            }
            Tag::List(first) => {
                self.flush();
                if self.lists.is_empty() {
                    self.gap();
                }
                self.lists.push(*first);
            }
            Tag::Item => self.bullet = Some(self.next_bullet()),
            Tag::TableHead | Tag::TableRow => self.rows.push(Vec::new()),
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
            TagEnd::Heading(_) => {
                let bold = Style::new().bold();
                let text = std::mem::take(&mut self.text);
                self.lines.push(format!("{bold}{text}{bold:#}"));
                self.apart = true;
            }
            TagEnd::Paragraph | TagEnd::Item => self.flush(),
            TagEnd::CodeBlock => {
                for line in std::mem::take(&mut self.text).lines() {
                    self.lines.push(format!("{:INDENT$}{line}", ""));
                }
                self.in_code = false;
                self.apart = true;
            }
            TagEnd::List(_) => {
                self.lists.pop();
                self.apart = self.lists.is_empty();
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.text);
                if let Some(row) = self.rows.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::Table => {
                let rows = std::mem::take(&mut self.rows);
                self.lines.extend(table::lines(&rows, self.width));
                self.apart = true;
            }
            TagEnd::Link => {
                let link = std::mem::take(&mut self.link);
                self.text.push_str(&link);
            }
            _ => {}
        }
    }

    fn next_bullet(&mut self) -> String {
        match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            _ => "• ".to_owned(),
        }
    }

    /// Ends a paragraph or the text of an item.
    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        if text.is_empty() {
            return;
        }
        let outer = INDENT * self.lists.len().saturating_sub(1);
        let bullet = self.bullet.take();
        let hang = if self.lists.is_empty() { 0 } else { INDENT };
        let first = bullet.unwrap_or_else(|| " ".repeat(hang));
        let rest = " ".repeat(textwrap::core::display_width(&first));
        let wrapped = wrap(&text, self.width.saturating_sub(outer + rest.len()));
        for (at, line) in wrapped.iter().enumerate() {
            let before = if at == 0 { &first } else { &rest };
            self.lines.push(format!("{:outer$}{before}{line}", ""));
        }
        self.apart = self.lists.is_empty();
    }

    fn gap(&mut self) {
        if std::mem::take(&mut self.apart) {
            self.lines.push(String::new());
        }
    }
}

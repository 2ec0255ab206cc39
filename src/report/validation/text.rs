//! Problems as a compiler shows them: the line, the cell underlined, what was expected, what to do.

use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer, Snippet};

use super::table::{verdict, write_table};
use super::{Checked, Example, Kind};
use crate::record::{Code, Column, Excerpt, Location, Severity};
use crate::report::number::count;

/// Examples shown of each kind on a terminal.
const SHOWN: usize = 3;

/// How the text is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// Columns of the terminal.
    pub(crate) width: usize,
    /// Whether escape sequences for colour may be written.
    pub(crate) colour: bool,
}

/// Reads a line of an input again; `None` if that is not possible any more.
pub(crate) type Excerpts<'a> = dyn FnMut(Location, Column) -> Option<Excerpt> + 'a;

/// Writes an excerpt for each kind, the table of all kinds, and the verdict.
pub(crate) fn write_text(
    out: &mut dyn Write,
    checked: &Checked<'_>,
    excerpts: &mut Excerpts<'_>,
    style: Style,
) -> io::Result<()> {
    let renderer = if style.colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.term_width(style.width);
    for (code, kind) in checked.validation.kinds() {
        let shown: Vec<Shown> = kind
            .examples
            .iter()
            .take(SHOWN)
            .map(|example| Shown::new(checked, code, example, excerpts))
            .collect();
        writeln!(out, "{}\n", renderer.render(&[group(code, kind, &shown)]))?;
    }
    write_table(out, checked)?;
    writeln!(out, "\n{}", verdict(checked))
}

/// What is shown of one example.
struct Shown {
    path: String,
    label: String,
    excerpt: Option<Excerpt>,
    line: u64,
}

impl Shown {
    fn new(
        checked: &Checked<'_>,
        code: Code,
        example: &Example,
        excerpts: &mut Excerpts<'_>,
    ) -> Self {
        let excerpt = excerpts(example.location, example.column);
        let mut label = label(code, &example.found, excerpt.as_ref());
        if let Some(other) = checked.other(example) {
            label.push_str("; ");
            label.push_str(&other);
        }
        Self {
            path: checked.file(example.location.file),
            label,
            excerpt,
            line: example.location.line,
        }
    }

    fn element(&self) -> Element<'_> {
        let Some(excerpt) = &self.excerpt else {
            let Self {
                path, label, line, ..
            } = self;
            return Level::NOTE
                .message(format!("line {line} of `{path}`: {label}"))
                .into();
        };
        let mark = AnnotationKind::Primary.span(excerpt.span.clone());
        let mark = if self.label.is_empty() {
            mark
        } else {
            mark.label(self.label.as_str())
        };
        Snippet::source(excerpt.text.as_str())
            .line_start(usize::try_from(excerpt.line).unwrap_or(usize::MAX))
            .path(self.path.as_str())
            .annotation(mark)
            .into()
    }
}

/// What stands below the marked part of a line.
fn label(code: Code, found: &str, excerpt: Option<&Excerpt>) -> String {
    // A record that cannot be taken apart is itself what was found, and stands above.
    if matches!(
        code,
        Code::RecordMalformed | Code::RecordNotObject | Code::RecordNotUtf8
    ) {
        return String::new();
    }
    if code == Code::RecordCellCount {
        return format!("found {found}");
    }
    if code == Code::RecordAmbiguous {
        return format!("found two values for `{found}`");
    }
    if code == Code::RecordIncomplete {
        return format!("found no `{found}`");
    }
    // What a map made of the cell is told in its own letters, since they do not stand above.
    let too_long =
        matches!(code, Code::GroupIdTooLong | Code::MemberAccountTooLong) && !found.contains(" → ");
    match excerpt {
        Some(excerpt) if too_long => format!("found {} bytes", id_bytes(excerpt)),
        Some(_) | None if found.is_empty() => "found nothing".to_owned(),
        Some(_) | None => format!("found `{found}`"),
    }
}

/// The length of the id that is marked, without the quotes around it.
fn id_bytes(excerpt: &Excerpt) -> usize {
    let marked = excerpt.text.get(excerpt.span.clone()).unwrap_or_default();
    let quoted = marked.len() > 1 && marked.starts_with('"') && marked.ends_with('"');
    marked.len() - if quoted { 2 } else { 0 }
}

fn group<'a>(code: Code, kind: &Kind, shown: &'a [Shown]) -> Group<'a> {
    let level = match code.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut elements: Vec<Element<'a>> = shown.iter().map(Shown::element).collect();
    elements.push(
        Level::NOTE
            .with_name("expected")
            .message(code.expected())
            .into(),
    );
    elements.push(Level::HELP.message(code.help()).into());
    let more = kind.count.saturating_sub(shown.len() as u64);
    if more > 0 {
        elements.push(
            Level::NOTE
                .message(format!("and {} more", count(more)))
                .into(),
        );
    }
    level
        .primary_title(code.title())
        .id(code.name())
        .elements(elements)
}

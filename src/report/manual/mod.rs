//! The manual's chapters, which are Markdown files, for a terminal and as man pages.
//!
//! `text` lays a chapter out in columns, `roff` writes it as a man page. Both walk the events of
//! `pulldown_cmark` and know the few things that a chapter uses: headings, paragraphs, lists, code,
//! tables, emphasis and links.

mod roff;
mod table;
mod text;
mod wrap;

use pulldown_cmark::{Event, Options, Parser};

pub(crate) use self::roff::write_man_page;
pub(crate) use self::text::write_text;

/// The events of a chapter.
fn events(markdown: &str) -> impl Iterator<Item = Event<'_>> {
    Parser::new_ext(markdown, Options::ENABLE_TABLES)
}

/// The first heading: the chapter's title.
pub(crate) fn title(markdown: &str) -> &str {
    let heading = markdown.lines().find_map(|line| line.strip_prefix("# "));
    heading.unwrap_or_default().trim()
}

/// What a link shows besides its text: the command for another chapter, the address of a page.
fn target(address: &str) -> String {
    match address.strip_suffix(".md") {
        Some(chapter) if !chapter.contains('/') => format!(" (im-unread guide {chapter})"),
        _ if address.starts_with("http") => format!(" ({address})"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;

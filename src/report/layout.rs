//! Lines for people: a heading, a text, broken at the width of the terminal.

use std::io::{self, Write};

/// Columns before the text of a field.
const HEADING: usize = 13;

/// Where lines for people go, and how wide it is.
pub(crate) struct Page<'a> {
    out: &'a mut dyn Write,
    width: usize,
}

impl std::fmt::Debug for Page<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Page")
            .field("width", &self.width)
            .finish_non_exhaustive()
    }
}

impl<'a> Page<'a> {
    /// A page of `width` columns.
    pub(crate) fn new(out: &'a mut dyn Write, width: usize) -> Self {
        Self { out, width }
    }

    /// A text on its own, later lines indented by two.
    pub(crate) fn paragraph(&mut self, text: &str) -> io::Result<()> {
        for (index, line) in wrapped(text, self.width.saturating_sub(2))
            .into_iter()
            .enumerate()
        {
            let indent = if index == 0 { "" } else { "  " };
            writeln!(self.out, "{indent}{line}")?;
        }
        Ok(())
    }

    /// A heading and its text beside it.
    pub(crate) fn field(&mut self, heading: &str, text: &str) -> io::Result<()> {
        let lines = wrapped(text, self.width.saturating_sub(HEADING));
        for (index, line) in lines.into_iter().enumerate() {
            let heading = if index == 0 { heading } else { "" };
            writeln!(self.out, "  {heading:<10} {line}")?;
        }
        Ok(())
    }

    /// A heading and a list, an item a line.
    pub(crate) fn list(
        &mut self,
        heading: &str,
        items: impl IntoIterator<Item = String>,
    ) -> io::Result<()> {
        for (index, item) in items.into_iter().enumerate() {
            self.field(if index == 0 { heading } else { "" }, &item)?;
        }
        Ok(())
    }
}

/// `text` broken between words so that no line is longer than `width`, unless a word is.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let options = textwrap::Options::new(width)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit);
    let lines = textwrap::wrap(text, options);
    lines.into_iter().map(String::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_break_between_words_at_the_width() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("a-very-long-word b", 5), ["a-very-long-word", "b"]);
        assert_eq!(wrapped("", 5), [""]);
    }

    #[test]
    fn no_line_of_a_page_is_wider_than_the_page() {
        let mut out = Vec::new();
        let mut page = Page::new(&mut out, 40);
        page.field(
            "calls",
            "3,177 planned: 1,077 succeeded, 32 failed, 2,068 left",
        )
        .unwrap();
        page.paragraph("reading a file with a long name and several columns in it")
            .unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.lines().all(|line| line.chars().count() <= 40),
            "{text}"
        );
        assert!(text.starts_with("  calls      3,177 planned"), "{text}");
    }
}

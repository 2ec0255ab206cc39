//! The text of `im-unread explain CODE` for a kind of problem.

use std::io::{self, Write};

use crate::record::Code;
use crate::report::wrapped;

/// Writes what `code` means, what is expected and what to do, in lines of `width` columns.
pub(crate) fn write_explanation(out: &mut dyn Write, code: Code, width: usize) -> io::Result<()> {
    writeln!(out, "{} ({})", code.name(), code.severity().name())?;
    writeln!(out)?;
    write_wrapped(out, &sentence(code.title()), width)?;
    writeln!(out)?;
    write_wrapped(out, code.explanation(), width)?;
    writeln!(out)?;
    write_wrapped(out, &format!("Expected: {}.", code.expected()), width)?;
    write_wrapped(out, &format!("What to do: {}.", code.help()), width)
}

/// A fragment as a sentence.
pub(crate) fn sentence(fragment: &str) -> String {
    let mut characters = fragment.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).chain(['.']).collect()
}

/// Writes `text` in lines of at most `width` columns.
pub(crate) fn write_wrapped(out: &mut dyn Write, text: &str, width: usize) -> io::Result<()> {
    wrapped(text, width)
        .iter()
        .try_for_each(|line| writeln!(out, "{line}"))
}

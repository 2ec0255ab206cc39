//! `guide`: the manual, a Markdown file a chapter beside this one, and `man`, the same as man pages.

use std::io::{self, Write};
use std::process::ExitCode;

use super::args::{Guide, Man};
use super::failure::Failure;
use super::resolve;
use super::screen::width;
use crate::report::manual::{title, write_man_page, write_text};

/// A chapter of the manual.
struct Chapter {
    name: &'static str,
    text: &'static str,
}

/// The chapters in the order in which a reader meets them.
const CHAPTERS: &[Chapter] = &[
    chapter("migration", include_str!("migration.md")),
    chapter("input", include_str!("input.md")),
    chapter("presets", include_str!("presets.md")),
    chapter("maps", include_str!("maps.md")),
    chapter("online-checks", include_str!("online-checks.md")),
    chapter("operating", include_str!("operating.md")),
    chapter("one-to-one", include_str!("one-to-one.md")),
    chapter("reports", include_str!("reports.md")),
    chapter("checkpoint", include_str!("checkpoint.md")),
    chapter("exit-codes", include_str!("exit-codes.md")),
    chapter("api-errors", include_str!("api-errors.md")),
    chapter("troubleshooting", include_str!("troubleshooting.md")),
    chapter("simulator", include_str!("simulator.md")),
    chapter("development", include_str!("development.md")),
];

const fn chapter(name: &'static str, text: &'static str) -> Chapter {
    Chapter { name, text }
}

/// Shows a chapter, or lists all.
pub(super) fn run(args: &Guide, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let written = match &args.topic {
        None => list(out),
        Some(name) => write_text(out, find(name)?.text, width()),
    };
    written.map_err(|error| Failure::from_output(&error))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the man page of the program, of a command or of a chapter.
pub(super) fn man(args: &Man, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let written = match &args.page {
        None => clap_mangen::Man::new(resolve::command()).render(out),
        Some(page) => match page.strip_prefix("guide-") {
            Some(name) => write_man_page(out, page, find(name)?.text),
            None => clap_mangen::Man::new(command(page)?).render(out),
        },
    };
    written.map_err(|error: io::Error| Failure::from_output(&error))?;
    Ok(ExitCode::SUCCESS)
}

fn list(out: &mut dyn Write) -> io::Result<()> {
    for Chapter { name, text } in CHAPTERS {
        writeln!(out, "{name:<16}  {}", title(text))?;
    }
    writeln!(
        out,
        "\nim-unread guide TOPIC shows a chapter; im-unread man guide-TOPIC writes its man page."
    )
}

fn find(name: &str) -> Result<&'static Chapter, Failure> {
    let known = CHAPTERS.iter().find(|chapter| chapter.name == name);
    known.ok_or_else(|| {
        let names: Vec<&str> = CHAPTERS.iter().map(|chapter| chapter.name).collect();
        Failure::usage(format!("the manual has no chapter `{name}`"))
            .hint(format!("the chapters are {}", names.join(", ")))
    })
}

/// The subcommand `name`, as a page of its own.
fn command(name: &str) -> Result<clap::Command, Failure> {
    let mut all = resolve::command();
    all.build();
    let found = all.find_subcommand(name).cloned();
    let found = found.map(|found| found.name(format!("im-unread-{name}")));
    found.ok_or_else(|| {
        Failure::usage(format!("there is no command `{name}`"))
            .hint("name a command as in `im-unread man import`, or a chapter as in `im-unread man guide-input`")
    })
}

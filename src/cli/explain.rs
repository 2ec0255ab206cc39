//! `explain`: what a code means and what to do.

use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::args::{self, OutputForm};
use super::failure::Failure;
use super::screen::width;
use crate::record::Code;
use crate::report::validation::{sentence, write_explanation, write_wrapped};
use crate::tencent;

/// One code and what is known of it.
#[derive(Debug, Serialize)]
struct Entry {
    code: String,
    meaning: String,
    advice: String,
}

/// Explains one code, or lists all.
pub(super) fn run(args: &args::Explain, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let entries = match &args.code {
        Some(code) => vec![find(code.trim())?],
        None => problems().chain(answers()).collect(),
    };
    let printed = match args.result.output {
        OutputForm::Json => serde_json::to_writer_pretty(&mut *out, &entries)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out)),
        OutputForm::Text if args.code.is_some() => {
            entries.iter().try_for_each(|entry| explain(entry, out))
        }
        OutputForm::Text => entries
            .iter()
            .try_for_each(|entry| writeln!(out, "{:<32} {}", entry.code, entry.meaning)),
    };
    printed.map_err(|error| Failure::from_output(&error))?;
    Ok(ExitCode::SUCCESS)
}

/// One code in full.
fn explain(entry: &Entry, out: &mut dyn Write) -> io::Result<()> {
    let width = width();
    if let Some(code) = Code::parse(&entry.code) {
        return write_explanation(out, code, width);
    }
    writeln!(out, "{} (API error)\n", entry.code)?;
    write_wrapped(out, &sentence(&entry.meaning), width)?;
    writeln!(out)?;
    write_wrapped(out, &entry.advice, width)
}

fn find(code: &str) -> Result<Entry, Failure> {
    let known = problems().find(|entry| entry.code == code);
    known
        .or_else(|| answers().find(|entry| entry.code == code))
        .ok_or_else(|| {
            Failure::usage(format!("`{code}` is no code that im-unread knows"))
                .hint("list all codes with `im-unread explain`")
        })
}

fn problems() -> impl Iterator<Item = Entry> {
    Code::ALL.into_iter().map(|code| Entry {
        code: code.name().to_owned(),
        meaning: code.title().to_owned(),
        advice: format!(
            "Expected: {}. What to do: {}.",
            code.expected(),
            code.help()
        ),
    })
}

fn answers() -> impl Iterator<Item = Entry> {
    tencent::explanations().flat_map(|explanation| {
        explanation.codes.iter().map(|code| Entry {
            code: code.to_string(),
            meaning: explanation.meaning.to_owned(),
            advice: format!("{} {}", explanation.advice, explanation.class.action()),
        })
    })
}

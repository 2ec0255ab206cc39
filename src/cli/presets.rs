//! `presets`: the exports of other systems that are known, and the file that says how.

use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::args::{OutputForm, Presets, PresetsCommand};
use super::failure::{Failure, preset_failure};
use super::screen::width;
use crate::report::validation::write_wrapped;
use crate::source::preset::{EMBEDDED, Library};

/// One preset.
#[derive(Debug, Serialize)]
struct Entry {
    name: String,
    system: String,
    forms: Vec<FormEntry>,
}

/// One of its forms.
#[derive(Debug, Serialize)]
struct FormEntry {
    name: String,
    about: String,
}

/// Lists the presets, or prints one.
pub(super) fn run(args: &Presets, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    if let Some(PresetsCommand::Show { name }) = &args.command {
        // An unknown name is told with those that there are.
        Library::find(name).map_err(|error| preset_failure(&error))?;
        let text = EMBEDDED.iter().find(|(known, _)| known == name);
        let text = text.map_or("", |(_, text)| text);
        out.write_all(text.as_bytes())
            .map_err(|error| Failure::from_output(&error))?;
        return Ok(ExitCode::SUCCESS);
    }
    let library = Library::find("auto").map_err(|error| preset_failure(&error))?;
    let entries = library.presets().map(|preset| Entry {
        name: preset.name.clone(),
        system: preset.system.clone(),
        forms: preset
            .forms
            .iter()
            .map(|form| FormEntry {
                name: form.name.clone(),
                about: form.about.clone(),
            })
            .collect(),
    });
    let entries: Vec<Entry> = entries.collect();
    let written = match args.result.output {
        OutputForm::Json => serde_json::to_writer_pretty(&mut *out, &entries)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out)),
        OutputForm::Text => entries.iter().try_for_each(|entry| write(out, entry)),
    };
    written.map_err(|error| Failure::from_output(&error))?;
    Ok(ExitCode::SUCCESS)
}

fn write(out: &mut dyn Write, entry: &Entry) -> io::Result<()> {
    writeln!(out, "{} ({})", entry.name, entry.system)?;
    for form in &entry.forms {
        let mut text = Vec::new();
        write_wrapped(&mut text, &form.about, width().saturating_sub(20).max(40))?;
        for (at, line) in String::from_utf8_lossy(&text).lines().enumerate() {
            let name = if at == 0 { form.name.as_str() } else { "" };
            writeln!(out, "  {name:<16}  {line}")?;
        }
    }
    Ok(())
}

//! Presets: what the exports of one system look like, said in a file instead of in code.
//!
//! Owns the model (`model`, `compile`, `form`), the way through documents of any shape (`walk`, `stream`,
//! `extract`), and what becomes of each row (`reader`, `count`). Leaves opening, CSV and the
//! sequence of JSON documents to `source`, and what a valid row is to `record`.

mod answer;
mod compile;
mod count;
mod detect;
mod error;
mod extract;
mod feed;
mod form;
mod library;
mod model;
#[cfg(test)]
mod mutation_tests;
mod open;
mod outer;
mod parser;
mod path;
mod pattern;
mod pick;
mod reader;
mod stream;
mod table;
#[cfg(test)]
mod tests;
mod unfold;
mod walk;

use std::path::Path;

pub(super) use self::answer::refusal;
pub(crate) use self::count::Choices;
pub(super) use self::count::{Sifted, sift};
pub(crate) use self::detect::Near;
pub(super) use self::detect::Start;
pub(crate) use self::error::Error;
pub(crate) use self::form::Form;
pub(crate) use self::library::{EMBEDDED, Library};
use self::model::Model;
pub(crate) use self::open::Wanted;
pub(super) use self::open::{Opened, Prepared, Recognised};
pub(crate) use self::outer::{Naming, Outer};
pub(super) use self::parser::Parser;
pub(crate) use self::reader::{Left, Reader};
pub(super) use self::table::Tables;

/// The longest record of a preset in bytes: a channel with a hundred thousand members. Memory is
/// taken only as far as records need it.
pub(super) const RECORD_CAP: usize = 16 << 20;

/// One preset, ready.
#[derive(Debug, Clone)]
pub(crate) struct Preset {
    /// The name it is asked for by: that of its file.
    pub(crate) name: String,
    /// The system, as its maker writes it.
    pub(crate) system: String,
    /// BLAKE3 of its text, in hexadecimal.
    pub(crate) hash: String,
    /// The forms in which counts come out of the system.
    pub(crate) forms: Vec<Form>,
}

impl Preset {
    /// Reads the preset `name` from `text`; `path` is what an error calls it.
    pub(crate) fn parse(name: &str, path: &Path, text: &str) -> Result<Self, Error> {
        let invalid = |at: usize, what: &str| {
            let before = text.get(..at).unwrap_or_default();
            let line_start = before.rfind('\n').map_or(0, |end| end + 1);
            Error::Invalid {
                path: path.to_owned(),
                line: before.matches('\n').count() + 1,
                column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
                what: what.trim().replace('\n', ", "),
            }
        };
        let model: Model = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            invalid(at, error.message())
        })?;
        let columns = compile::columns(&model.form);
        let forms = model.form.into_iter().map(|form| {
            Form::new(form, &columns).map_err(|flaw| {
                // The form's own line is as near as a flaw across several values comes.
                let name = format!("name = \"{}\"", flaw.form);
                let at = text.find(&name).unwrap_or(0);
                invalid(at, &format!("form `{}` {}", flaw.form, flaw.what))
            })
        });
        Ok(Self {
            name: name.to_owned(),
            system: model.system,
            hash: blake3::hash(text.as_bytes()).to_hex().to_string(),
            forms: forms.collect::<Result<_, _>>()?,
        })
    }
}

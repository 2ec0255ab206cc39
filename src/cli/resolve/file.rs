//! The configuration file: which one it is, and what it says, with the place of each line.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::names::Names;
use super::rules;
use crate::cli::failure::Failure;

/// The file that is read when no other is named.
pub(super) const DEFAULT_FILE: &str = "im-unread.toml";

/// A configuration file.
#[derive(Debug)]
pub(super) struct ConfigFile {
    entries: Vec<Entry>,
}

/// One option of the file.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) place: Place,
    /// As they could have been typed.
    pub(super) values: Vec<OsString>,
}

/// Where an option of the file stands.
#[derive(Debug, Clone)]
pub(super) struct Place {
    file: PathBuf,
    key: String,
    line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, line, file) = (&self.key, self.line, self.file.display());
        write!(f, "`{key}` in line {line} of `{file}`")
    }
}

/// What the parser says, without the line that it says it of: that may be of another file, and hold
/// a secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Flaw(String);

impl ConfigFile {
    /// Reads the file that is named, or the default one if it is there.
    pub(super) fn read(path: Option<PathBuf>, names: &Names) -> Result<Self, Failure> {
        let path = match path {
            Some(path) => path,
            None if default_exists()? => PathBuf::from(DEFAULT_FILE),
            None => {
                return Ok(Self {
                    entries: Vec::new(),
                });
            }
        };
        let text = std::fs::read_to_string(&path).map_err(|source| unreadable(&path, &source))?;
        Self::parse(&path, &text, names)
    }

    /// What the file says of `option`.
    pub(super) fn get(&self, option: &str) -> Option<&Entry> {
        let mut entries = self.entries.iter();
        entries.find(|entry| entry.place.key == option)
    }

    fn parse(path: &Path, text: &str, names: &Names) -> Result<Self, Failure> {
        let table = DeTable::parse(text).map_err(|error| {
            Failure::usage(format!(
                "the configuration file `{}` is not TOML",
                path.display()
            ))
            .because(&Flaw(error.message().to_owned()))
            .hint("write one option a line, as in: qps = 150")
        })?;
        let mut entries = Vec::new();
        for (key, value) in table.get_ref() {
            let before = text.get(..key.span().start).unwrap_or(text);
            let place = Place {
                file: path.to_owned(),
                key: key.get_ref().clone().into_owned(),
                line: before.matches('\n').count() + 1,
            };
            permit(&place, names)?;
            let values = texts(value.get_ref()).ok_or_else(|| no_option(&place, names))?;
            entries.push(Entry { place, values });
        }
        // The first fault of the file is told first, whatever its key.
        entries.sort_by_key(|entry| entry.place.line);
        Ok(Self { entries })
    }
}

/// What a file says of `--output`, line by line: it is read where the file as a whole may be none.
pub(super) fn form_of_result(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let mut forms = text.lines().rev().filter_map(|line| {
        let table = DeTable::parse(line).ok()?;
        let form = texts(table.get_ref().get("output")?.get_ref())?;
        form.first()?.to_str().map(str::to_owned)
    });
    forms.next()
}

fn default_exists() -> Result<bool, Failure> {
    let default = Path::new(DEFAULT_FILE);
    default
        .try_exists()
        .map_err(|source| unreadable(default, &source))
}

fn unreadable(path: &Path, source: &std::io::Error) -> Failure {
    Failure::usage(format!(
        "cannot read the configuration file `{}`",
        path.display()
    ))
    .because(source)
    .hint("name an existing file with --config, or leave the option out")
}

/// Refuses what does not belong into a configuration file.
fn permit(place: &Place, names: &Names) -> Result<(), Failure> {
    let key = place.key.as_str();
    if rules::SECRETS.contains(&key) {
        return Err(Failure::usage(format!(
            "{place} is a secret, and secrets do not belong there"
        ))
        .hint(format!(
            "put the secret into a file of its own and name it: {key}-file = \"…\""
        )));
    }
    if rules::NOT_IN_FILE.contains(&key) {
        return Err(
            Failure::usage(format!("{place} cannot stand in a configuration file")).hint(format!(
                "remove the line, and give --{key} to the command that needs it"
            )),
        );
    }
    if !names.has_option(key) || rules::TYPED_ONLY.contains(&key) {
        return Err(no_option(place, names));
    }
    Ok(())
}

fn no_option(place: &Place, names: &Names) -> Failure {
    let failure = Failure::usage(format!("{place} is no option"));
    match names.nearest_option(&place.key) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure
            .hint("use the long names of options without the dashes, as in: max-attempts = 8"),
    }
}

/// A value of the file as what could have been typed; a table is none.
fn texts(value: &DeValue<'_>) -> Option<Vec<OsString>> {
    match value {
        DeValue::Array(items) => {
            let items: Option<Vec<Vec<OsString>>> =
                items.iter().map(|item| texts(item.get_ref())).collect();
            Some(items?.concat())
        }
        DeValue::String(text) => Some(vec![OsString::from(text.as_ref())]),
        DeValue::Integer(number) => Some(vec![number.to_string().into()]),
        DeValue::Float(number) => Some(vec![number.to_string().into()]),
        DeValue::Boolean(truth) => Some(vec![truth.to_string().into()]),
        DeValue::Datetime(when) => Some(vec![when.to_string().into()]),
        DeValue::Table(_) => None,
    }
}

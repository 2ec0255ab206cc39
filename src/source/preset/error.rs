//! Why a preset cannot be used.

use std::path::PathBuf;

/// A preset that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Its file cannot be read.
    #[error("cannot read the preset `{}`", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is none of this name.
    #[error("there is no preset `{name}`")]
    Unknown {
        /// What was asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// There is no such form in it.
    #[error("preset `{name}` has no form `{form}`")]
    UnknownForm {
        /// Which preset.
        name: String,
        /// What was asked for.
        form: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// It is no preset.
    #[error("{}:{line}:{column}: {what}", path.display())]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// Where, from 1.
        column: usize,
        /// What is wrong there.
        what: String,
    },
    /// What a file's name tells is not said in the way of a pattern.
    #[error("`--name-pattern {pattern}` is no pattern: {what}")]
    NamePattern {
        /// What was given.
        pattern: String,
        /// What is wrong with it.
        what: String,
    },
}

impl Error {
    /// What to do about it, one sentence without a full stop.
    pub(crate) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Read { .. } => return None,
            Self::Unknown { known, .. } => format!(
                "there are {}, `auto`, and files that end in .toml",
                known.join(", ")
            ),
            Self::UnknownForm { known, .. } => format!("it has {}", known.join(", ")),
            Self::Invalid { .. } => {
                "`im-unread presets show NAME` prints a preset to copy from".to_owned()
            }
            Self::NamePattern { .. } => {
                "write it as in `dumps/{user}.json`, with {user}, {group} and `*`".to_owned()
            }
        })
    }
}

/// What is wrong with a form.
#[derive(Debug)]
pub(super) struct Flaw {
    /// Its name.
    pub(super) form: String,
    /// A fragment that goes on behind the name.
    pub(super) what: String,
}

impl Flaw {
    pub(super) fn new(form: &str, what: &str) -> Self {
        Self {
            form: form.to_owned(),
            what: what.to_owned(),
        }
    }
}

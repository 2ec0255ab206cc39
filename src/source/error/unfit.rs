//! Why a file cannot be read by a preset.

use std::path::PathBuf;

use super::list;
use crate::record::shown;
use crate::source::preset::Near;

/// A file that is not what the preset says.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    /// The file has none of the forms of the preset that it is to be read by.
    #[error("`{}` has none of the forms of preset {preset}{}", path.display(), nearest(near.as_deref()))]
    OtherForm {
        /// Which file.
        path: PathBuf,
        /// Which preset.
        preset: String,
        /// The form that comes nearest.
        near: Option<Box<Near>>,
        /// What a file of each form has.
        forms: Vec<String>,
    },
    /// No preset fits, and there are no columns of plain rows.
    #[error("`{}` is of no system that is known{}", path.display(), nearest(near.as_deref()))]
    Unknown {
        /// Which file.
        path: PathBuf,
        /// The form that comes nearest.
        near: Option<Box<Near>>,
        /// What is there.
        present: Vec<String>,
    },
    /// An answer of an API that is an error.
    #[error("`{}` is no export: the answer is an error{}", path.display(), says(said))]
    Refusal {
        /// Which file.
        path: PathBuf,
        /// What the answer says.
        said: String,
    },
    /// A column that the form needs stands twice.
    #[error("`{}` has two columns called `{name}`", path.display())]
    ColumnTwice {
        /// Which file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// Several presets fit a file equally well.
    #[error("`{}` may be of {}", path.display(), names.join(" or "))]
    SeveralPresets {
        /// Which file.
        path: PathBuf,
        /// Those presets.
        names: Vec<String>,
    },
    /// The inputs are of several systems.
    #[error("`{}` is of preset {name}, and the inputs before it are of {before}", path.display())]
    MixedPresets {
        /// Which file.
        path: PathBuf,
        /// Its preset.
        name: String,
        /// That of the others.
        before: String,
    },
    /// The inputs' forms say different things of rows of one (group, member).
    #[error(
        "`{}` is of form {form}, which treats repeated rows otherwise than {before}, the form of the inputs before it",
        path.display()
    )]
    MixedDuplicates {
        /// Which file.
        path: PathBuf,
        /// Its form.
        form: String,
        /// That of the others.
        before: String,
    },
    /// A joined table that is larger than can be addressed.
    #[error("the table that `{}` makes is too large: over {values} values or {bytes} bytes", path.display())]
    TableTooLarge {
        /// Which file.
        path: PathBuf,
        /// Most keys of a table.
        values: u64,
        /// Most bytes of its values.
        bytes: u64,
    },
    /// A record of a table that cannot be used.
    #[error("line {line} of `{}` cannot be used, and rows are joined with it: {what}", path.display())]
    TableRecord {
        /// Which file.
        path: PathBuf,
        /// The record's line, from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// A file that says nothing of unread counts.
    #[error("`{}` holds no unread counts: {why}", path.display())]
    NoCounts {
        /// Which file.
        path: PathBuf,
        /// How that is known.
        why: String,
    },
    /// Records without a user or a group, and nothing else names one.
    #[error("the records of `{}` do not say of which {what} they are", path.display())]
    NobodyNamed {
        /// Which file.
        path: PathBuf,
        /// `user` or `group`.
        what: &'static str,
    },
    /// Rows that have to be joined with those of a file that is not there.
    #[error("the counts of `{}` take another file: {about}", path.display())]
    NoTable {
        /// Which file.
        path: PathBuf,
        /// What the missing one is.
        about: String,
    },
}

const NO_COUNTS: &str =
    "export the counts as well, or name the column that holds them with `--column unread_num=NAME`";

/// Which form comes nearest, and why it is not that.
fn nearest(near: Option<&Near>) -> String {
    let Some(near) = near.filter(|near| !near.found.is_empty()) else {
        return String::new();
    };
    let quoted = |fields: &[String]| list(fields.iter().map(String::as_str));
    let but = match (near.missing.as_slice(), near.unexpected.as_slice()) {
        ([], unexpected) => format!("has {}, too", quoted(unexpected)),
        (missing, _) => format!("lacks {}", quoted(missing)),
    };
    let found = quoted(&near.found);
    format!(
        "; nearest is {}: the file has {found}, but {but}",
        near.name
    )
}

fn says(said: &str) -> String {
    if said.is_empty() {
        return String::new();
    }
    format!(" (`{}`)", shown(said))
}

impl Unfit {
    /// What to do about it, one sentence without a full stop.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::OtherForm { forms, .. } => format!(
                "{}; `im-unread presets` lists all, `--preset auto` looks for one that fits",
                forms.join("; ")
            ),
            Self::Unknown { present, .. } => format!(
                "it has {}; `im-unread presets` lists the systems, and a preset of your own can describe another (`im-unread presets show NAME` prints one to copy from)",
                list(present.iter().map(String::as_str))
            ),
            Self::Refusal { .. } => "ask the API again; the answer says why it refused".to_owned(),
            Self::ColumnTwice { .. } => "remove or rename one of the two".to_owned(),
            Self::SeveralPresets { names, .. } => {
                format!(
                    "choose one with `--preset {}`",
                    names.first().map_or("", String::as_str)
                )
            }
            Self::MixedPresets { .. } => "import the files of each system by themselves".to_owned(),
            Self::MixedDuplicates { .. } => {
                "import the files of each form by themselves, or choose with `--on-duplicate`"
                    .to_owned()
            }
            Self::TableTooLarge { .. } => {
                "split the export, or join the tables in the database".to_owned()
            }
            Self::TableRecord { .. } => "export the file again, or repair that record".to_owned(),
            Self::NoCounts { .. } => NO_COUNTS.to_owned(),
            Self::NobodyNamed { what, .. } => format!(
                "give `--{what}`, or a `--name-pattern` such as 'dumps/{{{what}}}.json', or envelopes such as {{\"{what}\":\"…\",\"data\":…}}"
            ),
            Self::NoTable { .. } => "name that file, too, as another INPUT".to_owned(),
        }
    }
}

//! Why an input cannot be read at all. What is wrong with one record is a `Problem`, not an error.

use std::io;
use std::path::PathBuf;

use crate::record::Column;

/// An input that cannot be read, or cannot be read any further.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No INPUT was named.
    #[error("no input was named")]
    NoInput,
    /// Standard input was named more than once.
    #[error("standard input is named more than once")]
    StdinTwice,
    /// The file cannot be opened.
    #[error("cannot open `{}`", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Reading failed in the middle.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The temporary copy of an input that can be read only once cannot be written.
    #[error("cannot keep a temporary copy of `{}`", path.display())]
    Spool {
        /// Which input.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A directory instead of a file.
    #[error("`{}` is a directory", path.display())]
    Directory {
        /// Which one.
        path: PathBuf,
    },
    /// Nothing in it.
    #[error("`{}` is empty", path.display())]
    Empty {
        /// Which file.
        path: PathBuf,
    },
    /// A header, or brackets, and no record.
    #[error("`{}` has no record", path.display())]
    NoRecord {
        /// Which file.
        path: PathBuf,
    },
    /// Control characters all over the start.
    #[error("`{}` is not a text file: byte {byte} is a control character", path.display())]
    Binary {
        /// Which file.
        path: PathBuf,
        /// Offset of the first one.
        byte: u64,
    },
    /// The first bytes are those of a compressed file.
    #[error("`{}` is compressed ({kind})", path.display())]
    Compressed {
        /// Which file.
        path: PathBuf,
        /// By what.
        kind: &'static str,
    },
    /// A byte order mark of another encoding than UTF-8.
    #[error("`{}` is in {encoding}, not in UTF-8", path.display())]
    Encoding {
        /// Which file.
        path: PathBuf,
        /// Which encoding the mark belongs to.
        encoding: &'static str,
    },
    /// Columns that every row needs are not there.
    #[error("`{}` has no column for {}", path.display(), list(missing.iter().map(|c| c.name())))]
    MissingColumns {
        /// Which file.
        path: PathBuf,
        /// What is not there.
        missing: Vec<Column>,
        /// What is there.
        present: Vec<String>,
    },
    /// Two columns stand for one field.
    #[error(
        "`{}` has more than one column for {}: {}",
        path.display(),
        column.name(),
        list(names.iter().map(String::as_str))
    )]
    AmbiguousColumn {
        /// Which file.
        path: PathBuf,
        /// The field.
        column: Column,
        /// The candidates.
        names: Vec<String>,
    },
    /// A column named by the user is not there.
    #[error("`{}` has no column `{name}`", path.display())]
    NamedColumn {
        /// Which file.
        path: PathBuf,
        /// The name that was asked for.
        name: String,
        /// What is there.
        present: Vec<String>,
    },
    /// A record beyond the cap.
    #[error("the record on line {line} of `{}` (byte {byte}) is longer than {cap} bytes", path.display())]
    RecordTooLong {
        /// Which file.
        path: PathBuf,
        /// Where the record starts.
        line: u64,
        /// Where the record starts.
        byte: u64,
        /// The cap.
        cap: usize,
        /// Whether a quote is open in it.
        quoted: bool,
    },
    /// The file ends inside quotes.
    #[error("the quote opened in the record on line {line} of `{}` (byte {byte}) is never closed", path.display())]
    UnclosedQuote {
        /// Which file.
        path: PathBuf,
        /// Where the record starts.
        line: u64,
        /// Where the record starts.
        byte: u64,
    },
    /// JSON after which nobody can tell where the next record begins.
    #[error("expected {expected} on line {line} of `{}` (byte {byte}), found {found}", path.display())]
    Structure {
        /// Which file.
        path: PathBuf,
        /// Where.
        line: u64,
        /// Where.
        byte: u64,
        /// What should stand there.
        expected: &'static str,
        /// What stands there, safe to print.
        found: String,
    },
    /// The file has none of the forms of the preset that it is to be read by.
    #[error("`{}` has none of the forms of preset {preset}", path.display())]
    OtherForm {
        /// Which file.
        path: PathBuf,
        /// Which preset.
        preset: String,
        /// What a file of each form has.
        forms: Vec<String>,
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

impl Error {
    /// What to do about it, one sentence without a full stop.
    pub(crate) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoInput => "name a file, or `-` for standard input".to_owned(),
            Self::StdinTwice => "`-` can be read once; name it once".to_owned(),
            Self::Spool { .. } => {
                "the input is read twice, so it is copied first; free some space or set TMPDIR"
                    .to_owned()
            }
            Self::Directory { .. } => "name the files in it".to_owned(),
            Self::Empty { .. } | Self::NoRecord { .. } => {
                "leave the file out, or export it again".to_owned()
            }
            Self::Binary { .. } => "give CSV or JSON in UTF-8".to_owned(),
            Self::Compressed { .. } => {
                "decompress it first, or pipe it in as in `zcat FILE | im-unread import -`"
                    .to_owned()
            }
            Self::Encoding { .. } => "convert it, as in `iconv -f utf-16 -t utf-8 FILE`".to_owned(),
            Self::MissingColumns {
                missing, present, ..
            } => missing_hint(missing, present),
            Self::AmbiguousColumn { column, names, .. } => {
                let name = names.first().map_or("NAME", String::as_str);
                format!("choose one with `--column {}={name}`", column.name())
            }
            Self::NamedColumn { present, .. } => {
                format!(
                    "the columns are {}",
                    list(present.iter().map(String::as_str))
                )
            }
            Self::RecordTooLong { quoted: true, .. } | Self::UnclosedQuote { .. } => {
                "a quote before that place is probably not closed; inside quotes a quote is doubled"
                    .to_owned()
            }
            Self::RecordTooLong { .. } => {
                "this is probably not a file of one record a line; check the file and `--format`"
                    .to_owned()
            }
            Self::OtherForm { forms, .. } => format!(
                "{}; `im-unread presets` lists all, `--preset auto` looks for one that fits",
                forms.join("; ")
            ),
            Self::SeveralPresets { names, .. } => {
                format!("choose one with `--preset {}`", names.first().map_or("", String::as_str))
            }
            Self::MixedPresets { .. } => "import the files of each system by themselves".to_owned(),
            Self::NoCounts { .. } => {
                "export the counts as well, or name the column that holds them with `--column unread_num=NAME`"
                    .to_owned()
            }
            Self::NobodyNamed { what, .. } => format!(
                "give `--{what}`, or a `--name-pattern` such as 'dumps/{{{what}}}.json', or envelopes such as {{\"{what}\":\"…\",\"data\":…}}"
            ),
            Self::NoTable { .. } => "name that file, too, as another INPUT".to_owned(),
            Self::Structure { .. } => "repair the file there, or export it again".to_owned(),
            Self::Open { .. } | Self::Read { .. } => return None,
        };
        Some(hint)
    }
}

/// The file's columns, the names that would be understood, and the way to name them.
fn missing_hint(missing: &[Column], present: &[String]) -> String {
    let mut hint = format!("it has {}", list(present.iter().map(String::as_str)));
    for &column in missing {
        hint.push_str("; ");
        hint.push_str(column.name());
        hint.push_str(" may be called ");
        hint.push_str(&list(super::columns::aliases(column).iter().copied()));
    }
    if let Some(column) = missing.first() {
        hint.push_str("; another name is given with `--column ");
        hint.push_str(column.name());
        hint.push_str("=NAME`");
    }
    hint
}

/// Most names that a message repeats.
const LISTED: usize = 20;

/// `a`, `b` and `c`; long lists are cut.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names
        .map(|name| format!("`{}`", crate::record::shown(name)))
        .collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        many if many.len() > LISTED => {
            let shown: Vec<&str> = many.iter().take(LISTED).map(String::as_str).collect();
            format!("{} and {} more", shown.join(", "), many.len() - LISTED)
        }
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

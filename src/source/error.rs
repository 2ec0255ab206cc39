//! Why an input cannot be read at all. What is wrong with one record is a `Problem`, not an error.

mod hint;

pub(in crate::source) use self::hint::columns_of;
mod unfit;

use std::io;
use std::path::PathBuf;

pub(crate) use self::unfit::Unfit;
use super::changed::Changed;
use crate::record::Column;
use crate::signals::Signal;

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
    /// The temporary copy would fill the disk.
    #[error("the temporary copy of `{}` would fill the disk: {copied} bytes are written to `{}`, {free} are free", path.display(), dir.display())]
    SpoolFull {
        /// Which input.
        path: PathBuf,
        /// Where the copy is.
        dir: PathBuf,
        /// Bytes written so far, for all inputs.
        copied: u64,
        /// Bytes that are left on the disk.
        free: u64,
    },
    /// A directory or an archive without a file to read.
    #[error("`{}` has no file to read", path.display())]
    NoFile {
        /// Which one.
        path: PathBuf,
        /// Whether it has directories.
        directories: bool,
    },
    /// A pattern that matches nothing.
    #[error("no file matches `{pattern}`")]
    NoMatch {
        /// The pattern.
        pattern: String,
    },
    /// A pattern that is none.
    #[error("`{pattern}` is not a pattern of files")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// Why.
        source: glob::PatternError,
    },
    /// A member that was named is not in the archive, or the file is no archive.
    #[error("`{}` has no member `{member}`", path.display())]
    NoMember {
        /// Which file.
        path: PathBuf,
        /// What was asked for.
        member: String,
        /// What is there.
        present: Vec<String>,
    },
    /// Two members of one name: it is unclear which one counts.
    #[error("`{}` is in its archive more than once", path.display())]
    TwiceInArchive {
        /// Archive and member.
        path: PathBuf,
    },
    /// An archive in an archive, or compression upon compression.
    #[error("`{}` is an archive inside an archive", path.display())]
    Nested {
        /// Which member.
        path: PathBuf,
    },
    /// A member that needs a password.
    #[error("`{}` is encrypted", path.display())]
    Encrypted {
        /// Which member.
        path: PathBuf,
    },
    /// A member compressed in a way that is not read.
    #[error("`{}` is compressed with method {method} of zip, which is not read", path.display())]
    Method {
        /// Which member.
        path: PathBuf,
        /// The number of the method in the format's specification.
        method: u16,
    },
    /// Compressed data that does not decompress to its end.
    #[error(
        "`{}` is {} ({kind}) at byte {byte} of the file{}",
        path.display(),
        broken(source),
        behind(*text)
    )]
    Damaged {
        /// Which file or member.
        path: PathBuf,
        /// Compressions and archives.
        kind: String,
        /// How far the file was read.
        byte: u64,
        /// How much text came out of it.
        text: u64,
        /// What is wrong.
        source: io::Error,
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
    /// The first bytes are those of a compression that is not read.
    #[error("`{}` is compressed ({kind})", path.display())]
    Compressed {
        /// Which file.
        path: PathBuf,
        /// By what.
        kind: &'static str,
    },
    /// The first bytes are those of a file of another program.
    #[error("`{}` is {kind}, not text", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
        /// The command that makes CSV or JSON Lines of it; empty if there is none.
        command: &'static str,
    },
    /// Markup where CSV or JSON is expected.
    #[error("`{}` is {kind}, not CSV or JSON", path.display())]
    Markup {
        /// Which file.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
        /// What to do about it.
        hint: &'static str,
    },
    /// A byte order mark of an encoding that is not read.
    #[error("`{}` is in {encoding}, which is not read", path.display())]
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
    /// More than one input cannot be read.
    #[error("{} of {inputs} inputs cannot be read:{}", errors.len(), each(errors))]
    Several {
        /// How many inputs there are.
        inputs: usize,
        /// Why each cannot.
        errors: Vec<Self>,
    },
    /// A signal asked for the end before all was read.
    #[error("interrupted by {}", .0.name())]
    Interrupted(Signal),
    /// It is not what the first pass read.
    #[error(transparent)]
    Changed(#[from] Changed),
    /// It is not what the preset says.
    #[error(transparent)]
    Unfit(#[from] Unfit),
}

impl Error {
    /// Whether the member of an archive at `path` is no input, and not one that cannot be read.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "every other refusal is of something that was meant as an input"
    )]
    pub(super) fn tells_no_input(&self, path: &std::path::Path) -> bool {
        let name = path.to_string_lossy().to_lowercase();
        let name = name
            .strip_suffix(".gz")
            .or(name.strip_suffix(".zst"))
            .unwrap_or(&name);
        let as_data = DATA.iter().any(|ending| name.ends_with(ending));
        match self {
            Self::Unfit(Unfit::OtherForm { near, .. } | Unfit::Unknown { near, .. }) => near
                .as_ref()
                .is_none_or(|near| near.found.len() < near.missing.len() || near.found.is_empty()),
            Self::MissingColumns { missing, .. } => !as_data && missing.len() > 1,
            Self::Binary { .. }
            | Self::Foreign { .. }
            | Self::Compressed { .. }
            | Self::Nested { .. }
            | Self::Encoding { .. }
            | Self::Markup { .. }
            | Self::Empty { .. } => !as_data,
            _ => false,
        }
    }

    /// Tells of all of `bad` at once, if there are any besides the `good` inputs.
    pub(super) fn unless_none(mut bad: Vec<Self>, good: usize) -> Result<(), Self> {
        if let Some(at) = bad
            .iter()
            .position(|bad| matches!(bad, Self::Interrupted(_)))
        {
            return Err(bad.swap_remove(at));
        }
        match bad.len() {
            0 => Ok(()),
            1 => bad.pop().map_or(Ok(()), Err),
            number => Err(Self::Several {
                inputs: good + number,
                errors: bad,
            }),
        }
    }
}

/// The first errors, a line each, and the number of the others.
fn each(errors: &[Error]) -> String {
    let first = errors.iter().take(LISTED);
    let lines = first.fold(String::new(), |lines, error| format!("{lines}\n{error}"));
    match errors.len().saturating_sub(LISTED) {
        0 => lines,
        more => format!("{lines}\nand {more} more"),
    }
}

/// The endings of members that look like inputs.
const DATA: [&str; 10] = [
    ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".bson", ".sql", ".xlsx", ".parquet", ".avro",
];

/// What is wrong with compressed data, in two words.
fn broken(error: &io::Error) -> &'static str {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        "cut short"
    } else {
        "damaged"
    }
}

/// How much of the text came before.
fn behind(text: u64) -> String {
    match text {
        0 => String::new(),
        text => format!(", behind {text} bytes of text"),
    }
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

//! What to do about each error.

use std::path::Path;

use super::{Error, Unfit, list};
use crate::record::Column;
use crate::source::columns;

const SPOOLED: &str =
    "the input is read twice, so it is copied first; free some space or set TMPDIR";
const SPOOL_FULL: &str = "decompressed, it is larger than the disk has room for: free some space, or name another disk with TMPDIR";
const PATTERNS: &str =
    "`*` stands for any letters, `?` for one, `[ab]` for one of those, `**` for any directories";
const EXTRACT: &str = "extract it with the program that made it, and name the files";
const DAMAGED: &str = "nothing of it is used: copy it again, or export it again";
const EMPTY: &str = "leave the file out, or export it again";
const COMPRESSED: &str = "decompress it first; gzip, zstd, zip and tar are read as they are";
const QUOTE: &str =
    "a quote before that place is probably not closed; inside quotes a quote is doubled";
const RECORD: &str =
    "this is probably not a file of one record a line; check the file and `--format`";

impl Error {
    /// Whether it may be gone when more of the inputs is opened than their beginning.
    pub(crate) const fn lies_behind(&self) -> bool {
        matches!(
            self,
            Self::Unfit(Unfit::NoTable { .. } | Unfit::NoCounts { .. })
                | Self::Structure { .. }
                | Self::UnclosedQuote { .. }
        )
    }

    /// What to do about it, one sentence without a full stop.
    pub(crate) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoInput => "name a file, or `-` for standard input".to_owned(),
            Self::StdinTwice => "`-` can be read once; name it once".to_owned(),
            Self::Spool { .. } => SPOOLED.to_owned(),
            Self::SpoolFull { .. } => SPOOL_FULL.to_owned(),
            Self::NoFile { path, directories } => no_file_hint(path, *directories),
            Self::NoMatch { .. } | Self::Pattern { .. } => PATTERNS.to_owned(),
            Self::NoMember { path, present, .. } => members_hint(path, present),
            Self::TwiceInArchive { .. } => "extract it, and name the file that counts".to_owned(),
            Self::Nested { .. } => "extract it, and name the archive that is in it".to_owned(),
            Self::Encrypted { .. } | Self::Method { .. } => EXTRACT.to_owned(),
            Self::Damaged { .. } => DAMAGED.to_owned(),
            Self::Foreign { path, command, .. } => foreign_hint(path, command),
            Self::Markup { hint, .. } => (*hint).to_owned(),
            Self::Empty { .. } | Self::NoRecord { .. } => EMPTY.to_owned(),
            Self::Binary { .. } => "give CSV or JSON, and `--encoding` if it is text".to_owned(),
            Self::Compressed { .. } => COMPRESSED.to_owned(),
            Self::Encoding { .. } => "convert it, as in `iconv -f utf-32 -t utf-8 FILE`".to_owned(),
            Self::MissingColumns {
                missing, present, ..
            } => missing_hint(missing, present),
            Self::AmbiguousColumn { column, names, .. } => {
                let name = names.first().map_or("NAME", String::as_str);
                format!("choose one with `--column {}={name}`", column.name())
            }
            Self::NamedColumn { present, .. } => format!("the file has {}", columns_of(present)),
            Self::RecordTooLong { quoted: true, .. } | Self::UnclosedQuote { .. } => {
                QUOTE.to_owned()
            }
            Self::RecordTooLong { .. } => RECORD.to_owned(),
            Self::Several { errors, .. } => return errors.iter().find_map(Self::hint),
            Self::Unfit(why) => why.hint(),
            Self::Structure { .. } => "repair the file there, or export it again".to_owned(),
            Self::Open { .. } | Self::Read { .. } | Self::Changed(_) | Self::Interrupted(_) => {
                return None;
            }
        };
        Some(hint)
    }
}

fn no_file_hint(path: &Path, directories: bool) -> String {
    if directories {
        let path = path.display();
        format!("the files of directories in it are read with a pattern, as in '{path}/**/*'")
    } else {
        "hidden files are left out; name the files".to_owned()
    }
}

fn foreign_hint(path: &Path, command: &str) -> String {
    if command.is_empty() {
        return "export it as CSV or JSON".to_owned();
    }
    let path = path.display().to_string();
    let quoted = if path.contains([' ', '\'']) {
        format!("'{}'", path.replace('\'', "'\\''"))
    } else {
        path
    };
    format!(
        "make CSV or JSON of it: {}",
        command.replace("FILE", &quoted)
    )
}

fn members_hint(path: &Path, present: &[String]) -> String {
    if present.is_empty() {
        "it is no archive".to_owned()
    } else {
        let path = path.display();
        let members = present.iter().map(|member| format!("{path}:{member}"));
        let members: Vec<String> = members.collect();
        format!("it has {}", list(members.iter().map(String::as_str)))
    }
}

/// The file's columns, the names that would be understood, and the way to name them.
fn missing_hint(missing: &[Column], present: &[String]) -> String {
    let mut hint = format!("it has {}", columns_of(present));
    for &column in missing {
        hint.push_str("; ");
        hint.push_str(column.name());
        hint.push_str(" may be called ");
        hint.push_str(&list(columns::aliases(column).iter().copied()));
    }
    if let Some(column) = missing.first() {
        hint.push_str("; another name is given with `--column ");
        hint.push_str(column.name());
        hint.push_str("=NAME`");
    }
    hint
}

/// The names of a file's columns, as far as they are names: a file of another kind may have been
/// given, and the first line of a key file is the key. A lone column that nothing is known of is
/// not shown, nor is a word that could be a secret.
pub(in crate::source) fn columns_of(present: &[String]) -> String {
    let (shown, hidden): (Vec<&str>, Vec<&str>) = match present {
        [only] => (Vec::new(), vec![only]),
        several => several
            .iter()
            .map(String::as_str)
            .partition(|name| is_name(name)),
    };
    match (shown.is_empty(), hidden.len()) {
        (false, 0) => list(shown.into_iter()),
        (false, number) => format!(
            "{}, and {number} that are no names",
            list(shown.into_iter())
        ),
        (true, 0) => "no column".to_owned(),
        (true, 1) => "one column, which is not shown since it may be a secret".to_owned(),
        (true, number) => {
            format!("{number} columns, which are not shown since they may be secrets")
        }
    }
}

/// Longest name of a column that is shown.
const LONGEST_NAME: usize = 40;

/// Letters and digits in a row that no name of a column has, if both are among them.
const LONGEST_MIXTURE: usize = 16;

/// Whether a word looks like the name of a column, and not like a key, a token or a signature.
fn is_name(word: &str) -> bool {
    let mixture = |run: &str| {
        let has = |kind: fn(&char) -> bool| run.chars().any(|letter| kind(&letter));
        run.len() >= LONGEST_MIXTURE && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic)
    };
    word.len() <= LONGEST_NAME
        && !word
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .any(mixture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_look_like_names_are_shown() {
        let key = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
        let sig = "eJwtzMsKwjAUBNB-yVrq9eYFXQgurOJFF0Gb2kRuQ9qkD0X8d2Pb5ZwZ5kOq";
        for (present, expected) in [
            (vec![key], "one column, which is not shown"),
            (vec!["hunter2"], "one column, which is not shown"),
            (vec![key, sig], "2 columns, which are not shown"),
            (vec!["colour", key], "colour`, and 1 that are no names"),
            (vec!["colour", "Taste of it"], "`colour` and `Taste of it`"),
            (vec![], "no column"),
        ] {
            let present: Vec<String> = present.into_iter().map(str::to_owned).collect();
            let text = columns_of(&present);
            assert!(text.contains(expected), "{text}");
            assert!(!text.contains(key) && !text.contains(sig), "{text}");
        }
    }
}

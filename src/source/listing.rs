//! What the user named becomes files: a directory is its files, a pattern what it matches, and
//! `archive.zip:member` a part of an archive.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use glob::MatchOptions;

use super::Error;

/// One INPUT as the user named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InputPath {
    /// `-`.
    Stdin,
    /// A path, or a pattern of paths.
    File(PathBuf),
}

/// What is opened as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// The file or stream.
    pub(super) path: InputPath,
    /// Names or patterns of the members to read, in order; all of them if there is none.
    pub(super) members: Vec<String>,
}

/// How patterns match: as a shell does it, so that `*` stops at `/` and leaves hidden files out.
const AS_IN_A_SHELL: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// Endings of files that this tool writes beside its inputs.
const OWN: [&str; 3] = [".checkpoint.jsonl", ".preflight.jsonl", ".verify.jsonl"];

/// The files that `paths` stand for, in order.
pub(super) fn list(paths: &[InputPath]) -> Result<Vec<Listed>, Error> {
    let mut all = Vec::new();
    for path in paths {
        match path {
            InputPath::Stdin => all.push(whole(InputPath::Stdin)),
            InputPath::File(path) => add(path, &mut all)?,
        }
    }
    Ok(all)
}

/// The files behind one path that a user named, an archive for its members; that path itself where
/// it names none.
pub(crate) fn files_of(path: &Path) -> Vec<PathBuf> {
    let named = || vec![path.to_owned()];
    let mut all = Vec::new();
    if add(path, &mut all).is_err() {
        return named();
    }
    let files = all.into_iter().filter_map(|listed| match listed.path {
        InputPath::File(path) => Some(path),
        InputPath::Stdin => None,
    });
    files.collect()
}

fn whole(path: InputPath) -> Listed {
    let members = Vec::new();
    Listed { path, members }
}

fn add(path: &Path, all: &mut Vec<Listed>) -> Result<(), Error> {
    if path.is_dir() {
        all.extend(files_in(path)?.into_iter().map(InputPath::File).map(whole));
        return Ok(());
    }
    if !path.try_exists().unwrap_or(true)
        && let Some(text) = path.to_str()
    {
        if let Some((archive, member)) = member_of(text) {
            add_member(archive, member, all);
            return Ok(());
        }
        if text.contains(['*', '?', '[']) {
            all.extend(matched(text)?.into_iter().map(InputPath::File).map(whole));
            return Ok(());
        }
    }
    all.push(whole(InputPath::File(path.to_owned())));
    Ok(())
}

/// Archive and member of `archive:member`, if there is such an archive.
fn member_of(text: &str) -> Option<(&str, &str)> {
    text.match_indices(':')
        .map(|(at, _)| text.split_at(at))
        .find(|(archive, _)| Path::new(archive).is_file())
        .map(|(archive, member)| (archive, member.trim_start_matches(':')))
}

/// Members that follow each other are taken out of the archive at one go.
fn add_member(archive: &str, member: &str, all: &mut Vec<Listed>) {
    let path = InputPath::File(archive.into());
    match all.last_mut() {
        Some(last) if last.path == path && !last.members.is_empty() => {
            last.members.push(member.to_owned());
        }
        Some(_) | None => all.push(Listed {
            path,
            members: vec![member.to_owned()],
        }),
    }
}

/// The files in a directory by name, byte by byte, without hidden ones and without those of
/// directories in it.
fn files_in(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Open {
        path: path.to_owned(),
        source,
    };
    let mut files = Vec::new();
    let mut directories = false;
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        let kind = std::fs::metadata(&file).map_err(failed)?.file_type();
        directories |= kind.is_dir();
        if kind.is_file() && file.file_name().is_some_and(is_input) {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(Error::NoFile {
            path: path.to_owned(),
            directories,
        });
    }
    files.sort_unstable_by(|a, b| by_bytes(a).cmp(by_bytes(b)));
    Ok(files)
}

fn is_input(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    !name.starts_with('.') && !OWN.iter().any(|ending| name.ends_with(ending))
}

fn matched(pattern: &str) -> Result<Vec<PathBuf>, Error> {
    let paths = glob::glob_with(pattern, AS_IN_A_SHELL).map_err(|source| Error::Pattern {
        pattern: pattern.to_owned(),
        source,
    })?;
    let mut files = Vec::new();
    for path in paths {
        let path = path.map_err(|error| Error::Open {
            path: error.path().to_owned(),
            source: error.into(),
        })?;
        if !path.is_dir() {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(Error::NoMatch {
            pattern: pattern.to_owned(),
        });
    }
    files.sort_unstable_by(|a, b| by_bytes(a).cmp(by_bytes(b)));
    Ok(files)
}

fn by_bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

/// The member, or the members, that a name or a pattern stands for.
#[derive(Debug)]
pub(super) struct Wanted<'w> {
    name: &'w str,
    pattern: Option<glob::Pattern>,
}

impl<'w> Wanted<'w> {
    pub(super) fn new(name: &'w str) -> Self {
        Self {
            name,
            pattern: glob::Pattern::new(name).ok(),
        }
    }

    /// Whether the member called `name` is the one, or one of those.
    pub(super) fn is(&self, name: &str) -> bool {
        let fits = |pattern: &glob::Pattern| pattern.matches_with(name, AS_IN_A_SHELL);
        name == self.name || self.pattern.as_ref().is_some_and(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(directory: &Path, names: &[&str]) -> Result<Vec<String>, Error> {
        let paths: Vec<InputPath> = names
            .iter()
            .map(|name| InputPath::File(directory.join(name)))
            .collect();
        let shown = |listed: Listed| {
            let InputPath::File(path) = listed.path else {
                return "-".to_owned();
            };
            let name = path.strip_prefix(directory).unwrap().display().to_string();
            [vec![name], listed.members].concat().join(" ")
        };
        Ok(list(&paths)?.into_iter().map(shown).collect())
    }

    fn directory(files: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for file in files {
            let path = directory.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        directory
    }

    #[test]
    fn a_directory_is_its_files_by_name_without_hidden_ones_and_our_own() {
        let directory = directory(&[
            "b.csv",
            "B.csv",
            "a10.csv",
            "a2.csv",
            ".DS_Store",
            "b.csv.checkpoint.jsonl",
            "deeper/c.csv",
        ]);
        let names = listed(directory.path(), &[""]).unwrap();
        assert_eq!(names, ["B.csv", "a10.csv", "a2.csv", "b.csv"]);
        let error = listed(&directory.path().join("deeper"), &["c.csv", "."]);
        assert_eq!(error.unwrap(), ["c.csv", "c.csv"]);
    }

    #[test]
    fn a_directory_without_files_says_whether_they_are_deeper() {
        let directory = directory(&["deep/deeper/c.csv", "hidden/.x"]);
        let error = listed(directory.path(), &["deep"]).unwrap_err();
        assert!(error.to_string().ends_with("has no file to read"));
        assert!(error.hint().unwrap().contains("/**/*'"), "{error:?}");
        let error = listed(directory.path(), &["hidden"]).unwrap_err();
        assert!(!error.hint().unwrap().contains("/**/*'"), "{error:?}");
    }

    #[test]
    fn a_pattern_is_what_a_shell_makes_of_it() {
        let directory = directory(&["a/2.json", "a/10.json", "a/.3.json", "a/b/4.json", "a/[x]"]);
        let names = |pattern: &str| listed(directory.path(), &[pattern]);
        assert_eq!(names("a/*.json").unwrap(), ["a/10.json", "a/2.json"]);
        let all = ["a/10.json", "a/2.json", "a/b/4.json"];
        assert_eq!(names("**/*.json").unwrap(), all);
        assert_eq!(names("a/[x]").unwrap(), ["a/[x]"], "a file of that name");
        let error = names("a/*.csv").unwrap_err().to_string();
        assert!(error.starts_with("no file matches `") && error.ends_with("/a/*.csv`"));
        assert!(matches!(names("a/[*"), Err(Error::Pattern { .. })));
        assert_eq!(names("a/5.json").unwrap(), ["a/5.json"], "opening tells");
    }

    #[test]
    fn members_of_one_archive_that_follow_each_other_are_one() {
        let directory = directory(&["a.zip", "b:c.csv"]);
        let names = [
            "a.zip:x.csv",
            "a.zip:d/*.csv",
            "b:c.csv",
            "a.zip:y",
            "a.zip",
        ];
        let listed = listed(directory.path(), &names).unwrap();
        let expected = ["a.zip x.csv d/*.csv", "b:c.csv", "a.zip y", "a.zip"];
        assert_eq!(listed, expected);
    }

    #[test]
    fn a_member_is_wanted_by_its_name_or_by_a_pattern() {
        for (name, wanted, expected) in [
            ("x.csv", "x.csv", true),
            ("x.csv", "*.csv", true),
            ("d/x.csv", "*.csv", false),
            ("d/x.csv", "**/*.csv", true),
            ("[x].csv", "[x].csv", true),
            ("x[", "x[", true),
            ("y", "x[", false),
        ] {
            assert_eq!(Wanted::new(wanted).is(name), expected, "{name} {wanted}");
        }
    }
}

//! Which names of a command mean one file: by device and inode, through links, and by place where
//! there is no file yet.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Links that are followed from a name without a file before it counts as one that leads nowhere.
const MOST_LINKS: usize = 40;

/// What a command does with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    /// It reads it.
    Read,
    /// It appends lines.
    Append,
    /// It writes it anew, or creates it.
    Write,
}

/// A stream of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Standard input.
    Input,
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// A file that a command names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedFile {
    /// The option, or the words that say which file it is.
    pub(crate) name: String,
    /// The path as it was given; of a stream, the words for it.
    pub(crate) path: PathBuf,
    access: Access,
    place: Option<Place>,
}

/// Where a file is. Pipes, devices and directories have no place: nothing in them can be lost.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// A regular file: its device and inode.
    There(u64, u64),
    /// There is none yet: its directory, all links resolved, and its name.
    NotYet(PathBuf),
}

impl NamedFile {
    /// The file at `path`, which the user calls `name`.
    pub(crate) fn new(name: impl Into<String>, path: &Path, access: Access) -> Self {
        Self {
            name: name.into(),
            path: path.to_owned(),
            access,
            place: place_of(path),
        }
    }

    /// The file behind a stream of this process, if a file it is.
    pub(crate) fn of_stream(stream: Stream) -> Option<Self> {
        let (name, path, access, metadata) = match stream {
            Stream::Input => ("standard input", "-", Access::Read, metadata(&io::stdin())),
            Stream::Output => (
                "standard output",
                "-",
                Access::Append,
                metadata(&io::stdout()),
            ),
            Stream::Error => (
                "standard error",
                "-",
                Access::Append,
                metadata(&io::stderr()),
            ),
        };
        Some(Self {
            name: name.to_owned(),
            path: PathBuf::from(path),
            access,
            place: Some(there(&metadata.ok()?)?),
        })
    }
}

fn metadata(stream: &impl AsFd) -> io::Result<Metadata> {
    File::from(stream.as_fd().try_clone_to_owned()?).metadata()
}

fn there(metadata: &Metadata) -> Option<Place> {
    metadata
        .is_file()
        .then(|| Place::There(metadata.dev(), metadata.ino()))
}

fn place_of(path: &Path) -> Option<Place> {
    if is_stream_name(path) {
        return None;
    }
    match path.metadata() {
        Ok(metadata) => there(&metadata),
        Err(_) => not_yet(path).map(Place::NotYet),
    }
}

/// Where a file of that name would be made. Links that lead to no file are followed.
pub(super) fn not_yet(path: &Path) -> Option<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let directory = directory_of(&path).canonicalize().ok()?;
        let place = directory.join(path.file_name()?);
        match place.read_link() {
            Ok(target) => path = directory.join(target),
            Err(_) => return Some(place),
        }
    }
    None
}

/// The directory that holds `path`.
pub(super) fn directory_of(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Whether the name stands for an open file of this process, as `/dev/stdout` does.
pub(super) fn is_stream_name(path: &Path) -> bool {
    let names = ["/dev/stdin", "/dev/stdout", "/dev/stderr"];
    let descriptor = |directory: &Path| {
        directory == Path::new("/dev/fd")
            || directory.starts_with("/proc") && directory.file_name() == Some(OsStr::new("fd"))
    };
    names.iter().any(|name| path == Path::new(name)) || path.parent().is_some_and(descriptor)
}

/// Two of `files` that are one, unless both are only read, or both only appended to; the one that
/// is written comes first.
pub(crate) fn find_clash(files: &[NamedFile]) -> Option<(&NamedFile, &NamedFile)> {
    files.iter().enumerate().find_map(|(index, one)| {
        let others = files.get(..index)?;
        let other = others.iter().find(|other| {
            let harmless = one.access == other.access && one.access != Access::Write;
            !harmless && one.place.is_some() && one.place == other.place
        })?;
        Some(if one.access >= other.access {
            (one, other)
        } else {
            (other, one)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn directory() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("in.csv"), "x").unwrap();
        std::fs::write(path("other.csv"), "x").unwrap();
        std::fs::hard_link(path("in.csv"), path("hard.csv")).unwrap();
        symlink("in.csv", path("soft.csv")).unwrap();
        symlink("new.csv", path("dangling.csv")).unwrap();
        symlink("loop.csv", path("loop.csv")).unwrap();
        std::fs::create_dir(path("sub")).unwrap();
        symlink(".", path("here")).unwrap();
        directory
    }

    #[test]
    fn names_of_one_file_are_told_from_names_of_two() {
        let directory = directory();
        let place = |name: &str| place_of(&directory.path().join(name));
        for (one, other, same) in [
            ("in.csv", "in.csv", true),
            ("in.csv", "./sub/../in.csv", true),
            ("in.csv", "hard.csv", true),
            ("in.csv", "soft.csv", true),
            ("in.csv", "other.csv", false),
            ("in.csv", "new.csv", false),
            ("new.csv", "new.csv", true),
            ("new.csv", "here/new.csv", true),
            ("new.csv", "sub/../new.csv", true),
            ("new.csv", "dangling.csv", true),
            ("new.csv", "sub/new.csv", false),
        ] {
            assert_eq!(place(one) == place(other), same, "{one} {other}");
        }
        for name in ["sub", "loop.csv", "no/such/directory"] {
            assert_eq!(place(name), None, "{name}");
        }
    }

    #[test]
    fn streams_and_devices_cannot_be_destroyed() {
        for name in [
            "/dev/null",
            "/dev/stdout",
            "/dev/fd/1",
            "/proc/self/fd/1",
            "/proc/1/fd/7",
        ] {
            assert_eq!(place_of(Path::new(name)), None, "{name}");
        }
    }

    #[test]
    fn a_clash_needs_one_that_is_written() {
        use Access::{Append, Read, Write};
        let directory = directory();
        let path = directory.path().join("in.csv");
        let clashes = |accesses: [Access; 2]| {
            let files = accesses.map(|access| NamedFile::new(format!("{access:?}"), &path, access));
            find_clash(&files).map(|(one, other)| (one.access, other.access))
        };
        assert_eq!(clashes([Read, Read]), None);
        assert_eq!(clashes([Append, Append]), None);
        assert_eq!(clashes([Read, Append]), Some((Append, Read)));
        assert_eq!(clashes([Read, Write]), Some((Write, Read)));
        assert_eq!(clashes([Write, Read]), Some((Write, Read)));
        assert_eq!(clashes([Append, Write]), Some((Write, Append)));
        assert_eq!(clashes([Write, Write]), Some((Write, Write)));
    }
}

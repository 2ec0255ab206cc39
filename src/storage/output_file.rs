//! A file that a command writes: beside its place, synced, then renamed, so that whoever looks sees
//! the former file or the whole new one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read as _, Write};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::file_identity::{directory_of, is_stream_name, not_yet};

/// Bytes at the beginning of a file by which it is recognised.
const HEAD: u64 = 4096;

/// Numbers that are tried for a name that is free.
const MOST_NAMES: u64 = 10_000;

/// Which existing file a new one may replace. An empty file may always be replaced, and one that
/// holds what would be written stays as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Replace {
    /// None.
    Nothing,
    /// One whose first 4096 bytes are those of `kind`, as the function says.
    Only {
        kind: &'static str,
        is_one: fn(&[u8]) -> bool,
    },
    /// Any: the user said so.
    Anything,
}

/// Why a file cannot be written. Nothing was replaced.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    /// The system refuses.
    #[error("cannot write `{}`", path.display())]
    Io { path: PathBuf, source: io::Error },
    /// It would replace a file.
    #[error("`{}` exists already", path.display())]
    Exists { path: PathBuf },
    /// It would replace a file of another kind.
    #[error("`{}` exists already and is not {kind}", path.display())]
    Foreign { path: PathBuf, kind: &'static str },
}

impl OutputError {
    /// What to do.
    pub(crate) fn hint(&self) -> String {
        let free =
            |path: &Path| format!("name another file: `{}` is free", free_name(path).display());
        match self {
            Self::Io { .. } => {
                "name a file in a directory that exists and can be written, on a disk with room"
                    .to_owned()
            }
            Self::Exists { path } => format!("{}; or give --force to replace it", free(path)),
            Self::Foreign { path, .. } => format!("{}; or move this one away", free(path)),
        }
    }
}

/// A file to be written.
#[derive(Debug, Clone)]
pub(crate) struct OutputFile {
    path: PathBuf,
    replace: Replace,
}

impl OutputFile {
    /// The file at `path`, which may replace what `replace` says.
    pub(crate) fn new(path: &Path, replace: Replace) -> Self {
        Self {
            path: path.to_owned(),
            replace,
        }
    }

    /// Its path, as it was given.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes sure that it can be written, before the work that it is about. Touches nothing.
    pub(crate) fn probe(&self) -> Result<(), OutputError> {
        self.probe_directory()?;
        match self.place()? {
            Place::Beside(place) => self.refuse_existing(&place),
            Place::Device | Place::Stream(_) => Ok(()),
        }
    }

    /// Makes sure that its directory can be written.
    pub(crate) fn probe_directory(&self) -> Result<(), OutputError> {
        if let Place::Beside(place) = self.place()? {
            NamedTempFile::new_in(directory_of(&place)).map_err(|source| self.failed(source))?;
        }
        Ok(())
    }

    /// Begins to write it. Nothing has its name before [`OutputWriter::commit`].
    pub(crate) fn create(&self) -> Result<OutputWriter, OutputError> {
        let target = match self.place()? {
            Place::Stream(file) => Target::Stream(file),
            Place::Device => {
                let open = OpenOptions::new().append(true).open(&self.path);
                Target::Stream(open.map_err(|source| self.failed(source))?)
            }
            Place::Beside(place) => {
                let file = NamedTempFile::new_in(directory_of(&place));
                let file = file.map_err(|source| self.failed(source))?;
                Target::Beside(place, file)
            }
        };
        Ok(OutputWriter {
            output: self.clone(),
            target,
        })
    }

    /// Writes all of it.
    pub(crate) fn write(&self, content: &[u8]) -> Result<(), OutputError> {
        let mut writer = self.create()?;
        writer
            .write_all(content)
            .map_err(|source| self.failed(source))?;
        writer.commit()
    }

    fn place(&self) -> Result<Place, OutputError> {
        let path = &self.path;
        if is_stream_name(path) {
            return Ok(own_stream(path)
                .transpose()
                .map_err(|source| self.failed(source))?
                .map_or(Place::Device, Place::Stream));
        }
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => {
                Err(self.failed(io::ErrorKind::IsADirectory.into()))
            }
            Ok(metadata) if !metadata.is_file() => Ok(Place::Device),
            Ok(_) => path
                .canonicalize()
                .map(Place::Beside)
                .map_err(|source| self.failed(source)),
            Err(source) if source.kind() == io::ErrorKind::NotFound => not_yet(path)
                .map(Place::Beside)
                .ok_or_else(|| self.failed(source)),
            Err(source) => Err(self.failed(source)),
        }
    }

    /// Refuses to replace what is at `place`.
    fn refuse_existing(&self, place: &Path) -> Result<(), OutputError> {
        let head = match head(place) {
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(()),
            head => head.map_err(|source| self.failed(source))?,
        };
        let path = self.path.clone();
        match self.replace {
            Replace::Anything => Ok(()),
            _ if head.is_empty() => Ok(()),
            Replace::Only { is_one, .. } if is_one(&head) => Ok(()),
            Replace::Only { kind, .. } => Err(OutputError::Foreign { path, kind }),
            Replace::Nothing => Err(OutputError::Exists { path }),
        }
    }

    /// The error for bytes that could not be written.
    pub(crate) fn failed(&self, source: io::Error) -> OutputError {
        OutputError::Io {
            path: self.path.clone(),
            source,
        }
    }
}

/// Where bytes go.
enum Place {
    /// To a new file beside this one, which is renamed to it.
    Beside(PathBuf),
    /// Into a pipe or a device.
    Device,
    /// Into an open file of this process.
    Stream(File),
}

/// The stream that the name stands for: opened by its name, a file would be written from its
/// beginning, over what stands in it.
fn own_stream(path: &Path) -> Option<io::Result<File>> {
    let name = path.file_name()?.to_str()?;
    let copy = match name {
        "stdout" | "1" => io::stdout().as_fd().try_clone_to_owned(),
        "stderr" | "2" => io::stderr().as_fd().try_clone_to_owned(),
        _ => return None,
    };
    Some(copy.map(File::from))
}

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    Ok(head)
}

/// A file under way. Dropped without [`OutputWriter::commit`], it leaves nothing.
#[derive(Debug)]
pub(crate) struct OutputWriter {
    output: OutputFile,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// To be renamed to the path. For its owner alone, since it names people.
    Beside(PathBuf, NamedTempFile),
    Stream(File),
}

impl Write for OutputWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.target {
            Target::Beside(_, file) => file.as_file_mut().write(bytes),
            Target::Stream(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl OutputWriter {
    /// Gives the file its name once it is on disk. An existing file with the same content stays.
    pub(crate) fn commit(self) -> Result<(), OutputError> {
        let Self { output, target } = self;
        let Target::Beside(place, file) = target else {
            return Ok(());
        };
        let failed = |source| output.failed(source);
        if is_same(file.path(), &place).map_err(failed)? {
            return Ok(());
        }
        output.refuse_existing(&place)?;
        file.as_file().sync_all().map_err(failed)?;
        let is_there = place.try_exists().map_err(failed)?;
        if matches!(output.replace, Replace::Nothing) && !is_there {
            // Whoever makes the file in this very moment keeps it.
            let kept = file.persist_noclobber(&place);
            kept.map_err(|refused| {
                let path = output.path.clone();
                if refused.error.kind() == io::ErrorKind::AlreadyExists {
                    OutputError::Exists { path }
                } else {
                    failed(refused.error)
                }
            })?;
        } else {
            file.persist(&place)
                .map_err(|refused| failed(refused.error))?;
        }
        sync_directory(&place).map_err(failed)
    }
}

/// Whether the file at `place` holds what the one at `new` does.
fn is_same(new: &Path, place: &Path) -> io::Result<bool> {
    let place = match File::open(place) {
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(false),
        file => file?,
    };
    let new = File::open(new)?;
    if new.metadata()?.len() != place.metadata()?.len() {
        return Ok(false);
    }
    let mut bytes = BufReader::new(new).bytes();
    let mut others = BufReader::new(place).bytes();
    loop {
        match (bytes.next().transpose()?, others.next().transpose()?) {
            (None, None) => return Ok(true),
            (one, other) if one != other => return Ok(false),
            _ => {}
        }
    }
}

/// Opens a file of logs, to append to it, for its owner alone. One that is there has to begin as a
/// log does, as `is_log` says of its first 4096 bytes.
pub(crate) fn open_log(path: &Path, is_log: fn(&[u8]) -> bool) -> Result<File, OutputError> {
    let replace = Replace::Only {
        kind: "a log of im-unread",
        is_one: is_log,
    };
    let output = OutputFile::new(path, replace);
    match output.place()? {
        Place::Stream(file) => return Ok(file),
        Place::Device => {}
        Place::Beside(place) => output.refuse_existing(&place)?,
    }
    let open = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path);
    open.map_err(|source| output.failed(source))
}

/// A name like that of `path` that no file has: `failures.csv`, else `failures-2.csv` and so on.
pub(crate) fn free_name(path: &Path) -> PathBuf {
    let is_free = |path: &Path| fs::symlink_metadata(path).is_err();
    if is_free(path) {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let numbered = |number: u64| {
        let mut name = format!("{stem}-{number}");
        if let Some(extension) = path.extension() {
            name.push('.');
            name.push_str(&extension.to_string_lossy());
        }
        path.with_file_name(name)
    };
    (2..MOST_NAMES)
        .map(numbered)
        .find(|path| is_free(path))
        .unwrap_or_else(|| path.to_owned())
}

/// Brings the directory's entry for `path` to disk. Without this, a power cut could take the whole
/// file although its content was synced.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(directory_of(path))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    const OURS: Replace = Replace::Only {
        kind: "ours",
        is_one: |head| head.starts_with(b"ours"),
    };

    #[test]
    fn what_is_there_stays_unless_it_may_be_replaced() {
        for (replace, before, stays) in [
            (Replace::Nothing, "theirs", true),
            (Replace::Nothing, "", false),
            (OURS, "theirs", true),
            (OURS, "ours, old", false),
            (OURS, "", false),
            (Replace::Anything, "theirs", false),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("out");
            fs::write(&path, before).unwrap();
            let output = OutputFile::new(&path, replace);
            let (probed, written) = (output.probe(), output.write(b"ours, new"));
            let expected = if stays { before } else { "ours, new" };
            assert_eq!(probed.is_err(), stays, "{before}");
            assert_eq!(written.is_err(), stays, "{before}");
            assert_eq!(fs::read_to_string(&path).unwrap(), expected);
            assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn the_same_content_may_be_written_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        let output = OutputFile::new(&path, Replace::Nothing);
        output.write(b"rows").unwrap();
        output.write(b"rows").unwrap();
        assert!(matches!(
            output.write(b"rowz"),
            Err(OutputError::Exists { .. })
        ));
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "it names people");
    }

    #[test]
    fn a_link_stays_and_its_file_is_replaced_but_not_that_of_a_hard_link() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        symlink("target", path("soft")).unwrap();
        OutputFile::new(&path("soft"), Replace::Nothing)
            .write(b"one")
            .unwrap();
        assert!(path("soft").is_symlink());
        fs::hard_link(path("target"), path("hard")).unwrap();
        OutputFile::new(&path("soft"), Replace::Anything)
            .write(b"two")
            .unwrap();
        assert_eq!(fs::read(path("target")).unwrap(), b"two");
        assert_eq!(fs::read(path("hard")).unwrap(), b"one");
        assert_eq!(fs::metadata(path("hard")).unwrap().nlink(), 1);
    }

    #[test]
    fn names_that_are_free_are_suggested() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        for (name, suggested) in [
            ("a.csv", "a.csv"),
            ("a.csv", "a-2.csv"),
            ("a.csv", "a-3.csv"),
            ("run-2026-11-25.csv", "run-2026-11-25.csv"),
            ("run-2026-11-25.csv", "run-2026-11-25-2.csv"),
            ("plain", "plain"),
            ("plain", "plain-2"),
        ] {
            let free = free_name(&path(name));
            assert_eq!(free, path(suggested));
            fs::write(free, "x").unwrap();
        }
    }
}

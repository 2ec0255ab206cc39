//! An input that is no longer what the first pass read.

use std::path::PathBuf;

/// What became of an input after the first pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Changed {
    /// Other bytes stand where the first pass read.
    #[error("`{}` changed while it was being imported: its bytes {from} to {to} are not those that were checked", path.display())]
    Rewritten {
        /// Which file.
        path: PathBuf,
        /// Offset of the piece's first byte in the file.
        from: u64,
        /// Offset of the byte behind the piece.
        to: u64,
    },
    /// It ends before the place up to which the first pass read.
    #[error("`{}` was cut short while it was being imported: it had {bytes} bytes, now it has {left}", path.display())]
    Shorter {
        /// Which file.
        path: PathBuf,
        /// Its size before.
        bytes: u64,
        /// Its size now.
        left: u64,
    },
    /// Something was appended; what the first pass read is still there.
    #[error("{} grew while it was being imported", names(paths))]
    Grown {
        /// Which files.
        paths: Vec<PathBuf>,
        /// Planned rows that were not made calls: each was the last of its file and had no line
        /// end, so it may have been half a row.
        withheld: u64,
    },
}

fn names(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths
        .iter()
        .map(|path| format!("`{}`", path.display()))
        .collect();
    match names.as_slice() {
        [] => "the input".to_owned(),
        [first] => first.clone(),
        [first, second] => format!("{first} and {second}"),
        [first, others @ ..] => format!("{first} and {} other inputs", others.len()),
    }
}

//! A file that no other process uses as long as it is open here.

use std::fs::{File, TryLockError};
use std::ops::Deref;

/// An open file with an advisory lock on it (`flock(2)` on Linux), let go when this is dropped.
///
/// Closing the file would not be enough: a process that is just being started holds a copy of
/// every open file until it has become another program, and the lock would be held by that copy.
#[derive(Debug)]
pub(crate) struct LockedFile(File);

impl LockedFile {
    /// Locks `file` for this process alone. `WouldBlock` if another one has it.
    pub(crate) fn exclusive(file: File) -> Result<Self, TryLockError> {
        file.try_lock()?;
        Ok(Self(file))
    }

    /// Locks `file` for all who read it only. `WouldBlock` if another process writes it.
    pub(crate) fn shared(file: File) -> Result<Self, TryLockError> {
        file.try_lock_shared()?;
        Ok(Self(file))
    }
}

impl Deref for LockedFile {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl Drop for LockedFile {
    fn drop(&mut self) {
        // Should that fail, closing the file lets go of the lock as well, if a moment later.
        drop(self.0.unlock());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_in_a_process_being_started_does_not_keep_the_lock() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let open = || File::options().append(true).open(file.path()).unwrap();
        let locked = LockedFile::exclusive(open()).unwrap();
        // What a child has between `fork` and `exec`.
        let copy = locked.try_clone().unwrap();
        assert!(matches!(
            LockedFile::exclusive(open()),
            Err(TryLockError::WouldBlock)
        ));
        drop(locked);
        drop(LockedFile::exclusive(open()).unwrap());
        drop(copy);
    }

    #[test]
    fn readers_share_a_file_and_keep_a_writer_out() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let open = || File::options().read(true).append(true).open(file.path());
        let readers = [(); 2].map(|()| LockedFile::shared(open().unwrap()).unwrap());
        assert!(matches!(
            LockedFile::exclusive(open().unwrap()),
            Err(TryLockError::WouldBlock)
        ));
        drop(readers);
        drop(LockedFile::exclusive(open().unwrap()).unwrap());
    }
}

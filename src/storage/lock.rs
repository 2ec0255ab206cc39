//! A file that no other process uses as long as it is open here.

use std::fs::{File, TryLockError};
use std::ops::Deref;
use std::time::Duration;

/// How often a lock is tried again: whoever only looks whether a file is locked holds it for some
/// microseconds, and must not turn away a process that wants to write.
const LOOKS: u32 = 5;

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(4);

/// An open file with an advisory lock on it (`flock(2)` on Linux), let go when this is dropped.
///
/// Closing the file would not be enough: a process that is just being started holds a copy of
/// every open file until it has become another program, and the lock would be held by that copy.
#[derive(Debug)]
pub(crate) struct LockedFile(File);

impl LockedFile {
    /// Locks `file` for this process alone. `WouldBlock` if another one has it.
    pub(crate) fn exclusive(file: File) -> Result<Self, TryLockError> {
        for _ in 0..LOOKS {
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => pause(),
                locked => return locked.map(|()| Self(file)),
            }
        }
        file.try_lock()?;
        Ok(Self(file))
    }

    /// Locks `file` for all who read it only. `WouldBlock` if another process writes it.
    pub(crate) fn shared(file: File) -> Result<Self, TryLockError> {
        file.try_lock_shared()?;
        Ok(Self(file))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "files are opened before anything runs that could be held up"
)]
fn pause() {
    std::thread::sleep(PAUSE);
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
    fn a_short_look_at_the_lock_turns_nobody_away() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let open = || File::options().read(true).append(true).open(file.path());
        let look = LockedFile::shared(open().unwrap()).unwrap();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| LockedFile::exclusive(open().unwrap()));
            pause();
            drop(look);
            assert!(writer.join().unwrap().is_ok());
        });
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

//! How far a file was read, and whether it was the file itself that could not be read: a decoder
//! on top of it hands both kinds of errors through alike.

use std::cell::Cell;
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::rc::Rc;

/// What is known of the reading of one file.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter(Rc<Known>);

#[derive(Debug, Default)]
struct Known {
    taken: Cell<u64>,
    failed: Cell<bool>,
}

impl Meter {
    /// How far into the file a decoder has read, in bytes.
    pub(super) fn taken(&self) -> u64 {
        self.0.taken.get()
    }

    /// Whether the file itself could not be read.
    pub(super) fn failed(&self) -> bool {
        self.0.failed.get()
    }

    fn watched<T>(&self, result: io::Result<T>) -> io::Result<T> {
        let failed = result
            .as_ref()
            .is_err_and(|error| error.kind() != io::ErrorKind::Interrupted);
        self.0.failed.set(self.0.failed.get() || failed);
        result
    }
}

/// A stream that is watched.
pub(super) struct Metered<R> {
    inner: R,
    meter: Meter,
}

impl<R> Metered<R> {
    pub(super) fn new(inner: R, meter: &Meter) -> Self {
        let meter = meter.clone();
        Self { inner, meter }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.meter.watched(self.inner.read(buffer))?;
        let known = &self.meter.0;
        known.taken.set(known.taken.get() + read as u64);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.meter.watched(self.inner.fill_buf())
    }

    fn consume(&mut self, bytes: usize) {
        self.inner.consume(bytes);
        let known = &self.meter.0;
        known.taken.set(known.taken.get() + bytes as u64);
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = self.meter.watched(self.inner.seek(to))?;
        self.meter.0.taken.set(position);
        Ok(position)
    }
}

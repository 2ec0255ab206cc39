//! A stream whose beginning can be looked at before it is read.

use std::io::{self, Read};

/// Bytes that are looked at: enough for the header of a tar, and some thousand rows by which an
/// encoding is told.
pub(super) const HEAD: usize = 256 << 10;

/// The stream, from its first byte.
pub(super) struct Peeked<R> {
    head: Vec<u8>,
    given: usize,
    rest: R,
    /// Why the stream ends behind its beginning.
    failed: Option<io::Error>,
}

impl<R: Read> Peeked<R> {
    /// Reads the beginning. An error on the way is told where it happened: to whoever reads so far.
    pub(super) fn new(mut rest: R) -> Self {
        let mut head = Vec::new();
        let failed = rest.by_ref().take(HEAD as u64).read_to_end(&mut head).err();
        Self {
            head,
            given: 0,
            rest,
            failed,
        }
    }

    /// The beginning.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Whether the beginning is all.
    pub(super) const fn is_whole(&self) -> bool {
        self.head.len() < HEAD
    }
}

impl<R: Read> Read for Peeked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut ahead = self.head.get(self.given..).unwrap_or_default();
        if ahead.is_empty() {
            return match self.failed.take() {
                Some(error) => Err(error),
                None => self.rest.read(buffer),
            };
        }
        let read = ahead.read(buffer)?;
        self.given += read;
        Ok(read)
    }
}

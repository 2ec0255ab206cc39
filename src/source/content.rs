//! What an input held when it was first read, piece by piece, so that a later pass can tell whether
//! it reads the same.
//!
//! BLAKE3 hashes a file as a tree whose subtrees are the pieces, so the hash of the whole and those
//! of the pieces are computed in one go.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::sync::Arc;

use blake3::hazmat::{
    ChainingValue, HasherExt as _, Mode, merge_subtrees_non_root, merge_subtrees_root,
};

/// Bytes of a piece: some 600 rows, which take three seconds to send. The pieces of 10 GB take
/// 5 MB of memory. BLAKE3 asks for a power of two of at least 1 KiB.
pub(super) const PIECE: usize = 16 << 10;

/// What an input held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Content {
    /// Its size in bytes.
    pub(crate) bytes: u64,
    /// BLAKE3 of its bytes, in hexadecimal.
    pub(crate) hash: String,
    pieces: Arc<[u64]>,
}

impl Content {
    /// What the first `limit` bytes of `file` are.
    pub(super) fn of_file(file: &File, limit: u64) -> io::Result<Self> {
        let mut hasher = Hasher::default();
        let mut block = vec![0; 16 * PIECE];
        let mut at = 0;
        while at < limit {
            let room =
                usize::try_from(limit - at).map_or(block.len(), |left| left.min(block.len()));
            let read = file.read_at(block.get_mut(..room).unwrap_or_default(), at)?;
            if read == 0 {
                break;
            }
            hasher.update(block.get(..read).unwrap_or_default());
            at += read as u64;
        }
        Ok(hasher.finish())
    }

    /// How many pieces it has.
    pub(super) fn pieces(&self) -> u64 {
        self.pieces.len() as u64
    }

    /// Where piece `number` is, from 0; `None` behind the last.
    pub(super) fn range(&self, number: u64) -> Option<Range<u64>> {
        let start = number.checked_mul(PIECE as u64)?;
        (start < self.bytes).then(|| start..self.bytes.min(start + PIECE as u64))
    }

    /// Whether `bytes` are piece `number`.
    pub(super) fn has(&self, number: u64, bytes: &[u8]) -> bool {
        let piece = usize::try_from(number)
            .ok()
            .and_then(|at| self.pieces.get(at));
        piece.is_some_and(|&piece| piece == short(&subtree(number, bytes)))
    }
}

/// Which file it is, and when the system last changed it: a file of which all of this is as it was
/// need not be read again. What differs says nothing about the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    pub(super) bytes: u64,
    changed: (i64, i64),
}

impl Identity {
    pub(super) fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            bytes: metadata.len(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

/// Hashes what passes, in order.
#[derive(Debug, Default)]
pub(super) struct Hasher {
    bytes: u64,
    pieces: Vec<u64>,
    /// Hashes of the largest subtrees of whole pieces, from left to right.
    stack: Vec<ChainingValue>,
    /// The piece that is not known to have another one behind it.
    last: blake3::Hasher,
}

impl Hasher {
    /// Takes the bytes that come next.
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.last.count() == PIECE as u64 {
                self.end_piece();
            }
            let room = PIECE - usize::try_from(self.last.count()).unwrap_or(PIECE);
            let (piece, rest) = bytes.split_at(room.min(bytes.len()));
            self.last.update(piece);
            self.bytes += piece.len() as u64;
            bytes = rest;
        }
    }

    /// The last piece is whole, and another one follows.
    fn end_piece(&mut self) {
        let mut right = self.last.finalize_non_root();
        self.pieces.push(short(&right));
        // As many subtrees are complete as the number of pieces has zeros at its end.
        for _ in 0..self.pieces.len().trailing_zeros() {
            if let Some(left) = self.stack.pop() {
                right = merge_subtrees_non_root(&left, &right, Mode::Hash);
            }
        }
        self.stack.push(right);
        self.last = blake3::Hasher::new();
        self.last.set_input_offset(self.bytes);
    }

    /// What passed.
    pub(super) fn finish(&self) -> Content {
        let mut pieces = self.pieces.clone();
        if self.bytes > 0 {
            pieces.push(short(&self.last.finalize_non_root()));
        }
        Content {
            bytes: self.bytes,
            hash: self.root().to_hex().to_string(),
            pieces: pieces.into(),
        }
    }

    fn root(&self) -> blake3::Hash {
        let Some((first, between)) = self.stack.split_first() else {
            return self.last.finalize();
        };
        let right = between
            .iter()
            .rfold(self.last.finalize_non_root(), |right, left| {
                merge_subtrees_non_root(left, &right, Mode::Hash)
            });
        merge_subtrees_root(first, &right, Mode::Hash)
    }
}

/// The hash of piece `number`.
fn subtree(number: u64, bytes: &[u8]) -> ChainingValue {
    let mut hasher = blake3::Hasher::new();
    hasher.set_input_offset(number * PIECE as u64);
    hasher.update(bytes).finalize_non_root()
}

/// As much of a hash as tells a piece from what a program writes in its place.
fn short(hash: &ChainingValue) -> u64 {
    hash.first_chunk()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_blake3_of_the_whole_however_the_bytes_come() {
        let data: Vec<u8> = (0..=250).cycle().take(9 * PIECE + 5).collect();
        let sizes = (0..=9).flat_map(|pieces| [0, 1, 1024, 1025].map(|more| pieces * PIECE + more));
        for size in sizes.filter(|&size| size <= data.len()) {
            let data = &data[..size];
            for step in [PIECE, 1 << 20, 7001] {
                let mut hasher = Hasher::default();
                data.chunks(step).for_each(|bytes| hasher.update(bytes));
                let content = hasher.finish();
                let expected = blake3::hash(data).to_hex().to_string();
                assert_eq!(content.hash, expected, "{size} bytes, {step} at a time");
                assert_eq!(content.pieces(), size.div_ceil(PIECE) as u64);
                for (number, piece) in (0_u64..).zip(data.chunks(PIECE)) {
                    assert!(content.has(number, piece), "piece {number} of {size}");
                    let mut other = piece.to_vec();
                    other[piece.len() - 1] ^= 1;
                    assert!(!content.has(number, &other), "piece {number} of {size}");
                }
                assert_eq!(content.range(content.pieces()), None);
            }
        }
    }
}

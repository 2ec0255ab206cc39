//! Mutations: small damage, large damage, and pieces of other files, all from one seed.

use std::ops::Range;

/// Pieces that mean something to one of the readers.
const TOKENS: [&[u8]; 24] = [
    b"\"",
    b"\"\"",
    b",",
    b";",
    b"\t",
    b"|",
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"\\",
    b"\\u0000",
    b"null",
    b"0",
    b"4294967296",
    b"group_id,member_account,unread_num\n",
    b"{\"group_id\":\"g\",\"member_account\":\"m\",\"unread_num\":1}\n",
];

/// The longest input; longer ones only take longer.
const LONGEST: usize = 64 * 1024;

/// Makes one input after the other.
#[derive(Debug)]
pub(crate) struct Mutator<'a> {
    random: fastrand::Rng,
    corpus: &'a [Vec<u8>],
    current: Vec<u8>,
}

impl<'a> Mutator<'a> {
    /// The inputs of this seed.
    pub(crate) fn new(seed: u64, corpus: &'a [Vec<u8>]) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed),
            corpus,
            current: Vec::new(),
        }
    }

    /// The next input.
    pub(crate) fn next(&mut self) -> &[u8] {
        self.current = self.random.choice(self.corpus).cloned().unwrap_or_default();
        for _ in 0..self.random.u32(1..8) {
            self.damage();
        }
        self.current.truncate(LONGEST);
        &self.current
    }

    fn damage(&mut self) {
        let range = self.range();
        match self.random.u32(0..8) {
            0 => self.flip(range.start),
            1 => drop(self.current.drain(range)),
            2 => {
                let piece = self.current.get(range).map(<[u8]>::to_vec);
                self.insert(&piece.unwrap_or_default());
            }
            3 => self.current.truncate(range.start),
            4 => {
                let piece = self.foreign();
                self.insert(&piece);
            }
            5 => {
                let byte = self.random.u8(..);
                self.insert(&[byte]);
            }
            6 => {
                let piece = self.random.choice(TOKENS).unwrap_or_default();
                drop(self.current.splice(range, piece.iter().copied()));
            }
            _ => {
                let piece = self.random.choice(TOKENS).unwrap_or_default();
                self.insert(piece);
            }
        }
    }

    fn flip(&mut self, at: usize) {
        let bit = 1 << self.random.u32(0..8);
        if let Some(byte) = self.current.get_mut(at) {
            *byte ^= bit;
        }
    }

    fn insert(&mut self, piece: &[u8]) {
        let at = self.random.usize(0..=self.current.len());
        drop(self.current.splice(at..at, piece.iter().copied()));
    }

    /// Some bytes of another file.
    fn foreign(&mut self) -> Vec<u8> {
        let Some(other) = self.random.choice(self.corpus) else {
            return Vec::new();
        };
        let start = self.random.usize(0..=other.len());
        let end = self.random.usize(start..=other.len());
        other.get(start..end).unwrap_or_default().to_vec()
    }

    /// Some bytes of the current input, mostly few.
    fn range(&mut self) -> Range<usize> {
        let length = self.current.len();
        let start = self.random.usize(0..=length);
        let most = match self.random.u32(0..4) {
            0 => length - start,
            _ => (length - start).min(8),
        };
        start..start + self.random.usize(0..=most)
    }
}

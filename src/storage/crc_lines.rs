//! The lines of a log: JSON objects, one a line, each with the CRC-32C of its bytes as its last
//! member.
//!
//! Owns the end of a line, the longest line, and what an unfinished last line means: a whole line
//! without its newline counts, a part of a line does not. What a line says belongs to `checkpoint`
//! and `reads`; opening, locking and appending to `log_file`.

use std::io::{self, BufRead as _, BufReader, Read};

use serde::{Deserialize, Serialize};

/// Between a line's content and its checksum.
const CRC_MEMBER: &[u8] = b",\"crc\":\"";

/// Length of a line's end: the member, eight digits, `"}`.
const CRC_TAIL: usize = CRC_MEMBER.len() + 8 + 2;

/// Bytes of the longest line, its newline included. No line of ours comes near this, and a file
/// that is not ours must not fill the memory.
const LONGEST_LINE: usize = 16 << 20;

/// Bytes read at a time: large enough that the system calls do not show, small enough not to show
/// in the memory.
const BLOCK: usize = 1 << 20;

/// Why a line cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadLine {
    /// The end of the line is not a checksum.
    #[error("the line has no checksum")]
    NoChecksum,
    /// The checksum is of other bytes.
    #[error("the checksum is `{found}`, but the line's bytes give `{computed}`")]
    Checksum { found: String, computed: String },
    /// The checksum holds, but the content is not of this format.
    #[error("the line is not of this format: {why}")]
    Content { why: String },
}

/// A line that no reader would accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line of {bytes} bytes is longer than the {LONGEST_LINE} bytes that can be read back")]
pub(crate) struct TooLong {
    bytes: usize,
}

/// Appends `line` with its checksum and its newline to `buffer`; nothing if it is too long.
pub(crate) fn encode(line: &impl Serialize, buffer: &mut Vec<u8>) -> Result<(), TooLong> {
    let start = buffer.len();
    serde_json::to_writer(&mut *buffer, line)
        .expect("plain data with string keys always serialises into memory");
    let closing = buffer.pop();
    debug_assert_eq!(closing, Some(b'}'), "every line is an object");
    let crc = crc32c::crc32c(buffer.get(start..).unwrap_or_default());
    buffer.extend_from_slice(CRC_MEMBER);
    buffer.extend_from_slice(format!("{crc:08x}\"}}\n").as_bytes());
    let bytes = buffer.len() - start;
    if bytes > LONGEST_LINE {
        buffer.truncate(start);
        return Err(TooLong { bytes });
    }
    Ok(())
}

/// Compares a line (without its newline) with its checksum.
pub(crate) fn verify(line: &[u8]) -> Result<(), BadLine> {
    let (content, tail) = line
        .len()
        .checked_sub(CRC_TAIL)
        .and_then(|at| line.split_at_checked(at))
        .ok_or(BadLine::NoChecksum)?;
    let digits = tail
        .strip_prefix(CRC_MEMBER)
        .and_then(|rest| rest.strip_suffix(b"\"}"))
        .ok_or(BadLine::NoChecksum)?;
    let computed = crc32c::crc32c(content);
    if parse_hex(digits) == Some(computed) {
        Ok(())
    } else {
        Err(BadLine::Checksum {
            found: String::from_utf8_lossy(digits).into_owned(),
            computed: format!("{computed:08x}"),
        })
    }
}

/// Eight lower-case hex digits.
fn parse_hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |value, &digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(value << 4 | u32::from(digit))
    })
}

/// Reads a line (without its newline) whose checksum holds.
pub(crate) fn decode<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, BadLine> {
    verify(line)?;
    serde_json::from_slice(line).map_err(|error| BadLine::Content {
        why: error.to_string(),
    })
}

/// The format version of a first line, whatever else a newer format may hold; `None` if it states
/// none.
pub(crate) fn format_version(line: &[u8]) -> Option<u32> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    serde_json::from_slice::<Version>(line)
        .ok()
        .map(|version| version.format)
}

/// How a log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    /// With a newline.
    Clean,
    /// With a whole line that lacks its newline only: it counts.
    Unterminated,
    /// With so many bytes of a line that was cut off: they do not count.
    Torn(u64),
}

/// Why the next line cannot be had.
#[derive(Debug)]
pub(crate) enum LineError {
    /// The log cannot be read.
    Read(io::Error),
    /// It is damaged.
    Damaged(DamagedLine),
}

/// A line, not the last, that is not what was written.
#[derive(Debug)]
pub(crate) struct DamagedLine {
    /// Its number, from 1.
    pub(crate) line: u64,
    /// Offset of its first byte.
    pub(crate) byte: u64,
    /// What is wrong with it.
    pub(crate) problem: BadLine,
}

/// A whole line, without its newline.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    /// Its number, from 1.
    pub(crate) number: u64,
    /// Offset of its first byte.
    pub(crate) byte: u64,
    /// Its bytes, not verified yet.
    pub(crate) bytes: &'a [u8],
}

impl<'a> Line<'a> {
    /// Reads the line if its checksum holds.
    pub(crate) fn decode<T: Deserialize<'a>>(&self) -> Result<T, LineError> {
        decode(self.bytes).map_err(|problem| self.damaged(problem))
    }

    /// The error for this line.
    pub(crate) fn damaged(&self, problem: BadLine) -> LineError {
        LineError::Damaged(DamagedLine {
            line: self.number,
            byte: self.byte,
            problem,
        })
    }
}

/// The whole lines of a log, from its beginning.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    reader: BufReader<R>,
    buffer: Vec<u8>,
    number: u64,
    start: u64,
    end: u64,
    tail: Tail,
}

impl<R: Read> Lines<R> {
    /// The lines of what `reader` reads.
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader: BufReader::with_capacity(BLOCK, reader),
            buffer: Vec::with_capacity(512),
            number: 0,
            start: 0,
            end: 0,
            tail: Tail::Clean,
        }
    }

    /// Length of what counts so far, in bytes.
    pub(crate) const fn end(&self) -> u64 {
        self.end
    }

    /// How the log ends; final when [`Lines::next`] has returned `None`.
    pub(crate) const fn tail(&self) -> Tail {
        self.tail
    }

    /// The bytes of a line that was cut off.
    pub(crate) fn torn(&self) -> &[u8] {
        match self.tail {
            Tail::Torn(_) => &self.buffer,
            Tail::Clean | Tail::Unterminated => &[],
        }
    }

    /// The next whole line; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Line<'_>>, LineError> {
        self.buffer.clear();
        self.number += 1;
        self.start = self.end;
        let mut limited = (&mut self.reader).take(LONGEST_LINE as u64);
        let read = limited
            .read_until(b'\n', &mut self.buffer)
            .map_err(LineError::Read)?;
        if self.buffer.last() == Some(&b'\n') {
            self.buffer.pop();
            self.end += read as u64;
            return Ok(Some(self.line()));
        }
        if read == LONGEST_LINE {
            return Err(self.line().damaged(BadLine::NoChecksum));
        }
        self.unfinished(read as u64)
    }

    fn line(&self) -> Line<'_> {
        Line {
            number: self.number,
            byte: self.start,
            bytes: &self.buffer,
        }
    }

    /// What to make of bytes after the last newline.
    fn unfinished(&mut self, read: u64) -> Result<Option<Line<'_>>, LineError> {
        if read == 0 {
            return Ok(None);
        }
        if verify(&self.buffer).is_ok() {
            self.tail = Tail::Unterminated;
            self.end += read;
            return Ok(Some(self.line()));
        }
        // A whole line with another byte where its newline was: no crash writes that.
        if let Some((_, whole)) = self.buffer.split_last()
            && verify(whole).is_ok()
        {
            return Err(self.line().damaged(BadLine::NoChecksum));
        }
        self.tail = Tail::Torn(read);
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_line_is_read_back_and_a_longer_one_is_never_written() {
        let around = |text: usize| serde_json::json!({ "text": "x".repeat(text) });
        let overhead = {
            let mut empty = Vec::new();
            encode(&around(0), &mut empty).unwrap();
            empty.len()
        };
        let mut log = Vec::new();
        encode(&around(LONGEST_LINE - overhead), &mut log).unwrap();
        assert_eq!(log.len(), LONGEST_LINE);
        let too_long = encode(&around(LONGEST_LINE - overhead + 1), &mut log);
        assert!(too_long.is_err());
        assert_eq!(log.len(), LONGEST_LINE, "nothing of it is in the buffer");
        encode(&around(1), &mut log).unwrap();
        let mut lines = Lines::new(log.as_slice());
        for _ in 0..2 {
            let line = lines.next().unwrap().unwrap();
            line.decode::<serde_json::Value>().unwrap();
        }
        assert!(lines.next().unwrap().is_none());
        assert_eq!((lines.end(), lines.tail()), (log.len() as u64, Tail::Clean));
    }

    #[test]
    fn a_line_that_never_ends_does_not_fill_the_memory() {
        let mut lines = Lines::new(io::repeat(b'x'));
        assert!(matches!(
            lines.next(),
            Err(LineError::Damaged(DamagedLine { line: 1, .. }))
        ));
        assert_eq!(lines.buffer.len(), LONGEST_LINE);
    }
}

//! Text in another encoding than UTF-8: told from its first bytes, and decoded as it is read.
//!
//! A file is taken for another encoding on evidence only. One bad byte in ten million rows of
//! UTF-8 is a bad row, and no reason to read the others differently.

use std::io::{self, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, GB18030, GBK, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};

/// An encoding that text can be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// UTF-8, which is read as it is.
    pub(super) const UTF_8: Self = Self(UTF_8);

    /// Reads a name or alias of the WHATWG Encoding Standard, by which `latin1` is Windows-1252.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        encoding_rs::Encoding::for_label(name.as_bytes())
            .filter(|&encoding| encoding != REPLACEMENT)
            .map(Self::widened)
    }

    /// GB18030 holds all of GBK, and what a spreadsheet calls GBK often goes beyond it.
    fn widened(encoding: &'static encoding_rs::Encoding) -> Self {
        Self(if encoding == GBK { GB18030 } else { encoding })
    }

    /// Its usual name.
    pub(super) fn name(self) -> &'static str {
        match self.0.name() {
            "gb18030" => "GB18030",
            "windows-1252" => "Windows-1252",
            other => other,
        }
    }
}

/// How an encoding is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// By a byte order mark.
    Mark,
    /// The user named it.
    Named,
    /// By the look of the first bytes.
    Guessed,
}

/// What was found out about a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sniffed {
    pub(super) encoding: Encoding,
    pub(super) known: Known,
    /// Bytes of a byte order mark that is not part of the text.
    pub(super) mark: u64,
}

/// Byte order marks; that of UTF-8 is left to whoever reads the text.
const MARKS: [(&[u8], u64, &encoding_rs::Encoding); 3] = [
    (b"\xef\xbb\xbf", 0, UTF_8),
    (b"\xff\xfe", 2, UTF_16LE),
    (b"\xfe\xff", 2, UTF_16BE),
];

/// Whether `head` begins with the mark of UTF-32, which nothing here decodes.
pub(super) fn is_utf_32(head: &[u8]) -> bool {
    head.starts_with(b"\xff\xfe\0\0") || head.starts_with(b"\0\0\xfe\xff")
}

/// Tells the encoding of a text by its beginning; `whole` if that is all of it. A mark is certain,
/// and so is the user; without either it is UTF-8 unless the bytes say otherwise.
pub(super) fn sniff(head: &[u8], whole: bool, named: Option<Encoding>) -> Sniffed {
    let marked = MARKS.iter().find(|(mark, ..)| head.starts_with(mark));
    if let Some(&(_, mark, encoding)) = marked {
        return Sniffed {
            encoding: Encoding(encoding),
            known: Known::Mark,
            mark,
        };
    }
    let known = match named {
        Some(_) => Known::Named,
        None => Known::Guessed,
    };
    Sniffed {
        encoding: named.unwrap_or_else(|| guess(head, whole)),
        known,
        mark: 0,
    }
}

fn guess(head: &[u8], whole: bool) -> Encoding {
    if let Some(wide) = wide(head) {
        return Encoding(wide);
    }
    if !is_legacy(head, whole) {
        return Encoding::UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(head, whole);
    Encoding::widened(detector.guess(None, Utf8Detection::Deny))
}

/// Letters at the start that have to look like UTF-16: a header or a bracket and a key.
const WIDE_LETTERS: usize = 8;

/// UTF-16 without a mark: the text begins with letters of ASCII, every other byte of which is 0.
fn wide(head: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let (units, _) = head.as_chunks::<2>();
    let start = units.get(..WIDE_LETTERS.min(units.len()))?;
    let text = |byte: u8| byte.is_ascii_whitespace() || (b' '..0x7f).contains(&byte);
    if start.len() < WIDE_LETTERS / 2 {
        None
    } else if start.iter().all(|&[low, high]| text(low) && high == 0) {
        Some(UTF_16LE)
    } else if start.iter().all(|&[high, low]| text(low) && high == 0) {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Places that are not UTF-8, each in a cell of its own, from which on it is not a matter of bad
/// bytes.
const PLACES: u32 = 3;

/// Whether text that is not UTF-8 is in some older encoding, rather than damaged.
fn is_legacy(head: &[u8], whole: bool) -> bool {
    if std::str::from_utf8(head).is_ok() {
        return false;
    }
    let json = head
        .trim_ascii_start()
        .first()
        .is_some_and(|byte| matches!(byte, b'{' | b'['));
    let (mut valid, mut invalid, mut places) = (0_usize, 0_usize, 0);
    let (mut same_cell, mut in_header, mut header) = (false, !json, false);
    let mut seen = 0;
    for chunk in head.utf8_chunks() {
        let text = chunk.valid();
        valid += text.chars().filter(|letter| !letter.is_ascii()).count();
        let ends_cell = |letter| matches!(letter, '\n' | '\r' | ',' | ';' | '\t' | '|' | '"' | ':');
        same_cell &= !text.contains(ends_cell);
        in_header &= !text.contains(['\n', '\r']);
        seen += text.len() + chunk.invalid().len();
        // The head may end within a letter.
        if chunk.invalid().is_empty() || (seen == head.len() && !whole) {
            continue;
        }
        invalid += 1;
        places += u32::from(!same_cell);
        same_cell = true;
        header |= in_header;
    }
    // In text of an older encoding some pairs of bytes are UTF-8 by chance, one in five or so.
    valid * 2 <= invalid && (header || places >= PLACES)
}

/// What stands in the text for bytes that mean nothing in its encoding: a byte that is no UTF-8
/// either, so that the record it is in is judged as any other with such a byte.
const MALFORMED: u8 = 0xff;

/// Bytes decoded at a time.
const BLOCK: usize = 64 << 10;

/// Hands a stream of another encoding on as UTF-8.
pub(super) struct Decoding<R> {
    inner: R,
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
    /// What of `raw` is not decoded yet.
    pending: std::ops::Range<usize>,
    ended: bool,
    text: Vec<u8>,
    /// What of `text` is not handed on yet.
    ahead: std::ops::Range<usize>,
    done: bool,
    malformed: u64,
}

impl<R: Read> Decoding<R> {
    /// Decodes `inner`, which stands behind the byte order mark.
    pub(super) fn new(inner: R, encoding: Encoding) -> Self {
        Self {
            inner,
            decoder: encoding.0.new_decoder_without_bom_handling(),
            raw: vec![0; BLOCK],
            pending: 0..0,
            ended: false,
            // A letter of UTF-16 can become three bytes; one more is for what is malformed.
            text: vec![0; BLOCK * 3 / 2 + 1],
            ahead: 0..0,
            done: false,
            malformed: 0,
        }
    }

    /// Places that mean nothing in the encoding, in what was read so far.
    pub(super) const fn malformed(&self) -> u64 {
        self.malformed
    }

    fn decode_more(&mut self) -> io::Result<()> {
        if self.pending.is_empty() && !self.ended {
            let read = self.inner.read(&mut self.raw)?;
            self.pending = 0..read;
            self.ended = read == 0;
        }
        let raw = self.raw.get(self.pending.clone()).unwrap_or_default();
        let room = self.text.split_last_mut().map(|(_, room)| room);
        let (result, read, mut written) = self.decoder.decode_to_utf8_without_replacement(
            raw,
            room.unwrap_or_default(),
            self.ended,
        );
        self.pending.start += read;
        match result {
            DecoderResult::InputEmpty => self.done = self.ended,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => {
                if let Some(place) = self.text.get_mut(written) {
                    *place = MALFORMED;
                }
                written += 1;
                self.malformed += 1;
            }
        }
        self.ahead = 0..written;
        Ok(())
    }
}

impl<R: Read> Read for Decoding<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.ahead.is_empty() && !self.done && !buffer.is_empty() {
            self.decode_more()?;
        }
        let mut ahead = self.text.get(self.ahead.clone()).unwrap_or_default();
        let read = ahead.read(buffer)?;
        self.ahead.start += read;
        Ok(read)
    }
}

#[cfg(test)]
#[path = "encoding_tests.rs"]
mod tests;

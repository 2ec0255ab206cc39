//! BSON, as `mongodump` writes a collection: documents one after the other become JSON Lines.

use std::io::{self, BufRead, Read};

use bson::raw::{RawArray, RawBsonRef, RawDocument};
use serde_json::Value;
use serde_json::json;

/// The longest document: `MongoDB` stops at 16 MiB, and adds a little of its own.
const DOCUMENT_CAP: usize = (16 << 20) + (16 << 10);

/// The shortest: a length and the byte behind the last element.
const SHORTEST: usize = 5;

/// Whether `head` begins with a document. Text does not: its first four bytes would be a length
/// beyond any document's.
pub(super) fn is_bson(head: &[u8]) -> bool {
    let Some(length) = length(head) else {
        return false;
    };
    match head.get(..length) {
        Some(document) => RawDocument::from_bytes(document)
            .is_ok_and(|document| document.iter().all(|element| element.is_ok())),
        // Longer than the beginning: a type and the name of an element stand first.
        None => head.get(4).is_some_and(|kind| matches!(kind, 1..=19)) && head.contains(&0),
    }
}

fn length(head: &[u8]) -> Option<usize> {
    let bytes: [u8; 4] = head.get(..4)?.try_into().ok()?;
    let length = usize::try_from(i32::from_le_bytes(bytes)).ok()?;
    (SHORTEST..=DOCUMENT_CAP)
        .contains(&length)
        .then_some(length)
}

/// Reads BSON as JSON Lines.
pub(super) struct Lines<R> {
    inner: R,
    document: Vec<u8>,
    line: Vec<u8>,
    given: usize,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            document: Vec::new(),
            line: Vec::new(),
            given: 0,
        }
    }

    /// Makes the next line; `false` at the end.
    fn advance(&mut self) -> io::Result<bool> {
        if self.inner.fill_buf()?.is_empty() {
            return Ok(false);
        }
        let mut prefix = [0; 4];
        self.inner.read_exact(&mut prefix)?;
        let length = length(&prefix).ok_or_else(|| broken("the length of a document is wrong"))?;
        self.document.clear();
        self.document.extend(prefix);
        self.document.resize(length, 0);
        let rest = self.document.get_mut(4..).unwrap_or_default();
        self.inner.read_exact(rest)?;
        let document = RawDocument::from_bytes(&self.document).map_err(io::Error::other)?;
        self.line.clear();
        self.given = 0;
        write_document(document, &mut self.line)?;
        self.line.push(b'\n');
        Ok(true)
    }
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl<R: BufRead> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            let mut ahead = self.line.get(self.given..).unwrap_or_default();
            if ahead.is_empty() {
                // What was read before an error is given first.
                match self.advance() {
                    Ok(true) => continue,
                    Ok(false) => break,
                    Err(_) if filled > 0 && self.line.is_empty() => break,
                    Err(error) => return Err(error),
                }
            }
            let room = buffer.get_mut(filled..).unwrap_or_default();
            let read = ahead.read(room)?;
            self.given += read;
            filled += read;
        }
        Ok(filled)
    }
}

fn write_document(document: &RawDocument, line: &mut Vec<u8>) -> io::Result<()> {
    line.push(b'{');
    for (at, element) in document.iter().enumerate() {
        let (key, value) = element.map_err(io::Error::other)?;
        if at > 0 {
            line.push(b',');
        }
        serde_json::to_writer(&mut *line, key.as_str())?;
        line.push(b':');
        write_value(value, line)?;
    }
    line.push(b'}');
    Ok(())
}

fn write_array(array: &RawArray, line: &mut Vec<u8>) -> io::Result<()> {
    line.push(b'[');
    for (at, value) in array.into_iter().enumerate() {
        if at > 0 {
            line.push(b',');
        }
        write_value(value.map_err(io::Error::other)?, line)?;
    }
    line.push(b']');
    Ok(())
}

/// Ids are their hexadecimal letters and numbers their digits; what can be no field is its type.
fn write_value(value: RawBsonRef<'_>, line: &mut Vec<u8>) -> io::Result<()> {
    let value = match value {
        RawBsonRef::Document(document) => return write_document(document, line),
        RawBsonRef::Array(array) => return write_array(array, line),
        RawBsonRef::String(text) | RawBsonRef::Symbol(text) => {
            return Ok(serde_json::to_writer(line, text)?);
        }
        RawBsonRef::ObjectId(id) => Value::String(id.to_hex()),
        RawBsonRef::Int32(number) => json!(number),
        RawBsonRef::Int64(number) => json!(number),
        RawBsonRef::Double(number) => json!(number),
        RawBsonRef::Boolean(truth) => json!(truth),
        RawBsonRef::DateTime(time) => json!({ "$date": time.timestamp_millis() }),
        RawBsonRef::Decimal128(number) => json!({ "$numberDecimal": number.to_string() }),
        RawBsonRef::Null | RawBsonRef::Undefined => Value::Null,
        RawBsonRef::RegularExpression(_)
        | RawBsonRef::JavaScriptCode(_)
        | RawBsonRef::JavaScriptCodeWithScope(_)
        | RawBsonRef::Timestamp(_)
        | RawBsonRef::Binary(_)
        | RawBsonRef::MaxKey
        | RawBsonRef::MinKey
        | RawBsonRef::DbPointer(_) => json!({ "$type": format!("{:?}", value.element_type()) }),
    };
    Ok(serde_json::to_writer(line, &value)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{_id: ObjectId("5c3f9a1e2b7d4c0012ab34cd"), n: Int32(5), l: [NumberLong(7), "x"]}`, byte by byte.
    fn document() -> Vec<u8> {
        let mut inside = Vec::new();
        inside.extend(b"\x07_id\0\x5c\x3f\x9a\x1e\x2b\x7d\x4c\x00\x12\xab\x34\xcd");
        inside.extend(b"\x10n\0\x05\0\0\0");
        inside.extend(b"\x04l\0\x19\0\0\0\x120\0\x07\0\0\0\0\0\0\0\x021\0\x02\0\0\0x\0\0");
        let length = u32::try_from(inside.len() + 5).unwrap();
        [&length.to_le_bytes()[..], &inside, b"\0"].concat()
    }

    #[test]
    fn documents_become_lines() {
        let bytes = [document(), document()].concat();
        assert!(is_bson(&bytes));
        let mut text = String::new();
        Lines::new(bytes.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        let line = r#"{"_id":"5c3f9a1e2b7d4c0012ab34cd","n":5,"l":[7,"x"]}"#;
        assert_eq!(text, format!("{line}\n{line}\n"));
        let cut = &bytes[..bytes.len() - 3];
        let error = Lines::new(cut).read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn text_is_no_document() {
        for head in [
            &b"group,user"[..],
            b"{\"a\":1}",
            b"",
            b"\x05\0\0",
            b"\x1f\x8b\x08\0",
        ] {
            assert!(!is_bson(head), "{head:?}");
        }
    }
}

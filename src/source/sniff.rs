//! What a file is, told from its first bytes.

use std::path::Path;

use super::columns;
use super::json::scan::Scan;
use super::json::{self, Form};
use super::{Error, Format, Options, csv};
use crate::settings::NamedColumn;

/// The delimiters that are tried, the most usual first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The UTF-8 byte order mark.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes that are looked at for signs of a binary file.
const LOOKED_AT: usize = 8192;

/// How to read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Cells between `delimiter`s, below a header.
    Csv {
        /// What stands between two cells.
        delimiter: u8,
    },
    /// JSON.
    Json(Form),
}

/// What was found out about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sniffed {
    pub(super) layout: Layout,
    /// Bytes before the first record: a byte order mark, a `sep=` line.
    pub(super) prelude: usize,
    /// Whether there is a byte order mark.
    pub(super) marked: bool,
    /// Whether the first line ends with CRLF.
    pub(super) crlf: bool,
}

/// Looks at `sample`, the beginning of the file at `path`.
pub(super) fn sniff(path: &Path, sample: &[u8], options: &Options) -> Result<Sniffed, Error> {
    refuse_what_is_no_text(path, sample)?;
    let marked = sample.starts_with(MARK);
    let mark = if marked { MARK.len() } else { 0 };
    let text = sample.get(mark..).unwrap_or_default();
    let Some(first) = text.iter().find(|byte| !byte.is_ascii_whitespace()) else {
        return Err(Error::Empty {
            path: path.to_owned(),
        });
    };
    if *first == b'<' && options.format == Format::Auto {
        return Err(markup(path, text));
    }
    let (layout, separator_line) = match (options.format, first) {
        (Format::Jsonl, _) => (Layout::Json(Form::Lines), 0),
        (Format::Auto | Format::Json, b'[') => (Layout::Json(Form::Array), 0),
        (Format::Json, _) => (Layout::Json(Form::Documents), 0),
        (Format::Auto, b'{') if options.preset.is_some() => (Layout::Json(answer_form(text)), 0),
        (Format::Auto, b'{') => (Layout::Json(object_form(text)), 0),
        (Format::Auto | Format::Csv, _) => csv_layout(text, options),
    };
    let first_line = memchr::memchr(b'\n', text).and_then(|end| text.get(..end));
    let crlf = first_line.is_some_and(|line| line.ends_with(b"\r"));
    Ok(Sniffed {
        layout,
        prelude: mark + separator_line,
        marked,
        crlf,
    })
}

/// What the markup is that stands where CSV or JSON is expected.
fn markup(path: &Path, text: &[u8]) -> Error {
    let start = text.get(..text.len().min(1024)).unwrap_or_default();
    let start = String::from_utf8_lossy(start).to_lowercase();
    let (kind, hint) = if start.contains("<html") || start.contains("<!doctype html") {
        (
            "a page of HTML",
            "the server answered with a page, often of a login or an error: ask its API again",
        )
    } else if start.contains("<mysqldump") || start.contains("<resultset") {
        (
            "XML of MySQL",
            "dump it without `--xml`, or as text: mysql --batch -e 'SELECT … FROM …' > counts.tsv",
        )
    } else {
        (
            "XML",
            "ask for JSON: QuickBlox gives it under names that end in .json",
        )
    };
    Error::Markup {
        path: path.to_owned(),
        kind,
        hint,
    }
}

fn refuse_what_is_no_text(path: &Path, sample: &[u8]) -> Result<(), Error> {
    let looked_at = sample
        .get(..sample.len().min(LOOKED_AT))
        .unwrap_or_default();
    let control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    let Some(byte) = looked_at.iter().position(control) else {
        return Ok(());
    };
    // A stray NUL in a cell makes one invalid row; a file full of them is no text.
    if looked_at
        .iter()
        .copied()
        .filter(|byte| control(byte))
        .count()
        * 10
        > looked_at.len()
    {
        return Err(Error::Binary {
            path: path.to_owned(),
            byte: byte as u64,
        });
    }
    Ok(())
}

/// Tells one object a line from objects over several lines: some line is a whole object.
fn object_form(text: &[u8]) -> Form {
    let whole = |line: &[u8]| json::is_object(line.trim_ascii_end());
    if text.split(|&byte| byte == b'\n').any(whole) {
        Form::Lines
    } else {
        Form::Documents
    }
}

/// The same for what may be the answer of an API: an object over several lines, some of which may
/// by themselves be objects.
fn answer_form(text: &[u8]) -> Form {
    let text = text.trim_ascii_start();
    match json::scan::value(text) {
        Scan::Value(end) if text.get(..end).is_some_and(|value| value.contains(&b'\n')) => {
            Form::Documents
        }
        Scan::Value(_) | Scan::Broken(_) => object_form(text),
        // The first line of a file of lines is broken, or the answer is longer than what is seen.
        Scan::Cut => {
            let lines = text.split(|&byte| byte == b'\n');
            let lines = lines.filter(|line| !line.trim_ascii().is_empty());
            let whole = |line: &&[u8]| json::is_object(line.trim_ascii_end());
            let (all, whole) = lines.fold((0_usize, 0_usize), |(all, seen), line| {
                (all + 1, seen + usize::from(whole(&line)))
            });
            if whole * 2 >= all {
                Form::Lines
            } else {
                Form::Documents
            }
        }
    }
}

/// The delimiter, and the length of a `sep=` line as spreadsheets write it.
fn csv_layout(text: &[u8], options: &Options) -> (Layout, usize) {
    let line_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let first_line = text.split(line_end).next().unwrap_or_default();
    let crlf = text
        .get(first_line.len()..)
        .is_some_and(|rest| rest.starts_with(b"\r\n"));
    let (declared, skipped) = match first_line {
        // The delimiter may itself be a blank; spaces behind it mean nothing.
        [b's', b'e', b'p', b'=', delimiter, rest @ ..] if rest.trim_ascii_end().is_empty() => {
            (Some(*delimiter), first_line.len() + 1 + usize::from(crlf))
        }
        _ => (None, 0),
    };
    let header = text.get(skipped..).unwrap_or_default();
    let delimiter = options
        .delimiter
        .or(declared)
        .unwrap_or_else(|| likely_delimiter(header, &options.columns));
    (Layout::Csv { delimiter }, skipped)
}

/// The delimiter by which most of the needed columns, and then most cells, are found.
fn likely_delimiter(header: &[u8], named: &[NamedColumn]) -> u8 {
    let merit = |delimiter: u8| {
        let cells = csv::header_of(header, delimiter);
        (columns::recognised(&cells, named), cells.len())
    };
    let mut best = (b',', merit(b','));
    for delimiter in DELIMITERS {
        let merit = merit(delimiter);
        if merit > best.1 {
            best = (delimiter, merit);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(text: &str) -> Layout {
        sniff(Path::new("x"), text.as_bytes(), &Options::default())
            .unwrap()
            .layout
    }

    #[test]
    fn the_delimiter_is_the_one_that_finds_the_columns() {
        for (header, delimiter) in [
            ("group_id,member_account,unread_num\n", b','),
            ("group_id;member_account;unread_num\n", b';'),
            ("group_id\tmember_account\tunread_num\r\n", b'\t'),
            ("a,b,c|group|user|count|d,e,f,g,h\n", b'|'),
            ("\"group,id\";\"user\";count\n", b';'),
            ("x;y;z,w\n", b';'),
            ("nothing\n", b','),
        ] {
            assert_eq!(layout(header), Layout::Csv { delimiter }, "{header}");
        }
    }

    #[test]
    fn a_separator_line_of_a_spreadsheet_is_obeyed_and_skipped() {
        let text = b"\xef\xbb\xbfsep=;\r\ngroup;user;count\r\n";
        let sniffed = sniff(Path::new("x"), text, &Options::default()).unwrap();
        let expected = Sniffed {
            layout: Layout::Csv { delimiter: b';' },
            prelude: 10,
            marked: true,
            crlf: true,
        };
        assert_eq!(sniffed, expected);
        for (text, prelude, delimiter) in [
            (&b"sep=;\rgroup;user"[..], 6, b';'),
            (b"sep=;\ngroup;user", 6, b';'),
            (b"sep=;  \ngroup;user", 8, b';'),
            (b"sep=\t\ngroup\tuser", 6, b'\t'),
            (b"sep=\t\r\na\tb,c,d,e,f", 7, b'\t'),
        ] {
            let sniffed = sniff(Path::new("x"), text, &Options::default()).unwrap();
            assert_eq!(sniffed.layout, Layout::Csv { delimiter });
            assert_eq!(sniffed.prelude, prelude);
        }
    }

    #[test]
    fn the_forms_of_json_are_told_apart() {
        for (text, form) in [
            ("{\"a\":1}\n{\"a\":2}\n", Form::Lines),
            ("{\"a\":1}", Form::Lines),
            ("{\"a\":\n{\"a\":2}\n", Form::Lines),
            ("{\n  \"a\": {}\n}\n{\n}\n", Form::Documents),
            (" [{\"a\":1}]", Form::Array),
        ] {
            assert_eq!(layout(text), Layout::Json(form), "{text}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused_by_name() {
        let refusal = |bytes: &[u8]| {
            sniff(Path::new("x"), bytes, &Options::default())
                .unwrap_err()
                .to_string()
        };
        let elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0";
        assert_eq!(
            refusal(elf),
            "`x` is not a text file: byte 0 is a control character"
        );
        assert_eq!(refusal(b" \r\n\n"), "`x` is empty");
        assert_eq!(refusal(b"\xef\xbb\xbf"), "`x` is empty");
    }
}

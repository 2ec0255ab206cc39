//! Dumps of databases as text (`pg_dump`, `mysqldump`): each table becomes CSV.
//!
//! COPY blocks and INSERTs are read; everything else of a dump is passed over. Where an INSERT
//! names no columns, they are those of the CREATE TABLE before it.

use std::collections::HashMap;
use std::io::{self, BufRead, Read};

/// The longest statement: servers take 1 GiB at most, and the writers of dumps stop at some MB.
const STATEMENT_CAP: usize = 64 << 20;

/// What the beginnings of dumps have, and of nothing else.
const BEGINNINGS: [&str; 10] = [
    "-- MySQL dump",
    "-- MariaDB dump",
    "/*M!999999",
    "--\n-- PostgreSQL database",
    "-- PostgreSQL database",
    "/*!40",
    "INSERT INTO ",
    "COPY public.",
    "CREATE TABLE ",
    "DROP TABLE ",
];

/// Whether `head` is the beginning of a dump.
pub(super) fn is_dump(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let head = head.trim_ascii_start();
    BEGINNINGS
        .iter()
        .any(|beginning| head.starts_with(beginning.as_bytes()))
}

/// A table that comes next, and how its rows stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Next {
    Copy {
        table: String,
        columns: Vec<String>,
    },
    /// The whole statement.
    Insert {
        table: String,
        statement: String,
    },
}

/// Reads the tables of a dump one after the other.
pub(super) struct Dump<R> {
    inner: R,
    /// The columns of each table, as CREATE TABLE has them.
    columns: HashMap<String, Vec<String>>,
    next: Option<Next>,
    line: String,
    /// Whether a backslash in a string is an escape.
    backslashes: bool,
}

impl<R: BufRead> Dump<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            columns: HashMap::new(),
            next: None,
            line: String::new(),
            backslashes: false,
        }
    }

    /// Goes to the next table that has rows: its name.
    pub(super) fn next_table(&mut self) -> io::Result<Option<String>> {
        if self.next.is_none() {
            self.next = self.find()?;
        }
        Ok(self.next.as_ref().map(|next| match next {
            Next::Copy { table, .. } | Next::Insert { table, .. } => table.clone(),
        }))
    }

    /// The rows of the table as CSV, below a header.
    pub(super) fn rows(&mut self) -> Rows<'_, R> {
        Rows {
            dump: self,
            table: None,
            out: Vec::new(),
            given: 0,
            copying: false,
        }
    }

    fn read_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        let mut bytes = Vec::new();
        let read = (&mut self.inner)
            .take(STATEMENT_CAP as u64)
            .read_until(b'\n', &mut bytes)?;
        // Blobs need not be UTF-8, and are no fields.
        self.line.push_str(&String::from_utf8_lossy(&bytes));
        Ok(read > 0)
    }

    fn find(&mut self) -> io::Result<Option<Next>> {
        while self.read_line()? {
            let line = self.line.trim_start();
            if line.starts_with("-- MySQL") || line.starts_with("-- MariaDB") {
                self.backslashes = true;
            } else if let Some(rest) = line.strip_prefix("COPY ")
                && line.trim_end().ends_with("FROM stdin;")
            {
                let (table, rest) = identifier(rest);
                let mut columns = names(rest);
                if columns.is_empty() {
                    columns = self.columns.get(&table).cloned().unwrap_or_default();
                }
                return Ok(Some(Next::Copy { table, columns }));
            } else if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
                let rest = rest.strip_prefix("IF NOT EXISTS ").unwrap_or(rest);
                let (table, _) = identifier(rest);
                let columns = self.created()?;
                self.columns.insert(table, columns);
            } else if let Some(rest) = inserted(line) {
                let (table, _) = identifier(rest);
                self.backslashes |= rest.starts_with('`');
                let statement = self.statement()?;
                return Ok(Some(Next::Insert { table, statement }));
            }
        }
        Ok(None)
    }

    /// The columns of the CREATE TABLE whose first line is at hand.
    fn created(&mut self) -> io::Result<Vec<String>> {
        let mut columns = Vec::new();
        while self.read_line()? {
            let line = self.line.trim();
            if line.starts_with(')') {
                break;
            }
            let quoted = line.starts_with(['`', '"']);
            let (name, _) = identifier(line);
            let constraint = [
                "PRIMARY",
                "KEY",
                "UNIQUE",
                "INDEX",
                "CONSTRAINT",
                "FOREIGN",
                "CHECK",
                "FULLTEXT",
                "SPATIAL",
                "EXCLUDE",
                "LIKE",
            ];
            if quoted || !constraint.contains(&name.to_uppercase().as_str()) && !name.is_empty() {
                columns.push(name);
            }
        }
        Ok(columns)
    }

    /// The statement whose first line is at hand, to its end.
    fn statement(&mut self) -> io::Result<String> {
        let mut statement = std::mem::take(&mut self.line);
        while !is_complete(&statement, self.backslashes) {
            if statement.len() > STATEMENT_CAP {
                return Err(broken("a statement is longer than 64 MiB"));
            }
            if !self.read_line()? {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "a statement has no end",
                ));
            }
            statement.push_str(&self.line);
        }
        Ok(statement)
    }
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// What stands behind `INSERT INTO` or its like.
fn inserted(line: &str) -> Option<&str> {
    ["INSERT INTO ", "INSERT IGNORE INTO ", "REPLACE INTO "]
        .iter()
        .find_map(|beginning| line.strip_prefix(beginning))
}

/// The name at the front of `text`, without quotes and schema, and what stands behind it.
fn identifier(text: &str) -> (String, &str) {
    let mut rest = text.trim_start();
    loop {
        let quote = rest
            .chars()
            .next()
            .filter(|first| matches!(first, '`' | '"'));
        let name;
        (name, rest) = if let Some(quote) = quote {
            let inside = rest.get(1..).unwrap_or_default();
            let (name, rest) = inside.split_once(quote).unwrap_or((inside, ""));
            (name.to_owned(), rest)
        } else {
            let end = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '$'));
            let (name, rest) = rest.split_at(end.unwrap_or(rest.len()));
            (name.to_owned(), rest)
        };
        match rest.strip_prefix('.') {
            Some(behind) => rest = behind,
            None => return (name, rest),
        }
    }
}

/// The names in the brackets at the front of `text`.
fn names(text: &str) -> Vec<String> {
    let Some(inside) = text.trim_start().strip_prefix('(') else {
        return Vec::new();
    };
    let (inside, _) = inside.split_once(')').unwrap_or((inside, ""));
    inside.split(',').map(|name| identifier(name).0).collect()
}

/// Whether the statement ends with its text: `;` outside of strings.
fn is_complete(statement: &str, backslashes: bool) -> bool {
    if !statement.trim_end().ends_with(';') {
        return false;
    }
    let mut quoted = false;
    let mut bytes = statement.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if quoted && backslashes => {
                bytes.next();
            }
            b'\'' => quoted = !quoted,
            _ => {}
        }
    }
    !quoted
}

/// The rows of one table.
pub(super) struct Rows<'d, R> {
    dump: &'d mut Dump<R>,
    /// The table, once its header was written.
    table: Option<String>,
    out: Vec<u8>,
    given: usize,
    /// Whether a COPY block is open.
    copying: bool,
}

impl<R: BufRead> Rows<'_, R> {
    /// Adds some rows to `out`; `false` behind the last.
    fn advance(&mut self) -> io::Result<bool> {
        self.out.clear();
        self.given = 0;
        if self.copying {
            if !self.dump.read_line()? {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "a COPY block has no end",
                ));
            }
            let line = self.dump.line.trim_end_matches(['\r', '\n']);
            self.copying = line != "\\.";
            if self.copying {
                write_row(line.split('\t').map(copied), &mut self.out);
            }
            return Ok(true);
        }
        let next = match self.dump.next.take() {
            Some(next) => Some(next),
            None => self.dump.find()?,
        };
        match next {
            Some(Next::Copy { table, columns }) if self.is_same(&table) => {
                self.begin(table, columns);
                self.copying = true;
            }
            Some(Next::Insert { table, statement }) if self.is_same(&table) => {
                self.insert(table, &statement)?;
            }
            other => {
                self.dump.next = other;
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_same(&self, table: &str) -> bool {
        self.table.as_ref().is_none_or(|known| known == table)
    }

    /// Writes the header, unless it is written.
    fn begin(&mut self, table: String, columns: Vec<String>) {
        if self.table.is_none() {
            write_row(columns.into_iter().map(Some), &mut self.out);
            self.table = Some(table);
        }
    }

    fn insert(&mut self, table: String, statement: &str) -> io::Result<()> {
        let (_, rest) = identifier(inserted(statement.trim_start()).unwrap_or_default());
        let mut columns = names(rest);
        if columns.is_empty() {
            columns = self.dump.columns.get(&table).cloned().unwrap_or_default();
        }
        if columns.is_empty() {
            return Err(broken("neither INSERT nor CREATE TABLE names the columns"));
        }
        self.begin(table, columns);
        let at = rest.find("VALUES").or_else(|| rest.find("values"));
        let values = at.and_then(|at| rest.get(at + "VALUES".len()..));
        let values = values.ok_or_else(|| broken("an INSERT has no VALUES"))?;
        let mut scan = Tuples {
            rest: values,
            backslashes: self.dump.backslashes,
        };
        while let Some(row) = scan.tuple()? {
            write_row(row.into_iter(), &mut self.out);
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Rows<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut ahead = self.out.get(self.given..).unwrap_or_default();
            if ahead.is_empty() {
                if !self.advance()? {
                    return Ok(0);
                }
                continue;
            }
            let read = ahead.read(buffer)?;
            self.given += read;
            return Ok(read);
        }
    }
}

/// A cell of a COPY block; `None` for null.
fn copied(cell: &str) -> Option<String> {
    if cell == "\\N" {
        return None;
    }
    if !cell.contains('\\') {
        return Some(cell.to_owned());
    }
    let mut text = String::new();
    let mut letters = cell.chars();
    while let Some(letter) = letters.next() {
        text.push(match letter {
            '\\' => match letters.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some('v') => '\u{b}',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    Some(text)
}

/// Writes a row of CSV; null is `\N`, as the databases write it.
pub(super) fn write_row(cells: impl Iterator<Item = Option<String>>, out: &mut Vec<u8>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let Some(cell) = cell else {
            out.extend(b"\\N");
            continue;
        };
        if cell.contains([',', '"', '\n', '\r']) || cell.is_empty() {
            out.push(b'"');
            out.extend(cell.replace('"', "\"\"").bytes());
            out.push(b'"');
        } else {
            out.extend(cell.bytes());
        }
    }
    out.push(b'\n');
}

/// Takes the rows of an INSERT apart.
struct Tuples<'t> {
    rest: &'t str,
    backslashes: bool,
}

impl Tuples<'_> {
    fn skip(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self) {
        let mut letters = self.rest.chars();
        letters.next();
        self.rest = letters.as_str();
    }

    /// The next row; `None` at the end of the statement.
    fn tuple(&mut self) -> io::Result<Option<Vec<Option<String>>>> {
        if self.skip() == Some(',') {
            self.take();
        }
        if self.skip() != Some('(') {
            return Ok(None);
        }
        self.take();
        let mut row = Vec::new();
        loop {
            row.push(self.value()?);
            match self.skip() {
                Some(',') => self.take(),
                Some(')') => {
                    self.take();
                    return Ok(Some(row));
                }
                Some(_) | None => return Err(broken("a row of an INSERT cannot be read")),
            }
        }
    }

    fn value(&mut self) -> io::Result<Option<String>> {
        self.skip();
        let escaped = self.rest.starts_with("E'");
        let behind = ["E'", "N'", "'"]
            .iter()
            .find_map(|q| self.rest.strip_prefix(q));
        let behind = behind.or_else(|| {
            // `_binary 'x'` of mysqldump.
            let rest = self.rest.strip_prefix("_binary ")?;
            rest.strip_prefix('\'')
        });
        let value = if let Some(behind) = behind {
            self.rest = behind;
            Some(self.string(escaped || self.backslashes)?)
        } else {
            let end = self.rest.find([',', ')']).unwrap_or(self.rest.len());
            let (word, rest) = self.rest.split_at(end);
            self.rest = rest;
            let word = word.trim();
            (!word.eq_ignore_ascii_case("NULL")).then(|| word.to_owned())
        };
        // A cast behind a string.
        if self.rest.trim_start().starts_with("::") {
            let end = self.rest.find([',', ')']).unwrap_or(self.rest.len());
            self.rest = self.rest.get(end..).unwrap_or_default();
        }
        Ok(value)
    }

    /// The string behind its opening quote.
    fn string(&mut self, backslashes: bool) -> io::Result<String> {
        let mut text = String::new();
        loop {
            let stop = if backslashes {
                &['\'', '\\'][..]
            } else {
                &['\''][..]
            };
            let at = self
                .rest
                .find(stop)
                .ok_or_else(|| broken("a string has no end"))?;
            let (before, behind) = self.rest.split_at(at);
            text.push_str(before);
            let mut letters = behind.chars();
            let letter = letters.next();
            self.rest = letters.as_str();
            if letter == Some('\\') {
                let escaped = letters.next();
                self.rest = letters.as_str();
                text.push(match escaped {
                    Some('n') => '\n',
                    Some('r') => '\r',
                    Some('t') => '\t',
                    Some('0') => '\0',
                    Some('Z') => '\u{1a}',
                    Some(other) => other,
                    None => return Err(broken("a string has no end")),
                });
            } else if let Some(rest) = self.rest.strip_prefix('\'') {
                text.push('\'');
                self.rest = rest;
            } else {
                return Ok(text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(text: &str) -> Vec<(String, String)> {
        let mut dump = Dump::new(text.as_bytes());
        let mut tables = Vec::new();
        while let Some(name) = dump.next_table().unwrap() {
            let mut csv = String::new();
            dump.rows().read_to_string(&mut csv).unwrap();
            tables.push((name, csv));
        }
        tables
    }

    #[test]
    fn tables_of_a_dump_become_csv() {
        let postgres = "--\n-- PostgreSQL database dump\n--\nSET x = 1;\n\
            CREATE TABLE public.rooms (\n    id integer NOT NULL,\n    \"Name\" text,\n    CONSTRAINT c CHECK (true)\n);\n\
            COPY public.unread (room_id, user_id, unread) FROM stdin;\nr1\ta\\tb\t3\nr2\t\\N\t0\n\\.\n\
            INSERT INTO public.rooms VALUES (1, 'it''s\n;', NULL);\nINSERT INTO public.rooms VALUES (2, 'a\\');\n";
        assert!(is_dump(postgres.as_bytes()));
        let expected = [
            ("unread", "room_id,user_id,unread\nr1,a\tb,3\nr2,\\N,0\n"),
            ("rooms", "id,Name\n1,\"it's\n;\",\\N\n2,a\\\n"),
        ];
        let expected = expected.map(|(name, csv)| (name.to_owned(), csv.to_owned()));
        assert_eq!(tables(postgres), expected);
        let mysql = "-- MySQL dump 10.13\n\nCREATE TABLE `unread` (\n  `room_id` varchar(9) NOT NULL,\n  `user_id` int DEFAULT NULL,\n  `count` int,\n  PRIMARY KEY (`room_id`)\n) ENGINE=InnoDB;\n\
            LOCK TABLES `unread` WRITE;\nINSERT INTO `unread` VALUES ('a\\'b',1,2),('c,d',NULL,0);\nINSERT INTO `unread` VALUES ('e',3,_binary 'x');\n";
        assert!(is_dump(mysql.as_bytes()));
        let csv = "room_id,user_id,count\na'b,1,2\n\"c,d\",\\N,0\ne,3,x\n";
        assert_eq!(tables(mysql), [("unread".to_owned(), csv.to_owned())]);
    }

    #[test]
    fn what_is_cut_is_an_error() {
        for text in [
            "COPY public.t (a) FROM stdin;\n1\n",
            "INSERT INTO t (a) VALUES (1),('b",
            "INSERT INTO t VALUES (1);",
        ] {
            let mut dump = Dump::new(text.as_bytes());
            let read = dump
                .next_table()
                .and_then(|_| dump.rows().read_to_end(&mut Vec::new()));
            assert!(read.is_err(), "{text}");
        }
    }
}

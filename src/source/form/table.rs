//! What database shells print for people: aligned tables of `psql` and `mysql`, and `psql -A`, whose
//! last line counts the rows. They become CSV.

use std::io::{self, BufRead, Read};

use super::sql::write_row;

/// How a shell printed its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Printed {
    /// ` a | b`, a line of `-`, rows, and the number of rows.
    Psql,
    /// The same between `|`, with lines of `-` above and below.
    Mysql,
    /// `a|b`, rows, and the number of rows.
    Unaligned,
}

/// What shell printed the text of which `head` is the beginning; `tail` is its end, where that is
/// known.
pub(super) fn printed(head: &[u8], tail: &[u8]) -> Option<Printed> {
    let mut lines = head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let (first, second) = (lines.next()?, lines.next()?);
    if is_rule(first) && first.starts_with(b"+") && second.starts_with(b"|") {
        return Some(Printed::Mysql);
    }
    if is_rule(second) && second.starts_with(b"-") && first.contains(&b'|') {
        return Some(Printed::Psql);
    }
    let last = tail.trim_ascii_end().rsplit(|&byte| byte == b'\n').next()?;
    (first.contains(&b'|') && is_footer(last)).then_some(Printed::Unaligned)
}

/// A line between the header and the rows: `----+----`.
fn is_rule(line: &[u8]) -> bool {
    line.len() > 2 && line.iter().all(|byte| matches!(byte, b'-' | b'+')) && line.contains(&b'+')
}

/// `(3 rows)`.
fn is_footer(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let inside = line.strip_prefix(b"(");
    let number = inside.and_then(|inside| {
        let plural = inside.strip_suffix(b" rows)");
        plural.or_else(|| inside.strip_suffix(b" row)"))
    });
    number.is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
}

/// Reads what a shell printed as CSV.
pub(super) struct Table<R> {
    inner: R,
    printed: Printed,
    line: Vec<u8>,
    out: Vec<u8>,
    given: usize,
}

impl<R: BufRead> Table<R> {
    pub(super) fn new(inner: R, printed: Printed) -> Self {
        Self {
            inner,
            printed,
            line: Vec::new(),
            out: Vec::new(),
            given: 0,
        }
    }

    /// Makes the next row; `false` at the end.
    fn advance(&mut self) -> io::Result<bool> {
        self.out.clear();
        self.given = 0;
        self.line.clear();
        if self.inner.read_until(b'\n', &mut self.line)? == 0 {
            return Ok(false);
        }
        let line = self.line.trim_ascii();
        if line.is_empty() || is_footer(line) || is_rule(line) && self.printed != Printed::Unaligned
        {
            return Ok(true);
        }
        let text = String::from_utf8_lossy(line);
        let inside = match self.printed {
            Printed::Mysql => text.trim_matches('|'),
            Printed::Psql | Printed::Unaligned => &text,
        };
        let cells = inside.split('|').map(|cell| Some(cell.trim().to_owned()));
        write_row(cells, &mut self.out);
        Ok(true)
    }
}

impl<R: BufRead> Read for Table<R> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shells_print_becomes_csv() {
        let csv = "room,user,unread\nr1,a b,3\n\"r,2\",\"\",0\n";
        for (text, expected) in [
            (
                " room | user | unread \n------+------+--------\n r1   | a b  |      3\n r,2  |      |      0\n(2 rows)\n\n",
                Printed::Psql,
            ),
            (
                "+------+------+--------+\n| room | user | unread |\n+------+------+--------+\n| r1   | a b  |      3 |\n| r,2  |      |      0 |\n+------+------+--------+\n",
                Printed::Mysql,
            ),
            (
                "room|user|unread\nr1|a b|3\nr,2||0\n(2 rows)\n",
                Printed::Unaligned,
            ),
        ] {
            let found = printed(text.as_bytes(), text.as_bytes());
            assert_eq!(found, Some(expected), "{text}");
            let mut read = String::new();
            Table::new(text.as_bytes(), expected)
                .read_to_string(&mut read)
                .unwrap();
            assert_eq!(read, csv, "{text}");
        }
        for text in [
            "a|b\n1|2\n",
            "a,b\n----\n",
            "",
            "(2 rows)\n",
            "group\n--+--\n",
        ] {
            assert_eq!(printed(text.as_bytes(), text.as_bytes()), None, "{text}");
        }
    }
}

//! Where a field stands in an input, and what stands between two cells.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::record::Column;

/// A text that is no value of its option: what is wrong, and what to give instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{fault}")]
pub(crate) struct ParseError {
    /// Follows the text, as in "is not one character".
    pub(crate) fault: Cow<'static, str>,
    /// What to give; empty if the fault says it.
    pub(crate) hint: Cow<'static, str>,
    /// Whether a message may repeat the text: one with a password in it is not repeated.
    pub(crate) shown: bool,
}

impl ParseError {
    /// A text that messages repeat.
    pub(crate) fn new(
        fault: impl Into<Cow<'static, str>>,
        hint: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            fault: fault.into(),
            hint: hint.into(),
            shown: true,
        }
    }

    /// A text of which `error` repeats as much as may be shown.
    pub(crate) fn unusable(
        error: &dyn std::error::Error,
        hint: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            fault: format!("cannot be used: {error}").into(),
            hint: hint.into(),
            shown: false,
        }
    }
}

/// A name of the user's for a field: `--column group_id=NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct NamedColumn {
    /// The field.
    pub(crate) column: Column,
    /// The header cell, or the dotted path of a JSON member.
    pub(crate) name: String,
}

impl FromStr for NamedColumn {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let parsed = text.split_once('=').and_then(|(field, name)| {
            let column = Column::parse(field.trim())?;
            (!name.is_empty()).then(|| Self {
                column,
                name: name.to_owned(),
            })
        });
        parsed.ok_or_else(|| {
            ParseError::new(
                "names no field and column",
                "write FIELD=NAME, where FIELD is group_id, member_account, unread_num or group_type",
            )
        })
    }
}

impl fmt::Display for NamedColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.column.name(), self.name)
    }
}

/// What stands between two cells of CSV: one ASCII character that is no quote and no line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Delimiter(u8);

impl Delimiter {
    /// As a byte.
    pub(crate) const fn byte(self) -> u8 {
        self.0
    }
}

impl FromStr for Delimiter {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(Self(*byte)),
            _ if text.eq_ignore_ascii_case("tab") || text == "\\t" => Ok(Self(b'\t')),
            _ => Err(ParseError::new(
                "is not one character",
                "give one ASCII character, or the word tab",
            )),
        }
    }
}

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            b'\t' => f.write_str("tab"),
            byte => write!(f, "{}", char::from(byte)),
        }
    }
}

impl TryFrom<String> for NamedColumn {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<NamedColumn> for String {
    fn from(column: NamedColumn) -> Self {
        column.to_string()
    }
}

impl TryFrom<String> for Delimiter {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<Delimiter> for String {
    fn from(delimiter: Delimiter) -> Self {
        delimiter.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_is_read_as_it_is_written() {
        for (text, byte) in [
            (",", b','),
            (";", b';'),
            ("tab", b'\t'),
            ("TAB", b'\t'),
            ("\\t", b'\t'),
            ("\t", b'\t'),
            (" ", b' '),
        ] {
            let delimiter: Delimiter = text.parse().unwrap();
            assert_eq!(delimiter.byte(), byte, "{text}");
            assert_eq!(delimiter.to_string().parse(), Ok(delimiter), "{text}");
        }
        for text in ["", "ab", "\"", "\n", "é"] {
            assert!(text.parse::<Delimiter>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_column_is_read_as_it_is_written() {
        for text in ["group_id=room", "unread_num=a.b=c", "member_account= x "] {
            let column: NamedColumn = text.parse().unwrap();
            assert_eq!(column.to_string(), text);
        }
        for text in ["group_id", "group_id=", "member=x", ""] {
            assert!(text.parse::<NamedColumn>().is_err(), "{text}");
        }
    }
}

//! Values that are checked where they are read, so that a bad one is told with its origin.

use std::time::Duration;

use jiff::SignedDuration;

use crate::delivery::Limit;
use crate::settings::ParseError;
use crate::source::Encoding;

/// A length of time: `10s`, `15m`, `1h 30m`. Kept as it was given.
pub(super) fn duration(text: &str) -> Result<String, ParseError> {
    let parsed: Option<SignedDuration> = text.trim().parse().ok();
    parsed
        .and_then(|length| Duration::try_from(length).ok())
        .filter(|length| !length.is_zero())
        .map(|_| text.to_owned())
        .ok_or(ParseError {
            fault: "is no length of time",
            hint: "write a number and a unit, as in 500ms, 10s, 15m or 1h",
        })
}

/// `--qps`, which may not exceed the vendor's quota.
pub(super) fn qps(text: &str) -> Result<u32, ParseError> {
    let number = text.parse().ok();
    number
        .filter(|&number| Limit::new(number).is_some())
        .ok_or(ParseError {
            fault: "is out of range",
            hint: "give 1 to 200; set_unread_msg_num answers 200 calls a second, and the vendor \
                   does not raise that limit",
        })
}

/// `--max-attempts`.
pub(super) fn attempts(text: &str) -> Result<u32, ParseError> {
    let number = text.parse().ok();
    number.filter(|&number| number > 0).ok_or(ParseError {
        fault: "would send nothing",
        hint: "give a number from 1 up; 8 is the default",
    })
}

/// `--encoding`. Kept as it was given.
pub(super) fn encoding(text: &str) -> Result<String, ParseError> {
    let known = Encoding::parse(text).map(|_| text.to_owned());
    known.ok_or(ParseError {
        fault: "is no encoding that is read",
        hint: "utf-8, utf-16le, utf-16be, gb18030 (gbk), windows-1252 (latin1), big5, shift_jis, \
               euc-kr and others of the WHATWG Encoding Standard are",
    })
}

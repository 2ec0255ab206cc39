//! A raw row becomes a valid one, or a list of all that is wrong with it.

use std::borrow::Cow;

use super::letters::{Letters, letters};
use super::secret::{WITHHELD, is_perhaps_secret};
use super::{Code, Column, Field, GroupType, Location, Problem, RawRow, Severity};

/// A record that may be sent. Borrows from the reader's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row<'a> {
    /// Where it stood.
    pub(crate) location: Location,
    /// 1-48 bytes of printable ASCII.
    pub(crate) group_id: &'a str,
    /// 1-32 bytes of printable ASCII.
    pub(crate) member_account: &'a str,
    /// 0..=4294967295.
    pub(crate) unread_num: u32,
    /// If the source told it.
    pub(crate) group_type: Option<GroupType>,
}

/// Longest group id in bytes (vendor's group system page, 2025 edition).
pub(crate) const GROUP_ID_BYTES: usize = 48;
/// Longest account in bytes (vendor's use-limits page, 2025 edition).
pub(crate) const MEMBER_ACCOUNT_BYTES: usize = 32;

/// What many programs write where there is nothing: never an id.
const NULL: &str = "NULL";

/// What differs between the two ids.
struct IdRule {
    column: Column,
    bytes: usize,
    missing: Code,
    empty: Code,
    too_long: Code,
    not_printable: Code,
    not_text: Code,
    unmapped: Code,
}

const GROUP_ID: IdRule = IdRule {
    column: Column::GroupId,
    bytes: GROUP_ID_BYTES,
    missing: Code::GroupIdMissing,
    empty: Code::GroupIdEmpty,
    too_long: Code::GroupIdTooLong,
    not_printable: Code::GroupIdNotPrintable,
    not_text: Code::GroupIdNotText,
    unmapped: Code::GroupIdUnmapped,
};

const MEMBER_ACCOUNT: IdRule = IdRule {
    column: Column::MemberAccount,
    bytes: MEMBER_ACCOUNT_BYTES,
    missing: Code::MemberAccountMissing,
    empty: Code::MemberAccountEmpty,
    too_long: Code::MemberAccountTooLong,
    not_printable: Code::MemberAccountNotPrintable,
    not_text: Code::MemberAccountNotText,
    unmapped: Code::MemberAccountUnmapped,
};

/// Forgets what was found in a record that is perhaps a secret.
#[cold]
fn withhold_secret(raw: &RawRow<'_>, problems: &mut [Problem]) {
    if is_perhaps_secret(raw.raw) {
        let found = problems
            .iter_mut()
            .filter(|problem| !problem.found.is_empty());
        found.for_each(|problem| WITHHELD.clone_into(&mut problem.found));
    }
}

/// Judges `raw` by every rule at once. Problems (and warnings) are appended to `problems`, which
/// the caller clears and reuses; `None` when at least one of them is an error.
#[expect(
    clippy::inline_always,
    reason = "in one piece a row stays in registers, from line to partition"
)]
#[inline(always)]
pub(crate) fn check<'a>(raw: &RawRow<'a>, problems: &mut Vec<Problem>) -> Option<Row<'a>> {
    let known = problems.len();
    let group_id = check_id(&raw.group_id, &GROUP_ID, problems);
    let member_account = check_id(&raw.member_account, &MEMBER_ACCOUNT, problems);
    let unread_num = check_count(&raw.unread_num, problems);
    let group_type = check_type(&raw.group_type, problems);
    if let Some((id, letters)) = group_id {
        warn_of_padding(id, problems);
        if letters == Letters::Unusual {
            warn_of_rounding(id, Column::GroupId, problems);
        }
    }
    if let Some((account, Letters::Unusual)) = member_account {
        problems.push(Problem::new(
            Code::MemberAccountUnusual,
            Column::MemberAccount,
            account,
        ));
        warn_of_rounding(account, Column::MemberAccount, problems);
    }
    let failed = problems.len() > known
        && problems
            .iter()
            .skip(known)
            .any(|problem| problem.code.severity() == Severity::Error);
    if failed {
        withhold_secret(raw, problems.get_mut(known..).unwrap_or_default());
    }
    match (group_id, member_account, unread_num) {
        (Some((group_id, _)), Some((member_account, _)), Some(unread_num)) if !failed => {
            Some(Row {
                location: raw.location,
                group_id,
                member_account,
                unread_num,
                group_type,
            })
        }
        _ => None,
    }
}

/// The id and the kind of its letters.
#[expect(
    clippy::inline_always,
    reason = "in one piece a row stays in registers, from line to partition"
)]
#[inline(always)]
fn check_id<'a>(
    field: &Field<'a>,
    rule: &IdRule,
    problems: &mut Vec<Problem>,
) -> Option<(&'a str, Letters)> {
    // Nearly every id is as it should be.
    if let Field::Text(text) = *field
        && !text.is_empty()
        && !text.starts_with(' ')
        && text.len() <= rule.bytes
        && text != NULL
        && let letters @ (Letters::Usual | Letters::Unusual) = letters(text)
    {
        return Some((text, letters));
    }
    check_odd_id(field, rule, problems)
}

#[inline(never)]
fn check_odd_id<'a>(
    field: &Field<'a>,
    rule: &IdRule,
    problems: &mut Vec<Problem>,
) -> Option<(&'a str, Letters)> {
    let mut report = |code, found: &str| {
        let found = match *field {
            // Both ends of the arrow: the cell is right, and the map is to be corrected.
            Field::Mapped { source, .. } => Cow::Owned(format!("{source} → {found}")),
            Field::Missing
            | Field::Null
            | Field::Text(_)
            | Field::Number(_)
            | Field::Other(_)
            | Field::NotUtf8(_)
            | Field::Unmapped(_) => Cow::Borrowed(found),
        };
        problems.push(Problem::new(code, rule.column, found));
    };
    let text = match *field {
        Field::Missing | Field::Null => {
            let found = if matches!(field, Field::Null) {
                "null"
            } else {
                ""
            };
            report(rule.missing, found);
            return None;
        }
        Field::NotUtf8(bytes) => {
            report(rule.not_printable, &String::from_utf8_lossy(bytes));
            return None;
        }
        Field::Other(raw) => {
            report(rule.not_text, raw);
            return None;
        }
        Field::Number(letters) => {
            let digits = letters.strip_prefix('-').unwrap_or(letters);
            if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                report(rule.not_text, letters);
                return None;
            }
            letters
        }
        Field::Unmapped(source) => {
            report(rule.unmapped, source);
            return None;
        }
        Field::Text(text) | Field::Mapped { target: text, .. } => text,
    };
    let empty = text.bytes().all(|byte| byte == b' ');
    if empty || text == NULL {
        report(if empty { rule.empty } else { rule.missing }, text);
        return None;
    }
    let too_long = text.len() > rule.bytes;
    let letters = letters(text);
    let unprintable = letters == Letters::Unprintable;
    if too_long {
        report(rule.too_long, text);
    }
    if unprintable {
        report(rule.not_printable, text);
    }
    (!too_long && !unprintable).then_some((text, letters))
}

/// Warns of an id that a spreadsheet has rounded: `9.67539E+17`.
fn warn_of_rounding(id: &str, column: Column, problems: &mut Vec<Problem>) {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let rounded = id.split_once("E+").is_some_and(|(mantissa, exponent)| {
        let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        whole.len() == 1
            && digits(whole)
            && digits(decimals)
            && !exponent.is_empty()
            && digits(exponent)
    });
    if rounded {
        problems.push(Problem::new(Code::IdRounded, column, id));
    }
}

fn warn_of_padding(group_id: &str, problems: &mut Vec<Problem>) {
    if group_id.starts_with(' ') || group_id.ends_with(' ') {
        problems.push(Problem::new(Code::GroupIdPadded, Column::GroupId, group_id));
    }
}

fn check_count(field: &Field<'_>, problems: &mut Vec<Problem>) -> Option<u32> {
    let (judged, found) = match *field {
        Field::Missing => (Err(Code::UnreadNumUnknown), ""),
        Field::Null => (Err(Code::UnreadNumUnknown), "null"),
        Field::Text(text)
        | Field::Number(text)
        | Field::Mapped { target: text, .. }
        | Field::Unmapped(text) => (count(text.trim_ascii()), text),
        Field::Other(raw) => (Err(Code::UnreadNumNotANumber), raw),
        Field::NotUtf8(bytes) => {
            let found = String::from_utf8_lossy(bytes);
            problems.push(Problem::new(
                Code::UnreadNumNotANumber,
                Column::UnreadNum,
                found,
            ));
            return None;
        }
    };
    match judged {
        Ok(number) => Some(number),
        Err(code) => {
            problems.push(Problem::new(code, Column::UnreadNum, found));
            None
        }
    }
}

/// Reads a whole number, in digits alone or with decimals that are all 0. Never through a float:
/// a count above 2^53 would silently become another one.
fn count(text: &str) -> Result<u32, Code> {
    if text.is_empty() {
        return Err(Code::UnreadNumUnknown);
    }
    // Nearly every count is a few plain digits.
    if text.len() <= 9 {
        let (sum, plain) = text.bytes().fold((0_u32, true), |(sum, plain), byte| {
            let digit = byte.wrapping_sub(b'0');
            (
                sum.wrapping_mul(10).wrapping_add(u32::from(digit)),
                plain && digit < 10,
            )
        });
        if plain {
            return Ok(sum);
        }
    }
    odd_count(text)
}

#[inline(never)]
fn odd_count(text: &str) -> Result<u32, Code> {
    let digits_only = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (sign, magnitude) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, decimals) = magnitude.split_once('.').unwrap_or((magnitude, "0"));
    if whole.is_empty() || !digits_only(whole) || !digits_only(decimals) {
        return Err(capped_count(text));
    }
    if sign {
        return Err(Code::UnreadNumNegative);
    }
    if decimals.bytes().any(|byte| byte != b'0') {
        return Err(Code::UnreadNumFraction);
    }
    whole
        .bytes()
        .try_fold(0_u32, |sum, digit| {
            sum.checked_mul(10)?.checked_add(u32::from(digit - b'0'))
        })
        .ok_or(Code::UnreadNumTooLarge)
}

/// Tells a capped count such as `99+` from plain nonsense.
fn capped_count(text: &str) -> Code {
    let bound = text.strip_suffix('+').map(str::trim_ascii_end).or_else(|| {
        text.strip_prefix('>')
            .map(|rest| rest.strip_prefix('=').unwrap_or(rest).trim_ascii_start())
    });
    match bound {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            Code::UnreadNumAtLeast
        }
        Some(_) | None => Code::UnreadNumNotANumber,
    }
}

fn check_type(field: &Field<'_>, problems: &mut Vec<Problem>) -> Option<GroupType> {
    let text = match *field {
        Field::Missing | Field::Null => return None,
        Field::Text(text) if text.trim_ascii().is_empty() => return None,
        Field::Text(text)
        | Field::Number(text)
        | Field::Mapped { target: text, .. }
        | Field::Unmapped(text) => text,
        Field::Other(raw) => raw,
        Field::NotUtf8(bytes) => {
            let found = String::from_utf8_lossy(bytes);
            problems.push(Problem::new(
                Code::GroupTypeUnknown,
                Column::GroupType,
                found,
            ));
            return None;
        }
    };
    let group_type = GroupType::parse(text.trim_ascii());
    let code = match group_type {
        None => Code::GroupTypeUnknown,
        Some(known) if !known.keeps_unread() => Code::UnsupportedGroupType,
        Some(_) => return group_type,
    };
    problems.push(Problem::new(code, Column::GroupType, text));
    None
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;

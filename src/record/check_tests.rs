//! The rules of the contract's table of canonical fields, one table a field.

use proptest::prelude::*;

use super::*;

const HERE: Location = Location {
    file: 0,
    line: 7,
    byte: 90,
    row: 6,
};

fn row<'a>(
    group_id: Field<'a>,
    account: Field<'a>,
    count: Field<'a>,
    kind: Field<'a>,
) -> RawRow<'a> {
    RawRow {
        location: HERE,
        group_id,
        member_account: account,
        unread_num: count,
        group_type: kind,
        raw: b"",
    }
}

fn codes(raw: &RawRow<'_>) -> Vec<&'static str> {
    let mut problems = Vec::new();
    let judged = check(raw, &mut problems);
    let errors = problems
        .iter()
        .any(|p| p.code.severity() == Severity::Error);
    assert_eq!(judged.is_none(), errors);
    problems.iter().map(|problem| problem.code.name()).collect()
}

fn with_group(field: Field<'_>) -> Vec<&'static str> {
    codes(&row(
        field,
        Field::Text("bob"),
        Field::Text("5"),
        Field::Missing,
    ))
}

fn with_account(field: Field<'_>) -> Vec<&'static str> {
    codes(&row(
        Field::Text("g"),
        field,
        Field::Text("5"),
        Field::Missing,
    ))
}

fn with_count(field: Field<'_>) -> Result<u32, Vec<&'static str>> {
    let raw = row(Field::Text("g"), Field::Text("bob"), field, Field::Missing);
    let mut problems = Vec::new();
    check(&raw, &mut problems)
        .map(|row| row.unread_num)
        .ok_or_else(|| codes(&raw))
}

fn with_type(field: Field<'_>) -> Vec<&'static str> {
    codes(&row(
        Field::Text("g"),
        Field::Text("bob"),
        Field::Text("5"),
        field,
    ))
}

#[test]
fn a_group_id_is_1_to_48_bytes_of_printable_ascii() {
    let longest = "x".repeat(48);
    let longer = "x".repeat(49);
    let other = Field::Other("[1]");
    let cases: [(Field<'_>, &[&str]); 13] = [
        (Field::Text("@TGS#2CLUZEAEJ"), &[]),
        (Field::Text(&longest), &[]),
        (Field::Number("123"), &[]),
        (Field::Text(" g"), &["group_id_padded"]),
        (Field::Missing, &["group_id_missing"]),
        (Field::Null, &["group_id_missing"]),
        (Field::Text(""), &["group_id_empty"]),
        (Field::Text("  "), &["group_id_empty"]),
        (Field::Text(&longer), &["group_id_too_long"]),
        (Field::Text("caf\u{e9}"), &["group_id_not_printable"]),
        (Field::NotUtf8(b"\xff"), &["group_id_not_printable"]),
        (Field::Number("1.5"), &["group_id_not_text"]),
        (other, &["group_id_not_text"]),
    ];
    for (field, expected) in cases {
        assert_eq!(with_group(field), expected, "{field:?}");
    }
}

#[test]
fn an_account_is_1_to_32_bytes_and_unusual_letters_are_a_warning() {
    let longest = "x".repeat(32);
    let longer = "\u{4e2d}".repeat(11);
    let cases: [(Field<'_>, &[&str]); 9] = [
        (Field::Text("a-Z_9"), &[]),
        (Field::Text(&longest), &[]),
        (Field::Text("bob@example.org"), &["member_account_unusual"]),
        (Field::Missing, &["member_account_missing"]),
        (Field::Text(""), &["member_account_empty"]),
        (
            Field::Text(&longer),
            &["member_account_too_long", "member_account_not_printable"],
        ),
        (Field::Text("a\0b"), &["member_account_not_printable"]),
        (Field::NotUtf8(b"a\xffb"), &["member_account_not_printable"]),
        (Field::Other("true"), &["member_account_not_text"]),
    ];
    for (field, expected) in cases {
        assert_eq!(with_account(field), expected, "{field:?}");
    }
}

#[test]
fn a_count_is_a_whole_number_of_32_bits_in_plain_letters() {
    for (text, number) in [
        ("0", 0),
        ("5", 5),
        (" 5 ", 5),
        ("5.0", 5),
        ("5.", 5),
        ("007", 7),
        ("4294967295", u32::MAX),
        ("4294967295.000", u32::MAX),
    ] {
        assert_eq!(with_count(Field::Text(text)), Ok(number), "{text}");
        assert_eq!(with_count(Field::Number(text)), Ok(number), "{text}");
    }
}

#[test]
fn a_count_that_is_unknown_is_never_zero() {
    for field in [
        Field::Missing,
        Field::Null,
        Field::Text(""),
        Field::Text("  "),
    ] {
        assert_eq!(
            with_count(field),
            Err(vec!["unread_num_unknown"]),
            "{field:?}"
        );
    }
}

#[test]
fn each_kind_of_bad_count_has_its_own_code() {
    for (text, code) in [
        ("-1", "unread_num_negative"),
        ("-1.5", "unread_num_negative"),
        ("5.5", "unread_num_fraction"),
        ("9007199254740993.0", "unread_num_too_large"),
        ("4294967296", "unread_num_too_large"),
        ("99999999999999999999999999", "unread_num_too_large"),
        ("99+", "unread_num_at_least"),
        ("> 99", "unread_num_at_least"),
        ("+", "unread_num_not_a_number"),
        ("1e3", "unread_num_not_a_number"),
        ("1,234", "unread_num_not_a_number"),
        (".5", "unread_num_not_a_number"),
        ("five", "unread_num_not_a_number"),
        ("\u{0665}", "unread_num_not_a_number"),
        ("--5", "unread_num_not_a_number"),
    ] {
        assert_eq!(with_count(Field::Text(text)), Err(vec![code]), "{text}");
    }
    let boolean = Field::Other("true");
    assert_eq!(with_count(boolean), Err(vec!["unread_num_not_a_number"]));
}

#[test]
fn types_for_which_the_call_does_nothing_are_rejected() {
    for text in ["ChatRoom", "Meeting", "avchatroom"] {
        assert_eq!(
            with_type(Field::Text(text)),
            ["unsupported_group_type"],
            "{text}"
        );
    }
    for text in ["Private", "work", "PUBLIC", "Community", ""] {
        assert_eq!(with_type(Field::Text(text)), [""; 0], "{text}");
    }
    assert_eq!(with_type(Field::Text("BChatRoom")), ["group_type_unknown"]);
    assert_eq!(with_type(Field::Null), [""; 0]);
}

#[test]
fn all_problems_of_a_row_are_told_at_once() {
    let raw = row(
        Field::Missing,
        Field::Text(""),
        Field::Text("-1"),
        Field::Text("AVChatRoom"),
    );
    assert_eq!(
        codes(&raw),
        [
            "group_id_missing",
            "member_account_empty",
            "unread_num_negative",
            "unsupported_group_type"
        ]
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_check_panic_and_valid_rows_keep_the_rules(
        group in ".{0,60}", account in ".{0,40}", count in ".{0,12}", kind in ".{0,12}"
    ) {
        let raw = row(
            Field::Text(&group), Field::Text(&account), Field::Text(&count), Field::Text(&kind),
        );
        if let Some(row) = check(&raw, &mut Vec::new()) {
            prop_assert!((1..=48).contains(&row.group_id.len()));
            prop_assert!((1..=32).contains(&row.member_account.len()));
            prop_assert!(row.group_id.is_ascii() && row.member_account.is_ascii());
        }
    }

    #[test]
    fn every_32_bit_count_reads_back(number: u32) {
        prop_assert_eq!(count(&number.to_string()), Ok(number));
        prop_assert_eq!(count(&format!("{number}.0")), Ok(number));
    }
}

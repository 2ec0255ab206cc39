use super::*;
use crate::record::{Code, Location};

fn row<'a>(group_id: Field<'a>, unread_num: Field<'a>) -> RawRow<'a> {
    RawRow {
        location: Location {
            file: 0,
            line: 1,
            byte: 0,
            row: 1,
        },
        group_id,
        member_account: Field::Text("ann"),
        unread_num,
        group_type: Field::Missing,
        raw: b"",
    }
}

#[test]
fn only_what_a_step_changed_is_told() {
    let found = row(Field::Text("g"), Field::Text("99+"));
    assert_eq!(changes(&found, &found), []);
    let mapped = Field::Mapped {
        source: "g",
        target: "h",
    };
    let made = changes(&found, &row(mapped, Field::Text("99")));
    let expected = [
        Made {
            column: Column::GroupId,
            from: Some("g".to_owned()),
            to: Some("h".to_owned()),
            mapped: true,
        },
        Made {
            column: Column::UnreadNum,
            from: Some("99+".to_owned()),
            to: Some("99".to_owned()),
            mapped: false,
        },
    ];
    assert_eq!(made, expected);
    let made = changes(&found, &row(Field::Unmapped("g"), Field::Text("99+")));
    assert_eq!((made.len(), &made[0].to), (1, &None));
}

#[test]
fn what_is_missing_has_no_text_and_a_type_nobody_tells_of_is_no_field() {
    let fields = values(&row(Field::Null, Field::Number("5")));
    let texts: Vec<Option<&str>> = fields.iter().map(|field| field.text.as_deref()).collect();
    assert_eq!(texts, [None, Some("ann"), Some("5")]);
}

#[test]
fn nothing_in_an_input_steers_the_terminal() {
    let nasty = "\u{1b}[31m\u{202e}g";
    let row = Row {
        line: 1,
        byte: 0,
        raw: nasty.to_owned(),
        fields: values(&row(Field::Text(nasty), Field::Text(nasty))),
        made: vec![Made {
            column: Column::GroupId,
            from: Some(nasty.to_owned()),
            to: Some(nasty.to_owned()),
            mapped: true,
        }],
        problems: vec![Problem::new(
            Code::GroupIdNotPrintable,
            Column::GroupId,
            nasty,
        )],
        fate: Fate::LeftOut {
            reason: nasty.to_owned(),
            unread: None,
        },
        again: None,
    };
    let preview = Preview {
        inputs: vec![Input {
            path: nasty.into(),
            form: Vec::new(),
            layout: vec!["CSV".to_owned()],
            preset: Some(nasty.to_owned()),
            columns: vec![(Column::GroupId, nasty.to_owned())],
            rows: vec![row],
            end: Looked::All,
        }],
        more: false,
    };
    let mut out = Vec::new();
    write_text(&preview, "error", &mut out, 80).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
}

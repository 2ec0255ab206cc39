//! What the user says of inputs, and what is then read out of them.

use super::preset::{Library, Naming, Outer, Wanted};
use super::*;
use crate::record::{Column, Field};
use crate::settings::OnDuplicate;

/// Files in a directory of their own.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, content) in files {
            std::fs::write(folder.path(name), content).unwrap();
        }
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn open(&self, names: &[&str], options: &Options) -> Result<Inputs, Error> {
        let paths = names.iter().map(|name| InputPath::File(self.path(name)));
        Inputs::open(&paths.collect::<Vec<_>>(), options)
    }

    fn preset(&self, name: &str) -> Options {
        preset(self.path(name).to_str().unwrap())
    }
}

fn preset(name: &str) -> Options {
    let given = Outer {
        user: Some("u".to_owned()),
        group: None,
    };
    Options {
        preset: Some(Wanted {
            library: Library::find(name).unwrap(),
            naming: Naming::new(given, None).unwrap(),
        }),
        ..Options::default()
    }
}

fn named(options: Options, field: Column, name: &str) -> Options {
    let columns = vec![NamedColumn {
        column: field,
        name: name.to_owned(),
    }];
    Options { columns, ..options }
}

/// Group, member and count of each row.
fn rows(inputs: &Inputs) -> Vec<[String; 3]> {
    let mut reader = inputs.reader();
    let mut rows = Vec::new();
    while let Some(record) = reader.next().unwrap() {
        let Record::Row(row) = record else {
            panic!("{record:?}");
        };
        let text = |field: Field<'_>| match field {
            Field::Text(text) | Field::Number(text) => text.to_owned(),
            Field::Missing
            | Field::Null
            | Field::Other(_)
            | Field::NotUtf8(_)
            | Field::Mapped { .. }
            | Field::Unmapped(_) => format!("{field:?}"),
        };
        rows.push([row.group_id, row.member_account, row.unread_num].map(text));
    }
    rows
}

fn row(group: &str, member: &str, count: &str) -> [String; 3] {
    [group, member, count].map(str::to_owned)
}

const TWO_FORMS: &str = r#"system = "Two"
[[form]]
name = "added"
about = "a row a thread"
detect = ["room", "who", "thread"]
absent = ["total"]
group = "room"
member = "who"
count = "new"
on_duplicate = "sum"
[[form]]
name = "whole"
about = "a row a room"
detect = ["room", "who", "total"]
group = "room"
member = "who"
count = "total"
"#;

#[test]
fn what_becomes_of_repeated_rows_is_said_by_the_form_that_the_inputs_have() {
    let folder = Folder::new(&[
        ("two.toml", TWO_FORMS),
        ("added.csv", "room,who,thread,new\nr,a,1,2\n"),
        ("whole.csv", "room,who,total\nr,a,2\n"),
    ]);
    let options = folder.preset("two.toml");
    for (name, expected) in [
        ("added.csv", OnDuplicate::Sum),
        ("whole.csv", OnDuplicate::Error),
    ] {
        let inputs = folder.open(&[name], &options).unwrap();
        assert_eq!(inputs.on_duplicate().unwrap(), Some(expected), "{name}");
    }
    let both = folder.open(&["added.csv", "whole.csv"], &options).unwrap();
    let error = both.on_duplicate().unwrap_err().to_string();
    assert!(error.ends_with("otherwise than added, the form of the inputs before it"));
}

#[test]
fn a_column_with_dots_in_its_name_is_found_also_by_a_preset() {
    let header = "room,who,total,a.b\nr,a,2,room 7\n";
    let folder = Folder::new(&[("two.toml", TWO_FORMS), ("whole.csv", header)]);
    let options = named(folder.preset("two.toml"), Column::GroupId, "a.b");
    let inputs = folder.open(&["whole.csv"], &options).unwrap();
    assert_eq!(rows(&inputs), [row("room 7", "a", "2")]);
    let options = named(folder.preset("two.toml"), Column::GroupId, "a.c");
    let error = folder.open(&["whole.csv"], &options).unwrap_err();
    assert!(matches!(error, Error::NamedColumn { name, .. } if name == "a.c"));
}

#[test]
fn an_input_that_can_be_read_once_is_read_once_however_many_names_are_tried() {
    let folder = Folder::new(&[]);
    let path = folder.path("pipe");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let writer = {
        let path = path.clone();
        std::thread::spawn(move || std::fs::write(path, "user,count,partner\na,3,b\n"))
    };
    let candidates = ["peer", "opponent", "partner"]
        .map(|name| named(Options::default(), Column::GroupId, name));
    let inputs = Inputs::open_as_one_of(&[InputPath::File(path)], &candidates).unwrap();
    writer.join().unwrap().unwrap();
    assert_eq!(rows(&inputs), [row("b", "a", "3")]);
    let unknown = &candidates[..2];
    let error = Folder::new(&[("x.csv", "user,count,partner\na,3,b\n")]);
    let path = InputPath::File(error.path("x.csv"));
    let error = Inputs::open_as_one_of(&[path], unknown).unwrap_err();
    assert!(matches!(error, Error::NamedColumn { name, .. } if name == "peer"));
}

#[test]
fn an_answer_that_is_an_error_is_no_export_also_where_the_form_is_named() {
    let refusals = [
        r#"{"errors":["Token is required"]}"#,
        r#"{"status":"error","message":"You must be logged in"}"#,
        r#"{"errcode":"M_UNKNOWN_TOKEN","error":"Invalid token"}"#,
    ];
    for (wanted, text) in [
        "quickblox/dialogs",
        "quickblox/unread",
        "rocketchat",
        "matrix/sync",
        "auto",
    ]
    .iter()
    .flat_map(|wanted| refusals.iter().map(move |text| (wanted, text)))
    {
        let folder = Folder::new(&[("e.json", text)]);
        let error = folder.open(&["e.json"], &preset(wanted)).unwrap_err();
        let refused = matches!(error, Error::Unfit(Unfit::Refusal { .. }));
        assert!(refused, "{wanted} {text}: {error}");
    }
    let folder = Folder::new(&[("e.json", refusals[0])]);
    let error = folder.open(&["e.json"], &Options::default()).unwrap_err();
    assert!(error.to_string().ends_with("(`[\"Token is required\"]`)"));
    let folder = Folder::new(&[("x.json", r#"{"a":{"items":[]},"total":15}"#)]);
    for wanted in [
        "quickblox/dialogs",
        "quickblox/unread",
        "quickblox",
        "stream/lines",
    ] {
        let error = folder.open(&["x.json"], &preset(wanted)).unwrap_err();
        let other = matches!(error, Error::Unfit(Unfit::OtherForm { .. }));
        assert!(other, "{wanted}: {error}");
    }
}

#[test]
fn an_answer_for_somebody_without_a_conversation_is_an_input_without_rows() {
    for (wanted, text) in [
        ("matrix/sync", r#"{"next_batch":"s1"}"#),
        ("matrix", r#"{"next_batch":"s1"}"#),
        ("wukongim", "[]"),
        ("quickblox", r#"{"total":0}"#),
        ("quickblox/dialogs", r#"{"total_entries":0,"items":[]}"#),
        ("twilio", r#"{"conversations":[],"meta":{}}"#),
        ("sendbird/unread", r#"{"unread":{}}"#),
    ] {
        let folder = Folder::new(&[("x.json", text)]);
        let inputs = folder.open(&["x.json"], &preset(wanted)).unwrap();
        assert_eq!(rows(&inputs), [[""; 3]; 0], "{wanted}");
        let said = inputs.taken_for().concat();
        assert!(said.ends_with(", without a record"), "{said}");
    }
}

#[test]
fn documents_without_the_list_of_records_are_not_passed_over() {
    let good = r#"{"items":[{"_id":"r","type":2,"unread_messages_count":3}]}"#;
    let bad = r#"{"errors":["Rate limit"]}"#;
    let lines = format!("{good}\n{bad}\n{good}\n");
    let array = format!("[{good},{bad}]");
    let pretty = format!("{}\n{bad}\n", good.replace(':', ":\n"));
    let folder = Folder::new(&[("l.jsonl", &lines), ("a.json", &array), ("p.json", &pretty)]);
    let inputs = folder.open(&["l.jsonl"], &preset("quickblox")).unwrap();
    let mut reader = inputs.reader();
    let mut codes = Vec::new();
    while let Some(record) = reader.next().unwrap() {
        if let Record::Malformed(bad) = record {
            codes.push((bad.location.line, bad.problem.code.name()));
        }
    }
    assert_eq!(codes, [(2, "record_incomplete")]);
    for name in ["a.json", "p.json"] {
        let inputs = folder.open(&[name], &preset("quickblox")).unwrap();
        let mut reader = inputs.reader();
        let error = std::iter::from_fn(|| match reader.next() {
            Ok(Some(_)) => Some(None),
            Ok(None) => None,
            Err(error) => Some(Some(error)),
        })
        .find_map(|error| error);
        let error = error.expect(name).to_string();
        assert!(error.contains("expected the list of records"), "{error}");
    }
}

#[test]
fn all_inputs_that_are_no_good_are_named() {
    let files: Vec<(String, &str)> = (10..40)
        .map(|n| (format!("{n}.json"), r#"{"errors":["no"]}"#))
        .chain([("a.json".to_owned(), r#"{"total":0}"#)])
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(n, text)| (n.as_str(), *text)).collect();
    let folder = Folder::new(&files);
    let error = folder.open(&[""], &preset("quickblox")).unwrap_err();
    let said = error.to_string();
    assert!(
        said.starts_with("30 of 31 inputs cannot be read:\n"),
        "{said}"
    );
    assert!(said.contains("/29.json` is no export") && !said.contains("/30.json"));
    assert!(said.ends_with("\nand 10 more"), "{said}");
    assert!(error.hint().unwrap().starts_with("ask the API again"));
}

#[test]
fn the_preset_that_comes_nearest_is_named_with_what_is_missing() {
    let text = r#"{"items":[{"_id":"r","unread":3}]}"#;
    let folder = Folder::new(&[("x.json", text)]);
    let error = folder.open(&["x.json"], &preset("auto")).unwrap_err();
    let said = error.to_string();
    assert!(
        said.ends_with("nearest is quickblox/dialogs: the file has `items[]._id`, but lacks `items[].unread_messages_count`"),
        "{said}"
    );
}

/// An archive of these members.
fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, name, *content).unwrap();
    }
    archive.into_inner().unwrap()
}

#[test]
fn members_of_an_archive_that_are_no_input_are_passed_over_and_counted() {
    let rows_of = |text: &[u8]| {
        let folder = Folder::new(&[]);
        std::fs::write(folder.path("a.tar"), text).unwrap();
        let inputs = folder.open(&["a.tar"], &Options::default());
        inputs.map(|inputs| (rows(&inputs), inputs.taken_for().pop().unwrap_or_default()))
    };
    let csv = &b"group,user,count\nr,a,3\n"[..];
    let picture = &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01"[..];
    let (found, said) = rows_of(&tar(&[
        ("in.csv", csv),
        ("data/profile.png", picture),
        ("README.md", b"# Export of Friday\n"),
    ]))
    .unwrap();
    assert_eq!(found, [row("r", "a", "3")]);
    assert!(said.ends_with("and 1 more, which are no inputs"), "{said}");
    assert!(said.contains("a.tar:data/profile.png"), "{said}");
    for bad in [
        ("other.csv", &b"room;who\n1;2\n"[..]),
        ("other.csv", picture),
        ("other.json", b"{\"errors\":[\"no\"]}"),
    ] {
        let error = rows_of(&tar(&[("in.csv", csv), bad])).unwrap_err();
        assert!(error.to_string().contains("a.tar:other."), "{error}");
    }
    assert!(rows_of(&tar(&[("data/profile.png", picture)])).is_err());
}

#[test]
fn what_is_no_text_is_refused_with_the_command_that_makes_text_of_it() {
    for (head, command) in [
        (&b"SQLite format 3\0"[..], "sqlite3 -header -csv "),
        (b"PAR1\x15", "duckdb -csv "),
        (b"Obj\x01\x04", "avro-tools tojson "),
        (b"ORC\0\x01", "orc-tools data "),
        (b"ARROW1\0\0", "pyarrow"),
        (b"PGDMP\x01", "pg_restore "),
        (b"\x6d\xe2\x99\x81\0", "mongorestore "),
        (b"<?xml version=\"1.0\"?>\n<mysqldump>", "mysql --batch"),
        (b"<!DOCTYPE html><html>", "ask its API again"),
    ] {
        let folder = Folder::new(&[]);
        std::fs::write(folder.path("it's x"), head).unwrap();
        let error = folder.open(&["it's x"], &Options::default()).unwrap_err();
        let hint = error.hint().unwrap();
        assert!(hint.contains(command), "{error}: {hint}");
        assert!(!hint.contains("FILE") && !hint.contains("'it's"), "{hint}");
    }
}

#[test]
fn null_in_letters_is_no_id_and_a_rounded_number_is_warned_of() {
    let folder = Folder::new(&[(
        "x.csv",
        "group,user,count\nNULL,a,3\n9.67539E+17,a,3\nr,NULL,3\nr,a,NULL\nE+1,a,2\n",
    )]);
    let inputs = folder.open(&["x.csv"], &Options::default()).unwrap();
    let mut reader = inputs.reader();
    let mut codes = Vec::new();
    while let Some(record) = reader.next().unwrap() {
        let Record::Row(raw) = record else { continue };
        let mut problems = Vec::new();
        crate::record::check(&raw, &mut problems);
        codes.push(problems.iter().map(|p| p.code.name()).collect::<Vec<_>>());
    }
    let expected: [&[&str]; 5] = [
        &["group_id_missing"],
        &["id_rounded"],
        &["member_account_missing"],
        &["unread_num_not_a_number"],
        &[],
    ];
    assert_eq!(codes, expected);
}

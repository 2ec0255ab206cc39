//! What the user says of inputs, and what is then read out of them.

use super::preset::{Library, Naming, OnDuplicate, Outer, Wanted};
use super::*;
use crate::record::{Column, Field};

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

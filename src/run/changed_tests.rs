//! Inputs that change after the first pass, in each form: what the second pass still gives, and
//! where it stops.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::*;
use crate::plan::Policy;
use crate::source::{Changed, InputPath, Inputs, Options};

/// Rows of an input. With what stands beside them they take many pieces of it.
const ROWS: u64 = 400;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Csv,
    JsonLines,
    JsonArray,
    Gzip,
    Utf16,
}

const FORMS: [Form; 5] = [
    Form::Csv,
    Form::JsonLines,
    Form::JsonArray,
    Form::Gzip,
    Form::Utf16,
];

/// Letters that no compression makes short.
fn noise(row: u64) -> String {
    let hash = |part| blake3::hash(format!("{row}.{part}").as_bytes()).to_hex();
    (0..16).map(|part| hash(part).to_string()).collect()
}

fn csv_row(row: u64) -> String {
    format!("g{},u{row},{row},{}\n", row / 10, noise(row))
}

fn json_row(row: u64) -> String {
    format!(
        r#"{{"group_id":"g{}","member_account":"u{row}","unread_num":{row},"note":"{}"}}"#,
        row / 10,
        noise(row)
    )
}

fn gzip(text: &str) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap()
}

impl Form {
    /// The bytes of an input with these rows.
    fn file(self, rows: impl Iterator<Item = u64>) -> Vec<u8> {
        let csv = |rows: &mut dyn Iterator<Item = u64>| {
            let rows: String = rows.map(csv_row).collect();
            format!("group_id,member_account,unread_num,note\n{rows}")
        };
        let mut rows = rows;
        match self {
            Self::Csv => csv(&mut rows).into_bytes(),
            Self::JsonLines => {
                let lines: String = rows.map(|row| json_row(row) + "\n").collect();
                lines.into_bytes()
            }
            Self::JsonArray => {
                let rows: Vec<String> = rows.map(json_row).collect();
                format!("[{}]\n", rows.join(",\n")).into_bytes()
            }
            Self::Gzip => gzip(&csv(&mut rows)),
            Self::Utf16 => {
                let text = csv(&mut rows);
                let units = std::iter::once(0xfeff).chain(text.encode_utf16());
                units.flat_map(u16::to_le_bytes).collect()
            }
        }
    }

    /// What a program appends that adds these rows.
    fn more(self, rows: impl Iterator<Item = u64>) -> Vec<u8> {
        match self {
            Self::Csv => rows.map(csv_row).collect::<String>().into_bytes(),
            Self::JsonLines => self.file(rows),
            Self::JsonArray => rows.map(json_row).collect::<String>().into_bytes(),
            Self::Gzip => gzip(&rows.map(csv_row).collect::<String>()),
            Self::Utf16 => {
                let text: String = rows.map(csv_row).collect();
                text.encode_utf16().flat_map(u16::to_le_bytes).collect()
            }
        }
    }
}

/// An input in a directory of its own, read once.
struct Surveyed {
    directory: TempDir,
    inputs: Inputs,
    survey: Survey,
}

/// What a second pass came to.
#[derive(Debug)]
struct Second {
    called: Vec<u64>,
    withheld: Vec<u64>,
    end: Result<(), InputError>,
}

impl Second {
    fn changed(&self) -> &Changed {
        let error = self.end.as_ref().expect_err("the input changed");
        error.changed().unwrap_or_else(|| panic!("{error}"))
    }
}

impl Surveyed {
    fn new(files: &[(&str, Vec<u8>)]) -> Self {
        let directory = TempDir::new().unwrap();
        let paths: Vec<InputPath> = files
            .iter()
            .map(|(name, bytes)| {
                let path = directory.path().join(name);
                fs::write(&path, bytes).unwrap();
                InputPath::File(path)
            })
            .collect();
        let inputs = Inputs::open(&paths, &Options::default()).unwrap();
        let survey = survey(
            &inputs,
            Policy::default(),
            directory.path(),
            &mut |finding| panic!("{finding:?}"),
        );
        Self {
            survey: survey.unwrap(),
            inputs,
            directory,
        }
    }

    fn of(form: Form) -> Self {
        Self::new(&[("in", form.file(0..ROWS))])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The second pass; `meanwhile` happens when so many rows were given.
    fn second(&self, after: usize, meanwhile: impl FnOnce()) -> Second {
        let mut meanwhile = Some(meanwhile);
        let mut calls = Calls::to_send(&self.inputs, &self.survey).unwrap();
        let (mut called, mut withheld) = (Vec::new(), Vec::new());
        let end = loop {
            if called.len() == after
                && let Some(meanwhile) = meanwhile.take()
            {
                meanwhile();
            }
            match calls.next() {
                Ok(Some(Step::Call(call))) => called.push(u64::from(call.unread_num)),
                Ok(Some(Step::Rejected { location, .. })) => panic!("{location:?}"),
                Ok(Some(Step::Withheld { row })) => withheld.push(row),
                Ok(None) => match calls.look_once_more() {
                    Ok(true) => break Ok(()),
                    Ok(false) => {}
                    Err(error) => break Err(error),
                },
                Err(error) => break Err(error),
            }
        };
        Second {
            called,
            withheld,
            end,
        }
    }
}

fn append(path: &Path, bytes: &[u8]) {
    let file = OpenOptions::new().append(true).open(path);
    file.unwrap().write_all(bytes).unwrap();
}

fn all() -> Vec<u64> {
    (0..ROWS).collect()
}

#[test]
fn an_input_that_nobody_touches_gives_what_was_planned() {
    for form in FORMS {
        let second = Surveyed::of(form).second(0, || ());
        assert!(second.end.is_ok(), "{form:?}: {:?}", second.end);
        assert_eq!(second.called, all(), "{form:?}");
    }
}

/// A rewrite of equal size whose time was set back: nothing but the bytes tells of it.
#[test]
fn a_rewrite_in_place_is_found_before_a_row_of_its_piece_is_given() {
    for form in FORMS {
        let surveyed = Surveyed::of(form);
        let path = surveyed.path("in");
        let second = surveyed.second(50, || {
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            let time = file.metadata().unwrap().modified().unwrap();
            let length = file.metadata().unwrap().len();
            file.write_all_at(b"#", length * 3 / 4).unwrap();
            file.set_modified(time).unwrap();
            assert_eq!(file.metadata().unwrap().len(), length);
        });
        let Changed::Rewritten { from, to, .. } = second.changed() else {
            panic!("{form:?}: {:?}", second.end);
        };
        assert!(from < to);
        let given = second.called.len() as u64;
        assert!(given > 200 && given < ROWS * 3 / 4 + 1, "{form:?}: {given}");
        assert_eq!(second.called, (0..given).collect::<Vec<_>>(), "{form:?}");
    }
}

#[test]
fn an_input_that_is_cut_short_gives_no_row_behind_the_cut() {
    for form in FORMS {
        let surveyed = Surveyed::of(form);
        let path = surveyed.path("in");
        let second = surveyed.second(50, || {
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            let length = file.metadata().unwrap().len();
            file.set_len(length / 2).unwrap();
        });
        let Changed::Shorter { bytes, left, .. } = second.changed() else {
            panic!("{form:?}: {:?}", second.end);
        };
        assert_eq!(*left, bytes / 2, "{form:?}");
        assert!(second.called.len() as u64 <= ROWS / 2 + 1, "{form:?}");
    }
}

#[test]
fn a_file_that_takes_the_place_of_the_input_is_found() {
    for form in FORMS {
        let surveyed = Surveyed::of(form);
        let (path, other) = (surveyed.path("in"), surveyed.path("other"));
        fs::write(&other, form.file((0..ROWS).rev())).unwrap();
        let second = surveyed.second(50, || fs::rename(&other, &path).unwrap());
        let changed = second.changed();
        assert!(
            matches!(changed, Changed::Rewritten { .. } | Changed::Shorter { .. }),
            "{form:?}: {changed:?}"
        );
        let given = second.called.len() as u64;
        assert_eq!(second.called, (0..given).collect::<Vec<_>>(), "{form:?}");
        assert!(given < 100, "{form:?}: {given}");
    }
}

/// The same bytes in another file, and a file that was touched: nothing changed.
#[test]
fn a_file_of_the_same_content_in_its_place_is_no_change() {
    for form in FORMS {
        let surveyed = Surveyed::of(form);
        let (path, other) = (surveyed.path("in"), surveyed.path("other"));
        fs::copy(&path, &other).unwrap();
        let second = surveyed.second(50, || fs::rename(&other, &path).unwrap());
        assert!(second.end.is_ok(), "{form:?}: {:?}", second.end);
        assert_eq!(second.called, all(), "{form:?}");
    }
}

#[test]
fn an_input_that_is_moved_away_is_read_to_its_end() {
    for form in FORMS {
        let surveyed = Surveyed::of(form);
        let (path, other) = (surveyed.path("in"), surveyed.path("other"));
        let second = surveyed.second(50, || fs::rename(&path, &other).unwrap());
        assert!(second.end.is_ok(), "{form:?}: {:?}", second.end);
        assert_eq!(second.called, all(), "{form:?}");
    }
}

#[test]
fn what_is_appended_is_not_given_and_told_behind_the_last_planned_row() {
    for form in FORMS {
        for after in [50, 399, 400] {
            let surveyed = Surveyed::of(form);
            let path = surveyed.path("in");
            let second = surveyed.second(after, || append(&path, &form.more(ROWS..ROWS + 30)));
            let expected = Changed::Grown {
                paths: vec![path.clone()],
                withheld: 0,
            };
            assert_eq!(second.changed(), &expected, "{form:?}, {after}");
            assert_eq!(second.called, all(), "{form:?}, {after}");
        }
    }
}

/// The rows of a piece may have left long before it becomes another one.
#[test]
fn a_rewrite_of_what_was_sent_is_told_at_the_end() {
    for form in FORMS {
        let surveyed = Surveyed::of(form);
        let path = surveyed.path("in");
        let second = surveyed.second(380, || {
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            file.write_all_at(b"#", file.metadata().unwrap().len() / 4)
                .unwrap();
        });
        assert_eq!(second.called, all(), "{form:?}");
        let changed = second.changed();
        assert!(matches!(changed, Changed::Rewritten { .. }), "{changed:?}");
    }
}

#[test]
fn half_a_row_is_withheld_if_the_file_goes_on_and_others_keep_their_turn() {
    let whole =
        |name: &str| format!("group_id,member_account,unread_num\ng,{name},1\ng,{name}{name},12");
    for (appended, withheld) in [
        ("3\n", true),
        ("\n", false),
        ("\r\ng,c,5\n", false),
        ("", false),
    ] {
        let files = [
            ("a", whole("a").into_bytes()),
            ("b", whole("b").into_bytes()),
        ];
        let surveyed = Surveyed::new(&files);
        let path = surveyed.path("a");
        let second = surveyed.second(1, || append(&path, appended.as_bytes()));
        let expected = if withheld { vec![2] } else { vec![] };
        assert_eq!(second.withheld, expected, "{appended:?}");
        let called: &[u64] = if withheld {
            &[1, 1, 12]
        } else {
            &[1, 12, 1, 12]
        };
        assert_eq!(second.called, called, "{appended:?}");
        if appended.is_empty() {
            assert!(second.end.is_ok());
        } else {
            let grown = Changed::Grown {
                paths: vec![path.clone()],
                withheld: u64::from(withheld),
            };
            assert_eq!(second.changed(), &grown, "{appended:?}");
        }
    }
}

#[test]
fn passes_before_the_first_call_stop_at_the_same_place_and_do_not_mind_growth() {
    let surveyed = Surveyed::of(Form::Csv);
    let path = surveyed.path("in");
    append(&path, &Form::Csv.more(ROWS..ROWS + 9));
    let mut calls = Calls::new(&surveyed.inputs, &surveyed.survey).unwrap();
    let mut rows = 0;
    while calls.next().unwrap().is_some() {
        rows += 1;
    }
    assert_eq!(rows, ROWS);
    File::create(&path).unwrap();
    let calls = Calls::new(&surveyed.inputs, &surveyed.survey);
    let error = calls.unwrap().next().map(drop).unwrap_err();
    assert!(error.changed().is_some(), "{error}");
}

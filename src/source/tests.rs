//! Files as a whole: what is read out of them, where it stood, and how bad ones are refused.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::record::{Column, Field};

/// One record as a test sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    line: u64,
    byte: u64,
    fields: Result<Vec<String>, &'static str>,
}

fn text_of(field: Field<'_>) -> String {
    match field {
        Field::Missing => "missing".to_owned(),
        Field::Null => "null".to_owned(),
        Field::Text(text) => text.to_owned(),
        Field::Number(letters) => format!("number {letters}"),
        Field::Other(raw) => format!("other {raw}"),
        Field::NotUtf8(bytes) => format!("bytes {bytes:?}"),
        Field::Mapped { source, target } => format!("mapped {source} {target}"),
        Field::Unmapped(source) => format!("unmapped {source}"),
    }
}

fn file_of(content: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    file
}

fn open(path: &Path, options: &Options) -> Result<Inputs, Error> {
    Inputs::open(&[InputPath::File(path.to_owned())], options)
}

/// What every thread of a shared pass sees, and the rows that are told of, in the order of telling.
#[derive(Default)]
struct Watcher {
    seen: BTreeMap<u64, Seen>,
    rows: Vec<u64>,
}

impl Watcher {
    fn note(&mut self, location: Location, fields: Result<Vec<String>, &'static str>) -> bool {
        let seen = Seen {
            line: location.line,
            byte: location.byte,
            fields,
        };
        assert!(self.seen.insert(location.row, seen).is_none());
        self.rows.push(location.row);
        self.rows.len() >= 100
    }
}

impl Judge for Watcher {
    type Error = Error;
    type Remarks = Vec<u64>;

    fn judge(&mut self, row: &RawRow<'_>) -> Result<bool, Error> {
        Ok(self.note(row.location, Ok(fields_of(row))))
    }

    fn reject(&mut self, location: Location, problem: &Problem) -> bool {
        self.note(location, Err(problem.code.name()))
    }

    fn remarks(&mut self) -> Option<Vec<u64>> {
        (!self.rows.is_empty()).then(|| std::mem::take(&mut self.rows))
    }
}

fn fields_of(row: &RawRow<'_>) -> Vec<String> {
    let fields = [
        row.group_id,
        row.member_account,
        row.unread_num,
        row.group_type,
    ];
    fields.map(text_of).to_vec()
}

/// Reads `inputs` on three threads. What is told comes in the order of rows.
pub(super) fn read_shared(inputs: &Inputs) -> (Vec<Seen>, Result<Vec<Digest>, Error>) {
    let mut watchers = [Watcher::default(), Watcher::default(), Watcher::default()];
    let mut told = Vec::new();
    let read = inputs.share_out(&mut watchers, &mut |rows| told.extend(rows));
    let mut seen = BTreeMap::new();
    for watcher in watchers {
        seen.extend(watcher.seen);
    }
    let rows: Vec<u64> = (1..=seen.len() as u64).collect();
    assert_eq!(told, rows, "each row is told of once, in order");
    assert_eq!(seen.keys().copied().collect::<Vec<_>>(), rows);
    (seen.into_values().collect(), read)
}

/// Reads `content` on one thread and on several, which has to be the same.
fn read_with(content: &[u8], options: &Options) -> Result<Vec<Seen>, Error> {
    let file = file_of(content);
    let inputs = open(file.path(), options)?;
    let read = read_alone(content, &inputs);
    let (shared, ended) = read_shared(&inputs);
    match (&read, ended) {
        (Ok((seen, digests)), Ok(shared_digests)) => {
            assert_eq!(&shared, seen);
            assert_eq!(&shared_digests, digests);
        }
        (Err(error), Err(other)) => assert_eq!(error.to_string(), other.to_string()),
        (one, other) => panic!("{one:?} alone is {other:?} shared"),
    }
    read.map(|(seen, _)| seen)
}

pub(super) fn read_alone(
    content: &[u8],
    inputs: &Inputs,
) -> Result<(Vec<Seen>, Vec<Digest>), Error> {
    // What is no UTF-8 by its look has other bytes than the file.
    let decoded = inputs.notes().any(|note| note.copied);
    let mut reader = inputs.reader();
    let mut seen = Vec::new();
    while let Some(record) = reader.next()? {
        let (location, raw, fields) = match record {
            Record::Row(row) => (row.location, row.raw, Ok(fields_of(&row))),
            Record::Malformed(bad) => (bad.location, bad.raw, Err(bad.problem.code.name())),
        };
        assert_eq!(location.row, seen.len() as u64 + 1);
        if !decoded {
            let start = usize::try_from(location.byte).unwrap();
            assert_eq!(
                &content[start..start + raw.len()],
                raw,
                "the byte points at the record"
            );
        }
        seen.push(Seen {
            line: location.line,
            byte: location.byte,
            fields,
        });
    }
    if decoded {
        return Ok((seen, reader.digests().to_vec()));
    }
    assert_eq!(
        reader.digests()[0].content.hash,
        blake3::hash(content).to_hex().to_string()
    );
    assert_eq!(reader.digests()[0].content.bytes, content.len() as u64);
    Ok((seen, reader.digests().to_vec()))
}

fn read(content: &str) -> Vec<Seen> {
    read_with(content.as_bytes(), &Options::default()).unwrap()
}

fn refusal(content: &[u8]) -> String {
    let error = read_with(content, &Options::default()).unwrap_err();
    let text = error.to_string();
    let name = text
        .split('`')
        .find(|part| part.contains("/.tmp"))
        .unwrap_or("-")
        .to_owned();
    text.replace(&name, "FILE")
}

fn row(line: u64, byte: u64, fields: [&str; 4]) -> Seen {
    Seen {
        line,
        byte,
        fields: Ok(fields.map(str::to_owned).to_vec()),
    }
}

fn bad(line: u64, byte: u64, code: &'static str) -> Seen {
    Seen {
        line,
        byte,
        fields: Err(code),
    }
}

#[test]
fn cells_are_found_by_the_header_and_placed_by_line_and_byte() {
    let seen = read("GroupId,x,User ID,unread\ng,1,u,5\n\n\"g\n2\",,\"u\"\"\",\\N\nh,1\ni,,v,0");
    let expected = [
        row(2, 25, ["g", "u", "5", "missing"]),
        row(4, 34, ["g\n2", "u\"", "null", "missing"]),
        bad(6, 50, "record_cell_count"),
        row(7, 54, ["i", "v", "0", "missing"]),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn every_line_end_counts_lines_the_same() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["group,user,count", "a,b,1", "", "c,d,2"].join(end);
        let lines: Vec<u64> = read(&text).iter().map(|seen| seen.line).collect();
        assert_eq!(lines, [2, 4], "{end:?}");
    }
}

#[test]
fn a_byte_order_mark_and_a_separator_line_are_not_cells() {
    let seen = read("\u{feff}sep=;\r\ngroup;user;count\r\ng;u;5\r\n");
    assert_eq!(seen, [row(3, 28, ["g", "u", "5", "missing"])]);
}

#[test]
fn each_line_of_json_stands_for_itself() {
    let seen = read(
        "{\"group_id\":\"g\",\"user\":\"u\",\"count\":5,\"type\":\"Work\"}\n\
         {\"group_id\":\"g\",\n\
         \n[1]\r\n\
         {\"group_id\":12,\"user\":{\"$oid\":\"ab\"},\"count\":{\"$numberLong\":\"9007199254740993\"}}\n\
         {\"group_id\":\"\\u0041\",\"user\":null,\"count\":[1],\"x\":{\"group_id\":1}}",
    );
    let fields: Vec<_> = seen
        .iter()
        .map(|seen| (seen.line, seen.fields.clone()))
        .collect();
    let texts = |fields: [&str; 4]| Ok(fields.map(str::to_owned).to_vec());
    let expected = [
        (1, texts(["g", "u", "number 5", "Work"])),
        (2, Err("record_malformed")),
        (4, Err("record_not_object")),
        (
            5,
            texts(["number 12", "ab", "number 9007199254740993", "missing"]),
        ),
        (6, texts(["A", "null", "other [1]", "missing"])),
    ];
    assert_eq!(fields, expected);
}

#[test]
fn an_array_is_read_element_by_element() {
    let seen = read(
        "[{\"group\":\"g\",\"user\":\"u\",\"count\":1},\n {\"group\":\"]\",\n\"user\":\"}\",\"count\":2},3, {\"a\":1,}]\n",
    );
    let expected = [
        row(1, 1, ["g", "u", "number 1", "missing"]),
        row(2, 38, ["]", "}", "number 2", "missing"]),
        bad(3, 74, "record_not_object"),
        bad(3, 77, "record_malformed"),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn documents_may_stretch_over_lines() {
    let one = "{\n  \"group\": \"g\",\n  \"user\": \"u\",\n  \"count\": 1\n}";
    let seen = read(&format!("{one}\n{one}{one}"));
    assert_eq!(
        seen.iter().map(|seen| seen.line).collect::<Vec<_>>(),
        [1, 6, 10]
    );
}

#[test]
fn one_member_that_stands_twice_is_ambiguous_and_a_better_name_wins() {
    let seen = read(
        "{\"group\":\"x\",\"group_id\":\"g\",\"user\":\"u\",\"count\":1}\n\
         {\"group\":\"g\",\"group\":\"h\",\"user\":\"u\",\"count\":1}\n",
    );
    assert_eq!(seen[0].fields.as_ref().unwrap()[0], "g");
    assert_eq!(seen[1].fields, Err("record_ambiguous"));
}

#[test]
fn dotted_paths_of_the_user_lead_into_objects() {
    let named = |column, name: &str| NamedColumn {
        column,
        name: name.to_owned(),
    };
    let options = Options {
        columns: vec![
            named(Column::GroupId, "rid"),
            named(Column::MemberAccount, "u._id"),
        ],
        ..Options::default()
    };
    let text = b"{\"rid\":\"r\",\"u\":{\"_id\":\"abc\",\"name\":\"n\"},\"unread\":3}\n{\"rid\":\"r\",\"u\":7,\"unread\":3}";
    let seen = read_with(text, &options).unwrap();
    assert_eq!(seen[0], row(1, 0, ["r", "abc", "number 3", "missing"]));
    assert_eq!(seen[1].fields.as_ref().unwrap()[1], "missing");
}

#[test]
fn bytes_that_are_not_utf8_make_one_cell_or_one_line_bad() {
    let seen = read_with(b"group,user,count\n\xff,u,1\ng,u,1\n", &Options::default()).unwrap();
    assert_eq!(seen[0].fields.as_ref().unwrap()[0], "bytes [255]");
    let line = b"{\"group\":\"g\",\"user\":\"u\",\"count\":1}\n{\"group\":\"\xff\"}\n";
    let seen = read_with(line, &Options::default()).unwrap();
    assert_eq!(seen[1].fields, Err("record_not_utf8"));
}

#[test]
fn what_cannot_be_read_is_refused_with_its_reason() {
    let long_line = format!("group,user,count\ng,u,{}\n", "5".repeat(3 << 20));
    let open_quote = format!("group,user,count\ng,\"u,5\n{}", "g,u,5\n".repeat(400_000));
    for (content, expected) in [
        ("", "`FILE` is empty"),
        ("\r\n \n", "`FILE` is empty"),
        ("group,user,count\n", "`FILE` has no record"),
        ("[]", "`FILE` has no record"),
        (
            "group,name\na,b\n",
            "`FILE` has no column for `member_account` and `unread_num`",
        ),
        (
            "group,Group,user,count\n",
            "`FILE` has more than one column for group_id: `group` and `Group`",
        ),
        (
            "{\"rid\":1,\"user\":2,\"count\":3}",
            "`FILE` has no column for `group_id`",
        ),
        (
            &long_line,
            "the record on line 2 of `FILE` (byte 17) is longer than 1048576 bytes",
        ),
        (
            &open_quote,
            "the record on line 2 of `FILE` (byte 17) is longer than 1048576 bytes",
        ),
        (
            "group,user,count\ng,\"u,5\nh,v,6\n",
            "the quote opened in the record on line 2 of `FILE` (byte 17) is never closed",
        ),
        (
            "[{\"group\":1,\"user\":2,\"count\":3}\n,",
            "expected a value on line 2 of `FILE` (byte 33), found the end of the file",
        ),
        (
            "[{\"group\":1,\"user\":2,\"count\":3}\n{}]",
            "expected `,` or `]` on line 2 of `FILE` (byte 32), found `{`",
        ),
        (
            "[{\"group\":1,\"user\":2,\"count\":3},{\"a\":[}]",
            "expected the value to go on on line 1 of `FILE` (byte 38), found `}`",
        ),
        (
            "[{\"group\":1,\"user\":2,\"count\":3},{\"a\":",
            "expected the end of the value on line 1 of `FILE` (byte 37), found the end of the file",
        ),
    ] {
        assert_eq!(refusal(content.as_bytes()), expected);
    }
}

#[test]
fn an_empty_directory_and_a_file_that_is_not_there_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let error = open(directory.path(), &Options::default()).unwrap_err();
    assert!(matches!(error, Error::NoFile { .. }));
    let error = open(&directory.path().join("none"), &Options::default()).unwrap_err();
    assert!(matches!(error, Error::Open { .. }));
}

#[test]
fn missing_columns_are_explained_by_what_is_there() {
    let file = file_of(b"raum,user,count\na,b,1\n");
    let hint = open(file.path(), &Options::default())
        .unwrap_err()
        .hint()
        .unwrap();
    assert_eq!(
        hint,
        "it has `raum`, `user` and `count`; group_id may be called `group_id`, `group`, \
         `dialog_id`, `channel_id` and `room_id`; another name is given with \
         `--column group_id=NAME`"
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_is_copied_and_read_as_often_as_needed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pipe");
    let made = std::process::Command::new("mkfifo")
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    let writer = std::thread::spawn({
        let path = path.clone();
        move || std::fs::write(path, "group,user,count\ng,u,1\nh,v,2\n").unwrap()
    });
    let inputs = open(&path, &Options::default()).unwrap();
    writer.join().unwrap();
    assert!(inputs.notes().next().unwrap().copied);
    for _ in 0..2 {
        let mut reader = inputs.reader();
        let mut rows = 0;
        while reader.next().unwrap().is_some() {
            rows += 1;
        }
        assert_eq!(rows, 2);
    }
}

#[test]
fn several_files_are_one_input() {
    let first = file_of(b"group,user,count\na,b,1\n");
    let second = file_of(b"{\"group\":\"c\",\"user\":\"d\",\"count\":2}\n");
    let paths = [&first, &second].map(|file| InputPath::File(file.path().to_owned()));
    let inputs = Inputs::open(&paths, &Options::default()).unwrap();
    let mut reader = inputs.reader();
    let mut places = Vec::new();
    while let Some(Record::Row(row)) = reader.next().unwrap() {
        places.push((row.location.row, row.location.file, row.location.line));
    }
    assert_eq!(places, [(1, 0, 2), (2, 1, 1)]);
    assert_eq!(reader.digests().len(), 2);
}

#[test]
fn what_was_recognised_is_said() {
    let file = file_of(b"\xef\xbb\xbfDialog ID;user;Unread Count\r\na;b;1\r\n");
    let inputs = open(file.path(), &Options::default()).unwrap();
    let note = inputs.notes().next().unwrap().to_string();
    let (_, said) = note.split_once(": ").unwrap();
    assert_eq!(
        said,
        "CSV with `;`, CRLF, byte order mark; group_id from `Dialog ID`, member_account from \
         `user`, unread_num from `Unread Count`"
    );
}

#[test]
fn records_across_the_window_s_end_are_whole() {
    let mut text = "group,user,count\n".to_owned();
    for n in 0..200_000 {
        let group = if n % 1000 == 0 {
            format!("\"g\n{n}\"")
        } else {
            format!("g{n}")
        };
        writeln!(text, "{group},u{n},{n}").unwrap();
    }
    let seen = read(&text);
    assert_eq!(seen.len(), 200_000);
    let last = seen.last().unwrap();
    assert_eq!(last.fields.as_ref().unwrap()[0], "g199999");
    assert_eq!(last.line, 200_001 + 200);
}

fn lines(objects: &[serde_json::Value], line: impl Fn(&serde_json::Value) -> String) -> String {
    objects.iter().map(line).collect::<Vec<_>>().concat()
}

fn lines_before(text: &str, byte: u64) -> u64 {
    let before = &text.as_bytes()[..usize::try_from(byte).unwrap()];
    1 + memchr::memchr_iter(b'\n', before).count() as u64
}

proptest! {
    #[test]
    fn csv_reads_back_whatever_the_cells_hold(
        rows in prop::collection::vec([".{0,9}", "[a\"\n,;é\r]{0,9}", "[0-9]{0,3}"], 1..8),
        mark: bool, crlf: bool, delimiter in prop::sample::select(b",;\t|".to_vec())
    ) {
        let mut bytes = if mark { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
        let terminator = if crlf { ::csv::Terminator::CRLF } else { ::csv::Terminator::Any(b'\n') };
        let mut writer = ::csv::WriterBuilder::new()
            .terminator(terminator).delimiter(delimiter).quote_style(::csv::QuoteStyle::Necessary)
            .from_writer(&mut bytes);
        writer.write_record(["group_id", "member_account", "unread_num"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        drop(writer);
        let text = String::from_utf8(bytes).unwrap();
        let seen = read(&text);
        prop_assert_eq!(seen.len(), rows.len());
        for (seen, row) in seen.iter().zip(&rows) {
            let row = row.each_ref().map(|cell| if cell == "\\N" { "null" } else { cell });
            prop_assert_eq!(&seen.fields.as_ref().unwrap()[..3], row.as_slice());
            prop_assert_eq!(seen.line, lines_before(&text, seen.byte));
        }
    }

    #[test]
    fn json_reads_back_in_every_form(
        rows in prop::collection::vec((".{0,9}", "[a\"\\\\\n{}\\[\\]]{0,9}", any::<u64>()), 1..8),
        form in 0..3
    ) {
        let objects: Vec<serde_json::Value> = rows.iter()
            .map(|(group, user, count)| serde_json::json!({"group": group, "user": user, "count": count, "x": [{"group": 1}]}))
            .collect();
        let text = match form {
            0 => lines(&objects, |object| format!("{object}\r\n")),
            1 => serde_json::to_string_pretty(&objects).unwrap(),
            _ => lines(&objects, |object| format!("{object:#}\n")),
        };
        let seen = read(&text);
        prop_assert_eq!(seen.len(), rows.len());
        for (seen, (group, user, count)) in seen.iter().zip(&rows) {
            let expected = [group.clone(), user.clone(), format!("number {count}")];
            prop_assert_eq!(&seen.fields.as_ref().unwrap()[..3], &expected);
            prop_assert_eq!(seen.line, lines_before(&text, seen.byte));
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(content: Vec<u8>, head in 0..4_usize) {
        let heads: [&[u8]; 4] = [b"", b"group,user,count\n", b"[{\"group\":1},", b"{\"group\":1}\n"];
        let content = [heads[head], content.as_slice()].concat();
        drop(read_with(&content, &Options::default()));
    }
}

/// More than several threads take at a time, with everything in it that makes a line special.
fn long(row: impl Fn(usize) -> String, special: &[&str]) -> String {
    let mut text = String::new();
    for index in 0..30_000 {
        text.push_str(&row(index));
        text.push('\n');
        // Far apart as well as next to each other.
        if index % 997 < special.len() && index > 2000 {
            text.push_str(special[index % 997]);
        }
    }
    text
}

#[test]
fn a_long_csv_file_is_read_alike_by_one_thread_and_by_several() {
    let plain = |index: usize| format!("room {},member-{index},{}", index / 9, index % 50);
    let quoted = |index: usize| {
        format!(
            "\"room {}\",\"mem,ber-{index}\",\"{}\"",
            index / 9,
            index % 50
        )
    };
    let row = |index: usize, quotes: bool| if quotes { quoted(index) } else { plain(index) };
    for (quotes, special) in [
        (
            false,
            &["\n", "\r\n", "a,b\n", "a,b,1\r\n", " ,x,\\N\n", "é,中,1\n"][..],
        ),
        (false, &["\"a\nb\",\"c\"\"d\",2\n", "\n\n", "a,\"b\",1\n"]),
        (false, &["a,b,1\rc,d,2\r\n"]),
        (
            true,
            &[
                "\n",
                "\"a\r\n\",b,1\n",
                "\"\"\"\",x\"y,2\n",
                "\"é\"z,\"\",\"\\N\"\n",
            ],
        ),
        (
            true,
            &["a,b,1\r\"c\nd\",d,2\r\n", "\"a\"\n", "\"\n\n\n\",\",\",3\n"],
        ),
    ] {
        let text = format!(
            "group,user,count\n{}",
            long(|index| row(index, quotes), special)
        );
        assert!(read(&text).len() > 30_000);
        assert!(read(&text.replace('\n', "\r\n")).len() > 30_000);
        assert!(read(text.trim_end()).len() > 30_000);
        let mut bytes = text.into_bytes();
        let at = bytes.len() - 9;
        bytes[at] = 0xff;
        let options = Options {
            encoding: Encoding::parse("utf-8"),
            ..Options::default()
        };
        assert!(read_with(&bytes, &options).unwrap().len() > 30_000);
    }
}

#[test]
fn a_long_file_of_json_lines_is_read_alike_by_one_thread_and_by_several() {
    let row = |index: usize| {
        let room = index / 9;
        format!(r#"{{"group":"room {room}","user":"m{index}","count":{index}}}"#)
    };
    let special = [
        "\n",
        " \t\r\n",
        "  {\"group\":\"\\u0041\",\"user\":{\"$oid\":\"f\"},\"count\":1.0}  \r\n",
        "{\"group\":1,\"group\":2}\n",
        "{\"group\":tru}\n",
        "[]\n",
        "{\"group\":\"é\",\"more\":[{}],\"count\":null}\n",
    ];
    let text = long(row, &special);
    assert!(read(&text).len() > 30_000);
    assert!(read(text.trim_end()).len() > 30_000);
}

#[test]
fn a_long_array_and_long_documents_are_read_alike_by_one_thread_and_by_several() {
    let row = |index: usize| {
        let room = index / 9;
        format!("{{\n  \"group\":\"room {room}\",\r\n\"user\":\"m{index}\",\"count\":{index}}}")
    };
    let special = [
        "7",
        "{\n}",
        "[[\n]]",
        "{\n\"group\":1,\"group\":2}",
        "{\n\"group\":tru}",
        "{\n\"group\":\"é]\",\"more\":[{}],\"count\":null}",
    ];
    let values = (0..30_000).map(|index| match special.get(index % 997) {
        Some(&special) if index > 2000 => special.to_owned(),
        _ => row(index),
    });
    let values: Vec<_> = values.collect();
    let documents = values.join("\n\n");
    assert_eq!(read(&documents).len(), 30_000);
    let array = format!("[{}\n]", values.join(" ,"));
    assert_eq!(read(&array).len(), 30_000);
    // What is wrong behind them is told behind them.
    let file = file_of(format!("{array}]").as_bytes());
    let inputs = open(file.path(), &Options::default()).unwrap();
    let (seen, read) = read_shared(&inputs);
    assert_eq!(seen.len(), 30_000);
    assert!(matches!(read, Err(Error::Structure { .. })), "{read:?}");
    assert!(refusal(format!("[{}", values.join(",")).as_bytes()).contains("`,` or `]`"));
}

#[test]
fn what_a_long_file_fails_for_is_told_behind_what_was_read_before() {
    let row = |index: usize| format!("room {},member-{index},{}", index / 9, index % 50);
    let text = format!("group,user,count\n{}\"open", long(row, &[]));
    assert!(refusal(text.as_bytes()).contains("quote"));
    let text = format!(
        "group,user,count\n{}{}",
        long(row, &[]),
        "x".repeat(2 << 20)
    );
    let file = file_of(text.as_bytes());
    let inputs = open(file.path(), &Options::default()).unwrap();
    let (seen, read) = read_shared(&inputs);
    assert_eq!(seen.len(), 30_000);
    assert!(matches!(read, Err(Error::RecordTooLong { .. })), "{read:?}");
}

mod mapped {
    //! Ids are replaced before they are judged, alike in every pass.

    use super::super::{Error, IdMap, InputPath, Inputs, Judge, Maps, Options, Record};
    use crate::record::{Code, Column, Location, Problem, RawRow, check};

    const MAP: &str = "source,target\nroom 1,@TGS#1\n7,seven\nlong,LLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL\nnever,used\n";

    fn mapped(input: &str) -> (tempfile::TempDir, Inputs) {
        let directory = tempfile::tempdir().unwrap();
        let (rows, map) = (directory.path().join("rows"), directory.path().join("map"));
        std::fs::write(&rows, input).unwrap();
        std::fs::write(&map, MAP).unwrap();
        let inputs = Inputs::open(&[InputPath::File(rows)], &Options::default()).unwrap();
        let groups = IdMap::load(&map, false).unwrap();
        let maps = Maps {
            groups: Some(groups),
            accounts: None,
        };
        (directory, inputs.mapped(maps))
    }

    /// The group id that would be sent, or the codes.
    type Judged = Result<String, Vec<(Code, String)>>;

    fn judged(raw: &RawRow<'_>) -> Judged {
        let mut problems = Vec::new();
        check(raw, &mut problems)
            .map(|row| row.group_id.to_owned())
            .ok_or_else(|| problems.into_iter().map(|p| (p.code, p.found)).collect())
    }

    #[derive(Default)]
    struct Groups(Vec<Judged>);

    impl Judge for Groups {
        type Error = Error;
        type Remarks = ();

        fn judge(&mut self, row: &RawRow<'_>) -> Result<bool, Error> {
            self.0.push(judged(row));
            Ok(false)
        }

        fn reject(&mut self, _: Location, _: &Problem) -> bool {
            panic!("every record can be taken apart");
        }

        fn remarks(&mut self) -> Option<()> {
            None
        }
    }

    #[test]
    fn both_kinds_of_pass_map_alike_before_the_rules_of_the_target() {
        let csv = "group_id,user,unread\nroom 1,a,1\n7,a,1\nlong,a,1\nother,a,1\n,a,1\n";
        let json = "{\"group_id\":\"room 1\",\"user\":\"a\",\"unread\":1}\n{\"group_id\":7,\"user\":\"a\",\"unread\":1}\n{\"group_id\":\"long\",\"user\":\"a\",\"unread\":1}\n{\"group_id\":\"other\",\"user\":\"a\",\"unread\":1}\n{\"group_id\":\"\",\"user\":\"a\",\"unread\":1}\n";
        for input in [csv, json] {
            let (_directory, inputs) = mapped(input);
            let mut ahead = [Groups::default()];
            inputs.share_out(&mut ahead, &mut |()| ()).unwrap();
            let [Groups(ahead)] = ahead;
            let mut again = Vec::new();
            let mut reader = inputs.reader();
            while let Some(record) = reader.next().unwrap() {
                let Record::Row(row) = record else {
                    panic!("every record can be taken apart");
                };
                again.push(judged(&row));
            }
            assert_eq!(ahead, again);
            assert_eq!(ahead[0], Ok("@TGS#1".to_owned()));
            assert_eq!(ahead[1], Ok("seven".to_owned()));
            let (code, found) = &ahead[2].as_ref().unwrap_err()[0];
            assert_eq!(*code, Code::GroupIdTooLong);
            assert!(found.starts_with("long → LLL"), "{found}");
            let unmapped = vec![(Code::GroupIdUnmapped, "other".to_owned())];
            assert_eq!(ahead[3], Err(unmapped));
            assert_eq!(ahead[4].as_ref().unwrap_err()[0].0, Code::GroupIdEmpty);
            let usage = inputs.maps().usage();
            assert_eq!(usage.len(), 1);
            assert_eq!((usage[0].column, usage[0].entries), (Column::GroupId, 4));
            assert_eq!(usage[0].unused, 1);
        }
    }

    #[test]
    fn a_rejected_row_is_repeated_with_the_ids_of_the_input() {
        let (_directory, inputs) =
            mapped("{\"group_id\":\"room 1\",\"user\":\"a\",\"unread\":-1}\n");
        let mut reader = inputs.reader();
        let Some(Record::Row(row)) = reader.next().unwrap() else {
            panic!("there is a row");
        };
        let mut columns = inputs.columns();
        let cells = columns.cells(row.raw, Some(&row));
        assert_eq!(cells[0].as_ref(), b"room 1");
    }
}

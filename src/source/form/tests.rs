//! The same rows in every form, and what becomes of forms that are broken. The files in
//! `samples/forms` were written by other programs: see `make.sh` there.

use std::io::Write as _;

use proptest::prelude::*;

use super::super::{InputPath, Inputs, Record};
use super::*;
use crate::record::{Column, Field};

/// The rows of all samples.
const ROWS: [[&str; 4]; 3] = [
    ["team", "alice", "3", "Work"],
    ["team", "bob", "0", "Work"],
    ["hall", "carol", "12", "Public"],
];

fn rows_of_all() -> Vec<Vec<String>> {
    ROWS.map(|row| row.map(str::to_owned).to_vec()).to_vec()
}

fn sample(name: &str) -> PathBuf {
    Path::new("samples/forms").join(name)
}

fn open(path: &Path) -> Result<Inputs, Error> {
    Inputs::open(&[InputPath::File(path.to_owned())], &Options::default())
}

fn text(field: Field<'_>) -> String {
    match field {
        Field::Text(text) | Field::Number(text) => text.to_owned(),
        Field::Missing
        | Field::Null
        | Field::Other(_)
        | Field::NotUtf8(_)
        | Field::Mapped { .. }
        | Field::Unmapped(_) => format!("{field:?}"),
    }
}

fn rows(inputs: &Inputs) -> Vec<Vec<String>> {
    let mut reader = inputs.reader();
    let mut rows = Vec::new();
    while let Some(record) = reader.next().unwrap() {
        let Record::Row(row) = record else {
            panic!("{record:?}");
        };
        let fields = [
            row.group_id,
            row.member_account,
            row.unread_num,
            row.group_type,
        ];
        rows.push(fields.map(text).to_vec());
    }
    rows
}

/// What is said of each input, without the columns.
fn said(inputs: &Inputs) -> Vec<String> {
    let notes = inputs.notes().map(|note| {
        let text = note.to_string();
        let text = text.split(';').next().unwrap();
        text.replace("samples/forms/", "")
    });
    notes.collect()
}

#[test]
fn every_form_holds_the_same_rows_and_says_what_it_is() {
    for (name, expected) in [
        ("plain.csv", "CSV with `,`"),
        ("utf8-bom.csv", "CSV with `,`, CRLF, byte order mark"),
        (
            "utf16le-bom.tsv",
            "UTF-16LE by its byte order mark, CSV with tabs, CRLF, temporary copy",
        ),
        (
            "utf16be-bom.csv",
            "UTF-16BE by its byte order mark, CSV with `,`, temporary copy",
        ),
        (
            "utf16le.csv",
            "UTF-16LE by its look, CSV with `,`, temporary copy",
        ),
        (
            "utf16be.csv",
            "UTF-16BE by its look, CSV with `,`, temporary copy",
        ),
        (
            "utf16le-bom.jsonl",
            "UTF-16LE by its byte order mark, JSON Lines, temporary copy",
        ),
        (
            "gb18030.csv",
            "GB18030 by its look, CSV with `,`, temporary copy",
        ),
        (
            "latin1.csv",
            "Windows-1252 by its look, CSV with `,`, temporary copy",
        ),
        ("cr.csv", "CSV with `,`"),
        ("rows.jsonl", "JSON Lines"),
        ("array.json", "a JSON array"),
        ("pretty.json", "JSON documents"),
        ("mongoexport.json", "a JSON array"),
        ("plain.csv.gz", "gzip, CSV with `,`, temporary copy"),
        ("members.csv.gz", "gzip, CSV with `,`, temporary copy"),
        (
            "gb18030.csv.gz",
            "gzip, GB18030 by its look, CSV with `,`, temporary copy",
        ),
        ("frames.csv.zst", "zstd, CSV with `,`, temporary copy"),
    ] {
        let inputs = open(&sample(name)).unwrap();
        assert_eq!(said(&inputs), [format!("`{name}`: {expected}")]);
        assert_eq!(rows(&inputs), ROWS, "{name}");
    }
    // The delimiter is the `;` at which `said` stops.
    let excel = open(&sample("excel.csv")).unwrap();
    assert_eq!(rows(&excel), ROWS);
    assert!(
        excel
            .notes()
            .next()
            .unwrap()
            .to_string()
            .contains("CSV with `;`, CRLF, byte order")
    );
}

#[test]
fn members_of_an_archive_are_inputs_of_their_own() {
    let utf_16 = "UTF-16LE by its byte order mark, CSV with `,`, temporary copy";
    let zip = open(&sample("export.zip")).unwrap();
    let expected = [
        "`export.zip:dumps/first.csv`: zip, CSV with `,`, temporary copy".to_owned(),
        format!("`export.zip:dumps/second.csv`: zip, {utf_16}"),
    ];
    assert_eq!((said(&zip), rows(&zip)), (expected.to_vec(), rows_of_all()));
    let tar = open(&sample("export.tar.gz")).unwrap();
    let expected = [
        "`export.tar.gz:first.csv`: gzip, tar, CSV with `,`, temporary copy".to_owned(),
        format!("`export.tar.gz:second.csv.gz`: gzip, tar, gzip, {utf_16}"),
    ];
    assert_eq!((said(&tar), rows(&tar)), (expected.to_vec(), rows_of_all()));
    let tar = open(&sample("gnu.tar")).unwrap();
    let expected = "`gnu.tar:plain.csv`: tar, CSV with `,`, temporary copy";
    assert_eq!(
        (said(&tar), rows(&tar)),
        (vec![expected.to_owned()], rows_of_all())
    );
}

#[test]
fn members_are_read_in_the_order_in_which_they_are_named() {
    for archive in ["export.zip:dumps/", "export.tar.gz:"] {
        let names = ["sec*", "first.csv"].map(|member| sample(&format!("{archive}{member}")));
        let inputs = Inputs::open(&names.map(InputPath::File), &Options::default()).unwrap();
        let groups: Vec<String> = rows(&inputs)
            .into_iter()
            .map(|row| row[1].clone())
            .collect();
        assert_eq!(groups, ["bob", "carol", "alice"], "{archive}");
    }
}

#[test]
fn problems_are_placed_in_the_text_and_name_the_member() {
    let inputs = open(&sample("export.zip")).unwrap();
    let mut reader = inputs.reader();
    while reader.advance().unwrap() {}
    let digests = reader.digests();
    let text = "group_id,member_account,unread_num,group_type,name\nteam,alice,3,Work,Müller\n";
    assert_eq!(digests[0].content.bytes, text.len() as u64);
    assert_eq!(
        digests[0].content.hash,
        blake3::hash(text.as_bytes()).to_hex().to_string()
    );
    let mut reader = inputs.reader();
    for _ in 0..3 {
        assert!(reader.advance().unwrap());
    }
    let Some(Record::Row(row)) = reader.record() else {
        panic!("three rows");
    };
    let location = row.location;
    assert_eq!((location.file, location.line, location.byte), (1, 3, 80));
    let excerpt = inputs
        .excerpt(location, Column::UnreadNum)
        .unwrap()
        .unwrap();
    assert_eq!(excerpt.text, "hall,carol,12,Public,Zoë");
    let names: Vec<&Path> = inputs.paths().collect();
    assert_eq!(names[1], sample("export.zip:dumps/second.csv"));
}

#[test]
fn what_is_not_read_is_refused_by_its_name() {
    for (name, expected, hint) in [
        (
            "bzip2.zip",
            "`samples/forms/bzip2.zip:rows.csv` is compressed with method 12 of zip, which is not read",
            "extract it with the program that made it, and name the files",
        ),
        (
            "encrypted.zip",
            "`samples/forms/encrypted.zip:plain.csv` is encrypted",
            "extract it with the program that made it, and name the files",
        ),
        (
            "utf32.csv",
            "`samples/forms/utf32.csv` is in UTF-32, which is not read",
            "convert it, as in `iconv -f utf-32 -t utf-8 FILE`",
        ),
        (
            "plain.csv:x",
            "`samples/forms/plain.csv` has no member `x`",
            "it is no archive",
        ),
        (
            "gnu.tar:x",
            "`samples/forms/gnu.tar` has no member `x`",
            "it has `samples/forms/gnu.tar:plain.csv`",
        ),
    ] {
        let error = open(&sample(name)).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.hint().as_deref(), Some(hint));
    }
}

/// What opening `bytes` as a file of that name says.
fn refusal(bytes: &[u8]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x");
    std::fs::write(&path, bytes).unwrap();
    match open(&path) {
        Ok(inputs) => format!("{:?}", rows(&inputs)),
        Err(error) => {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            let said = [Some(error.to_string()), source].map(Option::unwrap_or_default);
            said.join(": ").replace(path.to_str().unwrap(), "FILE")
        }
    }
}

#[test]
fn what_is_cut_short_is_an_error_that_names_the_place() {
    for (name, at, expected) in [
        (
            "plain.csv.gz",
            100,
            "`FILE` is cut short (gzip) at byte 100 of the file, behind 85 bytes of text: incomplete deflate stream",
        ),
        (
            "plain.csv.gz",
            132,
            "`FILE` is cut short (gzip) at byte 132 of the file, behind 132 bytes of text: unexpected end of file",
        ),
        (
            "plain.csv.gz",
            5,
            "`FILE` is cut short (gzip) at byte 5 of the file: unexpected end of file",
        ),
        (
            "members.csv.gz",
            120,
            "`FILE` is cut short (gzip) at byte 120 of the file, behind 106 bytes of text: unexpected end of file",
        ),
        (
            "frames.csv.zst",
            60,
            "`FILE` is cut short (zstd) at byte 60 of the file, behind 51 bytes of text: incomplete frame",
        ),
        (
            "export.zip",
            500,
            "`FILE` is damaged (zip) at byte 500 of the file: invalid Zip archive: Could not find EOCD",
        ),
        (
            "export.tar.gz",
            300,
            "`FILE:second.csv.gz` is cut short (gzip, tar, gzip) at byte 300 of the file, behind 82 bytes of text: incomplete deflate stream",
        ),
        (
            "export.tar.gz",
            412,
            "`FILE` is cut short (gzip, tar) at byte 412 of the file: unexpected end of file",
        ),
        (
            "gnu.tar",
            600,
            "`FILE` is cut short (tar) at byte 600 of the file: unexpected EOF during skip",
        ),
        (
            "gnu.tar",
            1024,
            "`FILE` is cut short (tar) at byte 1024 of the file: the end of the archive is missing",
        ),
    ] {
        let file = std::fs::read(sample(name)).unwrap();
        assert_eq!(refusal(&file[..at]), expected, "{name}");
    }
}

#[test]
fn what_is_damaged_is_an_error_that_names_the_place() {
    for (name, at, expected) in [
        (
            "plain.csv.gz",
            60,
            "`FILE` is damaged (gzip) at byte 136 of the file, behind 132 bytes of text: corrupt gzip stream does not have a matching checksum",
        ),
        (
            "frames.csv.zst",
            30,
            "`FILE` is damaged (zstd) at byte 86 of the file, behind 77 bytes of text: Restored data doesn't match checksum",
        ),
        (
            "export.zip",
            400,
            "`FILE:dumps/second.csv` is damaged (zip) at byte 524 of the file, behind 106 bytes of text: Invalid checksum",
        ),
        (
            "export.tar.gz",
            100,
            "`FILE:first.csv` is damaged (gzip, tar) at byte 108 of the file: corrupt deflate stream",
        ),
        (
            "gnu.tar",
            130,
            "`FILE` is damaged (tar) at byte 512 of the file: archive header checksum mismatch",
        ),
    ] {
        let mut file = std::fs::read(sample(name)).unwrap();
        file[at] ^= 0x55;
        assert_eq!(refusal(&file), expected, "{name}");
    }
    let file = [
        std::fs::read(sample("frames.csv.zst")).unwrap(),
        b"text".to_vec(),
    ]
    .concat();
    assert_eq!(
        refusal(&file),
        "`FILE` is damaged (zstd) at byte 158 of the file, behind 132 bytes of text: Unknown frame descriptor"
    );
}

#[test]
fn no_prefix_of_a_compressed_file_reads_as_a_shorter_one() {
    // Of two parts, the first by itself is whole.
    for (name, whole) in [
        ("plain.csv.gz", 0),
        ("members.csv.gz", 1),
        ("frames.csv.zst", 1),
        ("export.zip", 0),
        ("export.tar.gz", 0),
    ] {
        let file = std::fs::read(sample(name)).unwrap();
        let read = (0..file.len()).filter(|&at| refusal(&file[..at]).starts_with('['));
        assert_eq!(read.count(), whole, "{name}");
    }
}

#[test]
fn an_archive_in_an_archive_and_endless_wrapping_are_refused() {
    let packed = |bytes: &[u8]| {
        let mut gzip = flate2::read::GzEncoder::new(bytes, flate2::Compression::fast());
        let mut packed = Vec::new();
        gzip.read_to_end(&mut packed).unwrap();
        packed
    };
    let zip = std::fs::read(sample("export.zip")).unwrap();
    assert_eq!(
        refusal(&packed(&zip)),
        "`FILE` is an archive inside an archive: "
    );
    let mut bytes = std::fs::read(sample("plain.csv")).unwrap();
    for _ in 0..DEPTH {
        bytes = packed(&bytes);
    }
    assert!(refusal(&bytes).starts_with("[["));
    assert!(refusal(&packed(&bytes)).contains("inside an archive"));
}

#[cfg(unix)]
#[test]
fn a_zip_that_comes_through_a_pipe_is_read_like_any_other() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let writing = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::copy(sample("export.zip"), pipe).unwrap()
    });
    let inputs = open(&pipe).unwrap();
    writing.join().unwrap();
    assert_eq!(rows(&inputs), rows_of_all());
}

#[test]
fn what_means_nothing_in_its_encoding_spoils_its_row_only_and_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.csv");
    let mut bytes = b"\xff\xfe".to_vec();
    let text = "group,user,count\ng,a!,1\ng,b,2\n";
    for unit in text.encode_utf16() {
        // Half of a pair.
        let unit = if unit == u16::from(b'!') {
            0xd800
        } else {
            unit
        };
        bytes.extend_from_slice(&unit.to_le_bytes());
    }
    std::fs::write(&path, bytes).unwrap();
    let inputs = open(&path).unwrap();
    assert!(said(&inputs)[0].contains("UTF-16LE by its byte order mark, 1 place that is not"));
    let rows = rows(&inputs);
    assert_eq!(rows[0][1], "NotUtf8([97, 255])");
    assert_eq!(rows[1][..3], ["g", "b", "2"]);
}

#[test]
fn an_encoding_that_is_named_is_believed() {
    let options = Options {
        encoding: Encoding::parse("gbk"),
        ..Options::default()
    };
    let open = |name: &str| Inputs::open(&[InputPath::File(sample(name))], &options).unwrap();
    for (name, expected) in [
        ("plain.csv.gz", "`plain.csv.gz`: gzip, GB18030 as named, "),
        ("gb18030.csv", "`gb18030.csv`: GB18030 as named, "),
        ("utf8-bom.csv", "`utf8-bom.csv`: CSV with"),
    ] {
        let said = said(&open(name));
        assert!(said[0].starts_with(expected), "{said:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn damage_anywhere_is_an_error_or_rows_and_never_a_panic(
        sample_number in 0_usize..9,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let names = [
            "plain.csv.gz", "members.csv.gz", "frames.csv.zst", "export.zip", "export.tar.gz",
            "gnu.tar", "encrypted.zip", "utf16le.csv", "gb18030.csv",
        ];
        let mut bytes = std::fs::read(sample(names[sample_number])).unwrap();
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        if let Ok(inputs) = open(file.path()) {
            let mut reader = inputs.reader();
            while let Ok(Some(record)) = reader.next() {
                drop(record);
            }
        }
    }
}

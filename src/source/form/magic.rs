//! What a file is by its first bytes, whatever its name says.

/// A form that is taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrapping {
    Gzip,
    Zstd,
    Zip,
    Tar,
}

impl Wrapping {
    /// Whether it holds members.
    pub(super) const fn is_archive(self) -> bool {
        matches!(self, Self::Zip | Self::Tar)
    }

    /// Its name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Zip => "zip",
            Self::Tar => "tar",
        }
    }
}

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Magic {
    /// Something that is taken off.
    Wrapped(Wrapping),
    /// A compression that is not read.
    Compressed(&'static str),
    /// A file of another program, and the command that makes CSV or JSON Lines of it.
    Foreign(&'static str, &'static str),
}

const MAGIC: [(&[u8], Magic); 20] = [
    (b"\x1f\x8b\x08", Magic::Wrapped(Wrapping::Gzip)),
    (b"\x28\xb5\x2f\xfd", Magic::Wrapped(Wrapping::Zstd)),
    (b"PK\x03\x04", Magic::Wrapped(Wrapping::Zip)),
    // An archive without a member.
    (b"PK\x05\x06", Magic::Wrapped(Wrapping::Zip)),
    (b"PK\x07\x08", Magic::Compressed("a zip in several parts")),
    (b"\xfd7zXZ\0", Magic::Compressed("xz")),
    (b"7z\xbc\xaf\x27\x1c", Magic::Compressed("7z")),
    (b"Rar!\x1a\x07", Magic::Compressed("rar")),
    (b"\x04\x22\x4d\x18", Magic::Compressed("lz4")),
    (b"\x1f\x9d", Magic::Compressed("compress")),
    (b"\xff\x06\0\0sNaPpY", Magic::Compressed("snappy")),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        Magic::Foreign(
            "a document of an office program",
            "soffice --headless --convert-to csv FILE",
        ),
    ),
    (
        b"SQLite format 3\0",
        Magic::Foreign(
            "an SQLite database",
            "sqlite3 -header -csv FILE 'SELECT … FROM …' > counts.csv",
        ),
    ),
    (
        b"PGDMP",
        Magic::Foreign(
            "a PostgreSQL dump in its custom format",
            "pg_restore --data-only --file=counts.sql FILE",
        ),
    ),
    (
        b"PAR1",
        Magic::Foreign(
            "a Parquet file",
            "duckdb -csv -c \"SELECT * FROM read_parquet('FILE')\" > counts.csv",
        ),
    ),
    (
        b"ARROW1",
        Magic::Foreign(
            "an Arrow file",
            "python3 -c \"import pyarrow.feather as f; f.read_table('FILE').to_pandas().to_csv('counts.csv', index=False)\"",
        ),
    ),
    (
        b"Obj\x01",
        Magic::Foreign("an Avro file", "avro-tools tojson FILE > counts.jsonl"),
    ),
    (
        b"\x6d\xe2\x99\x81",
        Magic::Foreign(
            "an archive of mongodump",
            "mongorestore --archive=FILE, and then mongoexport --collection=NAME --out=counts.jsonl",
        ),
    ),
    (
        b"ORC",
        Magic::Foreign("an ORC file", "orc-tools data FILE > counts.jsonl"),
    ),
    (b"%PDF-", Magic::Foreign("a PDF", "")),
];

/// The skippable frames that some writers of zstd begin with; their first byte is 0x50 to 0x5f.
const SKIPPABLE: &[u8] = b"\x2a\x4d\x18";

/// Where a tar header has its magic (POSIX ustar, and the older GNU form).
const TAR: std::ops::Range<usize> = 257..262;

/// What `head`, the beginning of a file, says.
pub(super) fn magic(head: &[u8]) -> Option<Magic> {
    let is_text = |magic: &[u8]| magic == b"ORC" && !head.iter().take(512).any(|&byte| byte == 0);
    let found = MAGIC
        .iter()
        .find(|(magic, _)| head.starts_with(magic) && !is_text(magic));
    if let Some(&(_, magic)) = found {
        return Some(magic);
    }
    if head.get(1..4) == Some(SKIPPABLE) && head.first().is_some_and(|byte| byte >> 4 == 5) {
        return Some(Magic::Wrapped(Wrapping::Zstd));
    }
    // `BZh` alone could be text.
    if head.starts_with(b"BZh") && head.get(4..7) == Some(b"1AY") {
        return Some(Magic::Compressed("bzip2"));
    }
    (head.get(TAR) == Some(b"ustar")).then_some(Magic::Wrapped(Wrapping::Tar))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_known_by_their_first_bytes() {
        let mut tar = vec![0; 512];
        tar[257..263].copy_from_slice(b"ustar\0");
        for (head, expected) in [
            (&b"\x1f\x8b\x08\0"[..], Some(Magic::Wrapped(Wrapping::Gzip))),
            (b"\x52\x2a\x4d\x18", Some(Magic::Wrapped(Wrapping::Zstd))),
            (b"PK\x05\x06\0", Some(Magic::Wrapped(Wrapping::Zip))),
            (&tar, Some(Magic::Wrapped(Wrapping::Tar))),
            (b"BZh91AY&SY", Some(Magic::Compressed("bzip2"))),
            (b"BZh,user,count\n", None),
            (b"ORC,user,count\n", None),
            (b"PK,user,count\n", None),
            (b"", None),
        ] {
            assert_eq!(magic(head), expected, "{head:?}");
        }
    }
}

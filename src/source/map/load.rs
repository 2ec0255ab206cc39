//! A map file becomes a map: CSV with a header, or JSON, told from the first byte.

use std::fs::File;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;
use std::sync::atomic::AtomicU64;

use hashbrown::HashTable;

use super::super::columns::normal;
use super::error::Error;
use super::{EXAMPLES, Ends, IdMap, json};
use crate::record::shown;

/// Names of the column, or the member, with the ids of the export.
const SOURCE: [&str; 5] = ["source", "source_id", "from", "old", "old_id"];

/// Names of the column, or the member, with the ids at the target.
const TARGET: [&str; 5] = ["target", "target_id", "to", "new", "new_id"];

/// Delimiters that are tried on the header.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// Bytes read at a time; the header has to fit.
const BUFFER: usize = 64 << 10;

/// The side of the map that a column's name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Source,
    Target,
}

impl Side {
    /// Reads the name of a column or member.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let name = normal(name);
        let known = |names: &[&str]| names.iter().any(|&other| normal(other) == name);
        if known(&SOURCE) {
            Some(Self::Source)
        } else if known(&TARGET) {
            Some(Self::Target)
        } else {
            None
        }
    }
}

impl IdMap {
    /// Reads the map in the file at `path`. Two sources may only have one target if `many_to_one`.
    pub(crate) fn load(path: &Path, many_to_one: bool) -> Result<Self, Error> {
        let file = File::open(path).map_err(|source| Error::Open {
            path: path.to_owned(),
            source,
        })?;
        Self::read(path, file, many_to_one)
    }

    /// Reads the map that `bytes` hold.
    pub(super) fn read(path: &Path, bytes: impl Read, many_to_one: bool) -> Result<Self, Error> {
        let failed = |source| Error::Read {
            path: path.to_owned(),
            source,
        };
        let mut loader = Loader::new(path, many_to_one);
        let mut hashing = Hashing {
            inner: bytes,
            hasher: blake3::Hasher::new(),
        };
        let mut reader = BufReader::with_capacity(BUFFER, &mut hashing);
        if reader
            .fill_buf()
            .map_err(failed)?
            .starts_with(b"\xef\xbb\xbf")
        {
            reader.consume(3);
        }
        let start = reader.fill_buf().map_err(failed)?;
        let first = start.iter().find(|byte| !byte.is_ascii_whitespace());
        match first {
            None => {}
            Some(b'{' | b'[') => json::read(&mut reader, &mut loader)?,
            Some(_) => read_csv(&mut reader, &mut loader)?,
        }
        io::copy(&mut reader, &mut io::sink()).map_err(failed)?;
        let hash = hashing.hasher.finalize().to_hex().to_string();
        loader.finish(hash)
    }
}

/// Hashes what passes through.
struct Hashing<R> {
    inner: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// A map being read.
pub(super) struct Loader {
    map: IdMap,
    /// The entries by their targets; kept only while the map is read.
    targets: HashTable<u32>,
    many_to_one: bool,
}

impl Loader {
    fn new(path: &Path, many_to_one: bool) -> Self {
        Self {
            map: IdMap {
                path: path.to_owned(),
                hash: String::new(),
                seed: RandomState::new().build_hasher().finish(),
                text: String::new(),
                ends: Vec::new(),
                table: HashTable::new(),
                used: Vec::new(),
                merged: Vec::new(),
                merged_count: 0,
            },
            targets: HashTable::new(),
            many_to_one,
        }
    }

    /// The file that is read.
    pub(super) fn path(&self) -> &Path {
        &self.map.path
    }

    /// Adds an entry; one that is there already is no second one.
    pub(super) fn add(&mut self, source: &str, target: &str) -> Result<(), Error> {
        let map = &self.map;
        let (by_source, by_target) = (map.hash_of(source), map.hash_of(target));
        let same = |&entry: &u32| map.source_of(entry) == source;
        if let Some(&entry) = map.table.find(by_source, same) {
            let first = map.target_of(entry);
            if first == target {
                return Ok(());
            }
            return Err(Error::TwoTargets {
                path: map.path.clone(),
                name: shown(source),
                first: shown(first),
                second: shown(target),
            });
        }
        let same = |&entry: &u32| map.target_of(entry) == target;
        let merged = self.targets.find(by_target, same).copied();
        if let Some(entry) = merged.filter(|_| !self.many_to_one) {
            return Err(Error::TwoSources {
                path: map.path.clone(),
                first: shown(map.source_of(entry)),
                second: shown(source),
                target: shown(target),
            });
        }
        let entry = self.push(source, target)?;
        let Self { map, targets, .. } = self;
        match merged {
            None => {
                targets.insert_unique(by_target, entry, |&other| map.hash_of(map.target_of(other)));
            }
            Some(first) => {
                map.merged_count += 1;
                if map.merged.len() < EXAMPLES {
                    map.merged.push((first, entry));
                }
            }
        }
        let mut table = std::mem::take(&mut map.table);
        table.insert_unique(by_source, entry, |&other| map.hash_of(map.source_of(other)));
        map.table = table;
        Ok(())
    }

    /// The number of the new entry.
    fn push(&mut self, source: &str, target: &str) -> Result<u32, Error> {
        let map = &mut self.map;
        map.text.push_str(source);
        let middle = u32::try_from(map.text.len());
        map.text.push_str(target);
        let end = u32::try_from(map.text.len());
        let entry = u32::try_from(map.ends.len());
        let (Ok(source), Ok(target), Ok(entry)) = (middle, end, entry) else {
            return Err(Error::TooLarge {
                path: map.path.clone(),
            });
        };
        map.ends.push(Ends { source, target });
        Ok(entry)
    }

    fn finish(self, hash: String) -> Result<IdMap, Error> {
        let mut map = self.map;
        if map.ends.is_empty() {
            return Err(Error::Empty { path: map.path });
        }
        map.text.shrink_to_fit();
        map.ends.shrink_to_fit();
        map.hash = hash;
        map.used = std::iter::repeat_with(AtomicU64::default)
            .take(map.ends.len().div_ceil(64))
            .collect();
        Ok(map)
    }
}

/// Reads cells below a header.
fn read_csv(reader: &mut BufReader<impl Read>, loader: &mut Loader) -> Result<(), Error> {
    let delimiter = delimiter(reader.buffer());
    let mut csv = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .from_reader(reader);
    let mut cells = csv::ByteRecord::new();
    let mut sides = None;
    while csv
        .read_byte_record(&mut cells)
        .map_err(|error| unreadable(loader.path(), error))?
    {
        let Some((source, target)) = sides else {
            sides = Some(header(&cells, loader.path())?);
            continue;
        };
        let line = cells.position().map_or(0, csv::Position::line);
        let no_entry = |why| Error::Line {
            path: loader.path().to_owned(),
            line,
            why,
        };
        let text = |index, missing| {
            let cell = cells.get(index).unwrap_or_default();
            match std::str::from_utf8(cell) {
                Err(_) => Err(no_entry("it is not UTF-8")),
                Ok(text) if text.trim_ascii().is_empty() => Err(no_entry(missing)),
                Ok(text) => Ok(text),
            }
        };
        let source = text(source, "the source is empty")?;
        let target = text(target, "the target is empty")?;
        loader.add(source, target)?;
    }
    Ok(())
}

fn unreadable(path: &Path, error: csv::Error) -> Error {
    Error::Read {
        path: path.to_owned(),
        source: error.into(),
    }
}

/// The delimiter with which the first line names most sides.
fn delimiter(start: &[u8]) -> u8 {
    let line = start
        .split(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let named = |delimiter: u8| {
        line.split(char::from(delimiter))
            .filter(|cell| Side::parse(cell.trim().trim_matches('"')).is_some())
            .count()
    };
    // Of equals `max_by_key` takes the last, and the comma is the most likely.
    let best = DELIMITERS.into_iter().rev().max_by_key(|&byte| named(byte));
    best.unwrap_or(b',')
}

/// Which cells hold the two sides.
fn header(cells: &csv::ByteRecord, path: &Path) -> Result<(usize, usize), Error> {
    let names: Vec<String> = cells
        .iter()
        .map(|cell| String::from_utf8_lossy(cell).into_owned())
        .collect();
    let find = |side| {
        names
            .iter()
            .position(|name| Side::parse(name) == Some(side))
    };
    let missing = match (find(Side::Source), find(Side::Target)) {
        (Some(source), Some(target)) => return Ok((source, target)),
        (None, _) => "source",
        (Some(_), None) => "target",
    };
    Err(Error::Header {
        path: path.to_owned(),
        missing,
        present: names,
    })
}

//! Users and dialogs from files: CSV, JSON, one JSON object a line, or pages of QuickBlox's own.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::quickblox::{Dialog, User, dialog_of, user_of};

/// Why a list cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// It is not the JSON it begins like.
    #[error("`{}` is not JSON", path.display())]
    Json {
        path: PathBuf,
        source: serde_json::Error,
    },
    /// It is not CSV.
    #[error("`{}` is not CSV", path.display())]
    Csv { path: PathBuf, source: csv::Error },
    /// An entry is none.
    #[error("entry {entry} of `{}` has no {what} id", path.display())]
    Entry {
        path: PathBuf,
        entry: u64,
        what: &'static str,
    },
    /// There is no entry.
    #[error("`{}` lists no {what}", path.display())]
    Empty { path: PathBuf, what: &'static str },
}

/// The users of a file, each once, in the order of the file.
pub(crate) fn users_from(path: &Path) -> Result<Vec<User>, Error> {
    let mut users = read(path, "user", user_of)?;
    let mut seen = std::collections::HashSet::new();
    users.retain(|user| seen.insert(user.id));
    Ok(users)
}

/// The dialogs of a file, each once, in the order of the file.
pub(crate) fn dialogs_from(path: &Path) -> Result<Vec<Dialog>, Error> {
    let mut dialogs = read(path, "dialog", dialog_of)?;
    let mut seen = std::collections::HashSet::new();
    dialogs.retain(|dialog| seen.insert(dialog.id.clone()));
    Ok(dialogs)
}

/// BLAKE3 of a list in hex, by which a resume knows it again.
pub(crate) fn hash_of(path: &Path) -> Result<String, Error> {
    let bytes = bytes_of(path)?;
    Ok(blake3::hash(&bytes).to_hex().to_string())
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}

fn read<T>(
    path: &Path,
    what: &'static str,
    take: fn(&Value) -> Option<T>,
) -> Result<Vec<T>, Error> {
    let bytes = bytes_of(path)?;
    let mut found = Vec::new();
    let mut number = 0;
    let mut each = |value: &Value| {
        number += 1;
        let entry = take(value).ok_or_else(|| Error::Entry {
            path: path.to_owned(),
            entry: number,
            what,
        })?;
        found.push(entry);
        Ok(())
    };
    match bytes.trim_ascii_start().first() {
        Some(b'{' | b'[') => json_entries(path, &bytes, &mut each)?,
        Some(_) | None => csv_entries(path, &bytes, what, &mut each)?,
    }
    if found.is_empty() {
        return Err(Error::Empty {
            path: path.to_owned(),
            what: if what == "user" { "users" } else { "dialogs" },
        });
    }
    Ok(found)
}

/// Documents one after the other; an array is its items, and a page is its `items`.
fn json_entries(
    path: &Path,
    bytes: &[u8],
    each: &mut impl FnMut(&Value) -> Result<(), Error>,
) -> Result<(), Error> {
    let documents = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
    for document in documents {
        let document = document.map_err(|source| Error::Json {
            path: path.to_owned(),
            source,
        })?;
        match (document.get("items"), &document) {
            (Some(Value::Array(items)), _) | (None, Value::Array(items)) => {
                items.iter().try_for_each(&mut *each)?;
            }
            _ => each(&document)?,
        }
    }
    Ok(())
}

/// Rows below a header, or one id a line without one.
fn csv_entries(
    path: &Path,
    bytes: &[u8],
    what: &str,
    each: &mut impl FnMut(&Value) -> Result<(), Error>,
) -> Result<(), Error> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let failed = |source| Error::Csv {
        path: path.to_owned(),
        source,
    };
    let mut header: Option<Vec<String>> = None;
    for record in reader.records() {
        let record = record.map_err(failed)?;
        let Some(names) = &header else {
            let names: Vec<String> = record.iter().map(|cell| name_of(cell, what)).collect();
            if names.iter().any(|name| name == "id") {
                header = Some(names);
                continue;
            }
            header = Some(vec!["id".to_owned()]);
            each(&entry_of(&["id".to_owned()], &record))?;
            continue;
        };
        each(&entry_of(names, &record))?;
    }
    Ok(())
}

/// The member that a column's name stands for.
fn name_of(cell: &str, what: &str) -> String {
    let name = cell.to_lowercase().replace([' ', '-'], "_");
    let id = match what {
        "user" => matches!(name.as_str(), "id" | "user_id" | "user"),
        _ => matches!(
            name.as_str(),
            "_id" | "id" | "dialog_id" | "chat_dialog_id" | "dialog"
        ),
    };
    if id { "id".to_owned() } else { name }
}

fn entry_of(names: &[String], record: &csv::StringRecord) -> Value {
    let members = names.iter().zip(record).map(|(name, cell)| {
        let value = if name == "occupants_ids" {
            occupants(cell)
        } else {
            Value::from(cell)
        };
        (name.clone(), value)
    });
    Value::Object(members.collect::<Map<_, _>>())
}

/// Ids between anything that is no digit: `[1, 2]`, `1;2`, `1 2`.
fn occupants(cell: &str) -> Value {
    let ids: Vec<Value> = cell
        .split(|character: char| !character.is_ascii_digit())
        .filter_map(|id| id.parse::<u64>().ok())
        .map(Value::from)
        .collect();
    if ids.is_empty() {
        Value::Null
    } else {
        Value::from(ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quickblox::DialogKind;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn users_come_in_every_form_and_each_once() {
        for text in [
            "id\n7\n8\n7\n",
            "\u{feff}Login,User ID\nann,7\nbob,8\n",
            "7\n8\n",
            "[7, 8]",
            "[{\"id\": 7}, {\"user\": {\"id\": 8}}]",
            "{\"current_page\":1,\"items\":[{\"user\":{\"id\":7}}]}\n{\"items\":[{\"user\":{\"id\":8}}]}",
            "{\"id\": 7}\n{\"id\": 8}\n",
        ] {
            let file = file(text);
            let users = users_from(file.path()).unwrap();
            let ids: Vec<u64> = users.iter().map(|user| user.id).collect();
            assert_eq!(ids, [7, 8], "{text}");
        }
    }

    #[test]
    fn dialogs_come_in_every_form_with_type_and_occupants() {
        for text in [
            "_id,type,occupants_ids\naa,2,\"[7, 8]\"\n",
            "dialog_id,type,occupants_ids\naa,2,7;8\n",
            "{\"items\":[{\"_id\":\"aa\",\"type\":2,\"occupants_ids\":[7,8]}]}",
        ] {
            let file = file(text);
            let dialogs = dialogs_from(file.path()).unwrap();
            assert_eq!(dialogs.len(), 1);
            assert_eq!(
                (&*dialogs[0].id, dialogs[0].kind),
                ("aa", DialogKind::Group)
            );
            assert_eq!(dialogs[0].occupants, Some(vec![7, 8]), "{text}");
        }
    }

    #[test]
    fn what_is_no_list_is_named() {
        let error = |text| users_from(file(text).path()).unwrap_err().to_string();
        assert!(error("id,login\n7,ann\nx,bob\n").starts_with("entry 2 of "));
        assert!(error("").ends_with("lists no users"));
        assert!(error("{\"id\": 7").ends_with("is not JSON"));
        assert!(error("login\nann\n").starts_with("entry 1 of "));
    }
}

//! The TOML of a preset, word for word.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;

use crate::settings::OnDuplicate;
use serde::de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::path::{Reference, Trail};
use super::pattern::Pattern;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Model {
    /// The system it is about, as its maker writes it.
    pub(super) system: String,
    /// The forms in which counts come out of the system.
    pub(super) form: Vec<FormModel>,
}

/// One form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FormModel {
    pub(super) name: String,
    /// Which export it is.
    pub(super) about: String,
    /// What a file of this form has.
    pub(super) detect: Vec<Trail>,
    /// What it does not have.
    #[serde(default)]
    pub(super) absent: Vec<Trail>,
    /// Why there are no counts in such files, one sentence without a full stop.
    pub(super) no_counts: Option<String>,
    /// Whether documents have no member besides those of `detect`.
    #[serde(default)]
    pub(super) only: bool,
    /// Whether another system's files look the same, so that only the preset's name tells.
    #[serde(default)]
    pub(super) by_name: bool,
    /// What an answer for somebody without a conversation has instead of the list.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) empty: Vec<EmptyModel>,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) records: Vec<Trail>,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) rows: Vec<Trail>,
    /// Whether there are records of other kinds besides those that rows are in.
    #[serde(default)]
    pub(super) others: OthersModel,
    /// Fields and lists that may be absent though they decide what becomes of rows.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) may_lack: Vec<AbsenceModel>,
    /// Members of a map that are no entries.
    #[serde(default)]
    pub(super) skip_keys: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) group: Vec<Take>,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) member: Vec<Take>,
    pub(super) count: Option<CountModel>,
    #[serde(default, rename = "type", deserialize_with = "one_or_many")]
    pub(super) group_type: Vec<Take>,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) muted: Vec<Condition>,
    #[serde(default)]
    pub(super) leave: Vec<Rule>,
    #[serde(default)]
    pub(super) remark: Vec<Rule>,
    #[serde(default)]
    pub(super) join: Vec<JoinModel>,
    #[serde(default)]
    pub(super) table: Vec<TableModel>,
    pub(super) on_duplicate: Option<OnDuplicate>,
}

/// A field or a list that the vendor's documents let a row lack.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AbsenceModel {
    /// The field as the form names it elsewhere, or the name of the list.
    pub(super) path: String,
    /// What its absence means, and which document says so.
    pub(super) means: String,
}

/// Which records have no rows.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum OthersModel {
    /// Any of them, or none.
    Any(bool),
    /// Those of another kind than these.
    Unlike(KindModel),
}

impl Default for OthersModel {
    fn default() -> Self {
        Self::Any(false)
    }
}

/// The kinds of records that have rows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KindModel {
    /// The field of a record that says of which kind it is.
    pub(super) path: Reference,
    /// The kinds.
    #[serde(deserialize_with = "one_or_many")]
    pub(super) not: Vec<Pattern>,
}

/// A field of an answer without rows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EmptyModel {
    pub(super) path: Trail,
    /// Its value, if not any will do.
    pub(super) is: Option<String>,
}

/// Where a value comes from, and what is done to it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TakeModel {
    pub(super) path: Option<Reference>,
    /// The same for every row.
    pub(super) value: Option<String>,
    /// Several values one after the other.
    #[serde(default)]
    pub(super) join: Vec<Take>,
    /// What stands between them.
    #[serde(default)]
    pub(super) with: String,
    /// The part that is wanted.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) pattern: Vec<Pattern>,
    /// Values that count as missing.
    #[serde(default)]
    pub(super) unless: Vec<String>,
    /// What values stand for.
    #[serde(default)]
    pub(super) map: toml::Table,
}

/// A path, or a table with more to it.
#[derive(Debug, Clone)]
pub(super) struct Take(pub(super) TakeModel);

impl<'de> Deserialize<'de> for Take {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = |path| TakeModel {
            path: Some(path),
            ..TakeModel::default()
        };
        let no_list = |_: Vec<Self>| None;
        text_or_table(deserializer, path, no_list).map(Self)
    }
}

/// How the count is found.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CountTable {
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) path: Vec<Take>,
    /// The number of elements of this list.
    pub(super) length: Option<Reference>,
    /// The number of the newest message; the count is what is above the marker.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) head: Vec<Take>,
    /// The number of the newest message that was read.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) marker: Vec<Take>,
    /// The number of the oldest message that the member has.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) first: Vec<Take>,
    /// From here on the system does not count.
    pub(super) cap: Option<u32>,
}

/// A path, or a table with more to it.
#[derive(Debug, Clone)]
pub(super) struct CountModel(pub(super) CountTable);

impl<'de> Deserialize<'de> for CountModel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = |path| CountTable {
            path: vec![Take(TakeModel {
                path: Some(path),
                ..TakeModel::default()
            })],
            ..CountTable::default()
        };
        let list = |path| {
            Some(CountTable {
                path,
                ..CountTable::default()
            })
        };
        text_or_table(deserializer, path, list).map(Self)
    }
}

/// Rows that are left out, or remarked upon.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// In lower case, with `_` for spaces.
    pub(super) reason: String,
    /// All of these hold.
    #[serde(deserialize_with = "one_or_many")]
    pub(super) when: Vec<Condition>,
}

/// What is said of a value. A value that is missing fulfils nothing but `missing`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Condition {
    pub(super) path: Reference,
    /// It fits one of these.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) is: Vec<Pattern>,
    /// It fits none of these.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) not: Vec<Pattern>,
    /// It is a number above this one.
    pub(super) above: Option<u64>,
    /// It is a number with this bit set.
    pub(super) bit: Option<u32>,
    /// It is a list of more elements than this.
    pub(super) longer: Option<u64>,
    /// It is not there, null or empty; or, with `false`, it is there.
    pub(super) missing: Option<bool>,
}

/// A table of another form, or of this one, that rows are joined with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JoinModel {
    /// The table.
    pub(super) table: String,
    /// What is looked up.
    #[serde(deserialize_with = "one_or_many")]
    pub(super) key: Vec<Take>,
    /// Whether rows can do without the table.
    #[serde(default)]
    pub(super) optional: bool,
    /// Why rows are left out that the table does not have, where the table is there.
    pub(super) otherwise: Option<String>,
}

/// A table made of the records of a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableModel {
    pub(super) name: String,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) records: Vec<Trail>,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) rows: Vec<Trail>,
    /// Which records have no rows: any, if nothing is said.
    pub(super) others: Option<OthersModel>,
    /// Values in a cell that is JSON, each of which makes a record: `@inside` is the value.
    pub(super) inside: Option<InsideModel>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) key: Vec<Take>,
    /// What is kept of each record, by its name.
    #[serde(default)]
    pub(super) values: ValueModels,
    /// The name for the number of records of a key.
    pub(super) tally: Option<String>,
    /// Lists whose elements count as records of the key, too.
    pub(super) and: Option<Reference>,
    /// Only records for which all of these hold.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) when: Vec<Condition>,
    /// No records for which all of these hold.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) unless: Vec<Condition>,
}

/// Values in a cell.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InsideModel {
    /// The cell.
    pub(super) path: Reference,
    /// The way to the values in it.
    pub(super) rows: Trail,
}

/// Values by name.
pub(super) type ValueModels = std::collections::BTreeMap<String, Reference>;

/// A value alone, or a list of values.
fn one_or_many<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    struct Many<T>(PhantomData<T>);
    impl<'de, T: DeserializeOwned> Visitor<'de> for Many<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("one or a list of them")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<T>, E> {
            T::deserialize(serde::de::value::StrDeserializer::new(text)).map(|one| vec![one])
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<T>, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map)).map(|one| vec![one])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
            let mut all = Vec::new();
            while let Some(one) = seq.next_element()? {
                all.push(one);
            }
            Ok(all)
        }
    }
    deserializer.deserialize_any(Many(PhantomData))
}

/// A path by itself, the table that says more, or, where `list` takes one, a list of both.
fn text_or_table<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
    path: impl Fn(Reference) -> T,
    list: impl Fn(Vec<Take>) -> Option<T>,
) -> Result<T, D::Error> {
    struct Either<T, F, L>(F, L, PhantomData<T>);
    impl<'de, T, F, L> Visitor<'de> for Either<T, F, L>
    where
        T: Deserialize<'de>,
        F: Fn(Reference) -> T,
        L: Fn(Vec<Take>) -> Option<T>,
    {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a path or a table")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            Reference::parse(text).map(self.0).map_err(E::custom)
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<T, A::Error> {
            let mut all = Vec::new();
            while let Some(one) = seq.next_element()? {
                all.push(one);
            }
            (self.1)(all).ok_or_else(|| A::Error::custom("a list is not expected here"))
        }
    }
    deserializer.deserialize_any(Either(path, list, PhantomData))
}

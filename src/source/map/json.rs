//! A map in JSON: one object of ids, a list of objects with two members, or one such object a
//! line. It is read as a stream: no more than one entry of it is kept.

use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;

use super::error::Error;
use super::load::{Loader, Side};

/// Members of an object that are looked at before it is taken for an object of ids.
const MEMBERS: usize = 16;

/// Reads all documents of `reader`.
pub(super) fn read(reader: impl Read, loader: &mut Loader) -> Result<(), Error> {
    let mut failed = None;
    let mut json = Deserializer::from_reader(reader);
    let read = loop {
        if json.end().is_ok() {
            break Ok(());
        }
        let document = Document {
            loader,
            failed: &mut failed,
        };
        if let Err(error) = json.deserialize_any(document) {
            break Err(error);
        }
    };
    match (failed, read) {
        (Some(error), _) => Err(error),
        (None, Err(source)) => Err(Error::Json {
            path: loader.path().to_owned(),
            source,
        }),
        (None, Ok(())) => Ok(()),
    }
}

/// A document, or an element of a list.
struct Document<'l> {
    loader: &'l mut Loader,
    /// Why an entry was refused; serde's errors have no room for it.
    failed: &'l mut Option<Error>,
}

impl Document<'_> {
    fn add<E: serde::de::Error>(&mut self, source: &str, target: &str) -> Result<(), E> {
        for (id, side) in [(source, "source"), (target, "target")] {
            if id.trim_ascii().is_empty() {
                return Err(E::custom(format_args!("the {side} is empty")));
            }
        }
        self.loader.add(source, target).map_err(|error| {
            *self.failed = Some(error);
            E::custom("refused")
        })
    }

    /// An object that ended within its first members: a record if it names both sides, or ids.
    fn short<E: serde::de::Error>(
        &mut self,
        members: &[(String, Option<String>)],
    ) -> Result<(), E> {
        let find = |side| {
            members
                .iter()
                .find(|(name, _)| Side::parse(name) == Some(side))
        };
        match (find(Side::Source), find(Side::Target)) {
            (Some((_, Some(source))), Some((_, Some(target)))) => self.add(source, target),
            (Some(_), Some(_)) => Err(E::custom("source and target have to be strings")),
            _ => members.iter().try_for_each(|member| self.member(member)),
        }
    }

    fn member<E: serde::de::Error>(
        &mut self,
        (source, target): &(String, Option<String>),
    ) -> Result<(), E> {
        match target {
            Some(target) => self.add(source, target),
            None => Err(E::custom("an id has to be a string or a whole number")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list
            .next_element_seed(Document {
                loader: self.loader,
                failed: self.failed,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut object: A) -> Result<(), A::Error> {
        let mut members = Vec::new();
        while members.len() < MEMBERS {
            let Some(name) = object.next_key::<String>()? else {
                return self.short(&members);
            };
            members.push((name, object.next_value_seed(Id)?));
        }
        for member in &members {
            self.member(member)?;
        }
        while let Some(source) = object.next_key::<String>()? {
            let target = object.next_value_seed(Id)?;
            self.member(&(source, target))?;
        }
        Ok(())
    }
}

/// A string or a whole number, in letters; `None` for any other value.
struct Id;

impl<'de> DeserializeSeed<'de> for Id {
    type Value = Option<String>;

    fn deserialize<D: serde::Deserializer<'de>>(self, value: D) -> Result<Self::Value, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Id {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

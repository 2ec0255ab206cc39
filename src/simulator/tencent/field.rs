//! The members of a request's body, each with the code that refuses a wrong one.

use serde_json::{Map, Value};

use super::error::{self, Refusal};

/// The body of a request, or an object in it, and the code that refuses a bad parameter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    members: &'a Map<String, Value>,
    bad_parameter: u32,
}

impl<'a> Fields<'a> {
    pub(super) fn new(members: &'a Map<String, Value>, bad_parameter: u32) -> Self {
        Self {
            members,
            bad_parameter,
        }
    }

    /// The same fields with another code for a bad one.
    pub(super) fn refused_with(self, bad_parameter: u32) -> Self {
        Self {
            bad_parameter,
            ..self
        }
    }

    /// The refusal of a field that is missing or wrong.
    pub(super) fn bad(self, name: &str) -> Refusal {
        Refusal::with(self.bad_parameter, format!("{name} is missing or invalid"))
    }

    /// Any value, if it is there.
    pub(super) fn value(self, name: &str) -> Option<&'a Value> {
        self.members.get(name)
    }

    /// A text that has to be there.
    pub(super) fn text(self, name: &str) -> Result<&'a str, Refusal> {
        let text = self.optional_text(name)?;
        text.filter(|text| !text.is_empty())
            .ok_or_else(|| self.bad(name))
    }

    /// A text that may be left out.
    pub(super) fn optional_text(self, name: &str) -> Result<Option<&'a str>, Refusal> {
        let Some(value) = self.members.get(name) else {
            return Ok(None);
        };
        value.as_str().map(Some).ok_or_else(|| self.bad(name))
    }

    /// A text of at most so many bytes that may be left out.
    pub(super) fn short_text(self, name: &str, longest: usize) -> Result<String, Refusal> {
        let text = self.optional_text(name)?.unwrap_or_default();
        if text.len() > longest {
            return Err(self.bad(name));
        }
        Ok(text.to_owned())
    }

    /// A whole number from 0 to 4294967295 that has to be there.
    pub(super) fn number(self, name: &str) -> Result<u32, Refusal> {
        self.optional_number(name)?.ok_or_else(|| self.bad(name))
    }

    /// A whole number from 0 to 4294967295 that may be left out.
    pub(super) fn optional_number(self, name: &str) -> Result<Option<u32>, Refusal> {
        let Some(value) = self.members.get(name) else {
            return Ok(None);
        };
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        number.map(Some).ok_or_else(|| self.bad(name))
    }

    /// A whole number of at most 64 bits that may be left out.
    pub(super) fn optional_long(self, name: &str) -> Result<Option<u64>, Refusal> {
        let Some(value) = self.members.get(name) else {
            return Ok(None);
        };
        value.as_u64().map(Some).ok_or_else(|| self.bad(name))
    }

    /// A switch that is written 0 or 1 and is off when it is left out.
    pub(super) fn switch(self, name: &str) -> Result<bool, Refusal> {
        match self.optional_number(name)? {
            None | Some(0) => Ok(false),
            Some(1) => Ok(true),
            Some(_) => Err(self.bad(name)),
        }
    }

    /// An array that has to be there.
    pub(super) fn array(self, name: &str) -> Result<&'a [Value], Refusal> {
        let array = self.members.get(name).and_then(Value::as_array);
        array.map(Vec::as_slice).ok_or_else(|| self.bad(name))
    }

    /// An array of texts that may be left out.
    pub(super) fn optional_texts(self, name: &str) -> Result<Option<Vec<&'a str>>, Refusal> {
        if self.members.get(name).is_none() {
            return Ok(None);
        }
        let texts: Option<Vec<&str>> = self.array(name)?.iter().map(Value::as_str).collect();
        texts.map(Some).ok_or_else(|| self.bad(name))
    }

    /// An array of texts, neither empty nor longer than so many.
    pub(super) fn texts(
        self,
        name: &str,
        most: usize,
        too_many: u32,
    ) -> Result<Vec<&'a str>, Refusal> {
        let texts = self.optional_texts(name)?;
        let texts = texts
            .filter(|texts| !texts.is_empty())
            .ok_or_else(|| self.bad(name))?;
        check_count(name, texts.len(), most, too_many)?;
        Ok(texts)
    }

    /// An array of objects, neither empty nor longer than so many.
    pub(super) fn objects(
        self,
        name: &str,
        most: usize,
        too_many: u32,
    ) -> Result<Vec<Self>, Refusal> {
        let array = self.array(name)?;
        check_count(name, array.len(), most, too_many)?;
        let objects = array.iter().map(|value| {
            value
                .as_object()
                .map(|members| Self::new(members, self.bad_parameter))
        });
        let objects: Option<Vec<Self>> = objects.collect();
        objects
            .filter(|objects| !objects.is_empty())
            .ok_or_else(|| self.bad(name))
    }

    /// An object that may be left out.
    pub(super) fn optional_object(self, name: &str) -> Result<Option<Self>, Refusal> {
        let Some(value) = self.members.get(name) else {
            return Ok(None);
        };
        let members = value.as_object().ok_or_else(|| self.bad(name))?;
        Ok(Some(Self::new(members, self.bad_parameter)))
    }
}

fn check_count(name: &str, count: usize, most: usize, too_many: u32) -> Result<(), Refusal> {
    if count > most {
        return Err(Refusal::with(
            too_many,
            format!("{name} has more than {most} elements"),
        ));
    }
    Ok(())
}

/// Checks that a group ID keeps the rules: printable ASCII, and at most 48 bytes for one that the
/// app chose itself. For IDs made by the service (`@TGS#…`) no limit is documented.
pub(super) fn check_group_id(id: &str) -> Result<(), Refusal> {
    let printable = id.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
    let fits = id.len() <= 48 || id.starts_with("@TGS#");
    if printable && fits && !id.is_empty() {
        return Ok(());
    }
    Err(Refusal::of(error::BAD_GROUP_ID))
}

/// Whether an account ID keeps the rules: 1 to 32 bytes of printable ASCII (client code 7003 and
/// the page of use limits).
pub(super) fn is_account_id(id: &str) -> bool {
    (1..=32).contains(&id.len()) && id.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
}

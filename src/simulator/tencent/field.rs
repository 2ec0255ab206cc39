//! The members of a request's body, each with the code that refuses a wrong one.

use serde_json::{Map, Value};

use super::error::{self, Refusal};

/// The body of a request and the code that its service gives for a bad parameter.
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

    /// The refusal of a field that is missing or wrong.
    pub(super) fn bad(self, name: &str) -> Refusal {
        Refusal::with(self.bad_parameter, format!("{name} is missing or invalid"))
    }

    /// A text that has to be there.
    pub(super) fn text(self, name: &str) -> Result<&'a str, Refusal> {
        let text = self.members.get(name).and_then(Value::as_str);
        text.filter(|text| !text.is_empty())
            .ok_or_else(|| self.bad(name))
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

//! A read that failed for good, as data of its unit.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::stop_reason::Refusal;

/// A call that failed for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refused {
    /// The service's code; -1 without a usable answer.
    pub(crate) code: i64,
    /// Its words, or what went wrong on the way.
    pub(crate) info: String,
    /// The attempts were used up on something that passes; asked again, it may go well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) passing: bool,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code,
            info: refusal.info,
            passing: false,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.info.as_str()) {
            (-1, info) => f.write_str(info),
            (code, "") => write!(f, "code {code}"),
            (code, info) => write!(f, "code {code}: {info}"),
        }
    }
}

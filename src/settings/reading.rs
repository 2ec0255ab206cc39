//! What is read, and how: the options that change which calls are made.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::column::{Delimiter, NamedColumn};
use super::word::{Format, OnCapped, OnDuplicate, OnInvalid, OnMuted, OnNegative};

/// The options that change which calls are made. The default is that no option is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Reading {
    /// `--format`.
    pub(crate) format: Format,
    /// `--column`, sorted by its text.
    pub(crate) column: Vec<NamedColumn>,
    /// `--delimiter`; sniffed if none.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "if_given")]
    pub(crate) delimiter: Option<Delimiter>,
    /// `--encoding`: a label of the WHATWG Encoding Standard; sniffed if none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) encoding: Option<String>,
    /// `--on-duplicate`; none before the preset was asked.
    pub(crate) on_duplicate: Option<OnDuplicate>,
    /// `--on-invalid`.
    pub(crate) on_invalid: OnInvalid,
    /// `--skip-zero`.
    pub(crate) skip_zero: bool,
    /// `--map-groups`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) map_groups: Option<SideFile>,
    /// `--map-accounts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) map_accounts: Option<SideFile>,
    /// `--map-many-to-one`.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) map_many_to_one: bool,
    /// `--preset`: its name or its file, and its content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preset: Option<SideFile>,
    /// `--user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    /// `--group`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<String>,
    /// `--name-pattern`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name_pattern: Option<String>,
    /// `--on-capped`.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) on_capped: OnCapped,
    /// `--on-negative`.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) on_negative: OnNegative,
    /// `--muted`.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) muted: OnMuted,
    /// `--preflight`: the online checks whose failing rows are not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preflight: Option<SideFile>,
}

/// A file beside the input, as the first pass found it: an id map, a preset, the online checks.
/// Two are the same if their content is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SideFile {
    /// The absolute path, so that a resume finds it from any directory.
    pub(crate) path: String,
    /// BLAKE3 of the raw bytes, in hex; empty before it was read.
    pub(crate) hash: String,
}

impl PartialEq for SideFile {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl Eq for SideFile {}

/// No delimiter was once written as an empty text.
fn if_given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Delimiter>, D::Error> {
    let text = String::deserialize(from)?;
    let given = Some(text).filter(|text| !text.is_empty());
    let parsed = given.map(|text| text.parse().map_err(D::Error::custom));
    parsed.transpose()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_words_and_those_that_were_not_given_take_no_room() {
        let plain = Reading::default();
        let written = serde_json::to_string(&plain).unwrap();
        assert_eq!(
            written,
            r#"{"format":"auto","column":[],"on_duplicate":null,"on_invalid":"stop","skip_zero":false}"#
        );
        let given = Reading {
            format: Format::Csv,
            column: vec!["group_id=room".parse().unwrap()],
            delimiter: Some("tab".parse().unwrap()),
            on_duplicate: Some(OnDuplicate::Sum),
            on_capped: OnCapped::LowerBound,
            ..plain
        };
        let written = serde_json::to_string(&given).unwrap();
        assert_eq!(
            written,
            r#"{"format":"csv","column":["group_id=room"],"delimiter":"tab","on_duplicate":"sum","on_invalid":"stop","skip_zero":false,"on_capped":"lower-bound"}"#
        );
        assert_eq!(serde_json::from_str::<Reading>(&written).unwrap(), given);
        let unknown = written.replace("\"sum\"", "\"vote\"");
        assert!(serde_json::from_str::<Reading>(&unknown).is_err());
    }
}

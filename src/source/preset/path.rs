//! Paths: where the records of a document are, and where a field of a record is.

use serde::Deserialize;
use serde::de::Error as _;

use super::pattern::Pattern;

/// One step from a JSON value into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Into the member of this name; in `detect`, of a name that fits.
    Key(Pattern, String),
    /// `[]`: into each element.
    Each,
    /// `{}`: into each member, whatever its name.
    Any,
}

impl Step {
    /// Whether it leads into the member `key`.
    pub(super) fn leads_into(&self, key: &str) -> bool {
        match self {
            Self::Key(pattern, _) => pattern.fits(key),
            Self::Each => false,
            Self::Any => true,
        }
    }
}

/// A way to values of a document, as in `rooms.join{}` or `channels[].read[]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Trail {
    pub(super) steps: Vec<Step>,
    /// As it was written.
    pub(super) text: String,
}

impl Trail {
    fn parse(text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        for part in split(text)? {
            let (name, brackets) = match part.find("[]").into_iter().chain(part.find("{}")).min() {
                Some(at) => part.split_at(at),
                None => (part.as_str(), ""),
            };
            if name.contains(['[', ']', '}']) {
                return Err(format!("`{text}` is no path: write it as in `a.b[].c{{}}`"));
            }
            if !name.is_empty() {
                steps.push(Step::Key(Pattern::parse(name)?, name.to_owned()));
            }
            let mut rest = brackets;
            while !rest.is_empty() {
                rest = if let Some(rest) = rest.strip_prefix("[]") {
                    steps.push(Step::Each);
                    rest
                } else if let Some(rest) = rest.strip_prefix("{}") {
                    steps.push(Step::Any);
                    rest
                } else {
                    return Err(format!("`{text}` is no path: write it as in `a.b[].c{{}}`"));
                };
            }
        }
        Ok(Self {
            steps,
            text: text.to_owned(),
        })
    }

    /// The name of the column it stands for, in a file of columns: a dotted path is one name.
    pub(super) fn column(&self) -> Option<String> {
        let names = self.steps.iter().map(|step| match step {
            Step::Key(_, name) => Some(name.as_str()),
            Step::Each | Step::Any => None,
        });
        let names: Vec<&str> = names.collect::<Option<_>>()?;
        (!names.is_empty()).then(|| names.join("."))
    }
}

impl<'de> Deserialize<'de> for Trail {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

/// The parts of a dotted path; a part in `'…'` may have dots in it.
fn split(text: &str) -> Result<Vec<String>, String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '\'' => quoted = !quoted,
            '.' if !quoted => parts.push(std::mem::take(&mut part)),
            other => part.push(other),
        }
    }
    if quoted {
        return Err(format!("`{text}` has a quote that is not closed"));
    }
    if !part.is_empty() || !parts.is_empty() {
        parts.push(part);
    }
    if parts.iter().any(String::is_empty) {
        return Err(format!("`{text}` has an empty part"));
    }
    Ok(parts)
}

/// Where the value of a field is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reference {
    /// `a.b`, or `^a.b` in the element around the row, `^^a.b` in the one around that; `.` is the
    /// row itself.
    Inside {
        /// How many elements up.
        up: usize,
        /// Member by member; none for the value itself.
        path: Vec<String>,
    },
    /// `@key`: the name of the member that the row is the value of.
    Key {
        /// How many elements up.
        up: usize,
    },
    /// `@user`: from outside of the record.
    User,
    /// `@group`: from outside of the record.
    Group,
    /// `@inside`: the value at hand of those in a cell.
    InsideCell,
    /// `$name`: from the table that the row is joined with.
    Joined(String),
}

impl Reference {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let rest = text.trim_start_matches('^');
        let up = text.len() - rest.len();
        match rest {
            "@key" => Ok(Self::Key { up }),
            "@user" if up == 0 => Ok(Self::User),
            "@group" if up == 0 => Ok(Self::Group),
            "@inside" if up == 0 => Ok(Self::InsideCell),
            "." => Ok(Self::Inside {
                up,
                path: Vec::new(),
            }),
            "" => Err("a path is empty".to_owned()),
            other if other.starts_with('@') => Err(format!(
                "`{text}` is unknown: there are `@key`, `@user` and `@group`"
            )),
            other => match other.strip_prefix('$') {
                Some(name) if up == 0 && !name.is_empty() => Ok(Self::Joined(name.to_owned())),
                Some(_) => Err(format!("`{text}` is no value of a table")),
                None if other.contains(['[', '{']) => Err(format!(
                    "`{text}` leads to several values; name them in `rows`"
                )),
                None => Ok(Self::Inside {
                    up,
                    path: split(other)?,
                }),
            },
        }
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> String {
        let steps = Trail::parse(text).unwrap().steps;
        let shown = steps.iter().map(|step| match step {
            Step::Key(_, name) => format!("/{name}"),
            Step::Each => "[".to_owned(),
            Step::Any => "{".to_owned(),
        });
        shown.collect()
    }

    #[test]
    fn trails_are_read_step_by_step() {
        for (text, expected) in [
            ("", ""),
            ("{}", "{"),
            ("items[]", "/items["),
            ("channels[].read[]", "/channels[/read["),
            ("rooms.join{}", "/rooms/join{"),
            ("content{}[]", "/content{["),
            ("'a.b'.c", "/a.b/c"),
        ] {
            assert_eq!(shape(text), expected, "{text}");
        }
        for text in ["a..b", ".a", "a[0]", "'a"] {
            assert!(Trail::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn references_say_where_to_look() {
        let inside = |up, path: &[&str]| Reference::Inside {
            up,
            path: path.iter().map(|&part| part.to_owned()).collect(),
        };
        for (text, expected) in [
            ("u._id", inside(0, &["u", "_id"])),
            ("^channel.cid", inside(1, &["channel", "cid"])),
            (".", inside(0, &[])),
            ("'org.matrix.x'", inside(0, &["org.matrix.x"])),
            ("@key", Reference::Key { up: 0 }),
            ("@user", Reference::User),
            ("$max_seq", Reference::Joined("max_seq".to_owned())),
        ] {
            assert_eq!(Reference::parse(text), Ok(expected), "{text}");
        }
        for text in ["", "^", "@nobody", "^@user", "$", "a[]", "a..b"] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }
}

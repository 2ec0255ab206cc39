//! The user and the group of a file whose records do not name them.

use std::path::Path;

use super::Error;
use super::pattern::Pattern;

/// What is known of a file's records besides what they say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outer {
    /// Whose records they are.
    pub(crate) user: Option<String>,
    /// Which group they are about.
    pub(crate) group: Option<String>,
}

/// What the user says about that.
#[derive(Debug, Clone, Default)]
pub(crate) struct Naming {
    /// `--user` and `--group`.
    given: Outer,
    /// `--name-pattern`.
    pattern: Option<Pattern>,
    /// How many directories the pattern has.
    depth: usize,
}

impl Naming {
    /// Reads `--name-pattern`, if there is one.
    pub(crate) fn new(given: Outer, pattern: Option<&str>) -> Result<Self, Error> {
        let Some(text) = pattern else {
            return Ok(Self {
                given,
                ..Self::default()
            });
        };
        let flaw = |what: String| Error::NamePattern {
            pattern: text.to_owned(),
            what,
        };
        let pattern = Pattern::parse(text).map_err(flaw)?;
        let known = |name: &String| matches!(name.as_str(), "user" | "group");
        if pattern.names().is_empty() || !pattern.names().iter().all(known) {
            return Err(flaw("it has neither {user} nor {group}".to_owned()));
        }
        Ok(Self {
            given,
            pattern: Some(pattern),
            depth: text.matches(['/', '\\']).count(),
        })
    }

    /// What is known of the file at `path`. The pattern is about the end of the path: as many of
    /// its parts as the pattern has.
    pub(super) fn of(&self, path: &Path) -> Outer {
        let mut outer = self.given.clone();
        let Some(pattern) = &self.pattern else {
            return outer;
        };
        let path = path.display().to_string();
        let starts = path.rmatch_indices(['/', '\\']).nth(self.depth);
        let end = starts
            .and_then(|(at, _)| path.get(at + 1..))
            .unwrap_or(&path);
        for (name, text) in pattern
            .names()
            .iter()
            .zip(pattern.holes(end).into_iter().flatten())
        {
            let place = match name.as_str() {
                "user" => &mut outer.user,
                _ => &mut outer.group,
            };
            *place = text.map(str::to_owned).or_else(|| place.take());
        }
        outer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_tells_whose_it_is() {
        let given = Outer {
            user: None,
            group: Some("g".to_owned()),
        };
        let naming = Naming::new(given, Some("dumps/{user}.json")).unwrap();
        for (path, user) in [
            ("dumps/ada.json", Some("ada")),
            ("/x/y/dumps/ada.1.json", Some("ada.1")),
            ("ada.json", None),
            ("dumps/ada.csv", None),
        ] {
            let outer = naming.of(Path::new(path));
            assert_eq!(outer.user.as_deref(), user, "{path}");
            assert_eq!(outer.group.as_deref(), Some("g"), "{path}");
        }
        for wrong in ["dumps/*.json", "{who}.json", "{user"] {
            assert!(
                Naming::new(Outer::default(), Some(wrong)).is_err(),
                "{wrong}"
            );
        }
    }
}

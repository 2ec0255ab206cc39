//! Which of several values counts: that of the strongest source, and one only.

/// Where a value comes from; a later one beats an earlier one. The default is no source: it counts
/// where nothing else was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// The configuration file.
    File,
    /// A variable of the environment.
    Environment,
    /// The command line.
    Flag,
}

/// Two values of one source that exclude each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ambiguous<V> {
    pub(super) source: Source,
    pub(super) values: [V; 2],
}

/// The value of the strongest source, if any source gives one.
///
/// Serves one option (its values) and a group of options that exclude each other (its members).
pub(super) fn strongest<V: Copy + PartialEq>(
    given: &[(V, Source)],
) -> Result<Option<(V, Source)>, Ambiguous<V>> {
    let Some(source) = given.iter().map(|&(_, source)| source).max() else {
        return Ok(None);
    };
    let mut values = given
        .iter()
        .filter(|&&(_, from)| from == source)
        .map(|&(value, _)| value);
    let Some(first) = values.next() else {
        return Ok(None);
    };
    match values.find(|&other| other != first) {
        None => Ok(Some((first, source))),
        Some(second) => Err(Ambiguous {
            source,
            values: [first, second],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::Source::{Environment, File, Flag};
    use super::*;

    type Given = &'static [(&'static str, Source)];

    const CASES: [(Given, Option<(&str, Source)>); 9] = [
        (&[], None),
        (&[("region", File)], Some(("region", File))),
        (&[("region", Environment)], Some(("region", Environment))),
        (
            &[("region", Flag), ("endpoint", File)],
            Some(("region", Flag)),
        ),
        (
            &[("endpoint", File), ("region", Environment)],
            Some(("region", Environment)),
        ),
        (
            &[("region", Environment), ("endpoint", Flag)],
            Some(("endpoint", Flag)),
        ),
        // A weaker source may contradict itself where a stronger one speaks.
        (
            &[("region", File), ("endpoint", File), ("simulator", Flag)],
            Some(("simulator", Flag)),
        ),
        (
            &[("region", File), ("region", Environment), ("region", Flag)],
            Some(("region", Flag)),
        ),
        (
            &[("region", Flag), ("region", Flag)],
            Some(("region", Flag)),
        ),
    ];

    #[test]
    fn the_strongest_source_counts() {
        for (given, expected) in CASES {
            assert_eq!(strongest(given), Ok(expected), "{given:?}");
        }
    }

    #[test]
    fn one_source_cannot_give_two() {
        for source in [File, Environment, Flag] {
            let given = [("region", source), ("endpoint", source)];
            let expected = Ambiguous {
                source,
                values: ["region", "endpoint"],
            };
            assert_eq!(strongest(&given), Err(expected));
        }
    }
}

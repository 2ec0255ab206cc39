//! The variables of the environment that are ours: the only place that reads them.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use super::names::{Names, PREFIX, variable};
use super::rules;
use crate::cli::failure::Failure;

/// Our variables, and their values.
#[derive(Debug)]
pub(super) struct Environment {
    variables: BTreeMap<String, OsString>,
}

impl Environment {
    /// Reads the variables; one that is not known is an error.
    pub(super) fn read(
        variables: impl Iterator<Item = (OsString, OsString)>,
        names: &Names,
    ) -> Result<Self, Failure> {
        let mut ours = BTreeMap::new();
        for (name, value) in variables {
            let name = name.to_string_lossy().into_owned();
            let injected = rules::CLUSTER_PREFIXES;
            if !name.starts_with(PREFIX) || injected.iter().any(|prefix| name.starts_with(prefix)) {
                continue;
            }
            if !names.has_variable(&name) {
                return Err(unknown(&name, names));
            }
            // A variable without a value is how many tools say that there is none.
            if !value.is_empty() {
                ours.insert(name, value);
            }
        }
        Ok(Self { variables: ours })
    }

    /// The value of a variable.
    pub(super) fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(name).map(OsString::as_os_str)
    }

    /// What the environment says of `option`.
    pub(super) fn option(&self, option: &str) -> Option<&OsStr> {
        self.get(&variable(option))
    }
}

/// Says the name alone: the value may be a secret.
fn unknown(name: &str, names: &Names) -> Failure {
    let typed = rules::TYPED_ONLY
        .iter()
        .find(|option| variable(option) == name);
    if let Some(option) = typed {
        return Failure::usage(format!("`{name}` is set, which no command reads"))
            .hint(format!("unset it; --{option} can only be typed"));
    }
    let failure = Failure::usage(format!("`{name}` is set, which is no option"));
    match names.nearest_variable(name) {
        Some(near) => failure.hint(format!("did you mean `{near}`? otherwise unset it")),
        None => failure.hint("unset it; --help names the variable of each option"),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::args::Cli;

    fn read(pairs: &[(&str, &str)]) -> Result<Environment, Failure> {
        let names = Names::of(&Cli::command());
        let pairs = pairs.iter();
        Environment::read(
            pairs.map(|(name, value)| ((*name).into(), (*value).into())),
            &names,
        )
    }

    #[test]
    fn what_is_not_ours_or_injected_is_left_alone() {
        let environment = read(&[
            ("PATH", "/bin"),
            ("IM_UNREAD", "x"),
            ("IM_UNREAD_SERVICE_HOST", "10.0.0.1"),
            ("IM_UNREAD_SERVICE_PORT_HTTP", "80"),
            ("IM_UNREAD_PORT", "tcp://10.0.0.1:80"),
            ("IM_UNREAD_PORT_80_TCP_ADDR", "10.0.0.1"),
            ("IM_UNREAD_OUTCOME", "completed"),
            ("IM_UNREAD_EXIT", "0"),
            ("IM_UNREAD_SECRET_KEY", "k"),
            ("IM_UNREAD_QPS", "100"),
            ("IM_UNREAD_REGION", ""),
        ])
        .unwrap();
        assert_eq!(environment.option("qps"), Some(OsStr::new("100")));
        assert_eq!(environment.option("region"), None);
    }

    #[test]
    fn a_variable_that_is_not_known_is_an_error() {
        for name in ["IM_UNREAD_REGOIN", "IM_UNREAD_DRY_RUN", "IM_UNREAD_"] {
            assert!(read(&[(name, "")]).is_err(), "{name}");
        }
    }
}

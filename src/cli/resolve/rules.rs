//! Which options may come from where, which exclude each other, and which need another.

/// Options that are typed or not given: they name one run, or the configuration file.
pub(super) const TYPED_ONLY: [&str; 3] = ["help", "version", "dry-run"];

/// Options that a configuration file may not give: they are answers for one run.
pub(super) const NOT_IN_FILE: [&str; 8] = [
    "config",
    "yes",
    "force",
    "accept-stale",
    "changed-input",
    "on-lower",
    "on-higher",
    "on-finish",
];

/// Options that a printed command does not repeat: answers for one run, and leave to forget what
/// an earlier one has done.
pub(super) const NOT_REPEATED: [&str; 3] = ["yes", "accept-stale", "restart"];

/// Options of one command that mean something else than those of the same name elsewhere: what the
/// environment or the file says is not meant for them.
const OWN_MEANING: [(&str, &str); 4] = [
    // A log of its own, not that of the import.
    ("rollback", "checkpoint"),
    ("quickblox", "checkpoint"),
    // The columns of one-to-one counts.
    ("verify", "column"),
    // The checkpoint knows the target; this is another address of the same app.
    ("resume", "endpoint"),
];

/// Whether the environment and the file may speak for this option of this command.
pub(super) fn is_layered(command: &str, option: &str) -> bool {
    !TYPED_ONLY.contains(&option) && !OWN_MEANING.contains(&(command, option))
}

/// One way to give what a group is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Alternative {
    /// An option, or an argument without dashes.
    pub(super) option: &'static str,
    /// The variable that holds what the option's file holds.
    pub(super) variable: Option<&'static str>,
}

/// Options of which one counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub(super) alternatives: &'static [Alternative],
    /// Where this option counts, nothing of the group is used.
    pub(super) unless: Option<&'static str>,
}

const fn option(option: &'static str) -> Alternative {
    Alternative {
        option,
        variable: None,
    }
}

const fn secret(option: &'static str, variable: &'static str) -> Alternative {
    Alternative {
        option,
        variable: Some(variable),
    }
}

const fn group(alternatives: &'static [Alternative]) -> Group {
    Group {
        alternatives,
        unless: None,
    }
}

/// Holds the app's secret key.
pub(super) const SECRET_KEY: &str = "IM_UNREAD_SECRET_KEY";

/// Holds a ready UserSig.
pub(super) const USER_SIG: &str = "IM_UNREAD_USER_SIG";

/// Holds QuickBlox's application key.
pub(super) const QUICKBLOX_API_KEY: &str = "IM_UNREAD_QUICKBLOX_API_KEY";

/// Holds a session token of one QuickBlox user.
pub(super) const QUICKBLOX_TOKEN: &str = "IM_UNREAD_QUICKBLOX_TOKEN";

/// The groups, the target first: a simulator needs no credential.
pub(super) const GROUPS: [Group; 9] = [
    group(&[option("region"), option("endpoint"), option("simulator")]),
    Group {
        alternatives: &[
            secret("secret-key-file", SECRET_KEY),
            secret("user-sig-file", USER_SIG),
        ],
        unless: Some("simulator"),
    },
    group(&[
        secret("api-key-file", QUICKBLOX_API_KEY),
        secret("token-file", QUICKBLOX_TOKEN),
    ]),
    // The simulator of QuickBlox knows a key and a session at once.
    group(&[secret("quickblox-key-file", QUICKBLOX_API_KEY)]),
    group(&[secret("quickblox-token-file", QUICKBLOX_TOKEN)]),
    group(&[option("world"), option("from-input")]),
    group(&[option("tls-cert"), option("tls-self-made")]),
    group(&[option("checkpoint"), option("c2c")]),
    group(&[option("early-stop"), option("no-early-stop")]),
];

/// Options that say nothing without another one of the same command.
pub(super) const NEEDS: [(&str, &str); 7] = [
    ("simulator-world", "simulator"),
    ("user", "preset"),
    ("group", "preset"),
    ("name-pattern", "preset"),
    ("tls-cert", "tls-key"),
    ("tls-key", "tls-cert"),
    ("column", "c2c"),
];

/// Variables that are known and are no options.
pub(super) const KNOWN_VARIABLES: [&str; 6] = [
    SECRET_KEY,
    USER_SIG,
    QUICKBLOX_API_KEY,
    QUICKBLOX_TOKEN,
    // What a command of `--on-finish` is told; it may run this tool.
    "IM_UNREAD_OUTCOME",
    "IM_UNREAD_EXIT",
];

/// Beginnings of variables that a cluster sets for a service of our name.
pub(super) const CLUSTER_PREFIXES: [&str; 2] = ["IM_UNREAD_SERVICE_", "IM_UNREAD_PORT"];

/// Names of secrets, which do not belong into a configuration file.
pub(super) const SECRETS: [&str; 6] = [
    "secret-key",
    "user-sig",
    "api-key",
    "token",
    "quickblox-api-key",
    "quickblox-token",
];

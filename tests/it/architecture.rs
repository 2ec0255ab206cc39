//! The table of who may use whom, and where third-party crates live: read from the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Which of our modules each module may use besides itself. Rows travel downwards through this
/// list, and nothing imports upwards.
const MAY_USE: [(&str, &[&str]); 23] = [
    ("record", &[]),
    // Files, one of each kind.
    ("storage", &[]),
    // What was asked for, as values: everything else is told by them.
    ("settings", &["record"]),
    ("signals", &[]),
    ("source", &["record", "settings", "signals"]),
    ("plan", &["storage", "record", "settings"]),
    ("event", &["record", "plan"]),
    ("stop_reason", &[]),
    // The API edges translate their answers into its classes.
    ("delivery", &["stop_reason"]),
    (
        "tencent",
        &["record", "plan", "event", "stop_reason", "delivery"],
    ),
    (
        "checkpoint",
        &["storage", "record", "settings", "plan", "event"],
    ),
    (
        "run",
        &[
            "signals",
            "storage",
            "record",
            "source",
            "plan",
            "checkpoint",
        ],
    ),
    // What a call does, and a verdict for each of its rows.
    ("operation", &["stop_reason", "delivery", "tencent"]),
    // The engine of an import. It does no IO.
    (
        "import",
        &[
            "event",
            "stop_reason",
            "signals",
            "delivery",
            "operation",
            "checkpoint",
        ],
    ),
    (
        "driver",
        &[
            "record",
            "storage",
            "event",
            "signals",
            "tencent",
            "operation",
            "checkpoint",
            "run",
            "import",
        ],
    ),
    // Many read-only calls at the pace of the command: what `verify` and other audits stand on.
    (
        "reads",
        &["storage", "stop_reason", "signals", "delivery", "tencent"],
    ),
    (
        "verify",
        &[
            "stop_reason",
            "signals",
            "record",
            "source",
            "plan",
            "event",
            "tencent",
            "delivery",
            "checkpoint",
            "storage",
            "run",
            "reads",
        ],
    ),
    // The source system's API: the HTTP of the target's, and the pace and the policy of reads.
    ("quickblox", &["stop_reason", "delivery", "tencent"]),
    (
        "export",
        &[
            "stop_reason",
            "signals",
            "record",
            "event",
            "tencent",
            "delivery",
            "run",
            "reads",
            "quickblox",
            "storage",
        ],
    ),
    (
        "preflight",
        &[
            "stop_reason",
            "signals",
            "record",
            "settings",
            "source",
            "tencent",
            "delivery",
            "checkpoint",
            "storage",
            "run",
            "reads",
        ],
    ),
    // Everything that is shown, whoever found it out.
    (
        "report",
        &[
            "storage",
            "stop_reason",
            "record",
            "source",
            "plan",
            "event",
            "tencent",
            "delivery",
            "checkpoint",
            "run",
            "reads",
            "verify",
            "quickblox",
            "export",
            "preflight",
        ],
    ),
    // Its own reading of the API, so that a shared mistake cannot hide.
    ("simulator", &[]),
    (
        "cli",
        &[
            "stop_reason",
            "signals",
            "import",
            "driver",
            "record",
            "settings",
            "source",
            "plan",
            "event",
            "tencent",
            "delivery",
            "checkpoint",
            "report",
            "run",
            "reads",
            "verify",
            "quickblox",
            "export",
            "preflight",
            "simulator",
            "storage",
        ],
    ),
];

/// Where a third-party crate may be named: the file or directory that would change if it went.
const HOMES: &[(&str, &[&str])] = &[
    // The derives are in `args`, those of words in `settings`; the others add values and print errors.
    (
        "clap",
        &[
            "cli/args",
            "cli/files.rs",
            "cli/resolve",
            "cli/failure",
            "cli/mod.rs",
            "cli/command_line.rs",
            "settings/word.rs",
            "cli/guide",
        ],
    ),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    // The tool's own options, and what users say of other systems.
    ("toml", &["cli/resolve/file.rs", "source/preset"]),
    ("tracing_subscriber", &["cli/screen.rs"]),
    ("anstream", &["cli"]),
    ("reqwest", &["tencent/http.rs"]),
    ("axum", &["simulator"]),
    ("tokio_rustls", &["simulator"]),
    ("socket2", &["simulator"]),
    ("governor", &["delivery/spacing.rs"]),
    // A bar for an import, one for reads, and logs that step around either.
    (
        "indicatif",
        &[
            "report/progress.rs",
            "report/read_progress.rs",
            "cli/screen.rs",
        ],
    ),
    ("csv_core", &["source/csv"]),
    // In `source`, the word is our own module, which stands on `csv_core`.
    (
        "csv",
        &[
            "source",
            "report",
            "export/list.rs",
            "cli/failures.rs",
            "cli/differences.rs",
            "cli/validate.rs",
        ],
    ),
    ("crc32c", &["storage/crc_lines.rs", "fuzz.rs"]),
    (
        "blake3",
        &[
            "source",
            "preflight",
            "verify/expected.rs",
            "cli/export.rs",
            "export/list.rs",
            "fuzz.rs",
        ],
    ),
    // A hash of (group, member): for duplicates, for a changed input, for what is read back.
    (
        "xxhash_rust",
        &[
            "plan/entry.rs",
            "delivery/attempt.rs",
            "checkpoint/reconcile.rs",
            "verify/choice.rs",
            "source/map",
            "simulator",
        ],
    ),
    // What an input is wrapped in, and how its text is encoded.
    ("encoding_rs", &["source/form"]),
    ("chardetng", &["source/form"]),
    // What databases and spreadsheets write.
    ("bson", &["source/form"]),
    (
        "calamine",
        &["source/form/workbook.rs", "source/form/archive.rs"],
    ),
    ("zstd", &["source/form"]),
    ("zip", &["source/form"]),
    ("tar", &["source/form"]),
    ("glob", &["source/listing.rs", "source/error.rs"]),
    ("maud", &["report/html"]),
    ("plotters", &["report/html"]),
    ("pulldown_cmark", &["report/manual"]),
    ("roff", &["report/manual"]),
    ("textwrap", &["report"]),
    ("terminal_size", &["cli/screen.rs"]),
];

/// Packages in Cargo.lock. A raise is a decision: say in the commit what the new one saves.
const PACKAGES: usize = 350;

/// A source file that is part of the product.
pub(crate) struct Source {
    /// Relative to `src`.
    pub(crate) path: String,
    /// Its lines without comments and without the tests at its end.
    pub(crate) code: String,
}

pub(crate) fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut directories = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "tests" {
                directories.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") && !is_test(name) {
                sources.push(read(&root, &path));
            }
        }
    }
    assert!(sources.len() > 50, "{} sources", sources.len());
    sources
}

fn is_test(name: &str) -> bool {
    let kept_apart = ["tests.rs", "fake.rs", "simulated.rs"];
    kept_apart.contains(&name) || name.ends_with("_tests.rs")
}

fn read(root: &Path, path: &Path) -> Source {
    let text = std::fs::read_to_string(path).unwrap();
    let product = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = product
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let path = path.strip_prefix(root).unwrap();
    Source {
        path: path.to_str().unwrap().to_owned(),
        code: lines.collect::<Vec<_>>().join("\n"),
    }
}

/// The words that follow `prefix`, wherever it stands as a word of its own.
fn after<'a>(code: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(prefix).filter_map(move |(at, _)| {
        let before = code.get(..at)?.chars().next_back();
        let rest = code.get(at + prefix.len()..)?;
        let end = rest.find(|letter: char| !is_word(letter));
        let word = rest.get(..end.unwrap_or(rest.len()))?;
        (!before.is_some_and(is_word)).then_some(word)
    })
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

#[test]
fn imports_point_downwards_only() {
    let table: BTreeMap<&str, &[&str]> = MAY_USE.into();
    let mut seen = BTreeSet::new();
    for source in sources() {
        let module = source.path.split(['/', '.']).next().unwrap().to_owned();
        if ["main", "lib", "fuzz", "bench"].contains(&module.as_str()) {
            continue;
        }
        let allowed = table
            .get(module.as_str())
            .unwrap_or_else(|| panic!("`{module}` has no line in the table"));
        seen.insert(module.clone());
        for used in after(&source.code, "crate::").filter(|used| *used != module) {
            assert!(
                allowed.contains(&used),
                "`{}` uses `crate::{used}`, and `{module}` may only use {allowed:?}",
                source.path
            );
        }
        assert!(
            !source.code.contains("crate::{"),
            "`{}`: one `use` a module, so that this test can read it",
            source.path
        );
    }
    let listed: BTreeSet<String> = table.keys().map(|&module| module.to_owned()).collect();
    assert_eq!(seen, listed, "every line of the table has its module");
}

#[test]
fn each_module_uses_those_above_it_in_the_table_only() {
    let mut above = BTreeSet::new();
    for (module, used) in MAY_USE {
        for used in used {
            assert!(
                above.contains(used),
                "`{module}` may use `{used}`, which has no line above it"
            );
        }
        above.insert(module);
    }
}

#[test]
fn a_third_party_crate_has_one_home() {
    let sources = sources();
    for &(name, homes) in HOMES {
        let path = format!("{name}::");
        for source in &sources {
            let code = source.code.lines().filter(|line| {
                let ours = line.contains("crate::") || line.contains("super::");
                !ours && !line.contains(&format!("self::{path}"))
            });
            let code = code.collect::<Vec<_>>().join("\n");
            let at_home = homes
                .iter()
                .any(|home| Path::new(&source.path).starts_with(home));
            assert!(
                at_home || after(&code, &path).next().is_none(),
                "`{}` names `{name}`, whose home is {homes:?}",
                source.path
            );
        }
    }
}

#[test]
fn only_cli_knows_the_streams_of_the_process() {
    for source in sources() {
        for stream in ["io::stdin()", "io::stdout()", "io::stderr()"] {
            // The stream that is an input is one of the inputs, and a file behind a stream may be
            // an output.
            let may = source.path.starts_with("cli/")
                || source.path == "source/open.rs"
                || source.path.starts_with("storage/");
            assert!(
                may || !source.code.contains(stream),
                "`{}` takes `{stream}` instead of being given a stream",
                source.path
            );
        }
    }
}

#[test]
fn the_dependencies_stay_below_their_ceiling() {
    let lock = include_str!("../../Cargo.lock");
    let packages = lock.lines().filter(|line| *line == "[[package]]").count();
    assert!(
        packages <= PACKAGES,
        "{packages} packages, {PACKAGES} are budgeted"
    );
}

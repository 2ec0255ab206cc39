//! Every option of every command refuses a bad value and says where it comes from: the cases are
//! made of `clap`'s own definitions, so that no option can be forgotten.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use clap::{Arg, ArgAction, Command};

use super::{Ended, names::variable, parse, rules};
use crate::cli::failure::Failure;
use crate::cli::resolve::describe::layered_name;

/// Options that take any text: names of files, ids of the source system, and what only the input or
/// the target can judge.
const ANY_TEXT: &[&str] = &[
    "address-file",
    "api-key-file",
    "c2c",
    "c2c-output",
    "checkpoint",
    "dialogs",
    "differences",
    "doubts",
    "from-input",
    "group",
    "inspect",
    "log-file",
    "map-accounts",
    "map-groups",
    "output",
    "preflight",
    "progress-log",
    "quickblox-key-file",
    "quickblox-token-file",
    "rejects",
    "secret-key-file",
    "simulator-world",
    "snapshot",
    "tls-cert",
    "tls-key",
    "tls-self-made",
    "token-file",
    "user",
    "user-sig-file",
    "users",
    "world",
];

/// No option that checks its value takes this one.
const BAD: &str = "\u{1}\u{1}";

/// A command: its words, and what it cannot do without.
struct Case {
    words: Vec<String>,
    needed: Vec<String>,
    options: Vec<Arg>,
}

fn cases(command: &Command, words: &[String], all: &mut Vec<Case>) {
    for below in command.get_subcommands() {
        let mut words = words.to_vec();
        words.push(below.get_name().to_owned());
        cases(below, &words, all);
    }
    if command.has_subcommands() && !command.get_name().eq("presets") {
        return;
    }
    let required = command.get_arguments().filter(|arg| arg.is_required_set());
    let needed = required.map(|arg| match arg.get_long() {
        Some(long) => format!("--{long}=1"),
        None => "1".to_owned(),
    });
    all.push(Case {
        words: words.to_vec(),
        needed: needed.collect(),
        options: options(command),
    });
}

fn options(command: &Command) -> Vec<Arg> {
    let told = |arg: &&Arg| {
        matches!(
            arg.get_action(),
            ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version
        )
    };
    let options = command.get_arguments().filter(|arg| !told(arg));
    options
        .filter(|arg| arg.get_long().is_some())
        .cloned()
        .collect()
}

/// What a command says of these words and this variable.
fn said(words: &[String], variable: Option<(&str, &str)>) -> Result<(), Box<Failure>> {
    let argv = std::iter::once("im-unread").chain(words.iter().map(String::as_str));
    let argv: Vec<OsString> = argv.map(OsString::from).collect();
    let variables = variable.into_iter();
    let variables = variables.map(|(name, value)| (OsString::from(name), OsString::from(value)));
    match parse(&argv, variables) {
        Ok(_) => Ok(()),
        Err(Ended::Failed(failure)) => Err(Box::new(failure)),
        // What `clap` says of a typed value names the option.
        Err(Ended::Help(error)) => Err(Box::new(Failure::usage(error.to_string()))),
    }
}

fn text(failure: &Failure) -> String {
    let mut text = Vec::new();
    failure
        .print(&mut text, usize::MAX, &super::Given::default())
        .unwrap();
    String::from_utf8(text).unwrap()
}

/// The words before the option: the command, what it cannot do without, and what the option says
/// nothing without.
fn before(case: &Case, long: &str) -> Vec<String> {
    let own = format!("--{long}=");
    let mut words = case.words.clone();
    words.extend(
        case.needed
            .iter()
            .filter(|word| !word.starts_with(&own))
            .cloned(),
    );
    let has = |name: &str| case.options.iter().any(|arg| arg.get_long() == Some(name));
    let mut needs = rules::NEEDS.iter();
    let needs = needs.find(|(name, needed)| *name == long && has(needed));
    words.extend(needs.map(|(_, needed)| match *needed {
        "simulator" => "--simulator".to_owned(),
        "preset" => "--preset=auto".to_owned(),
        file => format!("--{file}=x"),
    }));
    words
}

/// What is said of a bad value from the environment, and of one in line 2 of the file `config`.
fn elsewhere(words: &[String], long: &str, config: &Path) -> [String; 2] {
    let taken = |place: &str| -> ! { panic!("`{long}` of {words:?} takes it from {place}") };
    let name = variable(long);
    let first = said(words, Some((&name, BAD))).map_or_else(|told| text(&told), |()| taken(&name));
    std::fs::write(
        config,
        format!("# A comment.\n{long} = \"\\u0001\\u0001\"\n"),
    )
    .unwrap();
    let named = vec![format!("--config={}", config.display())];
    let second = said(&[words, &named].concat(), None);
    let second = second.map_or_else(|told| text(&told), |()| taken("the file"));
    [first, second]
}

#[test]
fn every_option_of_every_command_tells_where_a_bad_value_comes_from() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("c.toml");
    let (mut all, mut seen, mut lenient) = (Vec::new(), 0, BTreeSet::new());
    let mut known = BTreeSet::new();
    cases(&super::command(), &[], &mut all);
    // The options of all commands belong to one as well.
    let first = all.first_mut().unwrap();
    first.options.extend(options(&super::command()));
    for (case, arg) in all
        .iter()
        .flat_map(|case| case.options.iter().map(move |arg| (case, arg)))
    {
        let long = arg.get_long().unwrap();
        let command = case.words.last().map_or("", String::as_str);
        let words = before(case, long);
        let place = format!("`{long}` of {words:?}");
        let typed = [words.clone(), vec![format!("--{long}={BAD}")]].concat();
        let Err(failure) = said(&typed, None) else {
            lenient.insert(long.to_owned());
            continue;
        };
        seen += 1;
        let told = text(&failure);
        assert!(told.contains(&format!("--{long}")), "{place}: {told}");
        let parser = format!("{:?}", arg.get_value_parser().type_id());
        if layered_name(arg, command).is_none()
            || rules::NOT_IN_FILE.contains(&long)
            || !known.insert((long.to_owned(), parser))
        {
            continue;
        }
        let [of_variable, of_file] = elsewhere(&words, long, &config);
        let name = format!("`{}`", variable(long));
        assert!(of_variable.contains(&name), "{place}: {of_variable}");
        let line = format!("`{long}` in line 2 of `{}`", config.display());
        assert!(of_file.contains(&line), "{place}: {of_file}");
    }
    assert!(seen > 150, "{seen} options refuse a value");
    let any: BTreeSet<String> = ANY_TEXT.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(lenient, any);
}

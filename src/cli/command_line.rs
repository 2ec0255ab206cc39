//! Commands that are printed to be pasted: complete, on one line, quoted for a POSIX shell, and
//! never with `--yes`. They are made of what was given to this command, so that no option can be
//! forgotten.

use std::fmt;
use std::path::Path;

use clap::ValueEnum;

use super::input::lasting;
use super::resolve::{Given, GivenOption};
use crate::checkpoint::{Header, Ledger};
use crate::settings::{OnInvalid, Reading, SideFile, word};
use crate::source::InputPath;
use crate::storage::free_name;

/// The account that signs calls unless another one is named.
const IDENTIFIER: &str = "administrator";

/// A command of ours with all that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommandLine {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// A word as it is.
    Word(String),
    /// An option with its dashes, and its value if it takes one.
    Option(String, Option<String>),
}

impl CommandLine {
    fn new(command: &str) -> Self {
        let words = ["im-unread", command].map(|word| Part::Word(word.to_owned()));
        Self {
            parts: words.into(),
        }
    }

    /// The command that was given. Operands that look like options stand behind all options.
    pub(super) fn again(given: &Given) -> Self {
        let word = |text: &str| Part::Word(text.to_owned());
        let words = given.command().iter().map(String::as_str);
        let dashed = |text: &&str| text.starts_with('-') && text.len() > 1;
        let operands = given.operands().iter().map(String::as_str);
        let (dashed, plain): (Vec<_>, Vec<_>) = operands.partition(dashed);
        let words = std::iter::once("im-unread").chain(words).chain(plain);
        let line = Self {
            parts: words.map(word).collect(),
        };
        let mut line = line.options(given.again());
        if !dashed.is_empty() {
            line.parts.push(Part::Word("--".to_owned()));
            line.parts.extend(dashed.into_iter().map(word));
        }
        line
    }

    /// Another command with those of the given options that it takes too, but for some.
    fn carrying(command: &str, operand: &Path, given: &Given, except: &[&str]) -> Self {
        let carried = given.carried_to(command);
        let carried = carried.iter();
        Self::new(command)
            .path(operand)
            .options(carried.filter(|option| !except.contains(&option.name.as_str())))
    }

    fn options<'o>(mut self, options: impl Iterator<Item = &'o GivenOption>) -> Self {
        let parts = options
            .map(|GivenOption { name, value }| Part::Option(format!("--{name}"), value.clone()));
        self.parts.extend(parts);
        self
    }

    fn path(mut self, path: &Path) -> Self {
        self.parts.push(Part::Word(lasting(path)));
        self
    }

    /// An option without a value, once.
    pub(super) fn flag(self, name: &str) -> Self {
        let mut line = self.without(name);
        line.parts.push(Part::Option(name.to_owned(), None));
        line
    }

    /// An option and its value.
    pub(super) fn option(mut self, name: &str, value: impl fmt::Display) -> Self {
        let value = Some(value.to_string());
        self.parts.push(Part::Option(name.to_owned(), value));
        self
    }

    /// An option whose value is a file.
    pub(super) fn file(self, name: &str, path: &Path) -> Self {
        self.option(name, lasting(path))
    }

    /// Takes an option away, wherever it stands.
    pub(super) fn without(mut self, name: &str) -> Self {
        let is_it = |part: &Part| matches!(part, Part::Option(known, _) if known == name);
        self.parts.retain(|part| !is_it(part));
        self
    }

    /// Gives an option another value.
    pub(super) fn replacing(self, name: &str, value: impl fmt::Display) -> Self {
        self.without(name).option(name, value)
    }

    fn maybe<T: PartialEq + fmt::Display>(self, name: &str, value: &T, default: &T) -> Self {
        if value == default {
            self
        } else {
            self.option(name, value)
        }
    }

    fn given<T: fmt::Display>(self, name: &str, value: Option<T>) -> Self {
        match value {
            None => self,
            Some(value) => self.option(name, value),
        }
    }

    fn switch(self, name: &str, on: bool) -> Self {
        if on { self.flag(name) } else { self }
    }

    /// The words behind the command and its operand.
    fn option_words(&self) -> Vec<String> {
        let options = self
            .parts
            .iter()
            .filter(|part| matches!(part, Part::Option(..)));
        options.flat_map(Part::words).collect()
    }

    /// The options that say how an input is read, as the checkpoint's header has them.
    fn reading(self, options: &Reading) -> Self {
        let path = |file: &Option<SideFile>| file.as_ref().map(|file| file.path.clone());
        let columns = options.column.iter();
        // What is usual for plain rows need not be what the preset says.
        let on_duplicate = |chosen| match options.preset {
            Some(_) => Some(word(&chosen)),
            None => unusual(chosen),
        };
        columns
            .fold(self, |line, column| line.option("--column", column))
            .given("--format", unusual(options.format))
            .given("--delimiter", options.delimiter)
            .given("--encoding", options.encoding.as_ref())
            .given("--preset", path(&options.preset))
            .given("--user", options.user.as_ref())
            .given("--group", options.group.as_ref())
            .given("--name-pattern", options.name_pattern.as_ref())
            .given("--map-groups", path(&options.map_groups))
            .given("--map-accounts", path(&options.map_accounts))
            .switch("--map-many-to-one", options.map_many_to_one)
            .given(
                "--on-duplicate",
                options.on_duplicate.and_then(on_duplicate),
            )
            .given("--on-capped", unusual(options.on_capped))
            .given("--on-negative", unusual(options.on_negative))
            .given("--muted", unusual(options.muted))
            .switch("--skip-zero", options.skip_zero)
    }
}

impl fmt::Display for CommandLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.parts.iter().flat_map(Part::words).collect();
        let words = words.iter().map(String::as_str);
        // Only a NUL cannot be quoted, and no argument can hold one.
        let line = shlex::Quoter::new().allow_nul(true).join(words);
        formatter.write_str(&line.unwrap_or_default())
    }
}

/// The word of a value that is not the default.
fn unusual<T: ValueEnum + Copy + Default + PartialEq>(value: T) -> Option<String> {
    (value != T::default()).then(|| word(&value))
}

impl Part {
    /// As a shell gets them.
    fn words(&self) -> Vec<String> {
        match self {
            Self::Word(word) => vec![word.clone()],
            Self::Option(name, None) => vec![name.clone()],
            Self::Option(name, Some(value)) if value.starts_with('-') && value.len() > 1 => {
                vec![format!("{name}={value}")]
            }
            Self::Option(name, Some(value)) => vec![name.clone(), value.clone()],
        }
    }
}

/// The next session of a checkpoint, with the options of this one.
pub(super) fn resume(checkpoint: &Path, given: &Given) -> CommandLine {
    // A changed input is recorded once it has taken the place of the former one.
    CommandLine::carrying("resume", checkpoint, given, &["changed-input"])
}

/// The options of [`resume`] in words, for the log.
pub(super) fn resume_options(given: &Given) -> Vec<String> {
    resume(Path::new(""), given).option_words()
}

/// The next session of a checkpoint, with the options that its last session has recorded.
pub(super) fn recorded_resume(checkpoint: &Path, ledger: &Ledger) -> CommandLine {
    let mut line = CommandLine::new("resume").path(checkpoint);
    let options = ledger.resume_options().iter();
    line.parts
        .extend(options.map(|word| Part::Word(word.clone())));
    line
}

/// What failed, into a new file.
pub(super) fn failures(checkpoint: &Path) -> CommandLine {
    let line = CommandLine::new("failures").path(checkpoint);
    line.file("--output", &free_name(Path::new("failures.csv")))
}

/// Where an import stands.
pub(super) fn status(checkpoint: &Path) -> CommandLine {
    CommandLine::new("status").path(checkpoint)
}

/// Back to the counts of a snapshot.
pub(super) fn rollback(snapshot: &Path, given: &Given) -> CommandLine {
    CommandLine::carrying("rollback", snapshot, given, &["report", "retry-failed"])
}

/// The online checks of the inputs of this command, kept in `file`; none if it names no inputs.
pub(super) fn online_checks(file: &Path, given: &Given) -> Option<CommandLine> {
    if given.command().first().is_none_or(|name| name != "import") {
        return None;
    }
    let mut line = CommandLine::new("validate");
    let operands = given.operands().iter();
    line.parts
        .extend(operands.map(|word| Part::Word(word.clone())));
    let carried = given.carried_to("validate");
    let except = ["report", "rejects", "force"];
    let carried = carried.iter();
    let line = line.options(carried.filter(|option| !except.contains(&option.name.as_str())));
    let line = line.flag("--online").without("--preflight");
    Some(line.file("--preflight", file))
}

/// A check again, of every count.
pub(super) fn verify(given: &Given) -> CommandLine {
    CommandLine::again(given).without("--sample")
}

/// The same check with a new file for every difference.
pub(super) fn verify_differences(given: &Given) -> CommandLine {
    verify(given)
        .without("--differences")
        .file("--differences", &free_name(Path::new("differences.csv")))
}

/// A command that reads these inputs.
fn of_inputs(command: &str, inputs: &[InputPath], options: &Reading) -> CommandLine {
    let line = CommandLine::new(command);
    let line = inputs.iter().fold(line, |line, input| match input {
        InputPath::File(path) => line.path(path),
        InputPath::Stdin => line.flag("-"),
    });
    line.reading(options)
}

/// A rehearsal of these inputs, with the valid rows alone if some are not.
pub(super) fn rehearsal(
    inputs: &[InputPath],
    options: &Reading,
    on_invalid: OnInvalid,
) -> CommandLine {
    let line = of_inputs("import", inputs, options);
    match on_invalid {
        OnInvalid::Stop => line,
        OnInvalid::Skip => line.option("--on-invalid", "skip"),
    }
    .flag("--simulator")
}

/// The rejected rows of these inputs, into a new file.
pub(super) fn rejects(inputs: &[InputPath], options: &Reading) -> CommandLine {
    of_inputs("validate", inputs, options).file("--rejects", &free_name(Path::new("rejects.csv")))
}

/// An import of standard input into a checkpoint that is there, from a `resume` of it.
pub(super) fn import_stdin(checkpoint: &Path, header: &Header, given: &Given) -> CommandLine {
    let line = of_inputs("import", &[InputPath::Stdin], &header.options);
    let line = line.given("--on-invalid", unusual(header.options.on_invalid));
    let preflight = header.options.preflight.as_ref();
    let line = line
        .given("--preflight", preflight.map(|file| &file.path))
        .file("--checkpoint", checkpoint);
    let target = &header.target;
    let line = line.maybe("--identifier", &target.identifier, &IDENTIFIER.to_owned());
    let line = if target.endpoint == super::target::SIMULATOR {
        line.flag("--simulator")
            .given("--simulator-world", target.world.as_ref())
    } else {
        line.option("--sdk-app-id", target.sdk_app_id)
            .option("--endpoint", &target.endpoint)
    };
    let carried = given.carried_to("import");
    line.options(carried.iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::resolve;

    fn given(line: &str) -> Given {
        let words = line.split(' ').map(Into::into);
        let argv: Vec<std::ffi::OsString> = words.collect();
        resolve::parse(&argv, std::iter::empty()).unwrap().given
    }

    #[test]
    fn a_shell_takes_each_word_as_it_was() {
        for (word, quoted) in [
            ("/a/b.jsonl", "/a/b.jsonl"),
            ("/a/it's my.jsonl", "\"/a/it's my.jsonl\""),
            ("/a/$HOME `x` \"y\"", "'/a/$HOME `x` \"y\"'"),
            ("/a/*.csv", "'/a/*.csv'"),
            ("/~/a", "'/~/a'"),
        ] {
            let line = CommandLine::new("status").path(Path::new(word)).to_string();
            assert_eq!(line, format!("im-unread status {quoted}"));
            assert_eq!(shlex::split(&line).unwrap().pop().unwrap(), word);
        }
    }

    #[test]
    fn what_was_given_is_repeated_and_answers_for_one_run_never() {
        let import = "im-unread import /in.csv --simulator=false --region china --sdk-app-id 7 \
                      --secret-key-file /k --yes --accept-stale --qps 50 --no-early-stop \
                      --report /r.html --report /r.json --snapshot /s --output json -v";
        let given = given(&import.split_whitespace().collect::<Vec<_>>().join(" "));
        for (line, expected) in [
            (
                CommandLine::again(&given),
                "import /in.csv --sdk-app-id 7 --region china --secret-key-file /k \
                 '--simulator=false' --qps 50 --no-early-stop --snapshot /s --report /r.html \
                 --report /r.json",
            ),
            (
                resume(Path::new("/c"), &given),
                "resume /c --secret-key-file /k --qps 50 --no-early-stop --report /r.html \
                 --report /r.json",
            ),
            (
                rollback(Path::new("/s"), &given),
                "rollback /s --sdk-app-id 7 --region china --secret-key-file /k --qps 50 \
                 --no-early-stop",
            ),
        ] {
            let expected = expected.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(line.to_string(), format!("im-unread {expected}"));
        }
    }

    #[test]
    fn an_operand_that_looks_like_an_option_stays_an_operand() {
        let given = given("im-unread query group --simulator -- @TGS#1 -bob");
        assert_eq!(
            CommandLine::again(&given).to_string(),
            "im-unread query group '@TGS#1' --simulator -- -bob"
        );
    }
}

//! Commands that are printed to be pasted: complete, on one line, quoted for a POSIX shell, and
//! never with `--yes`.

use std::fmt;
use std::path::Path;

use clap::ValueEnum;

use super::args::{
    AskingArgs, CredentialArgs, ReportArgs, SendingArgs, TargetArgs, asking_defaults,
    sending_defaults,
};
use super::input::lasting;
use crate::settings::{OnInvalid, Reading, SideFile, word};
use crate::source::InputPath;
use crate::storage::free_name;

/// The account that signs calls unless another one is named.
const IDENTIFIER: &str = "administrator";

/// A command of ours with all that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommandLine {
    words: Vec<String>,
}

impl CommandLine {
    fn new(command: &str) -> Self {
        let words = ["im-unread", command].map(str::to_owned);
        Self {
            words: words.into(),
        }
    }

    fn path(mut self, path: &Path) -> Self {
        self.words.push(lasting(path));
        self
    }

    /// An option without a value, once.
    pub(super) fn flag(mut self, name: &str) -> Self {
        if !self.words.iter().any(|word| word == name) {
            self.words.push(name.to_owned());
        }
        self
    }

    /// An option and its value.
    pub(super) fn option(mut self, name: &str, value: impl fmt::Display) -> Self {
        let value = value.to_string();
        if value.starts_with('-') && value.len() > 1 {
            self.words.push(format!("{name}={value}"));
        } else {
            self.words.extend([name.to_owned(), value]);
        }
        self
    }

    /// An option whose value is a file.
    pub(super) fn file(self, name: &str, path: &Path) -> Self {
        self.option(name, lasting(path))
    }

    /// Takes an option with a value away, if it is there.
    pub(super) fn without(mut self, name: &str) -> Self {
        if let Some(at) = self.words.iter().position(|word| word == name) {
            let end = (at + 2).min(self.words.len());
            self.words.drain(at..end);
        }
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

    fn credential(mut self, credential: &CredentialArgs) -> Self {
        for (name, path) in [
            ("--secret-key-file", &credential.secret_key_file),
            ("--user-sig-file", &credential.user_sig_file),
        ] {
            if let Some(path) = path {
                self = self.file(name, path);
            }
        }
        self
    }

    fn target(self, target: &TargetArgs) -> Self {
        let identifier = IDENTIFIER.to_owned();
        let line = self.maybe("--identifier", &target.identifier, &identifier);
        if target.simulator {
            let line = line.flag("--simulator");
            return match &target.simulator_world {
                None => line,
                Some(world) => line.file("--simulator-world", world),
            };
        }
        line.given("--sdk-app-id", target.sdk_app_id)
            .given("--region", target.region.as_ref())
            .given("--endpoint", target.endpoint.as_ref())
            .credential(&target.credential)
    }

    fn sending(self, sending: &SendingArgs) -> Self {
        let usual = sending_defaults();
        self.maybe("--qps", &sending.qps, &usual.qps)
            .given("--max-in-flight", sending.max_in_flight)
            .maybe("--timeout", &sending.timeout, &usual.timeout)
            .maybe("--max-attempts", &sending.max_attempts, &usual.max_attempts)
            .given("--max-failures", sending.max_failures)
            .maybe("--outage-limit", &sending.outage_limit, &usual.outage_limit)
            .maybe("--early-stop", &sending.early_stop, &usual.early_stop)
            .switch("--no-early-stop", sending.no_early_stop)
            .maybe("--stale-after", &sending.stale_after, &usual.stale_after)
    }

    fn asking(self, asking: &AskingArgs) -> Self {
        let usual = asking_defaults();
        self.maybe("--qps", &asking.qps, &usual.qps)
            .maybe("--timeout", &asking.timeout, &usual.timeout)
            .maybe("--max-attempts", &asking.max_attempts, &usual.max_attempts)
            .maybe("--outage-limit", &asking.outage_limit, &usual.outage_limit)
    }

    fn reports(self, reports: &ReportArgs) -> Self {
        let files = reports.report.iter();
        files.fold(self, |line, path| line.file("--report", path))
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
        let words = self.words.iter().map(String::as_str);
        // Only a NUL cannot be quoted, and no argument can hold one.
        let line = shlex::Quoter::new().allow_nul(true).join(words);
        formatter.write_str(&line.unwrap_or_default())
    }
}

/// The word of a value that is not the default.
fn unusual<T: ValueEnum + Copy + Default + PartialEq>(value: T) -> Option<String> {
    (value != T::default()).then(|| word(&value))
}

/// The next session of a checkpoint, with the options of this one.
pub(super) fn resume(
    checkpoint: &Path,
    endpoint: Option<&str>,
    credential: &CredentialArgs,
    sending: &SendingArgs,
    reports: &ReportArgs,
) -> CommandLine {
    bare_resume(checkpoint)
        .given("--endpoint", endpoint)
        .credential(credential)
        .sending(sending)
        .reports(reports)
}

/// The next session of a checkpoint of which nothing else is known.
pub(super) fn bare_resume(checkpoint: &Path) -> CommandLine {
    CommandLine::new("resume").path(checkpoint)
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
pub(super) fn rollback(snapshot: &Path, target: &TargetArgs, sending: &SendingArgs) -> CommandLine {
    CommandLine::new("rollback")
        .path(snapshot)
        .target(target)
        .sending(sending)
}

/// Reading back the counts of a checkpoint.
pub(super) fn verify(checkpoint: &Path, target: &TargetArgs, asking: &AskingArgs) -> CommandLine {
    CommandLine::new("verify")
        .path(checkpoint)
        .given("--endpoint", target.endpoint.as_ref())
        .credential(&target.credential)
        .asking(asking)
}

/// The same with a new file for every difference.
pub(super) fn verify_differences(
    checkpoint: &Path,
    target: &TargetArgs,
    asking: &AskingArgs,
) -> CommandLine {
    verify(checkpoint, target, asking)
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

/// An import of standard input into a checkpoint that is there.
pub(super) fn import_stdin(
    checkpoint: &Path,
    header: &crate::checkpoint::Header,
    credential: &CredentialArgs,
    sending: &SendingArgs,
) -> CommandLine {
    let line = of_inputs("import", &[InputPath::Stdin], &header.options);
    let line = line.given("--on-invalid", unusual(header.options.on_invalid));
    let preflight = header.options.preflight.as_ref();
    let line = line
        .given("--preflight", preflight.map(|file| &file.path))
        .file("--checkpoint", checkpoint);
    let target = &header.target;
    let line = line.maybe("--identifier", &target.identifier, &IDENTIFIER.to_owned());
    if target.endpoint == super::target::SIMULATOR {
        line.flag("--simulator")
            .given("--simulator-world", target.world.as_ref())
    } else {
        line.option("--sdk-app-id", target.sdk_app_id)
            .option("--endpoint", &target.endpoint)
            .credential(credential)
    }
    .sending(sending)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn only_what_differs_from_the_defaults_is_repeated_and_yes_never() {
        let credential = CredentialArgs {
            secret_key_file: Some("/k".into()),
            user_sig_file: None,
        };
        let mut sending = sending_defaults();
        let reports = ReportArgs {
            report: vec!["/r.html".into()],
        };
        sending.yes = true;
        sending.accept_stale = true;
        let line = |sending: &SendingArgs| {
            resume(Path::new("/c"), None, &credential, sending, &reports).to_string()
        };
        assert_eq!(
            line(&sending),
            "im-unread resume /c --secret-key-file /k --report /r.html"
        );
        sending.qps = 50;
        sending.max_failures = Some(3);
        sending.no_early_stop = true;
        sending.outage_limit = "1h 30m".to_owned();
        assert_eq!(
            line(&sending),
            "im-unread resume /c --secret-key-file /k --qps 50 --max-failures 3 \
             --outage-limit '1h 30m' --no-early-stop --report /r.html"
        );
    }
}

//! A directory of its own, and commands that see nothing of the machine but it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::process::{Done, Running};
use super::quiet::Slot;
use super::terminal::Terminal;

/// A temporary home. Dropped with everything in it.
#[derive(Debug)]
pub(crate) struct TestEnv {
    directory: TempDir,
    /// Keeps tests that measure time apart from all others.
    _slot: Slot,
}

impl TestEnv {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self::with(Slot::shared())
    }

    /// An empty one, with no other test of this binary running as long as it lives.
    pub(crate) fn quiet() -> Self {
        Self::with(Slot::alone())
    }

    fn with(slot: Slot) -> Self {
        Self {
            directory: TempDir::new().unwrap(),
            _slot: slot,
        }
    }

    /// Where commands run.
    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// Writes a file and gives its path.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A text file's content.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The binary with these arguments, in a cleared environment.
    pub(crate) fn command<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Invocation {
        let mut command = Command::new(env!("CARGO_BIN_EXE_im-unread"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.root())
            .env("TMPDIR", self.root())
            .env("COLUMNS", "100")
            .env("NO_COLOR", "1")
            .current_dir(self.root())
            .stdin(Stdio::null());
        Invocation { command }
    }

    /// Runs the words of a line, which hold no quotes, to the end.
    #[must_use = "a test has to look at how a command ended"]
    pub(crate) fn run(&self, line: &str) -> Done {
        self.command(line.split_whitespace()).run()
    }
}

/// A command that is about to run.
#[derive(Debug)]
pub(crate) struct Invocation {
    command: Command,
}

impl Invocation {
    /// Another argument.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// More arguments, as words of a line.
    pub(crate) fn args(mut self, line: &str) -> Self {
        self.command.args(line.split_whitespace());
        self
    }

    /// An environment variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Another directory to run in.
    pub(crate) fn current_dir(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// A file as standard input.
    pub(crate) fn stdin(mut self, path: &Path) -> Self {
        self.command.stdin(std::fs::File::open(path).unwrap());
        self
    }

    /// Starts it on a terminal of its own.
    pub(crate) fn start_on_terminal(self) -> Terminal {
        Terminal::start(self.command)
    }

    /// Starts it.
    pub(crate) fn start(self) -> Running {
        Running::start(self.command)
    }

    /// Runs it to its end.
    #[must_use = "a test has to look at how a command ended"]
    pub(crate) fn run(self) -> Done {
        self.start().wait()
    }

    /// Runs it to its end, which is `code`, and reads its JSON result.
    pub(crate) fn json(self, code: i32) -> Value {
        self.args("--output json").run().exits(code).json()
    }
}

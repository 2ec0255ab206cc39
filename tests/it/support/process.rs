//! A process of ours: its streams, its signals and its end.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use serde_json::Value;
use tempfile::NamedTempFile;

/// How often a condition is looked at.
const PAUSE: Duration = Duration::from_millis(5);

/// How often at most: a minute's worth, far above what any condition here takes.
const TRIES: u32 = 12_000;

/// Looks at a real condition until it gives a value.
pub(crate) fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    for _ in 0..TRIES {
        if let Some(value) = condition() {
            return value;
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "between two looks at another process; nothing depends on its length"
        )]
        std::thread::sleep(PAUSE);
    }
    panic!("waited in vain until {what}");
}

/// A running command. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    words: String,
    stdout: NamedTempFile,
    stderr: NamedTempFile,
}

impl Running {
    /// Starts `command` with its streams in files, so that nothing has to read along.
    pub(crate) fn start(mut command: Command) -> Self {
        let stdout = NamedTempFile::new().unwrap();
        let stderr = NamedTempFile::new().unwrap();
        let words = command
            .get_args()
            .map(|word| word.to_string_lossy())
            .collect::<Vec<_>>()
            .join(" ");
        let child = command
            .stdout(stdout.reopen().unwrap())
            .stderr(stderr.reopen().unwrap())
            .spawn()
            .unwrap();
        Self {
            child,
            words,
            stdout,
            stderr,
        }
    }

    /// The process's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What stands on stderr by now.
    pub(crate) fn stderr(&self) -> String {
        content(&self.stderr)
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// `kill -9`; returns when the process is gone.
    #[must_use = "a test has to look at how a command ended"]
    pub(crate) fn kill(mut self) -> Done {
        self.child.kill().unwrap();
        self.wait()
    }

    /// Sends `INT`, `TERM`, ….
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{name} {}", self.child.id())])
            .status()
            .unwrap();
        assert!(sent.success(), "SIG{name} could not be sent");
    }

    /// Waits for its end.
    #[must_use = "a test has to look at how a command ended"]
    pub(crate) fn wait(mut self) -> Done {
        let what = format!("`im-unread {}` ends", self.words);
        let status = until(&what, || self.child.try_wait().unwrap());
        Done {
            words: std::mem::take(&mut self.words),
            status,
            stdout: content(&self.stdout),
            stderr: content(&self.stderr),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended() {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
    }
}

fn content(file: &NamedTempFile) -> String {
    let bytes = std::fs::read(file.path()).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What a command left.
#[derive(Debug)]
pub(crate) struct Done {
    words: String,
    status: ExitStatus,
    /// All of stdout.
    pub(crate) stdout: String,
    /// All of stderr.
    pub(crate) stderr: String,
}

impl Done {
    /// It ended with this code.
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "{}", self.told());
        self
    }

    /// A signal that nobody can catch ended it.
    pub(crate) fn was_killed(self) -> Self {
        assert_eq!(self.status.signal(), Some(9), "{}", self.told());
        self
    }

    /// stderr has all of these pieces.
    pub(crate) fn says(self, pieces: &[&str]) -> Self {
        for piece in pieces {
            assert!(self.stderr.contains(piece), "no `{piece}`: {}", self.told());
        }
        self
    }

    /// stdout has all of these pieces.
    pub(crate) fn prints(self, pieces: &[&str]) -> Self {
        for piece in pieces {
            assert!(self.stdout.contains(piece), "no `{piece}`: {}", self.told());
        }
        self
    }

    /// stdout is one JSON value and nothing else.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is no JSON: {error}: {}", self.told()))
    }

    fn told(&self) -> String {
        format!(
            "im-unread {}\n{}\n--- stdout\n{}\n--- stderr\n{}",
            self.words, self.status, self.stdout, self.stderr
        )
    }
}

//! `im-unread simulate` as a process of its own on a port that the system chose.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::env::{Invocation, TestEnv};
use super::row::Row;

/// The app that the simulator knows.
pub(crate) const APP: u64 = 1_400_000_009;

/// Its secret key.
pub(crate) const KEY: &str = "key-of-the-integration-tests-0123456789";

/// A running simulator. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Sim {
    child: Child,
    url: String,
}

/// What the simulator holds for one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    /// The count.
    pub(crate) count: u32,
    /// How often it was set.
    pub(crate) calls: u64,
}

impl Sim {
    /// Starts one whose world is made from `input`, with more options as words of a line.
    pub(crate) fn start(env: &TestEnv, input: &Path, options: &str) -> Self {
        Self::with_key(env, input, options, KEY)
    }

    /// The same with another secret key.
    pub(crate) fn with_key(env: &TestEnv, input: &Path, options: &str, key: &str) -> Self {
        let input = input.to_str().unwrap();
        Self::spawn(env, &format!("--from-input {input} {options}"), key)
    }

    /// Starts one with the world of a file.
    pub(crate) fn of_world(env: &TestEnv, world: &Path, options: &str) -> Self {
        let world = world.to_str().unwrap();
        Self::spawn(env, &format!("--world {world} {options}"), KEY)
    }

    fn spawn(env: &TestEnv, options: &str, key: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_im-unread"))
            .arg("simulate")
            .args(["--sdk-app-id", &APP.to_string()])
            .args(options.split_whitespace())
            .env_clear()
            .env("IM_UNREAD_SECRET_KEY", key)
            .current_dir(env.root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The line comes when calls are answered, and never if the simulator cannot start.
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let url = line.trim().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "`{options}`: {line}");
        Self { child, url }
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// `import INPUT` into it, with the right key.
    pub(crate) fn import(&self, env: &TestEnv, input: &Path) -> Invocation {
        self.import_with(env, input, KEY)
    }

    /// `import INPUT` into it, with that key.
    pub(crate) fn import_with(&self, env: &TestEnv, input: &Path, key: &str) -> Invocation {
        self.aimed(env.command(["import"]).arg(input))
            .args("--yes")
            .env("IM_UNREAD_SECRET_KEY", key)
    }

    /// `import INPUT` into it, with the right key, and nobody has agreed to the plan.
    pub(crate) fn import_unagreed(&self, env: &TestEnv, input: &Path) -> Invocation {
        self.aimed(env.command(["import"]).arg(input))
            .env("IM_UNREAD_SECRET_KEY", KEY)
    }

    /// A command with this simulator as its target, but no credential.
    pub(crate) fn aimed(&self, command: Invocation) -> Invocation {
        command.args(&format!("--sdk-app-id {APP} --endpoint {}", self.url))
    }

    /// `resume CHECKPOINT`, with the right key.
    pub(crate) fn resume(env: &TestEnv, checkpoint: &Path) -> Invocation {
        Self::resume_unagreed(env, checkpoint).args("--yes")
    }

    /// `resume CHECKPOINT`, with the right key, and nobody has agreed to the plan.
    pub(crate) fn resume_unagreed(env: &TestEnv, checkpoint: &Path) -> Invocation {
        env.command(["resume"])
            .arg(checkpoint)
            .env("IM_UNREAD_SECRET_KEY", KEY)
    }

    /// The statistics.
    pub(crate) fn stats(&self) -> Value {
        serde_json::from_str(&self.get("/simulator/stats")).unwrap()
    }

    /// The statistics of `set_unread_msg_num`; null before the first call.
    pub(crate) fn sets(&self) -> Value {
        self.stats()["commands"]["set_unread_msg_num"].clone()
    }

    /// Calls of `set_unread_msg_num` that arrived.
    pub(crate) fn calls(&self) -> u64 {
        self.sets()["calls"].as_u64().unwrap_or(0)
    }

    /// The counts, by group and member.
    pub(crate) fn unread(&self) -> BTreeMap<(String, String), Held> {
        let text = self.get("/simulator/unread");
        let lines = text.lines().map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| line[key].as_str().unwrap().to_owned();
            let held = Held {
                count: u32::try_from(line["unread_num"].as_u64().unwrap()).unwrap(),
                calls: line["calls"].as_u64().unwrap(),
            };
            ((text("group_id"), text("member_account")), held)
        });
        lines.collect()
    }

    /// Every row has its count here, and each was set at least once and at most `most` times.
    pub(crate) fn holds(&self, rows: &[Row], most: u64) {
        let unread = self.unread();
        for row in rows {
            let held = unread[&(row.group.clone(), row.member.clone())];
            assert_eq!(held.count, row.count, "{row:?}");
            assert!((1..=most).contains(&held.calls), "{row:?}: {held:?}");
        }
    }

    /// No sliding second held more than `limit` calls.
    pub(crate) fn kept_to(&self, limit: u64) {
        let sets = self.sets();
        let busiest = sets["busiest_second"].as_u64().unwrap();
        assert!(busiest <= limit, "{sets}");
    }

    /// All that it holds.
    pub(crate) fn world(&self) -> Value {
        serde_json::from_str(&self.get("/simulator/world")).unwrap()
    }

    /// From now on it holds this.
    pub(crate) fn replace_world(&self, world: &Value) {
        drop(self.ask("PUT", "/simulator/world", &world.to_string()));
    }

    fn get(&self, path: &str) -> String {
        self.ask("GET", path, "")
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 2"), "{path}: {head}");
        if head.to_lowercase().contains("transfer-encoding: chunked") {
            joined(body)
        } else {
            body.to_owned()
        }
    }
}

/// The content of a chunked body.
fn joined(mut body: &str) -> String {
    let mut text = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        if length == 0 {
            break;
        }
        text.push_str(rest.get(..length).unwrap());
        body = rest.get(length + 2..).unwrap();
    }
    text
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

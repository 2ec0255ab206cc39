//! The checkpoint as `jq` sees it: whole lines, without the tool's own reader.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::env::TestEnv;

/// A checkpoint's file.
#[derive(Debug, Clone)]
pub(crate) struct Checkpoint {
    pub(crate) path: PathBuf,
}

impl Checkpoint {
    /// The file of that name, which need not be there yet.
    pub(crate) fn new(env: &TestEnv, name: &str) -> Self {
        Self {
            path: env.path(name),
        }
    }

    /// A checkpoint at `path`.
    pub(crate) fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// The lines that are whole; none when there is no file.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// How many outcomes it holds, without reading them.
    pub(crate) fn outcomes(&self) -> usize {
        let text = std::fs::read(&self.path).unwrap_or_default();
        text.split(|&byte| byte == b'\n')
            .filter(|line| line.starts_with(b"{\"row\":") && line.ends_with(b"}"))
            .count()
    }

    /// Group and member of every outcome with this status, once a line.
    pub(crate) fn with_status(&self, status: &str) -> Vec<(String, String)> {
        self.lines()
            .iter()
            .filter(|line| line["status"] == status)
            .map(|line| {
                let text = |key: &str| line[key].as_str().unwrap().to_owned();
                (text("group_id"), text("member_account"))
            })
            .collect()
    }

    /// Each row has one `succeeded` line and no other outcome.
    pub(crate) fn each_succeeded_once(&self, rows: usize) {
        let succeeded = self.with_status("succeeded");
        let different: BTreeSet<_> = succeeded.iter().collect();
        assert_eq!(
            (succeeded.len(), different.len(), self.outcomes()),
            (rows, rows, rows)
        );
    }

    /// What `status --output json` says of its calls.
    pub(crate) fn calls(&self, env: &TestEnv) -> Value {
        env.command(["status"]).arg(&self.path).json(0)["calls"].clone()
    }
}

//! What a stand-in for AWS received, read from the file that it writes (`tests/python/recording.py`).

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

/// The requests that arrived so far; a request is there before its sender has the answer.
pub(crate) struct Recording {
    directory: TempDir,
}

impl Recording {
    /// An empty recording, in a directory that goes with this value.
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory can be made") }
    }

    /// The option that tells a stand-in where to write.
    pub(super) fn option(&self) -> String {
        format!("--record={}", self.path().display())
    }

    /// Every request, in the order of arrival.
    pub(crate) fn requests(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path()).expect("the stand-in made the file before it was ready");
        // The last line may be half written: it belongs to a request that nobody has an answer to.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut requests: Vec<Value> =
            whole.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
        requests.sort_by_key(|request| request["order"].as_u64());
        requests
    }

    /// The requests of one action, such as `AssumeRole`, in the order of arrival.
    pub(crate) fn of(&self, action: &str) -> Vec<Value> {
        self.requests().into_iter().filter(|request| request["action"] == action).collect()
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("requests.jsonl")
    }
}

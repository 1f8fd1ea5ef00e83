//! A table of calls, as its file has it.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

/// One file.
pub(super) struct Table {
    pub(super) path: String,
    pub(super) cases: Vec<Case>,
}

/// One call and what AWS answers to it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// The rule that it shows.
    pub(super) name: String,
    /// `service:Operation`.
    pub(super) call: String,
    /// Whose keys sign; the root user's if nobody's are named.
    #[serde(rename = "as")]
    pub(super) keys: Option<Value>,
    #[serde(default)]
    pub(super) input: Value,
    pub(super) expect: Value,
    /// What is looked at in the response as it came.
    pub(super) http: Option<Http>,
    /// What moto does instead.
    pub(super) moto: Option<String>,
}

/// Parts of a response.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Http {
    pub(super) status: Option<u16>,
    #[serde(default)]
    pub(super) headers: serde_json::Map<String, Value>,
    /// What is found in the body.
    #[serde(default)]
    pub(super) body: Vec<Value>,
}

impl Table {
    /// All of them, by name.
    pub(super) fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/aws_calls");
        let files = folder.read_dir().expect("the tables are there").map(|file| file.expect("a folder is read").path());
        let mut paths: Vec<_> = files.filter(|path| path.extension().is_some_and(|kind| kind == "json")).collect();
        paths.sort();
        let read = |path: std::path::PathBuf| {
            let text = std::fs::read_to_string(&path).expect("a table is read");
            let cases = serde_json::from_str(&text).unwrap_or_else(|error| unreachable!("{}: {error}", path.display()));
            Self { path: path.to_str().expect("the tables have plain names").to_owned(), cases }
        };
        paths.into_iter().map(read).collect()
    }
}

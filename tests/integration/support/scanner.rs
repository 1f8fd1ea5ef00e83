//! Cisco's scanner of MCP servers, from the environment `scanner`.

use std::fs;

use serde_json::Value;

use super::command::run_to_end;
use super::program::{bare, installed};

/// What the scanner says of each of these tools, which are what tools/list answers.
///
/// It ends with 0 whatever it finds: what it found stands in `is_safe`.
pub(crate) fn scan(tools: &Value) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let file = folder.path().join("tools.json");
    fs::write(&file, tools.to_string()).expect("the folder is ours");
    let mut command = bare(installed("scanner").join("bin/mcp-scanner"));
    command
        .args(["--analyzers", "yara", "--raw", "static", "--tools"])
        .arg(&file)
        .current_dir(folder.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // A library that it brings along would ask for the prices of models otherwise, and wait for an answer.
        .env("LITELLM_LOCAL_MODEL_COST_MAP", "True");
    let ran = run_to_end(&mut command, "");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.json().as_array().cloned().unwrap_or_else(|| unreachable!("it lists what it scanned: {ran:?}"))
}

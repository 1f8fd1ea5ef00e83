//! What is known of the gateway's tools: which of them only read, by their own annotations.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::message::{Id, Message};

/// The tools that were listed so far.
#[derive(Debug, Default)]
pub struct Tools(Mutex<HashMap<String, bool>>);

impl Tools {
    /// Whether a tool only reads; `None` when it was not listed.
    #[must_use]
    pub fn only_reads(&self, name: &str) -> Option<bool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }

    /// Remembers the tools of a page; with `filtered`, those that do more than read are taken out of it. Answers the
    /// cursor of the next page.
    pub fn learn(&self, page: &mut Value, filtered: bool) -> Option<String> {
        let tools = page.get_mut("result").and_then(|result| result.get_mut("tools")).and_then(Value::as_array_mut)?;
        {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for tool in tools.iter() {
                if let Some(name) = tool["name"].as_str() {
                    known.insert(name.to_owned(), reads(tool));
                }
            }
        }
        if filtered {
            tools.retain(reads);
        }
        page["result"]["nextCursor"].as_str().map(ToOwned::to_owned)
    }
}

fn reads(tool: &Value) -> bool {
    tool["annotations"]["readOnlyHint"] == true
}

/// The result of a call that `--read-only` refuses, in the form of the gateway's own refusals.
#[must_use]
pub fn refusal(call: &Message, id: &Id) -> String {
    let error = json!({"error": {
        "code": "ReadOnlyClient",
        "message": "this client was started with --read-only, and the tool is not known to only read",
        "stage": "client",
        "retryable": false,
        "hint": "use a tool that reads; the person who configured this client can remove --read-only",
    }});
    let mut result = json!({
        "content": [{"type": "text", "text": error.to_string()}],
        "structuredContent": error,
        "isError": true,
    });
    if call.meta(super::era::VERSION_META).is_some() {
        result["resultType"] = "complete".into();
    }
    json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string()
}

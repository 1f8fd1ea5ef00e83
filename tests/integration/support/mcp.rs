//! MCP messages, as a client of 2026-07-28 sends them.

use serde_json::{Value, json};

use super::http::{Answer, Request};

/// The newest revision: one request is one call.
pub(crate) const MODERN: &str = "2026-07-28";
/// The revision before, which opens with `initialize`.
pub(crate) const LEGACY: &str = "2025-11-25";

/// The `_meta` that 2026-07-28 asks of every request.
pub(crate) fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "1"},
    })
}

/// A message of the newest revision.
pub(crate) fn message(id: &str, method: &str, mut params: Value) -> Value {
    params["_meta"] = meta();
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

/// A tools/call of the newest revision.
pub(crate) fn tool_call(id: &str, tool: &str, arguments: Value) -> Value {
    let mut params = json!({"name": tool});
    params["arguments"] = arguments;
    message(id, "tools/call", params)
}

/// The message with the headers that the newest revision asks for.
pub(crate) fn modern(request: Request, message: &Value) -> Request {
    let method = message["method"].as_str().unwrap_or_default();
    let request = request.header("mcp-protocol-version", MODERN).header("mcp-method", method);
    let params = &message["params"];
    let request = match params["name"].as_str().or(params["uri"].as_str()) {
        Some(name) => request.header("mcp-name", name),
        None => request,
    };
    request.body(message.to_string())
}

/// A message of the revision before, whose `params` have no `_meta`.
pub(crate) fn old_message(id: &str, method: &str, params: Value) -> Value {
    let mut message = json!({"jsonrpc": "2.0", "id": id, "method": method});
    message["params"] = params;
    message
}

/// The message with the header that the revision before asks for.
pub(crate) fn legacy(request: Request, message: &Value) -> Request {
    request.header("mcp-protocol-version", LEGACY).body(message.to_string())
}

/// What a tools/call answered.
#[derive(Debug)]
pub(crate) struct Called {
    /// The JSON-RPC id, by which its records are found.
    pub(crate) id: String,
    /// The structured content.
    pub(crate) content: Value,
    pub(crate) is_error: bool,
}

impl Called {
    /// What the answer of a tools/call says.
    pub(crate) fn of(id: String, answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let body = answer.json();
        let result = body.get("result").unwrap_or_else(|| unreachable!("this is no result: {body}"));
        Self { id, content: result["structuredContent"].clone(), is_error: result["isError"] == true }
    }

    /// The error's stable code.
    pub(crate) fn code(&self) -> &str {
        assert!(self.is_error, "this is no error: {}", self.content);
        self.content["error"]["code"].as_str().expect("an error has a code")
    }

    /// The error's message.
    pub(crate) fn message(&self) -> &str {
        self.content["error"]["message"].as_str().expect("an error has a message")
    }

    /// The content of what went well.
    pub(crate) fn done(&self) -> &Value {
        assert!(!self.is_error, "this is an error: {}", self.content);
        &self.content
    }
}

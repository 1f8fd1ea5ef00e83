//! What `connect` itself answers: JSON-RPC errors, with a stable code in `data.code` as the gateway's own have.

use serde_json::{Value, json};

use super::message::Id;
use crate::tools::text;

/// JSON-RPC 2.0 section 5.1: the line is not JSON.
pub const NOT_JSON: i64 = -32700;
/// JSON-RPC 2.0 section 5.1: the line is JSON and no request.
pub const INVALID_REQUEST: i64 = -32600;
/// JSON-RPC 2.0 section 5.1: the parameters cannot be passed on.
pub const INVALID_PARAMS: i64 = -32602;
/// There is no answer of a gateway: one of the codes that JSON-RPC leaves to servers, and neither MCP nor the gateway uses.
pub const NO_ANSWER: i64 = -32010;

/// Why a message has no answer of the gateway's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    number: i64,
    code: &'static str,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// A failure with JSON-RPC's number and a stable code.
    #[must_use]
    pub fn new(number: i64, code: &'static str, message: impl Into<String>) -> Self {
        Self { number, code, message: message.into(), hint: None }
    }

    /// The same, saying what to do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// JSON-RPC's number.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.number
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What happened and what to do, for people and models, which often are shown nothing else.
    #[must_use]
    pub fn said(&self) -> String {
        let hint = self.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        text::visible(&format!("{}{hint}", self.message)).into_owned()
    }

    /// The same after its code, for whoever watches the process.
    #[must_use]
    pub fn told(&self) -> String {
        format!("{}: {}", self.code, self.said())
    }

    /// The reply to the request of this id, in one line; the id is null where it is not known (JSON-RPC 2.0 section 5).
    #[must_use]
    pub fn reply(&self, id: Option<&Id>) -> String {
        let mut data = json!({"code": self.code, "stage": "client"});
        if let Some(hint) = &self.hint {
            data["hint"] = Value::from(text::visible(hint));
        }
        let error = json!({"code": self.number, "message": self.said(), "data": data});
        json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_one_line_that_says_what_to_do() {
        let failure = Failure::new(NO_ANSWER, "GatewayUnreachable", "gone\n\u{202e}").with_hint("wait");
        let reply = failure.reply(Some(&Id::Number(1)));
        let expected = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32010, "message": "gone\\u{a}\\u{202e} (wait)",
            "data": {"code": "GatewayUnreachable", "stage": "client", "hint": "wait"}}});
        assert_eq!(serde_json::from_str::<Value>(&reply).unwrap(), expected);
        assert!(!reply.contains(['\n', '\r']));
        assert!(failure.reply(None).contains("\"id\":null"));
    }
}

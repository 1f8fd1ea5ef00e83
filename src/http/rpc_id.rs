//! The id of a JSON-RPC request, so that a refusal can name the request it answers.

use serde::{Deserialize, Serialize};

/// The longest body that is searched for an id: refusing must stay cheap, whoever asks.
const SEARCHED_BYTES: usize = 64 * 1024;
/// The longest text id that is echoed.
const LONGEST_TEXT: usize = 128;

/// A JSON-RPC id that may be echoed: an integer, or a text of at most 128 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RpcId {
    /// An integer id.
    Integer(i64),
    /// A text id.
    Text(String),
}

impl RpcId {
    /// The id in `body`, when that is a JSON object of at most 64 KiB with an echoable one.
    #[must_use]
    pub fn find(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct OnlyId {
            id: RpcId,
        }
        // serde would take an array for the object, member by member.
        if body.len() > SEARCHED_BYTES || !body.trim_ascii_start().starts_with(b"{") {
            return None;
        }
        match serde_json::from_slice::<OnlyId>(body).ok()?.id {
            Self::Text(text) if text.chars().count() > LONGEST_TEXT => None,
            id => Some(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_short_texts_are_found() {
        assert_eq!(RpcId::find(br#"{"method":"m","id":7}"#), Some(RpcId::Integer(7)));
        assert_eq!(RpcId::find(br#"{"id":"a"}"#), Some(RpcId::Text("a".into())));
    }

    #[test]
    fn anything_else_is_not_echoed() {
        let long = format!(r#"{{"id":"{}"}}"#, "x".repeat(129));
        for body in ["", "[1]", "{}", r#"{"id":null}"#, r#"{"id":1.5}"#, r#"{"id":{}}"#, r#"{"id":1,"id":2}"#, &long] {
            assert_eq!(RpcId::find(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn a_long_body_is_not_searched() {
        let body = |padding: usize| format!(r#"{{"id":1,"p":"{}"}}"#, "x".repeat(padding));
        assert!(RpcId::find(body(1000).as_bytes()).is_some());
        assert!(RpcId::find(body(SEARCHED_BYTES).as_bytes()).is_none());
    }
}

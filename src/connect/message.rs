//! What a client writes: one JSON-RPC message a line.

use std::cell::Cell;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::failure::{Failure, INVALID_REQUEST, NOT_JSON};

/// The longest method that is passed on; it stands in a header.
const LONGEST_METHOD: usize = 256;

/// What a request is known by. MCP has no null, and this gateway no fractions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Id {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
}

/// A request or, without an id, a notification.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The request's id.
    pub id: Option<Id>,
    /// The method.
    pub method: String,
    /// Its parameters; empty where there are none.
    pub params: Map<String, Value>,
    /// The message as it was written.
    pub text: String,
}

impl Message {
    /// A text of `params._meta`, by its full name.
    #[must_use]
    pub fn meta(&self, name: &str) -> Option<&str> {
        self.params.get("_meta")?.get(name)?.as_str()
    }

    /// The request that a `notifications/cancelled` is about.
    #[must_use]
    pub fn cancels(&self) -> Option<Id> {
        (self.method == "notifications/cancelled" && self.id.is_none())
            .then(|| Id::deserialize(self.params.get("requestId")?).ok())
            .flatten()
    }
}

/// Reads a line; `None` for the reply to a request of the server's, of which a gateway makes none.
///
/// # Errors
/// When it is no message, with the id as far as it can be found.
pub fn parse(line: &str) -> Result<Option<Message>, (Option<Id>, Failure)> {
    let refused = |failure: Failure| (id_in(line.as_bytes()), failure);
    let value: Value = serde_json::from_str(line)
        .map_err(|error| refused(Failure::new(NOT_JSON, "MessageMalformed", format!("this is not JSON: {error}"))))?;
    let invalid = |message: &str| refused(Failure::new(INVALID_REQUEST, "MessageInvalid", message));
    let Value::Object(mut members) = value else {
        return Err(invalid("this is no JSON-RPC message, but another kind of JSON; batches are not supported"));
    };
    if members.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err(invalid("`jsonrpc` is not \"2.0\""));
    }
    let method = match members.remove("method") {
        Some(Value::String(method)) => method,
        None if members.contains_key("result") || members.contains_key("error") => return Ok(None),
        _ => return Err(invalid("`method` is missing or not a string")),
    };
    if method.is_empty() || method.len() > LONGEST_METHOD || !method.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(invalid("`method` is not 1 to 256 visible ASCII characters"));
    }
    let id = match members.get("id") {
        None => None,
        Some(id) => Some(Id::deserialize(id).map_err(|_| invalid("`id` is neither an integer nor a string"))?),
    };
    let params = match members.remove("params") {
        None => Map::new(),
        Some(Value::Object(params)) => params,
        Some(_) => return Err(invalid("`params` is not an object")),
    };
    // Within JSON a line end stands between tokens only.
    Ok(Some(Message { id, method, params, text: line.replace(['\r', '\n'], " ") }))
}

/// The id in what may be cut off or broken behind it.
#[must_use]
pub fn id_in(text: &[u8]) -> Option<Id> {
    let found = Cell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(text);
    // That it fails is expected: what stood before the fault was seen.
    let _fault = reader.deserialize_map(IdOf(&found));
    found.take()
}

struct IdOf<'a>(&'a Cell<Option<Id>>);

impl<'de> Visitor<'de> for IdOf<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            if name == "id" {
                self.0.set(Some(members.next_value()?));
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(line: &str) -> (Option<Id>, i64) {
        let (id, failure) = parse(line).unwrap_err();
        (id, failure.number())
    }

    #[test]
    fn requests_and_notifications_are_told_apart() {
        let request = parse(r#"{"jsonrpc":"2.0","id":"a","method":"tools/list"}"#).unwrap().unwrap();
        assert_eq!((request.id, request.method.as_str()), (Some(Id::Text("a".to_owned())), "tools/list"));
        let note = parse(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}"#).unwrap();
        assert_eq!(note.unwrap().cancels(), Some(Id::Number(7)));
        assert_eq!(parse(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#), Ok(None));
        assert_eq!(parse(r#"{"jsonrpc":"2.0","id":1,"error":{}}"#), Ok(None));
    }

    #[test]
    fn what_is_no_message_is_told_with_its_id() {
        let seven = Some(Id::Number(7));
        assert_eq!(fault("{"), (None, NOT_JSON));
        assert_eq!(fault("hello"), (None, NOT_JSON));
        assert_eq!(fault(r#"{"jsonrpc":"2.0","id":7,"method":"m","params":{]"#), (seven.clone(), NOT_JSON));
        assert_eq!(fault("[]"), (None, INVALID_REQUEST));
        assert_eq!(fault(r#"{"id":7,"method":"m"}"#), (seven.clone(), INVALID_REQUEST));
        assert_eq!(fault(r#"{"jsonrpc":"2.0","id":7}"#), (seven.clone(), INVALID_REQUEST));
        assert_eq!(fault(r#"{"jsonrpc":"2.0","id":7,"method":"a b"}"#), (seven.clone(), INVALID_REQUEST));
        assert_eq!(fault(r#"{"jsonrpc":"2.0","id":7,"method":"m","params":[]}"#), (seven, INVALID_REQUEST));
        for id in ["null", "1.5", "[]", "18446744073709551616"] {
            assert_eq!(fault(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m"}}"#)), (None, INVALID_REQUEST));
        }
        assert_eq!(fault(&format!("{}{}", "[".repeat(500), "]".repeat(500))), (None, NOT_JSON), "nested too deep");
    }
}

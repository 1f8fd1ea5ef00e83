//! The headers around a message, derived from the message itself and from what `initialize` agreed on.

use data_encoding::BASE64;

use super::failure::{Failure, INVALID_PARAMS};
use super::message::Message;

/// In `_meta` of every request since 2026-07-28.
pub const VERSION_META: &str = "io.modelcontextprotocol/protocolVersion";
/// The first revision whose requests say in headers what they are for.
const WITH_METHOD_HEADERS: &str = "2026-07-28";
/// Names of tools and prompts are far shorter; a URI may be longer.
const LONGEST_NAME: usize = 4096;

/// The revision of this connection, once it is known.
#[derive(Debug, Default)]
pub struct Era(Option<String>);

impl Era {
    /// The revision that `initialize` agreed on.
    pub fn agreed(&mut self, version: &str) {
        self.0 = Some(version.to_owned());
    }

    /// The revision of a message: its own, or else what was agreed on. `initialize` comes before there is one.
    #[must_use]
    pub fn version<'a>(&'a self, message: &'a Message) -> Option<&'a str> {
        let agreed = || self.0.as_deref().filter(|_| message.method != "initialize");
        message.meta(VERSION_META).or_else(agreed)
    }

    /// The headers of a message.
    ///
    /// MCP 2025-06-18, Streamable HTTP, protocol version header; MCP 2026-07-28, the same and `Mcp-Method`, and `Mcp-Name`
    /// where the method has a name. What cannot stand in a header is Base64 between `=?base64?` and `?=`.
    ///
    /// # Errors
    /// When the name is too long for a header.
    pub fn headers(&self, message: &Message) -> Result<Vec<(&'static str, String)>, Failure> {
        // A version that cannot stand in a header is none that the gateway knows; it says so itself.
        let is_plain = |version: &&str| version.len() <= 64 && version.bytes().all(|byte| byte.is_ascii_graphic());
        let Some(version) = self.version(message).filter(is_plain) else { return Ok(Vec::new()) };
        let mut headers = vec![("mcp-protocol-version", version.to_owned())];
        if version < WITH_METHOD_HEADERS {
            return Ok(headers);
        }
        headers.push(("mcp-method", message.method.clone()));
        let member = match message.method.as_str() {
            "tools/call" | "prompts/get" => "name",
            "resources/read" => "uri",
            _ => return Ok(headers),
        };
        // Without a name there is no header: the gateway says what is wrong with the parameters.
        if let Some(name) = message.params.get(member).and_then(|name| name.as_str()) {
            if name.len() > LONGEST_NAME {
                let said = format!("`{member}` is longer than {LONGEST_NAME} bytes, and cannot stand in a header");
                return Err(Failure::new(INVALID_PARAMS, "NameTooLong", said));
            }
            headers.push(("mcp-name", encoded(name)));
        }
        Ok(headers)
    }
}

/// The value as it stands in a header.
fn encoded(value: &str) -> String {
    let is_plain = value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && value.trim_matches(' ') == value
        && !(value.starts_with("=?base64?") && value.ends_with("?="));
    if is_plain { value.to_owned() } else { format!("=?base64?{}?=", BASE64.encode(value.as_bytes())) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::message::parse;
    use super::*;

    fn message(method: &str, params: Value) -> Message {
        let mut message = json!({"jsonrpc": "2.0", "id": 1, "method": method});
        message["params"] = params;
        parse(&message.to_string()).unwrap().unwrap()
    }

    fn modern(method: &str, mut params: Value) -> Message {
        params["_meta"] = json!({VERSION_META: "2026-07-28"});
        message(method, params)
    }

    fn headers(era: &Era, message: &Message) -> Vec<(&'static str, String)> {
        era.headers(message).unwrap()
    }

    #[test]
    fn before_2026_what_was_agreed_on_stands_in_one_header() {
        let mut era = Era::default();
        assert_eq!(headers(&era, &message("initialize", json!({}))), []);
        era.agreed("2025-11-25");
        let version = ("mcp-protocol-version", "2025-11-25".to_owned());
        assert_eq!(headers(&era, &message("tools/call", json!({"name": "whoami"}))), [version]);
        assert_eq!(headers(&era, &message("initialize", json!({}))), [], "another handshake begins anew");
    }

    #[test]
    fn since_2026_each_message_says_its_method_and_name_whatever_was_agreed_on() {
        let mut era = Era::default();
        era.agreed("2025-11-25");
        let version = ("mcp-protocol-version", "2026-07-28".to_owned());
        for (method, params, name) in [
            ("tools/call", json!({"name": "whoami", "uri": "no"}), Some("whoami")),
            ("prompts/get", json!({"name": "audit"}), Some("audit")),
            ("resources/read", json!({"name": "no", "uri": "iam://users/bob"}), Some("iam://users/bob")),
            ("tools/list", json!({"name": "no"}), None),
            ("tools/call", json!({"name": 7}), None),
        ] {
            let mut expected = vec![version.clone(), ("mcp-method", method.to_owned())];
            expected.extend(name.map(|name| ("mcp-name", name.to_owned())));
            assert_eq!(headers(&era, &modern(method, params)), expected, "{method}");
        }
    }

    #[test]
    fn a_name_that_cannot_stand_in_a_header_is_encoded() {
        for (name, value) in [
            ("a b", "a b"),
            ("", ""),
            (" a", "=?base64?IGE=?="),
            ("a\r\nx: y", "=?base64?YQ0KeDogeQ==?="),
            ("Zoë", "=?base64?Wm/Dqw==?="),
            ("=?base64?YQ==?=", "=?base64?PT9iYXNlNjQ/WVE9PT89?="),
        ] {
            assert_eq!(encoded(name), value);
        }
        let long = modern("tools/call", json!({"name": "x".repeat(LONGEST_NAME + 1)}));
        assert_eq!(Era::default().headers(&long).unwrap_err().code(), "NameTooLong");
    }

    #[test]
    fn a_version_that_cannot_stand_in_a_header_is_left_to_the_gateway() {
        for version in ["2026\r\nx: y", "ü", &"9".repeat(65)] {
            let odd = message("tools/list", json!({"_meta": {VERSION_META: version}}));
            assert_eq!(headers(&Era::default(), &odd), []);
        }
    }
}

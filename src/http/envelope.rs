//! Whether a body is one JSON-RPC request, and the headers around it are those of MCP's Streamable HTTP.
//!
//! The MCP library behind answers such faults with statuses and texts that clients cannot tell apart, so they are
//! answered here, each with its own code.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, StatusCode};

use super::gate::Gate;
use super::json::{DEEPEST, Fault, Kind, LONGEST_WORD, Outline, outline};
use super::refusal::Refusal;

/// Lets single, well-formed JSON-RPC requests and notifications pass.
#[derive(Debug)]
pub(crate) struct Envelope;

impl Gate<Bytes> for Envelope {
    fn check(&self, head: &mut Parts, body: &Bytes) -> Result<(), Refusal> {
        check_media_types(head)?;
        if !check_body(body)? {
            head.extensions.insert(Notification(body.clone()));
        }
        // One spelling for the handler behind, which reads only the first line of each and compares letter case.
        head.headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(())
    }
}

/// A message that wants no reply, as it came; in the extensions of the request that brought it.
#[derive(Debug, Clone)]
pub struct Notification(pub Bytes);

/// Lets requests pass whose body is said to be JSON.
#[derive(Debug)]
pub(crate) struct JsonBody;

impl Gate<Bytes> for JsonBody {
    fn check(&self, head: &mut Parts, _: &Bytes) -> Result<(), Refusal> {
        check_content_type(head)
    }
}

/// The media type without its parameters.
fn essence(text: &str) -> &str {
    text.split(';').next().unwrap_or_default().trim_matches([' ', '\t'])
}

fn check_content_type(head: &Parts) -> Result<(), Refusal> {
    let mut types = head.headers.get_all(CONTENT_TYPE).iter();
    let is_json =
        |value: &HeaderValue| value.to_str().is_ok_and(|value| essence(value).eq_ignore_ascii_case("application/json"));
    if !types.next().is_some_and(is_json) || types.next().is_some() {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "the Content-Type is not application/json",
        ));
    }
    Ok(())
}

fn check_media_types(head: &Parts) -> Result<(), Refusal> {
    check_content_type(head)?;
    // MCP 2025-11-25 and 2026-07-28, Streamable HTTP: a client must list both.
    let accepts = |media_type: &str| {
        let mut lines = head.headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
        lines.any(|line| line.split(',').any(|range| essence(range).eq_ignore_ascii_case(media_type)))
    };
    if !accepts("application/json") || !accepts("text/event-stream") {
        return Err(Refusal::new(
            StatusCode::NOT_ACCEPTABLE,
            "not_acceptable",
            "the Accept header does not list both application/json and text/event-stream",
        ));
    }
    Ok(())
}

/// Whether it is a request, which wants a reply, and not a notification.
fn check_body(body: &[u8]) -> Result<bool, Refusal> {
    let text = std::str::from_utf8(body).map_err(|error| {
        invalid("invalid_utf8", format!("the body is not UTF-8 from byte {} on", error.valid_up_to()))
    })?;
    let members = match outline(text) {
        Ok(Outline::Object(members)) => members,
        Ok(Outline::Array) => {
            let refusal = invalid("batch_not_supported", "the body is a JSON-RPC batch, which MCP no longer has");
            return Err(refusal.with_hint("send each request on its own"));
        }
        Ok(Outline::Scalar) => return Err(invalid("not_an_object", "the body is not a JSON object")),
        Err(Fault::TooDeep) => {
            return Err(invalid("nesting_too_deep", format!("the body is nested deeper than {DEEPEST} levels")));
        }
        Err(Fault::Malformed(error)) => {
            return Err(invalid("malformed_json", format!("the body is not JSON: {error}")));
        }
    };
    if members.repeated {
        return Err(invalid("duplicate_member", "the body's object, or its `params`, has a member twice"));
    }
    if members.jsonrpc != Some(Kind::Version2) {
        return Err(invalid("jsonrpc_version", "`jsonrpc` is not \"2.0\""));
    }
    if !matches!(members.method, Some(Kind::Text | Kind::Word | Kind::Version2)) {
        return Err(invalid("method_invalid", "`method` is missing or not a string"));
    }
    // JSON-RPC 2.0 sections 4 and 5: what has a method is no response.
    if members.result.is_some() || members.error.is_some() {
        return Err(invalid("not_a_request", "`result` or `error` stands beside `method`"));
    }
    if !matches!(members.params, None | Some(Kind::Object)) {
        return Err(invalid("params_invalid", "`params` is not an object"));
    }
    if !matches!(members.meta, None | Some(Kind::Object)) {
        return Err(invalid("meta_invalid", "`params._meta` is not an object"));
    }
    // The id is echoed, recorded and logged, so what it may be is bounded. MCP, unlike JSON-RPC, forbids null as an id (2026-07-28, base protocol, requests).
    if !matches!(members.id, None | Some(Kind::Integer | Kind::Word | Kind::Version2)) {
        return Err(invalid(
            "id_invalid",
            format!(
                "`id` is neither a 64-bit integer nor a string of 1 to {LONGEST_WORD} characters, none of them a control \
                 character"
            ),
        ));
    }
    Ok(members.id.is_some())
}

fn invalid(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &str) -> Option<&'static str> {
        check_body(body.as_bytes()).err().map(|refusal| refusal.code)
    }

    #[test]
    fn requests_and_notifications_pass() {
        for body in [
            r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
            r#" {"jsonrpc":"2.0","id":"2.0","method":"2.0","params":{}} "#,
            r#"{"method":"notifications/initialized","jsonrpc":"2.0"}"#,
            r#"{"jsonrpc":"2.0","id":-9223372036854775808,"method":"m","params":{"_meta":{"progressToken":1}}}"#,
            r#"{"jsonrpc":"2.0","id":"Zoë 1","method":"m","params":{"a":{"_meta":1,"result":1}},"_meta":1}"#,
        ] {
            assert_eq!(code(body), None, "{body}");
            assert_eq!(check_body(body.as_bytes()).ok(), Some(body.contains("\"id\"")), "{body}");
        }
    }

    #[test]
    fn each_fault_has_its_own_code() {
        for (body, expected) in [
            ("", "malformed_json"),
            ("{\"jsonrpc\":\"2.0\"", "malformed_json"),
            ("[]", "batch_not_supported"),
            ("\"x\"", "not_an_object"),
            ("null", "not_an_object"),
            (r#"{"id":1,"method":"m"}"#, "jsonrpc_version"),
            (r#"{"jsonrpc":2.0,"id":1,"method":"m"}"#, "jsonrpc_version"),
            (r#"{"jsonrpc":"1.0","id":1,"method":"m"}"#, "jsonrpc_version"),
            (r#"{"jsonrpc":"2.0","id":1}"#, "method_invalid"),
            (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, "method_invalid"),
            (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, "method_invalid"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"m","params":[]}"#, "params_invalid"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"m","params":null}"#, "params_invalid"),
            (r#"{"jsonrpc":"2.0","id":1,"error":{}}"#, "method_invalid"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"m","result":{}}"#, "not_a_request"),
            (r#"{"jsonrpc":"2.0","method":"m","error":null}"#, "not_a_request"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"m","params":{"_meta":[]}}"#, "meta_invalid"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"m","params":{"_meta":null}}"#, "meta_invalid"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"m","params":{"_meta":{},"_meta":{}}}"#, "duplicate_member"),
            (r#"{"jsonrpc":"2.0","id":9223372036854775808,"method":"m"}"#, "id_invalid"),
            (r#"{"jsonrpc":"2.0","id":"","method":"m"}"#, "id_invalid"),
            (r#"{"jsonrpc":"2.0","id":"a\nb","method":"m"}"#, "id_invalid"),
            (r#"{"jsonrpc":"2.0","id":null,"method":"m"}"#, "id_invalid"),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"m"}"#, "id_invalid"),
            (r#"{"jsonrpc":"2.0","id":{},"method":"m"}"#, "id_invalid"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"m","method":"n"}"#, "duplicate_member"),
        ] {
            assert_eq!(code(body), Some(expected), "{body}");
        }
    }

    #[test]
    fn an_id_has_at_most_128_characters() {
        let of = |length| format!(r#"{{"jsonrpc":"2.0","id":"{}","method":"m"}}"#, "x".repeat(length));
        assert_eq!(code(&of(128)), None);
        assert_eq!(code(&of(129)), Some("id_invalid"));
    }

    #[test]
    fn a_malformed_body_is_told_where() {
        let refusal = check_body(b"{\n  \"a\": x}").unwrap_err();
        assert!(refusal.message.ends_with("at line 2 column 8"), "{}", refusal.message);
    }

    #[test]
    fn a_repeated_header_line_is_judged_whole() {
        let head = |lines: &[(http::HeaderName, &'static str)]| {
            let mut request = http::Request::new(());
            for (name, value) in lines {
                request.headers_mut().append(name, HeaderValue::from_static(value));
            }
            request.into_parts().0
        };
        let json = (CONTENT_TYPE, "Application/JSON; charset=utf-8");
        let both = [json.clone(), (ACCEPT, "text/event-stream;q=0.5"), (ACCEPT, "text/html, Application/json")];
        assert_eq!(check_media_types(&head(&both)), Ok(()));
        let twice = [json.clone(), json, (ACCEPT, "application/json, text/event-stream")];
        assert_eq!(check_media_types(&head(&twice)).unwrap_err().code, "unsupported_media_type");
    }
}

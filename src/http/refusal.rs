//! What a client is told when a request does not reach the MCP handler.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use super::challenge::Challenge;
use super::rpc_id::RpcId;

/// Where a refusal of this module arose, as clients and metrics see it.
pub(crate) const STAGE: &str = "gateway";

/// A request that was turned away before the MCP handler, with everything the client may know about it.
///
/// Rendered as a JSON-RPC error object, since some MCP clients show nothing else. The value itself travels in the
/// response's extensions: metrics take their label from its code, and the request id is filled in on the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable code that programs and metrics rely on; never built from request data.
    pub code: &'static str,
    /// What was wrong, for a person.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// When another try may succeed.
    pub retry_after: Option<Duration>,
    /// What the reply asks for with `WWW-Authenticate`, a line for each in this order.
    pub challenges: Vec<Challenge>,
    /// The message for the log, where `message` quotes what the client sent: it may quote it to the client, and to nobody
    /// else.
    pub logged: Option<String>,
}

impl Refusal {
    /// A refusal with neither hint, delay nor challenge.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            hint: None,
            retry_after: None,
            challenges: Vec::new(),
            logged: None,
        }
    }

    /// The same, telling the client what to do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, telling the client when to try again; sent in whole seconds, rounded up.
    #[must_use]
    pub fn with_retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// The same, with this in the log in place of a message that quotes what the client sent.
    #[must_use]
    pub fn logged_as(mut self, message: impl Into<String>) -> Self {
        self.logged = Some(message.into());
        self
    }

    /// The message for the log.
    pub(crate) fn logged_message(&self) -> &str {
        self.logged.as_deref().unwrap_or(&self.message)
    }

    /// The same, which also asks for this.
    #[must_use]
    pub fn with_challenge(mut self, challenge: Challenge) -> Self {
        self.challenges.push(challenge);
        self
    }

    /// The 503 of every limit that is shared by all clients.
    #[must_use]
    pub(crate) fn overloaded(message: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", message)
            .with_hint("try again, with increasing delays")
            .with_retry_after(Duration::from_secs(1))
    }

    /// The number in the JSON-RPC error object.
    ///
    /// -32700, -32600 and -32603 are JSON-RPC 2.0's own (section 5.1): not JSON, not a valid request (here including its
    /// HTTP envelope), internal error. Of the range left to servers, -32001 says that authentication failed and -32005
    /// that a limit was reached; -32002 and -32020 to -32022 are avoided because MCP gives them meanings.
    #[must_use]
    pub fn rpc_code(&self) -> i32 {
        match (self.code, self.status) {
            ("malformed_json" | "invalid_utf8", _) => -32700,
            (_, StatusCode::UNAUTHORIZED) => -32001,
            (_, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) => -32005,
            (_, status) if status.is_server_error() => -32603,
            _ => -32600,
        }
    }

    /// The reply's body, naming the request as far as it is known.
    pub(crate) fn body(&self, id: Option<&RpcId>, request_id: Option<&str>) -> Body {
        let reply = Reply {
            jsonrpc: "2.0",
            id,
            error: Error {
                code: self.rpc_code(),
                message: &self.message,
                data: Data { code: self.code, stage: STAGE, hint: self.hint.as_deref(), request_id },
            },
        };
        Body::from(serde_json::to_vec(&reply).expect("strings and numbers always serialize"))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.body(None, None));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for challenge in &self.challenges {
            headers.append(WWW_AUTHENTICATE, challenge.header(self.code, &self.message));
        }
        if let Some(delay) = self.retry_after {
            let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Serialize)]
struct Reply<'a> {
    jsonrpc: &'static str,
    /// `null` when unknown, as JSON-RPC 2.0 section 5 demands.
    id: Option<&'a RpcId>,
    error: Error<'a>,
}

#[derive(Serialize)]
struct Error<'a> {
    code: i32,
    message: &'a str,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    code: &'static str,
    stage: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::super::challenge::BearerError;
    use super::*;

    #[test]
    fn a_delay_is_rounded_up_to_whole_seconds() {
        let response = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "slow down")
            .with_retry_after(Duration::from_millis(1200))
            .into_response();
        assert_eq!(response.headers()[RETRY_AFTER], "2");
    }

    #[test]
    fn a_challenge_names_the_scheme_and_the_code() {
        let refusal = Refusal::new(StatusCode::UNAUTHORIZED, "signature_missing", "unsigned");
        let refusal = refusal.with_challenge(Challenge::SigV4);
        let response = refusal.clone().into_response();
        assert_eq!(
            response.headers()[WWW_AUTHENTICATE],
            "AWS4-HMAC-SHA256 realm=\"iam-mcp-gateway\", error=\"signature_missing\""
        );
        assert_eq!(response.extensions().get::<Refusal>(), Some(&refusal));
    }

    #[test]
    fn the_challenge_of_tokens_stands_first_and_quotes_nothing_that_ends_it() {
        let bearer = |error| Challenge::Bearer {
            resource_metadata: "https://gw.example/.well-known/oauth-protected-resource/mcp".into(),
            scope: "r".into(),
            error,
        };
        let refusal = Refusal::new(StatusCode::UNAUTHORIZED, "c", "a \"b\\\n\u{e9}c");
        let both = refusal.clone().with_challenge(bearer(None)).with_challenge(Challenge::SigV4).into_response();
        let lines: Vec<_> = both.headers().get_all(WWW_AUTHENTICATE).iter().collect();
        let metadata = "https://gw.example/.well-known/oauth-protected-resource/mcp";
        assert_eq!(lines[0], &format!("Bearer resource_metadata=\"{metadata}\", scope=\"r\""));
        assert_eq!(lines[1], "AWS4-HMAC-SHA256 realm=\"iam-mcp-gateway\", error=\"c\"");
        let one = refusal.with_challenge(bearer(Some(BearerError::InvalidToken))).into_response();
        let expected = format!(
            "Bearer resource_metadata=\"{metadata}\", scope=\"r\", error=\"invalid_token\", error_description=\"c: a bc\""
        );
        assert_eq!(one.headers()[WWW_AUTHENTICATE], expected);
    }

    #[test]
    fn rpc_codes_follow_the_documented_table() {
        let code = |status, code| Refusal::new(status, code, "").rpc_code();
        assert_eq!(code(StatusCode::BAD_REQUEST, "malformed_json"), -32700);
        assert_eq!(code(StatusCode::BAD_REQUEST, "id_invalid"), -32600);
        assert_eq!(code(StatusCode::UNAUTHORIZED, "signature_missing"), -32001);
        assert_eq!(code(StatusCode::TOO_MANY_REQUESTS, "rate_limited"), -32005);
        assert_eq!(code(StatusCode::SERVICE_UNAVAILABLE, "overloaded"), -32005);
        assert_eq!(code(StatusCode::INTERNAL_SERVER_ERROR, "internal_error"), -32603);
    }
}

//! The name under which a request is found again in the log and the audit record.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::CONTENT_LENGTH;
use http::{HeaderName, HeaderValue};

use super::refusal::Refusal;
use super::rpc_id::RpcId;
use crate::random::{SharedRandom, uuid};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request's own id, a version 4 UUID; in every request's extensions and every reply's `x-request-id`.
///
/// Always made here: a client's `x-request-id` could repeat another request's, so it is only logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names the request, and writes the name into its reply.
pub(crate) async fn assign(State(random): State<SharedRandom>, mut request: Request, next: Next) -> Response {
    let id = RequestId(uuid(random.as_ref()).into());
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).await;
    if let Some(refusal) = response.extensions().get::<Refusal>() {
        let body = refusal.body(response.extensions().get::<RpcId>(), Some(id.as_str()));
        *response.body_mut() = body;
        // The router has already set the length of the body as it was.
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    let value = HeaderValue::from_str(id.as_str()).expect("a UUID is plain ASCII");
    response.headers_mut().insert(X_REQUEST_ID, value);
    response
}

/// The id a client gave, cut short and escaped, for the log.
pub(crate) fn claimed(request: &Request) -> Option<String> {
    let claimed = String::from_utf8_lossy(request.headers().get(X_REQUEST_ID)?.as_bytes());
    Some(claimed.chars().take(64).flat_map(char::escape_debug).collect())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn a_claimed_id_cannot_disturb_the_log() {
        let claim = |value: &[u8]| {
            let request = Request::builder().header(X_REQUEST_ID, value).body(Body::empty()).unwrap();
            claimed(&request).unwrap()
        };
        assert_eq!(claim(b"abc-1"), "abc-1");
        assert_eq!(claim("a\t\u{202e}b".as_bytes()), "a\\t\\u{202e}b");
        assert_eq!(claim(&[b'x'; 1000]).len(), 64);
        assert_eq!(claimed(&Request::new(Body::empty())), None);
    }
}

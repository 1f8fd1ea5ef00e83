//! Questions that a request's head alone answers.

use http::header::CONTENT_ENCODING;
use http::request::Parts;
use http::{Method, StatusCode};

use super::gate::Gate;
use super::refusal::Refusal;

/// Lets POST pass. GET and DELETE belonged to sessions, which this endpoint never has.
#[derive(Debug)]
pub(crate) struct OnlyPost;

impl<B> Gate<B> for OnlyPost {
    fn check(&self, head: &mut Parts, _: &B) -> Result<(), Refusal> {
        if head.method == Method::POST {
            return Ok(());
        }
        Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this endpoint takes POST only"))
    }
}

/// Refuses bodies that are not what their bytes say: nothing is ever decompressed, so nothing can swell.
#[derive(Debug)]
pub(crate) struct PlainBody;

impl<B> Gate<B> for PlainBody {
    fn check(&self, head: &mut Parts, _: &B) -> Result<(), Refusal> {
        if !head.headers.contains_key(CONTENT_ENCODING) {
            return Ok(());
        }
        Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "content_encoding_not_supported",
            "the body has a Content-Encoding",
        )
        .with_hint("send the body as it is, without Content-Encoding"))
    }
}

//! A panic while a request is handled becomes a reply, and the connection goes on.

use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::StatusCode;

use super::refusal::Refusal;
use crate::panics::literal;

/// Answers 500 when anything further inside panics. Each request has its own state, and what requests share (semaphores,
/// counters) stays whole when a guard is dropped, so going on is safe.
pub(crate) async fn catch(request: Request, next: Next) -> Response {
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(payload) => {
            tracing::error!(panic = literal(payload.as_ref()), "a request's handler panicked");
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "the gateway made a mistake")
                .with_hint("report it with the request id; the log has the details")
                .into_response()
        }
    }
}

//! Counting and logging requests.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;
use tracing::Instrument;

use super::address::ClientAddress;
use super::endpoint::Endpoint;
use super::held::Held;
use super::metrics::Metrics;
use super::refusal::{Refusal, STAGE};
use super::request_id::{RequestId, claimed};

/// Counts the request under what became of it, and logs it: refusals as information, the rest for debugging, since a
/// call's own record is the audit's.
pub(crate) async fn observe(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let mut unanswered = Unanswered { metrics: &metrics, started: Instant::now(), counted: false };
    let in_flight = metrics.in_flight();
    let span = tracing::info_span!(
        "request",
        id = request.extensions().get::<RequestId>().map(RequestId::as_str),
        claimed_id = claimed(&request),
        client = request.extensions().get::<ClientAddress>().map(|client| tracing::field::display(client.address)),
        method = %request.method(),
        endpoint = Endpoint::kind(request.uri().path()),
    );
    let response = next.run(request).instrument(span.clone()).await;

    let status = response.status();
    let refusal = response.extensions().get::<Refusal>();
    let (reason, stage) = match refusal {
        Some(refusal) => (refusal.code, STAGE),
        None if status.is_success() => ("ok", "mcp"),
        None => ("rejected", "mcp"),
    };
    let duration = unanswered.count(reason, stage);
    span.in_scope(|| match refusal {
        Some(refusal) => {
            tracing::info!(status = status.as_u16(), reason, ?duration, "refused: {}", refusal.logged_message());
        }
        None => tracing::debug!(status = status.as_u16(), reason, ?duration, "answered"),
    });
    response.map(|body| Body::new(Held::new(body, in_flight)))
}

/// A request that has no reply yet. Dropped before it has one, because the client hung up or the end was forced, it is
/// counted as aborted: otherwise such calls would be missing from the count.
struct Unanswered<'a> {
    metrics: &'a Metrics,
    started: Instant,
    counted: bool,
}

impl Unanswered<'_> {
    fn count(&mut self, reason: &'static str, stage: &'static str) -> Duration {
        let duration = self.started.elapsed();
        self.metrics.request(reason, stage, duration);
        self.counted = true;
        duration
    }
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if !self.counted {
            self.count("aborted", STAGE);
        }
    }
}

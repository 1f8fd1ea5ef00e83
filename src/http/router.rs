//! The paths.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::Request;
use tower::Service;

use super::authenticate::Authenticate;
use super::endpoint::not_found;
use super::health::Health;
use super::layers;
use super::metrics::Metrics;
use super::settings::HttpSettings;
use crate::random::SharedRandom;

/// The public listener's paths: `/mcp` and `/mcp/{environment}` for callers, `/healthz` and `/readyz` for probes.
///
/// `mcp` gets verified, well-formed requests only, with the original URI and with [`RequestId`](super::RequestId),
/// [`ClientAddress`](super::ClientAddress), [`Endpoint`](super::Endpoint), [`CallPlace`](super::CallPlace) and whatever `authenticator` inserted in their
/// extensions.
pub fn router<S, B>(
    mcp: S,
    authenticator: Arc<dyn Authenticate>,
    settings: HttpSettings,
    health: Health,
    metrics: Metrics,
    random: SharedRandom,
) -> Router
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<axum::BoxError>> + Send + 'static,
{
    let call = layers::call(mcp, authenticator, &settings, &metrics);
    // Routed as services and not nested: nesting rewrites the URI, which the signature covers, and serves sub-paths.
    let paths = Router::new()
        .route_service("/mcp", call.clone())
        .route_service("/mcp/{environment}", call)
        .fallback(|| async { not_found().into_response() });
    // Probes come with an address as their Host and without credentials, every few seconds from every balancer node:
    // outside of every check, neither counted nor logged.
    Router::new()
        .route("/healthz", get(Health::live))
        .route("/readyz", get(Health::ready).with_state(health))
        .fallback_service(layers::every(paths, settings, metrics, random))
}

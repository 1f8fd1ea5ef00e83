//! The paths.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::Request;
use tower::Service;

use super::admit::{Admit, Everybody};
use super::authenticate::Authenticate;
use super::call_limit::Places;
use super::endpoint::{Service as To, not_found};
use super::gate::Gate;
use super::health::Health;
use super::layers::{self, Signed};
use super::metrics::Metrics;
use super::protected_resource::{self, ProtectedResource};
use super::settings::{BodyLimits, CallLimits, HttpSettings};
use crate::random::SharedRandom;

/// How many exchanges are worked on at once.
const EXCHANGES: usize = 64;

/// A service that answers every request.
pub trait Answers:
    Service<Request<Body>, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static
{
}

impl<S> Answers for S where
    S: Service<Request<Body>, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static
{
}

/// What answers at the paths.
#[derive(Debug, Clone)]
pub struct Services<S, A, E, G> {
    /// MCP.
    pub mcp: S,
    /// What persons say to plans.
    pub approvals: A,
    /// Gateway credentials for proofs.
    pub exchange: Exchanging<E, G>,
    /// What OAuth clients are told of the MCP endpoints.
    pub resource: Arc<dyn ProtectedResource>,
}

/// Who is let in, and how often.
#[derive(Clone)]
pub struct Callers {
    /// Finds out who sent a request.
    pub authenticator: Arc<dyn Authenticate>,
    /// How much they may ask for.
    pub admit: Arc<dyn Admit>,
}

impl fmt::Debug for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callers").field("admit", &self.admit).finish_non_exhaustive()
    }
}

/// What answers requests for credentials.
#[derive(Debug, Clone)]
pub struct Exchanging<E, G> {
    /// The service itself.
    pub service: E,
    /// How often one address may ask.
    pub per_source: Arc<G>,
    /// The longest body that it reads, in bytes.
    pub longest_body: usize,
}

/// The public listener's paths: `/mcp` and `/mcp/{environment}` for callers, `/approvals` and `/approvals/{environment}` for
/// the persons who approve what callers plan, `/credentials` and `/credentials/{environment}` for whoever has a proof of
/// identity and no key yet, `/.well-known/oauth-protected-resource/mcp` and the same with `/{environment}` for OAuth clients,
/// `/healthz` and `/readyz` for probes.
///
/// `mcp` gets verified, well-formed requests only, with the original URI and with [`RequestId`](super::RequestId),
/// [`ClientAddress`](super::ClientAddress), [`Endpoint`](super::Endpoint), [`CallPlace`](super::CallPlace) and whatever the authenticator inserted in their
/// extensions. `approvals` gets the same of verified requests whose body is said to be JSON.
pub fn router<S, B, A, E, G>(
    services: Services<S, A, E, G>,
    callers: Callers,
    settings: HttpSettings,
    health: Health,
    metrics: Metrics,
    random: SharedRandom,
) -> Router
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<axum::BoxError>> + Send + 'static,
    A: Answers,
    E: Answers,
    G: Gate<Body>,
{
    let Services { mcp, approvals, exchange, resource } = services;
    let exchanges = CallLimits { concurrent: EXCHANGES, ..settings.calls };
    let exchanges = Places::new(exchanges, Arc::new(Everybody), metrics.clone());
    let exchange_body = BodyLimits { max_bytes: exchange.longest_body.min(settings.body.max_bytes), ..settings.body };
    let Exchanging { service, per_source, .. } = exchange;
    let exchange = layers::exchange(service, per_source, exchange_body, &metrics, exchanges);
    let Callers { authenticator, admit } = callers;
    let places = Places::new(settings.calls, admit, metrics.clone());
    let signed = Signed { authenticator, body: settings.body, metrics: &metrics, places };
    let call = layers::call(mcp, &signed);
    let approval = layers::approval(approvals, &signed);
    // Routed as services and not nested: nesting rewrites the URI, which the signature covers, and serves sub-paths.
    let paths = Router::new()
        .route_service(To::Mcp.path(), call.clone())
        .route_service(To::Mcp.named_path(), call)
        .route_service(To::Approvals.path(), approval.clone())
        .route_service(To::Approvals.named_path(), approval)
        .route_service(To::Exchange.path(), exchange.clone())
        .route_service(To::Exchange.named_path(), exchange)
        .merge(protected_resource::paths(resource))
        .fallback(|| async { not_found().into_response() });
    // Probes come with an address as their Host and without credentials, every few seconds from every balancer node:
    // outside of every check, neither counted nor logged.
    Router::new()
        .route("/healthz", get(Health::live))
        .route("/readyz", get(Health::ready).with_state(health))
        .fallback_service(layers::every(paths, settings, metrics, random))
}

//! The order in which a request is looked at. Outermost first: a request goes down the list, its reply comes back up.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use bytes::Bytes;
use http::Request;
use tower::{Service, ServiceBuilder, ServiceExt};

use super::address::ClientAddresses;
use super::authenticate::{Authenticate, Authenticated, WellEnough, prepare};
use super::body::BufferLayer;
use super::call_limit::{self, Places};
use super::endpoint::NamedEndpoint;
use super::envelope::{Envelope, JsonBody};
use super::gate::{Gate, gate, shared_gate};
use super::head::{OnlyPost, PlainBody};
use super::host::AcceptedHosts;
use super::metrics::Metrics;
use super::origin::AllowedOrigins;
use super::settings::{BodyLimits, HttpSettings};
use super::{observe, panic, request_id};
use crate::random::SharedRandom;

/// What every request goes through, whatever its path, before `paths` sorts them.
pub(crate) fn every(
    paths: Router,
    settings: HttpSettings,
    metrics: Metrics,
    random: SharedRandom,
) -> impl Service<Request<Body>, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static
{
    ServiceBuilder::new()
        // First of all, so that everything further in can name the request, and last on the way out, so that every
        // refusal, whoever made it, tells the client that name.
        .layer(from_fn_with_state(random, request_id::assign))
        // Before the request is logged, so that the log says where it came from. It refuses
        // nothing that a client could send.
        .layer(gate(ClientAddresses {
            trusted_proxies: settings.trusted_proxies,
            signed_host: settings.signed_host.map(Into::into),
        }))
        // Outside of everything that can refuse or fail: each request is counted once, under what became of it.
        .layer(from_fn_with_state(metrics, observe::observe))
        // Inside of the count, so that a panic is counted as what the client sees, a 500; outside of all work.
        .layer(from_fn(panic::catch))
        // Before the path is looked at: a page that reaches the gateway under a rebound name, or from a foreign origin,
        // learns nothing of what is here, not even from the difference between 404 and 401.
        .layer(gate(AcceptedHosts(settings.hosts)))
        .layer(gate(AllowedOrigins(settings.origins)))
        .service(paths)
}

/// What every signed request needs on its way.
pub(crate) struct Signed<'a> {
    pub(crate) authenticator: Arc<dyn Authenticate>,
    pub(crate) body: BodyLimits,
    pub(crate) metrics: &'a Metrics,
    pub(crate) places: Places,
}

/// What a call to an MCP endpoint goes through before `mcp` gets it.
pub(crate) fn call<S, B>(
    mcp: S,
    around: &Signed<'_>,
) -> impl Service<Request<Body>, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<axum::BoxError>> + Send + 'static,
{
    signed(mcp, Envelope, around)
}

/// What a request to an approvals endpoint goes through: all of it but MCP's own envelope.
pub(crate) fn approval<S>(
    approvals: S,
    around: &Signed<'_>,
) -> impl Service<Request<Body>, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static
where
    S: Service<Request<Body>, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static,
{
    signed(approvals, JsonBody, around)
}

/// What a request for credentials goes through: nobody is known yet, so it gets less than a call does.
pub(crate) fn exchange<S, G>(
    exchange: S,
    per_source: Arc<G>,
    body: BodyLimits,
    metrics: &Metrics,
    places: Places,
) -> impl Service<Request<Body>, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static
where
    S: Service<Request<Body>, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static,
    G: Gate<Body>,
{
    ServiceBuilder::new()
        .layer(gate(NamedEndpoint))
        .layer(gate(OnlyPost))
        .layer(gate(PlainBody))
        // Before the body is read, let alone its proof looked at: an address that asks too often costs next to nothing.
        .layer(shared_gate(per_source))
        .layer(BufferLayer::new(body, metrics.clone()))
        .layer(gate(JsonBody))
        .map_request(|request: Request<Bytes>| request.map(Body::from))
        // Places of its own: whoever waits for STS here takes none from verified calls.
        .layer(from_fn_with_state(places, call_limit::limit))
        .service(exchange)
}

/// What a signed request goes through; `form` is what its service wants of it beside.
fn signed<S, B>(
    service: S,
    form: impl Gate<Bytes>,
    around: &Signed<'_>,
) -> impl Service<Request<Body>, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<axum::BoxError>> + Send + 'static,
{
    ServiceBuilder::new()
        // A path that can be no endpoint is not found, whatever else is wrong with the request.
        .layer(gate(NamedEndpoint))
        // Before authentication, though a stranger then learns that POST is what is taken: MCP says so to everybody, and
        // for it the body of no other method is ever read. Which environments exist, a stranger does not learn.
        .layer(gate(OnlyPost))
        // Before the body is read, since the head is enough to refuse it.
        .layer(gate(PlainBody))
        // Keys of an issuer of tokens may have to be fetched, and the gate that authenticates must not wait. Here, where
        // nothing of the body is held yet, a stranger's token that makes the gateway wait takes no memory but its
        // connection's. What the head says is believed only behind that gate.
        .layer(from_fn_with_state(Arc::clone(&around.authenticator), prepare))
        // A signature covers the body, so it must be there first. The limits of length, time and shared memory are
        // inside this layer; whatever it holds here was sent by a stranger.
        .layer(BufferLayer::new(around.body, around.metrics.clone()))
        // Over the original URI, every header line and the raw bytes: nothing above has changed any of them. Before the
        // body is parsed, so that no parser works for strangers (but for the id of a refusal, up to 64 KiB).
        .layer(gate(Authenticated(Arc::clone(&around.authenticator))))
        // After authentication for that reason; before the handler, which answers these faults badly.
        .layer(gate(form))
        // After the form is known to be sound, since what a request asks for stands in its body; before a place is taken.
        .layer(gate(WellEnough(Arc::clone(&around.authenticator))))
        .map_request(|request: Request<Bytes>| request.map(Body::from))
        // Last, so that only verified, well-formed calls take a place: were it further out, strangers with slow bodies
        // could take them all. What strangers can take is bounded by the connections and by the memory for bodies.
        .layer(from_fn_with_state(around.places.clone(), call_limit::limit))
        .service(service.map_response(|response: Response<B>| response.map(Body::new)))
}

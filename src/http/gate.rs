//! A layer that lets a request pass or refuses it, without waiting for anything.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::response::{IntoResponse, Response};
use futures_util::future::{Either, Ready, ready};
use http::Request;
use http::request::Parts;
use tower::{Layer, Service};

use super::refusal::Refusal;

/// A question asked of each request; an answer may be left in the head's extensions.
///
/// `B` is the body's type. A gate over `Bytes` can only stand behind the layer that buffers, so a check that needs the
/// body cannot be put where there is none yet.
pub trait Gate<B>: Send + Sync + 'static {
    /// Lets the request pass, or says why not.
    ///
    /// # Errors
    /// The refusal that is answered.
    fn check(&self, head: &mut Parts, body: &B) -> Result<(), Refusal>;
}

/// The layer of `gate`.
pub(crate) fn gate<G>(gate: G) -> GateLayer<G> {
    GateLayer(Arc::new(gate))
}

/// The layer of a gate that others hold, too.
pub(crate) fn shared_gate<G>(gate: Arc<G>) -> GateLayer<G> {
    GateLayer(gate)
}

#[derive(Debug)]
pub(crate) struct GateLayer<G>(Arc<G>);

impl<G, S> Layer<S> for GateLayer<G> {
    type Service = Gated<G, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated { gate: self.0.clone(), inner }
    }
}

/// A service behind a gate.
#[derive(Debug)]
pub(crate) struct Gated<G, S> {
    gate: Arc<G>,
    inner: S,
}

impl<G, S: Clone> Clone for Gated<G, S> {
    fn clone(&self) -> Self {
        Self { gate: self.gate.clone(), inner: self.inner.clone() }
    }
}

impl<G, S, B> Service<Request<B>> for Gated<G, S>
where
    G: Gate<B>,
    S: Service<Request<B>, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response, Infallible>>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut head, body) = request.into_parts();
        match self.gate.check(&mut head, &body) {
            Ok(()) => Either::Right(self.inner.call(Request::from_parts(head, body))),
            Err(refusal) => Either::Left(ready(Ok(refusal.into_response()))),
        }
    }
}

//! Reading a body into memory, which verifying its hash requires, at bounded cost.
//!
//! Whoever sends the body is not yet known here. One body is bounded in length and time; all bodies together that are
//! not yet verified are bounded in memory, counted as bytes arrive and not as they are announced, so that a stranger
//! must really send what it wants to occupy. The beginning of each body is free of that, so that a stranger who does
//! occupy it all keeps no small body, which is nearly every call, from being read.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use http::header::CONNECTION;
use http::{HeaderValue, Request, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tower::{Layer, Service};

use super::io::Phase;
use super::metrics::Metrics;
use super::refusal::Refusal;
use super::rpc_id::RpcId;
use super::settings::BodyLimits;
use super::waiting::HEAD_GRACE;

/// Memory is accounted in pieces of this size.
const UNIT: usize = 1024;

/// The beginning of each body that takes no shared memory: bounded by itself, as there is at most one body that is being
/// read to each connection, and connections are limited.
const FREE_BYTES: usize = 16 * 1024;

/// The part of the shared memory that a body takes up, beyond its beginning; given back when dropped.
#[derive(Debug, Clone)]
pub(crate) struct Reservation {
    _permit: Arc<OwnedSemaphorePermit>,
}

/// Turns a request with a body to come into one whose body is there.
#[derive(Debug, Clone)]
pub(crate) struct BufferLayer(Arc<Buffering>);

#[derive(Debug)]
struct Buffering {
    limits: BodyLimits,
    memory: Arc<Semaphore>,
    metrics: Metrics,
}

impl BufferLayer {
    pub(crate) fn new(limits: BodyLimits, metrics: Metrics) -> Self {
        let memory = Arc::new(Semaphore::new((limits.unverified_bytes / UNIT).min(Semaphore::MAX_PERMITS)));
        Self(Arc::new(Buffering { limits, memory, metrics }))
    }
}

impl<S> Layer<S> for BufferLayer {
    type Service = Buffered<S>;

    fn layer(&self, inner: S) -> Buffered<S> {
        Buffered { buffering: self.0.clone(), inner }
    }
}

/// A service that is given whole bodies.
#[derive(Debug, Clone)]
pub(crate) struct Buffered<S> {
    buffering: Arc<Buffering>,
    inner: S,
}

impl<S> Service<Request<Body>> for Buffered<S>
where
    S: Service<Request<Bytes>, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let buffering = self.buffering.clone();
        // The clone takes the next call; the service that was polled ready takes this one.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        Box::pin(async move {
            let (mut head, body) = request.into_parts();
            let phase = head.extensions.remove::<Phase>();
            let (bytes, reservation) = match buffering.read_patiently(body, phase.as_ref()).await {
                Ok(read) => read,
                Err(refusal) => return Ok(closing(refusal)),
            };
            head.extensions.insert(reservation);
            let mut response = inner.call(Request::from_parts(head, bytes.clone())).await?;
            // Only a refusal needs the id, so only then is it looked for.
            if response.extensions().get::<Refusal>().is_some()
                && let Some(id) = RpcId::find(&bytes)
            {
                response.extensions_mut().insert(id);
            }
            Ok(response)
        })
    }
}

/// The body was not read to its end, so what follows on this connection is not a request.
fn closing(refusal: Refusal) -> Response {
    let mut response = refusal.into_response();
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

impl Buffering {
    /// The same as [`Buffering::read`]; a connection whose body does not come at once is told that it is slow.
    async fn read_patiently(&self, body: Body, phase: Option<&Phase>) -> Result<(Bytes, Reservation), Refusal> {
        let mut read = pin!(self.read(body));
        match (timeout(HEAD_GRACE, read.as_mut()).await, phase) {
            (Ok(read), _) => read,
            (Err(_), None) => read.await,
            (Err(_), Some(phase)) => {
                phase.body_is_slow();
                let read = read.await;
                phase.body_has_come();
                read
            }
        }
    }

    async fn read(&self, body: Body) -> Result<(Bytes, Reservation), Refusal> {
        // The lower bound is Content-Length where there is one: a body that is announced as too long is not begun.
        if body.size_hint().lower() > self.limits.max_bytes as u64 {
            return Err(self.too_large());
        }
        match timeout(self.limits.deadline, self.collect(body)).await {
            Ok(read) => read,
            Err(_) => Err(Refusal::new(
                StatusCode::REQUEST_TIMEOUT,
                "body_timeout",
                format!("the body did not arrive within {} s", self.limits.deadline.as_secs_f32()),
            )),
        }
    }

    async fn collect(&self, body: Body) -> Result<(Bytes, Reservation), Refusal> {
        let mut permit = self.reserve(0)?;
        let mut first = Bytes::new();
        let mut rest = BytesMut::new();
        let mut length = 0;
        let mut body = pin!(body);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| {
                Refusal::new(StatusCode::BAD_REQUEST, "body_incomplete", "the body broke off or is not well-formed")
            })?;
            // Trailers are left aside: a signature does not cover them.
            let Ok(data) = frame.into_data() else { continue };
            length += data.len();
            if length > self.limits.max_bytes {
                return Err(self.too_large());
            }
            let missing = length.saturating_sub(FREE_BYTES).div_ceil(UNIT) - permit.num_permits();
            permit.merge(self.reserve(missing)?);
            // Most bodies are one piece, which then needs no copy.
            if first.is_empty() {
                first = data;
            } else {
                if rest.is_empty() {
                    rest.extend_from_slice(&first);
                }
                rest.extend_from_slice(&data);
            }
        }
        let bytes = if rest.is_empty() { first } else { rest.freeze() };
        Ok((bytes, Reservation { _permit: Arc::new(permit) }))
    }

    fn reserve(&self, units: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        self.memory.clone().try_acquire_many_owned(units).map_err(|_| {
            self.metrics.shed("bodies");
            Refusal::overloaded("too many request bodies are being read")
        })
    }

    fn too_large(&self) -> Refusal {
        Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            format!("the body is longer than {} bytes", self.limits.max_bytes),
        )
    }
}

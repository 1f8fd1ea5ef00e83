//! One connection, from its acceptance to its end.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use axum::Router;
use axum::body::Body;
use http::header::CONNECTION;
use http::{HeaderValue, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::address::ConnectionInfo;
use super::drain::Drain;
use super::held::Held;
use super::io::{Deadlines, Phase};
use super::metrics::{Counted, Metrics};
use super::settings::ServerLimits;
use super::waiting::HEAD_GRACE;

/// What a connection is served with.
pub(super) struct Connection {
    pub(super) info: ConnectionInfo,
    pub(super) limits: ServerLimits,
    pub(super) router: Router,
    pub(super) drain: Drain,
    /// The end: nothing is accepted any more, and what waits for a head is closed.
    pub(super) closing: CancellationToken,
    /// How it waits for heads.
    pub(super) phase: Phase,
    pub(super) metrics: Metrics,
    pub(super) _held: (OwnedSemaphorePermit, Counted),
}

impl Connection {
    /// Serves it until either side closes it, or somebody else needs its place more.
    pub(super) async fn serve(self, io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let phase = self.phase.clone();
        let io = TokioIo::new(Deadlines::new(io, phase.clone(), self.limits));
        let service = service_fn(|request| self.answer(request));
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.idle)
            .max_header_size(self.limits.head_bytes)
            // hyper's own default lets each connection buffer 400 KiB.
            .max_buf_size((2 * self.limits.head_bytes).max(8 * 1024))
            .max_headers(self.limits.headers);
        let mut connection = pin!(builder.serve_connection(io, service));
        let result = loop {
            tokio::select! {
                biased;
                result = connection.as_mut() => break result,
                () = self.closing.cancelled() => {
                    if let Some(result) = look(connection.as_mut()).await {
                        break result;
                    }
                    // hyper takes a connection for idle until a head is complete, and would close this one at once.
                    if phase.expects_head()
                        && let Ok(result) = timeout(HEAD_GRACE, connection.as_mut()).await
                    {
                        break result;
                    }
                    connection.as_mut().graceful_shutdown();
                    break connection.await;
                }
                () = phase.seat().asked() => {
                    if let Some(result) = look(connection.as_mut()).await {
                        break result;
                    }
                    if phase.seat().must_leave() {
                        // Every reply has left and nothing is in work, so that dropping the connection is all that
                        // hyper's graceful shutdown would do, which then would linger and keep the place.
                        self.metrics.shed("connections");
                        tracing::debug!(peer = %self.info.peer, "a connection that waited for a head made room");
                        return;
                    }
                }
            }
        };
        if let Err(error) = result {
            // The peer hung up, was too slow or sent no HTTP: everyday on an open port.
            tracing::debug!(peer = %self.info.peer, error = %chain(&error), "a connection ended early");
        }
    }

    fn answer(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<http::Response<Body>, Infallible>> + use<> {
        let busy = self.phase.busy();
        let drain = self.drain.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.info);
        request.extensions_mut().insert(self.phase.clone());
        let reply = self.router.clone().oneshot(request);
        async move {
            let mut response = reply.await?.map(|body| Body::new(Held::new(body, busy)));
            if drain.has_begun() {
                // While still accepting: the client's next request shall find a replica that stays.
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response)
        }
    }
}

/// Lets a connection take what has arrived by now, and tells its end, if that was it.
async fn look<C: Future>(mut connection: Pin<&mut C>) -> Option<C::Output> {
    // What has arrived is only seen once the runtime has looked at its sockets.
    tokio::task::yield_now().await;
    match poll_fn(|context| Poll::Ready(connection.as_mut().poll(context))).await {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}

/// An error with its causes, which hyper does not print itself.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(error.source(), |error| error.source())
        .fold(error.to_string(), |text, source| format!("{text}: {source}"))
}

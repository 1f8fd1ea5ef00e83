//! Connections: accepted up to a number, served within deadlines, ended in order.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::header::CONNECTION;
use http::{HeaderValue, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::address::ConnectionInfo;
use super::drain::Drain;
use super::held::Held;
use super::io::{Deadlines, Phase};
use super::metrics::{Counted, Metrics};
use super::settings::ServerLimits;

/// How long nothing is accepted after accepting failed: out of file descriptors, only time helps.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// What tasks get to leave in order once everybody was told to stop at once: dropping a call takes no waiting.
const LEAVING: Duration = Duration::from_secs(1);

/// Where connections come from.
pub trait Listener: Send {
    /// One connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection and its other end. Must lose nothing when dropped unfinished.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Io, SocketAddr)>> + Send;
}

impl Listener for TcpListener {
    type Io = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = Self::accept(self).await?;
        // Otherwise a reply in two pieces waits 40 ms for the peer's delayed acknowledgement.
        stream.set_nodelay(true)?;
        Ok((stream, peer))
    }
}

/// What could not be finished before [`serve`] returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Connections that were closed with a request in flight.
    pub connections_aborted: usize,
    /// Tracked tasks that were still running; they run on for as long as the runtime does.
    pub tasks_unfinished: usize,
}

/// Serves `router` on `listener` until `drain` has begun and everything in flight has ended, or was aborted.
///
/// HTTP/1.1 (and 1.0) only. A head that hyper cannot accept is answered by hyper, with an empty body and the connection
/// closed: 431 when it is longer than `head_bytes` or has more than `headers` lines, 400 when it is malformed.
pub async fn serve<L: Listener>(
    mut listener: L,
    router: Router,
    limits: ServerLimits,
    metrics: Metrics,
    drain: Drain,
) -> Ended {
    let places = Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS)));
    let closing = CancellationToken::new();
    let mut connections = JoinSet::new();
    {
        let mut announced = pin!(announced(&drain, limits.announce));
        loop {
            let (io, peer, place) = tokio::select! {
                biased;
                () = &mut announced => break,
                Some(ended) = connections.join_next() => {
                    log_panic(ended);
                    continue;
                }
                accepted = accept(&mut listener, &places) => accepted,
            };
            let connection = Connection {
                info: ConnectionInfo { peer },
                limits,
                router: router.clone(),
                drain: drain.clone(),
                closing: closing.clone(),
                _held: (place, metrics.connection()),
            };
            connections.spawn(connection.serve(io));
        }
    }
    // Closed before the waiting, so that the next connection is refused by the kernel instead of hanging.
    drop(listener);
    closing.cancel();
    end(connections, limits.grace, &drain).await
}

/// Waits for the time to stop accepting.
async fn announced(drain: &Drain, announce: Duration) {
    drain.begun().await;
    tokio::select! {
        () = tokio::time::sleep(announce) => {}
        () = drain.forced() => {}
    }
}

/// The next connection, with the place it takes. The place comes first: a connection without one stays in the kernel's
/// queue, where it costs this process nothing.
async fn accept<L: Listener>(listener: &mut L, places: &Arc<Semaphore>) -> (L::Io, SocketAddr, OwnedSemaphorePermit) {
    let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((io, peer)) => return (io, peer, place),
            // The peer was gone before it was accepted; the next one is not concerned.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::ConnectionReset
                        | io::ErrorKind::ConnectionRefused
                ) => {}
            Err(error) => {
                tracing::error!(%error, pause = ?PAUSE_AFTER_FAILURE, "no connection can be accepted");
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    }
}

/// Waits for connections and tracked tasks, as long as the grace period lasts and nobody forces the end.
async fn end(mut connections: JoinSet<()>, grace: Duration, drain: &Drain) -> Ended {
    drain.tasks().close();
    let finished = async {
        while let Some(ended) = connections.join_next().await {
            log_panic(ended);
        }
        drain.tasks().wait().await;
    };
    tokio::select! {
        biased;
        () = finished => {}
        () = drain.forced() => {}
        () = tokio::time::sleep(grace) => {}
    }
    while let Some(ended) = connections.try_join_next() {
        log_panic(ended);
    }
    let ended = Ended { connections_aborted: connections.len(), tasks_unfinished: drain.tasks().len() };
    connections.shutdown().await;
    // Whoever is still at work hears that its time is over, and gets a moment to leave in order.
    drain.force();
    let _left_alone = tokio::time::timeout(LEAVING, drain.tasks().wait()).await;
    if ended != (Ended { connections_aborted: 0, tasks_unfinished: 0 }) {
        tracing::warn!(
            connections = ended.connections_aborted,
            tasks = ended.tasks_unfinished,
            "the end did not wait for everything in flight"
        );
    }
    ended
}

fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a connection's task panicked");
    }
}

struct Connection {
    info: ConnectionInfo,
    limits: ServerLimits,
    router: Router,
    drain: Drain,
    closing: CancellationToken,
    _held: (OwnedSemaphorePermit, Counted),
}

impl Connection {
    async fn serve(self, io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let phase = Phase::default();
        let io = TokioIo::new(Deadlines::new(io, phase.clone(), self.limits));
        let service = service_fn(|request| self.answer(&phase, request));
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.idle)
            .max_header_size(self.limits.head_bytes)
            // hyper's own default lets each connection buffer 400 KiB.
            .max_buf_size((2 * self.limits.head_bytes).max(8 * 1024))
            .max_headers(self.limits.headers);
        let mut connection = pin!(builder.serve_connection(io, service));
        let result = tokio::select! {
            result = connection.as_mut() => result,
            () = self.closing.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = result {
            // The peer hung up, was too slow or sent no HTTP: everyday on an open port.
            tracing::debug!(peer = %self.info.peer, error = %chain(&error), "a connection ended early");
        }
    }

    fn answer(
        &self,
        phase: &Phase,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<http::Response<Body>, Infallible>> + use<> {
        let busy = phase.busy();
        let drain = self.drain.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.info);
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

/// An error with its causes, which hyper does not print itself.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(error.source(), |error| error.source())
        .fold(error.to_string(), |text, source| format!("{text}: {source}"))
}

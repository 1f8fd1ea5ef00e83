//! Connections: accepted up to a number, served within deadlines, ended in order.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::address::ConnectionInfo;
use super::connection::Connection;
use super::drain::Drain;
use super::io::Phase;
use super::metrics::Metrics;
use super::settings::ServerLimits;
use super::waiting::{HEAD_GRACE, Room};

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

    /// Ends listening, and gives out who had come before and was not accepted yet.
    fn close(self) -> Vec<(Self::Io, SocketAddr)>;
}

impl Listener for TcpListener {
    type Io = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = Self::accept(self).await?;
        // Otherwise a reply in two pieces waits 40 ms for the peer's delayed acknowledgement.
        stream.set_nodelay(true)?;
        Ok((stream, peer))
    }

    /// Closing a listener resets whoever stands in the kernel's queue, and a client that has sent its request cannot know
    /// that nobody has read it; so the queue is emptied first.
    fn close(self) -> Vec<(TcpStream, SocketAddr)> {
        let Ok(listener) = self.into_std() else { return Vec::new() };
        let next = || {
            let (stream, peer) = listener.accept().ok()?;
            stream.set_nonblocking(true).ok()?;
            stream.set_nodelay(true).ok()?;
            Some((TcpStream::from_std(stream).ok()?, peer))
        };
        // tokio's sockets do not block, so an empty queue is an error.
        std::iter::from_fn(next).collect()
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
    let room = Room::new(limits.connections);
    let closing = CancellationToken::new();
    let mut connections = JoinSet::new();
    let connection = |(io, peer): (L::Io, SocketAddr), place: OwnedSemaphorePermit| {
        let connection = Connection {
            info: ConnectionInfo { peer },
            limits,
            router: router.clone(),
            drain: drain.clone(),
            closing: closing.clone(),
            // Before its task first runs, so that others who come are not asked to leave in its place.
            phase: Phase::new(room.enter()),
            metrics: metrics.clone(),
            _held: (place, metrics.connection()),
        };
        connection.serve(io)
    };
    // Accepted, and without a place yet: nobody is asked to make room before there is somebody who needs it.
    let mut next = None;
    {
        let mut announced = pin!(announced(&drain, limits.announce));
        loop {
            let place = tokio::select! {
                biased;
                () = &mut announced => break,
                Some(ended) = connections.join_next() => {
                    log_panic(ended);
                    continue;
                }
                accepted = accept(&mut listener), if next.is_none() => {
                    next = Some(accepted);
                    continue;
                }
                place = room.place(), if next.is_some() => place,
            };
            if let Some(accepted) = next.take() {
                connections.spawn(connection(accepted, place));
            }
        }
    }
    // Closed before the waiting, so that the next connection is refused by the kernel instead of hanging.
    let last = next.into_iter().chain(listener.close());
    closing.cancel();
    let over = Instant::now() + HEAD_GRACE;
    for accepted in last {
        // Connections that are idle have just been told to end, so this waits only while all have a request in flight.
        let place = tokio::select! {
            biased;
            () = drain.forced() => break,
            place = timeout_at(over, room.place()) => place,
        };
        match place {
            Ok(place) => {
                connections.spawn(connection(accepted, place));
            }
            Err(_) => metrics.shed("connections"),
        }
    }
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

/// The next connection.
async fn accept<L: Listener>(listener: &mut L) -> (L::Io, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
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
